"""Another place's data is never served: every address there is, asked by everybody for what is not theirs."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from kit import Api, form_token
from leak_kit import CAMPAIGN, DISTRICT, HOME, SIDES, SITE, TOWN, Side, a_screen, fill, two_campaigns, whole
from werkzeug.routing import Rule

import config
from api import limits
from api.endpoints import QUERY
from app import PAGES, SCENES, create_app
from data.database import Database
from domain.passport import Figure
from domain.permissions import Role
from views import passport

ROOT = Path(__file__).parents[2]

WHOLE = bool(os.environ.get("SOAK"))
"""Ask for each thing of each other place by itself; otherwise for all of one place at once."""

OTHERS: dict[str, tuple[Side, ...]] = {
    "site": (SITE, CAMPAIGN),
    "lab": (TOWN, CAMPAIGN),
    "district": (DISTRICT, CAMPAIGN),
    "token reader": (DISTRICT, CAMPAIGN),
    "a screen": (DISTRICT, CAMPAIGN),
}
if WHOLE:
    OTHERS |= {"site": (SITE, TOWN, DISTRICT, CAMPAIGN), "town": (TOWN, DISTRICT, CAMPAIGN),
               "lab": (TOWN, DISTRICT, CAMPAIGN)}  # fmt: skip
    OTHERS |= dict.fromkeys(("administrator", "leader", "auditor", "token gateway"), (DISTRICT, CAMPAIGN))
"""Whose data is never for whom; all of them are at home in HOME, or in its town or district."""

PLACE_OF = {"site": HOME.site, "town": HOME.town, "lab": HOME.lab}


@pytest.fixture(scope="module")
def places(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, Api]]:
    database = Database(f"sqlite:///{shutil.copy(migrated_file, tmp_path_factory.mktemp('leaks') / 'campaign.db')}")
    near, far = two_campaigns(database)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "PER_READER", "1000000/minute")
        client = create_app(config.load({"SECRET_KEY": "x" * 32}), database, near.clock).server.test_client()
    apis = Api(client, near), Api(client, far)
    fill(apis[0], HOME, SITE, TOWN, DISTRICT)
    fill(apis[1], CAMPAIGN)
    yield apis
    database.engine.dispose()


def own(side: Side) -> tuple[str, ...]:
    """The places that are the side's alone: the site itself, and what above it nobody shares with HOME."""
    places = {"site": side.site, "town": side.town, "district": side.district}
    home = {"site": HOME.site, "town": HOME.town, "district": HOME.district}
    far = side.campaign != HOME.campaign
    return tuple(code for level, code in places.items() if far or side is HOME or code != home[level])


def parts(side: Side, version: str) -> dict[str, tuple[str, ...]]:
    """What may stand in an address, by the name it has there."""
    revision, minute = version.split("-")
    return {
        "campaign_id": (side.campaign,),
        "place": own(side) if WHOLE else own(side)[-1:],
        "page": (*PAGES, *SCENES, *(passport.PAGES if WHOLE else ())),
        "figure": tuple(Figure) if WHOLE else tuple(Figure)[:2],
        "slug": tuple(SCENES),
        "scene": tuple(SCENES),
        "language": ("zh",),
        "revision": (revision,),
        "minute": (minute,),
        "suffix": ("csv", "xlsx"),
        "number": ("1", "2", "3", "4"),
        "run": ("1",),
        "login": (f"{side.mark.lower()}-clerk",),
        "barcode": (f"{side.mark}0001",),
        "path": ("", "site", "tube", "lab"),
        "rest": ("nothing",),
        "name": ("nothing.js",),
        "filename": ("head/theme.js",),
        "package_name": ("dash",),
        "fingerprinted_path": ("nothing.js",),
    }


def named(side: Side) -> dict[str, str]:
    """What a query may name, by the name it has there."""
    place = own(side)[-1]
    return {
        "scope": place, "place": place, "site": side.site, "sites": side.site, "town": side.town, "lab": side.lab,
        "barcode": f"{side.mark}0001", "number": str(SIDES.index(side) + 1), "id": "2", "pick": side.site,
        "login": f"{side.mark.lower()}-clerk", "who": f"{side.mark.lower()}-clerk", "source": "2", "template": "1",
        "draw": "1", "open": "2", "entry": "2", "before": "99", "what": "applied", "campaign": side.campaign,
    }  # fmt: skip


HARMLESS = {"as_of", "hour", "level", "status", "state", "group", "since", "until", "show", "kind", "k", "candidates",
            "limit", "cursor", "lang", "next", "format", "only"}  # fmt: skip
"""What a query may say that names nothing of anybody's."""


def addresses(api: Api, side: Side, version: str) -> Iterator[str]:
    """Every address the server knows for reading, filled with what is the side's."""
    known = parts(side, version)
    for rule in api.client.application.url_map.iter_rules():
        if "GET" in (rule.methods or ()):
            yield from filled(rule, known)


def filled(rule: Rule, known: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    missing = rule.arguments - set(known)
    assert not missing, f"{rule.rule}: say in parts() what of another place's {missing} may name"
    names = sorted(rule.arguments)
    for values in product(*(known[name] for name in names)):
        path = rule.rule
        for name, value in zip(names, values, strict=True):
            path = re.sub(rf"<(?:[^<>]*:)?{name}>", value, path)
        yield path


class Asker:
    """Somebody at home in one place, by the browser or with a token."""

    def __init__(self, api: Api, who: str, side: Side = HOME) -> None:
        kind, _, role = who.rpartition(" ")
        at = {"site": side.site, "town": side.town, "lab": side.lab}.get(role, side.district)
        self.headers: dict[str, str] = {}
        if kind == "token":
            self.client = api.client.application.test_client()
            self.headers = {"Authorization": f"Bearer {api.world.token(Role(role), at)}"}
        elif kind == "a":
            self.client = a_screen(api, side)
        else:
            person = api.signed_in(role, at)
            self.client = person.client
            self.headers = {"X-CSRFToken": form_token(person.client)}
        # The server's own are made of random digits, which may be anybody's figure.
        self.headers |= {"X-Request-ID": "of.the.leak.test"}

    def ask(self, path: str, body: object = None) -> str:
        """Everything the answer says."""
        send = self.client.get if body is None else self.client.post
        self.answer = send(path, headers=self.headers, **({} if body is None else {"json": body}))
        assert self.answer.status_code < 500, path
        return whole(self.answer)


def version_of(api: Api, side: Side) -> str:
    """The version snapshots have now."""
    seen: Any = Asker(api, "district", side).client.get(f"/live/{side.campaign}").json
    return f"{seen['revision']}-{seen['minute']}"


def told(text: str, side: Side, path: str) -> bool:
    """Whether something of the side's stands in a text, beside what was asked for by its name."""
    asked = set(re.findall(side.mark + r"\w*", path, re.IGNORECASE))
    for word in sorted(asked, key=len, reverse=True):
        text = re.sub(re.escape(word), "", text, flags=re.IGNORECASE)
    return side.traces().search(text) is not None


def test_every_name_in_a_query_is_asked_for():
    found = {
        name
        for path in (ROOT / "api").glob("*.py")
        for name in re.findall(r'request\.args(?:\.get\(|\.getlist\(|\[)\s*"(\w+)"', path.read_text())
    } | set(QUERY)
    assert found - set(named(HOME)) - HARMLESS == set()


@pytest.fixture(scope="module")
def warm(places: tuple[Api, Api]) -> dict[str, set[str]]:
    """Their own people have seen everything of theirs, so that all of it lies in the worker; by side, where it
    stood."""
    seen: dict[str, set[str]] = {}
    for side in SIDES if WHOLE else (DISTRICT, CAMPAIGN):
        api = places[side is CAMPAIGN]
        version = version_of(api, side)
        askers = [Asker(api, who, side) for who in (("district", "administrator", "lab") if WHOLE else ("district",))]
        seen[side.mark] = {
            path for path in addresses(api, side, version) for one in askers if told(one.ask(path), side, path)
        }
    return seen


def test_whoever_is_at_home_sees_the_marks(warm: dict[str, set[str]]):
    """Without this the other tests would prove nothing."""
    for side, seen in warm.items():
        assert len(seen) > 25, (side, sorted(seen))


def test_the_desk_of_another_districts_laboratory_is_closed_to_a_district(places: tuple[Api, Api], warm: object):
    asker = Asker(places[0], "district")
    asker.ask(f"/panels/near/lab?lab={DISTRICT.lab}")
    assert asker.answer.status_code == 404


@pytest.mark.parametrize("who", OTHERS)
def test_nobody_is_told_anything_of_another_place(places: tuple[Api, Api], warm: dict[str, set[str]], who: str):
    near, far = places
    asker = Asker(near, who)
    version, elsewhere = version_of(near, HOME), version_of(far, CAMPAIGN)
    found = []

    def ask(path: str, body: object = None) -> None:
        said = asker.ask(path, body)
        asked = f"{path} {body or ''}"
        found.extend(f"{side.mark} {asked}" for side in OTHERS[who] if told(said, side, asked))
        cached = asker.answer.headers["Cache-Control"]
        if not {"private", "no-store"} & set(re.split(r"[ ,]+", cached)) and not path.startswith(FOR_ALL):
            found.append(f"may be kept for others: {cached} {path}")

    for path in addresses(near, HOME, version):
        if who == "a screen" and not WHOLE and not path.startswith("/screen"):
            continue
        ask(path)
        # The other campaign's codes are the same as those at home.
        for side in OTHERS[who][:-1]:
            query = named(side)
            for one in [{name: value} for name, value in query.items()] if WHOLE else [query]:
                ask(f"{path}?{'&'.join(f'{name}={value}' for name, value in one.items())}")
    for side in OTHERS[who]:
        for path in addresses(near, side, elsewhere if side is CAMPAIGN else version):
            if who != "a screen" or WHOLE or path.startswith("/screen"):
                ask(path)
    if who != "a screen":
        for path, side in product(writing(near), OTHERS[who] if WHOLE else OTHERS[who][:1]):
            ask(path, {**sent(path), **wanted(side)})
            if WHOLE:
                ask(path, wanted(side))
    assert not found, "\n".join(found)


FOR_ALL = ("/assets/", "/_dash-component-suites/", "/healthz", "/readyz", "/metrics", "/static/", "/_favicon.ico")
"""The same for everybody."""


def writing(api: Api) -> Iterator[str]:
    """Every address for writing inside HOME's campaign that takes JSON."""
    known = parts(HOME, "1-1") | {"number": ("4",), "what": ("pause",), "step": ("disable",),
                                  "login": (f"{DISTRICT.mark.lower()}-clerk",)}  # fmt: skip
    for rule in api.client.application.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and rule.rule.startswith("/api/v1/campaigns/"):
            yield from filled(rule, known)


def sent(path: str) -> dict[str, Any]:
    """What a body says beside whom it is about."""
    if path.endswith("/steps"):
        return {"step": "accepted", "key": "leak", "seen": 0}
    return {"key": "leak", "keys": [], "hour": "2021-06-06T08:00:00+08:00", "reason": "x"}


def wanted(side: Side) -> dict[str, Any]:
    """A body about something of the side's, by every name bodies have for it."""
    ids = {"number": SIDES.index(side) + 1, "id": 2}
    return {**named(side), **ids, "keys": [f"{side.mark}/8"], "screens": [2], "scope": own(side)[-1], "step": "hold"}
