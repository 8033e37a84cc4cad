"""How numbers, moments and durations are written (design, section 4). What is unknown is a dash, never a zero."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.campaign import Campaign
from locales import text

UNKNOWN = "—"
MINUS = "\u2212"


def count(number: float | None) -> str:
    """A whole number with thousands commas: `554,285`."""
    return UNKNOWN if number is None else _signs(f"{number:,.0f}")


def rate(number: float | None, digits: int = 2) -> str:
    """A ratio such as persons per tube: `9.56`."""
    return UNKNOWN if number is None else _signs(f"{number:,.{digits}f}")


def short(number: float | None, language: str) -> str:
    """A number whose last digits do not matter: `2.8万` in Chinese, exact in English (design, section 11)."""
    if number is None or language != "zh" or abs(number) < 10_000:
        return count(number)
    return _signs(f"{number / 10_000:.1f}万")


def brief(number: float, language: str) -> str:
    """A number as short as it can stand over a bar: `6.7万`, `67.3k`; exact below ten thousand."""
    if language == "zh" or abs(number) < 10_000:
        return short(number, language)
    return text(language, "format.thousands", number=f"{number / 1000:.1f}")


def signed(number: float | None, digits: int = 0) -> str:
    """A gap, always with its sign: `+1,273`, `−9.9`; a gap that rounds to nothing is `0`."""
    if number is None:
        return UNKNOWN
    rounded = round(number, digits)
    return _signs(f"{rounded:+,.{digits}f}") if rounded else f"{0:.{digits}f}"


def percent(share: float | None, digits: int = 1) -> str:
    """A share as a percentage: `64.7%`."""
    return UNKNOWN if share is None else f"{share:.{digits}%}"


def _signs(written: str) -> str:
    return written.replace("-", MINUS)


def clock(moment: datetime | None, zone: ZoneInfo) -> str:
    """Hours and minutes in the campaign's zone: `14:05`."""
    return UNKNOWN if moment is None else f"{moment.astimezone(zone):%H:%M}"


def day(moment: datetime, zone: ZoneInfo, language: str) -> str:
    """The date without its year: `11月21日`, `21 Nov`."""
    local = moment.astimezone(zone)
    return text(language, "format.day", month=_month(local, language), day=local.day)


def _month(moment: datetime, language: str) -> str:
    return text(language, f"month.{moment.month}")


def spans_days(campaign: Campaign) -> bool:
    """Whether an hour alone would name more than one period of the campaign."""
    return campaign.deadline - campaign.starts_at > timedelta(hours=24)


def when(moment: datetime | None, campaign: Campaign, language: str) -> str:
    """A moment of the campaign: `14:05`, with its day where the campaign is longer than one."""
    if moment is None:
        return UNKNOWN
    written = clock(moment, campaign.zone)
    if not spans_days(campaign):
        return written
    local = campaign.local(moment)
    return text(language, "format.day_clock", day=local.day, month=_month(local, language), clock=written)


def hour(end: datetime, campaign: Campaign) -> str:
    """The hour by which a period is called, that of its end: `14`, at midnight `24`, on the half hour `14:30`."""
    local = end.astimezone(campaign.zone)
    if local.minute:
        return f"{local:%H:%M}"
    return str(local.hour or 24)


def period(end: datetime, campaign: Campaign, language: str) -> str:
    """The name of the period that ends at `end`: `14时`, `6日14时` where the hour alone is ambiguous."""
    name = hour_named(hour(end, campaign), language)
    if not spans_days(campaign):
        return name
    local = _day_of(end, campaign)
    return text(language, "format.day_hour", day=local.day, month=_month(local, language), hour=name)


def period_day(end: datetime, campaign: Campaign, language: str) -> str:
    """The date of the period that ends at `end`; midnight belongs to the day it closes."""
    return day(_day_of(end, campaign), campaign.zone, language)


def _day_of(end: datetime, campaign: Campaign) -> datetime:
    return (end - timedelta(microseconds=1)).astimezone(campaign.zone)


def hour_named(label: object, language: str) -> str:
    """An hour label with its unit; one that shows minutes needs none."""
    written = str(label)
    return written if ":" in written else text(language, "format.hour", hour=written)


def duration(span: timedelta, language: str) -> str:
    """A length of time in hours and minutes: `2小时36分`; full hours and short spans drop the empty part."""
    minutes = int(span.total_seconds() // 60)
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return text(language, "format.minutes", minutes=minutes)
    if not minutes:
        return text(language, "format.hours", hours=hours)
    return text(language, "format.hours_minutes", hours=hours, minutes=minutes)
