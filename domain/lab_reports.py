"""Counts of a laboratory that has no barcodes to give: what one row may say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.campaign import Campaign
from domain.claims import read_key
from domain.errors import Code, Refused
from domain.values import read_count, read_text, read_time

COUNTS = ("received", "tested", "reported")


@dataclass(frozen=True, slots=True)
class LabCounts:
    """What a laboratory received, tested and reported in the hour that starts at `hour` (UTC). None is unknown."""

    key: str
    lab: str
    hour: datetime
    received: int | None
    tested: int | None
    reported: int | None


def read_lab_counts(
    row: Mapping[str, object], campaign: Campaign, now: datetime, own: str | None = None
) -> LabCounts:
    """The counts a row of the contract's shape states; `own` is the sender's laboratory, which a silent row means.

    Raises `Refused`, naming field and cause.
    """
    key = read_key(row)
    lab = read_text("lab", row.get("lab"), 200) or own
    if not lab:
        raise Refused("lab", Code.MISSING_FIELD)
    if row.get("hour") in (None, ""):
        raise Refused("hour", Code.MISSING_FIELD)
    hour = read_time("hour", row["hour"])
    if not campaign.aligned(hour):
        raise Refused("hour", Code.BAD_TIME, row["hour"], detail="not_aligned", interval=campaign.interval_minutes)
    if hour > now:
        raise Refused("hour", Code.HOUR_IN_FUTURE, row["hour"], now=now)
    received, tested, reported = (read_count(name, row.get(name)) for name in COUNTS)
    if received is None and tested is None and reported is None:
        raise Refused("received", Code.MISSING_FIELD)
    return LabCounts(key, lab, hour, received, tested, reported)
