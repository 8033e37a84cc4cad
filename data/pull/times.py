"""Times without an offset, which most systems write: read as times of the zone the source's definition names."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from data.ingest.tables import Cell, Line, Table


def in_zone(table: Table, columns: Collection[str], zone_name: str) -> Table:
    """The table with the times in `columns` that state no offset put into the zone."""
    zone = ZoneInfo(zone_name)

    def moved(cells: Mapping[str, Cell]) -> dict[str, Cell]:
        return {name: _with_zone(cell, zone) if name in columns else cell for name, cell in cells.items()}

    lines = [Line(line.number, moved(line.cells)) for line in table.lines]
    return replace(table, lines=lines)


def _with_zone(cell: Cell, zone: ZoneInfo) -> Cell:
    moment = cell
    if isinstance(cell, str):
        try:
            moment = datetime.fromisoformat(cell.strip())
        except ValueError:
            return cell
    if isinstance(moment, datetime) and moment.tzinfo is None:
        return moment.replace(tzinfo=zone).isoformat()
    return cell
