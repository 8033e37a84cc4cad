"""The shapes that go in and out. Answers are made of these, and the published OpenAPI is made from these."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

Time = Annotated[str, Meta(description="ISO 8601 with offset", examples=["2021-06-06T14:00:00+08:00"])]
Count = Annotated[int, Meta(ge=0)]


class CampaignOut(Struct):
    id: str
    name: str
    name_en: str
    starts_at: Time
    deadline: Time
    pool_size: int
    interval_minutes: int
    due_minutes: int
    timezone: str
    revision: int
    demo: bool


class PlaceOut(Struct):
    code: str
    name: str
    name_en: str
    level: str
    parent: str | None
    kind: str | None
    lon: float | None
    lat: float | None
    target: int | None
    lanes: int | None
    lab: str | None


class RevisionOut(Struct):
    revision: int
    as_of: Time
    data_until: Time | None
    server_time: Time


class ReportIn(Struct):
    """One hourly report. What is absent is unknown, never zero; `persons` or `persons_total` must be given."""

    key: str
    site: str
    hour: Annotated[str, Meta(description="Start of the period, ISO 8601 with offset")]
    hours: float | None = None
    persons: Count | None = None
    persons_total: Count | None = None
    tubes: Count | None = None
    tubes_total: Count | None = None
    third_copies: Count | None = None
    special_cases: Count | None = None
    queue_minutes: Count | None = None
    lanes_open: Count | None = None
    positives: Count | None = None
    pool_size: int | None = None
    note: str | None = None
    correction_of: str | None = None
    channel: Annotated[
        str | None,
        Meta(description="How the figures reached the sender: `phone` (entered for a site that telephoned; not by "
                         "the site itself) or `paper`; absent is the site itself, or a machine"),
    ] = None  # fmt: skip


class ReportsIn(Struct):
    reports: list[ReportIn]


class RejectedOut(Struct):
    index: int
    field: str
    code: str
    message: str


class BatchOut(Struct):
    accepted: int
    unchanged: int
    rejected: list[RejectedOut]
    revision: int


class VerifyIn(Struct):
    """With `clean_only`, reports somebody has to look at are refused (`not_clean`)."""

    keys: list[str]
    clean_only: bool = False


class ReturnIn(Struct):
    keys: list[str]
    reason: str
    note: str = ""


class UndoIn(Struct):
    """Which decision to take back: `revision` is that of the answer to it."""

    keys: list[str]
    revision: int


class ReportOut(Struct):
    """A current version. `persons` and `tubes` are what it counts for in its period."""

    key: str
    site: str
    hour: Time
    hours: float
    persons: int
    tubes: int | None
    third_copies: int | None
    special_cases: int | None
    queue_minutes: int | None
    lanes_open: int | None
    positives: int | None
    persons_total: int | None
    tubes_total: int | None
    pool_size: int | None
    note: str
    correction_of: str | None
    channel: str | None
    version: int
    status: str
    recorded_at: Time
    flags: list[str]


class Stages(Struct):
    """Tubes by where they are now; null while no tube events are known."""

    on_site: int | None = None
    in_transit: int | None = None
    at_lab: int | None = None
    testing: int | None = None
    reported: int | None = None


class FinishOut(Struct):
    p10: Time
    p50: Time
    p90: Time


class ChildOut(Struct):
    code: str
    name: str
    name_en: str
    level: str
    persons: int
    target: int | None
    completion: float | None
    tubes: int | None
    third_copies: int | None
    sites: int
    missing: int
    gap_persons: int | None


class SummaryOut(Struct):
    scope: str
    revision: int
    as_of: Time
    data_until: Time | None
    persons: int
    catch_up_persons: int
    target: int | None
    completion: float | None
    tubes: int | None
    third_copies: int | None
    special_cases: int | None
    positives: int | None
    sites: int
    sites_reported: int
    sites_expected: int
    verified_share: float | None
    by_stage: Stages
    expected_finish: FinishOut | None
    children: list[ChildOut]


class HourOut(Struct):
    hour: Time
    persons: int
    tubes: int | None
    expected: int
    on_time: int
    late: int
    missing: int
    zero: int
    returned: int
    verified: int
    reports: int


class HourlyOut(Struct):
    scope: str
    revision: int
    as_of: Time
    data_until: Time | None
    hours: list[HourOut]


class SiteDutyOut(Struct):
    site: str
    name: str
    state: str
    persons: int | None
    recorded_at: Time | None


class DutyOut(Struct):
    scope: str
    revision: int
    as_of: Time
    data_until: Time | None
    hour: Time
    sites: list[SiteDutyOut]


class UpperFigureIn(Struct):
    """What an upper system shows for a place at a moment: running totals. `persons` or `tubes` must be given."""

    key: str
    place: str
    at: Time
    persons: Count | None = None
    tubes: Count | None = None
    source: str | None = None


class UpperFigureOut(Struct):
    """The same beside our own figures at that moment; differences are theirs less ours, null while the two cannot
    be compared."""

    key: str
    place: str
    at: Time
    source: str
    persons: int | None
    persons_own: int | None
    persons_difference: int | None
    tubes: int | None
    tubes_own: int | None
    tubes_difference: int | None
    recorded_at: Time
    revision: int


class ErrorOut(Struct):
    index: int
    field: str
    code: str
    message: str


class ProblemOut(Struct):
    type: str
    title: str
    status: int
    detail: str
    errors: list[ErrorOut] = msgspec.field(default_factory=list)
    request_id: str = ""
    """As in the header `X-Request-ID` and in the log."""


class MeOut(Struct):
    """Who the caller is. `place` is empty where every place is; `campaign` null where every campaign is."""

    login: str
    name: str
    role: str
    place: str
    campaign: str | None


def components(shapes: Sequence[Any]) -> tuple[dict[str, Any], Any]:
    """JSON schemas of the shapes by name, and a function from a type to its reference."""
    schemas, named = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    references = dict(zip(map(str, shapes), schemas, strict=True))
    return dict(named), lambda shape: references[str(shape)]
