"""Briefing screens for tests: a device that asks, and what people do to it through the interface."""

import gzip
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from kit import Api, SignedIn
from werkzeug.test import TestResponse

from api import screen_devices
from views import snapshots

SIZE = "1920x1080"


class Device:
    """A browser on a wall: no account, a cookie of its own."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.client: FlaskClient = api.client.application.test_client()
        self.loaded = api.world.clock()

    def show_code(self) -> str:
        shown = self.client.post("/screen/code", json={})
        assert shown.status_code == 200
        return str(shown.json["code"])

    def type_code(self, code: object) -> TestResponse:
        return self.client.post("/screen/pair", json={"code": code})

    def ask(self, **said: object) -> TestResponse:
        return self.client.get("/screen/state", query_string=said)

    def state(self, **said: object) -> dict[str, Any]:
        answer = self.ask(**said)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.json

    def scene(self, slug: str, state: dict[str, Any] | None = None, query: str | None = None) -> TestResponse:
        state = state or self.state()
        number = state["pinned"] or f"{state['revision']}-{state['minute']}"
        asked = state["query"] if query is None else query
        return self.client.get(f"/screen/scene/{slug}/{number}?{asked}", follow_redirects=True)


def picture(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(json.loads(gzip.decompress(answer.data)))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question is asked of the database, and nothing is written behind a test's back."""
    monkeypatch.setattr(snapshots, "ASK_SECONDS", 0.0)
    monkeypatch.setattr(snapshots, "PUBLISH_SECONDS", 0.0)
    monkeypatch.setattr(screen_devices, "KNOWN_SECONDS", 0.0)
    monkeypatch.setattr(screen_devices, "WRITE_SECONDS", 3600.0)


@pytest.fixture
def keeper(api: Api) -> SignedIn:
    return api.signed_in("district")


def inside(api: Api, rest: str = "") -> str:
    return f"/api/v1/campaigns/{api.world.id}/screens{rest}"


_keys = iter(range(1_000_000))


def make(api: Api, keeper: SignedIn, device: Device | None = None, **more: object) -> dict[str, Any]:
    """A screen; `device` has joined under its name."""
    body = {"key": f"screen {next(_keys)}", "name": "指挥中心主屏", "location": "区政府 3 楼大厅", **more}
    if device is not None:
        body["code"] = device.show_code()
    answer = keeper.post(inside(api), body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(answer.json)


def joined(api: Api, keeper: SignedIn, **more: object) -> tuple[int, Device]:
    device = Device(api)
    return make(api, keeper, device, **more)["number"], device


def drive(api: Api, who: SignedIn, numbers: int | list[int], do: str, **more: object) -> TestResponse:
    screens = [numbers] if isinstance(numbers, int) else numbers
    return who.post(inside(api, "/drive"), {"key": f"press {next(_keys)}", "do": do, "screens": screens, **more})


def listed(api: Api, keeper: SignedIn) -> dict[int, dict[str, Any]]:
    return {one["number"]: one for one in keeper.get(inside(api)).json}
