"""Places that look alike, each filled with words and figures that occur nowhere else, and what their people ask."""

import gzip
import io
import re
import zipfile
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from kit import OPERATOR, Api, SetClock, World, at, iso, make_world, row
from werkzeug.test import TestResponse

from data import bulletins
from data.database import Database
from data.ingest.tubes import Writer, ingest_tubes
from data.ingest.upper_figures import ingest_upper_figures
from domain.permissions import Caller, Role


@dataclass(frozen=True)
class Side:
    """One place with everything above it, and what marks it: a word in every name and note, a number of persons."""

    mark: str
    figure: int
    campaign: str
    district: str
    town: str
    site: str
    lab: str

    def traces(self) -> re.Pattern[str]:
        figure = f"{self.figure:,}".replace(",", "[,\u202f ]?")
        return re.compile(rf"(?i){self.mark}|(?<![\d.]){figure}(?!\d)")


HOME = Side("WAGTAIL", 31013, "near", "440607", "440607001", "S1", "LAB-1")
SITE = Side("PELICAN", 41017, "near", "440607", "440607001", "S2", "LAB-1")
TOWN = Side("OSTRICH", 51031, "near", "440607", "440607002", "S3", "LAB-2")
DISTRICT = Side("GOSHAWK", 61043, "near", "440605", "440605001", "S4", "LAB-3")
CAMPAIGN = Side("LAPWING", 71059, "far", "440607", "440607001", "S1", "LAB-1")
SIDES = (HOME, SITE, TOWN, DISTRICT, CAMPAIGN)
"""The last one has the same codes as the first, in a campaign of its own."""


def fill(api: Api, *sides: Side) -> None:
    """Give the places below their names, and have their own people say something of every kind there is."""
    world = api.world
    named = {code: [s.mark for s in sides if code in (s.district, s.town, s.lab)] for s in sides
             for code in (s.district, s.town, s.lab)}  # fmt: skip
    own = {code: marks[0] if len(set(marks)) == 1 else f"SHARED{code}" for code, marks in named.items()}
    world.set_places(
        *({"city": "4406", "city_name": f"CITY{world.id}", "district": s.district, "district_name": own[s.district],
           "town": s.town, "town_name": own[s.town], "site": s.site, "name": f"{s.mark} site", "target": 90_000,
           "lanes": 2, "lon": 112.9, "lat": 23.1} for s in sides)
    )  # fmt: skip
    labs = {s.lab: own[s.lab] for s in sides}
    assert not world.file("labs", "lab,name\n" + "".join(f"{c},{n}\n" for c, n in labs.items())).refused
    contacts = "".join(f"{s.site},{s.mark} person,1{s.figure}00000\n" for s in sides)
    assert not world.file("contacts", f"site,name,phone\n{contacts}").refused
    for n, side in enumerate(sides):
        _say(api, side, n)
    for side in {s.district: s for s in reversed(sides)}.values():
        _publish(api, side, own[side.district])


def _say(api: Api, side: Side, n: int) -> None:
    world, mark = api.world, side.mark
    tubes = side.figure // 10 + 1
    sent = world.send(row(side.site, 8, side.figure, key=f"{mark}/8", tubes=tubes, note=f"{mark} note"))
    assert not sent.rejected, sent.rejected
    site, town, lab = f"site:{side.site}", f"town:{side.town}", f"lab:{side.lab}"
    _ok(api.post("problems", {"key": f"{mark} p", "kind": "network_down", "effect": "stopped",
                              "note": f"{mark} note"}, site))  # fmt: skip
    _ok(api.post("modes", {"modes": [{"key": mark, "site": side.site, "mode": "city", "entrance": 1,
                                      "note": f"{mark} note"}]}, site))  # fmt: skip
    _ok(api.post("planning", {"key": mark, "town": side.town, "name": f"{mark} planned", "code": f"{mark}1",
                              "lon": 112.9 + n / 100, "lat": 23.1, "lanes": 2}, town))  # fmt: skip
    tube = {"at": iso(8), "barcode": f"{mark}0001"}
    events: list[dict[str, Any]] = [
        {**tube, "event_id": f"{mark}1", "type": "sampled", "site": side.site, "persons": 10, "pool_size": 10,
         "box": f"{mark}B", "manifest": f"{mark}M", "lane": "1"},
        {**tube, "event_id": f"{mark}2", "type": "third_copy", "site": side.site, "persons": 10, "lane": "1"},
        {**tube, "event_id": f"{mark}3", "type": "received", "lab": side.lab, "at": iso(9), "box": f"{mark}B"},
        {**tube, "event_id": f"{mark}4", "type": "result", "lab": side.lab, "at": iso(10), "result": "positive"},
    ]  # fmt: skip
    assert not ingest_tubes(world.database, world.id, enumerate(events), Writer("operator"), world.clock).rejected
    _ok(api.post("lab-reports", [{"key": f"{mark} l", "lab": side.lab, "hour": iso(9), "received": 3,
                                  "note": f"{mark} note"}], lab))  # fmt: skip
    world.account(f"{mark.lower()}-clerk", Role.SITE, side.site)


def _publish(api: Api, side: Side, mark: str) -> None:
    world, who = api.world, f"district:{side.district}"
    above = {"key": f"{mark} u", "place": side.town, "at": iso(10), "persons": side.figure, "source": f"{mark} above"}
    ingest_upper_figures(world.database, world.id, [above], OPERATOR, world.clock)
    _ok(api.post("sources", {"key": mark, "name": f"{mark} feed", "kind": "folder", "what": "reports",
                             "place": side.district, "address": "."}, who))  # fmt: skip
    keeper = api.signed_in("district", side.district)
    shown = api.client.application.test_client().post("/screen/code", json={})
    _ok(keeper.post(f"/api/v1/campaigns/{world.id}/screens",
                    {"key": mark, "name": f"{mark} wall", "location": f"{mark} hall", "place": side.district,
                     "code": shown.json["code"]}))  # fmt: skip
    drafter = Caller(Role.DISTRICT, side.district, world.id, f"{mark} drafter")
    period = world.tree().campaign.period_of(at(8))
    bulletins.freeze(
        world.database, world.id, side.district, period, mark, drafter, world.clock, remark=f"{mark} remark"
    )


def a_screen(api: Api, side: Side) -> FlaskClient:
    """A briefing screen of the side's district, whose device has joined."""
    device = api.client.application.test_client()
    code = device.post("/screen/code", json={}).json["code"]
    body = {"key": f"{side.mark} of tests", "name": "x", "location": "x", "place": side.district, "code": code}
    _ok(api.signed_in("district", side.district).post(f"/api/v1/campaigns/{side.campaign}/screens", body))
    return device


def _ok(answer: TestResponse) -> None:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert not answer.json or not isinstance(answer.json, dict) or not answer.json.get("rejected"), answer.json


def two_campaigns(database: Database) -> tuple[World, World]:
    """Empty campaigns in one database."""
    clock = SetClock(at(10, 30))
    near = make_world(database, clock, id="near", rows=(), name="NEAR", name_en="NEAR")
    far = make_world(database, clock, id="far", rows=(), name="FAR", name_en="FAR")
    return near, far


def whole(answer: TestResponse) -> str:
    """Everything an answer says: its headers, and its body unpacked."""
    body = answer.get_data()
    if answer.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    if body[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            body = b"\n".join(packed.read(name) for name in packed.namelist())
    return "\n".join([*(f"{name}: {value}" for name, value in answer.headers), body.decode("utf-8", "replace")])
