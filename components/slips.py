"""Slips with one-time passwords, to be printed, cut and handed out: two by five on A4, black on white."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import segno
from markupsafe import Markup

from components.context import named
from components.format import day
from data.queries.accounts import AccountRow
from domain.permissions import Role
from locales import text

ON_A_PAGE = 10

STYLE = Path(__file__).resolve().parent.parent / "assets" / "1-style" / "9-slips.css"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What all slips of one printing share. `address` is the product's own, as the phones reach it."""

    campaign: str
    campaign_en: str
    zone: ZoneInfo
    address: str
    language: str


def html(sheet: Sheet, slips: Sequence[tuple[AccountRow, str | None]]) -> Markup:
    """The slips as a part of a page. A slip whose password has been used says so instead of it."""
    pages = [slips[start : start + ON_A_PAGE] for start in range(0, len(slips), ON_A_PAGE)]
    return Markup("").join(
        Markup('<section class="slip-page">{}</section>').format(
            Markup("").join(_slip(sheet, row, password) for row, password in page)
        )
        for page in pages
    )


def document(sheet: Sheet, slips: Sequence[tuple[AccountRow, str | None]]) -> str:
    """The same as a file of its own, which needs nothing else to be printed."""
    title = text(sheet.language, "slips.title", campaign=named(sheet.campaign, sheet.campaign_en, sheet.language))
    return Markup(
        '<!doctype html>\n<html lang="{}"><head><meta charset="utf-8"><title>{}</title>'
        '<meta name="referrer" content="no-referrer"><style>{}</style></head>'
        '<body class="slips">{}</body></html>\n'
    ).format(
        "zh-CN" if sheet.language == "zh" else "en",
        title,
        Markup(STYLE.read_text(encoding="utf-8")),
        html(sheet, slips),
    )


def _slip(sheet: Sheet, row: AccountRow, password: str | None) -> Markup:
    spoken = sheet.language
    place = row.place.label(spoken) if row.place else row.lab or text(spoken, "users.everywhere")
    role = text(spoken, f"role.{row.role}")
    town = row.town.label(spoken) if row.town and row.town is not row.place else ""
    where = " · ".join(part for part in (town, role, row.name) if part)
    sends = text(spoken, "slips.sends_to", lab=row.lab) if row.role is Role.SITE and row.lab else ""
    campaign = named(sheet.campaign, sheet.campaign_en, spoken)
    until = _until(sheet, row.expires_at) if password is not None else ""
    return Markup(
        '<article class="slip"><div class="slip-who"><b>{}</b>'
        "<span>{}</span><span>{}</span><span>{}</span><span>{}</span></div>"
        '<div class="slip-code">{}</div><div class="slip-way"><span class="slip-login">{}</span>{}</div>'
        '<p class="slip-how">{}</p></article>'
    ).format(
        place, where, sends, campaign, until, _code(sheet, row.login), row.login, _password(sheet, row, password),
        text(spoken, "slips.how", address=sheet.address.removeprefix("https://").removeprefix("http://").rstrip("/")),
    )  # fmt: skip


def _password(sheet: Sheet, row: AccountRow, password: str | None) -> Markup:
    if password is not None:
        return Markup('<b class="slip-password">{}</b>').format(password)
    key = "slips.void" if row.used else "slips.printed"
    return Markup('<span class="slip-void">{}</span>').format(text(sheet.language, key))


def _until(sheet: Sheet, expires_at: datetime | None) -> str:
    if expires_at is None:
        return ""
    return text(sheet.language, "slips.until", day=day(expires_at, sheet.zone, sheet.language))


def _code(sheet: Sheet, login: str) -> Markup:
    """The sign-in page with the login filled in, as a QR code. The password is never in it: who finds the picture of
    a slip's code has half of what opens the account."""
    address = f"{sheet.address.rstrip('/')}/login?{urlencode({'login': login})}"
    drawn = segno.make(address, error="m", micro=False).svg_inline(border=2, omitsize=True)
    return Markup(drawn).replace("<svg ", Markup('<svg role="img" aria-label="QR" '), 1)
