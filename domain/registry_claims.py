"""What people and systems send about laboratories, read: one change is one new version of one record.

`CATALOGUE` says which fields the records of each subject have; forms, files and the interface are all made of it.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from domain.campaign import Campaign
from domain.claims import read_key, read_object, read_word
from domain.errors import Code, Refused
from domain.personal import read_remark
from domain.registry import LEVELS, Range, Subject
from domain.values import read_count, read_text, read_time

MAX_NAME = 100
MAX_NUMBER = 64
MAX_NOTE = 300
MAX_LAB = 120
MAX_ENTRY = 64


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    REMARK = "remark"
    """Free text: numbers of people are refused."""
    DAY = "day"
    PAST = "past"
    """A day that has come."""
    COUNT = "count"
    FLAG = "flag"
    CHOICE = "choice"
    HALF = "half"
    TOWN = "town"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record. `limit` is its most characters."""

    name: str
    kind: Kind
    required: bool = False
    limit: int = MAX_NAME
    choices: tuple[str, ...] = ()


CATALOGUE: Mapping[Subject, tuple[Field, ...]] = {
    Subject.STANDING: (
        Field("level", Kind.CHOICE, choices=tuple(map(str, LEVELS))),
        Field("listed", Kind.FLAG),
        Field("capacity_per_day", Kind.COUNT),
        Field("home", Kind.TOWN),
    ),
    Subject.LICENCE: (
        Field("number", Kind.TEXT, True, MAX_NUMBER),
        Field("valid_until", Kind.DAY, True),
    ),
    Subject.FILING: (
        Field("number", Kind.TEXT, True, MAX_NUMBER),
        Field("filed_on", Kind.PAST),
        Field("valid_until", Kind.DAY, True),
    ),
    Subject.ASSESSMENT: (
        Field("item", Kind.TEXT, True),
        Field("organiser", Kind.TEXT, True),
        Field("range", Kind.CHOICE, True, choices=tuple(Range)),
        Field("region", Kind.TEXT),
        Field("on", Kind.PAST, True),
        Field("took_part", Kind.FLAG, True),
        Field("passed", Kind.FLAG),
        Field("corrective", Kind.REMARK, limit=MAX_NOTE),
        Field("corrected_on", Kind.PAST),
    ),
    Subject.CONTROL: (
        Field("item", Kind.TEXT, True),
        Field("on", Kind.PAST, True),
        Field("in_control", Kind.FLAG, True),
    ),
    Subject.FORMS: (
        Field("half", Kind.HALF, True),
        Field("checked", Kind.COUNT, True),
        Field("compliant", Kind.COUNT, True),
    ),
    Subject.BLACK_LIST: (
        Field("since", Kind.PAST, True),
        Field("reason", Kind.REMARK, True, MAX_NOTE),
        Field("lifted_on", Kind.PAST),
    ),
    Subject.BINDING: (
        Field("town", Kind.TOWN, True),
        Field("valid_from", Kind.MOMENT),
    ),
}

IDENTITY: Mapping[Subject, tuple[str, ...]] = {
    Subject.STANDING: (),
    Subject.LICENCE: (),
    Subject.FILING: (),
    Subject.ASSESSMENT: ("item", "organiser", "on"),
    Subject.CONTROL: ("item", "on"),
    Subject.FORMS: ("half",),
    Subject.BLACK_LIST: ("since",),
    Subject.BINDING: ("town", "valid_from"),
}
"""Which fields tell one record of a subject from another; none where a laboratory has only one."""

WITHDRAWABLE = (Subject.ASSESSMENT, Subject.CONTROL, Subject.FORMS, Subject.BLACK_LIST)

WORDS: Mapping[str, Mapping[str, str]] = {
    "level": {"一级": "1", "二级": "2", "三级": "3", "1级": "1", "2级": "2", "3级": "3"},
    "range": {"全国": "national", "国家级": "national", "国家": "national", "省": "province", "省级": "province",
              "市": "city", "市级": "city", "县": "county", "县级": "county", "区": "county", "区级": "county"},
}  # fmt: skip
"""Words of files for our own."""

YES = frozenset({"true", "yes", "y", "1", "是", "参加", "合格", "在控", "已公布"})
NO = frozenset({"false", "no", "n", "0", "否", "未参加", "不合格", "失控", "未公布"})


@dataclass(frozen=True, slots=True)
class Change:
    """One new version of a record of the laboratory `lab`. `content` has every field of the subject, but for the
    standing only those that are stated. `named` says that the sender named the record (`entry`) instead of describing
    it; `seen` is the version that whoever changes it had before his eyes."""

    key: str
    lab: str
    subject: Subject
    entry: str
    content: Mapping[str, Any]
    withdraw: bool = False
    note: str = ""
    named: bool = False
    seen: int | None = None


def read_change(body: object, campaign: Campaign, now: datetime) -> Change:
    """A change as sent through the interface. Raises `Refused`."""
    row = read_object(body)
    lab = read_text("lab", row.get("lab"), MAX_LAB)
    if not lab:
        raise Refused("lab", Code.MISSING_FIELD)
    subject = read_word("what", row.get("what"), Subject)
    entry = read_text("entry", row.get("entry"), MAX_ENTRY)
    note = read_remark("note", row.get("note"), MAX_NOTE)
    seen = row.get("seen")
    if seen is not None and (isinstance(seen, bool) or not isinstance(seen, int)):
        raise Refused("seen", Code.NOT_A_NUMBER, seen)
    if row.get("withdraw") is True:
        if subject not in WITHDRAWABLE:
            raise Refused("what", Code.BAD_VALUE, subject, detail="lab_withdraw")
        if not entry:
            raise Refused("entry", Code.MISSING_FIELD)
        if not note:
            raise Refused("note", Code.MISSING_FIELD)
        return Change(read_key(row), lab, subject, entry, {}, True, note, True, seen)
    content = read_content(subject, row, campaign, now)
    if not IDENTITY[subject]:
        entry = ""
    return Change(
        read_key(row), lab, subject, entry or entry_of(subject, content), content, False, note, bool(entry), seen
    )


def read_content(
    subject: Subject, row: Mapping[str, object], campaign: Campaign, now: datetime, decimal: str | None = None
) -> dict[str, Any]:
    """The fields of a record as they are kept: days and moments as ISO text. With `decimal`, they come from a file.
    Raises `Refused`."""
    today = campaign.local(now).date()
    content: dict[str, Any] = {}
    for field in CATALOGUE[subject]:
        value = row.get(field.name)
        if subject is Subject.STANDING and value is None:
            continue
        read = _READ[field.kind](field, value, today, now, decimal)
        if field.required and read in (None, ""):
            raise Refused(field.name, Code.MISSING_FIELD)
        content[field.name] = read
    _check(subject, content)
    return content


def entry_of(subject: Subject, content: Mapping[str, Any]) -> str:
    """The name of a record among those of its subject, made of what tells it apart."""
    identity = [str(content[name]) for name in IDENTITY[subject]]
    return hashlib.sha256("\0".join(identity).encode()).hexdigest()[:16] if identity else ""


def _check(subject: Subject, content: dict[str, Any]) -> None:
    """What fields say about each other."""
    if subject is Subject.ASSESSMENT:
        if content["took_part"] and content["passed"] is None:
            raise Refused("passed", Code.MISSING_FIELD)
        if not content["took_part"] and content["passed"] is not None:
            raise Refused("passed", Code.BAD_VALUE, content["passed"], detail="lab_not_taken")
        if content["corrected_on"] and content["passed"] is not False:
            raise Refused("corrected_on", Code.BAD_VALUE, content["corrected_on"], detail="lab_not_failed")
        if content["corrected_on"] and not content["corrective"]:
            raise Refused("corrective", Code.MISSING_FIELD)
        if not content["region"] and content["range"] != Range.NATIONAL:
            raise Refused("region", Code.MISSING_FIELD)
        _in_order(content, "on", "corrected_on")
    elif subject is Subject.FILING:
        _in_order(content, "filed_on", "valid_until")
    elif subject is Subject.BLACK_LIST:
        _in_order(content, "since", "lifted_on")
    elif subject is Subject.FORMS and content["compliant"] > content["checked"]:
        raise Refused("compliant", Code.TOO_LARGE, content["compliant"], limit=content["checked"])


def _in_order(content: Mapping[str, Any], first: str, second: str) -> None:
    # ISO days compare as text.
    if content[first] and content[second] and content[second] < content[first]:
        raise Refused(second, Code.BAD_TIME, content[second], detail="lab_order")


# -- fields


def _text(field: Field, value: object, today: date, now: datetime, decimal: str | None) -> str:
    return read_text(field.name, value, field.limit)


def _remark(field: Field, value: object, today: date, now: datetime, decimal: str | None) -> str:
    return read_remark(field.name, value, field.limit)


def _read_day(field: Field, value: object, today: date, now: datetime, decimal: str | None) -> str | None:
    if isinstance(value, datetime):
        return value.date().isoformat()
    written = read_text(field.name, value, 32)
    if not written:
        return None
    # As spreadsheets write days: 2026/3/9, 2026-03-09 00:00:00.
    parts = written.replace("/", "-").replace("T", " ").split(" ")[0].split("-")
    try:
        return date(*map(int, parts)).isoformat()
    except (ValueError, TypeError, OverflowError):
        raise Refused(field.name, Code.BAD_TIME, written, detail="day") from None


def _past(field: Field, value: object, today: date, now: datetime, decimal: str | None) -> str | None:
    day = _read_day(field, value, today, now, decimal)
    if day is not None and day > today.isoformat():
        raise Refused(field.name, Code.TIME_IN_FUTURE, day, now=now)
    return day


def _count(field: Field, value: object, today: date, now: datetime, decimal: str | None) -> int | None:
    return read_count(field.name, value, decimal)


def _flag(field: Field, value: object, today: date, now: datetime, decimal: str | None) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    written = read_text(field.name, value, 16).lower()
    if not written:
        return None
    if written not in YES | NO:
        raise Refused(field.name, Code.BAD_VALUE, written, detail="choice", choices="是/yes, 否/no")
    return written in YES


def _choice(field: Field, value: object, today: date, now: datetime, decimal: str | None) -> str | int | None:
    written = read_text(field.name, value, 32)
    word = WORDS.get(field.name, {}).get(written, written)
    if not word:
        return None
    if word not in field.choices:
        raise Refused(field.name, Code.BAD_VALUE, written, detail="choice", choices=", ".join(field.choices))
    return int(word) if word.isdecimal() else word


def _half(field: Field, value: object, today: date, now: datetime, decimal: str | None) -> str:
    written = read_text(field.name, value, 16).upper().replace("-", "")
    year, _, which = written.partition("H")
    if not written:
        return ""
    if len(year) != 4 or not (year.isascii() and year.isdecimal()) or which not in ("1", "2") or year == "0000":
        raise Refused(field.name, Code.BAD_TIME, written, detail="half")
    if f"{year}H{which}" > f"{today.year:04}H{1 if today.month < 7 else 2}":
        raise Refused(field.name, Code.TIME_IN_FUTURE, written, now=now)
    return written


def _moment(field: Field, value: object, today: date, now: datetime, decimal: str | None) -> str | None:
    return read_time(field.name, value).isoformat() if value not in (None, "") else None


_READ: Mapping[Kind, Callable[[Field, object, date, datetime, str | None], Any]] = {
    Kind.TEXT: _text,
    Kind.REMARK: _remark,
    Kind.DAY: _read_day,
    Kind.PAST: _past,
    Kind.COUNT: _count,
    Kind.FLAG: _flag,
    Kind.CHOICE: _choice,
    Kind.HALF: _half,
    Kind.TOWN: _text,
    Kind.MOMENT: _moment,
}
