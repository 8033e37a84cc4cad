"""Two contradicting reports of the town page, side by side."""

import orjson
from dash import html

from components.format import count, signed, when
from components.panel import Part
from domain.permissions import Action
from domain.town import Rival, Sent, SiteWork, TownPicture
from locales import text

COMPARED = ("persons", "tubes", "third_copies", "special_cases", "persons_total", "tubes_total")
"""Figures of two contradicting reports that stand side by side."""


def rival_beside(rival: Rival, sent: Sent, rows: TownPicture, row: SiteWork, language: str) -> html.Div:
    """The report on record and the one it contradicts, side by side; only what differs is marked."""
    campaign = rows.seen.campaign
    shown = [name for name in COMPARED if sent.counts.get(name) is not None or name in rival.counts]
    differing = {change.field for change in rival.differences}

    def line(head: str, who: str, cells: list[Part]) -> html.Tr:
        return html.Tr(
            [html.Th(head, scope="row"), html.Td(who, className="mut"), *(html.Td(c, className="r") for c in cells)]
        )

    def figure(name: str, number: int | None, *, new: bool) -> Part:
        written = count(number)
        return html.Ins(written) if new and name in differing else written

    def source(by: str, at: str, note: str) -> str:
        return text(language, "format.dot").join(filter(None, (at, by, note)))

    gaps = [
        signed(rival.counts[name] - (sent.counts.get(name) or 0))
        if name in rival.counts and sent.counts.get(name) is not None
        else count(None)
        for name in shown
    ]
    heads = [text(language, f"site.column.{name}") for name in shown]
    kept_by = source(sent.by, when(sent.recorded_at, campaign, language), sent.note)
    other_by = source(rival.by, when(rival.recorded_at, campaign, language), rival.note)
    table = html.Table(
        [
            html.Thead(
                html.Tr(
                    [
                        html.Td(""),
                        html.Th(text(language, "town.rival.source"), scope="col"),
                        *(html.Th(head, scope="col", className="r") for head in heads),
                    ]
                )
            ),
            html.Tbody(
                [
                    line(text(language, "town.rival.kept"), kept_by,
                         [figure(n, sent.counts.get(n), new=False) for n in shown]),
                    line(text(language, "town.rival.other"), other_by,
                         [figure(n, rival.counts.get(n), new=True) for n in shown]),
                    line(text(language, "town.rival.difference"), "", list(gaps)),
                ]
            ),
        ],
        **{"aria-label": text(language, "town.rival.title")},
    )  # fmt: skip
    adopt = html.Button(
        text(language, "town.rival.adopt"),
        type="button",
        className="btn",
        **{
            "data-town-act": "adopt",
            "data-needs": Action.WRITE_REPORTS,
            "data-of": row.site.code,
            "data-figures": orjson.dumps(dict(rival.counts)).decode(),
        },
    )
    how = html.Span(text(language, "town.rival.how"), className="t12 faint")
    return html.Div([table, html.Div([adopt, how], className="how")], className="rival")
