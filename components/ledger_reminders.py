"""Reminders by owner: one text for everybody who is responsible for something open, to be copied and passed on."""

from collections import defaultdict

from dash import html
from dash.development.base_component import Component

from components.format import clock, count
from components.icons import icon
from components.ledger_words import age, owner, what
from domain.ledger_desk import FindingsPicture
from domain.tube_findings import TubeFinding
from locales import text

NAMED = 12
"""Findings a text names one by one; of the others it says how many."""


OWNERS = 80
"""Owners whose texts are on the page, those with most first; a city has 1,500, and its districts have the others."""


def owner_texts(picture: FindingsPicture, language: str) -> list[Component]:
    """A block for each owner, the one with the most first."""
    by_owner: dict[tuple[str, tuple[str, str]], list[TubeFinding]] = defaultdict(list)
    for finding in picture.open:
        by_owner[finding.owner_place, owner(finding, language)].append(finding)
    ordered = sorted(by_owner.items(), key=lambda item: (-len(item[1]), item[0]))
    head = html.Div(
        [
            html.H3(text(language, "ledger.remind_head", count=count(len(ordered)))),
            html.Span(text(language, "ledger.remind_note"), className="mut t12"),
        ],
        className="lg-remind-head",
    )
    blocks = [_block(names, findings, picture, language) for (_, names), findings in ordered[:OWNERS]]
    if len(ordered) > OWNERS:
        said = text(language, "way_down.owners", shown=OWNERS, count=count(len(ordered)))
        blocks.insert(0, html.Div(said, className="mut t12"))
    return [head, *blocks]


def _block(names: tuple[str, str], findings: list[TubeFinding], picture: FindingsPicture, language: str) -> html.Div:
    said = reminder(names, findings, picture, language)
    return html.Div(
        [
            html.Div(
                [
                    html.B(names[0]),
                    html.Span(names[1], className="mut"),
                    html.Span(text(language, "ledger.items", count=count(len(findings))), className="mut"),
                    html.Span(className="sp"),
                    html.Button([icon("copy"), text(language, "ledger.copy")], type="button", className="btn s",
                                **{"data-copy-owner": ""}),
                ],
                className="lg-remind-line",
            ),
            html.P(said, className="msgbox"),
            html.Div(className="said t12", role="status"),
        ],
        key=f"remind-{'-'.join(names)}",
        className="lg-remind-one",
    )  # fmt: skip


def reminder(names: tuple[str, str], findings: list[TubeFinding], picture: FindingsPicture, language: str) -> str:
    """The text for one owner: everything open that is theirs, the oldest first, and what closes it."""
    ordered = sorted(findings, key=lambda f: -f.age_minutes)
    lines = [
        text(
            language,
            "ledger.remind_line",
            kind=text(language, f"ledger.kind.{finding.kind}"),
            site=finding.site.label(language) if finding.site else text(language, "ledger.no_site"),
            what=what(finding, picture.campaign, language),
            age=age(finding, language),
        )
        for finding in ordered[:NAMED]
    ]
    if len(ordered) > NAMED:
        lines.append(text(language, "ledger.remind_more", count=count(len(ordered) - NAMED)))
    said = text(
        language, "ledger.remind_text", name=" ".join(names), now=clock(picture.now, picture.campaign.zone),
        count=count(len(ordered)), lines=text(language, "ledger.remind_join").join(lines),
        sender=picture.place.label(language),
    )  # fmt: skip
    return text(language, "reminder.text.demo") + said if picture.campaign.demo else said
