"""Who may what: a row for every rule of the server, every page and every callback."""

from dataclasses import dataclass, field
from typing import Any

from kit import DISTRICT, TOWN, Api

from domain.permissions import ACCOUNT_ROLES

SITE, TOWN_, DISTRICT_, LAB = "site", "town", "district", "lab"
LEADER, ADMINISTRATOR, AUDITOR = "leader", "administrator", "auditor"
READER, GATEWAY = "reader", "gateway"

PEOPLE = frozenset(role.value for role in ACCOUNT_ROLES)
MACHINES = frozenset({READER, GATEWAY})
"""Roles that only tokens have; the others are tried as signed-in people, and as tokens where one may have them."""

EVERYBODY = PEOPLE | MACHINES
PLACED = EVERYBODY - {LAB}
"""Whoever has a place whose figures there are to see: a laboratory has none."""
DESK = PEOPLE - {SITE, LAB}
WRITERS = frozenset({SITE, TOWN_, DISTRICT_, GATEWAY})
DECIDERS = frozenset({TOWN_, DISTRICT_})
SPEAKERS = frozenset({SITE, TOWN_, DISTRICT_, LAB})
PUBLISHERS = frozenset({DISTRICT_})
RESULTS = frozenset({DISTRICT_, LAB})
SOURCES = frozenset({DISTRICT_})
ADMINISTRATORS = frozenset({ADMINISTRATOR})
KEEPERS = frozenset({DISTRICT_, ADMINISTRATOR})
"""Who keeps the registry of laboratories."""
DRIVERS = frozenset({LEADER, DISTRICT_})
NOBODY: frozenset[str] = frozenset()
READERS_OF_AUDIT = frozenset({ADMINISTRATOR, AUDITOR})
OPEN = frozenset({"anybody"})
"""Tells nothing about a campaign, or guards itself: also for who is not signed in."""


@dataclass(frozen=True)
class Row:
    """Who may. `tokens` says that a bearer token opens it too; `body` is what is sent; `fill` what stands in the
    address; `query` what follows it."""

    may: frozenset[str]
    tokens: bool = False
    body: Any = field(default_factory=dict)
    fill: dict[str, str] = field(default_factory=dict)
    query: str = ""


def page(may: frozenset[str] = PEOPLE, **more: Any) -> Row:
    """What only a signed-in person's browser asks for."""
    return Row(may, **more)


def api(may: frozenset[str], **more: Any) -> Row:
    """What people and tokens ask for alike."""
    return Row(may, tokens=True, **more)


C = "/api/v1/campaigns/<campaign_id>"

ROWS: dict[str, Row] = {
    # -- pages and what Dash needs for them
    "GET /": page(),
    "GET /<path:path>": page(fill={"path": "overview"}),
    "GET /_dash-layout": page(),
    "GET /_dash-dependencies": page(),
    "GET /_reload-hash": page(),
    "GET /_favicon.ico": page(),
    "GET /_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": page(
        fill={"package_name": "dash", "fingerprinted_path": "dcc/dash_core_components.js"}
    ),
    # Each callback has a row of its own below.
    "POST /_dash-update-component": page(),
    "GET /live/<campaign_id>": page(),
    # Each page has a row of its own below.
    "GET /snapshots/<campaign_id>/<page>/<place>/<language>/<int:revision>-<int:minute>": page(
        PEOPLE - {LAB}, fill={"page": "site", "place": "<own>"}
    ),
    "GET /snapshots/<path:rest>": page(fill={"rest": "nothing"}),
    "GET /passports/<campaign_id>/<figure>/<place>/<language>/<int:revision>-<int:minute>": page(
        PEOPLE - {LAB}, fill={"figure": "persons", "place": "<own>"}
    ),
    "GET /map-sites/<campaign_id>/<place>/<language>/<int:revision>-<int:minute>": page(
        PEOPLE - {LAB}, fill={"place": "<own>"}
    ),
    "GET /export/<campaign_id>/<place>.<suffix>": api(DESK, fill={"place": "<own>", "suffix": "csv"}),
    "GET /panels/<campaign_id>/users": page(ADMINISTRATORS),
    "GET /panels/<campaign_id>/audit": page(READERS_OF_AUDIT),
    "GET /panels/<campaign_id>/tube": page(),
    "GET /panels/<campaign_id>/lab": page(PEOPLE - {SITE, TOWN_}),
    "GET /audit/<campaign_id>.<any(csv, xlsx):suffix>": page(READERS_OF_AUDIT, fill={"suffix": "csv"}),
    "GET /sources/<campaign_id>/form": page(SOURCES),
    "GET /sources/<campaign_id>/trials/<int:number>": page(SOURCES),
    # -- coming and going
    "GET /login": Row(OPEN),
    # A wrong password is a refusal of its own kind: test_sign_in.py.
    "POST /login": Row(OPEN),
    "GET /password": page(),
    "POST /password": page(),
    "POST /logout": page(),
    # -- what tells nothing
    "GET /healthz": Row(OPEN),
    "GET /readyz": Row(OPEN),
    # From the machine itself, or with a token of its own: test_observed.py.
    "GET /metrics": Row(OPEN),
    "GET /assets/<path:filename>": Row(OPEN, fill={"filename": "head/theme.js"}),
    "GET /static/<path:filename>": page(fill={"filename": "nothing"}),
    "GET /clerk": Row(OPEN),
    "GET /clerk/<path:name>": Row(OPEN, fill={"name": "nothing.js"}),
    "GET /clerk/manifest.webmanifest": Row(OPEN),
    "GET /clerk/paper": Row(OPEN),
    "GET /clerk/sw.js": Row(OPEN),
    "GET /api/": Row(OPEN),
    "GET /api/<path:rest>": Row(OPEN, fill={"rest": "nothing"}),
    "GET /api/v1/": Row(OPEN),
    "GET /api/v1/openapi.json": Row(OPEN),
    # -- the contract
    "GET /api/v1/me": api(EVERYBODY),
    "GET /api/v1/campaigns": api(EVERYBODY),
    f"GET {C}/places": api(PLACED),
    f"GET {C}/revision": api(PLACED),
    f"GET {C}/summary": api(PLACED),
    f"GET {C}/hourly": api(PLACED),
    f"GET {C}/duty": api(PLACED),
    f"GET {C}/reports": api(PLACED),
    f"POST {C}/reports": api(WRITERS, body={"reports": []}),
    f"POST {C}/reports/verify": api(DECIDERS, body={"keys": []}),
    f"POST {C}/reports/return": api(DECIDERS, body={"keys": [], "reason": "third_copies_differ"}),
    f"POST {C}/reports/undo": api(DECIDERS, body={"keys": [], "revision": 1}),
    f"GET {C}/upper-figures": api(PLACED),
    f"POST {C}/upper-figures": api(frozenset({DISTRICT_, GATEWAY}), body=[]),
    f"POST {C}/tube-events": api(frozenset({SITE, TOWN_, DISTRICT_, LAB, GATEWAY}), body=[]),
    f"POST {C}/tube-lists": api(frozenset({SITE, TOWN_, DISTRICT_, LAB, GATEWAY})),
    f"POST {C}/lab-reports": api(frozenset({DISTRICT_, LAB, GATEWAY}), body=[]),
    f"GET {C}/tubes/<barcode>": api(EVERYBODY, fill={"barcode": "440607000001"}),
    f"GET {C}/backlog": api(EVERYBODY),
    f"GET {C}/ledger": api(PLACED),
    f"GET {C}/clerk": api(WRITERS, query="?site=S1"),
    f"GET {C}/clerk/sites": api(WRITERS),
    f"GET {C}/ledger/findings": api(EVERYBODY),
    f"POST {C}/ledger/findings/steps": api(frozenset({TOWN_, DISTRICT_, LAB})),
    f"GET {C}/handover": api(PLACED),
    f"POST {C}/sign-offs": api(WRITERS | {LAB}),
    "GET /export/<campaign_id>/<place>/ledger.xlsx": api(DESK, fill={"place": "<own>"}),
    f"GET {C}/problems": api(EVERYBODY),
    f"POST {C}/problems": api(SPEAKERS),
    f"POST {C}/problems/steps": api(SPEAKERS, body={"number": 1}),
    f"GET {C}/modes": api(PLACED),
    f"POST {C}/modes": api(frozenset({SITE, TOWN_, DISTRICT_}), body={"modes": []}),
    f"GET {C}/contacts": api(DECIDERS),
    f"GET {C}/reminders": api(DESK),
    f"POST {C}/reminders": api(DECIDERS),
    f"GET {C}/bulletins": api(DESK),
    f"POST {C}/bulletins": api(PUBLISHERS),
    f"POST {C}/bulletins/remark": api(PUBLISHERS, body={"id": 1, "remark": ""}),
    f"POST {C}/bulletins/review": api(PUBLISHERS, body={"id": 1}),
    f"POST {C}/bulletins/sign": api(frozenset({LEADER}), body={"id": 1}),
    f"POST {C}/bulletins/withdraw": api(PUBLISHERS, body={"id": 1, "reason": ""}),
    # The district's: its towns read their own.
    f"GET {C}/bulletins/file": api(DESK - {TOWN_}, query="?id=1&format=xlsx"),
    f"GET {C}/bulletins/fields": api(DESK),
    f"GET {C}/bulletins/templates": api(DESK),
    f"POST {C}/bulletins/templates": api(PUBLISHERS),
    f"POST {C}/bulletins/templates/delete": api(PUBLISHERS, body={"id": 1}),
    f"GET {C}/bulletins/templates/example": api(DESK),
    f"GET {C}/sources": api(SOURCES),
    f"POST {C}/sources": api(SOURCES),
    f"POST {C}/sources/<int:number>": api(SOURCES),
    f"POST {C}/sources/<int:number>/<any(run, pause, resume, remove):what>": api(SOURCES, fill={"what": "pause"}),
    f"GET {C}/sources/<int:number>/runs/<int:run>/rejected.csv": api(SOURCES),
    f"POST {C}/sources/trials": api(SOURCES),
    f"GET {C}/sources/trials/<int:number>": api(SOURCES),
    f"GET {C}/accounts": api(ADMINISTRATORS),
    f"POST {C}/accounts": api(ADMINISTRATORS, body={"login": "", "role": "site"}),
    f"POST {C}/accounts/bulk": api(ADMINISTRATORS, body={"rows": []}),
    f"POST {C}/accounts/<login>/reset": api(ADMINISTRATORS),
    f"POST {C}/accounts/<login>/<any(unlock, disable, enable):step>": api(ADMINISTRATORS, fill={"step": "disable"}),
    f"GET {C}/tokens": api(ADMINISTRATORS),
    f"POST {C}/tokens": api(ADMINISTRATORS, body={"key": "", "role": "site", "place": "S1"}),
    f"POST {C}/tokens/<int:number>/revoke": api(ADMINISTRATORS, fill={"number": "999999"}),
    f"GET {C}/close-access": api(ADMINISTRATORS),
    f"POST {C}/close-access": api(ADMINISTRATORS, body={"confirm": "another"}),
    f"GET {C}/labs": api(EVERYBODY),
    f"POST {C}/labs": api(KEEPERS, body={"changes": []}),
    "GET /panels/<campaign_id>/laboratory": page(DESK, query="?lab=LAB-1"),
    "GET /labs/<campaign_id>/form": page(KEEPERS, query="?lab=LAB-1&what=licence"),
    "GET /export/<campaign_id>/<place>/labs.xlsx": api(DESK, fill={"place": "<own>"}),
    f"GET {C}/audit": api(READERS_OF_AUDIT),
    f"POST {C}/audit/verify": api(READERS_OF_AUDIT),
    f"GET {C}/positives": api(RESULTS),
    f"POST {C}/positives/steps": api(RESULTS, body={"number": 1}),
    f"GET {C}/positives/sites": api(DESK),
    f"GET {C}/coverage": api(DESK),
    f"GET {C}/standards": api(DESK),
    f"POST {C}/standards": api(KEEPERS, body={"standard": "lane_day", "limit": 1200}),
    f"GET {C}/matching/plans": api(DESK),
    f"POST {C}/matching/trial": api(frozenset({DISTRICT_, LEADER})),
    f"POST {C}/matching/plans": api(PUBLISHERS),
    f"GET {C}/planning": api(DESK),
    f"GET {C}/planning/<int:number>": api(DESK),
    f"POST {C}/planning": api(DECIDERS),
    f"POST {C}/planning/steps": api(DECIDERS, body={"number": 1}),
    "GET /panels/<campaign_id>/planned": page(DESK, query="?number=1"),
    "GET /planning/<campaign_id>/form": page(DECIDERS, query="?what=applied"),
    "GET /export/<campaign_id>/<place>/planning.<any(csv, xlsx):suffix>": api(
        DESK, fill={"place": "<own>", "suffix": "csv"}
    ),
    f"POST {C}/matching/plans/steps": api(frozenset({DISTRICT_, LEADER}), body={"number": 1}),
    # -- briefing screens; what a screen itself asks needs its own cookie: test_screen_joining.py
    f"GET {C}/screens": api(KEEPERS),
    f"POST {C}/screens": api(KEEPERS),
    f"POST {C}/screens/<int:number>": api(KEEPERS),
    f"POST {C}/screens/<int:number>/join": api(KEEPERS),
    f"POST {C}/screens/<int:number>/revoke": api(KEEPERS),
    f"POST {C}/screens/reload": api(KEEPERS, body={"screens": []}),
    f"POST {C}/screens/drive": api(DRIVERS, body={"screens": []}),
    "GET /panels/<campaign_id>/screens": page(KEEPERS),
    "GET /panels/<campaign_id>/remote": page(DRIVERS),
    "GET /panels/<campaign_id>/screens/<int:number>/<scene>": page(KEEPERS, fill={"scene": "wall-map"}),
    "GET /panels/<campaign_id>/remote/<int:number>/<scene>": page(DRIVERS, fill={"scene": "wall-map"}),
    "GET /screen/state": Row(NOBODY),
    "GET /screen/scene/<slug>/<int:revision>-<int:minute>": Row(NOBODY, fill={"slug": "wall-map"}),
    "GET /screen/<path:rest>": Row(OPEN, fill={"rest": "nothing"}),
    "GET /screen": Row(OPEN),
    "GET /screen/sw.js": Row(OPEN),
    "GET /screen/wall.css": Row(OPEN),
    "GET /screen/wall.js": Row(OPEN),
    "POST /screen/code": Row(OPEN),
    "POST /screen/pair": Row(OPEN),
    f"GET {C}/suggestions": api(DESK),
}  # fmt: skip

PAGE_ROWS: dict[str, frozenset[str]] = {
    "overview": DESK,
    "duty": DESK,
    "town": DESK,
    "sites": DESK,
    "site": PEOPLE,
    "tubes": DESK,
    "ledger": DESK,
    "matching": DESK,
    "positives": RESULTS,
    "labs": DESK,
    "planning": DESK,
    "standards": DESK,
    "tube": PEOPLE,
    "lab": PEOPLE - {SITE, TOWN_},
    "problems": PEOPLE,
    "findings": DESK,
    "bulletin": DESK,
    "sources": SOURCES,
    "import": PUBLISHERS,
    "users": ADMINISTRATORS,
    "audit": READERS_OF_AUDIT,
    "screens": KEEPERS,
    "remote": DRIVERS,
    "wall-progress": DESK,
    "wall-map": DESK,
    "wall-flow": DESK,
    "wall-labs": DESK,
    "wall-chain": DESK,
    "wall-alerts": DESK,
    "suggestions": DESK,
    "map": DESK,
    "areas": PUBLISHERS,
}
"""Who sees what stands on the page of each name."""

AREA_TRIAL = "..area-result.children...area-commit.disabled...area-save.disabled...area-offset.data.."

CALLBACK_ROWS: dict[str, frozenset[str]] = {
    "..upload-result.children...upload-commit.disabled...upload-save.disabled..": PUBLISHERS,
    "upload-download.data": PUBLISHERS,
    AREA_TRIAL: PUBLISHERS,
    "area-download.data": PUBLISHERS,
    # Fills the form with what was confirmed; the next trial asks for the right.
    "..area-shift.value...area-swapped.value..": PEOPLE,
    # Draws the page asked for: PAGE_ROWS.
    ".._pages_content.children..._pages_store.data..": PEOPLE,
    # Sets the title in the browser.
    "_pages_dummy.children": PEOPLE,
}
"""Who may call each of Dash's callbacks."""

APART = ("POST /login", "POST /logout", "POST /_dash-update-component")
"""Rules whose answer says nothing about rights, or ends the session: they have tests of their own."""

LAB_CODE = "LAB-1"
HOME = {SITE: "S1", TOWN_: TOWN, LAB: LAB_CODE}


def home(role: str) -> str:
    return HOME.get(role, DISTRICT)


def address(api: Api, rule: str, found: Row, role: str) -> str:
    """The rule with everything in it filled in, for a caller of that role."""
    own = "S1" if role == LAB else home(role)
    known = {
        "campaign_id": api.world.id, "language": "zh", "revision": "1", "minute": "27000000", "number": "1",
        "run": "1", "login": "nobody", **found.fill,
    }  # fmt: skip
    path = rule.partition(" ")[2]
    for part in [p for p in path.replace("<", "\0<").split("\0") if p.startswith("<")]:
        inside = part[1 : part.index(">")]
        name = inside.rpartition(":")[2]
        path = path.replace(f"<{inside}>", own if known[name] == "<own>" else known[name], 1)
    return path + found.query


UPLOAD = [
    {"id": "upload-file", "property": "contents", "value": "data:text/csv;base64,cGVyc29ucwox"},
    {"id": "upload-campaign", "property": "value", "value": "<campaign>"},
    {"id": "upload-kind", "property": "value", "value": "reports"},
    {"id": "upload-mapping", "property": "value", "value": None},
]
STATE = [
    {"id": "upload-file", "property": "filename", "value": "a.csv"},
    {"id": "upload-language", "property": "data", "value": "zh"},
]
AREA_FORM = [
    {"id": f"area-{name}", "property": "value", "value": value}
    for name, value in {
        "topic": "villages", "source": "", "crs": "", "shift": "auto", "swapped": False, "approximate": False,
        "synthetic": False, "layer": "", "mapping": None,
    }.items()
]  # fmt: skip
AREA_FILE = [
    {"id": "area-file", "property": "contents", "value": "data:text/csv;base64,bmFtZSxsb24sbGF0CmEsMSwxCg=="},
    {"id": "area-file", "property": "filename", "value": "a.csv"},
]
AREA_ABOUT = {"id": "area-context", "property": "data", "value": {"campaign": "<campaign>", "language": "zh"}}
CALLS: dict[str, dict[str, Any]] = {
    AREA_TRIAL: {
        "outputs": [{"id": f"area-{name}", "property": kind} for name, kind in (
            ("result", "children"), ("commit", "disabled"), ("save", "disabled"), ("offset", "data"))],
        "inputs": [AREA_FILE[0], *AREA_FORM, {"id": "area-commit", "property": "n_clicks", "value": 1}],
        "state": [AREA_FILE[1], AREA_ABOUT],
        "changedPropIds": ["area-commit.n_clicks"],
    },
    "area-download.data": {
        "outputs": {"id": "area-download", "property": "data"},
        "inputs": [{"id": "area-save", "property": "n_clicks", "value": 1}],
        "state": [*AREA_FORM, AREA_ABOUT, *AREA_FILE],
        "changedPropIds": ["area-save.n_clicks"],
    },
    "..upload-result.children...upload-commit.disabled...upload-save.disabled..": {
        "outputs": [{"id": "upload-result", "property": "children"}, {"id": "upload-commit", "property": "disabled"},
                    {"id": "upload-save", "property": "disabled"}],
        "inputs": [*UPLOAD, {"id": "upload-commit", "property": "n_clicks", "value": 1}],
        "state": STATE,
        "changedPropIds": ["upload-commit.n_clicks"],
    },
    "upload-download.data": {
        "outputs": {"id": "upload-download", "property": "data"},
        "inputs": [{"id": "upload-save", "property": "n_clicks", "value": 1}],
        "state": [UPLOAD[0], STATE[0], *UPLOAD[1:], STATE[1]],
        "changedPropIds": ["upload-save.n_clicks"],
    },
}  # fmt: skip
"""What the browser sends for each callback that does something."""
