"""Who asks, and for which place: every request of the contract passes through here before it reads or writes."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import request
from sqlalchemy.orm import Session

from api.problems import Problem
from data import campaigns, tokens
from data.models import CampaignRow, LabRow
from data.queries.moment import Moment
from data.tokens import Bearer
from domain import permissions
from domain.clock import Clock
from domain.permissions import Action, Role
from domain.places import Place, PlaceTree


@dataclass(frozen=True, slots=True)
class Entry:
    """One caller inside one campaign: the campaign's row, its places, the caller's own place, the time there."""

    bearer: Bearer
    row: CampaignRow
    tree: PlaceTree
    home: Place | None
    """None for a laboratory, which has no place in the tree."""
    now: datetime

    def scope(self, code: str | None) -> Place:
        """The place asked about: the caller's own, or one below it. Raises `Problem` 403 and 404."""
        if code is None:
            if self.home is None:
                raise Problem(403, "forbidden", "forbidden_place", place=self.bearer.place)
            return self.home
        place = self.tree.by_code.get(code)
        if place is None:
            raise Problem(404, "not_found", "unknown_place", place=code)
        if self.home is None or not permissions.within(self.home, place):
            raise Problem(403, "forbidden", "forbidden_place", place=code)
        return place

    def moment(self, place: Place) -> Moment:
        return Moment(self.tree, place, self.row.revision, self.now)


def bearer(session: Session) -> Bearer:
    """Whom the request's token speaks for. Raises `Problem` 401."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    found = tokens.find(session, secret.strip()) if scheme.lower() == "bearer" and secret.strip() else None
    if found is None:
        raise Problem(401, "unauthorized", "unauthorized_detail", headers={"WWW-Authenticate": "Bearer"})
    return found


def knows(session: Session, row: CampaignRow, caller: Bearer) -> bool:
    """Whether the campaign has the caller's place, or for a laboratory whether it is one of its laboratories."""
    if caller.role is not Role.LAB:
        return caller.place in campaigns.tree_of(session, row).by_code
    known = sa.select(LabRow.id).where(LabRow.campaign_id == row.id, LabRow.code == caller.place)
    return session.scalar(known) is not None


def enter(session: Session, campaign_id: str, action: Action, clock: Clock) -> Entry:
    """Let the caller into a campaign for `action`. Raises `Problem` 401, 403 and 404."""
    caller = bearer(session)
    try:
        row = campaigns.find(session, campaign_id)
    except campaigns.UnknownCampaign:
        raise Problem(404, "not_found", "unknown_campaign", campaign=campaign_id) from None
    if caller.campaign_id not in (None, campaign_id):
        raise Problem(403, "forbidden", "forbidden_campaign", campaign=campaign_id)
    if not permissions.may(caller.role, action):
        raise Problem(403, "forbidden", "forbidden_role", role=caller.role)
    if not knows(session, row, caller):
        raise Problem(403, "forbidden", "forbidden_campaign", campaign=campaign_id)
    tree = campaigns.tree_of(session, row)
    home = tree.by_code.get(caller.place) if caller.role is not Role.LAB else None
    return Entry(caller, row, tree, home, campaigns.now_for(row, clock()))
