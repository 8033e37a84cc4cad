"""Reminding those who owe a report: who is on the list, when the same list may go again, what counts as an answer."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.duty import State

AGAIN_AFTER = timedelta(minutes=10)
"""Nobody is told the same twice within this time (design-desk, section 4)."""

UNKNOWN_AFTER = timedelta(minutes=2)
"""After so long without a result a sending was cut short: nobody knows whether it arrived, and it may go again."""

ANSWER_STEP = timedelta(minutes=5)
"""The time by which an answer is asked for is a round one."""

OWING = (State.MISSING, State.RETURNED)
"""The states a reminder is about, in the order it names them."""

MAX_TEXT = 4000
"""Characters of one reminder."""

WECOM_BYTES = 2048
DINGTALK_BYTES = 20_000
"""UTF-8 bytes of one text message (the robots' own limits)."""

VARIABLE = re.compile(r"REMINDER_[A-Z0-9_]{1,50}")
SECRET_SUFFIX = "_SECRET"


class Preset(StrEnum):
    """The form of the message: our own documented one, or that of a group robot."""

    GENERIC = "generic"
    WECOM = "wecom"
    DINGTALK = "dingtalk"


class Channel(StrEnum):
    """How a reminder left: sent by this system, or copied by a person who passes it on."""

    SEND = "send"
    COPY = "copy"


class Result(StrEnum):
    """What became of a reminder that was to be sent."""

    SENT = "sent"
    FAILED = "failed"


class Standing(StrEnum):
    """How a reminder on record stands now."""

    SENT = "sent"
    COPIED = "copied"
    FAILED = "failed"
    SENDING = "sending"
    UNKNOWN = "unknown"


Owed = tuple[str, State]
"""A site's code and the state it was reminded of: one that reports and is then returned owes something new."""


@dataclass(frozen=True, slots=True)
class Told:
    """A reminder as the rule sees it: when, who was on the list, how it stands."""

    at: datetime
    owed: frozenset[Owed]
    standing: Standing


def standing(channel: Channel, at: datetime, result: Result | None, now: datetime) -> Standing:
    """How a reminder of the time `at` stands, given the result recorded for it."""
    if channel is Channel.COPY:
        return Standing.COPIED
    if result is not None:
        return Standing.SENT if result is Result.SENT else Standing.FAILED
    return Standing.SENDING if now - at < UNKNOWN_AFTER else Standing.UNKNOWN


def blocked_until(owed: Iterable[Owed], told: Sequence[Told], now: datetime) -> datetime | None:
    """Until when this list may not go; None when it may go now.

    It may go as soon as it names one site that was not told the same within `AGAIN_AFTER`. What failed, and what
    was only copied, told nobody.
    """
    last: dict[Owed, datetime] = {}
    for reminder in told:
        if reminder.standing in (Standing.SENT, Standing.SENDING):
            for one in reminder.owed:
                last[one] = max(reminder.at, last.get(one, reminder.at))
    free = [last[one] + AGAIN_AFTER if one in last else now for one in owed]
    earliest = min(free, default=now)
    return earliest if earliest > now else None


def answer_by(now: datetime) -> datetime:
    """By when to ask for the report: when the same list may go again, rounded up to a full five minutes."""
    wanted = now + AGAIN_AFTER
    past = timedelta(minutes=wanted.minute % 5, seconds=wanted.second, microseconds=wanted.microsecond)
    return wanted - past + (ANSWER_STEP if past else timedelta(0))


def is_variable(name: str) -> bool:
    """Whether `name` can name the setting that holds a target's address. Its secret stands in the setting of the
    same name with `_SECRET` behind it, so no address may be called that."""
    return VARIABLE.fullmatch(name) is not None and not name.endswith(SECRET_SUFFIX)


def messages(text: str, limit: int) -> list[str]:
    """`text` in messages of at most `limit` UTF-8 bytes, cut after a line, a sentence or a name where it can be;
    several are numbered (1/2)."""
    if len(text.encode()) <= limit:
        return [text]
    parts: list[str] = []
    rest = text
    room = limit - len(" (99/99)")
    while rest:
        cut = _fits(rest, room)
        if cut < len(rest):
            at = max((rest.rfind(mark, 0, cut) for mark in "\n。；;、,， "), default=-1)
            # A mark far from the end would leave messages half empty.
            cut = at + 1 if at >= cut // 2 else cut
        parts.append(rest[:cut].strip())
        rest = rest[cut:]
    parts = [part for part in parts if part]
    return [f"{part} ({n}/{len(parts)})" for n, part in enumerate(parts, start=1)]


def _fits(text: str, limit: int) -> int:
    """How many characters of `text` fit into `limit` bytes."""
    taken = text.encode()[:limit].decode(errors="ignore")
    return max(1, len(taken))
