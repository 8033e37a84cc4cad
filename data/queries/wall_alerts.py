"""Alerts in full for a briefing screen: where each is, who sees to it, what it waits for."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from data.queries.map import map_picture
from data.queries.moment import Moment, ref
from data.queries.open_problems import rows_below
from data.queries.overview import overview
from data.queries.wall import names, town_of
from data.reminder_record import contacts_below
from data.stored_problems import state_of
from domain.contacts import Contact, in_order
from domain.findings import Finding, Topic
from domain.map import MapPicture
from domain.overview import Overview, PlaceRef
from domain.places import Level, Place
from domain.problems import HOLDERS
from domain.status import Severity
from domain.wall import Alerts, Case, Holder, Spot

IN_FULL = 4
"""Severe findings that are told in full: as many as a queue of half-minute holds shows before they are old news."""

SHOWN = (Severity.CRIT, Severity.WARN)


def wall_alerts(session: Session, moment: Moment) -> Alerts:
    """The severe findings of the place in full, the worst and newest first; where none is severe, the first."""
    seen = moment.ask(session, overview)
    open_ = tuple(finding for finding in seen.findings if finding.severity in SHOWN)
    severe = [finding for finding in open_ if finding.severity is Severity.CRIT]
    told = severe[:IN_FULL] or list(open_[:1])
    picture = moment.ask(session, map_picture) if told and moment.tree.located else None
    people = contacts_below(session, moment.tree, moment.place) if told else {}
    cases = tuple(_case(session, moment, seen, finding, picture, people) for finding in told)
    return Alerts(seen, cases, open_, picture, moment.ask(session, names))


def _case(
    session: Session,
    moment: Moment,
    seen: Overview,
    finding: Finding,
    picture: MapPicture | None,
    people: Mapping[int, Sequence[Contact]],
) -> Case:
    place = moment.tree.by_code[finding.place]
    town = town_of(moment, place)
    at = next((dot.at for dot in picture.dots if dot.place.code == place.code), None) if picture else None
    child = next((child for child in seen.children if child.place.code == place.code), None)
    finish = child.expected_finish.p50 if child is not None and child.expected_finish and not seen.stale else None
    return Case(
        finding,
        Spot(ref(place), town, place.lanes if place.level is Level.SITE else None, at),
        _holder(session, moment, finding, place, people),
        town if finding.topic is Topic.DATA else None,
        finish if finding.topic is Topic.PROGRESS else None,
    )


def _holder(
    session: Session, moment: Moment, finding: Finding, place: Place, people: Mapping[int, Sequence[Contact]]
) -> Holder | None:
    """Who has taken the matter on, else whose it is next: a problem goes up as its rules say, everything else is the
    town's, or of the place itself where it is no site."""
    if finding.kind == "problem_overdue":
        return _problem(session, moment, finding, place, people)
    above = moment.tree.by_id.get(place.parent_id) if place.parent_id is not None else None
    home = above if above is not None and place.level is Level.SITE else place
    return _duty(ref(home), people.get(home.id, ()))


def _problem(
    session: Session, moment: Moment, finding: Finding, place: Place, people: Mapping[int, Sequence[Contact]]
) -> Holder | None:
    row = next(
        (row for row in rows_below(session, moment.tree, place) if row.number == finding.params["number"]), None
    )
    if row is None:
        return None
    state = state_of(row)
    held = _at_level(moment, place, state.level)
    if state.accepted_at is not None:
        return Holder(ref(held), state.owner, state.accepted_at)
    rank = HOLDERS.index(state.level) if state.level in HOLDERS else 0
    next_up = _at_level(moment, place, HOLDERS[min(rank + 1, len(HOLDERS) - 1)])
    return _duty(ref(next_up), people.get(next_up.id, ()))


def _at_level(moment: Moment, place: Place, level: Level) -> Place:
    """The place of `level` at or above `place`; the topmost where there is none."""
    way = [moment.tree.by_id[at] for at in place.ancestors]
    return next((one for one in way if one.level is level), way[-1])


def _duty(place: PlaceRef, people: Sequence[Contact]) -> Holder:
    first = in_order(people)[0].name if people else ""
    return Holder(place, first)
