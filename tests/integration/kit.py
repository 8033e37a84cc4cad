"""What the integration tests share: a clock to set, a small campaign, the contract's rows, the API as each role."""

import itertools
import re
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from api import openapi
from data import accounts, campaigns, tokens, verification
from data.database import Database
from data.ingest import places
from data.ingest.batch import BatchResult, Sender
from data.ingest.decisions import decide
from data.ingest.file_import import FileResult
from data.ingest.files import What, import_file
from data.ingest.reports import ingest_reports
from data.models import Audit, RefusedClaim
from data.queries.duty import SiteDuty, duty
from data.queries.moment import Moment
from data.queries.overview import overview, overview_as_of
from data.queries.reports import CurrentVersion, current_reports
from data.queries.revision import revision_at
from domain.campaign import Campaign
from domain.clock import system_clock
from domain.overview import Overview
from domain.permissions import Role
from domain.places import PlaceTree
from domain.reports import Status

ZONE = ZoneInfo("Asia/Shanghai")
OPERATOR = Sender("operator")

CITY, DISTRICT, TOWN, OTHER_TOWN = "4406", "440607", "440607001", "440607002"
PASSWORD = "only in tests, 26"

SITES = ("S1", "S2", "S3", "S4", "S5")

PLACES: tuple[dict[str, object], ...] = (
    {"site": "S1", "town": TOWN, "target": 1000, "lanes": 4},
    {"site": "S2", "town": TOWN, "target": 600, "lanes": 2,
     "opening": "2021-06-06T07:00:00+08:00/2021-06-06T12:00:00+08:00;"
                "2021-06-06T13:00:00+08:00/2021-06-06T18:00:00+08:00"},
    {"site": "S3", "town": TOWN, "target": 200, "lanes": 1, "kind": "mobile",
     "opening": "2021-06-06T08:30:00+08:00/2021-06-06T11:30:00+08:00"},
    {"site": "S4", "town": OTHER_TOWN, "target": 900, "lanes": 3},
    {"site": "S5", "town": OTHER_TOWN, "target": 100, "kind": "home_visit"},
)  # fmt: skip
"""S1 and S4 are open from the campaign's start to its deadline, S5 too and nobody knows how many lanes it has."""


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A moment of the campaign's day, 6 June 2021, by its people's clocks."""
    return datetime(2021, 6, 6, tzinfo=ZONE) + timedelta(hours=hour, minutes=minute, seconds=second)


def iso(hour: int, minute: int = 0) -> str:
    return at(hour, minute).isoformat()


class SetClock:
    """A clock that stands until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now.astimezone(UTC)

    def __call__(self) -> datetime:
        return self.now

    def to(self, now: datetime) -> datetime:
        self.now = now.astimezone(UTC)
        return self.now

    def advance(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now


class Hangs(AssertionError):
    """The product did not come back."""


@contextmanager
def comes_back(seconds: float = 5) -> Iterator[None]:
    """End an endless loop as a failure, before it has eaten the memory."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_up(*_: object) -> None:
        raise Hangs(f"no answer within {seconds} s: an endless loop")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def row(site: str, hour: int | str, persons: int | None = None, **more: object) -> dict[str, object]:
    """One report row; its key is made of site and hour unless given."""
    start = iso(hour) if isinstance(hour, int) else hour
    made: dict[str, object] = {"key": f"{site}/{hour}", "site": site, "hour": start}
    if persons is not None:
        made["persons"] = persons
    return made | more


def correction(key: str, of: str, site: str, hour: int, persons: int, **more: object) -> dict[str, object]:
    """A row that corrects the report of key `of`."""
    return row(site, hour, persons, key=key, correction_of=of, note="counted again", **more)


def report(site: str = "S1", hour: int = 8, persons: int = 10, **more: object) -> dict[str, object]:
    """The body of a request with one report row."""
    return {"reports": [row(site, hour, persons, **more)]}


_numbers = itertools.count(1)


@dataclass
class World:
    """A database with one small campaign in it, and the ways in and out."""

    database: Database
    clock: SetClock
    id: str
    secrets: dict[str, str] = field(default_factory=dict)

    # -- in

    def send(self, *rows: Mapping[str, object], sender: Sender = OPERATOR) -> BatchResult:
        return ingest_reports(self.database, self.id, rows, sender, self.clock)

    def verify(self, *keys: str, sender: Sender = OPERATOR) -> BatchResult:
        return decide(self.database, self.id, keys, Status.VERIFIED, sender, self.clock)

    def send_back(self, *keys: str, reason: str = "third_copies_differ") -> BatchResult:
        return decide(self.database, self.id, keys, Status.RETURNED, OPERATOR, self.clock, reason=reason)

    def file(self, what: What | str, content: str | bytes, name: str = "sent.csv", **options: Any) -> FileResult:
        data = content.encode() if isinstance(content, str) else content
        return import_file(self.database, self.id, What(what), data, name, OPERATOR, self.clock, **options)

    def set_places(self, *rows: Mapping[str, object]) -> BatchResult:
        with self.database.write() as session:
            campaign = campaigns.lock(session, self.id)
            specs = [places.read_place(r, ".") for r in rows]
            return places.record(session, campaign, specs, OPERATOR, self.clock())

    def token(self, role: Role | str, place: str, campaign: str | None = "own") -> str:
        with self.database.write() as session:
            return tokens.create(session, Role(role), place, self.id if campaign == "own" else campaign, self.clock())

    def account(self, login: str, role: Role | str, place: str, campaign: str | None = "own", **more: Any) -> str:
        """Make an account that signs in with `PASSWORD` at once; answers its login."""
        with self.database.write() as session:
            accounts.create(
                session, login=login, role=Role(role), place=place, password=PASSWORD, now=system_clock(),
                campaign_id=self.id if campaign == "own" else campaign, actor=OPERATOR.name, **more,
            )  # fmt: skip
        return login

    # -- out

    @contextmanager
    def reading(self) -> Iterator[tuple[Session, PlaceTree]]:
        with self.database.read() as session:
            yield session, campaigns.load_tree(session, campaigns.find(session, self.id))

    def tree(self) -> PlaceTree:
        with self.reading() as (_, tree):
            return tree

    def revision(self) -> int:
        with self.database.read() as session:
            return campaigns.find(session, self.id).revision

    def look(self, place: str = DISTRICT, as_of: datetime | None = None) -> Overview:
        with self.reading() as (session, tree):
            revision = campaigns.find(session, self.id).revision
            if as_of is None:
                return overview(session, Moment(tree, tree.by_code[place], revision, self.clock()))
            return overview_as_of(
                session, Moment(tree, tree.by_code[place], revision_at(session, self.id, as_of), as_of)
            )

    def persons(self, place: str = DISTRICT) -> int:
        return self.look(place).figures.persons

    def by_hour(self, place: str = DISTRICT) -> dict[int, int]:
        """Persons by local hour, the hours that have any."""
        seen = self.look(place)
        return {h.start.astimezone(ZONE).hour: h.figures.persons for h in seen.hours if h.figures.persons}

    def board(self, hour: int, place: str = DISTRICT) -> dict[str, str]:
        return {d.site.code: d.state.value for d in self.duty(hour, place)}

    def duty(self, hour: int, place: str = DISTRICT) -> list[SiteDuty]:
        with self.reading() as (session, tree):
            period = tree.campaign.period_of(at(hour))
            return duty(session, Moment(tree, tree.by_code[place], 0, self.clock()), period)

    def current(self, place: str = DISTRICT) -> dict[str, CurrentVersion]:
        with self.reading() as (session, tree):
            found = current_reports(session, Moment(tree, tree.by_code[place], 0, self.clock()))
        return {version.key: version for version in found}

    def flags(self, key: str) -> set[str]:
        return set(self.current()[key].flags.words())

    def differences(self) -> int:
        with comes_back(), self.reading() as (session, tree):
            return verification.differences(session, tree)

    def count(self, table: Any, **where: object) -> int:
        with self.database.read() as session:
            query = sa.select(sa.func.count()).select_from(table).filter_by(campaign_id=self.id, **where)
            return session.scalar(query) or 0

    def audits(self) -> list[Audit]:
        with self.database.read() as session:
            return list(session.scalars(sa.select(Audit).filter_by(campaign_id=self.id).order_by(Audit.id)))

    def refused_claims(self) -> list[RefusedClaim]:
        with self.database.read() as session:
            query = sa.select(RefusedClaim).filter_by(campaign_id=self.id).order_by(RefusedClaim.id)
            return list(session.scalars(query))

    def check(self) -> None:
        """What must hold at every moment: kept sums are right, levels add up, duty adds up."""
        assert self.differences() == 0
        tree = self.tree()
        seen = {code: self.look(code) for code in tree.by_code}
        for code, place in tree.by_code.items():
            for period, hour in enumerate(seen[code].hours):
                t = hour.tally
                assert t.on_time + t.late + t.missing == t.expected
                assert min(t.on_time, t.late, t.missing) >= 0
                if place.children:
                    below = [seen[child.code].hours[period] for child in place.children]
                    assert hour.figures.persons == sum(h.figures.persons for h in below)
                    assert t.expected == sum(h.tally.expected for h in below)
                    assert t.missing == sum(h.tally.missing for h in below)
            if place.children:
                assert seen[code].figures.persons == sum(seen[c.code].figures.persons for c in place.children)


def codes(result: BatchResult) -> list[tuple[int, str, str]]:
    """The refusals of a batch: index, field, code."""
    return [(r.index, r.field, r.code.value) for r in result.rejected]


def make_world(
    database: Database,
    clock: SetClock,
    *,
    id: str | None = None,
    city: bool = False,
    rows: Sequence[Mapping[str, object]] = PLACES,
    starts_at: datetime | None = None,
    deadline: datetime | None = None,
    settings: Mapping[str, object] | None = None,
    **campaign: Any,
) -> World:
    """A campaign on 6 June 2021 from 06:00 to 22:00 with two towns and five sites."""
    world = World(database, clock, id or f"drill-{next(_numbers)}")
    made = Campaign(
        world.id,
        campaign.pop("name", "演练"),
        campaign.pop("name_en", "Drill"),
        starts_at or at(6),
        deadline or at(22),
        campaign.pop("timezone", "Asia/Shanghai"),
        **campaign,
    )
    with database.write() as session:
        campaigns.create(session, made, actor="operator", now=clock(), settings=settings)
    if rows:
        above: dict[str, object] = {"district": DISTRICT, "district_name": "三水区", "district_name_en": "Sanshui"}
        if city:
            above |= {"city": CITY, "city_name": "佛山市", "city_name_en": "Foshan"}
        result = world.set_places(*({**above, **r} for r in rows))
        assert not result.rejected
    return world


def nan_free(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


DOCUMENT = openapi.document()


class SignedIn:
    """A browser of a signed-in account: its session cookie and what its pages write with."""

    def __init__(self, client: FlaskClient, login: str, password: str = PASSWORD) -> None:
        self.client = client
        self.login = login
        form = {"csrf_token": form_token(client), "login": login, "password": password}
        self.answer = client.post("/login", data=form, headers={"Referer": "http://localhost/login"})

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def post(self, path: str, body: object, **options: Any) -> TestResponse:
        headers = {"X-CSRFToken": form_token(self.client)} | options.pop("headers", {})
        return self.client.post(path, json=body, headers=headers, **options)


def form_token(client: FlaskClient) -> str:
    """What a form of ours carries so that no other site can send it."""
    page = client.get("/password" if "session" in {c.key for c in client._cookies.values()} else "/login")
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
    if found is None:
        found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").get_data(as_text=True))
    assert found is not None, page.status
    return found[1]


class Api:
    """The REST contract as callers meet it. Every answer is held against the published schema."""

    def __init__(self, client: FlaskClient, world: World) -> None:
        self.client = client
        self.world = world

    def signed_in(self, role: Role | str, place: str | None = None, campaign: str | None = "own") -> SignedIn:
        """A browser of its own in which an account of that role is signed in."""
        home = place if place is not None else {"site": "S1", "town": TOWN}.get(str(role), DISTRICT)
        login = f"{role}-{next(_numbers)}"
        self.world.account(login, role, home, campaign)
        return SignedIn(self.client.application.test_client(), login)

    def secret(self, who: str) -> str:
        """The token of `role` or `role:place`, made when first asked for."""
        if who not in self.world.secrets:
            role, _, place = who.partition(":")
            home = {"site": "S1", "town": TOWN}.get(role, DISTRICT)
            self.world.secrets[who] = self.world.token(role, place or home)
        return self.world.secrets[who]

    def headers(self, who: str | None, language: str | None = None) -> dict[str, str]:
        found = {"Authorization": f"Bearer {self.secret(who)}"} if who else {}
        return found | ({"Accept-Language": language} if language else {})

    def get(
        self, path: str, who: str | None = "district", language: str | None = None, **options: Any
    ) -> TestResponse:
        headers = self.headers(who, language) | options.pop("headers", {})
        answer = self.client.get(self.address(path), headers=headers, **options)
        self.hold(answer, "get", path)
        return answer

    def post(
        self, path: str, body: object, who: str | None = "district", language: str | None = None, **options: Any
    ) -> TestResponse:
        sent: dict[str, Any] = {"data": body} if isinstance(body, str | bytes) else {"json": body}
        headers = self.headers(who, language) | options.pop("headers", {})
        answer = self.client.post(self.address(path), headers=headers, **sent, **options)
        self.hold(answer, "post", path)
        return answer

    def address(self, path: str) -> str:
        return path if path.startswith("/") else f"/api/v1/campaigns/{self.world.id}/{path}"

    def hold(self, answer: TestResponse, method: str, path: str) -> None:
        """Raise unless the answer has the shape the product publishes for it."""
        for name, value in answer.headers:
            assert (name + value).encode("latin-1"), f"a server cannot send the header {name}"
        if answer.status_code == 304:
            return
        bare = re.sub(r"/\d+(?=/|$)", "/{number}", path.partition("?")[0])
        template = bare if bare.startswith("/") else f"/api/v1/campaigns/{{campaign_id}}/{bare}"
        if template not in DOCUMENT["paths"]:
            inside = bare.rpartition("/campaigns/")[2].partition("/")[2]
            template = f"/api/v1/campaigns/{{campaign_id}}/{inside}"
        operation = DOCUMENT["paths"].get(template, {}).get(method)
        if operation is None:
            return
        said = operation["responses"].get(str(answer.status_code))
        assert said is not None, f"{method} {path} answers {answer.status_code}, which is not published"
        ((media, shape),) = said["content"].items()
        assert answer.mimetype == media
        schema = {**shape["schema"], "components": DOCUMENT["components"]}
        jsonschema.Draft202012Validator(schema).validate(answer.json)


def assert_problem(answer: TestResponse, status: int) -> dict[str, Any]:
    """The body of an answer that must be a problem (RFC 9457) with this status."""
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.get_data(
        as_text=True
    )
    body = answer.json
    assert body is not None
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body["status"] == status
    assert body["title"]
    return body


def rejected(answer: TestResponse) -> list[tuple[int, str, str]]:
    """The rows of a batch that came back: index, field, code."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return [(r["index"], r["field"], r["code"]) for r in answer.json["rejected"]]
