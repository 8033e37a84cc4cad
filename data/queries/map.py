"""The map of the sites below a place."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import Boundary
from data.queries.moment import Moment
from data.queries.overview import overview, ref
from data.queries.sites import site_rows
from domain.duty import State
from domain.map import Dot, MapPicture, Projection, Shape, rings_of
from domain.places import Place
from domain.site_groups import lists_towns


def projection_of(session: Session, moment: Moment) -> Projection:
    """The plane every drawing of the place's map stands in: kilometres around the middle of its outlines, else of its
    sites."""
    outlines = moment.ask(session, outlines_of)
    corners = [
        (p[0], p[1]) for at in shown_of(moment, outlines) for ring in rings_of(outlines[at.id][0]) for p in ring
    ]
    placed = [(site.lon, site.lat) for site in moment.tree.sites(moment.place)]
    return Projection(corners or [(lon, lat) for lon, lat in placed if lon is not None and lat is not None])


def outlines_of(session: Session, moment: Moment) -> dict[int, tuple[dict[str, object], bool, str]]:
    """Outlines that hold at the moment looked at, by place id: geometry, whether approximate, source. A place that
    had none yet has its first."""
    query = (
        sa.select(Boundary.place_id, Boundary.geometry, Boundary.approximate, Boundary.source)
        .where(Boundary.campaign_id == moment.tree.campaign.id)
        .where(sa.or_(Boundary.valid_to.is_(None), Boundary.valid_to > moment.horizon))
        .order_by(Boundary.valid_from.desc(), Boundary.id)
    )
    # The earliest of those that have not ended comes last.
    return {row[0]: (row[1], row[2], row[3]) for row in session.execute(query)}


def shown_of(moment: Moment, outlines: Mapping[int, object]) -> list[Place]:
    """The places whose outlines a map of the place shows: its children, or its own."""
    place = moment.place
    return [p for p in (place.children or [place]) if p.id in outlines] or [p for p in [place] if p.id in outlines]


def map_picture(session: Session, moment: Moment) -> MapPicture:
    """The map of `moment.place`: the outlines of its children (or its own) and its sites; of a large city its
    districts alone, since five thousand sites on it are a grey spot that says nothing."""
    tree, place = moment.tree, moment.place
    seen = moment.ask(session, overview)
    outlines = moment.ask(session, outlines_of)
    children = {child.place.code: child for child in seen.children}
    shown = shown_of(moment, outlines)
    sites = tree.sites(place)
    if lists_towns(place, len(sites)):
        sites = ()
    placed = [(site, site.lon, site.lat) for site in sites]
    project = moment.ask(session, projection_of)
    shapes = []
    for at in shown:
        child = children.get(at.code)
        rings = tuple(tuple(project(p[0], p[1]) for p in ring) for ring in rings_of(outlines[at.id][0]))
        shapes.append(
            Shape(
                ref(at),
                rings,
                child.completion if child else seen.completion,
                child.gap_pp if child else seen.gap_pp,
                child.severity if child else seen.severity,
            )
        )
    dots, unplaced = [], []
    rows = {row.place.code: row for row in moment.ask(session, site_rows)} if sites else {}
    for site, lon, lat in placed:
        if lon is None or lat is None:
            unplaced.append(ref(site))
            continue
        row = rows[site.code]
        dots.append(
            Dot(
                ref(site),
                project(lon, lat),
                row.target,
                row.figures.persons if row.figures.reports else None,
                row.completion,
                row.worst,
                row.state is State.MISSING,
            )
        )
    return MapPicture(
        campaign=tree.campaign.id,
        hour=seen.hour,
        shapes=tuple(shapes),
        dots=tuple(dots),
        unplaced=tuple(unplaced),
        approximate=any(outlines[at.id][1] for at in shown),
        source="; ".join(sorted({outlines[at.id][2] for at in shown})),
    )
