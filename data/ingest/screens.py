"""Briefing screens: made, joined, changed, driven, revoked; their last words written down.

Screens are no part of the record: nothing here makes a new revision, since no figure changes by it. Who made,
drove or revoked one is in the audit.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns, stored_screens
from data.database import insert_into
from data.ingest.reports import district_of
from data.models import Audit, CampaignRow, ScreenContact, ScreenFreeze, ScreenPairing, ScreenPicture, ScreenRow
from data.secret_hash import hash_of
from domain.errors import Code, Refused
from domain.places import PlaceTree
from domain.screen_driving import FROZEN_FOR, STEPS, Wish, obey, stored_drive, write_drive
from domain.screens import CODE_LIFE, Contact, Settings, new_code, read_code


class UnknownScreen(LookupError):
    """The campaign has no screen of that number."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who does something to screens: as the audit names him, as pages and screens do."""

    name: str
    shown: str


# -- joining


def show_code(session: Session, now: datetime) -> tuple[str, str]:
    """A code for a screen nobody knows yet, and the secret it will be known by once somebody has typed it."""
    secret = secrets.token_urlsafe(32)
    return _pairing(session, now, secret_hash=hash_of(secret)), secret


def _pairing(session: Session, now: datetime, **what: object) -> str:
    p = ScreenPairing
    session.execute(sa.delete(p).where(p.expires_at <= now))
    if what.get("screen_id") is not None:
        # Only the latest code of a screen holds.
        session.execute(sa.delete(p).where(p.screen_id == what["screen_id"]))
    code = new_code()
    while session.get(p, hash_of(code)) is not None:
        code = new_code()
    session.add(p(code_hash=hash_of(code), expires_at=now + CODE_LIFE, **what))
    session.flush()
    return code


def type_code(session: Session, typed: object, now: datetime) -> tuple[int, str]:
    """A code made for a screen was typed there: the screen's number, and its secret from now on. Raises `Refused`."""
    pairing = _take_code(session, typed, now)
    if pairing.screen_id is None:
        raise Refused("code", Code.BAD_VALUE, typed, detail="screen_code_unknown")
    row = session.get(ScreenRow, pairing.screen_id)
    assert row is not None
    secret = secrets.token_urlsafe(32)
    _join(session, row, hash_of(secret), now, row.joined_by)
    return row.id, secret


def _take_code(session: Session, typed: object, now: datetime) -> ScreenPairing:
    code = hash_of(read_code(typed))
    # Locked: a code holds once, also for two who type it at the same moment.
    query = sa.select(ScreenPairing).where(ScreenPairing.code_hash == code, ScreenPairing.expires_at > now)
    pairing = session.scalar(query.with_for_update())
    if pairing is None:
        raise Refused("code", Code.BAD_VALUE, typed, detail="screen_code_unknown")
    session.delete(pairing)
    session.flush()
    return pairing


def _join(session: Session, row: ScreenRow, token_hash: str, now: datetime, by_name: str) -> None:
    row.token_hash, row.joined_at, row.joined_by = token_hash, now, by_name
    row.revoked_at, row.reload_at, row.drive = None, None, {}
    session.execute(sa.delete(ScreenContact).where(ScreenContact.screen_id == row.id))
    session.flush()


def join(
    session: Session, campaign: CampaignRow, row: ScreenRow, typed: object, keeper: Keeper, now: datetime
) -> str | None:
    """Let a device be this screen: the one that shows the code `typed`; without one, whichever types the code that
    is answered. The device that was it until now is it no longer. Raises `Refused`."""
    made = None
    if typed:
        pairing = _take_code(session, typed, now)
        if pairing.secret_hash is None:
            raise Refused("code", Code.BAD_VALUE, typed, detail="screen_code_unknown")
        _join(session, row, pairing.secret_hash, now, keeper.shown)
    else:
        row.token_hash, row.joined_by = None, keeper.shown
        made = _pairing(session, now, screen_id=row.id, campaign_id=campaign.id, district_id=row.district_id)
    _write_down(session, campaign, keeper, "screen.join", [row], now, place=row.place)
    return made


# -- made, changed, revoked


def create(
    session: Session,
    campaign: CampaignRow,
    tree: PlaceTree,
    key: str,
    settings: Settings,
    keeper: Keeper,
    now: datetime,
) -> tuple[ScreenRow, bool]:
    """Make a screen that nothing has joined yet; answers whether the same one was there already. Raises `Refused`."""
    known = session.scalar(sa.select(ScreenRow).where(ScreenRow.campaign_id == campaign.id, ScreenRow.key == key))
    if known is not None:
        if _settings_of(known) == settings:
            return known, True
        raise Refused("key", Code.CONFLICT, key, detail="screen_key")
    row = ScreenRow(
        campaign_id=campaign.id, district_id=district_of(tree, tree.by_code[settings.place]), key=key,
        created_at=now, drive={}, **_columns(settings),
    )  # fmt: skip
    session.add(row)
    session.flush()
    _write_down(session, campaign, keeper, "screen.create", [row], now, place=row.place)
    return row, False


def change(
    session: Session,
    campaign: CampaignRow,
    tree: PlaceTree,
    row: ScreenRow,
    settings: Settings,
    keeper: Keeper,
    now: datetime,
) -> bool:
    """Give a screen other settings; False when it had them."""
    if _settings_of(row) == settings:
        return False
    for name, value in _columns(settings).items():
        setattr(row, name, value)
    row.district_id = district_of(tree, tree.by_code[settings.place])
    # What it was told may name a scene or a place it no longer has.
    row.drive = {}
    _write_down(session, campaign, keeper, "screen.change", [row], now, place=row.place)
    return True


def _columns(settings: Settings) -> dict[str, object]:
    return {**asdict(settings), "scenes": list(settings.scenes)}


def _settings_of(row: ScreenRow) -> Settings:
    return Settings(row.name, row.location, row.place, tuple(row.scenes), row.seconds, row.language, row.bezel_px)


def revoke(session: Session, campaign: CampaignRow, row: ScreenRow, keeper: Keeper, now: datetime) -> bool:
    """From now on the device is nobody; False when it was already."""
    session.execute(sa.delete(ScreenPairing).where(ScreenPairing.screen_id == row.id))
    if row.revoked_at is not None:
        return False
    row.token_hash, row.revoked_at, row.drive = None, now, {}
    _write_down(session, campaign, keeper, "screen.revoke", [row], now, place=row.place)
    return True


def count_joined(session: Session, campaign_id: str) -> int:
    """How many screens of a campaign hold a valid secret."""
    query = sa.select(sa.func.count()).select_from(ScreenRow)
    return session.scalar(query.where(ScreenRow.campaign_id == campaign_id, ScreenRow.token_hash.is_not(None))) or 0


def revoke_all(session: Session, campaign_id: str, now: datetime) -> int:
    """End every screen of a campaign, and every code made for one; answers how many showed something."""
    ended = count_joined(session, campaign_id)
    session.execute(sa.delete(ScreenPairing).where(ScreenPairing.campaign_id == campaign_id))
    session.execute(
        sa.update(ScreenRow)
        .where(ScreenRow.campaign_id == campaign_id, ScreenRow.revoked_at.is_(None))
        .values(token_hash=None, revoked_at=now, drive={})
    )
    return ended


def find(session: Session, campaign_id: str, number: int) -> ScreenRow:
    """Screen `number`. Raises `UnknownScreen`."""
    query = sa.select(ScreenRow).where(ScreenRow.campaign_id == campaign_id, ScreenRow.id == number)
    row = session.scalar(query)
    if row is None:
        raise UnknownScreen(number)
    return row


# -- driven


def wish_reload(
    session: Session, campaign: CampaignRow, rows: Sequence[ScreenRow], keeper: Keeper, now: datetime
) -> None:
    """Have screens load themselves anew."""
    for row in rows:
        row.reload_at = now
    _write_down(session, campaign, keeper, "screen.reload", rows, now)


def tell(
    session: Session, campaign: CampaignRow, rows: Sequence[ScreenRow], wish: Wish, keeper: Keeper, now: datetime
) -> int:
    """Give screens a command; answers how many had not had it yet. Raises `Refused`, and then none has got it."""
    said = stored_screens.contacts(session, campaign.id)
    moved = []
    for row in rows:
        before = stored_drive(row.drive)
        shown = said[row.id].scene if row.id in said else ""
        after = obey(before, wish, now, keeper.name, keeper.shown, row.scenes, row.seconds, shown)
        if after is not before:
            row.drive = write_drive(after)
            moved.append(row)
    if moved and wish.do not in STEPS:
        _write_down(session, campaign, keeper, "screen.drive", moved, now, do=wish.do.value)
    return len(moved)


Pictures = Mapping[tuple[str, str, str], bytes]
"""Scenes of one version by place, language and scene."""


def keep(
    session: Session,
    campaign: CampaignRow,
    tree: PlaceTree,
    number: tuple[int, int],
    data_until: datetime | None,
    pictures: Pictures,
    keeper: Keeper,
    now: datetime,
) -> int:
    """Keep the scenes of a version for a meeting; what was kept for earlier ones goes when no screen can show it.
    Answers the number to show them by."""
    over = sa.and_(ScreenFreeze.campaign_id == campaign.id, ScreenFreeze.made_at < now - FROZEN_FOR)
    gone = sa.select(ScreenFreeze.id).where(over)
    session.execute(sa.delete(ScreenPicture).where(ScreenPicture.freeze_id.in_(gone)))
    session.execute(sa.delete(ScreenFreeze).where(over))
    district = district_of(tree, tree.by_code[next(iter(pictures))[0]])
    freeze = ScreenFreeze(
        campaign_id=campaign.id, district_id=district, revision=number[0], minute=number[1], data_until=data_until,
        frozen_at=campaigns.now_for(campaign, now), made_at=now, by_name=keeper.shown,
    )  # fmt: skip
    session.add(freeze)
    session.flush()
    session.add_all(
        ScreenPicture(
            freeze_id=freeze.id, place=place, language=language, scene=scene, campaign_id=campaign.id,
            district_id=district_of(tree, tree.by_code[place]), body=body,
        )
        for (place, language, scene), body in pictures.items()
    )  # fmt: skip
    session.flush()
    return freeze.id


# -- their last words


Said = Mapping[int, tuple[str, int | None, Contact]]
"""What screens said, by number, with their campaign and district."""


def write_contacts(session: Session, said: Said) -> None:
    """Put what screens last said over what they said before, where it is newer."""
    table = ScreenContact.__table__
    statement = insert_into(session, table)
    names = [field.name for field in fields(Contact)]
    statement = statement.on_conflict_do_update(
        index_elements=["screen_id"],
        set_={name: statement.excluded[name] for name in names},
        where=table.c.at <= statement.excluded["at"],
    )
    # In one order, so that two workers writing at once wait for each other instead of for ever.
    rows = [
        {"screen_id": number, "campaign_id": campaign_id, "district_id": district_id, **asdict(contact)}
        for number, (campaign_id, district_id, contact) in sorted(said.items())
    ]
    session.execute(statement, rows)


def _write_down(
    session: Session,
    campaign: CampaignRow,
    keeper: Keeper,
    action: str,
    rows: Iterable[ScreenRow],
    now: datetime,
    **details: object,
) -> None:
    told = {"screens": [row.name for row in rows], **details}
    at = campaigns.now_for(campaign, now)
    session.add(Audit(campaign_id=campaign.id, recorded_at=at, actor=keeper.name, action=action, details=told))
    session.flush()
