"""A file of hourly reports, places or laboratories into the record: read, mapped, taken in part by part.

The command line and the upload page both come through `import_file`, so they refuse the same rows with the same
words. A dry run does everything and keeps nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest import labs, places
from data.ingest.batch import BatchResult, Sender
from data.ingest.mapping import (
    LAB_ALIASES,
    LAB_FIELDS,
    PLACE_ALIASES,
    PLACE_FIELDS,
    REPORT_ALIASES,
    REPORT_FIELDS,
    FileMapping,
    apply,
)
from data.ingest.place_writer import Path, PlaceWriter, Resolved, Resolver, read_path
from data.ingest.reports import read_rows, record
from data.ingest.tables import Table, read_table
from data.models import CampaignRow
from domain.clock import Clock
from domain.errors import Code, Refused, Rejection
from domain.places import LEVELS, Level
from domain.reports import derived_key

PART = 5_000
"""Rows of one transaction: large enough to be quick, small enough to let others in between."""

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all."""


class What(StrEnum):
    """What a file holds."""

    REPORTS = "reports"
    PLACES = "places"
    LABS = "labs"


FIELDS = {
    What.REPORTS: (REPORT_FIELDS, REPORT_ALIASES),
    What.PLACES: (PLACE_FIELDS, PLACE_ALIASES),
    What.LABS: (LAB_FIELDS, LAB_ALIASES),
}


@dataclass(slots=True)
class FileResult:
    """What became of a file. `refused` pairs a line's number in the file with its refusal."""

    table: Table
    mapping: FileMapping
    rows: int = 0
    batch: BatchResult = field(default_factory=BatchResult)
    refused: list[tuple[int, Rejection]] = field(default_factory=list)


class _DryRun(Exception):
    """Ends a transaction that must not be kept."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line with its fields; for a report the path to its site, and whether its key was derived."""

    line: int
    fields: Mapping[str, object]
    path: Path = ()
    derived: bool = False


def import_file(
    database: Database,
    campaign_id: str,
    what: What,
    data: bytes,
    name: str,
    sender: Sender,
    clock: Clock,
    *,
    mapping_toml: str | None = None,
    dry_run: bool = False,
    progress: Progress = lambda done, total: None,
) -> FileResult:
    """Import the file `name` with the content `data`.

    Raises `Unreadable` when file or mapping cannot be read at all, `campaigns.UnknownCampaign`, and `KeyError`
    when the sender's place is not in the campaign.
    """
    known, aliases = FIELDS[what]
    stated = FileMapping.parse(mapping_toml, known) if mapping_toml else FileMapping()
    table = read_table(data, name, encoding=stated.encoding, delimiter=stated.delimiter, sheet=stated.sheet)
    mapping = stated.or_default(table.headers, aliases)
    result = FileResult(table, mapping)
    rows: list[Row] = []
    for line, fields in apply(table, mapping):
        result.rows += 1
        if line.number in table.too_wide:
            result.refused.append((line.number, Rejection(len(rows), "row", Code.TOO_MANY_CELLS)))
        else:
            rows.append(Row(line.number, fields))
    take = {What.REPORTS: _take_reports, What.PLACES: _take_places, What.LABS: _take_labs}[what]
    with suppress(_DryRun):
        take(_Import(database, campaign_id, sender, clock, mapping, dry_run, progress), rows, result)
    result.refused.sort(key=lambda pair: pair[0])
    result.batch.rejected = [rejection for _, rejection in result.refused]
    return result


@dataclass(slots=True)
class _Import:
    """What the parts of one import have in common."""

    database: Database
    campaign_id: str
    sender: Sender
    clock: Clock
    mapping: FileMapping
    dry_run: bool
    progress: Progress

    def in_parts(self, rows: Sequence[Row], work: Callable[[Session, CampaignRow, Sequence[Row]], None]) -> None:
        """Do `work` on the rows part by part, each part a transaction; a dry run is one that is not kept."""
        size = max(1, len(rows)) if self.dry_run else PART
        for start in range(0, max(1, len(rows)), size):
            part = rows[start : start + size]
            with self.database.write() as session:
                row = campaigns.lock(session, self.campaign_id)
                if part:
                    work(session, row, part)
                if self.dry_run:
                    raise _DryRun
            if start == 0 and len(rows) > size:
                # PostgreSQL plans for empty tables until it is told otherwise, and scans them for every part.
                self.database.analyze()
            self.progress(start + len(part), len(rows))

    def now(self, row: CampaignRow) -> datetime:
        return campaigns.now_for(row, self.clock())


def _take_reports(job: _Import, rows: list[Row], result: FileResult) -> None:
    # A level counts when the file has a column or a constant for it, so that an empty cell is noticed.
    stated = {*job.mapping.columns, *job.mapping.constants}
    levels = [level for level in LEVELS if level.value in stated]
    placed: list[Row] = []
    for row in rows:
        fields = dict(row.fields)
        if fields.get("persons") is None and fields.get("persons_total") is None:
            result.batch.skipped += 1
            continue
        if isinstance(fields.get("hours"), str):
            fields["hours"] = str(fields["hours"]).strip().replace(job.mapping.decimal, ".")
        placed.append(Row(row.line, fields))

    with job.database.read() as session:
        campaign_row = campaigns.find(session, job.campaign_id)
        known = campaigns.tree_of(session, campaign_row)
    campaign, resolver = known.campaign, Resolver(known, create=job.mapping.create_places)
    located: list[Row] = []
    for row in placed:
        try:
            path = read_path(row.fields, levels or [Level.SITE])
            site = resolver.resolve(path).code
        except Refused as refusal:
            result.refused.append((row.line, refusal.at(row.line)))
            continue
        fields = {**row.fields, "site": site}
        if not fields.get("key"):
            fields["key"] = derived_key(fields, campaign)
            located.append(Row(row.line, fields, tuple(path), derived=True))
        else:
            located.append(Row(row.line, fields, tuple(path)))
    kept = _without_duplicates(located, result, lambda row: row.fields["key"] if row.derived else None)
    # Reports of one site in one part: each site is read and judged once, and order changes nothing.
    kept.sort(key=lambda row: (str(row.fields["site"]), row.line))

    def work(session: Session, campaign_row: CampaignRow, part: Sequence[Row]) -> None:
        now = job.now(campaign_row)
        tree = campaigns.load_tree(session, campaign_row)
        claims, unread = read_rows([row.fields for row in part], tree.campaign, now, job.mapping.decimal)
        paths: dict[int, Resolved] = {}
        writer = PlaceWriter(session, campaign_row, tree, now)
        if job.mapping.create_places:
            resolver = Resolver(tree, create=True)
            paths = {index: resolver.resolve(part[index].path) for index, _ in claims}
            for path in paths.values():
                writer.make(path)
            if writer.rows:
                tree = campaigns.load_tree(session, campaign_row)
        done = record(session, campaign_row, tree, claims, job.sender, now)
        refused = {rejection.index for rejection in done.rejected}
        writer.keep_only(path for index, path in paths.items() if index not in refused)
        if writer.rows:
            done.revision = campaigns.change(
                session, campaign_row, actor=job.sender.name, action="places.create", now=now,
                details={"places": len(writer.rows)}, structure=True,
            )  # fmt: skip
        result.refused += [(part[r.index].line, r) for r in [*unread, *done.rejected]]
        done.rejected = []
        result.batch.add(done)

    job.in_parts(kept, work)


def _without_duplicates(
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
            value = row.path[-1][1] if row.path else str(row.fields.get("site") or row.fields.get("lab") or "")
            code = Code.DUPLICATE_IN_FILE
            result.refused.append((row.line, Rejection(row.line, "key", code, value, detail, dict(params))))
        else:
            kept.append(row)
    return kept


def _take_places(job: _Import, rows: list[Row], result: FileResult) -> None:
    specs: list[tuple[Row, places.PlaceSpec]] = []
    for row in rows:
        try:
            specs.append((row, places.read_place(row.fields, job.mapping.decimal)))
        except Refused as refusal:
            result.refused.append((row.line, refusal.at(row.line)))
    by_line = {row.line: spec for row, spec in specs}
    kept = _without_duplicates(
        [row for row, _ in specs], result, lambda row: tuple(step[:2] for step in by_line[row.line].path), "place"
    )

    def work(session: Session, campaign_row: CampaignRow, part: Sequence[Row]) -> None:
        done = places.record(
            session, campaign_row, [by_line[row.line] for row in part], job.sender, job.now(campaign_row)
        )
        result.refused += [(part[r.index].line, r) for r in done.rejected]
        done.rejected = []
        result.batch.add(done)

    job.in_parts(kept, work)


def _take_labs(job: _Import, rows: list[Row], result: FileResult) -> None:
    kept = _without_duplicates(rows, result, lambda row: row.fields.get("lab"), "place")

    def work(session: Session, campaign_row: CampaignRow, part: Sequence[Row]) -> None:
        done = labs.record(
            session,
            campaign_row,
            [row.fields for row in part],
            job.mapping.decimal,
            job.sender,
            job.now(campaign_row),
        )
        result.refused += [(part[r.index].line, r) for r in done.rejected]
        done.rejected = []
        result.batch.add(done)

    job.in_parts(kept, work)
