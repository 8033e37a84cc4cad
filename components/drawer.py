"""The place of a drawer that a script opens and fills with a drawing; until then it waits, or says what is wrong."""

from dash import html

from components import ids
from components.drawing import Drawing
from components.icons import icon
from locales import text


def waiting_drawer(
    id_: str, css: str, short: str, action: str, language: str, *, title: str, loading: str, failed: str, close: str
) -> html.Aside:
    """`css` is its class and `short` the beginning of the classes inside it; its buttons carry `data-<action>-retry`
    and `data-<action>-close`. The others are its sentences."""
    retry = html.Button(text(language, "state.retry"), type="button", className="btn", **{f"data-{action}-retry": ""})
    leave = html.Button(close, type="button", className="btn", **{f"data-{action}-close": ""})
    wait = html.Div(loading, className=f"{short}-wait mut t13")
    fault = html.Div(
        [icon("crit"), html.Span(failed), retry, leave], className=f"{short}-failed crit t13", role="alert"
    )
    return html.Aside(
        [html.Div([wait, fault]), Drawing(ids.drawing(id_), [])],
        id=id_,
        className=css,
        tabIndex="-1",
        **{"aria-label": title},
    )
