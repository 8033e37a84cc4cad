"""The page of accounts before anything is asked: controls, dialogs, and the places for what is drawn."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from components import people_controls as controls
from components.context import PageContext
from components.drawing import Drawing
from components.icons import icon
from domain.permissions import ACCOUNT_ROLES, TOKEN_ROLES, Role
from locales import text, texts


def beside(context: PageContext) -> list[Component]:
    """What stands beside the second level."""
    language = context.language
    new = html.Button(
        [icon("user"), text(language, "users.new")], type="button", className="btn", **{"data-open-dialog": "account"}
    )
    return [html.Span(className="sp"), html.Span(text(language, "users.note"), className="faint t12"), new]


def frame(context: PageContext, words: str) -> list[Component]:
    """The page before anything is asked: controls, dialogs, and places for what is drawn. `words` is what the
    address has in it to search for."""
    language = context.language
    roles = [("", text(language, "users.all_roles")), *_roles(ACCOUNT_ROLES, language)]
    heads = html.Div(
        [
            Drawing("drawing-users-head", []),
            html.Span(className="sp"),
            controls.select(text(language, "users.role"), "role", roles),
            controls.search(text(language, "users.search"), "words", words),
        ],
        className="ph users-head",
    )
    return [
        controls.root(
            context,
            "users",
            ("role", "place", "words", "show"),
            failed=text(language, "users.failed"),
            no_answer=text(language, "users.no_answer"),
            **{name: _open_text(language, f"users.{key}") for name, key in SAID.items()},
        ),
        html.Section(
            Drawing("drawing-users-places", []),
            className="panel at-users-places",
            **{"aria-label": text(language, "users.by_place")},
        ),
        html.Section(
            [heads, Drawing("drawing-users", [])],
            className="panel at-users",
            **{"aria-label": text(language, "users.title")},
        ),
        html.Div(Drawing("drawing-users-side", []), className="at-users-side"),
        _new_account(language),
        _reset(language),
        _new_token(language),
        _close(context),
        html.Dialog(
            [
                html.Div(
                    [
                        html.H2(text(language, "slips.heading")),
                        html.Span(className="sp"),
                        html.Button(
                            [icon("print"), text(language, "slips.print")],
                            type="button",
                            className="btn pri",
                            **{"data-print-slips": ""},
                        ),
                        _shut(text(language, "slips.done")),
                    ],
                    className="ph",
                ),
                html.P(text(language, "slips.once"), className="says"),
                html.Div(id="slips", className="slips-shown"),
            ],
            id="dialog-slips",
            className="people-sheet wide",
        ),
    ]


OFTEN_FIRST = tuple(sorted(ACCOUNT_ROLES, key=lambda role: role is not Role.SITE))
"""Roles to choose from: most accounts are clerks'."""

SAID = {
    "disable_sure": "disable_sure", "revoke_sure": "revoke_sure", "progress": "bulk_progress",
    "refused": "bulk_refused", "closed": "closed", "close_says": "close_says",
}  # fmt: skip
"""What `people.js` says, by the name it knows the sentence by; it fills in the blanks itself."""


def _open_text(language: str, key: str) -> str:
    """A sentence with its blanks left open."""
    return texts(language)[key]


def _roles(roles: Sequence[Role], language: str) -> list[tuple[str, str]]:
    return [(role.value, text(language, f"role.{role}")) for role in roles]


def _shut(said: str) -> html.Button:
    return html.Button(said, type="button", className="btn", **{"data-shut": ""})


def _write(label: str, name: str, most: int, hint: str = "") -> html.Label:
    """A line to write in. Dash's html parts have no input; one line of a text area takes its place."""
    area = html.Textarea(rows=1, maxLength=most, spellCheck="false", **{"data-field": name})
    return html.Label([html.Span(label), area, *([html.Small(hint, className="faint")] if hint else [])])


def _dialog(name: str, title: str, parts: Sequence[Component], go: str, language: str) -> html.Dialog:
    return html.Dialog(
        [
            html.H2(title),
            *parts,
            html.P(className="refusal crit", role="alert"),
            html.Div(
                [
                    _shut(text(language, "users.cancel")),
                    html.Button(go, type="button", className="btn pri", **{"data-send": name}),
                ],
                className="actions",
            ),
        ],
        id=f"dialog-{name}",
        className="people-sheet",
        **{"aria-label": title},
    )


def _new_account(language: str) -> html.Dialog:
    return _dialog(
        "account",
        text(language, "users.new"),
        [
            controls.select(text(language, "users.role"), "role", _roles(OFTEN_FIRST, language), field=True),
            _write(text(language, "users.place_code"), "place", 120, text(language, "users.place_hint")),
            _write(text(language, "users.login"), "login", 64, text(language, "users.login_hint")),
            _write(text(language, "users.name"), "name", 60),
            _write(text(language, "users.phone"), "phone", 32),
        ],
        text(language, "users.make"),
        language,
    )


def _reset(language: str) -> html.Dialog:
    return _dialog(
        "reset",
        text(language, "users.reset"),
        [
            html.P([html.B(**{"data-who": ""}), " ", text(language, "users.reset_says")], className="says"),
            _write(text(language, "users.pass_to"), "name", 60, text(language, "users.pass_hint")),
            _write(text(language, "users.phone"), "phone", 32),
        ],
        text(language, "users.reset_go"),
        language,
    )


def _new_token(language: str) -> html.Dialog:
    return _dialog(
        "token",
        text(language, "users.new_token"),
        [
            controls.select(text(language, "users.role"), "role", _roles(TOKEN_ROLES, language), field=True),
            _write(text(language, "users.place_code"), "place", 120, text(language, "users.token_place_hint")),
            _write(text(language, "users.token_note"), "note", 100),
            html.P([text(language, "users.token_once"), html.Code(id="token-secret")], className="says secret"),
        ],
        text(language, "users.make"),
        language,
    )


def _close(context: PageContext) -> html.Dialog:
    language = context.language
    return _dialog(
        "close",
        text(language, "users.close"),
        [
            html.P(className="says", **{"data-says": ""}),
            _write(text(language, "users.close_type", campaign=context.campaign_id), "confirm", 64),
        ],
        text(language, "users.close_go"),
        language,
    )
