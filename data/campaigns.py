"""Campaigns and their trees of places: made, found, locked for a write."""

import secrets
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Lock
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import partitions
from data.models import Audit, CampaignRow, LabRow, Opening, PlaceRow, Revision, TargetChange
from domain.campaign import INTERVALS, POOL_SIZES, Campaign, Limits
from domain.clock import ScaledClock
from domain.places import Level, Place, PlaceTree

DEMONSTRATION_SETTINGS = ("clock", "seed", "played_until", "city")
"""What a demonstration keeps among its settings: how its time runs and how far it has been played."""


MAX_NAME = 200
"""Characters of a campaign's name."""


class UnknownCampaign(LookupError):
    """There is no campaign of that id."""


class BadCampaign(ValueError):
    """A campaign that cannot be made; `problem` names the message in `locales` (`campaign.<problem>`)."""

    def __init__(self, problem: str, **params: object) -> None:
        super().__init__(problem)
        self.problem = problem
        self.params = params


def campaign_of(row: CampaignRow) -> Campaign:
    """The plain campaign a row holds."""
    settings = dict(row.settings)
    for name in DEMONSTRATION_SETTINGS:
        settings.pop(name, None)
    weights = settings.pop("plan_weights", ())
    return Campaign(
        id=row.id,
        name=row.name,
        name_en=row.name_en,
        starts_at=row.starts_at,
        deadline=row.deadline,
        timezone=row.timezone,
        pool_size=row.pool_size,
        interval_minutes=row.interval_minutes,
        due_minutes=row.due_minutes,
        demo=row.demo,
        limits=Limits.from_settings(settings),
        plan_weights=tuple(weights),
    )


def now_for(row: CampaignRow, real_now: datetime) -> datetime:
    """The campaign's own time: the real one, but for a demonstration, whose clock is set and runs faster."""
    clock = demo_clock(row)
    return clock(real_now) if clock else real_now


def time_in(session: Session, campaign_id: str | None, real_now: datetime) -> datetime:
    """The same by the campaign's id; the real time where there is no campaign."""
    row = session.get(CampaignRow, campaign_id) if campaign_id else None
    return now_for(row, real_now) if row else real_now


def demo_clock(row: CampaignRow) -> ScaledClock | None:
    """The clock of a demonstration; None for a real campaign."""
    clock = row.settings.get("clock")
    if not clock:
        return None
    return ScaledClock(
        datetime.fromisoformat(clock["real_start"]),
        datetime.fromisoformat(clock["campaign_start"]),
        float(clock["speed"]),
    )


def find(session: Session, campaign_id: str) -> CampaignRow:
    """The campaign's row. Raises `UnknownCampaign`."""
    row = session.get(CampaignRow, campaign_id)
    if row is None:
        raise UnknownCampaign(campaign_id)
    return row


def every(session: Session) -> list[CampaignRow]:
    """All campaigns, the latest first, a demonstration after the real ones."""
    query = sa.select(CampaignRow).order_by(CampaignRow.demo, CampaignRow.starts_at.desc(), CampaignRow.id)
    return list(session.scalars(query))


def lock(session: Session, campaign_id: str) -> CampaignRow:
    """The campaign's row, held by this transaction until it ends: writers of one campaign take turns.

    Raises `UnknownCampaign`.
    """
    query = sa.select(CampaignRow).where(CampaignRow.id == campaign_id).with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise UnknownCampaign(campaign_id)
    return row


def change(
    session: Session,
    row: CampaignRow,
    *,
    actor: str,
    action: str,
    details: Mapping[str, object],
    now: datetime,
    structure: bool = False,
) -> int:
    """Raise the revision of a locked campaign by one and write down who did what. Returns the new revision."""
    row.revision += 1
    row.changed_at = now
    if structure:
        row.structure_revision = row.revision
    session.add(Revision(campaign_id=row.id, revision=row.revision, recorded_at=now))
    session.add(
        Audit(campaign_id=row.id, revision=row.revision, recorded_at=now, actor=actor, action=action,
              details={**details, **session.info.get(_TOLD, {})})
    )  # fmt: skip
    session.flush()
    return row.revision


_TOLD = "audit"


def tell(session: Session, **details: object) -> None:
    """Add `details` to everything this transaction will put on the audit: the file its rows come from, say."""
    session.info[_TOLD] = details


def create(
    session: Session,
    campaign: Campaign,
    *,
    actor: str,
    now: datetime,
    settings: Mapping[str, object] | None = None,
) -> CampaignRow:
    """Make a campaign. Raises `BadCampaign` when it makes no sense or its id is taken."""
    check(campaign)
    if session.get(CampaignRow, campaign.id) is not None:
        raise BadCampaign("taken", id=campaign.id)
    row = CampaignRow(
        id=campaign.id,
        name=campaign.name,
        name_en=campaign.name_en,
        starts_at=campaign.starts_at.astimezone(UTC),
        deadline=campaign.deadline.astimezone(UTC),
        timezone=campaign.timezone,
        pool_size=campaign.pool_size,
        interval_minutes=campaign.interval_minutes,
        due_minutes=campaign.due_minutes,
        demo=campaign.demo,
        settings=dict(settings or {}),
        revision=0,
        structure_revision=0,
        epoch=secrets.token_hex(8),
        changed_at=now,
        created_at=now,
    )
    session.add(row)
    session.flush()
    partitions.make(session.connection(), row.id)
    change(session, row, actor=actor, action="campaign.create", details={"name": campaign.name}, now=now,
           structure=True)  # fmt: skip
    return row


def check(campaign: Campaign) -> None:
    """Raise `BadCampaign` for a campaign that cannot be."""
    if not campaign.id or not all(c.isalnum() or c in "-_." for c in campaign.id) or len(campaign.id) > 64:
        raise BadCampaign("bad_id", id=campaign.id)
    if not campaign.name.strip():
        raise BadCampaign("no_name")
    if max(len(campaign.name), len(campaign.name_en)) > MAX_NAME:
        raise BadCampaign("long_name", limit=MAX_NAME)
    try:
        ZoneInfo(campaign.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadCampaign("bad_timezone", timezone=campaign.timezone) from None
    if campaign.deadline <= campaign.starts_at:
        raise BadCampaign("ends_before_start")
    if (campaign.deadline - campaign.starts_at).days > 62:
        raise BadCampaign("too_long")
    if campaign.interval_minutes not in INTERVALS:
        raise BadCampaign("bad_interval", intervals=", ".join(map(str, INTERVALS)))
    if campaign.pool_size not in POOL_SIZES:
        raise BadCampaign("bad_pool_size", sizes=", ".join(map(str, POOL_SIZES)))
    if not 0 <= campaign.due_minutes < campaign.interval_minutes:
        raise BadCampaign("bad_due")


_trees: OrderedDict[tuple[str, str, int], PlaceTree] = OrderedDict()
_trees_lock = Lock()
_KEPT_TREES = 8


def tree_of(session: Session, row: CampaignRow) -> PlaceTree:
    """The campaign's places. Kept in memory by structure revision, since reports never change it."""
    key = (row.id, row.epoch, row.structure_revision)
    with _trees_lock:
        if key in _trees:
            _trees.move_to_end(key)
            return _trees[key]
    tree = load_tree(session, row)
    with _trees_lock:
        _trees[key] = tree
        while len(_trees) > _KEPT_TREES:
            _trees.popitem(last=False)
    return tree


def load_tree(session: Session, row: CampaignRow, as_of: datetime | None = None) -> PlaceTree:
    """The campaign's places, read anew; with `as_of`, with the targets and openings known then, none made later."""
    openings: dict[int, list[tuple[datetime, datetime]]] = {}
    for place_id, opens_at, closes_at in session.execute(
        sa.select(Opening.place_id, Opening.opens_at, Opening.closes_at)
        .where(Opening.campaign_id == row.id, _in_force(Opening.recorded_at, Opening.withdrawn_at, as_of))
        .order_by(Opening.opens_at)
    ):
        openings.setdefault(place_id, []).append((opens_at, closes_at))
    p = PlaceRow
    query = (
        sa.select(p.id, p.code, p.name, p.name_en, p.level, p.parent_id, p.kind, p.lon, p.lat, p.target, p.lanes,
                  LabRow.code, p.pool_size)
        .outerjoin(LabRow, (LabRow.id == p.lab_id) & (LabRow.campaign_id == p.campaign_id))
        .where(p.campaign_id == row.id, sa.true() if as_of is None else p.recorded_at <= as_of)
    )  # fmt: skip
    targets = _targets_as_of(session, row, as_of) if as_of is not None else None
    places = [
        Place(id_, code, name, name_en, Level(level), parent_id, kind, lon, lat,
              target if targets is None else targets.get(id_),
              lanes, lab, pool_size, tuple(openings.get(id_, ())))
        for id_, code, name, name_en, level, parent_id, kind, lon, lat, target, lanes, lab, pool_size
        in session.execute(query)
    ]  # fmt: skip
    return PlaceTree(campaign_of(row), places)


def _in_force(
    since: sa.SQLColumnExpression[datetime], until: sa.SQLColumnExpression[datetime | None], as_of: datetime | None
) -> sa.ColumnElement[bool]:
    if as_of is None:
        return until.is_(None)
    return sa.and_(since <= as_of, sa.or_(until.is_(None), until > as_of))


def _targets_as_of(session: Session, row: CampaignRow, as_of: datetime) -> dict[int, int | None]:
    changes = (
        sa.select(TargetChange.place_id, TargetChange.target)
        .where(TargetChange.campaign_id == row.id, TargetChange.recorded_at <= as_of)
        .order_by(TargetChange.id)
    )
    return dict(session.execute(changes).all())
