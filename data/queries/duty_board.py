"""The duty board: every child of a place in every hour, who owes the selected one, who was told of it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import CurrentReport, Decision, Report
from data.queries.moment import Moment
from data.queries.overview import overview, ref
from data.reminder_record import Stored, contacts_below, stored, target_of, targets
from data.stored_reports import batched_list
from domain.board import (
    AHEAD,
    OFTEN,
    SHOWN,
    Board,
    Column,
    Line,
    Mention,
    OftenLate,
    Owing,
    Reminded,
    TownList,
)
from domain.contacts import Contact, in_order, masked
from domain.duty import EXCEPTIONS, Counts, Covering, State, state
from domain.places import Level, Place
from domain.reminders import OWING, Standing, blocked_until
from domain.reports import Flag, Status

LISTED = (State.MISSING, State.RETURNED, State.LATE)
"""The states whose sites the lists of the selected hour name."""


class Sent(NamedTuple):
    """The report that covers a period: what its state follows from, when the site first said it, when this version
    came."""

    covering: Covering
    first_at: datetime
    at: datetime
    report_id: int
    tubes: int | None
    third_copies: int | None


@dataclass(frozen=True, slots=True)
class Record:
    """Every site of the board in every period of the campaign."""

    moment: Moment
    states: Mapping[int, Sequence[State]]
    sent: Mapping[int, Mapping[int, Sent]]

    def counts(self, place: Place, periods: range) -> Counts:
        sites = self.moment.tree.sites(place)
        return Counts.of(self.states[site.id][k] for site in sites for k in periods)


def duty_board(session: Session, moment: Moment) -> Board:
    """The board of `moment.place` as it is. The period `moment.period` is the selected one, else the last due."""
    tree, place = moment.tree, moment.place
    record = _record(session, moment)
    due = tree.campaign.last_due(moment.now)
    columns = _columns(moment, due)
    lines = _lines(record, columns)
    selected = moment.period if moment.period is not None else due
    board = Board(
        present=moment.ask(session, overview),
        columns=columns,
        lines=lines,
        hour=None,
        selected=None,
        expected=0,
        sites=len(tree.sites(place)),
        counts=Counts(),
        mentions={},
        lists=(),
        history=_history(session, record),
        often_late=_often_late(record, due),
    )
    if selected is None:
        return board
    return replace(
        board,
        hour=_column(moment, selected, selected),
        # An hour in the first column, or beyond the last, has none of its own.
        selected=next((i for i, column in enumerate(columns) if column.first == selected == column.last), None),
        expected=tree.expected(place)[selected],
        counts=record.counts(place, range(selected, selected + 1)),
        mentions=_mentions(record, selected),
        lists=_lists(session, record, selected),
    )


def _record(session: Session, moment: Moment) -> Record:
    tree, now = moment.tree, moment.now
    campaign = tree.campaign
    sent = _sent(session, moment)
    due = [campaign.is_due(k, now) for k in campaign.each_period()]
    states = {}
    for site in tree.sites(moment.place):
        open_, own = tree.open_periods(site), sent.get(site.id, {})
        states[site.id] = [
            state(k in open_, due[k], own[k].covering if k in own else None) for k in campaign.each_period()
        ]
    return Record(moment, states, sent)


_LATE = int(Flag.LATE)
"""A plain number: a city's day asks for it eighty thousand times."""


def _sent(session: Session, moment: Moment) -> Mapping[int, Mapping[int, Sent]]:
    """The report that covers each period, by site and period."""
    tree = moment.tree
    c, r = CurrentReport, Report
    query = (
        sa.select(c.site_id, c.first_period, c.last_period, c.status, c.persons, c.flags, c.first_recorded_at,
                  r.recorded_at, c.report_id, c.tubes, r.third_copies)
        .join(r, (r.id == c.report_id) & (r.campaign_id == c.campaign_id))
        .where(*moment.within(c))
    )  # fmt: skip
    sites = {site.id for site in tree.sites(moment.place)}
    found: dict[int, dict[int, Sent]] = defaultdict(dict)
    for site_id, first, last, status, persons, flags, first_at, at, report_id, tubes, copies in session.execute(
        query
    ):
        if site_id not in sites:
            continue
        covering = Covering(status == Status.RETURNED, persons == 0, bool(flags & _LATE))
        one = Sent(covering, first_at, at, report_id, tubes, copies)
        for k in range(max(0, first), min(last + 1, tree.campaign.periods)):
            found[site_id][k] = one
    return found


# -- hours and places


def _columns(moment: Moment, due: int | None) -> tuple[Column, ...]:
    """The hours due, the earliest of many in one column, then those to come."""
    last = due if due is not None else -1
    own = max(0, last + 1 - SHOWN)
    earlier = [_column(moment, 0, own - 1)] if own else []
    single = range(own, min(last + 1 + AHEAD, moment.tree.campaign.periods))
    return (*earlier, *(_column(moment, k, k) for k in single))


def _column(moment: Moment, first: int, last: int) -> Column:
    campaign = moment.tree.campaign
    return Column(first, last, campaign.start_of(last), campaign.end_of(last), campaign.is_due(last, moment.now))


def _lines(record: Record, columns: Sequence[Column]) -> tuple[Line, ...]:
    """The children of the place, or the site itself; what is open comes first, then what was late."""
    place = record.moment.place
    children = place.children or [place]
    if children[0].level is Level.SITE:
        return tuple(sorted((_line(record, site, columns) for site in children), key=_worst_first(columns)))
    lines = []
    for child in children:
        below = [_line(record, one, columns) for one in child.children]
        excepted = sorted((line for line in below if line.total.exceptions), key=_worst_first(columns))
        lines.append(replace(_line(record, child, columns), below=tuple(excepted), quiet=len(below) - len(excepted)))
    return tuple(sorted(lines, key=lambda line: (-line.total.unsettled, -line.total.late, line.place.code)))


def _line(record: Record, place: Place, columns: Sequence[Column]) -> Line:
    counts = tuple(record.counts(place, range(column.first, column.last + 1)) for column in columns)
    total = Counts.total(part for part, column in zip(counts, columns, strict=True) if column.due)
    return Line(ref(place), len(record.moment.tree.sites(place)), counts, total)


def _worst_first(columns: Sequence[Column]) -> Callable[[Line], tuple[int, int, int, str]]:
    """Order of sites: by their state in the last hour due, then by what they still owe, then by how often late."""
    last = max((i for i, column in enumerate(columns) if column.due), default=None)

    def key(line: Line) -> tuple[int, int, int, str]:
        now = line.counts[last].exceptions if last is not None else ()
        worst = EXCEPTIONS.index(now[0]) if now else len(EXCEPTIONS)
        return worst, -line.total.unsettled, -line.total.late, line.place.code

    return key


# -- the selected hour


def _mentions(record: Record, period: int) -> Mapping[State, tuple[Mention, ...]]:
    """The sites in each state but on time, by code."""
    found: dict[State, list[Mention]] = defaultdict(list)
    for site in _sites_by_code(record):
        state_ = record.states[site.id][period]
        if state_ in EXCEPTIONS:
            sent = record.sent.get(site.id, {}).get(period)
            found[state_].append(Mention(ref(site), sent.first_at if sent else None))
    return {state_: tuple(named) for state_, named in found.items()}


def _lists(session: Session, record: Record, period: int) -> tuple[TownList, ...]:
    """The sites to be reminded of `period`, and those that were late with it, town by town."""
    tree, now = record.moment.tree, record.moment.now
    campaign = tree.campaign
    by_town: dict[Place, list[Place]] = defaultdict(list)
    for site in _sites_by_code(record):
        if record.states[site.id][period] in LISTED:
            by_town[_town_of(record, site)].append(site)
    if not by_town:
        return ()
    people = contacts_below(session, tree, tree.by_id[record.moment.place.ancestors[-1]])
    known = targets(session, campaign.id)
    told = stored(session, tree, record.moment.place, now, starts_at=campaign.start_of(period))
    returned = _returned(session, record, period)
    due_at = campaign.end_of(period) + campaign.due

    def owing(site: Place) -> Owing:
        state_ = record.states[site.id][period]
        sent = record.sent.get(site.id, {}).get(period)
        since, reason, note = due_at, "", ""
        until = now
        if sent is not None and state_ is State.RETURNED:
            since, reason, note = returned.get(sent.report_id, (sent.at, "", ""))
        elif sent is not None:
            until = sent.first_at
        times = [one for one in told if _counts_as_told(one) and any(code == site.code for code, _ in one.owed)]
        return Owing(
            place=ref(site),
            state=state_,
            minutes=max(0, (until - since) // timedelta(minutes=1)),
            contact=_duty_of(people.get(site.id, [])),
            reason=reason,
            note=note,
            tubes=sent.tubes if sent else None,
            third_copies=sent.third_copies if sent else None,
            told=len(times),
            told_at=times[0].at if times else None,
        )

    lists = []
    for town, sites in by_town.items():
        named = sorted(map(owing, sites), key=lambda one: (LISTED.index(one.state), one.place.code))
        owed = [(one.place.code, one.state) for one in named if one.state in OWING]
        lists.append(
            TownList(
                town=ref(town),
                contact=_duty_of(people.get(town.id, [])) if town.level is not Level.SITE else None,
                sites=tuple(named),
                target=target_of(known, town),
                blocked_until=blocked_until(owed, [one.told for one in told], now) if owed else None,
            )
        )
    return tuple(sorted(lists, key=lambda one: (-len(one.of(*OWING)), one.town.code)))


def _returned(session: Session, record: Record, period: int) -> Mapping[int, tuple[datetime, str, str]]:
    """When and why the reports that stand returned in `period` were returned, by report."""
    reports = sorted(
        own[period].report_id
        for site_id, own in record.sent.items()
        if period in own and record.states[site_id][period] is State.RETURNED
    )
    found: dict[int, tuple[datetime, str, str]] = {}
    for part in batched_list(reports):
        query = (
            sa.select(Decision.report_id, Decision.recorded_at, Decision.reason, Decision.note)
            .where(Decision.campaign_id == record.moment.tree.campaign.id, Decision.report_id.in_(part),
                   Decision.status == Status.RETURNED.value)
            .order_by(Decision.id)
        )  # fmt: skip
        found.update((report_id, (at, reason, note)) for report_id, at, reason, note in session.execute(query))
    return found


def _sites_by_code(record: Record) -> Sequence[Place]:
    return sorted(record.moment.tree.sites(record.moment.place), key=lambda site: site.code)


def _town_of(record: Record, site: Place) -> Place:
    """The place whose list names `site`: the one right above it."""
    return record.moment.tree.by_id[site.ancestors[1]] if len(site.ancestors) > 1 else site


def _duty_of(people: Sequence[Contact]) -> Contact | None:
    return replace(in_order(people)[0], phone=masked(in_order(people)[0].phone)) if people else None


def _counts_as_told(one: Stored) -> bool:
    return one.standing in (Standing.SENT, Standing.SENDING, Standing.COPIED)


# -- what has been


def reminded(session: Session, moment: Moment) -> tuple[Reminded, ...]:
    """The latest reminders of `moment.place` and below, the newest first."""
    return _history(session, _record(session, moment))


def _history(session: Session, record: Record) -> tuple[Reminded, ...]:
    """The latest reminders, and which of the sites on them have reported since."""
    tree = record.moment.tree
    campaign = tree.campaign
    found = []
    for one in stored(session, tree, record.moment.place, record.moment.now):
        period = campaign.period_of(one.starts_at)
        # A reminder to a whole town is told in full to who sees the town; who sees one site only, its own.
        sites = [tree.by_code[code] for code, _ in sorted(one.owed) if code in tree.by_code]
        answers = [_answered(record, site, period) for site in sites]
        came = [at for at in answers if at is not None]
        found.append(
            Reminded(
                at=one.at,
                town=ref(tree.by_id[one.place_id]),
                start=one.starts_at,
                end=campaign.end_of(period),
                sites=tuple(map(ref, sites)),
                standing=one.standing,
                reason=one.reason,
                detail=one.detail,
                answered=len(came),
                answered_at=max(came, default=None),
                key=one.key,
                text=one.text,
            )
        )
    return tuple(found)


def _answered(record: Record, site: Place, period: int) -> datetime | None:
    """When the version of the report came that ends what the site was reminded of; None while it still owes."""
    states = record.states.get(site.id)
    sent = record.sent.get(site.id, {}).get(period)
    if states is None or sent is None or not 0 <= period < len(states) or states[period] in OWING:
        return None
    return sent.at


def _often_late(record: Record, due: int | None) -> tuple[OftenLate, ...]:
    """The sites that came late several times, the most often late first."""
    tree = record.moment.tree
    campaign = tree.campaign
    found = []
    for site in _sites_by_code(record):
        times = []
        for k in range((due if due is not None else -1) + 1):
            if record.states[site.id][k] is State.LATE:
                late_by = record.sent[site.id][k].first_at - campaign.end_of(k) - campaign.due
                times.append((campaign.end_of(k), max(0, late_by // timedelta(minutes=1))))
        if len(times) >= OFTEN:
            town = _town_of(record, site)
            found.append(OftenLate(ref(site), ref(town) if town is not site else None, tuple(times)))
    return tuple(sorted(found, key=lambda one: (-len(one.times), one.place.code)))
