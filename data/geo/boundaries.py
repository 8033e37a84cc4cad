"""Outlines of places from a GeoJSON file into the record."""

from datetime import datetime
from pathlib import Path

import geopandas
import orjson
import sqlalchemy as sa
from shapely import make_valid, to_geojson
from sqlalchemy.orm import Session

from data.models import Boundary, CampaignRow, PlaceRow

TOLERANCE = 0.0005
"""Degrees (about 50 m) by which an outline may be simplified: less than a pixel on any screen."""


def record_boundaries(session: Session, row: CampaignRow, file: Path, source: str, now: datetime) -> int:
    """Put the outlines of known places on record; features are matched by their property `code`.

    Any coordinate system the file states is brought to WGS 84. Returns how many outlines there were.
    """
    frame = geopandas.read_file(file).to_crs(4326)
    known = sa.select(PlaceRow.code, PlaceRow.id).where(PlaceRow.campaign_id == row.id)
    place_ids: dict[str, int] = dict(session.execute(known).all())
    session.execute(
        sa.update(Boundary)
        .where(Boundary.campaign_id == row.id, Boundary.valid_to.is_(None))
        .where(Boundary.place_id.in_([place_ids[code] for code in frame["code"] if code in place_ids]))
        .values(valid_to=now)
    )
    found = 0
    for feature in frame.itertuples():
        if feature.code not in place_ids:
            continue
        geometry = make_valid(feature.geometry).simplify(TOLERANCE)
        approximate = bool(getattr(feature, "approximate", False))
        session.add(
            Boundary(
                campaign_id=row.id,
                place_id=place_ids[feature.code],
                geometry=orjson.loads(to_geojson(geometry)),
                approximate=approximate,
                source=source,
                valid_from=now,
            )
        )
        found += 1
    return found
