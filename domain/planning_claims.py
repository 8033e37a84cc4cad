"""What is sent to the planning list: read, checked for sense, nothing believed about rights or state."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.claims import read_key, read_object, read_whole, read_word
from domain.errors import Code, Refused
from domain.planning import Source, Step, Wish
from domain.planning_needs import FOUND, Inspection
from domain.reports import MAX_NOTE
from domain.values import read_text, read_time

MAX_CODE = 120
MAX_NAME = 200
MAX_LANES = 200
MAX_CHANNELS = 50
MAX_THERE = 1_000_000


@dataclass(frozen=True, slots=True)
class Application:
    """A site is applied for in the town `town`. `code` is the code it is to have, empty for one made of its name."""

    key: str
    town: str
    code: str
    wish: Wish
    note: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StepClaim:
    """What somebody has done about planned site `number`, having seen it after `seen` steps (None: has not looked).
    `at` is None for now."""

    key: str
    number: int
    step: Step
    seen: int | None = None
    note: str = ""
    override: bool = False
    at: datetime | None = None
    inspection: Inspection | None = None


def read_application(body: object) -> Application:
    """The application a body states. Raises `Refused`."""
    row = read_object(body)
    code = read_text("code", row.get("code"), MAX_CODE)
    if "/" in code or "\\" in code:
        # Codes stand in addresses.
        raise Refused("code", Code.BAD_VALUE, code, detail="code")
    name = read_text("name", row.get("name"), MAX_NAME)
    if not name:
        raise Refused("name", Code.MISSING_FIELD)
    town = read_text("town", row.get("town"), MAX_CODE)
    if not town:
        raise Refused("town", Code.MISSING_FIELD)
    lon, lat = _degrees("lon", row.get("lon"), 180), _degrees("lat", row.get("lat"), 90)
    if (lon is None) != (lat is None):
        raise Refused("lon" if lon is None else "lat", Code.MISSING_FIELD)
    stated = row.get("source")
    return Application(
        key=read_key(row),
        town=town,
        code=code,
        wish=Wish(
            name=name,
            name_en=read_text("name_en", row.get("name_en"), MAX_NAME),
            kind=read_text("kind", row.get("kind"), 16).lower() or "fixed",
            lon=lon,
            lat=lat,
            lanes=read_whole("lanes", row.get("lanes"), MAX_LANES),
            green_channels=read_whole("green_channels", row.get("green_channels"), MAX_CHANNELS),
            source=read_word("source", stated, Source) if stated else Source.TOWN,
        ),
        note=read_text("note", row.get("note"), MAX_NOTE),
        at=_moment(row),
    )


def read_step(body: object) -> StepClaim:
    """The step a body states. Raises `Refused`."""
    row = read_object(body)
    number = read_whole("number", row.get("number"), 999_999_999)
    if not number:
        raise Refused("number", Code.MISSING_FIELD)
    step = read_word("step", row.get("step"), Step)
    if step is Step.APPLIED:
        # What is applied for anew is stated anew: by another application with the same code.
        raise Refused("step", Code.BAD_VALUE, step, detail="planning_apply")
    override = row.get("override", False)
    if not isinstance(override, bool):
        raise Refused("override", Code.BAD_VALUE, override)
    return StepClaim(
        key=read_key(row),
        number=number,
        step=step,
        seen=read_whole("seen", row.get("seen"), 1_000_000),
        note=read_text("note", row.get("note"), MAX_NOTE),
        override=override,
        at=_moment(row),
        inspection=read_inspection(row) if step is Step.INSPECTED else None,
    )


def read_inspection(row: Mapping[str, object]) -> Inspection:
    """What a body states to be there. Raises `Refused`."""
    return Inspection(
        zones=_listed("zones", row.get("zones")),
        passages=_listed("passages", row.get("passages")),
        lanes=read_whole("lanes", row.get("lanes"), MAX_LANES),
        green_channels=read_whole("green_channels", row.get("green_channels"), MAX_CHANNELS),
        crew=_counts("crew", row.get("crew")),
        kit=_counts("kit", row.get("kit")),
    )


def _listed(name: str, value: object) -> frozenset[str]:
    if value is None:
        return frozenset()
    if not isinstance(value, list) or not all(isinstance(word, str) and word in FOUND[name] for word in value):
        raise Refused(name, Code.BAD_VALUE, value)
    return frozenset(value)


def _counts(name: str, value: object) -> dict[str, int]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not set(value) <= set(FOUND[name]):
        raise Refused(name, Code.BAD_VALUE, value)
    stated = {item: read_whole(name, number, MAX_THERE) for item, number in value.items()}
    return {item: number for item, number in stated.items() if number is not None}


def _degrees(name: str, value: object, most: int) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Refused(name, Code.NOT_A_NUMBER, value)
    if abs(value) > most:
        raise Refused(name, Code.BAD_VALUE, value, detail="longitude" if name == "lon" else "latitude")
    return float(value)


def _moment(row: Mapping[str, object]) -> datetime | None:
    return read_time("at", row["at"]) if row.get("at") is not None else None
