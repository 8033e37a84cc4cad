"""The parts every panel has: its head, a key to its marks, a chart with its sentence."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from dash import dcc, html
from dash.development.base_component import Component

from components.figure import Of, figure
from figures.theme import CONFIG

Part: TypeAlias = Component | str


def head(title: str, note: str = "", right: Sequence[Part] = ()) -> html.Div:
    """A panel's heading, a grey note beside it, and what stands at its right end."""
    parts: list[Part] = [html.H2(title)]
    if note:
        parts.append(html.Span(note, className="sub"))
    return html.Div([*parts, html.Span(className="sp"), *right], className="ph")


def body(*children: Part, extra: str = "") -> html.Div:
    """What a panel shows below its heading."""
    return html.Div(list(children), className=f"pb {extra}".strip())


def key(*entries: tuple[str, str]) -> html.Span:
    """What the marks of a chart mean: pairs of a mark's class and its word."""
    marks = [
        html.Span([html.I(className=f"kmark kmark-{mark}", **{"aria-hidden": "true"}), word])
        for mark, word in entries
    ]
    return html.Span(marks, className="key")


def chart(figure: dict[str, Any], sentence: str, extra: str = "") -> html.Div:
    """A chart as one picture: a screen reader hears `sentence`, which says what there is to see in it."""
    graph = dcc.Graph(figure=figure, config=CONFIG, responsive=True, className="graph")
    return html.Div(graph, role="img", className=f"chart {extra}".strip(), **{"aria-label": sentence})


def bar(share: float | None, plan: float | None = None, colour: str = "") -> html.Span:
    """A completion bar with its tick. The tick means "plan or limit" everywhere and nothing else.

    What is beyond 100 % fills the bar; the figure beside it says how far beyond.
    """
    parts = [html.I(style={"width": f"{min(max(share or 0.0, 0.0), 1.0):.2%}"})]
    if plan is not None:
        parts.append(html.U(style={"left": f"{min(max(plan, 0.0), 1.0):.2%}"}))
    return html.Span(parts, className=f"bar {colour}".strip(), **{"aria-hidden": "true"})


def value(key_: str, written: str, unit: str = "", of: Of | None = None, language: str = "") -> html.Span:
    """A figure that lights up for a moment when it differs from the one last seen (`live.js` compares by key). With
    `of` it can be asked where it comes from."""
    marks = {"data-key": key_, "data-value": written}
    parts: list[Part] = [figure(written, of, language, **marks) if of else html.Span(written, **marks)]
    if unit:
        parts.append(html.Small(unit))
    return html.Span(parts, className="v")
