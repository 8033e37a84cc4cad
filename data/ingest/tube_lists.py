"""Lists that a site or a laboratory keeps: barcodes with their times, all of them the same kind of event at the same
place. They come as files of tube events do, with what all rows share stated by whoever uploads them."""

from collections.abc import Mapping
from enum import StrEnum

from data.database import Database
from data.ingest.batch import Sender
from data.ingest.file_import import FileResult
from data.ingest.files import What, import_table
from data.ingest.mapping import FileMapping
from data.ingest.tube_files import read_events_table
from data.ingest.tubes import Writer
from domain.clock import Clock


class ListKind(StrEnum):
    """Which list it is."""

    THIRD_COPIES = "third_copies"
    """A site's third copies (第三联)."""
    RECEIPTS = "receipts"
    """What a laboratory has received."""


EVENT: Mapping[ListKind, str] = {ListKind.THIRD_COPIES: "third_copy", ListKind.RECEIPTS: "received"}
WHERE: Mapping[ListKind, str] = {ListKind.THIRD_COPIES: "site", ListKind.RECEIPTS: "lab"}
"""The field of an event that names whose list it is."""


def take_list(
    database: Database,
    campaign_id: str,
    kind: ListKind,
    data: bytes,
    name: str,
    writer: Writer,
    clock: Clock,
    *,
    place: str,
    timezone: str | None,
    dry_run: bool,
) -> FileResult:
    """Take in the list of the site or laboratory of code `place`. `timezone` is whose clocks times without an offset
    mean; without it they are refused. Raises as `import_file`."""
    stated = FileMapping(constants={"type": EVENT[kind], WHERE[kind]: place}, timezone=timezone)
    table = read_events_table(data, name)
    sender = Sender(writer.name, writer.place or None)
    return import_table(
        database, campaign_id, What.TUBES, table, stated, sender, clock, dry_run=dry_run, name=name, writer=writer
    )
