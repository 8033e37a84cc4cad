"""Addresses inside the application. What is shown is always in the address: campaign, place, language.

The theme is the browser's own business: `theme.js` keeps it, in the address too where it came from there.
"""

from datetime import datetime
from functools import lru_cache
from urllib.parse import quote, urlencode

PATHS = {
    "overview": "/",
    "duty": "/duty",
    "town": "/town",
    "sites": "/sites",
    "site": "/site",
    "tubes": "/tubes",
    "ledger": "/ledger",
    "matching": "/matching",
    "positives": "/positives",
    "labs": "/labs",
    "tube": "/tube",
    "lab": "/lab",
    "map": "/map",
    "suggestions": "/suggestions",
    "standards": "/standards",
    "planning": "/planning",
    "areas": "/areas",
    "problems": "/problems",
    "findings": "/findings",
    "bulletin": "/bulletin",
    "sources": "/sources",
    "import": "/import",
    "users": "/users",
    "audit": "/audit",
    "screens": "/screens",
    "remote": "/remote",
}
"""Pages by slug."""

LISTS_HOUR = frozenset({"town", "duty"})
"""Pages on which an hour in the address says whose reports are listed, with present knowledge. On all others the page
is shown as it stood at that hour's end (docs/decisions/0011)."""

BY_LAB = frozenset({"tubes", "lab"})
"""Pages that can be narrowed to one laboratory, with `lab` in the address."""


@lru_cache(maxsize=65_536)
def href(
    page: str, *, campaign: str, place: str | None, language: str, hour: datetime | None = None, **extra: str
) -> str:
    """The address of `page` for a place of a campaign; without a place, of its topmost one. With `hour`, the start
    of a period, as it stood at that period's end."""
    looking = hour.isoformat(timespec="minutes") if hour else None
    query = {"campaign": campaign, "place": place, "hour": looking, "lang": language, **extra}
    return f"{PATHS[page]}?{urlencode({name: value for name, value in query.items() if value})}"


@lru_cache(maxsize=65_536)
def place_href(code: str, is_site: bool, *, campaign: str, language: str, hour: datetime | None = None) -> str:
    """Where a click on a place leads: a site has its own page, everything above it the overview."""
    return href("site" if is_site else "overview", campaign=campaign, place=code, language=language, hour=hour)


def export_href(campaign: str, place: str, suffix: str, language: str, hour: datetime | None = None) -> str:
    """The file with everything below `place`, as the page shows it; `suffix` is `xlsx` or `csv`."""
    asked = {"lang": language} | ({"hour": hour.isoformat(timespec="minutes")} if hour else {})
    return f"/export/{quote(campaign)}/{quote(place)}.{suffix}?{urlencode(asked)}"
