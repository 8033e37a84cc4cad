"""Controls of the pages that ask again with every choice: `people.js` keeps what is chosen in the address."""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from components.context import PageContext
from components.icons import icon
from locales import text


def root(context: PageContext, page: str, keys: Sequence[str], **said: str) -> html.Div:
    """Says for `people.js` what the page is, which words of its address are filters, and what it may have to say."""
    title = text(context.language, f"{page}.title")
    return html.Div(
        id="panels",
        hidden=True,
        **{
            "data-panels": f"/panels/{context.campaign_id}/{page}",
            "data-campaign": context.campaign_id,
            "data-language": context.language,
            "data-keys": " ".join(keys),
            "data-title": f"{title} · {context.campaign_label()}",
            **{f"data-{name.replace('_', '-')}": sentence for name, sentence in said.items()},
        },
    )


def select(label: str, name: str, options: Sequence[tuple[str, str]], field: bool = False) -> html.Label:
    """A list to choose one from. As a filter it asks again at once; as a `field` it is read when sent."""
    kind = "data-field" if field else "data-filter"
    chosen = html.Select(
        [html.Option(said, value=value) for value, said in options], className="select", **{kind: name}
    )
    return html.Label([html.Span(label, className="" if field else "visually-hidden"), chosen], className="picklist")


def search(label: str, name: str, value: str) -> html.Label:
    """A line to write in that narrows down what is shown; `value` is what the address has in it."""
    # Dash's html parts have no input; its core input is a plain one with an id.
    return html.Label(
        [
            html.Span(label, className="visually-hidden"),
            icon("search"),
            dcc.Input(
                id=f"filter-{name}", type="search", placeholder=label, debounce=True, maxLength=100, value=value
            ),
        ],
        className="find",
    )


def toggle(name: str, value: str, on: bool, parts: Sequence[Component]) -> html.Button:
    """One of several that may be chosen together."""
    return html.Button(
        [html.I(icon("tick") if on else None, className="cb"), *parts],
        type="button",
        className="fo",
        **{"data-toggle-filter": name, "data-value": value, "aria-pressed": "true" if on else "false"},
    )


def pick(name: str, value: str, on: bool, said: str | Sequence[Component]) -> html.Button:
    """One of several of which one is chosen."""
    return html.Button(
        said if isinstance(said, str) else list(said),
        type="button",
        className="on" if on else "",
        **{"data-pick": name, "data-value": value, "aria-pressed": "true" if on else "false"},
    )
