"""Findings of the ledger in words and marks, the same in the table, the file and the reminders."""

from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from components.format import count, duration, period, signed
from components.names import short_name
from domain.backlog import LabRef
from domain.campaign import Campaign
from domain.misreads import Pair, Slip
from domain.tube_findings import COUNTED, Cause, Hand, Kind, Party, TubeFinding
from locales import text

GROUP = 4
"""Characters of a barcode that stand together."""

SUGGESTED = {
    Slip.LOOK_ALIKE: Cause.LABEL_SMEARED,
    Slip.OTHER_CHARACTER: Cause.LABEL_SMEARED,
    Slip.SWAPPED: Cause.TYPED,
    Slip.DROPPED: Cause.SCANNER,
    Slip.DOUBLED: Cause.SCANNER,
}
"""The cause that a slip speaks for."""


def spaced(code: str) -> str:
    """A barcode in groups of four, as people read it out."""
    return " ".join(code[i : i + GROUP] for i in range(0, len(code), GROUP))


def marked(code: str, part: tuple[int, int]) -> list[Component | str]:
    """The same with the characters `part` marked."""
    parts: list[Component | str] = []
    for i, character in enumerate(code):
        if i and i % GROUP == 0:
            parts.append(" ")
        parts.append(html.B(character) if part[0] <= i < part[1] else character)
    return parts


def slip_words(pair: Pair, language: str) -> str:
    """What was taken for what: `3 误读为 8`."""
    right = pair.lost.barcode[slice(*pair.lost_part)]
    wrong = pair.found.barcode[slice(*pair.found_part)]
    return text(language, f"ledger.slip.{pair.slip.name.lower()}", right=right, wrong=wrong)


def what(finding: TubeFinding, campaign: Campaign, language: str) -> str:
    """The barcodes, or the counts of the hour."""
    if finding.kind in COUNTED and finding.period_end is not None:
        return text(
            language,
            f"ledger.counted.{finding.kind}",
            hour=period(finding.period_end, campaign, language),
            difference=signed(finding.tubes),
            tubes=count(abs(finding.tubes)),
            of=count(finding.expected_tubes),
        )
    first = spaced(finding.barcodes[0]) if finding.barcodes else ""
    if finding.pair is not None:
        return f"{first} / {spaced(finding.barcodes[1])}"
    if finding.kind is Kind.DUPLICATE:
        return text(language, "ledger.twice", code=first)
    if len(finding.barcodes) > 1:
        return text(language, "ledger.and_more", code=first, count=count(len(finding.barcodes)))
    return first


def lab_name(lab: LabRef | None, language: str) -> str:
    return lab.label(language) if lab is not None else text(language, "ledger.no_lab")


def hand(one: Hand, finding: TubeFinding, language: str) -> str:
    """Who did what, with how many: `罗芳 装箱 66`."""
    number = f" {count(one.tubes)}" if one.tubes is not None else ""
    who = hand_name(one, finding, language)
    return text(language, f"ledger.act.{one.act}", who=who) + number


def hand_name(one: Hand, finding: TubeFinding, language: str) -> str:
    """The person on duty, else the post: the laboratory, the town's collection, the site."""
    if one.party is Party.LAB:
        return lab_name(finding.at_lab or finding.lab, language)
    if one.who:
        return one.who
    place = finding.town if one.party is Party.TOWN else finding.site
    return short_name(place, language) if place is not None else text(language, f"level.{one.party}")


def custody(finding: TubeFinding, language: str) -> str:
    """The chain in one line."""
    return " → ".join(hand(one, finding, language) for one in finding.hands)


def owner(finding: TubeFinding, language: str) -> tuple[str, str]:
    """Who is responsible: the person or post, and where."""
    if finding.owner is Party.LAB:
        return lab_name(finding.at_lab or finding.lab, language), text(language, "ledger.party.lab")
    place = {Party.SITE: finding.site, Party.TOWN: finding.town}.get(finding.owner)
    where = short_name(place, language) if place is not None else text(language, "level.district")
    if finding.owner_name:
        return finding.owner_name, where
    return where, text(language, f"ledger.party.{finding.owner}")


def age(finding: TubeFinding, language: str) -> str:
    return duration(timedelta(minutes=finding.age_minutes), language)
