"""A file of hourly reports, places, laboratories or upper figures into the record: read, mapped, taken in parts.

The command line and the upload page both come through `import_file`, so they refuse the same rows with the same
words. A dry run does everything and keeps nothing.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from data.database import Database
from data.ingest import tube_files, tubes
from data.ingest.batch import Sender
from data.ingest.figure_files import take_reports, take_upper_figures
from data.ingest.file_import import DryRun, FileResult, Import, Progress, Row
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
from data.ingest.pulled import Word
from data.ingest.register_files import take_contacts, take_labs, take_places, take_rounds
from data.ingest.tables import Table, read_table
from domain.clock import Clock
from domain.errors import Code, Rejection
from telemetry import counts


class What(StrEnum):
    """What a file holds."""

    REPORTS = "reports"
    PLACES = "places"
    LABS = "labs"
    UPPER_FIGURES = "upper-figures"
    CONTACTS = "contacts"
    EQA = "eqa"
    TUBES = "tubes"


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
    with suppress(DryRun):
        job = Import(database, campaign_id, sender, clock, mapping, dry_run, progress, word, name, writer)
        intake.take(job, rows, result)
    result.refused.sort(key=lambda pair: pair[0])
    result.batch.rejected = [rejection for _, rejection in result.refused]
    if not dry_run:
        counts.rows(f"file/{what}", result.batch.accepted, result.batch.unchanged, len(result.refused))
    return result


Take = Callable[[Import, list[Row], FileResult], None]


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
    What.REPORTS: Intake(REPORT_FIELDS, REPORT_ALIASES, take_reports, times=("hour",), pulled=True),
    What.PLACES: Intake(PLACE_FIELDS, PLACE_ALIASES, take_places),
    What.LABS: Intake(LAB_FIELDS, LAB_ALIASES, take_labs),
    What.UPPER_FIGURES: Intake(UPPER_FIELDS, UPPER_ALIASES, take_upper_figures, times=("at",), pulled=True),
    What.CONTACTS: Intake(CONTACT_FIELDS, CONTACT_ALIASES, take_contacts),
    What.EQA: Intake(ROUND_FIELDS, ROUND_ALIASES, take_rounds),
    What.TUBES: Intake(TUBE_FIELDS, TUBE_ALIASES, tube_files.take_tubes, read=tube_files.read_events_table),
}
"""Every kind of rows there is. A further one is one line here, and one function that takes it in."""

PULLED = tuple(what for what, intake in INTAKES.items() if intake.pulled)
"""What a source may deliver."""
