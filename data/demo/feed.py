"""The province's files in the demonstration: every hour one lands in a watched folder, and a source takes it from
there as it would take a real one. What stands in them is made in `data/demo/upper.py`."""

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import sources
from data.ingest.batch import Sender
from data.models import CampaignRow, Source
from domain.places import PlaceTree

KEY = "demo-province"
FOLDER = "demo-province"
HEADERS = {"key": "编号", "place": "地点编码", "at": "截至", "persons": "采样人数", "source": "来源"}

OFFSET_MINUTES = 35
"""Ten minutes after the province's figures of an hour have been told."""


class ProvinceFeed:
    """The folder, below one that sources may read, and the source that watches it."""

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER

    def ensure(
        self, session: Session, row: CampaignRow, tree: PlaceTree, place: str, sender: Sender, now: datetime
    ) -> None:
        """Make the source, unless it is there or somebody removed it."""
        if session.scalar(_ours(row.id)) is not None:
            return
        fields = {"name": "省平台", "kind": "folder", "what": "upper-figures", "place": place, "address": FOLDER,
                  "offset_minutes": OFFSET_MINUTES}  # fmt: skip
        self._folder.mkdir(parents=True, exist_ok=True)
        sources.create(session, row, tree, KEY, sources.check(fields, tree, sender), sender, now)

    def delivers(self, session: Session, campaign_id: str) -> bool:
        """Whether somebody takes the files: otherwise the figures come directly."""
        return session.scalar(_ours(campaign_id).where(Source.removed_at.is_(None))) is not None

    def write(self, name: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Put a file into the folder, whole at once. The same file again changes nothing."""
        out = StringIO(newline="")
        writer = csv.DictWriter(out, HEADERS.values())
        writer.writeheader()
        writer.writerows({header: row[field] for field, header in HEADERS.items()} for row in rows)
        data = out.getvalue().encode("utf-8-sig")
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{name}.csv"
        if path.exists() and path.read_bytes() == data:
            return
        unfinished = path.with_suffix(".csv.part")
        unfinished.write_bytes(data)
        unfinished.replace(path)

    def clear(self) -> None:
        """Take the day's files away."""
        for path in self._folder.glob("*.csv"):
            path.unlink(missing_ok=True)


def _ours(campaign_id: str) -> sa.Select[Any]:
    return sa.select(Source.id).where(Source.campaign_id == campaign_id, Source.key == KEY)
