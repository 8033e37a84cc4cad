"""The shapes of tubes, laboratories' counts, backlog and ledger."""

from typing import Annotated

from msgspec import Meta, Struct

from api.schemas import Count, Time

Barcode = Annotated[str, Meta(description="6–32 of `A–Z a–z 0–9 -`")]


class TubeEventIn(Struct):
    """One event of one tube. `site` is needed for `sampled` and `third_copy`, `lab` for `received`, `testing` and
    `result`; a clerk's or a laboratory's own may be left out."""

    event_id: str
    barcode: Barcode
    type: Annotated[
        str, Meta(description="`sampled`, `third_copy`, `collected`, `received`, `testing`, `result`, `void`")
    ]
    at: Time
    site: str | None = None
    lane: str | None = None
    box: str | None = None
    manifest: str | None = None
    lab: str | None = None
    persons: Count | None = None
    pool_size: int | None = None
    result: Annotated[str | None, Meta(description="`negative`, `positive`, `grey`, `single_target`, `invalid`")] = (
        None
    )
    reason: Annotated[str | None, Meta(description="`broken`, `label_spoiled`, `rejected_by_lab`")] = None


class LabReportIn(Struct):
    """What a laboratory without barcodes received, tested and reported in one period."""

    key: str
    hour: Annotated[str, Meta(description="Start of the period, ISO 8601 with offset")]
    lab: str | None = None
    received: Count | None = None
    tested: Count | None = None
    reported: Count | None = None


class StageOut(Struct):
    """Tubes waiting in one stage. `lab` is the laboratory that has them or will, null where they are of several.
    `oldest_minutes` is null where none waits, and where only counts are known."""

    stage: str
    lab: str | None
    tubes: int
    oldest_minutes: int | None
    limit_minutes: int
    state: str
    over: int
    near: int
    by_count: int


class BacklogOut(Struct):
    scope: str
    revision: int
    as_of: Time
    data_until: Time | None
    stages: list[StageOut]
    reported: int


class OddTubeOut(Struct):
    """One tube behind a finding."""

    barcode: str
    site: str | None
    lab: str | None
    box: str | None
    used_at: Time | None


class TubesBehindOut(Struct):
    """The tubes behind each finding, at most 1,000 of each."""

    missing: list[OddTubeOut]
    unregistered: list[OddTubeOut]
    duplicate: list[OddTubeOut]
    wrong_lab: list[OddTubeOut]
    suspect_misread: list[list[str]]


class LedgerOut(Struct):
    """The ledger of a place. `balance` = used − (on_site + in_transit + received + missing)."""

    scope: str
    revision: int
    as_of: Time
    data_until: Time | None
    used: int
    on_site: int
    in_transit: int
    received: int
    missing: int
    balance: int
    unregistered: int
    duplicate: int
    wrong_lab: int
    suspect_misread: int
    void: int
    third_copies: int
    reported_tubes: int | None
    reported_difference: int | None
    by_count: int
    tubes: TubesBehindOut


class TubeEventOut(Struct):
    event_id: str
    type: str
    at: Time
    recorded_at: Time
    site: str | None
    lab: str | None
    lane: str | None
    box: str | None
    manifest: str | None
    persons: int | None
    pool_size: int | None
    result: str | None
    reason: str | None
    sender: str
    custodian: str


class TubeOut(Struct):
    """The life of one tube. `result` is null for who may not see results. `void` and `reason` may also be `lost` or
    `never_filled`: what closing a finding of the ledger has said of it."""

    barcode: str
    site: str | None
    lab: str | None
    expected_lab: str | None
    state: str
    custodian: str
    persons: int | None
    pool_size: int | None
    result: str | None
    void: str | None
    missing: bool
    findings: list[str]
    same_as: str | None
    events: list[TubeEventOut]
