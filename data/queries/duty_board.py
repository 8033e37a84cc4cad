"""The duty board: every child of a place in every hour, who owes the selected one, who was told of it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import Decision
from data.queries.duty_record import Record, adds_up, city_record, states_in, whole_record
from data.queries.moment import Moment
from data.queries.overview import overview, ref
from data.reminder_record import Stored, contacts_below, stored, target_of, targets
from data.stored_reports import batched_list
from domain.board import (
    AHEAD,
    HISTORY_SHOWN,
    MOST_LISTS,
    OFTEN,
    SHOWN,
    Board,
    Column,
    DistrictOwing,
    Line,
    Mention,
    OftenLate,
    Owing,
    Reminded,
    TownList,
)
from domain.contacts import Contact, in_order, masked
from domain.duty import EXCEPTIONS, Counts, State
from domain.places import Level, Place, PlaceTree
from domain.reminders import OWING, Standing, blocked_until
from domain.reports import Status

LISTED = (State.MISSING, State.RETURNED, State.LATE)
"""The states whose sites the lists of the selected hour name."""


def duty_board(session: Session, moment: Moment) -> Board:
    """The board of `moment.place` as it is. The period `moment.period` is the selected one, else the last due."""
    tree, place = moment.tree, moment.place
    due = tree.campaign.last_due(moment.now)
    columns = _columns(moment, due)
    selected = moment.period if moment.period is not None else due
    told = stored(session, tree, place, moment.now)
    summed = adds_up(moment)
    if summed:
        told = told[:HISTORY_SHOWN]
        states = states_in(session, moment, selected) if selected is not None else {}
        owing = [tree.by_id[id_] for id_, one in states.items() if one in LISTED]
        # Too many for lists that name them: then districts are named.
        listed = owing if len({site.parent_id for site in owing}) <= MOST_LISTS else []
        record = city_record(session, moment, [*listed, *_reminded_sites(tree, told)])
    else:
        record, states, owing, listed = whole_record(session, moment), {}, [], []
    lines = _lines(record, columns)
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
        history=_history(record, told),
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
        mentions=_mentions_by_district(moment, states) if summed else _mentions(record, selected),
        lists=() if len(listed) < len(owing) else _lists(session, record, selected),
        groups=_groups(session, moment, states, selected) if len(listed) < len(owing) else (),
    )


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
    for site in record.sites:
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
    for site in record.sites:
        if record.states[site.id][period] in LISTED:
            by_town[_town_of(record, site)].append(site)
    if not by_town:
        return ()
    people = contacts_below(session, tree, tree.by_id[record.moment.place.ancestors[-1]])
    known = targets(session, campaign.id)
    told = stored(session, tree, record.moment.place, now, starts_at=campaign.start_of(period))
    times: dict[str, list[datetime]] = defaultdict(list)
    for one in told:
        if _counts_as_told(one):
            for code, _ in one.owed:
                times[code].append(one.at)
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
        own = times.get(site.code, [])
        return Owing(
            place=ref(site),
            state=state_,
            minutes=max(0, (until - since) // timedelta(minutes=1)),
            contact=_duty_of(people.get(site.id, [])),
            reason=reason,
            note=note,
            tubes=sent.tubes if sent else None,
            third_copies=sent.third_copies if sent else None,
            told=len(own),
            told_at=own[0] if own else None,
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


def _mentions_by_district(moment: Moment, states: Mapping[int, State]) -> Mapping[State, tuple[Mention, ...]]:
    """The districts with sites in each state but on time, those with most first."""
    counts: dict[State, Counter[int]] = defaultdict(Counter)
    for id_, one in states.items():
        if one in EXCEPTIONS:
            counts[one][_child_above(moment, id_)] += 1
    tree = moment.tree
    return {
        one: tuple(Mention(ref(tree.by_id[id_]), sites=number) for id_, number in own.most_common())
        for one, own in counts.items()
    }


def _groups(
    session: Session, moment: Moment, states: Mapping[int, State], period: int | None
) -> tuple[DistrictOwing, ...]:
    """What each district owes of a period, who owes most first."""
    if period is None:
        return ()
    tree, campaign = moment.tree, moment.tree.campaign
    since = stored(session, tree, moment.place, moment.now, starts_at=campaign.start_of(period))
    told = {code for one in since if _counts_as_told(one) for code, _ in one.owed}
    counts: dict[int, Counter[State]] = defaultdict(Counter)
    towns: dict[int, set[int | None]] = defaultdict(set)
    reminded_: Counter[int] = Counter()
    for id_, one in states.items():
        above, site = _child_above(moment, id_), tree.by_id[id_]
        counts[above][one] += 1
        if one in OWING:
            towns[above].add(site.parent_id)
            reminded_[above] += site.code in told
    found = (
        DistrictOwing(
            ref(tree.by_id[id_]),
            Counts(**{one.value: number for one, number in own.items()}),
            len(towns[id_]),
            reminded_[id_],
        )
        for id_, own in counts.items()
    )
    return tuple(sorted(found, key=lambda one: (-one.counts.unsettled, -one.counts.late, one.place.code)))


def _child_above(moment: Moment, site: int) -> int:
    """The child of the place that `site` lies in."""
    above = moment.tree.by_id[site].ancestors
    return above[above.index(moment.place.id) - 1]


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
    told = stored(session, moment.tree, moment.place, moment.now)
    if adds_up(moment):
        return _history(city_record(session, moment, _reminded_sites(moment.tree, told)), told)
    return _history(whole_record(session, moment), told)


def _reminded_sites(tree: PlaceTree, told: Iterable[Stored]) -> list[Place]:
    return [tree.by_code[code] for one in told for code, _ in one.owed if code in tree.by_code]


def _history(record: Record, told: Iterable[Stored]) -> tuple[Reminded, ...]:
    """The latest reminders, and which of the sites on them have reported since."""
    tree = record.moment.tree
    campaign = tree.campaign
    found = []
    for one in told:
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
    for site in record.sites:
        times = []
        for k in range((due if due is not None else -1) + 1):
            if record.states[site.id][k] is State.LATE:
                late_by = record.sent[site.id][k].first_at - campaign.end_of(k) - campaign.due
                times.append((campaign.end_of(k), max(0, late_by // timedelta(minutes=1))))
        if len(times) >= OFTEN:
            town = _town_of(record, site)
            found.append(OftenLate(ref(site), ref(town) if town is not site else None, tuple(times)))
    return tuple(sorted(found, key=lambda one: (-len(one.times), one.place.code)))
