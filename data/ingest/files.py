"""A file of hourly reports, places, laboratories or upper figures into the record: read, mapped, taken in parts.

The command line and the upload page both come through `import_file`, so they refuse the same rows with the same
words. A dry run does everything and keeps nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest import contacts, labs, places, registry, tube_files, tubes, upper_figures
from data.ingest.batch import BatchResult, Sender
from data.ingest.mapping import (
    CONTACT_ALIASES,
    CONTACT_FIELDS,
    LAB_ALIASES,
    LAB_FIELDS,
    PLACE_ALIASES,
    PLACE_FIELDS,
    REPORT_ALIASES,
    REPORT_FIELDS,
    ROUND_ALIASES,
    ROUND_FIELDS,
    TUBE_ALIASES,
    TUBE_FIELDS,
    UPPER_ALIASES,
    UPPER_FIELDS,
    FileMapping,
    apply,
)
from data.ingest.place_writer import Path, PlaceWriter, Resolved, Resolver, read_path
from data.ingest.pulled import Word
from data.ingest.reports import read_rows, record
from data.ingest.tables import Table, read_table
from data.models import CampaignRow
from data.tube_books import books_of
from domain import upper
from domain.clock import Clock
from domain.errors import Code, Refused, Rejection
from domain.places import LEVELS, Level
from domain.reports import derived_key
from telemetry import counts

PART = 5_000
"""Rows of one transaction: large enough to be quick, small enough to let others in between."""

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all."""


class What(StrEnum):
    """What a file holds."""

    REPORTS = "reports"
    PLACES = "places"
    LABS = "labs"
    UPPER_FIGURES = "upper-figures"
    CONTACTS = "contacts"
    EQA = "eqa"
    TUBES = "tubes"


Part = TypeVar("Part")


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
    stated = read_mapping(what, mapping_toml)
    read = INTAKES[what].read
    table = read(data, name, encoding=stated.encoding, delimiter=stated.delimiter, sheet=stated.sheet)
    return import_table(
        database, campaign_id, what, table, stated, sender, clock, dry_run=dry_run, progress=progress, name=name
    )  # fmt: skip


def read_mapping(what: What, toml: str | None) -> FileMapping:
    """The mapping that `toml` states for rows of `what`; without one, none. Raises `Unreadable`."""
    return FileMapping.parse(toml, INTAKES[what].fields) if toml else FileMapping()


def import_table(
    database: Database,
    campaign_id: str,
    what: What,
    table: Table,
    stated: FileMapping,
    sender: Sender,
    clock: Clock,
    *,
    dry_run: bool = False,
    progress: Progress = lambda done, total: None,
    word: Word | None = None,
    name: str = "",
    writer: tubes.Writer | None = None,
) -> FileResult:
    """Import a table that was read already, with the mapping `stated` for it. With `word`, it is what a source says,
    and is taken beside what it said before. `writer` is the sender of tube events where it may not send all kinds.
    Raises as `import_file`."""
    intake = INTAKES[what]
    mapping = stated.or_default(table.headers, intake.aliases)
    result = FileResult(table, mapping)
    rows: list[Row] = []
    for line, fields in apply(table, mapping):
        result.rows += 1
        if line.number in table.too_wide:
            result.refused.append((line.number, Rejection(len(rows), "row", Code.TOO_MANY_CELLS)))
        else:
            rows.append(Row(line.number, fields))
    with suppress(_DryRun):
        job = _Import(database, campaign_id, sender, clock, mapping, dry_run, progress, word, name, writer)
        intake.take(job, rows, result)
    result.refused.sort(key=lambda pair: pair[0])
    result.batch.rejected = [rejection for _, rejection in result.refused]
    if not dry_run:
        counts.rows(f"file/{what}", result.batch.accepted, result.batch.unchanged, len(result.refused))
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
            for index, _ in claims:
                try:
                    path = resolver.resolve(part[index].path)
                    writer.make(path)
                    paths[index] = path
                except Refused as refusal:
                    unread.append(refusal.at(index))
            claims = [(index, claim) for index, claim in claims if index in paths]
            if writer.rows:
                tree = campaigns.load_tree(session, campaign_row)
        unchanged = 0
        if job.word is not None:
            claims, unchanged = job.word.reports(session, tree, claims)
        done = record(session, campaign_row, tree, claims, job.sender, now)
        done.unchanged += unchanged
        refused = {rejection.index for rejection in done.rejected}
        if job.word is not None:
            job.word.settle(refused)
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
            named = (row.fields.get(name) for name in ("barcode", "site", "lab", "place"))
            value = row.path[-1][1] if row.path else str(next(filter(None, named), ""))
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


def _take_rounds(job: _Import, rows: list[Row], result: FileResult) -> None:
    """Rounds of external quality assessment; one that is on record already gets a new version where it differs."""
    writer = registry.Writer(job.sender)

    def work(session: Session, campaign_row: CampaignRow, part: Sequence[Row]) -> None:
        now, done = job.now(campaign_row), BatchResult(revision=campaign_row.revision)
        changes = registry.read_rounds(
            [row.fields for row in part], campaigns.campaign_of(campaign_row), now, job.mapping.decimal, done
        )
        registry.record_changes(session, campaign_row, changes, writer, now, done)
        result.refused += [(part[r.index].line, r) for r in done.rejected]
        done.rejected = []
        result.batch.add(done)

    job.in_parts(rows, work)


def _take_upper_figures(job: _Import, rows: list[Row], result: FileResult) -> None:
    """A place stands by its code in `place`, or by code or name in the columns of its levels. None is made: a slip
    in a name must not become a place of its own."""
    stated = {*job.mapping.columns, *job.mapping.constants}
    levels = [level for level in LEVELS if level.value in stated]
    with job.database.read() as session:
        resolver = Resolver(campaigns.tree_of(session, campaigns.find(session, job.campaign_id)), create=False)
    located: list[Row] = []
    for row in rows:
        fields = dict(row.fields)
        if all(fields.get(name) is None for name in upper.COMPARED):
            result.batch.skipped += 1
            continue
        try:
            if not fields.get("place") and levels:
                fields["place"] = resolver.resolve(read_path(fields, levels)).code
        except Refused as refusal:
            result.refused.append((row.line, refusal.at(row.line)))
            continue
        derived = not fields.get("key")
        if derived:
            fields["key"] = upper.derived_key(fields)
        located.append(Row(row.line, fields, derived=derived))
    kept = _without_duplicates(located, result, lambda row: upper.about(row.fields) if row.derived else None, "upper")

    def work(session: Session, campaign_row: CampaignRow, part: Sequence[Row]) -> None:
        tree, now = campaigns.tree_of(session, campaign_row), job.now(campaign_row)
        decimal = job.mapping.decimal
        sent, unchanged = list(enumerate(row.fields for row in part)), 0
        if job.word is not None:
            fields = [row.fields for row in part]
            sent, unchanged = job.word.upper_figures(session, campaign_row, fields, now, decimal)
        done = upper_figures.record(session, campaign_row, tree, [f for _, f in sent], job.sender, now, decimal)
        done.unchanged += unchanged
        lines = [part[index].line for index, _ in sent]
        if job.word is not None:
            job.word.settle({sent[r.index][0] for r in done.rejected})
        result.refused += [(lines[r.index], r) for r in done.rejected]
        done.rejected = []
        result.batch.add(done)

    job.in_parts(kept, work)


def _take_contacts(job: _Import, rows: list[Row], result: FileResult) -> None:
    with job.database.read() as session:
        tree = campaigns.tree_of(session, campaigns.find(session, job.campaign_id))
    resolver = Resolver(tree, create=False)
    by_line: dict[int, contacts.ContactSpec] = {}
    for row in rows:
        try:
            by_line[row.line] = contacts.read_contact(row.fields, tree, resolver)
        except Refused as refusal:
            result.refused.append((row.line, refusal.at(row.line)))
    kept = _without_duplicates([row for row in rows if row.line in by_line], result, lambda row: by_line[row.line],
                               "contact")  # fmt: skip
    posts = contacts.Posts()
    for row in kept:
        posts.add(by_line[row.line])

    def work(session: Session, campaign_row: CampaignRow, part: Sequence[Row]) -> None:
        specs = [by_line[row.line] for row in part]
        done = contacts.record(session, campaign_row, tree, specs, posts, job.sender, job.now(campaign_row))
        result.refused += [(part[r.index].line, r) for r in done.rejected]
        done.rejected = []
        result.batch.add(done)

    job.in_parts(kept, work)


def _take_tubes(job: _Import, rows: list[Row], result: FileResult) -> None:
    tube_files.check_columns(result.table.headers, [*job.mapping.columns, *job.mapping.constants])
    with job.database.read() as session:
        campaign_row = campaigns.find(session, job.campaign_id)
        tree, now = campaigns.tree_of(session, campaign_row), job.now(campaign_row)
        books = books_of(session, campaign_row, tree)
    writer = job.writer or tubes.Writer(job.sender.name, place=job.sender.scope or "")
    zone = ZoneInfo(job.mapping.timezone) if job.mapping.timezone else None
    read: list[Row] = []
    for row in rows:
        try:
            fields, derived = tube_files.read_row(row.fields, zone, job.mapping.decimal)
        except Refused as refusal:
            result.refused.append((row.line, refusal.at(row.line)))
        else:
            read.append(Row(row.line, fields, derived=derived))
    kept = _without_duplicates(read, result, lambda row: row.fields["event_id"] if row.derived else None, "tube")
    placed, bad = tubes.place_events(enumerate(row.fields for row in kept), tree, books, writer, now)

    def refuse(rejections: Sequence[Rejection]) -> None:
        result.refused += [(kept[r.index].line, r) for r in rejections]

    def work(session: Session, campaign_row: CampaignRow, part: Sequence[tubes.Placed]) -> None:
        done = tubes.record(session, campaign_row, part, writer, now)
        refuse(done.rejected)
        done.rejected = []
        result.batch.add(done)

    refuse(bad)
    # The lock comes after the events, as in every other way they come in: two writers would else wait for each other.
    job.in_parts(placed, work, campaigns.find)


Take = Callable[[_Import, list[Row], FileResult], None]


@dataclass(frozen=True, slots=True)
class Intake:
    """One kind of rows: the fields it may have, other names for them, and how it is taken in. `times` are the fields
    that hold a moment; only what a source may deliver (`pulled`) needs to say so. `read` makes a table of a file."""

    fields: tuple[str, ...]
    aliases: Mapping[str, str]
    take: Take
    times: tuple[str, ...] = ()
    pulled: bool = False
    read: Callable[..., Table] = read_table


INTAKES = {
    What.REPORTS: Intake(REPORT_FIELDS, REPORT_ALIASES, _take_reports, times=("hour",), pulled=True),
    What.PLACES: Intake(PLACE_FIELDS, PLACE_ALIASES, _take_places),
    What.LABS: Intake(LAB_FIELDS, LAB_ALIASES, _take_labs),
    What.UPPER_FIGURES: Intake(UPPER_FIELDS, UPPER_ALIASES, _take_upper_figures, times=("at",), pulled=True),
    What.CONTACTS: Intake(CONTACT_FIELDS, CONTACT_ALIASES, _take_contacts),
    What.EQA: Intake(ROUND_FIELDS, ROUND_ALIASES, _take_rounds),
    What.TUBES: Intake(TUBE_FIELDS, TUBE_ALIASES, _take_tubes, read=tube_files.read_events_table),
}
"""Every kind of rows there is. A further one is one line here, and one function that takes it in."""

PULLED = tuple(what for what, intake in INTAKES.items() if intake.pulled)
"""What a source may deliver."""
