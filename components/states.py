"""What a panel or a page shows when it has no picture: loading, empty, failed, not yet begun (design, section 10)."""

from dash import dcc, html
from dash.development.base_component import Component

from components import panel
from components.icons import icon
from locales import text


def message(icon_name: str, colour: str, title: str, *notes: Component | str) -> html.Div:
    """An icon, what is the matter, and what follows from it."""
    return html.Div(
        [
            html.Div(icon(icon_name, colour), className="state-icon"),
            html.Div(title, className="b"),
            *(html.Div(note, className="t13 mut") for note in notes if note),
        ],
        className="state",
    )


def skeleton(title: str, language: str) -> list[Component]:
    """Grey blocks where a panel will be. They do not move, and appear only when loading takes a while."""
    blocks = html.Div(
        [
            html.Div([html.I(className="sk sk-wide"), html.I(className="sk")], className="sk-figures"),
            html.Div([html.I() for _ in range(5)], className="sk-lines"),
            html.Div(text(language, "state.loading"), className="t12 faint"),
        ],
        className="skeleton",
    )
    return [panel.head(title), blocks]


def no_data(language: str) -> html.Div:
    """A campaign without a single report yet."""
    return message("file", "", text(language, "state.no_data"), text(language, "state.no_data_next"))


def panel_error(title: str, code: str, language: str) -> list[Component]:
    """One panel that could not be drawn; the others are not affected. `code` finds the cause in the log."""
    return [
        panel.head(title),
        html.Div(
            [
                html.Div(icon("crit", "crit"), className="state-icon"),
                html.Div(text(language, "state.panel_error"), className="b"),
                html.Div(text(language, "state.panel_error_next"), className="t13 mut"),
                html.Button(text(language, "state.retry"), type="button", className="btn", **{"data-retry": ""}),
                html.Div(text(language, "state.code", code=code), className="t12 faint"),
            ],
            className="state",
        ),
    ]


def forbidden(role: str, language: str) -> html.Section:
    """A page the reader's role does not open: it stays where it is and says who can change that."""
    said = text(language, "state.forbidden_next", role=text(language, f"role.{role}"))
    return html.Section(message("lock", "", text(language, "state.forbidden"), said), className="panel")


def no_lab_page(language: str) -> html.Section:
    """What a laboratory's account meets on pages of places: it has a desk of its own."""
    said = [text(language, "state.lab_next"), html.A(text(language, "nav.lab"), href="/lab", className="b link")]
    return html.Section(message("lock", "", text(language, "state.lab"), *said), className="panel")


IMPORT_PLACES = "python manage.py import places sites.xlsx --campaign"


def no_places(campaign: str, import_page: str, language: str) -> html.Div:
    """A campaign without places: how to give it some."""
    return message(
        "pin",
        "",
        text(language, "no_places.title"),
        text(language, "no_places.next"),
        dcc.Link(text(language, "nav.import"), href=import_page, className="b link"),
        html.Pre(html.Code(f"{IMPORT_PLACES} {campaign}")),
    )


COMMANDS = (
    ("start.demo", "python manage.py demo load\npython manage.py demo play"),
    (
        "start.campaign",
        "python manage.py campaign create --id r1 --name NAME --starts-at 2026-11-21T06:00:00+08:00"
        f" --deadline 2026-11-21T22:00:00+08:00\n{IMPORT_PLACES} r1",
    ),
)
"""How to get the first campaign: the key of what a command does, and the command."""


def no_campaign(language: str) -> html.Main:
    """The page of an empty database: what to do next, with the exact commands."""
    steps = [
        html.Div([html.Div(text(language, key), className="t13 mut"), html.Pre(html.Code(command))])
        for key, command in COMMANDS
    ]
    return html.Main(
        [
            html.Div(icon("brand"), className="state-icon"),
            html.H1(text(language, "start.title"), className="t20 b"),
            html.P(text(language, "start.next"), className="mut"),
            *steps,
        ],
        className="start",
    )
