"""Sign-offs: a site's word and a laboratory's on the count of its tubes. Facts are only added."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.database import Database
from data.ingest.reports import district_of
from data.ingest.tube_findings import Actor
from data.models import CampaignRow, SiteSignOff
from data.queries.handover import closed, sign_offs
from data.queries.moment import Moment
from domain import permissions
from domain.clock import Clock
from domain.errors import Code, Refused
from domain.finding_claims import SignClaim
from domain.handover import Side, SignOff
from domain.permissions import Role
from domain.places import Level, PlaceTree

SIGNS = {
    Side.SITE: (Role.SITE, Role.TOWN, Role.DISTRICT),
    Side.LAB: (Role.LAB, Role.DISTRICT),
}
"""Who may speak for each side: the site or whoever stands above it; the laboratory, or the district it works for."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What became of it: the sign-off as it stands, and whether the same was on record already."""

    sign_off: SignOff
    unchanged: bool
    revision: int


def sign(database: Database, campaign_id: str, claim: SignClaim, role: Role, actor: Actor, clock: Clock) -> Signed:
    """Put one side's word on record. Raises `Refused` and `campaigns.UnknownCampaign`."""
    with database.write() as session:
        row = campaigns.lock(session, campaign_id)
        tree = campaigns.tree_of(session, row)
        return record_sign(session, row, tree, claim, role, actor, campaigns.now_for(row, clock()))


def record_sign(
    session: Session,
    row: CampaignRow,
    tree: PlaceTree,
    claim: SignClaim,
    role: Role,
    actor: Actor,
    now: datetime,
) -> Signed:
    """The same within the caller's transaction and campaign lock."""
    site = tree.by_code.get(claim.site)
    if site is None or site.level is not Level.SITE:
        raise Refused("site", Code.UNKNOWN_PLACE, claim.site)
    moment = Moment(tree, site, row.revision, now)
    before = next(iter(sign_offs(session, moment, [site])), None)
    lab = before.lab.code if before is not None and before.lab is not None else ""
    reaches = actor.lab == lab if actor.lab else permissions.within(actor.sender.place(tree), site)
    if not reaches or role not in SIGNS[claim.side]:
        raise Refused("side" if reaches else "site", Code.OUT_OF_SCOPE, claim.side, detail="sign_off")
    known = session.scalar(sa.select(SiteSignOff).filter_by(campaign_id=row.id, key=claim.key))
    if known is not None:
        said = (known.site_id, known.side, known.site_count, known.lab_count, known.name, known.role, known.note)
        if before is not None and said == (
            site.id, claim.side, claim.site_count, claim.lab_count, claim.name, claim.role, claim.note,
        ):  # fmt: skip
            return Signed(before, True, row.revision)
        raise Refused("key", Code.CONFLICT, claim.key, detail="sign_off_key")
    if before is None:
        raise Refused("site", Code.CONFLICT, claim.site, detail="no_tubes")
    if not closed(moment, site):
        raise Refused("site", Code.TOO_SOON, claim.site, detail="sign_off")
    if (claim.site_count, claim.lab_count) != (before.site_count, before.lab_count):
        raise Refused(
            "site_count", Code.CONFLICT, claim.site_count, detail="count_moved", site_count=before.site_count,
            lab_count=before.lab_count,
        )  # fmt: skip
    if before.difference and not claim.note:
        raise Refused("note", Code.MISSING_FIELD, detail="sign_off")
    details = {
        "site": site.code, "side": claim.side.value, "site_count": claim.site_count, "lab_count": claim.lab_count,
        **({"note": claim.note} if claim.note else {}),
    }  # fmt: skip
    revision = campaigns.change(
        session, row, actor=actor.sender.name, action="sign_off.signed", details=details, now=now
    )
    session.add(
        SiteSignOff(
            campaign_id=row.id, district_id=district_of(tree, site), key=claim.key, site_id=site.id,
            side=claim.side.value, site_count=claim.site_count, lab_count=claim.lab_count, name=claim.name,
            role=claim.role, note=claim.note, actor=actor.sender.name, recorded_at=now, revision=revision,
        )
    )  # fmt: skip
    session.flush()
    return Signed(sign_offs(session, moment, [site])[0], False, revision)
