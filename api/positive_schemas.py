"""The shapes of tasks from results as they go in and out."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.schemas import Count, Time

Party = Literal["team", "ambulance", "hospital", "community", "police", "cdc", "command"]


class PositiveStepIn(Struct):
    """Something done about a task. `seen` is the number of `turns` the sender saw: if it has moved on since, the
    answer is 409 and nothing is done. `minutes_ago` it was done. `persons`: how many are held (`held`); `party`: who
    confirms (`confirmed`); `barcodes` of tubes of one person each (`linked`, `unlinked`), `second` for the second of
    the double samples. A `note` holds no names, and is refused when it holds what looks like a document's or a
    telephone's number."""

    key: str
    number: int
    step: Literal[
        "held", "notified", "confirmed", "linked", "unlinked", "reported", "closed", "reopened", "commented",
    ]  # fmt: skip
    seen: int | None = None
    minutes_ago: Count = 0
    persons: Count | None = None
    party: Party | None = None
    barcodes: list[str] | None = None
    second: bool = False
    note: str | None = None


class PositiveEventOut(Struct):
    step: str
    at: Time
    recorded_at: Time
    by: str
    result: str | None
    persons: int | None
    parties: list[str]
    barcodes: list[str]
    second: bool
    note: str


class PositivePartyOut(Struct):
    """Who has to hear of it, when they were told, when they confirmed."""

    party: str
    notified_at: Time | None
    confirmed_at: Time | None


class PositiveCheckOut(Struct):
    """A line of the checklist: `done` of `of`, finished at `at`, to be finished by `due_at`."""

    item: Annotated[str, Meta(description="notify, hold, confirm, resample, test, second or report")]
    done: int
    of: int
    at: Time | None
    due_at: Time | None
    overdue: bool


class PositiveSampleOut(Struct):
    """One tube in which a member was sampled again. `known` says that an event of it has come."""

    barcode: str
    second: bool
    known: bool
    result: str | None
    result_at: Time | None


class PositiveTaskOut(Struct):
    """A task as it stands. `since` is the time of the result that began it, `opened_at` when it was received,
    `due_at` when its main clock is over; `members` have to be sampled again. `ending` is done, unfinished, corrected
    or retested."""

    number: int
    kind: Annotated[str, Meta(description="pool, single or retest")]
    barcode: str
    result: str
    site: str
    site_name: str
    lab: str | None
    persons: int | None
    pool_size: int
    members: int
    since: Time
    opened_at: Time
    due_at: Time | None
    stopped_at: Time | None
    state: Annotated[str, Meta(description="ok, warn or crit")]
    overdue: list[str]
    checks: list[PositiveCheckOut]
    parties: list[PositivePartyOut]
    samples: list[PositiveSampleOut]
    origin: int | None
    led_to: list[int]
    closed_at: Time | None
    ending: str | None
    turns: int
    events: list[PositiveEventOut]


class PositivesOut(Struct):
    """The open tasks of a place or of a laboratory and those closed today. `running`: whose main clock is running."""

    scope: str
    revision: int
    as_of: Time
    open: int
    running: int
    overdue: int
    retests: int
    closed: int
    tasks: list[PositiveTaskOut]


class PositiveDoneOut(Struct):
    """What became of it; `unchanged` says that the same was on record already."""

    unchanged: bool
    revision: int
    task: PositiveTaskOut


class PositiveSiteOut(Struct):
    """That there are open tasks at a site, and in how many of them people are not held yet."""

    site: str
    site_name: str
    tasks: int
    to_hold: int
    since: Time
    overdue: int


class PositiveSitesOut(Struct):
    """Where there are open tasks: neither tubes nor results."""

    scope: str
    revision: int
    as_of: Time
    sites: list[PositiveSiteOut]
