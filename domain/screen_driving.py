"""How a briefing screen is driven: what its person may tell it, and what the commands so far come to at a moment.

Times are the machine's, as everywhere with screens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from domain.claims import read_key
from domain.errors import Code, Refused
from domain.screens import SCENES, read_between
from domain.values import read_text

IDLE = timedelta(minutes=5)
"""A screen nobody has driven for so long goes back to its own rotation, and another may take it."""

FROZEN_FOR = timedelta(hours=2)
"""A frozen picture lifts itself: a meeting that forgot it must not leave an old number on the wall."""

JUST_NOW = timedelta(seconds=6)
"""For so long a command says more about what a screen shows than its own last word, which is older."""

LEAST_REPLAY, MOST_REPLAY, REPLAY = 2, 60, 10
"""Seconds one reporting period of the day takes in a replay."""


class Mode(StrEnum):
    """What decides which picture a screen shows."""

    ROTATE = "rotate"
    HOLD = "hold"
    """One scene, its data renewed."""
    FROZEN = "frozen"
    """One scene of one version."""
    REPLAY = "replay"
    """One scene, period after period of the day."""


class Do(StrEnum):
    """What the person who briefs can have a screen do."""

    NEXT = "next"
    BACK = "back"
    JUMP = "jump"
    HOLD = "hold"
    TOWN = "town"
    FREEZE = "freeze"
    REPLAY = "replay"
    RELEASE = "release"
    """Back to live data and the own rotation of the own place: ends all of the others."""


STEPS = (Do.NEXT, Do.BACK, Do.JUMP)
"""Turning over: nothing about the data changes."""


@dataclass(frozen=True, slots=True)
class Drive:
    """What a screen was last told. `order` counts commands. `place` is the code jumped to, empty for the screen's
    own; `freeze` the number of the pictures kept for a meeting, `first` … `last` the periods a replay goes through,
    `pace` seconds each."""

    order: int = 0
    mode: Mode = Mode.ROTATE
    scene: str = ""
    place: str = ""
    at: datetime | None = None
    began_at: datetime | None = None
    key: str = ""
    by: str = ""
    by_name: str = ""
    freeze: int | None = None
    first: int = 0
    last: int = 0
    pace: int = REPLAY


@dataclass(frozen=True, slots=True)
class Standing:
    """What a screen has to show at a moment. `scene` empty leaves it to the screen; `period` is the one a replay has
    come to; `until` when this ends by itself; `driver` the written name of who drives, `driven_by` how pages call
    him."""

    mode: Mode
    scene: str = ""
    place: str = ""
    freeze: int | None = None
    period: int | None = None
    until: datetime | None = None
    driver: str = ""
    driven_by: str = ""


def standing(drive: Drive, now: datetime, seconds: int) -> Standing:
    """What the commands so far come to at `now`, for a screen that shows each scene for `seconds`."""
    if drive.at is None:
        return Standing(Mode.ROTATE)
    idle_at = drive.at + IDLE
    driver, driven_by = (drive.by, drive.by_name) if now < idle_at else ("", "")
    if drive.mode is Mode.FROZEN and drive.freeze is not None and drive.began_at is not None:
        until = drive.began_at + FROZEN_FOR
        if now < until:
            return Standing(Mode.FROZEN, drive.scene, drive.place, drive.freeze, None, until, driver, driven_by)
        return Standing(Mode.ROTATE)
    if drive.mode is Mode.REPLAY and drive.began_at is not None:
        period = drive.first + int((now - drive.began_at).total_seconds() // drive.pace)
        until = drive.began_at + timedelta(seconds=drive.pace * (drive.last - drive.first + 1))
        if now < until:
            period = max(drive.first, period)
            return Standing(Mode.REPLAY, drive.scene, drive.place, None, period, until, driver, driven_by)
        return Standing(Mode.ROTATE, driver=driver, driven_by=driven_by)
    if now >= idle_at:
        return Standing(Mode.ROTATE)
    if drive.mode is Mode.HOLD:
        return Standing(Mode.HOLD, drive.scene, drive.place, None, None, idle_at, driver, driven_by)
    # In rotation a scene asked for has its turn like any other, and then the next one comes.
    scene = drive.scene if now < drive.at + timedelta(seconds=seconds) else ""
    return Standing(Mode.ROTATE, scene, drive.place, None, None, idle_at, driver, driven_by)


@dataclass(frozen=True, slots=True)
class Wish:
    """One command as it was sent. `freeze` and the periods `first` … `last` are found for it by the server."""

    do: Do
    key: str
    scene: str = ""
    place: str = ""
    pace: int = REPLAY
    take: bool = False
    freeze: int | None = None
    first: int = 0
    last: int = 0


def read_wish(body: Mapping[str, Any]) -> Wish:
    """A command as it came in. Raises `Refused`."""
    key = read_key(body)
    do = read_text("do", body.get("do"), 16)
    if do not in tuple(Do):
        raise Refused("do", Code.BAD_VALUE, do, detail="screen_do", choices=", ".join(Do))
    scene = read_text("scene", body.get("scene"), 40)
    if do == Do.JUMP and not scene:
        raise Refused("scene", Code.MISSING_FIELD)
    if scene and scene not in SCENES:
        raise Refused("scene", Code.BAD_VALUE, scene, detail="scene", scenes=", ".join(SCENES))
    pace = read_between("pace", body.get("pace"), LEAST_REPLAY, MOST_REPLAY, REPLAY)
    return Wish(Do(do), key, scene, read_text("place", body.get("place"), 200), pace, body.get("take") is True)


def obey(
    drive: Drive,
    wish: Wish,
    now: datetime,
    by: str,
    by_name: str,
    scenes: Sequence[str],
    seconds: int,
    shown: str = "",
) -> Drive:
    """The screen's state after a command. `shown` is the scene it last said it shows. Raises `Refused` (`CONFLICT`)
    while somebody else drives it and is not to be overruled, and for a scene it is not made for."""
    if wish.key == drive.key:
        return drive
    held = standing(drive, now, seconds)
    if held.driver not in ("", by) and not wish.take:
        raise Refused("do", Code.CONFLICT, held.driven_by, detail="screen_driven")
    if wish.scene and wish.scene not in scenes:
        raise Refused("scene", Code.BAD_VALUE, wish.scene, detail="scene", scenes=", ".join(scenes))
    on = scene_on(drive, now, scenes, shown)
    told = replace(drive, order=drive.order + 1, at=now, key=wish.key, by=by, by_name=by_name)
    live = replace(told, mode=Mode.ROTATE, scene="", place="", freeze=None, began_at=None)
    going = replace(told, mode=held.mode) if held.mode is not Mode.ROTATE else replace(live, place=held.place)
    if wish.do is Do.NEXT or wish.do is Do.BACK:
        step = 1 if wish.do is Do.NEXT else -1
        return replace(going, scene=scenes[(scenes.index(on) + step) % len(scenes)])
    if wish.do is Do.JUMP:
        return replace(going, scene=wish.scene)
    if wish.do is Do.HOLD:
        return replace(live, mode=Mode.HOLD, scene=wish.scene or on, place=held.place)
    if wish.do is Do.TOWN:
        if held.mode is Mode.FROZEN:
            raise Refused("place", Code.CONFLICT, wish.place, detail="screen_frozen")
        return replace(going, place=wish.place, scene=wish.scene or on)
    if wish.do is Do.FREEZE:
        return replace(
            live, mode=Mode.FROZEN, scene=wish.scene or on, place=held.place, freeze=wish.freeze, began_at=now
        )
    if wish.do is Do.REPLAY:
        return replace(
            live, mode=Mode.REPLAY, scene=wish.scene or on, place=held.place, began_at=now, first=wish.first,
            last=wish.last, pace=wish.pace,
        )  # fmt: skip
    return live


def scene_on(drive: Drive, now: datetime, scenes: Sequence[str], shown: str) -> str:
    """The scene on the screen: what it was just told, else what it says itself, else what it was told long ago."""
    fresh = drive.at is not None and now - drive.at < JUST_NOW and drive.scene
    for scene in (drive.scene if fresh else "", shown, drive.scene if drive.mode is not Mode.ROTATE else ""):
        if scene in scenes:
            return scene
    return scenes[0]


def write_drive(drive: Drive) -> dict[str, Any]:
    """What is stored of it."""
    return {
        "order": drive.order, "mode": drive.mode.value, "scene": drive.scene, "place": drive.place,
        "at": drive.at.isoformat() if drive.at else None,
        "began_at": drive.began_at.isoformat() if drive.began_at else None,
        "key": drive.key, "by": drive.by, "by_name": drive.by_name, "freeze": drive.freeze, "first": drive.first,
        "last": drive.last, "pace": drive.pace,
    }  # fmt: skip


def stored_drive(written: Mapping[str, Any]) -> Drive:
    """What `write_drive` wrote; a screen never driven holds nothing."""
    if not written:
        return Drive()
    moments = {name: datetime.fromisoformat(written[name]) if written[name] else None for name in ("at", "began_at")}
    return Drive(**{**written, **moments, "mode": Mode(written["mode"])})
