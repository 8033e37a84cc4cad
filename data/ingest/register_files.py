"""Files of what stands in registers: places, laboratories, their rounds of quality assessment, people on duty."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from data import campaigns
from data.ingest import contacts, labs, places, registry
from data.ingest.batch import BatchResult
from data.ingest.file_import import FileResult, Import, Row, without_duplicates
from data.ingest.place_writer import Resolver
from data.models import CampaignRow
from domain.errors import Refused


def take_places(job: Import, rows: list[Row], result: FileResult) -> None:
    """Places with their path; of those that stand twice in the file none is taken."""
    specs: list[tuple[Row, places.PlaceSpec]] = []
    for row in rows:
        try:
            specs.append((row, places.read_place(row.fields, job.mapping.decimal)))
        except Refused as refusal:
            result.refuse(row, refusal)
    by_line = {row.line: spec for row, spec in specs}
    kept = without_duplicates(
        [row for row, _ in specs], result, lambda row: tuple(step[:2] for step in by_line[row.line].path), "place"
    )

    def work(session: Session, campaign_row: CampaignRow, part: Sequence[Row]) -> None:
        done = places.record(
            session, campaign_row, [by_line[row.line] for row in part], job.sender, job.now(campaign_row)
        )
        result.add(done, [row.line for row in part])

    job.in_parts(kept, work)


def take_labs(job: Import, rows: list[Row], result: FileResult) -> None:
    """Laboratories, each once."""
    kept = without_duplicates(rows, result, lambda row: row.fields.get("lab"), "place")

    def work(session: Session, campaign_row: CampaignRow, part: Sequence[Row]) -> None:
        done = labs.record(
            session,
            campaign_row,
            [row.fields for row in part],
            job.mapping.decimal,
            job.sender,
            job.now(campaign_row),
        )
        result.add(done, [row.line for row in part])

    job.in_parts(kept, work)


def take_rounds(job: Import, rows: list[Row], result: FileResult) -> None:
    """Rounds of external quality assessment; one that is on record already gets a new version where it differs."""
    writer = registry.Writer(job.sender)

    def work(session: Session, campaign_row: CampaignRow, part: Sequence[Row]) -> None:
        now, done = job.now(campaign_row), BatchResult(revision=campaign_row.revision)
        changes = registry.read_rounds(
            [row.fields for row in part], campaigns.campaign_of(campaign_row), now, job.mapping.decimal, done
        )
        registry.record_changes(session, campaign_row, changes, writer, now, done)
        result.add(done, [row.line for row in part])

    job.in_parts(rows, work)


def take_contacts(job: Import, rows: list[Row], result: FileResult) -> None:
    """People on duty at places that are there already."""
    with job.database.read() as session:
        tree = campaigns.tree_of(session, campaigns.find(session, job.campaign_id))
    resolver = Resolver(tree, create=False)
    by_line: dict[int, contacts.ContactSpec] = {}
    for row in rows:
        try:
            by_line[row.line] = contacts.read_contact(row.fields, tree, resolver)
        except Refused as refusal:
            result.refuse(row, refusal)
    kept = without_duplicates([row for row in rows if row.line in by_line], result, lambda row: by_line[row.line],
                               "contact")  # fmt: skip
    posts = contacts.Posts()
    for row in kept:
        posts.add(by_line[row.line])

    def work(session: Session, campaign_row: CampaignRow, part: Sequence[Row]) -> None:
        specs = [by_line[row.line] for row in part]
        done = contacts.record(session, campaign_row, tree, specs, posts, job.sender, job.now(campaign_row))
        result.add(done, [row.line for row in part])

    job.in_parts(kept, work)
