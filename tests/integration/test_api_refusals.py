"""What the REST contract refuses, asked over HTTP: who may not ask, and what cannot be read."""

import gzip
import itertools

import orjson
import pytest
from kit import DISTRICT, OTHER_TOWN, TOWN, Api, assert_problem, iso, make_world, rejected, report, row

from data import tokens
from domain.permissions import Role

WHO = ("reader", "site", "town", "district", "lab:LAB-A", "gateway")

READING = ("places", "revision", "summary", "hourly", "duty", "reports")


@pytest.fixture
def with_lab(api: Api) -> Api:
    api.world.set_places({"site": "S1", "town": TOWN, "district": DISTRICT, "lab": "LAB-A"})
    return api


# -- who may ask what


def test_every_role_reads_its_place_and_a_laboratory_has_none(with_lab: Api):
    for who in WHO:
        for path in READING:
            answer = with_lab.get(path, who)
            if who.startswith("lab"):
                assert_problem(answer, 403)
            else:
                assert answer.status_code == 200, (who, path)
        assert with_lab.get("/api/v1/campaigns", who).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "allowed"),
    [
        ("reports", report(), {"site", "town", "district", "gateway"}),
        ("reports/verify", {"keys": ["S1/8"]}, {"town", "district"}),
        ("reports/return", {"keys": ["S1/8"], "reason": "outlier"}, {"town", "district"}),
        ("reports/undo", {"keys": ["S1/8"], "revision": 1}, {"town", "district"}),
    ],
)
def test_only_the_contracts_roles_write(with_lab: Api, path, body, allowed):
    for who in WHO:
        answer = with_lab.post(path, body, who)
        if who.partition(":")[0] in allowed:
            assert answer.status_code == 200, who
        else:
            assert_problem(answer, 403)


ENDPOINTS = [("get", path) for path in READING] + [
    ("post", "reports"), ("post", "reports/verify"), ("post", "reports/return"),
    ("post", "reports/undo"),
]  # fmt: skip


def test_no_token_a_wrong_one_a_revoked_one_is_401(api: Api):
    with api.world.database.write() as session:
        secret = tokens.create(session, Role.DISTRICT, DISTRICT, api.world.id, api.world.clock())
        tokens.revoke(session, tokens.every(session)[0].id, api.world.clock())
    wrong = (None, "", "Bearer", "Bearer ", "Bearer nonsense", f"Basic {secret}", f"Bearer {secret}", secret)
    for (method, path), authorization in itertools.product(ENDPOINTS, wrong):
        headers = {"Authorization": authorization} if authorization is not None else {}
        answer = getattr(api.client, method)(api.address(path), headers=headers)
        assert_problem(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_unknown_campaign_is_404_and_a_token_of_another_403(api: Api, database, clock):
    other = make_world(database, clock)
    for path in READING:
        assert_problem(api.get(f"/api/v1/campaigns/nothing/{path}"), 404)
        assert_problem(api.get(f"/api/v1/campaigns/{other.id}/{path}"), 403)
    assert_problem(api.post("/api/v1/campaigns/nothing/reports", report()), 404)
    assert_problem(api.post(f"/api/v1/campaigns/{other.id}/reports", report()), 403)
    assert other.persons() == 0


def test_a_token_for_every_campaign_sees_those_that_have_its_place(api: Api, database, clock):
    other = make_world(database, clock)
    make_world(database, clock, rows=({"site": "X", "town": "T", "district": "D"},))
    secret = api.world.token("town", TOWN, campaign=None)
    headers = {"Authorization": f"Bearer {secret}"}
    listed = api.client.get("/api/v1/campaigns", headers=headers).json
    assert {c["id"] for c in listed} == {api.world.id, other.id}
    assert api.client.get(f"/api/v1/campaigns/{other.id}/summary", headers=headers).json["scope"] == TOWN


def test_a_laboratory_sees_only_campaigns_it_serves(with_lab: Api, database, clock):
    make_world(database, clock)
    secret = with_lab.world.token("lab", "LAB-A", campaign=None)
    listed = with_lab.client.get("/api/v1/campaigns", headers={"Authorization": f"Bearer {secret}"}).json
    assert [c["id"] for c in listed] == [with_lab.world.id]


@pytest.mark.parametrize("path", ["places", "summary", "hourly", "duty"])
def test_a_scope_outside_is_403_and_an_unknown_one_404(api: Api, path):
    assert api.get(f"{path}?scope=S1", "town").status_code == 200
    assert_problem(api.get(f"{path}?scope={OTHER_TOWN}", "town"), 403)
    assert_problem(api.get(f"{path}?scope={DISTRICT}", "town"), 403)
    assert_problem(api.get(f"{path}?scope=nowhere", "town"), 404)
    assert_problem(api.get(f"{path}?scope=", "town"), 404)


def test_the_scope_of_reports_is_a_site_or_town(api: Api):
    assert api.get("reports?site=S1", "town").status_code == 200
    assert_problem(api.get("reports?site=S4", "town"), 403)
    assert_problem(api.get(f"reports?town={OTHER_TOWN}", "town"), 403)
    assert_problem(api.get("reports?site=nowhere", "town"), 404)


def test_a_row_outside_is_refused_by_itself(api: Api):
    answer = api.post("reports", {"reports": [row("S4", 8, 1), row("S1", 8, 2), row("S9", 8, 3)]}, "town")
    assert rejected(answer) == [(0, "site", "out_of_scope"), (2, "site", "unknown_site")]
    assert answer.json["accepted"] == 1
    assert rejected(api.post("reports", report("S2"), "site")) == [(0, "site", "out_of_scope")]


# -- what cannot be read


UNREADABLE = (
    b"", b"{", b"nonsense", b"[1", b"\xff\xfe", b'{"reports": [NaN]}', b"[" * 5000, b"null", b"[]", b"5", b'"x"',
    b"{}", b'{"reports": null, "keys": null}', b'{"reports": {}, "keys": {}}', b'{"reports": "x", "keys": "x"}',
    b'{"keys": [1], "reports": 1}', gzip.compress(b'{"reports": []}'),
)  # fmt: skip


@pytest.mark.parametrize("path", ["reports", "reports/verify", "reports/return", "reports/undo"])
def test_a_body_that_cannot_be_read_is_400(api: Api, path):
    for body in UNREADABLE:
        assert_problem(api.post(path, body), 400)


def test_a_body_over_the_limit_is_413(api: Api):
    api.client.application.config["MAX_CONTENT_LENGTH"] = 1000
    assert_problem(api.post("reports", report(note="x" * 1000)), 413)
    assert_problem(api.post("reports/verify", {"keys": ["x" * 1000]}), 413)


VALUES = ([], [1], {}, {"n": 1}, True, False, 10**18, 1e300, -1, 0.5, "5", "x", "", None)


@pytest.mark.parametrize(
    "field", ["persons", "tubes", "hours", "key", "site", "hour", "note", "correction_of", "pool_size"]
)
def test_no_value_of_any_field_breaks_a_batch(api: Api, field):
    for i, value in enumerate(VALUES):
        rows = [row("S1", 8, 10, key=f"k{i}") | {field: value}, row("S4", iso(i - 4), i, key=f"good{i}")]
        answer = api.post("reports", {"reports": rows})
        assert answer.status_code == 200, value
        body = answer.json
        assert body["accepted"] + body["unchanged"] + len(body["rejected"]) == 2, value
        assert [r["index"] for r in body["rejected"]] in ([], [0]), value
    assert api.world.persons(OTHER_TOWN) == sum(range(len(VALUES)))
    api.world.check()


def test_numbers_beyond_every_size_are_refused_by_themselves(api: Api):
    body = orjson.dumps({"reports": [row("S1", 8, 12345), row("S4", 8, 5)]}).replace(b"12345", b"1" + b"0" * 30)
    answer = api.post("reports", body)
    assert rejected(answer) == [(0, "persons", "too_large")]
    assert answer.json["accepted"] == 1


def test_rows_that_are_no_objects_are_refused_by_themselves(api: Api):
    answer = api.post("reports", {"reports": [None, 5, "x", [], row("S1", 8, 5)]})
    assert [code for *_, code in rejected(answer)] == ["bad_value"] * 4
    assert answer.json["accepted"] == 1


SENSELESS = (
    "places?level=street", "places?limit=0", "places?limit=x", "places?limit=10001", "places?limit=-1",
    "places?limit=%C2%B2", "places?limit=1e3", "reports?limit=0", "reports?cursor=x", "reports?cursor=-1",
    "reports?cursor=%C2%B2", "reports?cursor=99999999999999999999999", f"reports?cursor={'9' * 5000}",
    "reports?status=lost", "reports?hour=soon", "reports?hour=2021-06-06T08:00:00",
    "reports?hour=2021-06-06T08:30:00%2B08:00", "duty?hour=soon", "duty?hour=2021-06-06T08:00:00",
    "duty?hour=2021-06-07T08:00:00%2B08:00", "duty?hour=", "summary?as_of=soon", "summary?as_of=",
    "summary?as_of=2021-06-06T08:00:00", "hourly?as_of=soon", "duty?as_of=soon",
)  # fmt: skip


def test_a_senseless_parameter_is_400(api: Api):
    asked = {query: api.client.get(api.address(query), headers=api.headers("district")) for query in SENSELESS}
    assert {query[:60]: a.status_code for query, a in asked.items() if a.status_code != 400} == {}
    for answer in asked.values():
        assert_problem(answer, 400)


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v1/campaigns/x/nothing", "/api/v1/campaigns/x", "/api/v2/"]
)
def test_an_unknown_path_is_a_problem_404(api: Api, path):
    assert_problem(api.client.get(path), 404)


def test_a_wrong_method_is_a_problem_405(api: Api):
    for method, path in (("get", "reports/verify"), ("post", "summary"), ("delete", "reports"), ("put", "places")):
        assert_problem(getattr(api.client, method)(api.address(path)), 405)


def test_a_nul_in_any_text_is_no_internal_error(api: Api):
    api.post("reports", report())
    nul = "a\x00b"
    for path, body in (
        ("reports", report(key=nul)),
        ("reports", report(site=nul)),
        ("reports", report(note=nul)),
        ("reports/verify", {"keys": [nul]}),
        ("reports/return", {"keys": ["S1/8"], "reason": nul}),
        ("reports/return", {"keys": ["S1/8"], "reason": "outlier", "note": nul}),
    ):
        assert api.post(path, body).status_code in (200, 400), body
    for path in (
        "/api/v1/campaigns/a%00b/summary",
        api.address("summary?scope=a%00b"),
        api.address("places?cursor=a%00b"),
    ):
        assert api.client.get(path, headers=api.headers("district")).status_code in (200, 400, 404), path


@pytest.mark.parametrize("reason", [None, "", " ", 5, [], "x" * 65])
def test_reports_are_returned_only_with_a_reason(api: Api, reason):
    api.post("reports", report())
    assert_problem(api.post("reports/return", {"keys": ["S1/8"], "reason": reason}), 400)
    assert api.world.current()["S1/8"].status == "submitted"
