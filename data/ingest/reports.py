"""Hourly reports into the record: one batch, one transaction, every row judged by itself.

The rules stand in `domain.reports`; which of a site's reports count, in `data.ingest.site_record`. Here they meet
the database: what is on record is read once per batch, and everything that changes is written in bulk.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns, rollups
from data.database import Database
from data.ingest import told
from data.ingest.batch import BatchResult, Sender
from data.models import CampaignRow, CurrentReport, RefusedClaim, Report, ReportAlias
from data.site_record import Contradiction, Held, Outcome, SiteRecord, counted
from data.stored_reports import batched_list, site_records
from domain import permissions
from domain.campaign import Campaign
from domain.clock import Clock
from domain.errors import Code, Refused, Rejection
from domain.places import Level, Place, PlaceTree
from domain.reports import (
    COUNTS,
    DOUBTFUL,
    Channel,
    Claim,
    Judged,
    SiteFacts,
    check_possible,
    read_claim,
)


def ingest_reports(
    database: Database,
    campaign_id: str,
    rows: Sequence[Mapping[str, object]],
    sender: Sender,
    clock: Clock,
) -> BatchResult:
    """Take in rows of the contract's shape; what the answer calls accepted is durable.

    Raises `campaigns.UnknownCampaign`, and `KeyError` when the sender's place is not in the campaign.
    """
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        now = campaigns.now_for(row, clock())
        tree = campaigns.tree_of(session, row)
        claims, refused = read_rows(rows, tree.campaign, now)
        result = record(session, row, tree, claims, sender, now)
        result.rejected = sorted([*refused, *result.rejected], key=lambda r: r.index)
    return result


def read_rows(
    rows: Iterable[Mapping[str, object]], campaign: Campaign, now: datetime, decimal: str | None = None
) -> tuple[list[tuple[int, Claim]], list[Rejection]]:
    """What the rows claim, each with its index, and the refusals of those that cannot be read."""
    claims: list[tuple[int, Claim]] = []
    refused: list[Rejection] = []
    for index, row in enumerate(rows):
        try:
            if not isinstance(row, Mapping):
                raise Refused("row", Code.BAD_VALUE, row, detail="object")
            claims.append((index, read_claim(row, campaign, now, decimal)))
        except Refused as refusal:
            refused.append(refusal.at(index))
    return claims, refused


def record(
    session: Session,
    row: CampaignRow,
    tree: PlaceTree,
    claims: Sequence[tuple[int, Claim]],
    sender: Sender,
    now: datetime,
    told_at: Sequence[datetime] | None = None,
) -> BatchResult:
    """Put claims on record, within the caller's transaction and campaign lock. `told_at` is when each row was told,
    by its index, for a demonstration's hours that are played at once; else all are told now."""
    batch = _Batch(session, row, tree, sender, now)
    return batch.record(claims, told_at)


class _Batch:
    """One batch on its way into the database."""

    def __init__(self, session: Session, row: CampaignRow, tree: PlaceTree, sender: Sender, now: datetime) -> None:
        self.session = session
        self.row = row
        self.tree = tree
        self.sender = sender
        self.scope = sender.place(tree)
        self.now = now
        self.records: dict[int, SiteRecord] = {}
        self.owners: dict[str, tuple[int, int]] = {}
        """Site and report of every key on record that the batch touches."""
        self.correctors: dict[str, tuple[int, int, str]] = {}
        """Site, report and key of what already corrects a key that the batch corrects."""

    def record(self, claims: Sequence[tuple[int, Claim]], told_at: Sequence[datetime] | None) -> BatchResult:
        result = BatchResult(revision=self.row.revision)
        placed: list[tuple[int, Claim, Place]] = []
        for index, claim in claims:
            try:
                placed.append((index, claim, self._site(claim)))
            except Refused as refusal:
                result.rejected.append(refusal.at(index))
        self._load({site.id for _, _, site in placed}, [claim for _, claim, _ in placed])

        next_id = reserve_ids(self.session, Report.__table__, len(placed)) if placed else 0
        added: list[tuple[Held, Place]] = []
        aliases: list[dict[str, object]] = []
        contradictions: list[tuple[Claim, Place, Contradiction]] = []
        for index, claim, site in placed:
            site_record = self.records[site.id]
            known_aliases = len(site_record.aliases)
            try:
                self._check_key(claim, site)
                check_possible(claim, site.lanes, self.tree.pool_size(site))
                outcome = site_record.take(claim, next_id, told_at[index] if told_at else self.now)
            except Refused as refusal:
                if isinstance(refusal, Contradiction):
                    contradictions.append((claim, site, refusal))
                    if refusal.field == "hour":
                        campaign = self.tree.campaign
                        refusal.value = campaign.local(campaign.start_of(claim.first)).isoformat(timespec="minutes")
                result.rejected.append(refusal.at(index))
                continue
            if outcome is Outcome.ACCEPTED:
                added.append((site_record.by_key[claim.key], site))
                self.owners[claim.key] = site.id, next_id
                if claim.correction_of:
                    self.correctors[claim.correction_of] = site.id, next_id, claim.key
                next_id += 1
                result.accepted += 1
            else:
                result.unchanged += 1
                if len(site_record.aliases) > known_aliases:
                    twin = site_record.by_key[site_record.aliases[claim.key]]
                    self.owners[claim.key] = site.id, twin.report_id
                    aliases.append({"campaign_id": self.row.id, "key": claim.key, "report_id": twin.report_id})
        result.rejected.sort(key=lambda r: r.index)
        fresh = self._fresh(contradictions)
        if added or aliases or fresh:
            corrected = told.corrections(self.tree.campaign, added, self.records)
            only = bool(corrected) and len(corrected) == len(added)
            result.revision = campaigns.change(
                self.session,
                self.row,
                actor=self.sender.name,
                action="reports.corrected" if only else "reports",
                details={"accepted": result.accepted, "unchanged": result.unchanged,
                         "rejected": len(result.rejected), **told.about(self.tree.campaign, added),
                         **told.about_corrections(corrected)},
                now=self.now,
            )  # fmt: skip
            self._write(added, aliases, fresh)
        return result

    # -- checks against the places and the keys on record

    def _site(self, claim: Claim) -> Place:
        site = self.tree.by_code.get(claim.site)
        if site is None or site.level is not Level.SITE:
            raise Refused("site", Code.UNKNOWN_SITE, claim.site)
        if not permissions.within(self.scope, site):
            raise Refused("site", Code.OUT_OF_SCOPE, claim.site)
        if claim.channel is Channel.PHONE and self.scope is site:
            # A site does not telephone itself: who enters for another is above it.
            raise Refused("channel", Code.BAD_VALUE, claim.channel, detail="own_site")
        return site

    def _check_key(self, claim: Claim, site: Place) -> None:
        """A key belongs to one site of the campaign, and a correction to its original's site."""
        for field, key in (("key", claim.key), ("correction_of", claim.correction_of)):
            site_id, report_id = self.owners.get(key or "", (site.id, 0))
            if key and site_id != site.id:
                raise Contradiction(report_id, key, field, Code.CONFLICT, key, "other_site")
        corrected = claim.correction_of or ""
        site_id, report_id, corrector = self.correctors.get(corrected, (site.id, 0, ""))
        if site_id != site.id:
            raise Contradiction(report_id, corrector, "correction_of", Code.CONFLICT, corrected, "already_corrected")

    # -- reading what is on record

    def _load(self, site_ids: set[int], claims: Sequence[Claim]) -> None:
        self.records = site_records(self.session, self.tree, site_ids)
        for site_id, site_record in self.records.items():
            for held in site_record.by_key.values():
                self.owners[held.claim.key] = site_id, held.report_id
            for alias, key in site_record.aliases.items():
                self.owners[alias] = site_id, site_record.by_key[key].report_id
        keys = {c.key for c in claims} | {c.correction_of for c in claims if c.correction_of}
        for part in batched_list(sorted({c.correction_of for c in claims if c.correction_of})):
            rivals = sa.select(Report.correction_of, Report.site_id, Report.id, Report.key).where(
                Report.campaign_id == self.row.id, Report.correction_of.in_(part)
            )
            for corrected, site_id, report_id, key in self.session.execute(rivals):
                self.correctors[str(corrected)] = site_id, report_id, key
        unknown = sorted(key for key in keys if key not in self.owners)
        for part in batched_list(unknown):
            alias_query = (
                sa.select(ReportAlias.key, ReportAlias.report_id, Report.site_id)
                .join(Report, (Report.id == ReportAlias.report_id) & (Report.campaign_id == ReportAlias.campaign_id))
                .where(ReportAlias.campaign_id == self.row.id, ReportAlias.key.in_(part))
            )
            for key, report_id, site_id in self.session.execute(alias_query):
                self.owners[key] = site_id, report_id
            elsewhere = sa.select(Report.key, Report.site_id, Report.id).where(
                Report.campaign_id == self.row.id, Report.key.in_(part)
            )
            for key, site_id, report_id in self.session.execute(elsewhere):
                self.owners[key] = site_id, report_id

    def _fresh(self, contradictions: list[tuple[Claim, Place, Contradiction]]) -> list[dict[str, object]]:
        """The contradictions that are not on record yet, each once."""
        rows: dict[tuple[str, str], dict[str, object]] = {}
        for claim, site, refusal in contradictions:
            content = {k: v for k, v in asdict(claim).items() if v not in (None, "")}
            fingerprint = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
            rows[claim.key, fingerprint] = {
                "campaign_id": self.row.id, "site_id": site.id, "report_id": refusal.report_id,
                "key": claim.key, "fingerprint": fingerprint, "code": refusal.code.value, "content": content,
                "actor": self.sender.name, "recorded_at": self.now,
            }  # fmt: skip
        known: set[tuple[str, str]] = set()
        for part in batched_list(sorted({key for key, _ in rows})):
            query = sa.select(RefusedClaim.key, RefusedClaim.fingerprint).where(
                RefusedClaim.campaign_id == self.row.id, RefusedClaim.key.in_(part)
            )
            known.update((key, fingerprint) for key, fingerprint in self.session.execute(query))
        return [row for identity, row in rows.items() if identity not in known]

    # -- writing

    def _write(
        self,
        added: Sequence[tuple[Held, Place]],
        aliases: list[dict[str, object]],
        contradictions: list[dict[str, object]],
    ) -> None:
        if added:
            self.session.execute(
                sa.insert(Report.__table__),  # type: ignore[arg-type]
                [self._report_row(held, site) for held, site in added],
            )
        touched = {site.id: site for _, site in added}
        settle(self.session, self.row.id, self.tree, {i: self.records[i] for i in touched})
        if aliases:
            self.session.execute(sa.insert(ReportAlias.__table__), aliases)  # type: ignore[arg-type]
        if contradictions:
            self.session.execute(sa.insert(RefusedClaim.__table__), contradictions)  # type: ignore[arg-type]

    def _report_row(self, held: Held, site: Place) -> dict[str, Any]:
        claim, campaign = held.claim, self.tree.campaign
        return {
            "id": held.report_id,
            "campaign_id": self.row.id,
            "district_id": district_of(self.tree, site),
            "site_id": site.id,
            "key": claim.key,
            "starts_at": campaign.start_of(claim.first),
            "ends_at": campaign.end_of(claim.last),
            **{name: getattr(claim, name) for name in COUNTS},
            "note": claim.note,
            "correction_of": claim.correction_of,
            "channel": claim.channel.value if claim.channel else None,
            "actor": self.sender.name,
            "recorded_at": held.recorded_at,
            "revision": self.row.revision,
        }


def settle(session: Session, campaign_id: str, tree: PlaceTree, records: Mapping[int, SiteRecord]) -> None:
    """Bring `current_report` and the rollups of the given sites to what their records now say."""
    deltas = rollups.Deltas()
    gone: list[int] = []
    written: list[dict[str, Any]] = []
    for site_id, site_record in records.items():
        site = tree.by_id[site_id]
        open_periods = tree.open_periods(site)
        verdicts = site_record.judged(SiteFacts(open_periods, tree.pool_size(site)), tree.campaign)
        for key, held in site_record.by_key.items():
            verdict = verdicts.get(key)
            # A version that arrived late changes the number and the first time of the one that counts.
            renewed = any(version.is_new for version in site_record.chain(held))
            if held.counted == verdict and held.counted_status is held.status and not renewed:
                continue
            if held.counted is not None:
                deltas.add(site, counted(held, held.counted, held.counted_status), open_periods, sign=-1)
                gone.append(held.report_id)
            if verdict is not None:
                deltas.add(site, counted(held, verdict), open_periods)
                written.append(_current_row(campaign_id, tree, site, site_record, held, verdict))
    table = CurrentReport.__table__
    for part in batched_list(gone):
        replaced = sa.delete(table).where(table.c.campaign_id == campaign_id, table.c.report_id.in_(part))  # type: ignore[arg-type]
        session.execute(replaced)
    if written:
        session.execute(sa.insert(table), written)  # type: ignore[arg-type]
    rollups.apply(session, campaign_id, deltas.changed())


def resettle(session: Session, campaign_id: str, before: PlaceTree, after: PlaceTree) -> None:
    """Count anew the reports of sites whose opening or pool size is another in `after` than in `before`."""
    affected = [
        site.id
        for site in after.each(Level.SITE)
        if site.id in before.by_id
        and (
            before.open_periods(before.by_id[site.id]) != after.open_periods(site)
            or before.pool_size(before.by_id[site.id]) != after.pool_size(site)
        )
    ]
    records = site_records(session, after, affected)
    deltas = rollups.Deltas()
    for site_id, site_record in records.items():
        open_periods = before.open_periods(before.by_id[site_id])
        for held in site_record.by_key.values():
            if held.counted is not None:
                deltas.add(after.by_id[site_id], counted(held, held.counted), open_periods, sign=-1)
                held.counted = None
                held.is_new = True
    table = CurrentReport.__table__
    for part in batched_list(affected):
        gone = sa.delete(table).where(table.c.campaign_id == campaign_id, table.c.site_id.in_(part))  # type: ignore[arg-type]
        session.execute(gone)
    rollups.apply(session, campaign_id, deltas.changed())
    settle(session, campaign_id, after, {i: r for i, r in records.items() if r.by_key})


def _current_row(
    campaign_id: str, tree: PlaceTree, site: Place, site_record: SiteRecord, held: Held, verdict: Judged
) -> dict[str, Any]:
    return {
        "report_id": held.report_id,
        "campaign_id": campaign_id,
        "district_id": district_of(tree, site),
        "site_id": site.id,
        "first_period": held.claim.first,
        "last_period": held.claim.last,
        "version": site_record.version(held),
        "first_recorded_at": site_record.first_recorded_at(held),
        "status": held.status.value,
        "persons": verdict.persons,
        "tubes": verdict.tubes,
        "flags": int(verdict.flags),
        "doubtful": bool(verdict.flags & DOUBTFUL),
    }


def district_of(tree: PlaceTree, place: Place) -> int | None:
    """The id of the district `place` lies in: the key the record is distributed by."""
    return next((i for i in place.ancestors if tree.by_id[i].level is Level.DISTRICT), None)


def reserve_ids(session: Session, table: sa.Table | sa.FromClause, count: int) -> int:
    """The first of `count` ids of `table` that nobody else will use.

    SQLite has one writer at a time, so the next ones are free; PostgreSQL hands them out of the sequence.
    """
    assert isinstance(table, sa.Table)
    if session.get_bind().dialect.name == "sqlite":
        return (session.scalar(sa.select(sa.func.max(table.c.id))) or 0) + 1
    sequence = f"{table.name}_id_seq"
    # One jump instead of `count` calls; the lock makes read and jump one step.
    session.execute(sa.text("SELECT pg_advisory_xact_lock(440608)"))
    last = session.scalar(
        sa.text("SELECT setval(CAST(:name AS regclass), nextval(CAST(:name AS regclass)) + :more)"),
        {"name": sequence, "more": count - 1},
    )
    return int(last or 0) - count + 1
