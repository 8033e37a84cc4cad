"""Files of figures: hourly reports, and what the upper system says of the same periods."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from data import campaigns
from data.ingest import upper_figures
from data.ingest.file_import import FileResult, Import, Row, without_duplicates
from data.ingest.place_writer import PlaceWriter, Resolved, Resolver, read_path
from data.ingest.reports import read_rows, record
from data.models import CampaignRow
from domain import upper
from domain.errors import Refused
from domain.places import LEVELS, Level
from domain.reports import derived_key


def take_reports(job: Import, rows: list[Row], result: FileResult) -> None:
    """Hourly reports. A site stands by the columns of its levels; where the mapping says so, new places are made."""
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
            result.refuse(row, refusal)
            continue
        fields = {**row.fields, "site": site}
        if not fields.get("key"):
            fields["key"] = derived_key(fields, campaign)
            located.append(Row(row.line, fields, tuple(path), derived=True))
        else:
            located.append(Row(row.line, fields, tuple(path)))
    kept = without_duplicates(located, result, lambda row: row.fields["key"] if row.derived else None)
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
        done.rejected = [*unread, *done.rejected]
        result.add(done, [row.line for row in part])

    job.in_parts(kept, work)


def take_upper_figures(job: Import, rows: list[Row], result: FileResult) -> None:
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
            result.refuse(row, refusal)
            continue
        derived = not fields.get("key")
        if derived:
            fields["key"] = upper.derived_key(fields)
        located.append(Row(row.line, fields, derived=derived))
    kept = without_duplicates(located, result, lambda row: upper.about(row.fields) if row.derived else None, "upper")

    def work(session: Session, campaign_row: CampaignRow, part: Sequence[Row]) -> None:
        tree, now = campaigns.tree_of(session, campaign_row), job.now(campaign_row)
        decimal = job.mapping.decimal
        sent, unchanged = list(enumerate(row.fields for row in part)), 0
        if job.word is not None:
            fields = [row.fields for row in part]
            sent, unchanged = job.word.upper_figures(session, campaign_row, fields, now, decimal)
        done = upper_figures.record(session, campaign_row, tree, [f for _, f in sent], job.sender, now, decimal)
        done.unchanged += unchanged
        if job.word is not None:
            job.word.settle({sent[r.index][0] for r in done.rejected})
        result.add(done, [part[index].line for index, _ in sent])

    job.in_parts(kept, work)
