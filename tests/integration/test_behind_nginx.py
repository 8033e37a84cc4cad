"""Production's nginx before the real server: what it keeps, what it refuses, what happens when the server goes."""

import json
import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path

import httpx
import nginx_kit
import pytest
from kit import DISTRICT, OTHER_TOWN, SITES, TOWN, SetClock, World, make_world, row
from nginx_kit import Site

from data.database import Database
from domain.clock import system_clock

pytestmark = [
    pytest.mark.skipif(bool(nginx_kit.missing()), reason=nginx_kit.missing()),
    pytest.mark.xdist_group("nginx"),
]


@pytest.fixture(scope="module")
def world(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    copy = tmp_path_factory.mktemp("behind") / "campaign.db"
    copy.write_bytes(migrated_file.read_bytes())
    database = Database(f"sqlite:///{copy}")
    made = make_world(database, SetClock(system_clock()), id="behind")
    made.send(*(row(site, 8, 10) for site in SITES))
    for login in ("desk", "desk2"):
        made.account(login, "district", DISTRICT)
    made.account("here", "town", TOWN)
    made.account("there", "town", OTHER_TOWN)
    yield made
    database.engine.dispose()


@pytest.fixture(scope="module")
def dark(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(world.database.engine.url.render_as_string(hide_password=False), tmp_path_factory.mktemp("nginx"))
    try:
        made.start()
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def site(dark: Site) -> Site:
    """With the first instance running."""
    if not dark.first.runs:
        dark.first.start()
    return dark


def picture(client: httpx.Client, world: World, place: str, page: str = "overview") -> str:
    """The address of the picture that is current."""
    head = client.get(f"/live/{world.id}").json()
    version = f"{head['revision']}-{head['minute']}"
    return f"/snapshots/{world.id}/{page}/{place}/zh/{version}?epoch={head['epoch']}"


def logged(site: Site, number: str) -> list[dict[str, object]]:
    """What the first instance wrote of this request: it does so when the answer has been given away."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        lines = [json.loads(line) for line in site.first.log.read_text().splitlines(True) if line.endswith("\n")]
        if found := [line for line in lines if line.get("request_id") == number]:
            return found
        time.sleep(0.02)
    raise AssertionError("the instance wrote no line")


def kept(site: Site, answer: httpx.Response) -> str:
    """What nginx says of its cache in the line of this answer: HIT, MISS, BYPASS, or nothing."""
    number = answer.headers["X-Request-ID"]
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for line in site.access.read_text().splitlines():
            if (said := json.loads(line))["request_id"] == number:
                return str(said["cache"])
        time.sleep(0.02)
    raise AssertionError("nginx wrote no line")


# -- the server is away, and comes


def test_while_no_instance_runs_it_says_so_and_with_the_first_pages_come_back(dark: Site, world: World):
    client = dark.client(headers={"Accept-Language": "en"})
    away = client.get("/api/v1/campaigns")
    assert (away.status_code, away.headers["Content-Type"]) == (503, "application/problem+json")
    assert away.headers["Retry-After"] == "5"
    assert away.json()["request_id"] == away.headers["X-Request-ID"]
    page = client.get("/sites", headers={"Accept": "text/html"})
    assert page.status_code == 503
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "nothing is lost" in page.text
    assert page.headers["X-Request-ID"] in page.text
    assert client.get("/assets/1-style/1-tokens.css").status_code == 200
    dark.first.start()
    client = dark.signed_in("desk")
    assert client.get(picture(client, world, DISTRICT), follow_redirects=True).status_code == 200


# -- coming in


def test_one_comes_in_over_tls_and_only_so(site: Site):
    client = site.signed_in("desk")
    assert {(cookie.name, cookie.secure) for cookie in client.cookies.jar} >= {("session", True)}
    page = client.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert page.headers.get_list("Strict-Transport-Security") == ["max-age=31536000; includeSubDomains"]
    plain = httpx.get(f"http://localhost:{site.plain}/sites?lang=en", trust_env=False)
    assert (plain.status_code, plain.headers["Location"]) == (301, "https://localhost/sites?lang=en")


def test_old_tls_and_other_names_are_refused(site: Site):
    trust = ssl.create_default_context(cafile=str(site.folder / "fullchain.pem"))
    trust.check_hostname = False
    with socket.create_connection(("127.0.0.1", site.tls)) as raw, pytest.raises(ssl.SSLError):
        trust.wrap_socket(raw, server_hostname="another.example")
    assert "Cipher is TLS_" not in handshake(site, "-tls1_1")
    assert "Cipher is TLS_" in handshake(site, "-tls1_3")


def handshake(site: Site, option: str) -> str:
    """What openssl says of a handshake with that version alone."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{site.tls}", "-servername", "localhost", option],
        input=b"", capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    return (done.stdout + done.stderr).decode(errors="replace")


# -- pictures


def test_a_kept_picture_goes_to_whoever_may_see_it_and_to_nobody_else(site: Site, world: World):
    first, second = site.signed_in("desk"), site.signed_in("desk2")
    here, there, stranger = site.signed_in("here"), site.signed_in("there"), site.client()
    address = picture(first, world, TOWN, "town")
    fetched = first.get(address)
    assert (fetched.status_code, kept(site, fetched)) == (200, "MISS")
    for reader in (second, here):
        again = reader.get(address)
        assert (again.status_code, kept(site, again)) == (200, "HIT")
        assert again.content == fetched.content
        assert "private" in again.headers["Cache-Control"]
        assert "X-Picture" not in again.headers
        assert again.headers["X-Request-ID"] != fetched.headers["X-Request-ID"]
        assert "Set-Cookie" not in again.headers
    for outsider, status in ((there, 403), (stranger, 401)):
        refused = outsider.get(address)
        assert refused.status_code == status
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.json()["request_id"] == refused.headers["X-Request-ID"]
        assert kept(site, refused) == "BYPASS"
        # Nobody talks his way to a name: the header is nginx's own.
        assert outsider.get(address, headers={"X-Only-Rights": "1", "X-Picture": "x"}).status_code == status
    assert first.get(address, headers={"X-Only-Rights": "1"}).status_code == 200
    first.close()


@pytest.mark.parametrize("twist", ["//", "/./", "/%6Fverview/../", "/x/../"])
def test_no_way_of_writing_an_address_opens_a_kept_picture(site: Site, world: World, twist: str):
    owner, there = site.signed_in("desk"), site.signed_in("there")
    address = picture(owner, world, TOWN)
    assert owner.get(address).status_code == 200
    head, _, tail = address.partition("/overview/")
    own = f"{head}/overview/{OTHER_TOWN}/../{TOWN}{tail.removeprefix(TOWN)}"
    for bent in (
        f"{head}{twist}overview/{tail}",
        own,
        address.replace(TOWN, f"{TOWN[:-1]}%3{TOWN[-1]}"),
        f"/{address}",
    ):
        raw = httpx.Request("GET", f"{site.address}/", headers={"Host": f"localhost:{site.tls}"})
        raw.url = raw.url.copy_with(raw_path=bent.encode())
        raw.headers["Cookie"] = "; ".join(f"{c.name}={c.value}" for c in there.cookies.jar)
        answer = there.send(raw)
        assert answer.status_code != 200 or "panels" not in answer.text, bent


def test_screens_that_speak_differently_never_share_a_picture(site: Site, world: World):
    keeper = site.signed_in("desk")
    bodies = []
    for language in ("zh", "en"):
        device = site.client()
        code = device.post("/screen/code", json={}).json()["code"]
        made = keeper.post(
            f"/api/v1/campaigns/{world.id}/screens",
            json={"key": language, "name": language, "code": code, "language": language},
            headers={"X-CSRFToken": token(keeper), "Referer": f"{site.address}/"},
        )
        assert made.status_code == 200, made.text
        deadline = time.monotonic() + 60
        while (said := device.get("/screen/state")).status_code == 401 and time.monotonic() < deadline:
            time.sleep(0.1)
        state = said.json()
        version = f"{state['revision']}-{state['minute']}"
        address = f"/screen/scene/{state['scenes'][0]}/{version}?{state['query']}"
        twice = [device.get(address) for _ in range(2)]
        assert [answer.status_code for answer in twice] == [200, 200]
        assert [kept(site, answer) for answer in twice] == ["MISS", "HIT"]
        assert twice[0].json() == twice[1].json()
        assert twice[1].json()["language"] == language
        bodies.append(twice[0].json())
        # Without a place it is another picture as soon as somebody drives the screen: never kept.
        loose = device.get(f"/screen/scene/{state['scenes'][0]}/{version}?epoch={state['epoch']}")
        assert (loose.status_code, kept(site, loose)) == (200, "BYPASS")
        assert keeper.get(address).status_code == 401
    assert bodies[0] != bodies[1]


def token(client: httpx.Client) -> str:
    found = client.cookies.get("csrf_token")
    if found is None:
        client.get("/", headers={"Accept": "text/html"})
        found = client.cookies.get("csrf_token")
    assert found is not None
    return found


# -- assets, limits, words


def test_assets_come_from_nginx_and_stay(site: Site):
    client = site.client()
    named = client.get("/assets/1-style/1-tokens.css?m=1", headers={"Accept-Encoding": "gzip"})
    assert (named.status_code, named.headers["X-Served-By"]) == (200, "nginx")
    assert named.headers["Content-Encoding"] == "gzip"
    assert "immutable" in named.headers["Cache-Control"]
    loose = client.get("/assets/1-style/1-tokens.css")
    assert loose.headers["Cache-Control"] == "no-cache"
    assert (
        client.get("/assets/1-style/1-tokens.css", headers={"If-None-Match": loose.headers["ETag"]}).status_code
        == 304
    )
    assert client.get("/assets/../config.py").status_code in (400, 401, 404)


def test_what_is_too_large_is_refused_in_words_and_a_large_batch_is_not(site: Site, world: World):
    secret = world.token("gateway", DISTRICT)
    client = site.client(headers={"Authorization": f"Bearer {secret}", "Accept-Language": "en"})
    trust = ssl.create_default_context(cafile=str(site.folder / "fullchain.pem"))
    # Only the beginning is sent: it is refused by what it says of its size.
    raw = HTTPSConnection("localhost", site.tls, context=trust, timeout=60)
    raw.putrequest("POST", f"/api/v1/campaigns/{world.id}/reports")
    for name, value in (("Content-Length", str(60 << 20)), ("Accept-Language", "en")):
        raw.putheader(name, value)
    raw.endheaders(b"[")
    answer = raw.getresponse()
    assert (answer.status, answer.headers["Content-Type"]) == (413, "application/problem+json")
    said = json.loads(answer.read())
    raw.close()
    assert (said["type"], said["status"]) == ("urn:problem:too_large", 413)
    assert "48 MB" in said["title"]
    assert said["request_id"] == answer.headers["X-Request-ID"]
    events = [{"event_id": f"e{i}", "barcode": f"{i:012}", "type": "x" * 200} for i in range(10_000)]
    taken = client.post(f"/api/v1/campaigns/{world.id}/tube-events", json=events)
    assert taken.status_code == 200
    assert len(taken.json()["rejected"]) == len(events)
    assert client.post("/login", content=b"x" * 100_000).status_code == 413


def test_numbers_for_monitoring_are_not_for_outside(site: Site):
    client = site.client()
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer guessed-at-random"}).status_code == 404
    inside = httpx.get(f"http://127.0.0.1:{site.first.port}/metrics", trust_env=False).text
    assert re.search(
        r'sampling_http_requests_total{method="GET",route="/live/<campaign_id>",status="200"} \d', inside
    )
    assert "desk" not in inside


def test_one_id_goes_through_answer_and_both_logs(site: Site, world: World):
    client = site.signed_in("desk")
    mine = client.get("/sites?secret=hush", headers={"X-Request-ID": "from-outside.42", "Accept": "text/html"})
    assert mine.headers.get_list("X-Request-ID") == ["from-outside.42"]
    bent = client.get("/sites", headers={"X-Request-ID": 'x"} bent', "Accept": "text/html"})
    assert re.fullmatch(r"[0-9a-f]{32}", bent.headers["X-Request-ID"])
    written = logged(site, "from-outside.42")
    assert [(line["route"], line["status"], line["role"]) for line in written] == [("/<path:path>", 200, "district")]
    assert kept(site, mine) == ""
    for log in (site.first.log, site.access):
        text = log.read_text()
        assert not any(
            word in text for word in ("hush", "desk2", "localhost", *(c.value for c in client.cookies.jar))
        )


# -- the server goes and comes


class Readers(threading.Thread):
    """Somebody who reads, writes and never stops until told."""

    def __init__(self, site: Site, world: World, number: int, secret: str) -> None:
        super().__init__()
        self.enough = threading.Event()
        self.wrong: list[str] = []
        self.done = 0
        self.sent = 0
        self._browser = site.signed_in("desk")
        self._system = site.client(headers={"Authorization": f"Bearer {secret}"})
        self._world, self._number = world, number

    def run(self) -> None:
        # A little rest: what is tried is the change, not how much two of them can ask.
        while not self.enough.wait(0.2):
            try:
                answers = [self._browser.get(f"/live/{self._world.id}")]
                address = picture(self._browser, self._world, DISTRICT)
                answers.append(self._browser.get(address, follow_redirects=True))
                one = row(SITES[self._number], 7, self.done, key=f"loop/{self._number}/{self.done}")
                answers.append(
                    self._system.post(f"/api/v1/campaigns/{self._world.id}/reports", json={"reports": [one]})
                )
            except (httpx.HTTPError, ValueError) as problem:
                self.wrong.append(repr(problem))
                continue
            self.wrong += [f"{a.status_code} {a.url.path} {a.text[:200]}" for a in answers if a.status_code != 200]
            self.done += 1


def test_nobody_notices_that_the_instances_are_replaced(site: Site, world: World):
    secret = world.token("gateway", DISTRICT)
    readers = [Readers(site, world, number, secret) for number in range(2)]
    for reader in readers:
        reader.start()
    try:
        goes_on(readers)
        # New settings: the workers are replaced under the one master.
        site.first.reload()
        goes_on(readers)
        # New code: the second instance serves while the first is started anew.
        site.second.start()
        goes_on(readers)
        site.first.stop()
        goes_on(readers)
    finally:
        for reader in readers:
            reader.enough.set()
        for reader in readers:
            reader.join()
    assert [reader.wrong for reader in readers] == [[], []]


def goes_on(readers: list[Readers]) -> None:
    """Wait until each has come round three times more."""
    marks = [reader.done + 3 for reader in readers]
    until = time.monotonic() + 60
    while any(reader.done < mark and not reader.wrong for reader, mark in zip(readers, marks, strict=True)):
        assert time.monotonic() < until, [reader.wrong for reader in readers]
        time.sleep(0.02)
