"""What forms are made of that stand in cards: choices, places to write in, and a form for every step."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.icons import icon


def tap(said: str, name: str, value: str, **extra: Any) -> html.Button:
    """A choice: chosen it has an ink border, weight and a tick, never a fill."""
    return html.Button(
        [icon("tick"), said],
        type="button",
        className="tap",
        **{"data-choose": name, "data-value": value, "aria-pressed": "false", **extra},
    )


def write(label: str, name: str, most: int, rows: int = 2) -> html.Label:
    """A place to write in, with its label."""
    area = html.Textarea(name=name, rows=rows, maxLength=most)
    return html.Label([html.Span(label), area], className="write")


def select(label: str, name: str, options: Sequence[tuple[str, str]], *, labelled: bool = True) -> html.Label:
    """A list to choose one from; the first one stands. Where its label stands beside it already (`labelled` False),
    only who cannot see that is told again."""
    choices = html.Select([html.Option(said, value=value) for value, said in options], **{"data-field": name})
    return html.Label(
        [html.Span(label, className="" if labelled else "visually-hidden"), choices], className="choose"
    )


def step_forms(
    contents: Mapping[str, Sequence[Component]],
    send: Mapping[str, str],
    cancel: str,
    *,
    attribute: str,
    css: str,
    store: str,
) -> html.Div:
    """A form for every step, out of sight: a script copies the one it needs into a card. `send` is what the button
    of each says, which carries the step as `attribute`; `css` is the class of a form, `store` that of them all."""
    forms = []
    for step, parts in contents.items():
        do = html.Button(send[step], type="button", className="btn pri", **{attribute: step})
        leave = html.Button(cancel, type="button", className="btn", **{"data-cancel": ""})
        actions = html.Div([do, leave], className="pf-actions")
        forms.append(html.Div([*parts, actions], className=css, **{"data-for": step}))
    return html.Div(forms, className=store, hidden=True)
