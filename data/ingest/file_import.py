"""What every kind of file has in common on its way into the record: its rows, its parts, and what became of it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest import tubes
from data.ingest.batch import BatchResult, Sender
from data.ingest.mapping import FileMapping
from data.ingest.place_writer import Path
from data.ingest.pulled import Word
from data.ingest.tables import Table
from data.models import CampaignRow
from domain.clock import Clock
from domain.errors import Code, Refused, Rejection

PART = 5_000
"""Rows of one transaction: large enough to be quick, small enough to let others in between."""

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all."""

Part = TypeVar("Part")


@dataclass(slots=True)
class FileResult:
    """What became of a file. `refused` pairs a line's number in the file with its refusal."""

    table: Table
    mapping: FileMapping
    rows: int = 0
    batch: BatchResult = field(default_factory=BatchResult)
    refused: list[tuple[int, Rejection]] = field(default_factory=list)

    def refuse(self, row: "Row", refusal: Refused) -> None:
        """Hand back a row for what it says by itself."""
        self.refused.append((row.line, refusal.at(row.line)))

    def add(self, part: BatchResult, lines: Sequence[int]) -> None:
        """Take over what became of a part, whose rows stand in these lines of the file."""
        self.refused += [(lines[rejection.index], rejection) for rejection in part.rejected]
        part.rejected = []
        self.batch.add(part)


class DryRun(Exception):
    """Ends a transaction that must not be kept."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line with its fields; for a report the path to its site, and whether its key was derived."""

    line: int
    fields: Mapping[str, object]
    path: Path = ()
    derived: bool = False


@dataclass(slots=True)
class Import:
    """What the parts of one import have in common. The fields are those of `data.ingest.files.import_table`."""

    database: Database
    campaign_id: str
    sender: Sender
    clock: Clock
    mapping: FileMapping
    dry_run: bool
    progress: Progress
    word: Word | None
    name: str
    writer: tubes.Writer | None = None

    def in_parts(
        self,
        rows: Sequence[Part],
        work: Callable[[Session, CampaignRow, Sequence[Part]], None],
        take: Callable[[Session, str], CampaignRow] = campaigns.lock,
    ) -> None:
        """Do `work` on the rows part by part, each part a transaction; a dry run is one that is not kept. `take` gets
        the campaign's row, as a rule with the lock."""
        size = max(1, len(rows)) if self.dry_run else PART
        for start in range(0, max(1, len(rows)), size):
            part = rows[start : start + size]
            with self.database.write() as session:
                if self.name:
                    campaigns.tell(session, file=self.name)
                row = take(session, self.campaign_id)
                if self.word is not None:
                    self.word.begin(session)
                if part:
                    work(session, row, part)
                if self.dry_run:
                    raise DryRun
            if start == 0 and len(rows) > size:
                # PostgreSQL plans for empty tables until it is told otherwise, and scans them for every part.
                self.database.analyze()
            self.progress(start + len(part), len(rows))

    def now(self, row: CampaignRow) -> datetime:
        """The campaign's own time."""
        return campaigns.now_for(row, self.clock())


def without_duplicates(
    rows: Sequence[Row], result: FileResult, identity: Callable[[Row], object], detail: str = ""
) -> list[Row]:
    """The rows whose identity no other row of the file shares; the others are refused, all of them."""
    lines: dict[object, list[int]] = defaultdict(list)
    for row in rows:
        if (known := identity(row)) is not None:
            lines[known].append(row.line)
    kept = []
    for row in rows:
        same = lines.get(identity(row), [])
        if len(same) > 1:
            params = {"lines": ", ".join(map(str, same))}
            named = (row.fields.get(name) for name in ("barcode", "site", "lab", "place"))
            value = row.path[-1][1] if row.path else str(next(filter(None, named), ""))
            code = Code.DUPLICATE_IN_FILE
            result.refused.append((row.line, Rejection(row.line, "key", code, value, detail, dict(params))))
        else:
            kept.append(row)
    return kept
