"""The shapes of findings of the ledger, of handover and sign-offs as they go in and out."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.schemas import Count, Time

PartyName = Literal["site", "town", "lab", "district"]
Cause = Annotated[str, Meta(description="Why; which ones fit a kind, `causes` of the finding says")]


class FindingStepIn(Struct):
    """Something done to a finding. `seen` is the number of `turns` the sender saw: if it has moved on since, the
    answer is 409 and nothing is done. `cause` says why the tubes do not agree, `owner` who is to see to it. Closing
    needs a cause and a note; a suspected misread is confirmed or denied instead."""

    key: str
    finding: str
    step: Literal["cause", "assigned", "commented", "confirmed", "denied", "closed", "reopened"]
    seen: int | None = None
    cause: str | None = None
    note: str | None = None
    owner: PartyName | None = None


class HandOut(Struct):
    """One hand in the chain of custody, the last one last. `who` is the person on duty there, where one is known."""

    party: PartyName
    who: str
    act: str
    tubes: int | None


class TubeFindingOut(Struct):
    """One finding. `tubes` is how many it is about; of counts of a site and hour (`copy_only`, `no_copy`, `reported`)
    the difference with its sign, `hour_end` the end of the hour. `lab` is where the tubes are bound, `at_lab` where
    they are. `barcodes` of a suspected misread are the missing one and the unregistered one."""

    id: str
    kind: str
    site: str | None
    town: str | None
    lab: str | None
    at_lab: str | None
    box: str
    barcodes: list[str]
    tubes: int
    persons: int | None
    since: Time
    age_minutes: int
    limit_minutes: int | None
    box_arrived: bool
    hour_end: Time | None
    hands: list[HandOut]
    owner: PartyName
    owner_place: str
    cause: Cause | None
    causes: list[Cause]
    note: str
    status: Annotated[str, Meta(description="open or assigned")]
    turns: int


class SettledOut(Struct):
    """A finding that is closed, or whose cause has gone after somebody had spoken of it (`by_itself`)."""

    id: str
    kind: str
    place: str | None
    box: str
    tubes: int
    persons: int
    cause: Cause | None
    note: str
    by: str
    closed_at: Time | None
    by_itself: bool
    turns: int


class FindingsOut(Struct):
    """The findings of a place, or of a laboratory's tubes: the open ones, and those settled."""

    scope: str
    revision: int
    as_of: Time
    open: list[TubeFindingOut]
    settled: list[SettledOut]


class FindingDoneOut(Struct):
    """What became of it. `corrected` tubes were voided, joined or counted again; `unchanged` says that the same was
    on record already."""

    finding: str
    unchanged: bool
    corrected: int
    turns: int
    revision: int


class SignOffIn(Struct):
    """One side's word on the count of a site, with both counts as it saw them; `note` names the difference, where
    there is one."""

    key: str
    site: str
    side: Literal["site", "lab"]
    site_count: Count
    lab_count: Count
    name: str
    role: str
    note: str | None = None


class SignatureOut(Struct):
    site_count: int
    lab_count: int
    name: str
    role: str
    note: str
    at: Time


class SignOffOut(Struct):
    """`site_count` is the third copies kept, `lab_count` the tubes laboratories received; `standing` is `not_due`,
    `unsigned`, `one_side`, `signed` or `reopened`."""

    site: str
    lab: str | None
    site_count: int
    lab_count: int
    standing: str
    by_site: SignatureOut | None
    by_lab: SignatureOut | None


class SignDoneOut(Struct):
    sign_off: SignOffOut
    unchanged: bool
    revision: int


class BoxOut(Struct):
    site: str
    box: str
    manifest: str
    lab: str | None
    sent: int
    received: int


class RunOut(Struct):
    """One transport run: a manifest to one laboratory."""

    manifest: str
    lab: str | None
    sites: int
    boxes: int
    sent: int
    received: int


class HandoverOut(Struct):
    """Boxes and runs sent against signed for. `short` are the boxes of which some tubes have been received and others
    not."""

    scope: str
    revision: int
    as_of: Time
    boxes: int
    boxes_complete: int
    boxes_waiting: int
    short: list[BoxOut]
    runs: list[RunOut]
    sign_offs: list[SignOffOut]
