"""What the registry of laboratories says, in words: marks and why there is none, concerns, versions, who recognises a
level."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from components.format import UNKNOWN, count, percent
from domain.laboratories import Concern, Rate
from domain.places import Place
from domain.recognition import Mark, Why, recognises
from domain.registry import LEVELS, Range, Round, Subject, Version
from locales import text


def mark_word(mark: Mark, language: str) -> str:
    """The mark with its range, as it stands on a report: `龙南市HR`."""
    assert mark.range is not None
    region = mark.region if mark.range is not Range.NATIONAL or mark.region else range_word(mark.range, language)
    return text(language, "registry.mark", region=region)


def no_mark(mark: Mark, language: str) -> str:
    """Why an item carries none: `无 HR：2022 年未参加室间质评`."""
    said = text(language, "registry.join").join(why(reason, language) for reason in mark.reasons)
    return text(language, "registry.no_mark", reasons=said)


def why(reason: Why, language: str) -> str:
    """Why a laboratory's item has no mark."""
    return text(
        language, f"registry.lack.{reason.lack}", year=reason.year, on=day(reason.on), organiser=reason.organiser
    )


def concern_word(concern: Concern, today: date, language: str) -> str:
    """What there is to see to: `许可证 12 天后到期（2026-12-04）`."""
    days = abs((concern.on - today).days) if concern.on else 0
    return text(language, f"registry.matter.{concern.matter}", on=day(concern.on), days=days, item=concern.item)


def range_word(range_: Range, language: str) -> str:
    return text(language, f"registry.range.{range_}")


def result_word(round_: Round, language: str) -> str:
    """What became of a round: passed, failed, not taken part in."""
    if not round_.took_part:
        return text(language, "registry.result.missed")
    return text(language, "registry.result.passed" if round_.good else "registry.result.failed")


def level_word(level: int | None, language: str) -> str:
    return UNKNOWN if level is None else text(language, f"registry.level.{level}")


def recognition(level: int | None, language: str) -> str:
    """Who recognises the marked items of an institution of that level."""
    if level is None:
        return text(language, "registry.recognised.unknown")
    joint = text(language, "format.list")
    by = [level_word(other, language) for other in LEVELS if recognises(other, level)]
    said = text(language, "registry.recognised.by", levels=joint.join(by)) if by else ""
    open_ = [level_word(other, language) for other in LEVELS if recognises(other, level) is None]
    if open_:
        said += text(language, "registry.recognised.open", levels=joint.join(open_))
    return said or text(language, "registry.recognised.nobody")


def rate_words(rate: Rate, language: str) -> tuple[str, str]:
    """A rate and what it is made of; of nothing there is none."""
    if rate.share is None:
        return UNKNOWN, text(language, f"registry.none_of.{rate.quality}")
    return percent(rate.share), f"{count(rate.done)}/{count(rate.of)}"


def yes(flag: bool | None, language: str) -> str:
    """Yes, no, or a dash where nobody knows."""
    return UNKNOWN if flag is None else text(language, "registry.yes" if flag else "registry.no")


def day(when: date | None) -> str:
    """A day of any year: `2026-12-04`."""
    return when.isoformat() if when else UNKNOWN


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A moment in `zone`: `2026-12-04 09:30`."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def version_words(version: Version, places: Mapping[str, Place], zone: ZoneInfo, language: str) -> str:
    """One version in a sentence: what of which record it states."""
    c = version.content
    said: dict[str, object]
    if version.subject is Subject.STANDING:
        said = {
            "level": level_word(c["level"], language), "listed": yes(c["listed"], language),
            "capacity": count(c["capacity_per_day"]), "home": place_word(c["home"], places, language),
        }  # fmt: skip
    elif version.subject in (Subject.LICENCE, Subject.FILING):
        said = {"number": c["number"], "until": c["valid_until"] or UNKNOWN}
    elif version.subject is Subject.ASSESSMENT:
        result = "missed" if not c["took_part"] else "passed" if c["passed"] else "failed"
        said = {
            "item": c["item"], "on": c["on"], "organiser": c["organiser"],
            "result": text(language, f"registry.result.{result}"),
        }  # fmt: skip
    elif version.subject is Subject.CONTROL:
        in_control = text(language, "registry.in_control" if c["in_control"] else "registry.out_of_control")
        said = {"item": c["item"], "on": c["on"], "result": in_control}
    elif version.subject is Subject.FORMS:
        said = {"half": half_word(c["half"], language), "checked": c["checked"], "compliant": c["compliant"]}
    elif version.subject is Subject.BLACK_LIST:
        said = {"since": c["since"], "reason": c["reason"], "lifted": c["lifted_on"] or UNKNOWN}
    else:
        since = moment(datetime.fromisoformat(c["valid_from"]), zone)
        said = {"town": place_word(c["town"], places, language), "since": since}
    written = text(language, f"registry.told.{version.subject}", **said)
    return text(language, "registry.told.withdrawn", what=written) if version.withdrawn else written


def half_word(half: str, language: str) -> str:
    """A half year: `2026 年上半年`."""
    year, which = half.split("H")
    return text(language, f"registry.half.{which}", year=year)


def place_word(code: str, places: Mapping[str, Place], language: str) -> str:
    """The place's name; the code where there is no such place any more."""
    return places[code].label(language) if code in places else code or UNKNOWN
