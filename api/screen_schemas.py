"""The shapes of briefing screens as they go in and out."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.schemas import Count, Time

Scene = Literal["wall-progress", "wall-map", "wall-flow", "wall-labs", "wall-chain", "wall-alerts"]
Seconds = Annotated[int, Meta(ge=5, le=300, description="Seconds a scene stays")]
Bezel = Annotated[int, Meta(ge=0, le=400, description="Pixels of the gap between panels of a wall")]


class ScreenSettingsIn(Struct):
    """What a screen is for. `place` is whose figures it shows (default: the caller's own), `location` where it hangs;
    without `scenes` all of them."""

    name: str
    location: str | None = None
    place: str | None = None
    scenes: list[Scene] | None = None
    seconds: Seconds | None = None
    language: Literal["zh", "en"] | None = None
    bezel_px: Bezel | None = None


class ScreenIn(ScreenSettingsIn, kw_only=True):
    """A screen as it is made. `code` is the one the device shows; without it a code for the device is answered."""

    key: str
    code: str | None = None


class ScreenJoinIn(Struct):
    """Another device for a screen: `code` as in `ScreenIn`."""

    code: str | None = None


class ScreensIn(Struct):
    """Which screens: their numbers."""

    screens: list[int]


class ScreenDriveIn(ScreensIn, kw_only=True):
    """A command to screens. `scene` goes with `jump`, and with others chooses where to stand; `place` with `town`;
    `pace` is the seconds a reporting period of a `replay` takes. `take` takes a screen over from who drives it."""

    key: str
    do: Literal["next", "back", "jump", "hold", "town", "freeze", "replay", "release"]
    scene: Scene | None = None
    place: str | None = None
    pace: Annotated[int, Meta(ge=2, le=60)] | None = None
    take: bool = False


class ScreenTroubleOut(Struct):
    trouble: Annotated[str, Meta(description="lost, late, old_data, clock or old_software")]
    severity: Annotated[str, Meta(description="warn or crit")]


class ScreenOut(Struct):
    """A screen, what it has to show and what it last said of itself; what it has not said is null. `scene` is the
    scene it says it shows. `clock_off` is its clock minus the server's, in seconds."""

    number: int
    name: str
    location: str
    place: str
    scenes: list[str]
    seconds: int
    language: str
    bezel_px: int
    joined: bool
    revoked: bool
    mode: Literal["rotate", "hold", "frozen", "replay"]
    controller: str
    troubles: list[ScreenTroubleOut]
    last_contact: Time | None
    scene: str
    version: str | None
    data_until: Time | None
    width: Count | None
    height: Count | None
    software: str
    clock_off: float | None
    heap_mb: Count | None
    drawn_ms: Count | None
    drops: Count | None


class ScreenDoneOut(Struct):
    """What became of it. `code` is told once: the device types it, or opens `link`, within `seconds`."""

    number: int
    unchanged: bool
    code: str | None = None
    link: str | None = None
    seconds: int | None = None


class ScreensDoneOut(Struct):
    """How many screens were told what they had not been told before."""

    told: Count
