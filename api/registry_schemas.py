"""The shapes of the registry of laboratories as they go in and out."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from api.schemas import Time

Day = Annotated[str, Meta(extra_json_schema={"format": "date"})]
Subject = Literal["standing", "licence", "filing", "assessment", "control", "forms", "black_list", "binding"]
RangeOut = Literal["national", "province", "city", "county"]


class LabChangeIn(Struct, omit_defaults=True):
    """One new version of one record of the laboratory `lab`. `what` says which fields count:

    standing: level (1–3), listed, capacity_per_day, home (place code), those not stated stay; licence: number,
    valid_until; filing: number, filed_on, valid_until; assessment: item, organiser, range, region, on, took_part,
    passed, corrective, corrected_on; control: item, on, in_control; forms: half (`2026H1`), checked, compliant;
    black_list: since, reason, lifted_on; binding: town, valid_from (default: now).

    `entry` names an earlier record to change or, with `withdraw` and a `note`, to withdraw; `seen` is the version
    it was changed from: if there is another by then, the row is refused (`conflict`).
    """

    key: str
    lab: str
    what: Subject
    entry: str | None = None
    seen: int | None = None
    withdraw: bool = False
    note: str | None = None
    level: int | str | None = None
    listed: bool | str | None = None
    capacity_per_day: int | str | None = None
    home: str | None = None
    number: str | None = None
    valid_until: Day | None = None
    filed_on: Day | None = None
    item: str | None = None
    organiser: str | None = None
    range: RangeOut | None = None
    region: str | None = None
    on: Day | None = None
    took_part: bool | None = None
    passed: bool | None = None
    corrective: str | None = None
    corrected_on: Day | None = None
    in_control: bool | None = None
    half: str | None = None
    checked: int | None = None
    compliant: int | None = None
    since: Day | None = None
    reason: str | None = None
    lifted_on: Day | None = None
    town: str | None = None
    valid_from: Time | None = None


class LabChangesIn(Struct):
    changes: list[LabChangeIn]


class LabMarkOut(Struct):
    """`mark` is the mark as it stands on a report (`龙南市HR`), None where there is none; `reasons` then says why."""

    item: str
    mark: str | None
    range: RangeOut | None
    region: str
    reasons: list[str]
    messages: list[str]


class LabConcernOut(Struct):
    matter: str
    severity: str
    on: Day | None
    item: str
    message: str


class LabRateOut(Struct):
    """`share` is done ÷ of, None of nothing."""

    rate: str
    done: int
    of: int
    share: float | None
    target: float


class LabBoundOut(Struct):
    town: str
    valid_from: Time
    valid_to: Time | None


class LabVersionOut(Struct):
    """One version of one record; `version` is what `seen` means."""

    version: int
    what: Subject
    entry: str
    content: dict[str, Any]
    withdrawn: bool
    current: bool
    note: str
    copied_from: str
    by: str
    at: Time


class LabOut(Struct):
    code: str
    name: str
    name_en: str
    home: str | None
    capacity_per_day: int | None
    level: int | None
    listed: bool | None
    state: str
    recognised_by: list[int]
    concerns: list[LabConcernOut]
    marks: list[LabMarkOut]
    rates: list[LabRateOut]
    towns: list[LabBoundOut]
    versions: list[LabVersionOut]


class LabsOut(Struct):
    """The registry of a place: marks need the `years` passed one by one."""

    scope: str
    revision: int
    years: list[int]
    rates: list[LabRateOut]
    labs: list[LabOut]
