"""The gate before everything: who comes in, which writes are refused, what every answer tells the browser."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import DISTRICT, PASSWORD, Api, SignedIn, assert_problem, form_token, row
from rights_table import ROWS, Row, address

import config
from api import gate, sign_in
from app import create_app

PAGES = ("/", "/sites", "/findings", "/import", "/users", "/audit", "/nothing")
INSIDE = ("/live/{id}", "/snapshots/{id}/overview/440607/zh/1-1", "/export/{id}/440607.csv", "/_dash-layout",
          "/_dash-dependencies", "/panels/{id}/users", "/audit/{id}.csv")  # fmt: skip
OPEN = ("/healthz", "/readyz", "/api/v1/openapi.json", "/api/v1/", "/login", "/clerk", "/assets/head/theme.js")

FOREIGN = ("https://evil.example/x", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
           "/\n/evil.example", "///evil.example", "http:evil.example", "javascript:alert(1)", "data:text/html,x",
           "/%5cevil.example\\", "https:/evil.example", "evil.example", " //evil.example", "/\x00/evil")  # fmt: skip


# -- nobody comes in without a name


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_sent_to_sign_in_and_back_where_he_wanted(api: Api, page: str):
    answer = api.client.get(f"{page}?campaign=x&lang=en", headers={"Accept": "text/html"})
    assert answer.status_code == 302
    assert answer.location.startswith("/login?next=")
    assert "campaign" in answer.location


@pytest.mark.parametrize("path", INSIDE)
def test_a_strangers_script_is_told_so(api: Api, path: str):
    assert_problem(api.client.get(path.format(id=api.world.id)), 401)


@pytest.mark.parametrize(
    "path", ["/healthzz", "/readyz/x", "/healthz/../", "/loginx", "/clerkx", "//healthz", "/HEALTHZ"]
)
def test_a_path_that_only_begins_like_an_open_one_shows_no_page(api: Api, path: str):
    assert api.client.get(path).status_code in (302, 308, 401, 404)


def test_what_tells_nothing_is_open_to_everybody(api: Api):
    for path in OPEN:
        answer = api.client.get(path, headers={"Host": "district.example", "X-Forwarded-For": "10.0.0.9"})
        assert answer.status_code == 200, path
    assert api.client.get("/healthz").get_data() == b"OK"


def test_not_ready_without_a_database_but_alive(api: Api, monkeypatch):
    monkeypatch.setattr(type(api.world.database), "answers", lambda self: False)
    assert api.client.get("/readyz").status_code == 503
    assert api.client.get("/healthz").status_code == 200


# -- where one goes after signing in


@pytest.mark.parametrize("wanted", FOREIGN)
def test_no_address_leads_outside_after_signing_in(api: Api, wanted: str):
    login = api.world.account("somebody", "district", DISTRICT)
    client = api.client.application.test_client()
    form = {"csrf_token": form_token(client), "login": login, "password": PASSWORD, "next": wanted}
    answer = client.post("/login", data=form)
    assert (answer.status_code, answer.location) == (302, "/")


def test_a_wanted_page_of_ours_is_opened(api: Api):
    login = api.world.account("somebody", "district", DISTRICT)
    client = api.client.application.test_client()
    form = {"csrf_token": form_token(client), "login": login, "password": PASSWORD}
    answer = client.post("/login", data={**form, "next": "/sites?campaign=x&lang=en"})
    assert answer.location == "/sites?campaign=x&lang=en"


@given(wanted=st.text(st.sampled_from("/\\\t\n\r :.@%aevil"), max_size=12))
@settings(max_examples=300)
def test_whatever_is_wanted_stays_on_this_server(wanted: str):
    from flask import Flask

    with Flask("x").test_request_context("/login", query_string={"next": wanted}):
        path = sign_in._next("/start")
    assert path == "/start" or re.match(r"/(?![/\\])", path)
    assert not re.search(r"[\\\s]", path.replace(" ", ""))


# -- writes of another site's making


def unsafe() -> list[tuple[str, Row]]:
    """All writes but a briefing screen's, which has no session anybody could misuse (test_screen_joining.py)."""
    return [(rule, one) for rule, one in ROWS.items() if rule.startswith("POST ") and "/screen/" not in rule]


def test_every_write_without_our_token_is_refused(api: Api):
    api.world.send(row("S1", 8, 5))
    victim, other = api.signed_in("district"), api.signed_in("town")
    wrong = {
        "missing": {},
        "wrong": {"X-CSRFToken": "x" * 90},
        "another's": {"X-CSRFToken": form_token(other.client)},
    }
    before = (api.world.revision(), len(api.world.audits()))
    for rule, one in unsafe():
        path = address(api, rule, one, "district")
        for name, headers in wrong.items():
            answer = victim.client.post(path, json=one.body, headers=headers)
            assert answer.status_code == 403, (rule, name)
            assert_problem(answer, 403)
            foreign = {**headers, "Origin": "https://evil.example", "Referer": "https://evil.example/"}
            assert victim.client.post(path, data={"x": "y"}, headers=foreign).status_code == 403, (rule, name)
    assert (api.world.revision(), len(api.world.audits())) == before
    assert victim.get("/api/v1/me").status_code == 200


def test_a_write_with_our_token_goes_in(api: Api):
    sent = api.signed_in("district").post(f"/api/v1/campaigns/{api.world.id}/reports", {"reports": [row("S1", 8, 5)]})
    assert sent.json["accepted"] == 1


def test_signing_in_needs_the_form_it_was_given(api: Api):
    login = api.world.account("somebody", "district", DISTRICT)
    client = api.client.application.test_client()
    assert client.post("/login", data={"login": login, "password": PASSWORD}).status_code == 403
    form_token(client)
    answer = client.post("/login", data={"login": login, "password": PASSWORD, "csrf_token": "x"})
    assert answer.status_code == 403
    assert client.get("/api/v1/me").status_code == 401


def test_a_token_needs_no_form_and_lends_nothing_to_the_browser_that_sends_it(api: Api):
    town = api.signed_in("town")
    headers = {"Authorization": "Bearer scc_nothing"}
    body = {"reports": [row("S1", 8, 5)]}
    assert_problem(town.client.post(f"/api/v1/campaigns/{api.world.id}/reports", json=body, headers=headers), 401)


# -- what every answer tells the browser


def assert_headers(answer, where: str) -> None:
    found = answer.headers
    policy = dict(part.strip().partition(" ")[::2] for part in found["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'", where
    assert "'unsafe-inline'" not in policy["script-src"], where
    assert "'unsafe-eval'" not in policy["script-src"], where
    assert policy["style-src"] == "'self' 'unsafe-inline'", where
    assert [name for name, value in policy.items() if "unsafe" in value] == ["style-src"], where
    assert not re.search(r"https?:|\*", found["Content-Security-Policy"]), where
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'", where
    assert policy["form-action"] == "'self'", where
    assert found["X-Frame-Options"] == "DENY", where
    assert found["X-Content-Type-Options"] == "nosniff", where
    assert found["Referrer-Policy"] == "same-origin", where


def test_every_answer_has_the_headers_whoever_asks(api: Api):
    stranger, district = api.client.application.test_client(), api.signed_in("district")
    for rule, one in ROWS.items():
        path = address(api, rule, one, "district")
        ask = "get" if rule.startswith("GET ") else "post"
        for who, client in (("stranger", stranger), ("district", district.client)):
            assert_headers(getattr(client, ask)(path), f"{rule} {who}")
    for status, path in ((404, "/api/v1/nothing"), (405, "/api/v1/me"), (404, "/assets/nothing.js")):
        answer = stranger.post(path) if status == 405 else stranger.get(path)
        assert_headers(answer, path)


def test_nothing_of_the_page_needs_more_than_the_policy_gives(api: Api):
    district = api.signed_in("district")
    for path in ("/", "/login", "/password", "/clerk"):
        client = api.client.application.test_client() if path == "/login" else district.client
        page = client.get(path, headers={"Accept": "text/html"}).get_data(as_text=True)
        assert not re.search(r"<[a-z][^>]*\son[a-z]+\s*=", page), path
        assert not re.search(r'(src|href)="https?://', page), path


def test_what_belongs_to_a_person_is_not_kept_by_a_cache(api: Api):
    district = api.signed_in("district")
    for path in (
        "/",
        "/api/v1/me",
        f"/api/v1/campaigns/{api.world.id}/summary",
        f"/live/{api.world.id}",
        "/password",
    ):
        assert "no-store" in district.get(path).headers["Cache-Control"], path
    assert "no-store" in api.client.get("/login").headers["Cache-Control"]


def test_cookies_are_out_of_the_reach_of_scripts_and_other_sites(api: Api):
    district = api.signed_in("district")
    session = next(c for c in district.answer.headers.getlist("Set-Cookie") if c.startswith("session="))
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    assert "Path=/" in session
    page = district.get("/", headers={"Accept": "text/html"})
    (token,) = [c for c in page.headers.getlist("Set-Cookie") if c.startswith("csrf_token=")]
    assert "SameSite=Lax" in token


def test_over_https_cookies_never_travel_in_the_clear(world):
    made = create_app(config.load({"SECRET_KEY": "x" * 32, "HTTPS": "1"}), world.database, world.clock)
    client = made.server.test_client()
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.0.0.7", "Host": "district.example"}
    answer = client.get("/login", headers=headers)
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert all("Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie"))
    found = re.search(r'name="csrf_token" value="([^"]+)"', answer.get_data(as_text=True))
    login = world.account("somebody", "district", DISTRICT)
    form = {"csrf_token": found[1], "login": login, "password": PASSWORD}
    same = {"Referer": "https://district.example/login"}
    sent = client.post("/login", data=form, headers={**headers, **same}, base_url="https://district.example")
    assert sent.status_code == 302
    assert all("Secure" in cookie for cookie in sent.headers.getlist("Set-Cookie"))


# -- too many requests


def test_too_many_sign_ins_from_one_address_are_told_when_to_come_again(world, monkeypatch):
    monkeypatch.setattr(sign_in, "PER_ADDRESS", "3/minute")
    made = create_app(config.load({"SECRET_KEY": "x" * 32}), world.database, world.clock)
    client = made.server.test_client()
    token = form_token(client)
    for _ in range(3):
        assert client.post("/login", data={"csrf_token": token, "login": "x", "password": "y"}).status_code == 401
    answer = client.post("/login", data={"csrf_token": token, "login": "x", "password": "y"})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert "请过半分钟再试" in answer.get_data(as_text=True)
    elsewhere = client.post(
        "/login", data={"csrf_token": token, "login": "x", "password": "y"}, environ_base={"REMOTE_ADDR": "10.0.0.9"}
    )
    assert elsewhere.status_code == 401


def test_too_many_requests_of_one_caller_are_a_problem_with_a_time(world, monkeypatch):
    monkeypatch.setattr(gate, "PER_CALLER", "3/minute")
    made = create_app(config.load({"SECRET_KEY": "x" * 32}), world.database, world.clock)
    client = made.server.test_client()
    one, other = ({"Authorization": f"Bearer {world.token('district', DISTRICT)}"} for _ in range(2))
    path = f"/api/v1/campaigns/{world.id}/summary"
    for _ in range(3):
        assert client.get(path, headers=one).status_code == 200
    refused = client.get(path, headers=one)
    assert_problem(refused, 429)
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert client.get(path, headers=other).status_code == 200


def test_whoever_guesses_tokens_is_counted_by_address(world, monkeypatch):
    monkeypatch.setattr(gate, "PER_STRANGER", "3/minute")
    made = create_app(config.load({"SECRET_KEY": "x" * 32}), world.database, world.clock)
    client = made.server.test_client()
    path = f"/api/v1/campaigns/{world.id}/summary"
    for n in range(3):
        assert client.get(path, headers={"Authorization": f"Bearer scc_{n}"}).status_code == 401
    assert client.get(path, headers={"Authorization": "Bearer scc_again"}).status_code == 429
    known = {"Authorization": f"Bearer {world.token('district', DISTRICT)}"}
    assert client.get(path, headers=known, environ_base={"REMOTE_ADDR": "10.0.0.9"}).status_code == 200


def test_a_browser_of_a_signed_in_person_is_remembered_by_its_session(api: Api):
    client = api.client.application.test_client()
    person = SignedIn(client, api.world.account("somebody", "district", DISTRICT))
    assert person.get("/api/v1/me").json == {
        "login": "somebody", "name": "somebody", "role": "district", "place": DISTRICT, "campaign": api.world.id,
    }  # fmt: skip
