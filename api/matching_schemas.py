"""The shapes of capacity matching as they go in and out."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from api.schemas import Time


class MoveIn(Struct):
    """From `at` on, tubes used by `town` (by `sites` of it, where any are named) go to laboratory `lab`."""

    town: str
    lab: str
    at: Time
    sites: list[str] = []


class RunsIn(Struct):
    """From `at` until `until` the town's sites are visited with `per_hour` transport runs an hour."""

    town: str
    per_hour: Annotated[float, Meta(ge=0.5, le=40)]
    at: Time
    until: Time | None = None


class OvertimeIn(Struct):
    """From `at` on the laboratory can put `per_hour` tubes an hour on its machines."""

    lab: str
    per_hour: Annotated[float, Meta(ge=0)]
    at: Time


class PoolIn(Struct):
    """From `at` on `size` persons go into a tube, in `towns` or, without any, everywhere."""

    size: int
    at: Time
    towns: list[str] = []


class PlanIn(Struct, frozen=True):
    moves: list[MoveIn] = []
    runs: list[RunsIn] = []
    overtime: list[OvertimeIn] = []
    pool: PoolIn | None = None


class TrialIn(Struct):
    """What to try. `against` is the number of a saved plan to compare with instead of the present, `opened` the one
    looked at; with `draw` the answer holds the page's parts as its own pages draw them."""

    plan: PlanIn = PlanIn()
    scope: str | None = None
    against: int | None = None
    opened: int | None = None
    draw: bool = False


class IntervalOut(Struct):
    p10: Time
    p50: Time
    p90: Time


class BreakOut(Struct):
    """A limit that will be passed: by how many tubes, and when the first does."""

    tubes: int
    at: Time | None


class LabHourOut(Struct):
    start: Time
    arrived: int
    queue: int
    idle_hours: float


class LabOutcomeOut(Struct):
    """What becomes of a laboratory. `rate`, `inflow` and `idle` are tubes an hour over the window; `rate` null where
    nobody knows. `task_share` is the day's task ÷ the day's capacity."""

    lab: str
    rate: int | None
    inflow: int
    idle: int
    clear: IntervalOut | None
    longest_minutes: int
    transit: BreakOut
    test: BreakOut
    report: BreakOut
    task_share: float | None
    hours: list[LabHourOut]


class TownOutcomeOut(Struct):
    town: str
    collect: BreakOut


class OutcomeOut(Struct):
    """What becomes of the place. `over` is tubes that pass a limit; one that passes two counts twice."""

    clear: IntervalOut | None
    last_lab: str | None
    over: int
    peak: int
    peak_at: Time
    labs: list[LabOutcomeOut]
    towns: list[TownOutcomeOut]


class ProposalOut(Struct):
    kind: Annotated[str, Meta(description="move, runs, overtime or pool")]
    plan: dict[str, Any]
    minutes: int
    fewer: int
    accounts: int
    kilometres: float | None
    locked: bool


class TrialOut(Struct):
    scope: str
    revision: int
    as_of: Time
    window: list[Time]
    before: OutcomeOut
    after: OutcomeOut
    proposals: list[ProposalOut]
    drawn: Any = None


class PlanSaveIn(Struct):
    key: str
    plan: PlanIn
    scope: str | None = None


class PlanStepIn(Struct):
    """Something done to a plan: `confirmed` and `taken_back` name the `need` and its `subject`, a laboratory's or
    town's code; `note` says who confirmed it. `seen` is the number of `turns` the sender saw."""

    key: str
    number: int
    step: Annotated[str, Meta(description="confirmed, taken_back, reviewed, applied or withdrawn")]
    need: str | None = None
    subject: str | None = None
    note: str | None = None
    seen: int | None = None


class NeedOut(Struct):
    need: str
    subject: str
    confirmed_by: str | None
    note: str | None
    at: Time | None


class SavedPlanOut(Struct):
    """A saved plan and where it stands: open, reviewed, applied or withdrawn."""

    number: int
    place: str
    plan: dict[str, Any]
    saved_at: Time
    by: str
    state: str
    needs: list[NeedOut]
    missing: int
    turns: int


class PlanDoneOut(Struct):
    unchanged: bool
    revision: int
    plan: SavedPlanOut


class PlansOut(Struct):
    scope: str
    revision: int
    as_of: Time
    plans: list[SavedPlanOut]
