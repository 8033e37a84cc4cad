"""The shapes of information problems and registration modes as they go in and out."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.schemas import Count, Time

Kind = Literal[
    "network_down", "system_down", "slow_entrance", "garbled_code", "missing_code", "duplicate_code", "wrong_lab",
    "account", "other",
]  # fmt: skip
Effect = Literal["stopped", "slower", "none"]
Holder = Annotated[str, Meta(description="Level that holds or held it: site, town or district")]
Entrance = Annotated[int, Meta(ge=1, le=4)]


class InformationProblemIn(Struct):
    """A problem as it is opened. Without `place` it is at the sender's own. With `keep` a site tries itself first,
    otherwise the town gets it. `began_minutes` ago it began."""

    key: str
    kind: Kind
    effect: Effect
    place: str | None = None
    note: str | None = None
    keep: bool = False
    began_minutes: Count = 0
    latency_ms: Count | None = None


class ProblemStepIn(Struct):
    """Something done to a problem. `seen` is the number of `turns` the sender saw: if it has moved on since, the
    answer is 409 and nothing is done. `note` says what was done (`solved`, unless `remedy` does), what the vendor
    answered (`vendor_replied`), what is said (`commented`)."""

    key: str
    number: int
    step: Literal[
        "accepted", "passed_up", "to_vendor", "urged", "vendor_replied", "solved", "reopened", "commented",
    ]  # fmt: skip
    seen: int | None = None
    note: str | None = None
    remedy: str | None = None
    vendor: str | None = None
    ticket: str | None = None


class ProblemEventOut(Struct):
    step: str
    level: Holder
    at: Time
    by: str
    note: str
    remedy: str | None
    vendor: str
    ticket: str


class InformationProblemOut(Struct):
    """A problem as it stands. `level` holds it, by record or, where nobody in the town accepted it in time, by rule
    (`escalated_at`); `since` and `due_at` are those of that level."""

    number: int
    place: str
    place_name: str
    lab: str
    kind: str
    effect: str
    note: str
    status: Annotated[str, Meta(description="open, accepted, with_vendor or solved")]
    start: Holder
    level: Holder
    began_at: Time
    opened_at: Time
    since: Time
    due_at: Time
    age_minutes: int
    overdue: bool
    escalated_at: Time | None
    owner: str
    vendor: str
    ticket: str
    solved_at: Time | None
    solution: str
    remedy: str | None
    reopened: int
    turns: int
    mode: str | None
    entrance: int | None
    latency_ms: int | None
    events: list[ProblemEventOut]


class ProblemColumnOut(Struct):
    """One level today: `total` = `solved` + `open` + `passed`; `came` of them from below, `by_rule` went on because
    nobody accepted them."""

    level: Holder
    total: int
    solved: int
    open: int
    passed: int
    came: int
    by_rule: int
    overdue: int
    mean_minutes: int | None


class InformationProblemsOut(Struct):
    """The board of a place: open problems and those solved today. With `number`, that problem alone, with its
    events."""

    scope: str
    revision: int
    as_of: Time
    columns: list[ProblemColumnOut]
    problems: list[InformationProblemOut]


class ProblemDoneOut(Struct):
    """What became of it; `unchanged` says that the same was on record already."""

    unchanged: bool
    revision: int
    problem: InformationProblemOut


class ModeIn(Struct):
    """One site's registration mode from `since` on (default: now). `seen` is the number of the change the sender
    looked at, 0 for none."""

    key: str
    site: str
    mode: Literal["province", "offline_app", "city"]
    entrance: Entrance | None = None
    since: Time | None = None
    note: str | None = None
    seen: int | None = None


class ModesIn(Struct):
    modes: list[ModeIn]


class ModeChangeOut(Struct):
    number: int
    site: str
    mode: str
    entrance: int | None
    since: Time
    note: str
    by: str
    recorded_at: Time


class ModeCellOut(Struct):
    """All sites of one mode (null: nobody has set one). `target` is the sum of their targets, `last_hour` the persons
    they reported for the last hour."""

    mode: str | None
    sites: int
    since: Time | None
    target: int | None
    last_hour: int | None


class EntranceOut(Struct):
    """One entrance of the provincial system."""

    number: int
    sites: int
    since: Time | None


class ModesOut(Struct):
    """`current` is the latest change of each site below the scope, `history` every one of the scope if it is a site;
    `capacity` is sites per entrance."""

    scope: str
    revision: int
    as_of: Time
    cells: list[ModeCellOut]
    entrances: list[EntranceOut]
    capacity: int | None
    current: list[ModeChangeOut]
    history: list[ModeChangeOut]
