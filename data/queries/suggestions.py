"""What could be done about people without a site within their walk, and about queues beside idle lanes.

Where to site something follows from what coverage follows from (`data.queries.coverage`): the answer is kept by it,
so that no report makes it be looked for again. Moves of teams follow from the last hour's reports.
"""

import hashlib
from collections.abc import Iterator

import numpy as np
from sqlalchemy.orm import Session

from data.geo.coverage import Floats, Reach
from data.geo.metres import Metres
from data.geo.siting import Siting, best_sites, points, thinned
from data.queries.areas import Village, roads, villages
from data.queries.coverage import VillageNames, coverage
from data.queries.ground import Ground, base_of, ground
from data.queries.kept import Kept
from data.queries.map import map_picture, projection_of
from data.queries.map_layers import layers
from data.queries.moment import Moment, ref
from data.queries.planning import planning_list
from domain.coverage import Direction
from domain.places import Kind
from domain.planning import STANDING
from domain.suggestions import (
    Candidates,
    Pick,
    Question,
    Sites,
    Square,
    SuggestionPicture,
    TownGain,
    hours_for,
    lanes_for,
    sampled_by,
)
from domain.team_moves import Crewed, TeamMove, propose_moves

FINE = 0.25
"""Share of the walk nearer than which two candidates reach the same people."""

_reaches: Kept[tuple[Floats, Reach]] = Kept(8)
_answers: Kept[Siting] = Kept(64)


def suggestions(session: Session, moment: Moment) -> SuggestionPicture:
    """The picture of the place, with the answer to what is asked when nobody has asked anything yet."""
    return answered(session, moment, Question())


def answered(session: Session, moment: Moment, question: Question) -> SuggestionPicture:
    """The picture of the place with the answer to `question`."""
    on = moment.ask(session, ground)
    drawn = moment.ask(session, map_picture)
    hour = moment.ask(session, layers)
    crewed, moves = _moves(moment, on, session)
    return SuggestionPicture(
        campaign=moment.tree.campaign,
        place=ref(moment.place),
        now=moment.now,
        hour=drawn.hour,
        coverage=moment.ask(session, coverage),
        offered=_offered(session, moment, on),
        sites=_sites(session, moment, on, question) if on is not None else None,
        moves=moves,
        queues_known=crewed,
        until=hour.until,
        shapes=drawn.shapes,
        approximate=drawn.approximate,
        marks={row.place.code: (row.place, row.at) for row in hour.rows if row.at is not None},
    )


# -- where to site


def _offered(session: Session, moment: Moment, on: Ground | None) -> tuple[Candidates, ...]:
    if on is None:
        return ()
    return tuple(Candidates) if _villages(session, moment, on) else (Candidates.CELLS,)


def _villages(session: Session, moment: Moment, on: Ground) -> tuple[Village, ...]:
    return tuple(v for v in moment.ask(session, villages) if v.town_id in on.town_ids)


def _sites(session: Session, moment: Moment, on: Ground, question: Question) -> Sites:
    offered = _offered(session, moment, on)
    candidates = question.candidates if question.candidates in offered else Candidates.CELLS
    known = _villages(session, moment, on) if candidates is Candidates.VILLAGES else ()
    network = moment.ask(session, roads)
    ground_base = base_of(session, moment, on.cells, network)
    base = (*ground_base, on.metres, on.place.id, candidates, _digest(repr(known).encode()))
    xy, reach = _reaches.get(base, lambda: _reach(on, known))
    persons = np.where(on.mine & ~on.covered, on.persons, 0.0)
    count = question.count
    siting = _answers.get((*base, count, _digest(persons.tobytes())), lambda: best_sites(reach, persons, count))
    picks = tuple(_picks(session, moment, on, known, xy, reach, siting, persons))
    gained = np.zeros(len(persons), np.bool_)
    for j in siting.chosen:
        gained[reach.of(j)] = True
    return Sites(question, candidates, points(reach), picks, siting.method, siting.gap, round(siting.gained),
                 _towns(moment, on, np.where(gained, persons, 0.0)))  # fmt: skip


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=12).digest()


def _picks(
    session: Session,
    moment: Moment,
    on: Ground,
    known: tuple[Village, ...],
    xy: Floats,
    reach: Reach,
    siting: Siting,
    persons: Floats,
) -> Iterator[Pick]:
    """The chosen in words: called by their village, with the cells that each newly reaches."""
    tree, limits = moment.tree, moment.tree.campaign.limits
    where = xy[list(siting.chosen)].reshape(-1, 2)
    names = VillageNames(moment.ask(session, villages), on)
    nearest, away = on.nearest(where, on.open)
    lons, lats = on.plane.degrees(where)
    project, half = moment.ask(session, projection_of), on.half / 1000
    planned = _planned_sites(session, moment, on)
    left = persons.copy()
    for index, (j, gain) in enumerate(zip(siting.chosen, siting.gains, strict=True)):
        cells = reach.of(j)
        new = cells[left[cells] > 0]
        left[new] = 0.0
        if known:
            town = tree.by_id.get(known[j].town_id or 0)
            name, name_en, side, rough = known[j].name, known[j].name_en, Direction.HERE, known[j].rough
        else:
            cell = int(np.hypot(*(on.xy - where[index]).T).argmin())
            town = tree.by_id.get(int(on.cells.town[cell]))
            (name, name_en, side), rough = names.of(cell, town), False
        lon, lat = float(lons[index]), float(lats[index])
        site = on.sites[nearest[index]] if nearest[index] >= 0 else None
        yield Pick(
            number=index + 1,
            at=project(lon, lat),
            lon=round(lon, 6),
            lat=round(lat, 6),
            village=name,
            village_en=name_en,
            direction=side,
            rough=rough,
            town=ref(town) if town is not None else None,
            gained=round(gain),
            within=round(float(on.persons[cells].sum())),
            nearest=ref(site) if site is not None else None,
            metres=round(float(away[index])) if site is not None else None,
            lanes=lanes_for(gain, limits),
            hours=hours_for(gain, limits),
            sampled=sampled_by(gain, tree.campaign, moment.at),
            planned=_planned(planned, where[index], FINE * on.metres),
            cells=tuple(
                Square(project(float(on.cells.lon[c]), float(on.cells.lat[c])), float(half[c])) for c in new.tolist()
            ),
        )


def _planned_sites(session: Session, moment: Moment, on: Ground) -> list[tuple[int, Floats]]:
    """Where the sites stand that are planned and not opened yet, by number."""
    found = []
    for site in moment.ask(session, planning_list).sites:
        lon, lat = site.wish.lon, site.wish.lat
        if site.state in STANDING and lon is not None and lat is not None:
            found.append((site.number, on.plane.xy(np.array([lon]), np.array([lat]))[0]))
    return found


def _planned(sites: list[tuple[int, Floats]], at: Floats, metres: float) -> int | None:
    """The number of the planned site nearest to a point, within `metres` of it."""
    away = min(((float(np.hypot(*(xy - at))), number) for number, xy in sites), default=None)
    return away[1] if away is not None and away[0] <= metres else None


def _reach(on: Ground, known: tuple[Village, ...]) -> tuple[Floats, Reach]:
    """Where may be sited, in the villages named or else in any cell, and whom each of these reaches."""
    if known:
        degrees = np.array([(v.lon, v.lat) for v in known], np.float64)
        xy = on.plane.xy(degrees[:, 0], degrees[:, 1])
        return xy, on.reach(xy)
    cells = np.flatnonzero(on.mine)
    cells = cells[thinned(on.xy[cells], FINE * on.metres)]
    return on.xy[cells], on.reach(on.xy[cells])


def _towns(moment: Moment, on: Ground, gained: Floats) -> tuple[TownGain, ...]:
    """Of the towns where somebody gains, people, covered and gained."""
    rows = []
    for town_id in on.town_ids:
        here = on.cells.town == town_id
        more = round(float(gained[here].sum()))
        if more:
            people, covered = float(on.persons[here].sum()), float(on.persons[here & on.covered].sum())
            rows.append(TownGain(ref(moment.tree.by_id[town_id]), round(people), round(covered), more))
    return tuple(sorted(rows, key=lambda row: (-row.gained, row.place.code)))


# -- moves of teams


def _moves(moment: Moment, on: Ground | None, session: Session) -> tuple[bool, tuple[TeamMove, ...]]:
    """Whether any site told its queue, and the moves that would shorten queues. Nobody who waits at home is told to
    come elsewhere: home visits have no queue and give no crew away."""
    tree = moment.tree
    rows = [
        row
        for row in moment.ask(session, layers).rows
        if row.queue_minutes is not None
        and row.load is not None
        and row.lanes
        and row.lon is not None
        and row.lat is not None
        and tree.by_code[row.place.code].kind != Kind.HOME_VISIT
    ]
    if not rows:
        return False, ()
    lon = np.array([row.lon for row in rows], np.float64)
    lat = np.array([row.lat for row in rows], np.float64)
    plane = on.plane if on is not None else Metres(float(lon.mean()), float(lat.mean()))
    sites = [
        Crewed(row.place, row.town, (float(x), float(y)), row.queue_minutes or 0, row.load or 0.0, row.lanes or 0)
        for row, (x, y) in zip(rows, plane.xy(lon, lat), strict=True)
    ]
    return True, propose_moves(sites, tree.campaign.limits)
