"""What the audit holds and how it is looked at: groups of actions, a line as read, when looking is itself a line."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from domain.actors import Actor


class Group(StrEnum):
    """Groups a reader filters by, in the order in which they are listed."""

    REPORTS = "reports"
    CORRECTIONS = "corrections"
    DECISIONS = "decisions"
    REMINDERS = "reminders"
    BULLETINS = "bulletins"
    PROBLEMS = "problems"
    POSITIVES = "positives"
    LEDGER = "ledger"
    UPPER = "upper"
    RECORD = "record"
    """Places, laboratories, rosters, the campaign itself."""
    SOURCES = "sources"
    SCREENS = "screens"
    SIGN_IN = "sign_in"
    ACCOUNTS = "accounts"
    READS = "reads"
    OTHER = "other"


PREFIXES: Mapping[str, Group] = {
    "reports": Group.REPORTS,
    "reports.corrected": Group.CORRECTIONS,
    "reports.verified": Group.DECISIONS,
    "reports.returned": Group.DECISIONS,
    "reports.submitted": Group.DECISIONS,
    "reports.undo": Group.DECISIONS,
    "reminder": Group.REMINDERS,
    "reminder_target": Group.REMINDERS,
    "bulletin": Group.BULLETINS,
    "bulletin_template": Group.BULLETINS,
    "problem": Group.PROBLEMS,
    "modes": Group.PROBLEMS,
    "positive": Group.POSITIVES,
    "areas": Group.RECORD,
    "matching": Group.RECORD,
    "standards": Group.RECORD,
    "finding": Group.LEDGER,
    "sign_off": Group.LEDGER,
    "upper_figures": Group.UPPER,
    "places": Group.RECORD,
    "planning": Group.RECORD,
    "labs": Group.RECORD,
    "contacts": Group.RECORD,
    "campaign": Group.RECORD,
    "campaign.close_access": Group.ACCOUNTS,
    "demo": Group.RECORD,
    "source": Group.SOURCES,
    "screen": Group.SCREENS,
    "sign_in": Group.SIGN_IN,
    "sign_out": Group.SIGN_IN,
    "account": Group.ACCOUNTS,
    "token": Group.ACCOUNTS,
    "export": Group.READS,
    "audit": Group.READS,
}
"""The group of an action, by the longest beginning of its dotted name."""

FAILED = ("sign_in.failed", "sign_in.locked", "account.password_failed")
"""What somebody tried and did not get."""

VIEW = "audit.view"
VIEW_EVERY = timedelta(minutes=10)
"""Looking at the audit is itself a line of it, one for each person in so long: an open page asks again and again."""


def group_of(action: str) -> Group:
    """The group an action belongs to. Whatever is taken away as a file is a read, of whatever kind."""
    if action.endswith(".export"):
        return Group.READS
    name = action
    while name:
        if name in PREFIXES:
            return PREFIXES[name]
        name = name.rpartition(".")[0]
    return Group.OTHER


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the audit. `recorded_at` is when we were told, on the campaign's clock; `place` the code of the
    actor's place or of what was done something to; `person` the name the actor's account has now."""

    id: int
    revision: int | None
    recorded_at: datetime
    actor: Actor
    person: str
    action: str
    place: str | None
    details: Mapping[str, Any]

    @property
    def group(self) -> Group:
        return group_of(self.action)

    @property
    def failed(self) -> bool:
        return self.action in FAILED


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

VERIFY, EXPORT = "audit.verify", "audit.export"

NO_SEAL = "0" * 64
"""What stands before the first link of a chain."""


def seal(before: str, line_id: int, campaign_id: str | None, revision: int | None, recorded_at: datetime, actor: str,
         action: str, details: Mapping[str, Any], place: str | None, about: str | None) -> str:  # fmt: skip
    """The link that follows `before` in a campaign's chain: SHA-256 over it and everything a row of the audit holds.

    JSON with sorted keys is one spelling of a row only; times are UTC to the microsecond.
    """
    told = [line_id, campaign_id, revision, recorded_at.astimezone(UTC).isoformat(timespec="microseconds"), actor,
            action, details, place, about]  # fmt: skip
    written = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{written}".encode()).hexdigest()
