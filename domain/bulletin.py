"""Publishing (公报): the district freezes an hour, a second person reviews it, a third signs it.

An issue has two times: *data until* (数据截至, the end of its hour) and *known at* (已知到, recorded time with its
revision). Freezing fixes both, and the figures themselves are stored, so that an issue never changes: whatever is
corrected later stands in the change log of the next one (第 8.1 期), which replaces it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.errors import Code, Refused
from domain.permissions import Action, Caller
from domain.places import Level

SCHEMA = 1
"""Version of the stored form of `Frozen`; raised when a field changes its meaning."""

MAX_REMARK = 600
MAX_REASON = 300


class State(StrEnum):
    """Where an issue stands. Only drafts and reviewed issues can be withdrawn; a published one is replaced."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """What a person does to an issue."""

    FREEZE = "freeze"
    REMARK = "remark"
    REVIEW = "review"
    SIGN = "sign"
    WITHDRAW = "withdraw"


OPEN = (State.DRAFT, State.REVIEWED)
OUT = (State.PUBLISHED, State.SUPERSEDED)
"""States of an issue that has left the house and can never be taken back."""

AFTER: dict[tuple[State, Step], State] = {
    (State.DRAFT, Step.REMARK): State.DRAFT,
    (State.DRAFT, Step.REVIEW): State.REVIEWED,
    (State.REVIEWED, Step.SIGN): State.PUBLISHED,
    (State.DRAFT, Step.WITHDRAW): State.WITHDRAWN,
    (State.REVIEWED, Step.WITHDRAW): State.WITHDRAWN,
}
"""The state machine; replaced by a later issue, a published one becomes superseded."""


@dataclass(frozen=True, slots=True)
class Hands:
    """Who did what to an issue so far, by the names the audit knows them by."""

    drafted: str
    reviewed: str = ""


def check_place(level: Level) -> None:
    """Only a district or a city publishes. Raises `Refused`."""
    if level not in (Level.CITY, Level.DISTRICT):
        raise Refused("bulletin", Code.BAD_VALUE, level, detail="publishes")


def may_take(step: Step, caller: Caller, people: int) -> bool:
    """Whether the caller's role allows `step`. Where two people suffice, whoever prepares bulletins may sign what
    another one drafted; else signing is the leader's."""
    if step is not Step.SIGN:
        return caller.may(Action.PREPARE_BULLETIN)
    return caller.may(Action.SIGN_BULLETIN) or (people <= 2 and caller.may(Action.PREPARE_BULLETIN))


def next_state(state: State, step: Step, hands: Hands, caller: Caller, people: int) -> State:
    """The state after `caller` takes `step`; the role has been checked by `may_take`.

    Draft, review and signature are three people. With `people` 2 (a small district) the signature must differ from
    the draft, whoever reviewed. Raises `Refused`.
    """
    after = AFTER.get((state, step))
    if after is None:
        raise Refused("bulletin", Code.CONFLICT, state, detail=f"bulletin_{step}")
    same_hand = {
        Step.REVIEW: people > 2 and caller.name == hands.drafted,
        Step.SIGN: caller.name == hands.drafted or (people > 2 and caller.name == hands.reviewed),
    }
    if same_hand.get(step, False):
        raise Refused("bulletin", Code.CONFLICT, caller.shown or caller.name, detail="same_person", people=people)
    return after


def label(number: int, replacement: int) -> str:
    """The number of an issue: `8`, its first replacement `8.1`."""
    return f"{number}.{replacement}" if replacement else str(number)


# -- what is frozen


@dataclass(frozen=True, slots=True)
class Name:
    """A place as it was called when the hour was frozen."""

    code: str
    name: str
    name_en: str
    level: Level

    def label(self, language: str) -> str:
        return self.name_en or self.name if language == "en" else self.name


@dataclass(frozen=True, slots=True)
class Finish:
    """Expected moment with its 80 % interval."""

    p10: datetime
    p50: datetime
    p90: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One place's figures up to the end of the hour; `hour_*` are those of the hour alone, persons or tubes.

    None is unknown, never zero. `planned` is persons planned up to the end of the hour, unrounded.
    """

    place: Name
    sites: int
    persons: int
    hour_persons: int
    verified_persons: int
    catch_up_persons: int
    expected: int
    reported: int
    late: int
    returned: int
    tubes: int | None = None
    hour_tubes: int | None = None
    third_copies: int | None = None
    special_cases: int | None = None
    positives: int | None = None
    target: int | None = None
    planned: float | None = None
    severity: str = ""
    finish: Finish | None = None

    @property
    def completion(self) -> float | None:
        return self.persons / self.target if self.target else None

    @property
    def planned_share(self) -> float | None:
        return self.planned / self.target if self.planned is not None and self.target else None

    @property
    def gap(self) -> int | None:
        """Persons counted less persons planned; negative is behind."""
        return round(self.persons - self.planned) if self.planned is not None else None

    @property
    def verified(self) -> float | None:
        """Persons in verified reports ÷ persons."""
        return self.verified_persons / self.persons if self.persons else None

    @property
    def per_tube(self) -> float | None:
        return self.persons / self.tubes if self.tubes else None

    @property
    def missing(self) -> int:
        return self.expected - self.reported


@dataclass(frozen=True, slots=True)
class HourLine:
    """One hour of the whole place."""

    end: datetime
    persons: int
    tubes: int | None
    plan: float | None
    expected: int
    on_time: int
    late: int
    missing: int


@dataclass(frozen=True, slots=True)
class SiteLine:
    """What one site had reported up to the end of the hour."""

    place: Name
    town: Name
    persons: int
    hour_persons: int
    verified_persons: int
    state: str
    tubes: int | None = None
    third_copies: int | None = None
    special_cases: int | None = None
    target: int | None = None

    @property
    def completion(self) -> float | None:
        return self.persons / self.target if self.target else None

    @property
    def verified(self) -> float | None:
        return self.verified_persons / self.persons if self.persons else None


class Task(StrEnum):
    """What the bulletin asks for; the sentence stands in `locales` as `bulletin.task.<kind>`."""

    REPORT = "report"
    RETURNED = "returned"
    BEHIND = "behind"
    CHECK = "check"
    VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do. `places` are named, `count` is how many there are, `by` until when."""

    kind: Task
    places: tuple[Name, ...]
    count: int
    owner: Name | None = None
    by: datetime | None = None
    gap: int | None = None
    finish: datetime | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """One change of the record after an issue was frozen. `persons` and `tubes` are its effect on the totals up to
    the issue's hour; `kind` says what it was (`bulletin.cause.<kind>`), `reason` is the person's own words."""

    at: datetime
    place: Name
    kind: str
    persons: int = 0
    tubes: int = 0
    before: int | None = None
    after: int | None = None
    reason: str = ""
    who: str = ""
    verified_at: datetime | None = None
    hour_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Frozen:
    """The figures of one issue, complete and final: page, paper, XLSX and DOCX are all made from this."""

    schema: int
    campaign: str
    campaign_en: str
    timezone: str
    interval_minutes: int
    demo: bool
    period: int
    data_until: datetime
    known_at: datetime
    revision: int
    total: Line
    lines: tuple[Line, ...]
    hours: tuple[HourLine, ...]
    plan: tuple[float, ...]
    """Planned share of the target at the end of each period; empty without a target."""
    forecast: tuple[tuple[int, float, float, float], ...]
    """Expected cumulative persons at the end of a period: (period, p10, p50, p90)."""
    starts_at: datetime
    ends_at: datetime
    towns: int
    towns_verified: int
    missing: tuple[Name, ...]
    returned: tuple[Name, ...]
    todos: tuple[Todo, ...]
    corrections: tuple[Correction, ...] = ()
    """In a replacement: what has changed since the issue it replaces."""

    def line(self, code: str) -> Line | None:
        """The line of the place with that code."""
        return next((line for line in (self.total, *self.lines) if line.place.code == code), None)


FIGURES = (
    "persons", "completion", "gap", "hour_persons", "tubes", "hour_tubes", "third_copies", "special_cases",
    "positives", "verified", "reported", "expected", "missing", "target",
)  # fmt: skip
"""Figures of a line that are published and compared, in the order of the page."""

SHARES = ("completion", "verified")
"""Those of them that are shares."""
