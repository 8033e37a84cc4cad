"""The page of boundaries and people: the versions there are, and which sites do not lie where they should."""

import numpy as np
import shapely
import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.geo.metres import Metres
from data.geo.outside import outside
from data.models import Boundary
from data.queries.areas import area_versions, cells, positions
from data.queries.moment import Moment
from data.queries.overview import ref
from domain.area_page import AreaPage, OutsideRow, VersionRow
from domain.areas import Kind
from domain.places import Level


def area_page(session: Session, moment: Moment) -> AreaPage:
    """Everything the page shows of `moment.place`."""
    tree, place, at = moment.tree, moment.place, moment.horizon
    query = (
        sa.select(Boundary.place_id, Boundary.geometry, Boundary.approximate)
        .where(Boundary.campaign_id == tree.campaign.id, Boundary.valid_from <= at)
        .where(sa.or_(Boundary.valid_to.is_(None), Boundary.valid_to > at))
    )
    known = {row[0]: (shapely.geometry.shape(row[1]), row[2]) for row in session.execute(query)}
    outlines = {id_: shape for id_, (shape, _) in known.items() if tree.by_id[id_].level is Level.TOWN}
    placed = positions(session, moment)
    sites = [(tree.by_id[id_], lon, lat) for id_, (lon, lat) in placed.items()]
    rows = []
    if outlines and sites:
        west, south = np.array([site[1:] for site in sites], float).mean(axis=0)
        for found in outside(tree, outlines, sites, Metres(float(west), float(south))):
            inside = ref(found.found) if found.found else None
            rows.append(OutsideRow(ref(found.site), ref(found.town), inside, found.metres))
    towns = [one for one in tree.each(Level.TOWN) if place.id in one.ancestors]
    grid = cells(session, moment)
    return AreaPage(
        campaign=tree.campaign,
        versions=tuple(
            VersionRow(
                Kind(v.kind), v.name, v.source, v.stated_crs, v.shift, v.approximate, v.synthetic, v.rows,
                v.valid_from, v.valid_to if v.valid_to is not None and v.valid_to <= at else None, v.actor,
            )
            for v in area_versions(session, tree.campaign.id)
            if v.valid_from <= at
        ),
        outside=tuple(rows),
        unplaced=tuple(ref(site) for site in tree.sites(place) if site.id not in placed),
        without_outline=tuple(ref(town) for town in towns if town.id not in outlines),
        bounded=bool(outlines),
        approximate=any(rough for _, rough in known.values()),
        cells=len(grid.codes) if grid else None,
        persons=float(np.nansum(grid.persons)) if grid else None,
        unknown=int(np.isnan(grid.persons).sum()) if grid else 0,
    )  # fmt: skip
