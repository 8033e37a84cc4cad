"""Everybody against everything: every rule of the server, every page and every callback has a row that says which
roles may. One that is new and has no row fails here: add one line to its table."""

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from kit import DISTRICT, OTHER_TOWN, PASSWORD, TOWN, Api, SignedIn, World, at, form_token, row
from werkzeug.test import TestResponse

import app as whole
from api.openapi import ENDPOINTS
from data import accounts, bulletins
from data.models import LabRow
from domain.clock import system_clock
from domain.permissions import ACCOUNT_ROLES, PAGES, TOKEN_ROLES, Caller, Role
from locales import text
from views import passport

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
    # -- briefing screens; what a screen itself asks needs its own cookie: test_screens.py
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


@pytest.fixture
def database_url(migrated_file: Path, tmp_path: Path) -> str:
    """SQLite alone: who may does not depend on where it is kept."""
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'campaign.db')}"


@pytest.fixture
def place(world: World) -> World:
    """The small campaign with a laboratory and a draft of a bulletin in it."""
    with world.database.write() as session:
        session.add(LabRow(campaign_id=world.id, code=LAB_CODE, name="示范机构"))
    assert world.send(row("S5", 8, 5)).accepted == 1
    # Rows speak of the bulletin number 1.
    drafter = Caller(Role.DISTRICT, DISTRICT, world.id, "district (district)")
    period = world.tree().campaign.period_of(at(8))
    bulletins.freeze(world.database, world.id, DISTRICT, period, "first", drafter, world.clock)
    return world


def home(role: str) -> str:
    return HOME.get(role, DISTRICT)


def person(api: Api, role: str) -> SignedIn:
    return api.signed_in(role, home(role))


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


def ask(client: FlaskClient, rule: str, path: str, found: Row, headers: dict[str, str]) -> TestResponse:
    if rule.startswith("GET "):
        return client.get(path, headers=headers)
    return client.post(path, json=found.body, headers=headers)


def is_refused(answer: TestResponse) -> bool:
    assert answer.status_code < 500, (answer.request.path, answer.get_data(as_text=True))
    return answer.status_code in (401, 403)


def wrong(
    rows: Iterable[tuple[str, Row]], expected: Callable[[Row], bool], asked: Callable[[str, Row], TestResponse]
) -> list[str]:
    """The rows whose answer is not what the table says."""
    found = []
    for rule, one in rows:
        answer = asked(rule, one)
        if is_refused(answer) == expected(one):
            found.append(f"{rule}: {answer.status_code}")
    return found


# -- the tables are complete


def test_every_rule_of_the_server_has_a_row(application):
    rules = {
        f"{method} {rule.rule}"
        for rule in application.server.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert sorted(rules - set(ROWS)) == []
    assert sorted(set(ROWS) - rules) == []


def test_every_published_endpoint_has_a_row():
    known = {_bare(rule) for rule in ROWS}
    published = {f"{e.method.upper()} /api/v1{e.path}".replace("{", "<").replace("}", ">") for e in ENDPOINTS}
    missing = {rule for rule in published if _bare(rule) not in known and not _is_choice(rule, known)}
    assert sorted(missing) == []


def _bare(rule: str) -> str:
    """The rule without the kinds of what stands in it."""
    out, inside = "", ""
    for part in rule.split("<"):
        if ">" in part:
            inside, _, rest = part.partition(">")
            out += f"<{inside.rpartition(':')[2]}>{rest}"
        else:
            out += part
    return out


def _is_choice(rule: str, known: set[str]) -> bool:
    """Whether the last part of a rule is one of several that share a row."""
    above = rule.rpartition("/")[0]
    return any(other.rpartition("/")[0] == above and other.endswith(">") for other in known)


def test_every_page_has_a_row(application):
    import dash

    assert set(PAGE_ROWS) == set(PAGES)
    shown = {
        p["relative_path"].strip("/") or "overview" for p in dash.page_registry.values() if "404" not in p["path"]
    }
    assert shown <= set(PAGES)
    assert set(whole.PAGES) <= set(PAGES)


def test_every_callback_has_a_row(application):
    application.server.test_client().get("/healthz")
    assert set(application.callback_map) == set(CALLBACK_ROWS)


# -- everybody against every rule


@pytest.mark.parametrize("role", sorted(PEOPLE))
def test_a_signed_in_person_may_exactly_what_the_table_says(place: World, api: Api, role: str):
    browser = person(api, role)
    headers = {"X-CSRFToken": form_token(browser.client)}
    rows = [(rule, one) for rule, one in ROWS.items() if rule not in APART]
    said = wrong(
        rows,
        lambda one: one.may == OPEN or role in one.may,
        lambda rule, one: ask(browser.client, rule, address(api, rule, one, role), one, headers),
    )
    assert said == []


@pytest.mark.parametrize("role", [role.value for role in TOKEN_ROLES])
def test_a_token_may_what_its_role_may_and_opens_no_page(place: World, api: Api, role: str):
    headers = {"Authorization": f"Bearer {place.token(role, home(role))}"}
    client = api.client.application.test_client()
    rows = [(rule, one) for rule, one in ROWS.items() if rule.partition(" ")[2].startswith("/api/v1")]
    said = wrong(
        rows,
        lambda one: one.may == OPEN or (one.tokens and role in one.may),
        lambda rule, one: ask(client, rule, address(api, rule, one, role), one, headers),
    )
    assert said == []
    others = [(rule, one) for rule, one in ROWS.items() if "/api/" not in rule and rule != "POST /login"]
    said = wrong(
        others,
        lambda one: one.may == OPEN,
        lambda rule, one: ask(client, rule, address(api, rule, one, role), one, headers),
    )
    assert said == []


def test_who_is_not_signed_in_gets_nothing_but_what_tells_nothing(place: World, api: Api):
    client = api.client.application.test_client()
    token = form_token(client)
    said = wrong(
        [(rule, one) for rule, one in ROWS.items() if rule != "POST /login"],
        lambda one: one.may == OPEN,
        lambda rule, one: ask(client, rule, address(api, rule, one, DISTRICT_), one, {"X-CSRFToken": token}),
    )
    assert said == []


def test_a_one_time_password_opens_its_own_change_and_nothing_else(place: World, api: Api):
    with place.database.write() as session:
        _, password = accounts.create(
            session, login="fresh", role=Role.DISTRICT, place=DISTRICT, campaign_id=place.id, now=system_clock(),
            actor="operator",
        )  # fmt: skip
    browser = SignedIn(api.client.application.test_client(), "fresh", password)
    assert browser.answer.location == "/password"
    headers = {"X-CSRFToken": form_token(browser.client)}
    own = ("GET /password", "POST /password")
    said = wrong(
        [(rule, one) for rule, one in ROWS.items() if rule not in APART],
        lambda one: one.may == OPEN or any(ROWS[rule] is one for rule in own),
        lambda rule, one: ask(browser.client, rule, address(api, rule, one, DISTRICT_), one, headers),
    )
    assert said == []


# -- everybody against every page


def content(browser: SignedIn, world: World, path: str, language: str = "zh") -> TestResponse:
    """The page at `path` as Dash draws it."""
    key = ".._pages_content.children..._pages_store.data.."
    body = {
        "output": key,
        "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": path},
            {"id": "_pages_location", "property": "search", "value": f"?campaign={world.id}&lang={language}"},
        ],
        "changedPropIds": ["_pages_location.pathname"],
        "parsedChangedPropsIds": ["_pages_location.pathname"],
    }
    return browser.post("/_dash-update-component", body)


@pytest.mark.parametrize("role", sorted(PEOPLE))
def test_a_page_shows_itself_or_who_can_open_it(place: World, api: Api, role: str):
    browser = person(api, role)
    refusal = text("zh", "state.forbidden")
    shown = set()
    for slug in PAGE_ROWS:
        answer = content(browser, place, "/" if slug == "overview" else f"/{slug}")
        assert answer.status_code == 200, slug
        if refusal not in json.dumps(answer.json, ensure_ascii=False):
            shown.add(slug)
    assert shown == {slug for slug, may in PAGE_ROWS.items() if role in may}


@pytest.mark.parametrize("role", sorted(PEOPLE))
def test_the_picture_of_a_page_is_for_who_may_see_the_page(place: World, api: Api, role: str):
    browser = person(api, role)
    for slug in {**whole.PAGES, **passport.PAGES}:
        may = PAGE_ROWS.get(slug)
        if may is None:
            continue
        path = f"/snapshots/{place.id}/{slug}/{'S1' if role == LAB else home(role)}/zh/1-27000000"
        answer = browser.get(path)
        # A laboratory has no place, so there is no picture of it.
        assert is_refused(answer) == (role not in may or role == LAB), slug


# -- everybody against every callback


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


@pytest.mark.parametrize("role", sorted(PEOPLE))
def test_a_callback_is_for_who_may_call_it(place: World, api: Api, role: str):
    browser = person(api, role)
    for key, call in CALLS.items():
        body = json.loads(json.dumps({"output": key, **call}).replace("<campaign>", place.id))
        answer = browser.post("/_dash-update-component", body)
        assert is_refused(answer) == (role not in CALLBACK_ROWS[key]), key


# -- another place's data


OTHER = {"site": ("S2", "S4", OTHER_TOWN, TOWN, DISTRICT), "town": ("S4", OTHER_TOWN, DISTRICT)}
"""Places that are not one's own, by role."""


@pytest.mark.parametrize("role", sorted(OTHER))
def test_another_places_data_is_never_served(place: World, api: Api, role: str):
    for site in ("S1", "S2", "S4"):
        assert place.send(row(site, 8, 5)).accepted == 1
    browser = person(api, role)
    inside = f"/api/v1/campaigns/{place.id}"
    addresses = [
        f"/snapshots/{place.id}/{{slug}}/{{place}}/zh/1-27000000", f"/export/{place.id}/{{place}}.csv",
        f"/passports/{place.id}/persons/{{place}}/zh/1-27000000", f"/map-sites/{place.id}/{{place}}/zh/1-27000000",
        *(f"{inside}/{name}?scope={{place}}" for name in ("places", "summary", "hourly", "duty", "reports",
                                                          "upper-figures", "bulletins", "bulletins/templates",
                                                          "contacts", "reminders", "sources")),
        f"{inside}/reports?site={{place}}", f"{inside}/clerk?site={{place}}",
    ]  # fmt: skip
    for other in OTHER[role]:
        for path in addresses:
            for slug in whole.PAGES if "{slug}" in path else ("",):
                answer = browser.get(path.format(place=other, slug=slug))
                assert answer.status_code in (403, 404), (path, other, slug)
                assert '"persons"' not in answer.get_data(as_text=True)


@pytest.mark.parametrize("role", sorted(OTHER))
def test_another_places_data_is_never_written(place: World, api: Api, role: str):
    browser = person(api, role)
    inside = f"/api/v1/campaigns/{place.id}"
    for other in ("S4",) if role == "town" else ("S2", "S4"):
        sent = browser.post(f"{inside}/reports", {"reports": [row(other, 8, 5)]})
        assert sent.json["accepted"] == 0
        assert sent.json["rejected"][0]["code"] == "out_of_scope"
    assert place.persons() == place.persons("S5")


def test_lists_hold_the_own_place_and_what_lies_below(place: World, api: Api):
    for site in ("S1", "S4"):
        place.send(row(site, 8, 5))
    town = person(api, TOWN_)
    inside = f"/api/v1/campaigns/{place.id}"
    assert {p["code"] for p in town.get(f"{inside}/places").json} == {TOWN, "S1", "S2", "S3"}
    assert {r["site"] for r in town.get(f"{inside}/reports").json} == {"S1"}
    assert {s["site"] for s in town.get(f"{inside}/duty").json["sites"]} == {"S1", "S2", "S3"}


def test_another_campaigns_people_are_strangers(place: World, api: Api, database, clock):
    from kit import make_world

    other = make_world(database, clock)
    other.account("elsewhere", Role.DISTRICT, DISTRICT)
    browser = SignedIn(api.client.application.test_client(), "elsewhere", PASSWORD)
    inside = (f"/api/v1/campaigns/{place.id}/summary", f"/live/{place.id}", f"/export/{place.id}/{DISTRICT}.csv")
    for path in (*inside, f"/snapshots/{place.id}/overview/{DISTRICT}/zh/1-27000000"):
        assert browser.get(path).status_code == 403, path
    assert [c["id"] for c in browser.get("/api/v1/campaigns").json] == [other.id]
