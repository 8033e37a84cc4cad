"""The reminder of one town, written by rule: everybody who owes by name with the clerk, by when, and how to report a
true zero. Whoever sends it reads it first and may change it."""

from components.format import clock, count, period
from domain.board import Board, Owing, TownList
from domain.duty import State
from domain.places import Level
from domain.reminders import OWING, answer_by
from locales import has, text


def reminder(board: Board, town: TownList, language: str) -> str:
    """The text for the town's sites that owe the board's hour. A town that looks at itself writes to its sites."""
    hour, sender, campaign = board.hour, board.present.place, board.present.campaign
    if hour is None:
        return ""
    own = town.town == sender
    named = [
        text(language, f"reminder.text.{state}", count=count(len(sites)), names=_names(sites, language))
        for state in OWING
        if (sites := town.of(state))
    ]
    now = board.present.now
    said = text(
        language,
        "reminder.text.to_sites" if own else "reminder.text.to_town",
        to=_one_line(_addressed(town, own, language)),
        now=clock(now, campaign.zone),
        hour=period(hour.end, campaign, language),
        lists=text(language, "reminder.text.and").join(named),
        by=clock(answer_by(now), campaign.zone),
        sender=_one_line(sender.label(language)),
    )
    return text(language, "reminder.text.demo") + said if campaign.demo else said


def _addressed(town: TownList, own: bool, language: str) -> str:
    name = town.town.label(language)
    if own and town.town.level is not Level.SITE:
        return text(language, "reminder.text.sites_of", town=name)
    if town.contact is not None:
        return text(language, "reminder.text.person_at", place=name, person=town.contact.name)
    return name


def _names(sites: tuple[Owing, ...], language: str) -> str:
    return text(language, "format.list").join(_name(site, language) for site in sites)


def _name(site: Owing, language: str) -> str:
    """A site with its clerk and, when its report was returned, why."""
    name = _one_line(site.place.label(language))
    aside = [site.contact.name] if site.contact is not None else []
    why = why_returned(site, language)
    if why:
        aside.append(why)
    if not aside:
        return name
    aside_ = text(language, "reminder.text.comma").join(_one_line(part) for part in aside)
    return text(language, "reminder.text.aside", name=name, aside=aside_)


def why_returned(site: Owing, language: str) -> str:
    """Why the town sent a report back, with the arithmetic where there is one; "" for what was never returned."""
    if site.state is not State.RETURNED:
        return ""
    if site.reason == "third_copies_differ" and None not in (site.tubes, site.third_copies):
        return text(language, "reminder.text.copies", third_copies=count(site.third_copies), tubes=count(site.tubes))
    if site.note:
        return site.note
    return text(language, f"flag.{site.reason}") if has(f"flag.{site.reason}") else ""


def why_failed(reason: str, detail: str, language: str) -> str:
    """Why a reminder did not arrive; "" for one that did."""
    key = f"reminder.reason.{reason}"
    return text(language, key, detail=_one_line(detail)) if has(key) else reason


def _one_line(said: str) -> str:
    """A name in a message is never a line of its own."""
    return " ".join(said.split())
