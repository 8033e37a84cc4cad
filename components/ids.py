"""Every id of an element that a script, a style or a callback has to find."""

LIVE = "live"
"""Carries what the page shows (campaign, view, place, language) for `live.js`."""

MAIN = "main"
OFFLINE = "offline-strip"
STALE = "stale-strip"
ERROR = "error-strip"
PASSPORT = "passport"
"""The drawer, and the view that fills it."""

TABLE = "site-table"
TABLE_FILTER = "site-table-filter"


def panel(slug: str) -> str:
    """The element that `live.js` fills with the view `slug`."""
    return f"panel-{slug}"


def drawing(slug: str) -> str:
    """The drawing inside that element."""
    return f"drawing-{slug}"


UPLOAD_CAMPAIGN = "upload-campaign"
UPLOAD_KIND = "upload-kind"
UPLOAD_MAPPING = "upload-mapping"
UPLOAD_FILE = "upload-file"
UPLOAD_LANGUAGE = "upload-language"
UPLOAD_RESULT = "upload-result"
UPLOAD_COMMIT = "upload-commit"
UPLOAD_SAVE = "upload-save"
UPLOAD_DOWNLOAD = "upload-download"
