import pytest
from kit import Api, assert_problem

PAGES = ("/", "/sites", "/findings", "/import", "/live/{id}", "/export/{id}/440607.csv", "/_dash-layout", "/nothing")
OPEN = ("/healthz", "/readyz", "/api/v1/openapi.json", "/api/v1/")


def pages(api: Api) -> list[str]:
    return [page.format(id=api.world.id) for page in PAGES]


def test_this_machine_sees_the_pages(api: Api):
    for page in pages(api):
        assert api.client.get(page).status_code in (200, 404), page
    assert api.client.get("/").status_code == 200
    for host in ("127.0.0.1:8050", "localhost:8050", "[::1]:8050"):
        assert api.client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "remote"),
    [
        ({}, "10.0.0.7"),
        ({}, "2001:db8::1"),
        ({}, "0.0.0.0"),
        ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1"),
        ({"Forwarded": "for=127.0.0.1"}, "127.0.0.1"),
        ({"X-Real-IP": "127.0.0.1"}, "127.0.0.1"),
        ({"Host": "evil.example"}, "127.0.0.1"),
        ({"Host": "evil.example:8050"}, "127.0.0.1"),
        ({"Host": "127.0.0.1.evil.example"}, "127.0.0.1"),
        ({"Origin": "http://evil.example"}, "127.0.0.1"),
        ({"Origin": "http://localhost.evil.example"}, "127.0.0.1"),
        ({"Origin": "null"}, "127.0.0.1"),
        ({"Host": "["}, "127.0.0.1"),
        ({"Host": "[::1"}, "127.0.0.1"),
    ],
)
def test_nobody_else_sees_a_page_or_writes_through_one(api: Api, headers, remote):
    for page in pages(api):
        answer = api.client.get(page, headers=headers, environ_base={"REMOTE_ADDR": remote})
        assert answer.status_code in (400, 403), page
    sent = api.client.post("/_dash-update-component", json={}, headers=headers, environ_base={"REMOTE_ADDR": remote})
    assert sent.status_code in (400, 403)


@pytest.mark.parametrize("path", ["/healthzz", "/readyz/x", "/healthz/../", "/api/v1/no/such/thing", "/assets/../"])
def test_a_path_that_only_begins_like_an_open_one_shows_no_page(api: Api, path):
    answer = api.client.get(path, environ_base={"REMOTE_ADDR": "10.0.0.7"})
    assert answer.status_code in (403, 404)


def test_interface_and_health_are_open_to_every_address(api: Api):
    for path in OPEN:
        answer = api.client.get(
            path,
            headers={"Host": "district.example", "X-Forwarded-For": "10.0.0.9", "Origin": "http://other.example"},
            environ_base={"REMOTE_ADDR": "10.0.0.7"},
        )
        assert answer.status_code == 200, path
    assert api.client.get("/healthz").get_data() == b"OK"
    answer = api.get("summary", environ_base={"REMOTE_ADDR": "10.0.0.7"})
    assert answer.status_code == 200
    assert_problem(api.get("summary", None, environ_base={"REMOTE_ADDR": "10.0.0.7"}), 401)


def test_a_page_of_ones_own_origin_may_write(api: Api):
    answer = api.client.get("/", headers={"Host": "localhost:8050", "Origin": "http://localhost:8050"})
    assert answer.status_code == 200


def test_not_ready_without_a_database_but_alive(api: Api, monkeypatch):
    monkeypatch.setattr(type(api.world.database), "answers", lambda self: False)
    assert api.client.get("/readyz").status_code == 503
    assert api.client.get("/healthz").status_code == 200
