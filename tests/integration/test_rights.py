"""Everybody against everything: every rule of the server, every page and every callback has a row that says which
roles may. One that is new and has no row fails here: add one line to its table."""

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from kit import DISTRICT, OTHER_TOWN, PASSWORD, TOWN, Api, SignedIn, World, at, form_token, row
from rights_table import (
    APART,
    CALLBACK_ROWS,
    CALLS,
    DISTRICT_,
    LAB,
    LAB_CODE,
    OPEN,
    PAGE_ROWS,
    PEOPLE,
    ROWS,
    TOWN_,
    Row,
    address,
    home,
)
from werkzeug.test import TestResponse

import app as whole
from api.endpoints import ENDPOINTS
from data import accounts, bulletins
from data.models import LabRow
from domain.clock import system_clock
from domain.permissions import PAGES, TOKEN_ROLES, Caller, Role
from locales import text
from views import passport


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


def person(api: Api, role: str) -> SignedIn:
    return api.signed_in(role, home(role))


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
