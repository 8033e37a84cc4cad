"""The shapes of the planning list as they go in and out."""

from typing import Literal

from msgspec import Struct

from api.schemas import Time

State = Literal["applied", "inspected", "approved", "published", "opened", "closed", "refused", "withdrawn"]
StepIn = Literal["inspected", "approved", "published", "released", "opened", "closed", "refused", "withdrawn"]
StepOut = Literal[
    "applied", "inspected", "approved", "published", "released", "opened", "closed", "refused", "withdrawn"
]
Source = Literal["town", "suggestion", "plan", "import"]
Zone = Literal["waiting", "registration", "sampling", "buffer", "isolation", "waste"]
Passage = Literal["people", "staff", "soiled"]


class PlannedIn(Struct, omit_defaults=True):
    """A site is applied for. Without a `code` it gets one made of its name; `at` is when it was applied for, by
    default now. A refused or withdrawn one is applied for anew under its code."""

    key: str
    town: str
    name: str
    code: str = ""
    name_en: str = ""
    kind: str = "fixed"
    lon: float | None = None
    lat: float | None = None
    lanes: int | None = None
    green_channels: int | None = None
    source: Source = "town"
    note: str = ""
    at: Time | None = None


class PlanningStepIn(Struct, omit_defaults=True):
    """A step of planned site `number`. `seen` is how many steps the sender has seen: if there are more by then, the
    step is refused (`conflict`). `refused`, `withdrawn`, `released` and `closed` need a `note`.

    inspected: what is there; zones and passages not listed are not, numbers not stated are unknown. `crew` counts
    lane_medics, lane_ushers, lead, contact, medic, registrar, network, usher, police, villager; `kit` tubes, swabs,
    labels, racks, disinfectant. approved: with required items missing only as `override` with a `note`. released:
    the campaign may have the site though it is not approved. opened: the site becomes a place of the campaign.
    """

    key: str
    number: int
    step: StepIn
    seen: int | None = None
    note: str = ""
    override: bool = False
    at: Time | None = None
    zones: list[Zone] | None = None
    passages: list[Passage] | None = None
    lanes: int | None = None
    green_channels: int | None = None
    crew: dict[str, int | None] | None = None
    kit: dict[str, int | None] | None = None


class PlanningItemOut(Struct):
    """A required item: `need` of it, `reserve` with the reserve, `there` (null: nobody has said). `missing` stops an
    approval. `source` is the source document."""

    item: str
    need: int
    reserve: int
    there: int | None
    missing: bool
    source: str


class PlanningStepOut(Struct):
    """`at` is when it was done, `recorded_at` when it was written down."""

    step: StepOut
    at: Time
    recorded_at: Time
    by: str
    note: str
    missing: list[str]


class PlannedOut(Struct, kw_only=True):
    """A planned site. `given`: it is a place of the campaign, under its `code`. `approved_over` required items were
    missing when it was approved all the same; `released_*` is its override."""

    number: int
    code: str
    town: str
    town_name: str
    name: str
    name_en: str
    kind: str
    lon: float | None
    lat: float | None
    lanes: int | None
    green_channels: int | None
    capacity_per_day: int | None
    source: Source
    state: State
    since: Time
    steps: int
    given: bool
    missing: int | None
    inspected_at: Time | None
    inspected_by: str
    approved_at: Time | None
    approved_by: str
    approved_over: int
    released_at: Time | None
    released_by: str
    released_why: str


class PlannedWholeOut(Struct):
    """A planned site with its checklist and its steps, and what may follow."""

    site: PlannedOut
    items: list[PlanningItemOut]
    events: list[PlanningStepOut]
    next: list[StepOut]


class PlanningOut(Struct):
    """`unlisted`: sites the campaign has that are not on the list."""

    scope: str
    revision: int
    counts: dict[str, int]
    unlisted: int
    sites: list[PlannedOut]


class PlannedDoneOut(Struct):
    """What became of it."""

    unchanged: bool
    revision: int
    planned: PlannedWholeOut
