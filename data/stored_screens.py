"""Briefing screens as they are on record: who may show what, what each was told and what it last said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data.models import CampaignRow, ScreenContact, ScreenFreeze, ScreenPicture, ScreenRow
from domain.screen_driving import Drive, Mode, stored_drive
from domain.screens import Contact, Settings


@dataclass(frozen=True, slots=True)
class Freeze:
    """A version kept for a meeting, and who froze it; `frozen_at` is the campaign's time."""

    number: int
    revision: int
    minute: int
    data_until: datetime | None
    frozen_at: datetime
    by_name: str


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen. `token_hash` is empty while none has joined under its name."""

    number: int
    campaign_id: str
    district_id: int | None
    settings: Settings
    drive: Drive
    freeze: Freeze | None
    token_hash: str | None
    created_at: datetime
    joined_at: datetime | None
    joined_by: str
    revoked_at: datetime | None
    reload_at: datetime | None


State = tuple[tuple[object, ...], ...]


def state(session: Session) -> State:
    """What differs when anything about a joined screen or its campaign does: far cheaper than to read them all."""
    s, c = ScreenRow, CampaignRow
    of_screens = sa.select(s.campaign_id, sa.func.count(), sa.func.sum(s.changes)).group_by(s.campaign_id)
    of_campaigns = sa.select(c.id, c.epoch, c.structure_revision)
    return tuple(
        tuple(row) for query in (of_screens, of_campaigns) for row in session.execute(query.order_by(sa.text("1")))
    )


def joined(session: Session) -> list[Screen]:
    """Every screen of every campaign that holds a valid secret."""
    return _screens(session, sa.and_(ScreenRow.token_hash.is_not(None), ScreenRow.revoked_at.is_(None)))


def of_campaign(session: Session, campaign_id: str) -> list[Screen]:
    """The screens of a campaign, also those that have not joined and those that were revoked, by name."""
    return _screens(session, ScreenRow.campaign_id == campaign_id)


def _screens(session: Session, which: sa.ColumnElement[bool]) -> list[Screen]:
    s = ScreenRow
    rows = session.execute(
        sa.select(s.id, s.campaign_id, s.district_id, s.name, s.location, s.place, s.scenes, s.seconds, s.language,
                  s.bezel_px, s.drive, s.token_hash, s.created_at, s.joined_at, s.joined_by, s.revoked_at,
                  s.reload_at)
        .where(which).order_by(s.name, s.id)
    ).all()  # fmt: skip
    drives = {row.id: stored_drive(row.drive) for row in rows}
    wanted = [drive.freeze for drive in drives.values() if drive.freeze is not None]
    kept = _freezes(session, wanted) if wanted else {}
    found = []
    for (number, campaign_id, district_id, name, location, place, scenes, seconds, language, bezel_px,
         _, token_hash, created_at, joined_at, joined_by, revoked_at, reload_at) in rows:  # fmt: skip
        drive, freeze = drives[number], kept.get(drives[number].freeze or 0)
        if drive.freeze is not None and freeze is None:
            # What was frozen belonged to a day that has been begun anew.
            drive = replace(drive, mode=Mode.ROTATE, freeze=None, place="")
        settings = Settings(name, location, place, tuple(scenes), seconds, language, bezel_px)
        found.append(
            Screen(number, campaign_id, district_id, settings, drive, freeze, token_hash, created_at, joined_at,
                   joined_by, revoked_at, reload_at)
        )  # fmt: skip
    return found


def _freezes(session: Session, numbers: Sequence[int]) -> dict[int, Freeze]:
    f = ScreenFreeze
    rows = session.execute(
        sa.select(f.id, f.revision, f.minute, f.data_until, f.frozen_at, f.by_name).where(f.id.in_(numbers))
    )
    return {row.id: Freeze(*row) for row in rows}


def contacts(session: Session, campaign_id: str) -> dict[int, Contact]:
    """What each screen of a campaign last said of itself, by its number."""
    c = ScreenContact
    rows = session.execute(
        sa.select(c.screen_id, c.at, c.width, c.height, c.revision, c.minute, c.scene, c.state, c.skew, c.software,
                  c.data_until, c.heap_mb, c.drawn_ms, c.began_at, c.drops, c.turns_in)
        .where(c.campaign_id == campaign_id)
    )  # fmt: skip
    return {number: Contact(*said) for number, *said in rows}


def picture(session: Session, freeze: int, place: str, language: str, scene: str) -> bytes | None:
    """One scene of a kept version, gzipped JSON; None where it was not kept."""
    p = ScreenPicture
    query = sa.select(p.body).where(p.freeze_id == freeze, p.place == place, p.language == language, p.scene == scene)
    return session.scalar(query)
