"""What can be wrong with input. Codes are part of the contract with other systems and never change; the
sentence a person reads is made from code and parameters in `locales`."""

import dataclasses
from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Why a row was refused (../shared contract, "Hourly reports"), and the codes that only files can earn."""

    UNKNOWN_SITE = "unknown_site"
    OUT_OF_SCOPE = "out_of_scope"
    HOUR_IN_FUTURE = "hour_in_future"
    NEGATIVE = "negative"
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    TOO_LARGE = "too_large"
    MISSING_FIELD = "missing_field"
    BAD_TIME = "bad_time"
    TIME_IN_FUTURE = "time_in_future"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_LAB = "unknown_lab"
    BAD_BARCODE = "bad_barcode"
    BAD_VALUE = "bad_value"
    OVERLAPS = "overlaps"
    NEEDS_CORRECTION = "needs_correction"
    NEEDS_REASON = "needs_reason"
    CONFLICT = "conflict"
    DUPLICATE_IN_FILE = "duplicate_in_file"
    PERSONS_EXCEED_TUBES = "persons_exceed_tubes"
    UNKNOWN_PLACE = "unknown_place"
    UNKNOWN_REPORT = "unknown_report"
    AMBIGUOUS_PLACE = "ambiguous_place"
    WRONG_PARENT = "wrong_parent"
    TOO_MANY_CELLS = "too_many_cells"
    TOO_SOON = "too_soon"
    NO_TARGET = "no_target"
    NOT_CLEAN = "not_clean"
    NOT_YOURS = "not_yours"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class Rejection:
    """One refused row: where it stood, which field, why, and what the message needs to say it.

    `index` counts rows of the batch from 0. `detail` picks a more exact sentence than the code alone
    (`not_a_number.formula`); `params` fills it.
    """

    index: int
    field: str
    code: Code
    value: str = ""
    detail: str = ""
    params: dict[str, object] = dataclasses.field(default_factory=dict)


class Refused(Exception):
    """A check that ended in a refusal; carries everything a `Rejection` needs but the row's index."""

    def __init__(self, field_: str, code: Code, value: object = "", detail: str = "", **params: object) -> None:
        super().__init__(f"{field_}: {code}")
        self.field = field_
        self.code = code
        self.value = "" if value is None else str(value)[:80]
        self.detail = detail
        self.params = params

    def at(self, index: int) -> Rejection:
        """The same refusal as row `index` of a batch."""
        return Rejection(index, self.field, self.code, self.value, self.detail, self.params)


class Unreadable(Exception):
    """A whole file or body that cannot be read at all. `problem` names the message in `locales`."""

    def __init__(self, problem: str, **params: object) -> None:
        super().__init__(problem)
        self.problem = problem
        self.params = params
