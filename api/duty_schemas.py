"""The shapes of reminders and of those on duty."""

from typing import Annotated

from msgspec import Meta, Struct

from api.schemas import RejectedOut, Time


class ContactOut(Struct):
    """A person on duty at a place, the first to ring of each place first."""

    place: str
    name: str
    phone: str
    post: str


class ReminderIn(Struct):
    """One reminder for the sites of one town. `sites` is the list its sender saw (site code → `missing` or
    `returned`); it goes only if that is still who owes. `channel` is `send` or, for a text that somebody has copied
    to pass it on, `copy`."""

    key: str
    town: str
    hour: Annotated[str, Meta(description="Start of the period, ISO 8601 with offset")]
    sites: dict[str, str]
    text: Annotated[str, Meta(max_length=4000)]
    channel: str = "send"


class RemindersIn(Struct):
    reminders: list[ReminderIn]


class ReminderStandingOut(Struct):
    """What became of one accepted or unchanged reminder of a batch: `sent`, `failed` (`detail` says why), `copied`,
    `sending` or `unknown`."""

    index: int
    key: str
    town: str
    state: str
    detail: str


class RemindersDoneOut(Struct):
    accepted: int
    unchanged: int
    rejected: list[RejectedOut]
    revision: int
    reminders: list[ReminderStandingOut]


class ReminderOut(Struct):
    """A reminder on record. `answered` of its sites have reported since, the last of them at `answered_at`."""

    key: str
    town: str
    at: Time
    hour: Time
    sites: list[str]
    text: str
    state: str
    detail: str
    answered: int
    answered_at: Time | None
