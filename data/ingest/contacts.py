"""Lists of who is on duty where, into the record. A list names everybody at the posts it names: whoever stood there
before and is not on it is withdrawn."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.ingest.batch import BatchResult, Sender
from data.ingest.place_writer import MAX_CODE, Resolver, levels_in, read_path
from data.ingest.reports import district_of
from data.models import CampaignRow, ContactRow
from domain import permissions
from domain.contacts import MAX_NAME, Contact, read_phone, read_post
from domain.errors import Code, Refused
from domain.places import LEVELS, Place, PlaceTree
from domain.values import read_text


@dataclass(frozen=True, slots=True)
class ContactSpec:
    """One row of a list: who, at which place."""

    place: str
    contact: Contact


@dataclass(slots=True)
class Posts:
    """Everybody a list names, by place and post."""

    named: dict[tuple[str, str], set[Contact]] = field(default_factory=lambda: defaultdict(set))

    def add(self, spec: ContactSpec) -> None:
        self.named[spec.place, spec.contact.post].add(spec.contact)


def read_contact(row: Mapping[str, object], tree: PlaceTree, resolver: Resolver) -> ContactSpec:
    """What a row of a list says. The place is named by code or name: in a column of its own, or by the lowest of
    the columns district, town, site that has something. Raises `Refused`."""
    contact = Contact(
        name=read_text("name", row.get("name"), MAX_NAME),
        phone=read_phone(row.get("phone")),
        post=read_post(row.get("post")),
    )
    for name, value in (("name", contact.name), ("phone", contact.phone)):
        if not value:
            raise Refused(name, Code.MISSING_FIELD)
    stated = read_text("place", row.get("place"), MAX_CODE)
    if stated:
        return ContactSpec(place_called(stated, tree, resolver).code, contact)
    levels = levels_in(row)
    if not levels:
        raise Refused("place", Code.MISSING_FIELD)
    # A list may say the district of a site and not its town: then the site's own name has to be enough.
    lowest = LEVELS.index(levels[-1])
    above = [LEVELS[lowest - 1]] if lowest and LEVELS[lowest - 1] in levels else []
    return ContactSpec(resolver.resolve(read_path(row, [*above, levels[-1]])).code, contact)


def place_called(stated: str, tree: PlaceTree, resolver: Resolver) -> Place:
    """The place of that code, or the only one of that name, of whatever level."""
    if stated in tree.by_code:
        return tree.by_code[stated]
    found: Place | None = None
    for level in LEVELS:
        try:
            place = tree.by_code[resolver.resolve([(level, stated, "", "")]).code]
        except Refused as refusal:
            if refusal.code is Code.AMBIGUOUS_PLACE:
                raise Refused("place", Code.AMBIGUOUS_PLACE, stated) from None
            continue
        if found is not None:
            raise Refused("place", Code.AMBIGUOUS_PLACE, stated)
        found = place
    if found is None:
        raise Refused("place", Code.UNKNOWN_PLACE, stated)
    return found


def record(
    session: Session,
    row: CampaignRow,
    tree: PlaceTree,
    specs: Sequence[ContactSpec],
    posts: Posts,
    sender: Sender,
    now: datetime,
) -> BatchResult:
    """Put people on record, within the caller's transaction and campaign lock; `posts` is the whole list that
    `specs` are a part of."""
    result = BatchResult(revision=row.revision)
    scope = sender.place(tree)
    standing: dict[tuple[int, str], list[ContactRow]] = defaultdict(list)
    query = sa.select(ContactRow).where(ContactRow.campaign_id == row.id, ContactRow.withdrawn_at.is_(None))
    for known in session.scalars(query):
        standing[known.place_id, known.post].append(known)
    withdrawn = 0
    for index, spec in enumerate(specs):
        place = tree.by_code[spec.place]
        if not permissions.within(scope, place):
            result.rejected.append(Refused("place", Code.OUT_OF_SCOPE, spec.place).at(index))
            continue
        there = standing[place.id, spec.contact.post]
        named = posts.named[spec.place, spec.contact.post]
        for gone in [known for known in there if _contact(known) not in named]:
            gone.withdrawn_at = now
            there.remove(gone)
            withdrawn += 1
        if any(_contact(known) == spec.contact for known in there):
            result.unchanged += 1
            continue
        made = ContactRow(
            campaign_id=row.id, district_id=district_of(tree, place), place_id=place.id, name=spec.contact.name,
            phone=spec.contact.phone, post=spec.contact.post, actor=sender.name, recorded_at=now,
        )  # fmt: skip
        session.add(made)
        there.append(made)
        result.accepted += 1
    if result.accepted or withdrawn:
        details = {"contacts": result.accepted, "withdrawn": withdrawn}
        result.revision = campaigns.change(
            session, row, actor=sender.name, action="contacts", details=details, now=now
        )
    return result


def _contact(row: ContactRow) -> Contact:
    return Contact(row.name, row.phone, row.post)
