"""The sample pipeline (样本流转): where the tubes are, and the oldest of each stage beside its limit."""

from dash import dcc, html
from dash.development.base_component import Component

from components import panel
from components.ages import by_count_mark, hours, oldest
from components.format import count, percent
from components.icons import icon
from components.links import href
from domain.backlog import Backlog, Backlogs, Waiting
from domain.status import Severity
from domain.tube_page import TubesPicture
from domain.tubes import Stage
from locales import text

AXIS = 1.4
"""How far an age bar reaches, as a multiple of its limit (design, section 6)."""

BLOCK = 40
"""Pixels of the tallest block."""


def pipeline(rows: Backlogs, language: str) -> Component:
    """Four counts with blocks in proportion, four ages against their own limit. Empty without tubes."""
    backlog = rows.backlog
    if not backlog.any:
        return html.Div()
    to = href("tubes", campaign=backlog.campaign.id, place=rows.place.code, language=language)
    more = dcc.Link(text(language, "pipeline.more"), href=to, className="t12 mut more")
    marks: list[Component | str] = [by_count_mark(language)] if TubesPicture(rows).by_count else []
    counts = stage_counts(backlog)
    note = text(language, "pipeline.note", tubes=count(sum(counts.values())))
    return html.Div(
        [
            panel.head(text(language, "pipeline.title"), note, [*marks, more]),
            blocks(backlog, language),
            html.Div(
                [
                    html.Div(
                        [
                            html.Span(text(language, "pipeline.oldest")),
                            html.Span([text(language, "pipeline.to_limit"), html.I(className="kmark kmark-tick")]),
                            html.Span(),
                        ],
                        className="agr faint",
                    ),
                    *(_age(name, waiting, language) for name, waiting in _ages(backlog)),
                ],
                className="agrs",
            ),
        ],
        className="fill pipe",
    )


def stage_counts(backlog: Backlog) -> dict[str, int]:
    """Tubes by the four words of the way 采 → 送 → 检 → 报."""
    return {
        "on_site": backlog.stage(Stage.ON_SITE).tubes,
        "in_transit": backlog.stage(Stage.IN_TRANSIT).tubes,
        "at_lab": backlog.at_labs,
        "reported": backlog.reported,
    }


def blocks(backlog: Backlog, language: str) -> html.Div:
    """The four counts over blocks of their size."""
    counts = stage_counts(backlog)
    total, most = max(1, sum(counts.values())), max(1, *counts.values())
    return html.Div(
        [
            html.Div(
                [
                    html.Div(
                        [text(language, f"pipeline.{name}"), "" if name == "reported" else html.Span(" →")],
                        className="nm",
                    ),
                    html.Div(count(tubes), className="v", **{"data-key": f"pipe/{name}", "data-value": str(tubes)}),
                    html.Div(
                        html.I(style={"height": f"{max(2 if tubes else 0, tubes / most * BLOCK):.0f}px"},
                               className=f"st-{name}"),
                        className="blk",
                        **{"aria-hidden": "true"},
                    ),
                    html.Div(percent(tubes / total, 0), className="t12 faint part"),
                ],
                className="fs",
            )
            for name, tubes in counts.items()
        ],
        className="fn",
    )  # fmt: skip


def _ages(backlog: Backlog) -> list[tuple[str, Waiting]]:
    return [
        ("collect", backlog.stage(Stage.ON_SITE).waiting),
        ("deliver", backlog.stage(Stage.IN_TRANSIT).waiting),
        ("test", backlog.stage(Stage.AT_LAB).waiting),
        ("report", backlog.since_use),
    ]


def _age(name: str, waiting: Waiting, language: str) -> html.Div:
    age, limit = waiting.oldest_minutes, waiting.limit_minutes
    state = waiting.severity if waiting.severity is not Severity.OK else None
    share = min(1.0, age / limit / AXIS) if age is not None and limit else 0.0
    return html.Div(
        [
            html.Span(
                [text(language, f"pipeline.{name}"), " ", html.Span(f"≤{limit / 60:g}h", className="faint")],
                className="nw",
            ),
            html.Span(
                [html.I(style={"width": f"{share:.2%}"}), html.U(style={"left": f"{1 / AXIS:.2%}"})],
                className=f"lim {state or 'plain'}",
                **{"aria-hidden": "true"},
            ),
            html.Span(
                [*([icon(state)] if state else []), oldest(waiting, language)],
                className=f"r nw {state} b" if state else "r nw mut",
                title=text(language, "pipeline.limit_of", limit=hours(limit, language)),
            ),
        ],
        className="agr",
    )
