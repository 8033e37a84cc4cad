"""Bulletins as they go in and out. Shares are fractions; what is absent is unknown, never zero."""

from typing import Annotated

from msgspec import Meta, Struct

from api.schemas import Time

HourIn = Annotated[str, Meta(description="Start of the hour, ISO 8601 with offset")]


Id = Annotated[int, Meta(ge=1, le=2**53)]
"""The number of a bulletin or a template."""


class FreezeIn(Struct):
    """Freeze an hour. `reason` is required where the hour is published already."""

    key: str
    hour: HourIn
    scope: str | None = None
    reason: str = ""
    remark: str = ""


class RemarkIn(Struct):
    id: Id
    remark: str


class StepIn(Struct):
    id: Id


class WithdrawIn(Struct):
    id: Id
    reason: str = ""


class LineOut(Struct):
    """One place's published figures up to the end of the hour; `hour_*` are those of the hour alone."""

    code: str
    name: str
    level: str
    persons: int
    completion: float | None
    gap: int | None
    target: int | None
    hour_persons: int
    tubes: int | None
    hour_tubes: int | None
    third_copies: int | None
    special_cases: int | None
    positives: int | None
    verified: float | None
    expected: int
    reported: int


class CorrectionOut(Struct):
    """What changed since the issue this one replaces, with its effect on the totals."""

    at: Time
    place: str
    kind: str
    persons: int
    tubes: int
    reason: str
    actor: str
    verified_at: Time | None


class BulletinOut(Struct):
    """One issue. `data_until` is event time, `known_at` recorded time with its `revision`."""

    id: int
    scope: str
    issue: str
    hour: Time
    state: str
    data_until: Time
    known_at: Time
    revision: int
    reason: str
    remark: str
    replaces: int | None
    drafted_by: str
    reviewed_by: str
    reviewed_at: Time | None
    signed_by: str
    signed_at: Time | None
    lead: str
    text: str
    total: LineOut
    lines: list[LineOut]
    corrections: list[CorrectionOut]


class BulletinDoneOut(Struct):
    """What became of a step; `changed` is false when it had been taken already."""

    changed: bool
    revision: int
    bulletin: BulletinOut


class TemplateIn(Struct):
    """A template to keep. `content` is the file in base64, at most 2 MB of it."""

    key: str
    name: str
    content: str
    scope: str | None = None


class TemplateOut(Struct):
    id: int
    name: str
    kind: str
    fields: list[str]
    actor: str
    recorded_at: Time


class TemplateDoneOut(Struct):
    id: int
    changed: bool
    fields: list[str] = []


class FieldOut(Struct):
    """A field a template may name; `row` lists the fields of one row where it is a list."""

    name: str
    meaning: str
    row: list[str]
