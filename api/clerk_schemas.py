"""What the clerk's form is told. Figures are as sent; what is absent is unknown, never zero."""

from msgspec import Struct

from api.schemas import Time


class ClerkCampaignOut(Struct):
    id: str
    name: str
    name_en: str
    timezone: str
    starts_at: Time
    deadline: Time
    interval_minutes: int
    due_minutes: int
    demo: bool


class ClerkPlaceOut(Struct):
    """The site. `lanes` null is a number nobody knows: then no count of persons is impossible."""

    code: str
    name: str
    name_en: str
    parent: str | None
    parent_name: str
    parent_name_en: str
    lanes: int | None
    pool_size: int
    target: int | None


class LimitsOut(Struct):
    count: int
    note: int


class TotalsOut(Struct):
    """Running totals; tubes and third copies are null where one report did not state them."""

    persons: int
    tubes: int | None
    third_copies: int | None


class ClerkFiguresOut(Struct):
    persons: int | None
    persons_total: int | None
    tubes: int | None
    tubes_total: int | None
    third_copies: int | None
    special_cases: int | None
    queue_minutes: int | None
    lanes_open: int | None
    positives: int | None
    pool_size: int | None


class ClerkHourOut(Struct):
    """One period of the site. `state` is the contract's duty state; `owed`: it is over and nothing covers it;
    `before`: the totals when it began; `report`: the key of what covers it."""

    hour: Time
    ends_at: Time
    due_at: Time
    state: str
    owed: bool
    report: str | None
    before: TotalsOut


class SentBackOut(Struct):
    reason: str
    note: str
    by: str
    at: Time


class EarlierOut(Struct):
    key: str
    recorded_at: Time
    figures: ClerkFiguresOut


class ClerkReportOut(Struct):
    """A current version. `persons` and `tubes` are what it counts for, `figures` what was sent."""

    key: str
    hour: Time
    ends_at: Time
    hours: float
    persons: int
    tubes: int | None
    figures: ClerkFiguresOut
    version: int
    status: str
    flags: list[str]
    recorded_at: Time
    by: str
    note: str
    channel: str | None
    sent_back: SentBackOut | None
    earlier: list[EarlierOut]


class ContestedOut(Struct):
    """A claim that was refused because it contradicts the report `against`, which still counts."""

    key: str
    hour: Time
    ends_at: Time
    hours: float
    figures: ClerkFiguresOut
    by: str
    recorded_at: Time
    against: str


class ClerkOut(Struct):
    """Everything the form of one site needs. `speed` is how many seconds the campaign's clock goes in one."""

    campaign: ClerkCampaignOut
    site: ClerkPlaceOut
    limits: LimitsOut
    server_time: Time
    speed: float
    epoch: str
    revision: int
    totals: TotalsOut
    hours: list[ClerkHourOut]
    reports: list[ClerkReportOut]
    conflicts: list[ContestedOut]


class ClerkSiteOut(Struct):
    """One site whose form the caller may fill in. `hours` are the starts of its open periods, `owed` how many of
    those that are over nothing covers."""

    code: str
    name: str
    name_en: str
    parent: str | None
    parent_name: str
    parent_name_en: str
    lanes: int | None
    hours: list[Time]
    owed: int


class ClerkSitesOut(Struct):
    campaign: ClerkCampaignOut
    server_time: Time
    sites: list[ClerkSiteOut]
