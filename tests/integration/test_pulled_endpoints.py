"""Endpoints as sources, against a real server on this machine that answers whatever a test wants."""

import gzip
import json
import logging
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from kit import World, iso
from pull_kit import Sources

from data.pull.asking import Failed, Surroundings


class Endpoint:
    """Another system. `answer` says what it answers to (path, query): status, headers, body."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.answer: Callable[[str, dict[str, str]], tuple[int, dict[str, str], bytes]] = lambda path, query: (
            200, {}, b"[]",
        )  # fmt: skip
        self.go_on = threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                endpoint.asked.append((parts.path, query, dict(self.headers)))
                status, headers, body = endpoint.answer(parts.path, query)
                try:
                    self.send_response(status)
                    for name, value in {"Content-Length": str(len(body)), **headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(body)
                except (BrokenPipeError, ConnectionResetError):
                    pass

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def rows(self, *rows: dict[str, object]) -> None:
        self.answer = lambda path, query: (200, {}, json.dumps(list(rows)).encode())

    def close(self) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.close()


@pytest.fixture
def sources(world: World, tmp_path: Path) -> Sources:
    return Sources(world, tmp_path, hosts=("127.0.0.1",), secrets={"SOURCE_TOKEN": "tok-9f3a"})


def hour(site: str, start: int, persons: int) -> dict[str, object]:
    return {"site": site, "hour": iso(start), "persons": persons, "tubes": -(-persons // 10)}


ALL = [hour(f"S{n}", h, 10 * n + h) for h in (7, 8, 9) for n in (1, 2, 4)]


def http(sources: Sources, endpoint: Endpoint, path: str = "/hours", **fields: object) -> int:
    return sources.define(**{"kind": "http", "address": endpoint.address + path, **fields})


def test_a_list_of_rows_is_taken_in(world: World, sources: Sources, endpoint: Endpoint):
    endpoint.rows(*ALL)
    run = sources.pull(http(sources, endpoint))
    assert (run.succeeded, run.rows, run.accepted) == (True, 9, 9)
    assert world.persons() == sum(int(str(row["persons"])) for row in ALL)
    world.check()


def test_rows_deep_in_an_answer_are_found_and_their_parts_are_columns(
    world: World, sources: Sources, endpoint: Endpoint
):
    rows = [{"point": {"code": "S1"}, "at": iso(8), "counts": {"people": 41, "tubes": 5}, "names": ["x"]}]
    endpoint.answer = lambda path, query: (200, {}, json.dumps({"data": {"items": rows}}).encode())
    mapping = '[columns]\nsite = "point.code"\nhour = "at"\npersons = "counts.people"\ntubes = "counts.tubes"'
    assert sources.pull(http(sources, endpoint, rows="data.items", mapping=mapping)).accepted == 1
    assert world.persons() == 41


@pytest.mark.parametrize("paging", ["page", "offset", "next", "cursor", "link"])
def test_every_page_is_asked_for(world: World, sources: Sources, endpoint: Endpoint, paging: str):
    size = 4

    def page(path: str, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        start = int(query.get("p", "1")) * size - size if paging in ("page", "link") else int(query.get("p", "0"))
        rows, after = ALL[start : start + size], start + size
        more = after < len(ALL)
        if paging == "next":
            body: object = {"rows": rows, "next": f"/hours?p={after}" if more else None}
        elif paging == "cursor":
            body = {"rows": rows, "next": after if more else ""}
        else:
            body = {"rows": rows}
        headers = {"Link": f'</hours?p={start // size + 2}>; rel="next"'} if paging == "link" and more else {}
        return 200, headers, json.dumps(body).encode()

    endpoint.answer = page
    said = {
        "page": {"paging": "page", "page_param": "p"},
        "offset": {"paging": "offset", "page_param": "p", "page_start": 0},
        "next": {"paging": "next", "next_path": "next"},
        "cursor": {"paging": "next", "next_path": "next", "page_param": "p"},
        "link": {"paging": "link"},
    }[paging]
    run = sources.pull(http(sources, endpoint, rows="rows", **said))
    assert (run.problem, run.rows, run.accepted) == (None, 9, 9)
    assert len(endpoint.asked) in (3, 4)


def test_a_row_that_slips_onto_the_next_page_counts_once(world: World, sources: Sources, endpoint: Endpoint):
    pages = {"1": ALL[:5], "2": ALL[4:]}
    endpoint.answer = lambda path, query: (200, {}, json.dumps(pages.get(query["p"], [])).encode())
    run = sources.pull(http(sources, endpoint, paging="page", page_param="p"))
    assert (run.rows, run.accepted, run.refused) == (9, 9, 0)


def test_a_server_that_answers_the_same_page_for_ever_is_found_out(sources: Sources, endpoint: Endpoint):
    endpoint.rows(*ALL)
    run = sources.pull(http(sources, endpoint, paging="page", page_param="p"))
    assert run.problem["code"] == "paging_repeats"
    assert len(endpoint.asked) == 2


def test_csv_is_read_like_a_file(world: World, sources: Sources, endpoint: Endpoint):
    body = f"采样点;时段;采样人数\nS1;{iso(8)};41\n".encode("gb18030")
    endpoint.answer = lambda path, query: (200, {"Content-Type": "text/csv"}, body)
    assert sources.pull(http(sources, endpoint, format="csv")).accepted == 1
    assert world.persons() == 41


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((500, {}, b"oops"), "http_status"),
        ((503, {"Retry-After": "120"}, b""), "http_status"),
        ((401, {}, b""), "http_status"),
        ((204, {}, b""), "http_status"),
        ((200, {}, b"<html>Sign in</html>"), "not_json"),
        ((200, {}, b""), "not_json"),
        ((200, {}, b'{"rows": 3}'), "no_rows_at"),
        ((200, {}, b'{"a": []}'), "no_rows_at"),
        ((200, {}, b"[1, 2]"), "rows_not_objects"),
        ((200, {}, b'[{"x": 1}]'), "unreadable"),
        ((302, {"Location": "file:///etc/passwd"}, b""), "redirect_refused"),
        ((302, {"Location": "gopher://127.0.0.1/"}, b""), "redirect_refused"),
        ((302, {"Location": "http://169.254.169.254/latest"}, b""), "host_refused"),
        ((302, {"Location": "/hours"}, b""), "too_many_redirects"),
        ((200, {"Content-Length": "99999"}, b"[]"), "unreachable"),
        ((200, {"Content-Encoding": "gzip"}, b"not gzip"), "unreachable"),
    ],
)  # fmt: skip
def test_a_bad_answer_lands_nothing_and_is_told(
    world: World, sources: Sources, endpoint: Endpoint, answer: tuple[int, dict[str, str], bytes], problem: str
):
    endpoint.answer = lambda path, query: answer
    mapping = '[columns]\nsite = "site"\nhour = "hour"\npersons = "persons"' if problem == "unreadable" else ""
    source = http(sources, endpoint, rows="rows" if b"rows" in answer[2] else "", mapping=mapping, timeout_seconds=3)
    run = sources.pull(source)
    assert run.problem is not None, run
    assert run.problem["code"] == problem
    assert not run.succeeded
    assert sources.row(source).failures == 1
    assert world.persons() == 0


def test_a_server_that_is_busy_is_asked_again_soon_and_one_that_refuses_at_its_turn(
    world: World, sources: Sources, endpoint: Endpoint
):
    source = http(sources, endpoint)
    waits = []
    for status, headers in ((500, {}), (500, {}), (500, {}), (503, {"Retry-After": "600"}), (403, {})):
        endpoint.answer = lambda path, query, s=status, h=headers: (s, h, b"")
        sources.pull(source)
        waits.append((sources.row(source).next_at - world.clock()).total_seconds())
    assert 15 <= waits[0] <= 30 <= waits[1] <= 60 <= waits[2] <= 120
    assert waits[3:] == [600, 35 * 60]
    endpoint.rows(*ALL)
    sources.pull(source)
    assert (sources.row(source).failures, sources.row(source).problem) == (0, None)


def test_a_server_that_does_not_answer_is_left_after_its_time(sources: Sources, endpoint: Endpoint):
    def never(path: str, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        endpoint.go_on.wait(20)
        return 200, {}, b"[]"

    endpoint.answer = never
    run = sources.pull(http(sources, endpoint, timeout_seconds=1))
    assert run.problem["code"] == "timeout"


def test_nobody_there(sources: Sources, endpoint: Endpoint):
    endpoint.close()
    source = sources.define(kind="http", address=endpoint.address)
    assert sources.pull(source).problem["code"] == "unreachable"


def test_a_huge_body_is_left_off_also_one_that_is_small_on_its_way(
    sources: Sources, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("data.pull.http.MAX_BYTES", 100_000)
    endpoint.answer = lambda path, query: (200, {}, b" " * 200_000)
    assert sources.pull(http(sources, endpoint)).problem["code"] == "too_large"
    bomb = gzip.compress(b" " * 5_000_000)
    assert len(bomb) < 10_000
    endpoint.answer = lambda path, query: (200, {"Content-Encoding": "gzip"}, bomb)
    assert sources.pull(http(sources, endpoint)).problem["code"] == "too_large"


def test_more_rows_than_allowed_land_nothing(world: World, sources: Sources, endpoint: Endpoint):
    endpoint.rows(*ALL)
    assert sources.pull(http(sources, endpoint, row_limit=8)).problem["code"] == "too_many_rows"
    assert world.persons() == 0


def test_a_redirect_to_another_place_of_the_same_server_is_followed(
    world: World, sources: Sources, endpoint: Endpoint
):
    def answer(path: str, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        if path == "/hours":
            return 307, {"Location": "/v2/hours"}, b""
        return 200, {}, json.dumps(ALL).encode()

    endpoint.answer = answer
    assert sources.pull(http(sources, endpoint)).accepted == 9


def test_secrets_go_to_the_source_and_to_nobody_it_points_to(sources: Sources, endpoint: Endpoint):
    other = Endpoint()
    try:
        endpoint.answer = lambda path, query: (302, {"Location": f"http://localhost:{other.port}/hours"}, b"")
        around = Surroundings(sources.around.folders, ("127.0.0.1", "localhost"), sources.around.secrets)
        sources.around = around
        headers = "Authorization: Bearer ${SOURCE_TOKEN}\nX-Unit: 440607"
        assert sources.pull(http(sources, endpoint, headers=headers)).succeeded
        assert endpoint.asked[0][2]["Authorization"] == "Bearer tok-9f3a"
        assert endpoint.asked[0][2]["X-Unit"] == "440607"
        assert {"Authorization", "X-Unit"} & set(other.asked[0][2]) == set()
        assert other.asked[0][2]["Host"] == f"localhost:{other.port}"
    finally:
        other.close()


def test_a_secret_nobody_set_is_asked_for_by_name(sources: Sources, endpoint: Endpoint):
    run = sources.pull(http(sources, endpoint, "/hours?key=${SOURCE_OTHER}"))
    assert run.problem == {"code": "missing_secret", "params": {"name": "SOURCE_OTHER"}}
    assert endpoint.asked == []


def test_no_secret_is_kept_shown_or_logged(
    world: World, sources: Sources, endpoint: Endpoint, api, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        caplog.set_level(logging.WARNING, name)  # as the worker sets them
    headers = "Authorization: Bearer ${SOURCE_TOKEN}"
    source = http(sources, endpoint, "/hours?key=${SOURCE_TOKEN}", headers=headers)
    endpoint.answer = lambda path, query: (500, {}, f"bad key {query['key']}".encode())
    sources.pull(source)
    endpoint.close()
    sources.pull(source)
    bad = sources.define(
        kind="sql", address="postgresql+psycopg://u:${SOURCE_TOKEN}@127.0.0.1:1/db", query="SELECT 1"
    )
    assert sources.pull(bad).problem["code"] == "sql_error"
    said = [caplog.text, *(str(audit.details) for audit in world.audits())]
    said += [str(run.problem) for number in (source, bad) for run in sources.runs(number)]
    said.append(api.get("sources").get_data(as_text=True))
    said.append(api.signed_in("district").get(f"/sources/{world.id}/form?source={source}").text)
    assert not [text for text in said if "tok-9f3a" in text]
    assert "${SOURCE_TOKEN}" in said[-1]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.1.2.3", "0.0.0.0", "::1", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1", "224.0.0.1"],
)
def test_this_machine_itself_is_not_asked_unless_it_is_named(address: str, monkeypatch: pytest.MonkeyPatch):
    found = [(0, 0, 0, "", ("10.0.0.1", 80)), (0, 0, 0, "", (address, 80))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    with pytest.raises(Failed, match="host_refused"):
        Surroundings().reachable("innocent.example", 80)
    with pytest.raises(Failed, match="host_refused"):
        Surroundings(hosts=("api.gov",)).reachable("innocent.example", 80)
    assert Surroundings(hosts=("innocent.example:80",)).reachable("innocent.example", 80) == "10.0.0.1"


def test_a_name_that_changes_its_meaning_is_asked_where_it_was_checked(
    world: World, sources: Sources, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
):
    """A name that means an allowed address when it is checked and another one a moment later."""
    import socket

    real, looked = socket.getaddrinfo, []

    def changing(host: str, port: int, *rest: object, **more: object) -> object:
        if host != "rebind.example":
            return real(host, port, *rest, **more)  # type: ignore[arg-type]
        looked.append(host)
        return real("127.0.0.1" if len(looked) == 1 else "127.0.0.2", port, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("socket.getaddrinfo", changing)
    sources.around = Surroundings(hosts=("rebind.example",))
    endpoint.rows(*ALL)
    run = sources.pull(sources.define(kind="http", address=f"http://rebind.example:{endpoint.port}/"))
    assert run.accepted == 9
    assert looked == ["rebind.example"]
    assert endpoint.asked[0][2]["Host"] == f"rebind.example:{endpoint.port}"
