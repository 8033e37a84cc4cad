"""The fleet page before anything is asked: the form that lets a screen join, and the places of what is drawn."""

from dash import dcc, html
from dash.development.base_component import Component

from components import own_panels, panel
from components.context import PageContext
from components.drawing import Drawing
from components.screen_words import scene_name
from domain.screens import CODE_LENGTH, CONTACT_SECONDS, SCENES
from locales import LANGUAGES, text

STAYS = (10, 15, 20, 30, 60)
"""Seconds a scene stays, to choose from."""

SAID = ("make_code", "add", "missing", "sent", "revoked", "told", "failed", "no_answer", "save", "code_is", "link_is")
"""What `screens.js` says, by the name it knows the sentence by."""


def frame(context: PageContext) -> list[Component]:
    """The page as it stands before anything is asked: the form and the places of what is drawn."""
    language = context.language
    said = {f"data-said-{name}": _open(language, name) for name in SAID}
    return [
        own_panels.root(context, "screens", "screen revoke pick"),
        html.Div(
            [
                Drawing("drawing-screens-head", []),
                html.Span(className="sp"),
                html.Span(text(language, "screens.every", seconds=CONTACT_SECONDS), className="faint t12 sc-every"),
            ],
            className="own-bar",
        ),
        html.Div(
            [
                html.Section(
                    Drawing("drawing-screens-list", []),
                    className="panel at-screens",
                    **{"aria-label": text(language, "screens.title")},
                ),
                html.Div(
                    [_form(context), html.Div(Drawing("drawing-screens-side", []), className="sc-side-one")],
                    className="sc-side",
                ),
            ],
            id="screens",
            className="sc-grid",
            **{"data-campaign": context.campaign_id, "data-length": str(CODE_LENGTH), **said},
        ),
    ]


def _open(language: str, name: str) -> str:
    """A sentence with its blank left open for the script."""
    return text(language, f"screens.said.{name}", number="{number}", said="{said}")


def _form(context: PageContext) -> html.Section:
    language = context.language
    title = text(language, "screens.form.title")
    scenes = [
        html.Button(
            scene_name(scene, language), type="button", className="sc-scene",
            **{"data-scene": scene, "aria-pressed": "true"},
        )
        for scene in SCENES
    ]  # fmt: skip
    stays = [
        html.Option(text(language, "screens.form.seconds_of", seconds=n), value=str(n), selected=n == 15)
        for n in STAYS
    ]
    tongues = [html.Option(text(language, f"screens.language.{name}"), value=name) for name in _own_first(language)]
    return html.Section(
        [
            panel.head(title, text(language, "screens.form.note")),
            html.Div(
                [
                    html.Div(_line("code", language, 9), className="sc-code"),
                    html.Div(_line("name", language, 60), className="sc-field"),
                    html.Div(_line("location", language, 100), className="sc-field"),
                    html.Div(
                        [html.Span(text(language, "screens.form.place"), className="mut"),
                         Drawing("drawing-screens-places", [])],
                        className="sc-field",
                    ),
                    html.Div(
                        [
                            html.Span(text(language, "screens.form.scenes"), className="mut"),
                            html.Div(scenes, className="sc-scenes", role="group",
                                     **{"aria-label": text(language, "screens.form.scenes")}),
                        ],
                        className="sc-field",
                    ),
                    html.Div(
                        [
                            html.Span(text(language, "screens.form.seconds"), className="mut"),
                            html.Select(stays, className="select", **{"data-field": "seconds", "aria-label":
                                        text(language, "screens.form.seconds")}),
                            html.Select(tongues, className="select", **{"data-field": "language", "aria-label":
                                        text(language, "screens.form.language")}),
                        ],
                        className="sc-field sc-two",
                    ),
                    html.Div(_line("bezel", language, 3), className="sc-field"),
                    html.P(text(language, "screens.form.rights_say"), className="faint t12"),
                    html.P(className="t13", role="status", **{"data-screen-said": ""}),
                    html.Div(
                        [
                            html.Button(
                                text(language, "screens.said.make_code"), type="button", className="btn pri",
                                **{"data-screen-send": ""},
                            ),
                            html.Button(
                                text(language, "screens.form.new"), type="button", className="btn",
                                **{"data-screen-new": "", "hidden": True},
                            ),
                        ],
                        className="actions",
                    ),
                ],
                className="sc-form",
            ),
        ],
        className="panel",
        **{"aria-label": title},
    )  # fmt: skip


def _own_first(language: str) -> list[str]:
    """The languages a screen may speak, the reader's own first."""
    return sorted(LANGUAGES, key=lambda name: name != language)


def _line(name: str, language: str, most: int) -> list[Component]:
    hint = text(language, f"screens.form.{name}_hint")
    return [
        html.Label(text(language, f"screens.form.{name}"), htmlFor=f"screen-{name}", className="mut"),
        dcc.Input(
            id=f"screen-{name}", type="text", maxLength=most, placeholder=hint, autoComplete="off",
            inputMode="numeric" if name == "bezel" else "text",
        ),
    ]  # fmt: skip
