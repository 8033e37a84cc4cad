"""The registry of laboratories written: a change is a new version of one record, nothing is overwritten.

Level, publication, licence, filing, rounds, controls, forms and black list live in `lab_record` alone. Capacity, host
place and the towns bound have tables of their own, which the rest of the product reads; their history is kept here.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from data import campaigns
from data.database import Database
from data.ingest.batch import BatchResult, Sender
from data.ingest.reports import district_of
from data.models import CampaignRow, LabBinding, LabRecord, LabRow
from data.stored_reports import batched_list
from domain import permissions
from domain.campaign import Campaign
from domain.clock import Clock
from domain.errors import Code, Refused
from domain.places import Level, Place, PlaceTree
from domain.registry import Subject
from domain.registry_claims import MAX_LAB, Change, entry_of, read_change, read_content
from domain.values import read_text, read_time

MAX_NAME = 100

DAYS = {Subject.LICENCE: "valid_until", Subject.FILING: "valid_until", Subject.ASSESSMENT: "on",
        Subject.BLACK_LIST: "since"}  # fmt: skip
"""The field that holds the day by which a record comes to somebody's notice."""

HERE = (Subject.STANDING, Subject.BINDING)
"""What belongs to a campaign's places and is not taken over from another campaign."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: as the audit names it and how far it reaches, and how pages name the person."""

    sender: Sender
    shown: str = ""


def change_labs(
    database: Database, campaign_id: str, rows: Sequence[object], writer: Writer, clock: Clock
) -> BatchResult:
    """Put changes on record. Raises `campaigns.UnknownCampaign`."""
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        return record(session, row, rows, writer, campaigns.now_for(row, clock()))


def record(session: Session, row: CampaignRow, rows: Sequence[object], writer: Writer, now: datetime) -> BatchResult:
    """The same within the caller's transaction and campaign lock."""
    campaign = campaigns.campaign_of(row)
    changes: list[tuple[int, Change]] = []
    result = BatchResult(revision=row.revision)
    for index, sent in enumerate(rows):
        try:
            changes.append((index, read_change(sent, campaign, now)))
        except Refused as refusal:
            result.rejected.append(refusal.at(index))
    return record_changes(session, row, changes, writer, now, result)


def read_rounds(
    rows: Sequence[Mapping[str, object]], campaign: Campaign, now: datetime, decimal: str, result: BatchResult
) -> list[tuple[int, Change]]:
    """Rounds of assessment as lines of a file state them; lines refused go into `result`."""
    changes = []
    for index, fields in enumerate(rows):
        try:
            lab = read_text("lab", fields.get("lab"), MAX_LAB)
            if not lab:
                raise Refused("lab", Code.MISSING_FIELD)
            content = read_content(Subject.ASSESSMENT, fields, campaign, now, decimal)
        except Refused as refusal:
            result.rejected.append(refusal.at(index))
            continue
        entry = entry_of(Subject.ASSESSMENT, content)
        changes.append((index, Change(own_key(), lab, Subject.ASSESSMENT, entry, content)))
    return changes


def record_changes(
    session: Session,
    row: CampaignRow,
    changes: Sequence[tuple[int, Change]],
    writer: Writer,
    now: datetime,
    result: BatchResult,
) -> BatchResult:
    """Changes that were read already, each with the index of its row."""
    book = Book(session, row, writer, now, [change.key for _, change in changes])
    subjects: set[Subject] = set()
    for index, change in changes:
        try:
            if book.take(change):
                result.accepted += 1
                subjects.add(change.subject)
            else:
                result.unchanged += 1
        except Refused as refusal:
            result.rejected.append(refusal.at(index))
    if result.accepted:
        named = {change.lab for _, change in changes}
        details: dict[str, object] = {"accepted": result.accepted, "records": sorted(subjects)}
        if len(named) == 1:
            details["place"] = next(iter(named))
        result.revision = campaigns.change(
            session, row, actor=writer.sender.name, action="labs.registry", details=details, now=now,
            structure=bool(subjects & set(HERE)),
        )  # fmt: skip
        book.seal(result.revision)
    result.rejected.sort(key=lambda rejection: rejection.index)
    return result


class Book:
    """The registry of one campaign, open for one transaction that holds the campaign's lock."""

    def __init__(
        self, session: Session, row: CampaignRow, writer: Writer, now: datetime, keys: Sequence[str] = ()
    ) -> None:
        self._session = session
        self._row = row
        self._writer = writer
        self._now = now
        self._tree: PlaceTree = campaigns.tree_of(session, row)
        self._labs = {lab.code: lab for lab in session.scalars(sa.select(LabRow).where(LabRow.campaign_id == row.id))}
        r = LabRecord
        query = sa.select(r).where(r.campaign_id == row.id, r.current)
        self._current = {(record.lab_id, record.subject, record.entry): record for record in session.scalars(query)}
        self._sent: dict[str, LabRecord] = {}
        for part in batched_list(sorted(set(keys))):
            query = sa.select(r).where(r.campaign_id == row.id, r.key.in_(part))
            self._sent.update((record.key, record) for record in session.scalars(query))
        self._added: list[LabRecord] = []

    def take(self, change: Change) -> bool:
        """Put one change on record; whether anything is new. Raises `Refused`."""
        lab = self._lab(change)
        known = self._sent.get(change.key)
        if known is not None:
            said = (known.lab_id, known.subject, known.withdrawn)
            if said == (lab.id, change.subject.value, change.withdraw) and _says(known, change):
                return False
            raise Refused("key", Code.CONFLICT, change.key, detail="lab_key")
        if change.subject is Subject.BINDING:
            return self._bind(lab, change)
        current = self._current.get((lab.id, change.subject.value, change.entry))
        if current is None and (change.withdraw or change.named):
            raise Refused("entry", Code.BAD_VALUE, change.entry, detail="lab_entry")
        if current is not None and change.seen not in (None, current.id):
            at = f"{self._tree.campaign.local(current.recorded_at):%H:%M}"
            raise Refused("seen", Code.CONFLICT, change.seen, detail="lab_moved", by=current.by_name, at=at)
        content = self._content(lab, change, current)
        if current is not None and change.withdraw == current.withdrawn and dict(current.content) == content:
            return False
        if change.subject is Subject.STANDING:
            home = self._tree.by_code.get(content["home"])
            lab.capacity_per_day, lab.home_id = content["capacity_per_day"], home.id if home else None
        self._sent[change.key] = self._write(lab, change, content)
        return True

    def stand(self, lab: LabRow, level: int | None, listed: bool | None) -> bool:
        """Keep what a list of laboratories says of one beside what `lab` itself holds; None is not said. A
        laboratory that is new here brings what an earlier campaign knew of it."""
        self._labs[lab.code] = lab
        current = self._current.get((lab.id, Subject.STANDING.value, ""))
        if current is None:
            self._take_over(lab)
        standing: Mapping[str, Any] = current.content if current else {}
        content = {
            "level": level if level is not None else standing.get("level"),
            "listed": listed if listed is not None else standing.get("listed"),
            **self._held(lab),
        }
        if current is not None and dict(current.content) == content:
            return False
        self._write(lab, Change(own_key(), lab.code, Subject.STANDING, "", content), content)
        return True

    def hold(self, lab: LabRow, subject: Subject, content: Mapping[str, Any]) -> bool:
        """Keep a record that a file states; whether it differs from the one in force."""
        entry = entry_of(subject, content)
        current = self._current.get((lab.id, subject.value, entry))
        if current is not None and not current.withdrawn and dict(current.content) == dict(content):
            return False
        self._write(lab, Change(own_key(), lab.code, subject, entry, content), content)
        return True

    def bind(self, lab: LabRow, place_id: int, first: datetime) -> bool:
        """Bind a town from now on, from `first` on where it was bound to nobody; whether that is new."""
        known = sa.select(LabBinding.id).filter_by(campaign_id=self._row.id, place_id=place_id).limit(1)
        since = first if self._session.scalar(known) is None else self._now
        if not bind(self._session, self._row, place_id, lab.id, since):
            return False
        content = {"town": self._tree.by_id[place_id].code, "valid_from": since.isoformat()}
        entry = entry_of(Subject.BINDING, content)
        self._write(lab, Change(own_key(), lab.code, Subject.BINDING, entry, content), content)
        return True

    def seal(self, revision: int) -> None:
        """Say in which revision the versions came."""
        for added in self._added:
            added.revision = revision
        self._session.flush()

    # -- inside

    def _lab(self, change: Change) -> LabRow:
        lab = self._labs.get(change.lab)
        if lab is None:
            raise Refused("lab", Code.UNKNOWN_LAB, change.lab)
        scope = self._writer.sender.place(self._tree)
        if scope is None or scope in self._tree.roots:
            return lab
        home = self._tree.by_id.get(lab.home_id) if lab.home_id is not None else None
        if home is None or not permissions.within(scope, home):
            raise Refused("lab", Code.OUT_OF_SCOPE, change.lab, detail="lab")
        return lab

    def _content(self, lab: LabRow, change: Change, current: LabRecord | None) -> dict[str, Any]:
        """The whole content of the new version, its place checked."""
        before = dict(current.content) if current is not None else {}
        if change.withdraw:
            return before
        if change.subject is not Subject.STANDING:
            return dict(change.content)
        if change.content.get("home"):
            self._place("home", change.content["home"])
        return {"level": None, "listed": None, **before, **self._held(lab), **change.content}

    def _held(self, lab: LabRow) -> dict[str, Any]:
        """What the rest of the product reads of a laboratory's standing."""
        home = self._tree.by_id.get(lab.home_id) if lab.home_id is not None else None
        return {"capacity_per_day": lab.capacity_per_day, "home": home.code if home else ""}

    def _bind(self, lab: LabRow, change: Change) -> bool:
        """Bind a town from a moment to come, from now on where none is said."""
        town, stated = self._place("town", change.content["town"]), change.content["valid_from"]
        since = read_time("valid_from", stated) if stated else self._now
        if since < self._now:
            raise Refused("valid_from", Code.BAD_TIME, stated, detail="lab_past")
        if town.level is not Level.TOWN:
            raise Refused("town", Code.UNKNOWN_PLACE, town.code)
        if not bind(self._session, self._row, town.id, lab.id, since):
            return False
        content = {"town": town.code, "valid_from": since.isoformat()}
        self._sent[change.key] = self._write(lab, change, content)
        return True

    def _place(self, field: str, code: str) -> Place:
        place = self._tree.by_code.get(code)
        if place is None or place.level is Level.SITE:
            raise Refused(field, Code.UNKNOWN_PLACE, code)
        if not permissions.within(self._writer.sender.place(self._tree), place):
            raise Refused(field, Code.OUT_OF_SCOPE, code)
        return place

    def _take_over(self, lab: LabRow) -> None:
        """What the latest other campaign keeps of the laboratory of the same code and name. Bindings and standing
        belong to a campaign's places and are not taken over."""
        if self._row.demo:
            return
        r, other = LabRecord, aliased(CampaignRow)
        latest = (
            sa.select(LabRow.id, other.id)
            .join(other, other.id == LabRow.campaign_id)
            .where(LabRow.code == lab.code, LabRow.name == lab.name, other.id != self._row.id, ~other.demo)
            .where(sa.exists().where(r.lab_id == LabRow.id))
            .order_by(other.starts_at.desc(), other.id)
            .limit(1)
        )
        found = self._session.execute(latest).one_or_none()
        if found is None:
            return
        lab_id, campaign_id = found
        kept = sa.select(r).where(r.lab_id == lab_id, r.current, ~r.withdrawn).order_by(r.id)
        for known in self._session.scalars(kept):
            if known.subject not in tuple(HERE):
                change = Change(own_key(), lab.code, Subject(known.subject), known.entry, known.content,
                                note=known.note)  # fmt: skip
                self._write(lab, change, known.content, campaign_id)

    def _write(self, lab: LabRow, change: Change, content: Mapping[str, Any], copied_from: str = "") -> LabRecord:
        where = (lab.id, change.subject.value, change.entry)
        before = self._current.get(where)
        if before is not None:
            before.current = False
        home = self._tree.by_id.get(lab.home_id) if lab.home_id is not None else None
        added = LabRecord(
            campaign_id=self._row.id, district_id=district_of(self._tree, home) if home else None, lab_id=lab.id,
            key=change.key, subject=change.subject.value, entry=change.entry, content=dict(content),
            day=None if change.withdraw else day_of(change.subject, content), withdrawn=change.withdraw,
            note=change.note, copied_from=copied_from, by_name=self._writer.shown[:MAX_NAME],
            actor=self._writer.sender.name, recorded_at=self._now, revision=self._row.revision + 1, current=True,
        )  # fmt: skip
        self._session.add(added)
        self._current[where] = added
        self._added.append(added)
        return added


def day_of(subject: Subject, content: Mapping[str, Any]) -> date | None:
    """The day by which a record comes to somebody's notice (`LabRecord.day`)."""
    if subject not in DAYS:
        return None
    if subject is Subject.ASSESSMENT and not content["took_part"]:
        return None
    if subject is Subject.BLACK_LIST and content["lifted_on"]:
        return None
    written = content[DAYS[subject]]
    return date.fromisoformat(written) if written else None


def own_key() -> str:
    """A key for a version nobody has sent with one."""
    return f"own:{secrets.token_hex(12)}"


def _says(known: LabRecord, change: Change) -> bool:
    """Whether a version says what the change says; what the change leaves open is left out."""
    if change.withdraw:
        return known.entry == change.entry
    stated = {name: value for name, value in change.content.items() if name != "valid_from" or value}
    return all(known.content.get(name) == value for name, value in stated.items())


def bind(session: Session, row: CampaignRow, place_id: int, lab_id: int, since: datetime) -> bool:
    """Bind a town to a laboratory from `since` on, until the next binding that is on record already; whether it was
    not bound so before."""
    m = LabBinding
    query = sa.select(m).where(m.campaign_id == row.id, m.place_id == place_id).order_by(m.valid_from, m.id)
    bindings = list(session.scalars(query))
    standing = next(
        (b for b in reversed(bindings) if b.valid_from <= since and (b.valid_to is None or b.valid_to > since)), None
    )
    if standing is not None and standing.lab_id == lab_id:
        return False
    if standing is not None:
        until, standing.valid_to = standing.valid_to, since
    else:
        until = min((b.valid_from for b in bindings if b.valid_from > since), default=None)
    session.add(LabBinding(campaign_id=row.id, place_id=place_id, lab_id=lab_id, valid_from=since, valid_to=until))
    session.flush()
    return True


def forget(session: Session, row: CampaignRow) -> None:
    """Forget the registry of a demonstration and its bindings: its day begins anew."""
    for table in (LabRecord, LabBinding):
        session.execute(sa.delete(table).where(table.campaign_id == row.id))
