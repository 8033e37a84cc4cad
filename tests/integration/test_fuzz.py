"""Whatever is sent to an endpoint of the published contract, by whoever: it answers, and as published."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from kit import DISTRICT, TOWN, Api, SetClock, SignedIn, at, form_token, make_world, row
from rights_table import CALLS, HOME, LAB_CODE, PEOPLE, ROWS, address
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import config
from api import gate, limits
from api.endpoints import ENDPOINTS, Endpoint
from app import create_app
from data.database import Database
from data.models import LabRow
from domain.permissions import TOKEN_ROLES

WHOLE = bool(os.environ.get("SOAK"))
EXAMPLES = 120 if WHOLE else 2
"""Requests to each endpoint."""

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

WORDS = (
    "S1", "S4", TOWN, DISTRICT, LAB_CODE, "", "中" * 40, "\u200b", "\x7f", "-1", "0", "1", "NaN", "9" * 30, "../..",
    "2021-06-06T08:00:00+08:00", "2021-06-06T14:00:00+08:00", "9999-12-31T23:59:59-23:59", "<script>", "%00", "=1+1",
    "0001-01-01T00:00:00+23:59", "third_copies_differ", "440607000001", "a" * 5000,
)  # fmt: skip
"""What stands where the contract says only that it is a text: names there are, and what nobody thinks of."""

NUMBERS = (0, 1, -1, 2**31, 2**53, 2**63, 10**30, 1e308, -0.0, 0.1)

INSIDE = "/campaigns/{campaign_id}"


class Crowd:
    """An application of its own, and what each caller's requests carry."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.contract = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", api.client.application)
        self.browsers: dict[str, SignedIn] = {}
        self.headers: dict[str, dict[str, str]] = {"nobody": {}}
        for role in sorted(PEOPLE):
            browser = api.signed_in(role, HOME.get(role, DISTRICT))
            cookie = browser.client.get_cookie("session")
            self.browsers[role] = browser
            self.headers[role] = {
                "Cookie": f"session={cookie.value}", "X-CSRFToken": form_token(browser.client),
                "Referer": "http://localhost/",
            }  # fmt: skip
        for role in TOKEN_ROLES:
            secret = api.world.token(role, HOME.get(role.value, DISTRICT))
            self.headers[f"token {role.value}"] = {"Authorization": f"Bearer {secret}"}


@pytest.fixture(scope="module")
def crowd(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    database = Database(f"sqlite:///{shutil.copy(migrated_file, tmp_path_factory.mktemp('fuzz') / 'campaign.db')}")
    world = make_world(database, SetClock(at(10, 30)))
    with database.write() as session:
        session.add(LabRow(campaign_id=world.id, code=LAB_CODE, name="示范机构"))
    for site in ("S1", "S4"):
        assert world.send(row(site, 8, 5)).accepted == 1
    world.account("spare", "site", "S1")
    # One crowd asks more in a minute than people do.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "PER_READER", "1000000/minute")
        patch.setattr(gate, "PER_CALLER", "1000000/minute")
        made = create_app(config.load({"SECRET_KEY": "x" * 32}), database, world.clock)
    yield Crowd(Api(made.server.test_client(), world))
    database.engine.dispose()


@st.composite
def swapped(draw: st.DrawFn, value: Any) -> Any:
    """The value with some of its texts and numbers exchanged for known or odd ones."""
    if isinstance(value, dict):
        return {name: draw(swapped(inside)) for name, inside in list(value.items())[:60]}
    if isinstance(value, list):
        return [draw(swapped(inside)) for inside in value[:20]]
    if isinstance(value, str) and draw(st.booleans()):
        return draw(st.sampled_from(WORDS))
    if isinstance(value, int | float) and not isinstance(value, bool) and draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(NUMBERS))
    return value


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: f"{e.method} {e.path.removeprefix(INSIDE)}")
def test_an_endpoint_answers_anything_as_published(crowd: Crowd, endpoint: Endpoint):
    operation = crowd.contract[f"/api/v1{endpoint.path}"][endpoint.method]
    known = {"campaign_id": crowd.api.world.id, "number": 1, "login": "spare", "barcode": "440607000001"}

    @given(case=operation.as_strategy(), who=st.sampled_from(sorted(crowd.headers)), more=st.data())
    @settings(max_examples=EXAMPLES, derandomize=True, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck), deadline=None)  # fmt: skip
    def ask(case: schemathesis.Case, who: str, more: st.DataObject) -> None:
        for name in case.path_parameters:
            if more.draw(st.integers(0, 9)):
                case.path_parameters[name] = known[name]
        case.query = more.draw(swapped(case.query))
        if endpoint.body is not None:
            case.body = more.draw(swapped(case.body))
        case.headers.pop("Authorization", None)
        case.call_and_validate(headers=crowd.headers[who], checks=CHECKS)

    ask()


JSON = "application/json"
BODIES: dict[str, tuple[bytes, str]] = {
    "very deep": (b"[" * 100_000 + b"]" * 100_000, JSON),
    "deep": (b'{"reports":' * 900 + b"1" + b"}" * 900, JSON),
    "a large number": (b'{"number": 9223372036854775808, "id": 9223372036854775808, "screens": [1e18]}', JSON),
    "huge numbers": (b'{"number": 1e999, "revision": 1e400, "id": ' + b"9" * 4000 + b"}", JSON),
    "null": (b"null", JSON),
    "other kinds": (b'{"key": [], "site": {}, "name": 1, "login": [], "number": "1", "id": "1", "rows": {},'
                    b'"file": 1, "changes": [1], "reports": [1], "keys": [1], "screens": [[]], "modes": [1]}', JSON),
    "half a character": (b'{"key": "\\ud800", "output": "\\ud800"}', JSON),
    "a charset there is not": (b"{}", "application/json; charset=utf-99"),
    "a NUL": (b"\0", JSON),
    "half of one": (b'{"key": "a', JSON),
    "no UTF-8": (b'{"key": "\xff\xfe"}', JSON),
    "a word": (b'"x"', JSON),
    "a list of anything": (b"[null, 1, [], {}]", JSON),
    "NULs inside": (b'{"key": "a\\u0000", "site": "S1\\u0000", "login": "\\u0000", "number": 1, "id": 1}', JSON),
    "half a form": (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n', "multipart/form-data; boundary=x"),
}  # fmt: skip


def test_no_body_makes_the_server_stumble(crowd: Crowd):
    broken = []
    for rule, one in ROWS.items():
        if not rule.startswith("POST ") or rule == "POST /logout":
            continue
        role = next((role for role in ("district", "administrator", "leader") if role in one.may), "district")
        client, path = crowd.browsers[role].client, address(crowd.api, rule, one, role)
        headers = {"X-CSRFToken": crowd.headers[role]["X-CSRFToken"]}
        for name, (body, kind) in BODIES.items() if WHOLE else list(BODIES.items())[:8]:
            answer = client.post(path, data=body, content_type=kind, headers=headers)
            if answer.status_code >= 500:
                broken.append(f"{rule}: {name}: {answer.status_code}")
        for encoding in ("gzip", "br"):
            answer = client.post(path, data=b"{}", content_type=JSON,
                                 headers={**headers, "Content-Encoding": encoding})  # fmt: skip
            if answer.status_code >= 500:
                broken.append(f"{rule}: {encoding}: {answer.status_code}")
    assert broken == []


ODD = ("\u200b", "\udcff", "..", "-1", "9" * 20, "NaN", "' OR 1=1 --", "a" * 1000, "\r\nX: y", "\U0001f600", "%u1234")


def test_no_address_makes_the_server_stumble(crowd: Crowd):
    broken = []
    for rule, one in ROWS.items():
        if not rule.startswith("GET "):
            continue
        role = next((role for role in ("district", "administrator", "leader", "site") if role in one.may), "district")
        client, plain = crowd.browsers[role].client, address(crowd.api, rule, one, role).partition("?")[0]
        odd = [quote(value, errors="surrogateescape") for value in (ODD if WHOLE else ODD[:6])]
        paths = [plain.rpartition("/")[0] + f"/{value}" for value in odd]
        paths += [
            f"{plain}?{'&'.join(f'{name}={value}' for name in NAMES)}" for value in (odd if WHOLE else odd[3:5])
        ]
        for path in paths:
            if client.get(path).status_code >= 500:
                broken.append(path)
    assert broken == []


NAMES = ("scope", "as_of", "hour", "place", "site", "lab", "number", "id", "limit", "cursor", "barcode", "lang", "k")


@pytest.mark.parametrize("key", CALLS)
def test_no_value_makes_a_callback_stumble(crowd: Crowd, key: str):
    district = crowd.browsers["district"]
    whole = json.loads(json.dumps({"output": key, **CALLS[key]}).replace("<campaign>", crowd.api.world.id))
    assert district.post("/_dash-update-component", whole).status_code == 200
    for group in ("inputs", "state"):
        for index in range(len(whole[group])):
            for value in (None, True, 1e9, "x", "\0", [], {"campaign": 1, "language": "xx"}):
                body = json.loads(json.dumps(whole))
                body[group][index]["value"] = value
                answer = district.post("/_dash-update-component", body)
                assert answer.status_code < 500, (group, index, value)
    for name in ("outputs", "inputs", "state", "changedPropIds"):
        for value in (None, "x", [], {}, [None], [{}], [[]]):
            answer = district.post("/_dash-update-component", {**whole, name: value})
            assert answer.status_code < 500, (name, value)
