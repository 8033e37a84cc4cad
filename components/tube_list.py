"""The upload of a list of tubes: what it must hold, whose it is, what would become of it, and the button that keeps
it. `tube-list.js` sends the file and shows the answer."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from components import panel
from components.context import PageContext
from components.drawing import Drawing
from components.icons import icon
from locales import text

SAID = ("preview", "done", "more", "rows", "accepted", "unchanged", "refused", "line", "field", "value", "message",
        "columns", "download", "unsent", "working")  # fmt: skip
"""What the script may have to say."""

LEFT_OPEN = {name: f"{{{name}}}" for name in ("name", "count", "columns")}
"""What the script itself fills in."""


def upload(context: PageContext, kind: str, lab: str = "") -> html.Section:
    """The panel of one list. `lab` is the laboratory whose list it is; sites are chosen from what `sites` draws."""
    language = context.language
    title = text(language, f"tube_list.title.{kind}")
    zones = [
        html.Option(text(language, "tube_list.no_zone"), value=""),
        html.Option(text(language, "tube_list.zone", zone=context.zone), value=context.zone),
    ]
    return html.Section(
        [
            panel.head(title),
            html.Div(
                [
                    html.P(text(language, f"tube_list.how.{kind}"), className="mut t13"),
                    *([] if lab else [Drawing("drawing-tube-sites", [])]),
                    html.Label(
                        [
                            html.Span(text(language, "tube_list.times")),
                            html.Select(zones, className="select", **{"data-list-zone": ""}),
                        ],
                        className="choose",
                    ),
                    html.Div(
                        [
                            html.Button(
                                [icon("file"), text(language, "tube_list.choose")],
                                type="button",
                                className="btn",
                                **{"data-list-choose": ""},
                            ),
                            html.Button(
                                text(language, "tube_list.keep"),
                                type="button",
                                className="btn pri",
                                disabled=True,
                                **{"data-list-keep": ""},
                            ),
                        ],
                        className="tl-buttons",
                    ),
                    html.Div(className="tl-answer", **{"data-list-answer": "", "aria-live": "polite"}),
                ],
                className="tl-form",
            ),
        ],
        className=f"panel at-tube-list at-{kind}",
        **{
            "aria-label": title,
            "data-tube-list": kind,
            "data-campaign": context.campaign_id,
            "data-place": lab,
            "data-needs": "write_tubes",
            **{f"data-said-{name}": text(language, f"tube_list.said.{name}", **LEFT_OPEN) for name in SAID},
        },
    )


def sites(found: Sequence[tuple[str, str]], language: str) -> list[Component]:
    """Whose third copies they are: pairs of code and name; one alone needs no choice."""
    options = [html.Option(name, value=code) for code, name in found]
    if len(found) != 1:
        options.insert(0, html.Option(text(language, "tube_list.which_site"), value=""))
    return [
        html.Label(
            [
                html.Span(text(language, "tube_list.site")),
                html.Select(options, className="select", **{"data-list-place": ""}),
            ],
            className="choose",
        )
    ]
