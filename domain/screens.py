"""Briefing screens as devices: what one may show, how it joins, how it is driven, and when it needs somebody.

Times here are the machine's, not the campaign's: a screen lives in the real world also where a demonstration's day
runs faster.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from domain.errors import Code, Refused
from domain.reports import read_text
from domain.status import Severity

SCENES = ("wall-progress", "wall-map", "wall-flow", "wall-labs", "wall-chain", "wall-alerts")
"""Every scene, in the order in which a screen shows them."""

UPRIGHT = ("wall-progress", "wall-labs", "wall-alerts")
"""The scenes that have a form for a screen that is higher than wide."""

LEAST_SECONDS, MOST_SECONDS = 5, 300
MOST_BEZEL = 400
"""Pixels of a gap between the panels of a wall."""

MAX_NAME, MAX_LOCATION, MAX_KEY = 60, 100, 200

# -- joining

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""What codes are made of: nothing that can be read as something else (0 O 1 I)."""

CODE_LENGTH = 6
CODE_LIFE = timedelta(minutes=10)


def new_code() -> str:
    """A code nobody can foresee: one of 2³⁰, of which a handful hold at any time."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def read_code(value: object) -> str:
    """The code as somebody typed it, whatever he put between its halves. Raises `Refused`."""
    typed = "".join(c for c in read_text("code", value, 40).upper() if c.isalnum())
    if len(typed) != CODE_LENGTH or any(c not in ALPHABET for c in typed):
        raise Refused("code", Code.BAD_VALUE, value, detail="screen_code")
    return typed


# -- what an administrator sets


@dataclass(frozen=True, slots=True)
class Settings:
    """What one screen is for. `place` is the code of the place whose figures it shows, `location` where it hangs."""

    name: str
    location: str
    place: str
    scenes: tuple[str, ...]
    seconds: int
    language: str
    bezel_px: int


def read_settings(body: Mapping[str, Any], languages: Sequence[str]) -> Settings:
    """What a request asks for; scenes come in the order of `SCENES`, whatever order they were named in.
    Raises `Refused`."""
    name = read_text("screen_name", body.get("name"), MAX_NAME)
    if not name:
        raise Refused("screen_name", Code.MISSING_FIELD)
    language = read_text("language", body.get("language"), 8) or languages[0]
    if language not in languages:
        raise Refused("language", Code.BAD_VALUE, language, detail="screen_language", languages=", ".join(languages))
    return Settings(
        name,
        read_text("location", body.get("location"), MAX_LOCATION),
        read_text("place", body.get("place"), 200),
        _read_scenes(body.get("scenes")),
        _between("seconds", body.get("seconds"), LEAST_SECONDS, MOST_SECONDS, 15),
        language,
        _between("bezel_px", body.get("bezel_px"), 0, MOST_BEZEL, 0),
    )


def _read_scenes(value: object) -> tuple[str, ...]:
    if value is None:
        return SCENES
    if not isinstance(value, list) or not value:
        raise Refused("scenes", Code.MISSING_FIELD)
    for one in value:
        if one not in SCENES:
            raise Refused("scenes", Code.BAD_VALUE, one, detail="scene", scenes=", ".join(SCENES))
    return tuple(scene for scene in SCENES if scene in value)


def _between(name: str, value: object, least: int, most: int, default: int) -> int:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Refused(name, Code.BAD_VALUE, value, detail="screen_between", least=least, most=most)
    return value


# -- driving

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
    key = read_text("key", body.get("key"), MAX_KEY)
    if not key:
        raise Refused("key", Code.MISSING_FIELD)
    do = read_text("do", body.get("do"), 16)
    if do not in tuple(Do):
        raise Refused("do", Code.BAD_VALUE, do, detail="screen_do", choices=", ".join(Do))
    scene = read_text("scene", body.get("scene"), 40)
    if do == Do.JUMP and not scene:
        raise Refused("scene", Code.MISSING_FIELD)
    if scene and scene not in SCENES:
        raise Refused("scene", Code.BAD_VALUE, scene, detail="scene", scenes=", ".join(SCENES))
    pace = _between("pace", body.get("pace"), LEAST_REPLAY, MOST_REPLAY, REPLAY)
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


# -- how it goes with one

CONTACT_SECONDS = 5
"""How often a screen is heard at least, in seconds; pages say so."""

LATE, LOST = timedelta(seconds=15), timedelta(seconds=60)
CLOCK_OFF = timedelta(seconds=60)
BEHIND = timedelta(seconds=120)
"""How long a screen may show a version that is no longer the newest: time to fetch it several times over."""


@dataclass(frozen=True, slots=True)
class Contact:
    """What a screen last said of itself. What it did not say is None or empty: pages write a dash. `skew` is its
    clock minus ours, in seconds; `began_at` when it was last loaded; `drops` how often it has lost us since;
    `drawn_ms` what its last change of scene took; `turns_in` seconds from then to the next one."""

    at: datetime
    width: int | None = None
    height: int | None = None
    revision: int | None = None
    minute: int | None = None
    scene: str = ""
    state: str = ""
    skew: float | None = None
    software: str = ""
    data_until: datetime | None = None
    heap_mb: int | None = None
    drawn_ms: int | None = None
    began_at: datetime | None = None
    drops: int | None = None
    turns_in: int | None = None


class Trouble(StrEnum):
    """Why a screen needs somebody."""

    LOST = "lost"
    LATE = "late"
    OLD_DATA = "old_data"
    CLOCK = "clock"
    OLD_SOFTWARE = "old_software"


def troubles(
    contact: Contact, now: datetime, software: str, newest: tuple[int, float] | None
) -> list[tuple[Trouble, Severity]]:
    """What is wrong with a screen that has joined, the worst first. `newest` is the minute of the newest version and
    the speed of the campaign's clock; None where the screen is meant to show something older."""
    silent = now - contact.at
    found: list[tuple[Trouble, Severity]] = []
    if silent > LOST:
        found.append((Trouble.LOST, Severity.CRIT))
    elif silent > LATE:
        found.append((Trouble.LATE, Severity.WARN))
    if newest is not None and contact.minute is not None:
        minute, speed = newest
        # While a screen is silent its picture ages with it: that is said once, by the silence.
        behind = timedelta(minutes=(minute - contact.minute) / max(speed, 1e-9)) - silent
        if behind > BEHIND:
            found.append((Trouble.OLD_DATA, Severity.WARN))
    if contact.skew is not None and abs(contact.skew) > CLOCK_OFF.total_seconds():
        found.append((Trouble.CLOCK, Severity.WARN))
    if contact.software and contact.software != software:
        found.append((Trouble.OLD_SOFTWARE, Severity.WARN))
    return found


# -- what fits on one

ROOT_PX = 16
"""Pixels of a rem at 1920×1080 (design, section 9)."""

LEAST_TEXT_REM = 28 / ROOT_PX


@dataclass(frozen=True, slots=True)
class Layout:
    """How scenes stand on a screen: `halves` side by side, or one upright. `beside` and `above` are the pixels left
    free on each side; `least_text` the height of the smallest text, in pixels."""

    halves: int
    upright: bool
    beside: int
    above: int
    least_text: int


def beside(scenes: Sequence[str], halves: int) -> tuple[str, ...]:
    """The scenes that stand still on a wall for several: the overall progress first (design, section F)."""
    return tuple(sorted(scenes, key=lambda scene: scene != SCENES[0])[: min(halves, len(scenes)) - 1])


def layout(width: int, height: int) -> Layout:
    """How a screen of that size is filled; nothing is ever stretched."""
    if height > width:
        across, down, halves = 67.5, 120.0, 1
    else:
        # 1.77 and not 16/9: a wall whose pixels do not quite add up is still full (design, section F).
        halves = max(1, int(width / height / 1.77))
        across, down = (120.0 if halves == 1 else 113.0 * halves + 11 * (halves - 1) + 7), 67.5
    rem = min(width / across, height / down)
    return Layout(
        halves,
        height > width,
        max(0, round((width - across * rem) / 2)),
        max(0, round((height - down * rem) / 2)),
        round(LEAST_TEXT_REM * rem),
    )
