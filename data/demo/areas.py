"""The demonstration district's land: outlines of its towns, villages, and a grid of people that is a model."""

import csv
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from data import campaigns
from data.ingest.areas import NewCell, NewVillage, Origin, keep_cells, keep_villages
from data.models import CampaignRow
from data.queries.areas import version_at
from domain.areas import Kind

DISTRICT = Path(__file__).parent / "district"

CELLS = Origin("500 m grid", "500 m grid, kernel model on estimated town populations", synthetic=True)
"""What SOURCES.md says of the grid: no census, no WorldPop."""

VILLAGES = Origin("villages 2023", "National Bureau of Statistics 2023 (names); positions synthetic", synthetic=True)

CELL_METRES = 500.0


def keep_land(session: Session, row: CampaignRow, actor: str, now: datetime) -> None:
    """Put grid and villages on record, where the campaign has none yet."""
    towns = {place.code: place.id for place in campaigns.tree_of(session, row).each()}
    if version_at(session, row.id, Kind.CELLS, now) is None:
        cells = [
            NewCell(
                cell["cell_id"],
                towns.get(cell["town_code"]),
                float(cell["lon"]),
                float(cell["lat"]),
                float(cell["pop_est"]),
                CELL_METRES,
            )
            for cell in _rows("population_grid.csv")
        ]
        keep_cells(session, row, cells, CELLS, actor, now)
    if version_at(session, row.id, Kind.VILLAGES, now) is None:
        villages = [
            NewVillage(
                one["code"],
                towns.get(one["town_code"]),
                one["short_zh"] or one["name_zh"],
                one["pinyin"],
                float(one["lon"]),
                float(one["lat"]),
                rough=True,  # SOURCES.md: synthetic, or within 2 km
            )
            for one in _rows("villages.csv")
        ]
        keep_villages(session, row, villages, VILLAGES, actor, now)


def _rows(name: str) -> list[dict[str, str]]:
    with (DISTRICT / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
