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
MAP_TABLE = "map-sites-table"
MAP_DRAWER = "map-drawer"
"""The drawer of a site on the map, and the view that fills it."""


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

AREA_TOPIC = "area-topic"
AREA_FILE = "area-file"
AREA_SOURCE = "area-source"
AREA_CRS = "area-crs"
AREA_SHIFT = "area-shift"
AREA_SWAPPED = "area-swapped"
AREA_APPROXIMATE = "area-approximate"
AREA_SYNTHETIC = "area-synthetic"
AREA_LAYER = "area-layer"
AREA_MAPPING = "area-mapping"
AREA_CONTEXT = "area-context"
AREA_OFFSET = "area-offset"
AREA_RESULT = "area-result"
AREA_COMMIT = "area-commit"
AREA_SAVE = "area-save"
AREA_DOWNLOAD = "area-download"
AREA_YES = "area-yes"
AREA_NO = "area-no"
