"""What the duty board is made from: the states of sites, one by one, or as they add up in the towns of a city.

A city's day has eighty thousand states. Its board names a few hundred sites and adds up the rest: the database adds
up, and only the sites that are named are looked at one by one (docs/decisions/0038)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import CurrentReport, PlaceRow, Report
from data.queries.moment import Moment
from data.stored_reports import batched_list
from domain.board import OFTEN
from domain.duty import Counts, Covering, State, state
from domain.places import Level, Place
from domain.reports import Flag, Status
from domain.site_groups import lists_towns

_LATE = int(Flag.LATE)
"""A plain number: a city's day asks for it eighty thousand times."""


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
    """Sites of the board in every period of the campaign. `sums`, if there are any, are the counts of each town in
    each period: then `states` has only the sites that are named."""

    moment: Moment
    states: Mapping[int, Sequence[State]]
    sent: Mapping[int, Mapping[int, Sent]]
    sums: Mapping[int, Sequence[Counts]] = field(default_factory=dict)

    @property
    def sites(self) -> list[Place]:
        """The sites that are looked at one by one, by code."""
        return sorted((self.moment.tree.by_id[id_] for id_ in self.states), key=lambda site: site.code)

    def counts(self, place: Place, periods: range) -> Counts:
        if self.sums and place.level is not Level.SITE:
            return Counts.total(self.sums[town.id][k] for town in _towns(place) for k in periods)
        sites = self.moment.tree.sites(place)
        return Counts.of(self.states[site.id][k] for site in sites for k in periods)


def _towns(place: Place) -> Iterator[Place]:
    if place.level is Level.TOWN:
        yield place
    for child in place.children:
        yield from _towns(child)


def adds_up(moment: Moment) -> bool:
    """Whether the board of the place adds up towns: that of a city whose sites all lie in one."""
    tree, sites = moment.tree, moment.tree.sites(moment.place)
    return lists_towns(moment.place, len(sites)) and all(
        site.parent_id is not None and tree.by_id[site.parent_id].level is Level.TOWN for site in sites
    )


def whole_record(session: Session, moment: Moment) -> Record:
    """Every site of the place, one by one."""
    return _record_of(session, moment, moment.tree.sites(moment.place), _sent(session, moment, None))


def city_record(session: Session, moment: Moment, named: Iterable[Place]) -> Record:
    """The sums of the place's towns; one by one only the sites `named` and those that came late several times."""
    late = _often_late(session, moment)
    sites = {site.id: site for site in named} | {id_: moment.tree.by_id[id_] for id_ in late}
    record = _record_of(session, moment, list(sites.values()), _sent(session, moment, sorted(sites)))
    return Record(moment, record.states, record.sent, _sums(session, moment))


def _record_of(
    session: Session, moment: Moment, sites: Sequence[Place], sent: Mapping[int, Mapping[int, Sent]]
) -> Record:
    tree, campaign = moment.tree, moment.tree.campaign
    due = [campaign.is_due(k, moment.now) for k in campaign.each_period()]
    states = {}
    for site in sites:
        open_, own = tree.open_periods(site), sent.get(site.id, {})
        states[site.id] = [
            state(k in open_, due[k], own[k].covering if k in own else None) for k in campaign.each_period()
        ]
    return Record(moment, states, sent)


def _sent(session: Session, moment: Moment, only: Sequence[int] | None) -> Mapping[int, Mapping[int, Sent]]:
    """The report that covers each period, by site and period; None asks for every site of the place."""
    c, r = CurrentReport, Report
    query = (
        sa.select(c.site_id, c.first_period, c.last_period, c.status, c.persons, c.flags, c.first_recorded_at,
                  r.recorded_at, c.report_id, c.tubes, r.third_copies)
        .join(r, (r.id == c.report_id) & (r.campaign_id == c.campaign_id))
        .where(*moment.within(c))
    )  # fmt: skip
    parts = [query] if only is None else [query.where(c.site_id.in_(part)) for part in batched_list(only)]
    sites = {site.id for site in moment.tree.sites(moment.place)}
    found: dict[int, dict[int, Sent]] = defaultdict(dict)
    for part in parts:
        for site_id, first, last, status, persons, flags, first_at, at, report_id, tubes, copies in session.execute(
            part
        ):
            if site_id not in sites:
                continue
            covering = Covering(status == Status.RETURNED, persons == 0, bool(flags & _LATE))
            one = Sent(covering, first_at, at, report_id, tubes, copies)
            for k in range(max(0, first), min(last + 1, moment.tree.campaign.periods)):
                found[site_id][k] = one
    return found


# -- what the database adds up


def _covered(moment: Moment) -> sa.Subquery:
    """The current reports of the place's district or city, each with what its state follows from."""
    c = CurrentReport
    return (
        sa.select(
            c.site_id,
            c.first_period,
            c.last_period,
            (c.status == Status.RETURNED.value).label("returned"),
            (c.persons == 0).label("zero"),
            (c.flags.bitwise_and(_LATE) != 0).label("late"),
        )
        .where(*moment.within(c))
        .subquery()
    )


def states_in(session: Session, moment: Moment, period: int) -> Mapping[int, State]:
    """The state of every site of the place in one period, by id."""
    tree, due = moment.tree, moment.tree.campaign.is_due(period, moment.now)
    c = _covered(moment).c
    query = sa.select(c.site_id, c.returned, c.zero, c.late).where(c.first_period <= period, c.last_period >= period)
    covering = {site_id: Covering(*facts) for site_id, *facts in session.execute(query)}
    return {
        site.id: state(period in tree.open_periods(site), due, covering.get(site.id))
        for site in tree.sites(moment.place)
    }


def _often_late(session: Session, moment: Moment) -> list[int]:
    """The sites that may have come late several times; the rules say which of their periods count."""
    c = _covered(moment).c
    query = (
        sa.select(c.site_id)
        .where(c.late, sa.not_(c.returned), sa.not_(c.zero))
        .group_by(c.site_id)
        .having(sa.func.sum(c.last_period - c.first_period + 1) >= OFTEN)
    )
    own = {site.id for site in moment.tree.sites(moment.place)}
    return [site_id for site_id in session.scalars(query) if site_id in own]


def _sums(session: Session, moment: Moment) -> Mapping[int, Sequence[Counts]]:
    """The counts of each town in each period."""
    tree, campaign = moment.tree, moment.tree.campaign
    sites = tree.sites(moment.place)
    found: dict[int, list[Counter[State]]] = defaultdict(lambda: [Counter() for _ in campaign.each_period()])

    def add(town: int, first: int, last: int, covering: Covering, number: int) -> None:
        for k in range(max(0, first), min(last + 1, campaign.periods)):
            found[town][k][state(True, True, covering)] += number

    c, p = _covered(moment).c, PlaceRow
    query = (
        sa.select(p.parent_id, c.first_period, c.last_period, c.returned, c.zero, c.late, sa.func.count())
        .join(p, (p.id == c.site_id) & (p.campaign_id == campaign.id))
        .group_by(p.parent_id, c.first_period, c.last_period, c.returned, c.zero, c.late)
    )
    for town, first, last, *facts, number in session.execute(query):
        add(town, first, last, Covering(*facts), number)
    # A report of an hour in which its site is closed counts for nothing; few sites have hours of their own.
    every = frozenset(campaign.each_period())
    shorter = {site.id: site for site in sites if tree.open_periods(site) != every}
    for id_, own in _sent(session, moment, sorted(shorter)).items():
        site = shorter[id_]
        for k, sent in own.items():
            if k not in tree.open_periods(site) and site.parent_id is not None:
                add(site.parent_id, k, k, sent.covering, -1)
    due = [campaign.is_due(k, moment.now) for k in campaign.each_period()]
    return {
        town.id: [
            _counts(len(town.children), expected, due[k], found[town.id][k])
            for k, expected in enumerate(tree.expected(town))
        ]
        for town in _towns(moment.place)
    }


def _counts(sites: int, expected: int, due: bool, covered: Mapping[State, int]) -> Counts:
    """The counts of a town with so many sites, of which as many are open as reports are expected."""
    if not due:
        return Counts(closed=sites - expected, not_due=expected)
    numbers = {state_.value: number for state_, number in covered.items()}
    return Counts(closed=sites - expected, missing=expected - sum(numbers.values()), **numbers)
