"""The registry of the demonstration's three laboratories. Laboratories, licences, filings, organisers, regions,
rounds of assessment, counts and the person who records them are all invented; dates follow the demonstration's day.

One licence ends within a month, one item was not assessed in a year, one failed and was put right, one laboratory was
on the black list for a while, one town goes to another laboratory after the day.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from data import campaigns
from data.ingest.batch import Sender
from data.ingest.registry import Writer, record
from data.models import CampaignRow
from domain.registry import half_of, months_before

RECORDED_BY = "示范登记员"

NATIONAL, PROVINCE, CITY = (
    ("national", "", "示范国家临检中心"),
    ("province", "示范省", "示范省临检中心"),
    ("city", "示范市", "示范市临检中心"),
)
"""Range, region and organiser of rounds, all invented."""

Change = dict[str, Any]

ROUNDS: tuple[tuple[str, str, tuple[str, str, str], dict[tuple[int, int], str]], ...] = (
    ("LAB-A", "新冠核酸", NATIONAL, {}),
    ("LAB-A", "乙肝表面抗原", PROVINCE, {}),
    ("LAB-A", "血糖", CITY, {}),
    ("LAB-A", "促甲状腺素", PROVINCE, {(2, 1): "missed", (2, 2): "missed"}),
    ("LAB-B", "新冠核酸", PROVINCE, {}),
    ("LAB-B", "血常规", CITY, {(0, 2): "corrected"}),
    ("LAB-C", "新冠核酸", CITY, {}),
    ("LAB-C", "血糖", CITY, {(1, 1): "corrected"}),
)
"""Laboratory, item, whose rounds; and what was not simply passed, by years ago and round of the year."""

LEVELS = {"LAB-A": 3, "LAB-B": 2, "LAB-C": 2}
LICENCE_DAYS = {"LAB-A": 420, "LAB-B": 18, "LAB-C": 240}
"""How long each licence is good from the day on."""
FORMS = {"LAB-A": (400, 400), "LAB-B": (380, 380), "LAB-C": (200, 197)}
"""Report forms checked and compliant in each half year."""


def record_registry(session: Session, row: CampaignRow, sender: Sender, now: datetime) -> None:
    """Put it all on record, as people would have."""
    today = campaigns.campaign_of(row).local(now).date()
    changes = [{"key": f"demo:{number}", **change} for number, change in enumerate(_changes(row, today))]
    done = record(session, row, changes, Writer(sender, RECORDED_BY), now)
    if done.rejected:
        raise AssertionError(done.rejected)


def _changes(row: CampaignRow, today: date) -> Iterator[Change]:
    def on(days: int) -> str:
        return (today + timedelta(days=days)).isoformat()

    for number, lab in enumerate(LEVELS, start=1):
        yield {"lab": lab, "what": "standing", "level": LEVELS[lab], "listed": True}
        yield {"lab": lab, "what": "licence", "number": f"示范医证-{number:04}", "valid_until": on(LICENCE_DAYS[lab])}
        yield {"lab": lab, "what": "filing", "number": f"示范备-{number:03}", "filed_on": on(-500),
               "valid_until": on(595)}  # fmt: skip
        yield {"lab": lab, "what": "control", "item": "新冠核酸", "on": on(-1), "in_control": True}
        checked, compliant = FORMS[lab]
        for half in (half_of(months_before(today, 12)), half_of(months_before(today, 6))):
            yield {"lab": lab, "what": "forms", "half": half, "checked": checked, "compliant": compliant}
    for lab, item, whose, unlike in ROUNDS:
        yield from _rounds(lab, item, whose, unlike, today)
    yield {"lab": "LAB-C", "what": "black_list", "since": on(-800), "reason": "报告时限多次超出（示范）",
           "lifted_on": on(-620)}  # fmt: skip
    after = datetime.combine(today + timedelta(days=1), time(6), campaigns.campaign_of(row).zone)
    yield {"lab": "LAB-B", "what": "binding", "town": "440607106", "valid_from": after.isoformat()}


def _rounds(
    lab: str, item: str, whose: tuple[str, str, str], unlike: dict[tuple[int, int], str], today: date
) -> Iterator[Change]:
    """Two rounds a year for three years, and those of this year: one three months ago, so that it is a recent one."""
    range_, region, organiser = whose
    days = [(years, which, date(today.year - years, 4 if which == 1 else 10, 12)) for years in (3, 2, 1)
            for which in (1, 2)]  # fmt: skip
    for years, which, on in [*days, (0, 1, months_before(today, 9)), (0, 2, months_before(today, 3))]:
        result = unlike.get((years, which), "passed")
        change: Change = {
            "lab": lab, "what": "assessment", "item": item, "organiser": organiser, "range": range_, "region": region,
            "on": on.isoformat(), "took_part": result != "missed",
        }  # fmt: skip
        if result != "missed":
            change["passed"] = result == "passed"
        if result == "corrected":
            change |= {"corrective": "更换试剂批号，重做校准（示范）", "corrected_on": _after(on).isoformat()}
        yield change


def _after(on: date) -> date:
    return on + timedelta(days=20)
