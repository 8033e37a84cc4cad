"""Briefing screens as devices: what one may show, how it joins, what fits on it, and when it needs somebody. How it
is driven stands in `domain.screen_driving`.

Times here are the machine's, not the campaign's: a screen lives in the real world also where a demonstration's day
runs faster.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from domain.errors import Code, Refused
from domain.status import Severity
from domain.values import read_text

SCENES = ("wall-progress", "wall-map", "wall-flow", "wall-labs", "wall-chain", "wall-alerts")
"""Every scene, in the order in which a screen shows them."""

UPRIGHT = ("wall-progress", "wall-labs", "wall-alerts")
"""The scenes that have a form for a screen that is higher than wide."""

LEAST_SECONDS, MOST_SECONDS = 5, 300
MOST_BEZEL = 400
"""Pixels of a gap between the panels of a wall."""

MAX_NAME, MAX_LOCATION = 60, 100
"""Characters."""

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
        read_between("seconds", body.get("seconds"), LEAST_SECONDS, MOST_SECONDS, 15),
        language,
        read_between("bezel_px", body.get("bezel_px"), 0, MOST_BEZEL, 0),
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


def read_between(name: str, value: object, least: int, most: int, default: int) -> int:
    """A whole number from `least` to `most`; `default` when absent. Raises `Refused`."""
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Refused(name, Code.BAD_VALUE, value, detail="screen_between", least=least, most=most)
    return value


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


def layout(width: int, height: int, scenes: Sequence[str]) -> Layout:
    """How a screen of that size (pixels) is filled by those scenes; nothing is ever stretched. The screen itself goes
    by the same rule (`assets/wall/play.js`; tests/browser/test_wall_rules.py holds one against the other)."""
    upright = height > width and any(scene in UPRIGHT for scene in scenes)
    if upright:
        across, down, halves = 67.5, 120.0, 1
    else:
        # 1.77 and not 16/9: a wall whose pixels do not quite add up is still full (design, section F).
        halves = max(1, min(int(width / height / 1.77), len(scenes)))
        across, down = (120.0 if halves == 1 else 113.0 * halves + 11 * (halves - 1) + 7), 67.5
    rem = min(width / across, height / down)
    return Layout(
        halves,
        upright,
        max(0, round((width - across * rem) / 2)),
        max(0, round((height - down * rem) / 2)),
        round(LEAST_TEXT_REM * rem),
    )
