"""The information problems of a place: the board of three levels, one problem with its history, what helped today."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import Account, ContactRow, PlaceRow, ProblemEvent, ProblemRow
from data.queries.modes import mode_history, mode_lines, modes
from data.queries.moment import Moment
from data.queries.open_problems import rows_below, standing_of
from data.queries.overview import overview, ref
from data.stored_problems import events_of, state_of
from domain.contacts import Post
from domain.modes import Mode, ModeChange, ModeLine, Modes
from domain.overview import Overview, PlaceRef
from domain.permissions import Role
from domain.places import Level, Place, PlaceTree
from domain.problem_board import Board, Problem, Reply, Tried, columns_of
from domain.problems import Effect, Event, Kind, Step, escalations, fold, standing
from domain.site_groups import lists_towns


def problem_board(session: Session, moment: Moment) -> Board:
    """The problems of `moment.place` and below that are open or were solved today, with what happened to each."""
    return _board(session, moment, with_events=True)


def open_problems_by_site(session: Session, moment: Moment) -> dict[str, list[Problem]]:
    """The problems of every site at or below `moment.place` that were open at the moment looked at, by the site's
    code, most overdue first. For whoever shows problems beside a site's figures."""
    found: dict[str, list[Problem]] = defaultdict(list)
    problems = _problems_then(session, moment) if moment.until is not None else _problems_now(session, moment)
    for problem in problems:
        if problem.place.level is Level.SITE:
            found[problem.place.code].append(problem)
    for of_site in found.values():
        of_site.sort(key=lambda p: -p.standing.share)
    return dict(found)


def _problems_now(session: Session, moment: Moment) -> list[Problem]:
    return _problems(moment, rows_below(session, moment.tree, moment.place), {})


def _problems_then(session: Session, moment: Moment) -> list[Problem]:
    """Those open at the moment looked back at, as their events up to then made them."""
    limits = moment.tree.campaign.limits
    rows = rows_below(session, moment.tree, moment.place, moment.at)
    events = events_of(session, moment.tree.campaign.id, [row.id for row in rows])
    found = []
    for problem, row in zip(_problems(moment, rows, {}), rows, strict=True):
        until_then = [event for event in events[row.id] if event.at <= moment.at]
        if not until_then:
            continue
        state = fold(until_then, limits)
        if state.solved_at is None:
            at = standing(state, problem.kind, problem.effect, limits, moment.at)
            found.append(replace(problem, state=state, standing=at))
    return found


def find_problem(session: Session, moment: Moment, number: int) -> tuple[ProblemRow, Problem] | None:
    """Problem `number` of the campaign with its whole history; None where there is none."""
    row = session.scalar(sa.select(ProblemRow).filter_by(campaign_id=moment.tree.campaign.id, number=number))
    if row is None:
        return None
    (problem,) = _problems(moment, [row], events_of(session, moment.tree.campaign.id, [row.id]))
    return row, problem


@dataclass(frozen=True, slots=True)
class Information:
    """The problems and the registration modes of a place, for a look from outside."""

    overview: Overview
    board: Board
    modes: tuple[ModeLine, ...]


def information(session: Session, moment: Moment) -> Information:
    """What the overview says of problems and modes."""
    board = _board(session, moment, with_events=False)
    return Information(moment.ask(session, overview), board, moment.ask(session, mode_lines))


@dataclass(frozen=True, slots=True)
class SiteInformation:
    """The problems of a site, and the mode it works in."""

    overview: Overview
    board: Board
    modes: Modes


def site_information(session: Session, moment: Moment) -> SiteInformation:
    """What a site's page says of problems and modes."""
    board = _board(session, moment, with_events=False)
    return SiteInformation(moment.ask(session, overview), board, moment.ask(session, modes))


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets what a site sends: the town's information manager, else who has its account; `name` is empty where
    nobody is known."""

    place: PlaceRef
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything the page of problems shows of a place. `sites`, of a city its towns, can be chosen when a problem
    is opened; `recipient` and `history` are those of a single site."""

    overview: Overview
    board: Board
    modes: Modes
    sites: tuple[tuple[PlaceRef, PlaceRef | None], ...]
    recipient: Recipient | None
    history: tuple[ModeChange, ...]
    tried: dict[Kind, Tried]


def desk(session: Session, moment: Moment) -> Desk:
    """The problems, modes and choices of `moment.place`."""
    tree, place = moment.tree, moment.place
    alone = place.level is Level.SITE
    return Desk(
        overview=moment.ask(session, overview),
        board=moment.ask(session, problem_board),
        modes=moment.ask(session, modes),
        sites=_choices(tree, place),
        recipient=_recipient(session, moment) if alone else None,
        history=mode_history(session, tree, place) if alone else (),
        tried=_tried(session, moment),
    )


def _choices(tree: PlaceTree, place: Place) -> tuple[tuple[PlaceRef, PlaceRef | None], ...]:
    """The sites that can be named, each with its town; of a city its towns, each with its district."""
    if lists_towns(place, len(tree.sites(place))):
        below = [town for town in tree.each(Level.TOWN) if tree.contains(place, town)]
        parents = (tree.by_id.get(town.parent_id or 0) for town in below)
        return tuple((ref(town), ref(above) if above else None) for town, above in zip(below, parents, strict=True))
    return tuple((ref(site), _town(tree, site.id)) for site in tree.sites(place))


def _midnight(moment: Moment) -> datetime:
    """The beginning of the local day."""
    local = moment.tree.campaign.local(moment.now)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _board(session: Session, moment: Moment, with_events: bool) -> Board:
    campaign = moment.tree.campaign
    rows = rows_below(session, moment.tree, moment.place, _midnight(moment))
    unsolved = [row.id for row in rows if row.solved_at is None]
    events = events_of(session, campaign.id, unsolved) if with_events else {}
    problems = _problems(moment, rows, events)
    solved = sorted(
        (p for p in problems if p.state.solved_at is not None),
        key=lambda p: (p.state.solved_at, p.number),
        reverse=True,
    )
    return Board(columns_of(problems), tuple(solved), _replies(session, moment, rows) if with_events else ())


def _problems(moment: Moment, rows: Iterable[ProblemRow], events: dict[int, list[Event]]) -> list[Problem]:
    tree = moment.tree
    limits = tree.campaign.limits
    made = []
    for row in rows:
        own = events.get(row.id, [])
        made.append(
            Problem(
                number=row.number,
                place=ref(tree.by_id[row.place_id]),
                town=_town(tree, row.place_id),
                lab=row.lab,
                kind=Kind(row.kind),
                effect=Effect(row.effect),
                note=row.note,
                began_at=row.began_at,
                mode=Mode(row.mode) if row.mode else None,
                entrance=row.entrance,
                latency_ms=row.latency_ms,
                state=state_of(row),
                standing=standing_of(row, limits, moment.now),
                events=tuple(own),
                escalated=tuple(escalations(own, limits, moment.now)) if own else (),
            )
        )
    return made


def _town(tree: PlaceTree, place_id: int) -> PlaceRef | None:
    above = (tree.by_id[id_] for id_ in tree.by_id[place_id].ancestors)
    town = next((place for place in above if place.level is Level.TOWN), None)
    return ref(town) if town else None


def _replies(session: Session, moment: Moment, rows: Iterable[ProblemRow]) -> tuple[Reply, ...]:
    """Each vendor's last answer of today, the latest first."""
    e = ProblemEvent
    vendors = {row.id: row.vendor for row in rows if row.vendor}
    query = (
        sa.select(e.problem_id, sa.func.max(e.recorded_at))
        .where(
            e.campaign_id == moment.tree.campaign.id,
            e.step == Step.VENDOR_REPLIED.value,
            e.recorded_at >= _midnight(moment),
        )
        .group_by(e.problem_id)
    )
    latest: dict[str, datetime] = {}
    for problem_id, at in session.execute(query):
        if problem_id in vendors:
            vendor = vendors[problem_id]
            latest[vendor] = max(at, latest.get(vendor, at))
    return tuple(Reply(vendor, at) for vendor, at in sorted(latest.items(), key=lambda item: item[1], reverse=True))


def _recipient(session: Session, moment: Moment) -> Recipient | None:
    tree = moment.tree
    town = _town(tree, moment.place.id)
    if town is None:
        return None
    c, a = ContactRow, Account
    on_duty = (
        sa.select(c.name, c.phone)
        .join(PlaceRow, (PlaceRow.id == c.place_id) & (PlaceRow.campaign_id == c.campaign_id))
        .where(
            c.campaign_id == tree.campaign.id,
            PlaceRow.code == town.code,
            c.post == Post.INFORMATION.value,
            c.withdrawn_at.is_(None),
        )
        .order_by(c.id)
    )
    with_account = (
        sa.select(a.name, a.phone)
        .where(
            a.role == Role.TOWN.value,
            a.place == town.code,
            sa.or_(a.campaign_id.is_(None), a.campaign_id == tree.campaign.id),
            a.disabled_at.is_(None),
        )
        .order_by(a.id)
    )
    for query in (on_duty, with_account):
        found = session.execute(query.limit(1)).one_or_none()
        if found is not None:
            return Recipient(town, found[0], found[1])
    return Recipient(town, "", "")


def _tried(session: Session, moment: Moment) -> dict[Kind, Tried]:
    """What the whole campaign reported today, by kind, and what helped most often: numbers without places, so that a
    site may know what others have found out."""
    p = ProblemRow
    query = sa.select(p.kind, p.place_id, p.solved_at, p.remedy).where(
        p.campaign_id == moment.tree.campaign.id, p.opened_at >= _midnight(moment)
    )
    places: dict[Kind, set[int]] = defaultdict(set)
    solved: dict[Kind, set[int]] = defaultdict(set)
    remedies: dict[Kind, Counter[str]] = defaultdict(Counter)
    for stated, place_id, solved_at, remedy in session.execute(query):
        kind = Kind(stated)
        places[kind].add(place_id)
        if solved_at is not None:
            solved[kind].add(place_id)
            if remedy:
                remedies[kind][remedy] += 1
    return {
        kind: Tried(len(where), len(solved[kind]), next((name for name, _ in remedies[kind].most_common(1)), None))
        for kind, where in places.items()
    }
