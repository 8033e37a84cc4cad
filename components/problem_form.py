"""The form by which a problem is opened in three taps: what it is, what it does to sampling, send (design, part G).

What a person need not say goes along: site, time, network, registration mode. What is known to help is shown before
it is sent. `problems.js` does the tapping and sending.
"""

from collections.abc import Sequence
from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from components.form_parts import select, tap, write
from components.format import duration
from components.icons import icon
from components.problem_words import setting_words
from data.queries.problems import Desk
from domain.modes import Mode
from domain.permissions import Action
from domain.places import Level
from domain.problems import REMEDIES, Effect, Kind, Remedy
from locales import text

AGO = (0, 5, 15, 30, 60)
"""Minutes ago a problem may have begun, to choose from."""


def report_form(rows: Desk, language: str) -> Component:
    """The form, for a single site as its phone page, for a place above with the choice of the site."""
    place = rows.overview.place
    alone, name, zone = place.level is Level.SITE, place.label(language), rows.overview.campaign.timezone
    kinds = [tap(text(language, f"problems.kind.{kind}"), "kind", kind.value) for kind in Kind]
    effects = [tap(text(language, f"problems.effect.{effect}"), "effect", effect.value) for effect in Effect]
    parts: list[Component] = [
        html.Div(
            [
                html.Div(
                    [
                        html.H2(text(language, "problems.report")),
                        html.Span(name, className="mut ell", title=name),
                    ]
                ),
                html.Div(
                    [
                        html.B([text(language, "problems.steps_left"), " ", html.Span("3", **{"data-steps": ""}),
                                " ", text(language, "problems.steps")]),
                        html.Span(className="mut", **{"data-clock": "", "data-zone": zone}),
                    ],
                    className="r",
                ),
            ],
            className="rf-head",
        ),
    ]  # fmt: skip
    if not alone:
        options = [(place.code, name)]
        options += [
            (
                site.code,
                f"{town.label(language)}{text(language, 'format.dot')}{site.label(language)}"
                if town
                else site.label(language),
            )
            for site, town in rows.sites
        ]
        parts.append(html.Div(select(text(language, "problems.where"), "place", options), className="rf-where"))
    parts += [
        _group(1, text(language, "problems.what"), kinds, "rf-kinds"),
        _group(2, text(language, "problems.sampling_now"), effects, ""),
        _remedies(rows, language),
    ]
    if alone:
        parts.append(_along(rows, language))
    parts += [
        html.Button(text(language, "problems.add_sentence"), type="button", className="tap tap-quiet",
                    **{"data-add-note": ""}),
        html.Div(write(text(language, "problems.sentence"), "note", 500), className="rf-note", hidden=True),
        *_send(rows, alone, language),
    ]  # fmt: skip
    return html.Div(
        parts,
        className="report-form",
        **{"data-report": "" if not alone else place.code, "data-needs": Action.OPEN_PROBLEMS},
    )


def _group(number: int, label: str, taps: Sequence[Component], extra: str) -> html.Div:
    return html.Div(
        [
            html.H3([html.Span(str(number), className="rf-number"), label]),
            html.Div(list(taps), className="taps taps-3", role="group", **{"aria-label": label}),
        ],
        className=extra,
    )


def _remedies(rows: Desk, language: str) -> html.Div:
    """What to try first, one box per kind; the script shows that of the kind chosen."""
    boxes: list[Component] = []
    for kind in Kind:
        if not REMEDIES[kind]:
            continue
        said: list[Component | str] = [
            text(language, "problems.try_first"),
            html.B(_first(rows, kind, language)),
            text(language, "problems.stop"),
        ]
        tried = rows.tried.get(kind)
        if tried is not None:
            said.append(html.Span(text(language, "problems.tried", count=tried.reported), className="mut"))
            if tried.remedy is not None:
                best = text(language, f"problems.remedy.{tried.remedy}")
                said.append(
                    html.Span(
                        text(language, "problems.tried_best", solved=tried.solved, remedy=best), className="mut"
                    )
                )
        boxes.append(
            html.Div([html.Span(icon("warn"), className="warn"), html.P(said)], className="rf-card rf-remedy",
                     hidden=True, **{"data-remedy-for": kind.value})
        )  # fmt: skip
    return html.Div(boxes, **{"aria-live": "polite"})


def _first(rows: Desk, kind: Kind, language: str) -> str:
    """The known remedies in words; another entrance is named where it is known which one has room."""
    change = rows.history[0] if rows.history else None
    emptiest = rows.modes.emptiest(change.entrance if change and change.mode is Mode.PROVINCE else None)
    words = []
    for remedy in REMEDIES[kind]:
        if remedy is Remedy.OTHER_ENTRANCE and emptiest is not None:
            words.append(text(language, "problems.change_to", number=emptiest))
        else:
            words.append(text(language, f"problems.first.{remedy}"))
    return text(language, "problems.or").join(words)


def _along(rows: Desk, language: str) -> html.Div:
    """What goes along unasked."""
    change = rows.history[0] if rows.history else None
    mode = setting_words(change.mode, change.entrance, language) if change else text(language, "modes.unset")
    ago = [
        (str(minutes), text(language, "problems.just_now") if not minutes else
         text(language, "problems.ago", span=duration(timedelta(minutes=minutes), language)))
        for minutes in AGO
    ]  # fmt: skip
    began = text(language, "problems.began")
    lines = [
        (began, select(began, "began_minutes", ago, labelled=False)),
        (text(language, "problems.network"), html.Span(text(language, "problems.measuring"), **{
            "data-network": "", "data-online": text(language, "problems.online", seconds="{seconds}"),
            "data-offline": text(language, "problems.offline"),
        })),
        (text(language, "modes.title"), html.Span(mode)),
    ]  # fmt: skip
    return html.Div(
        [
            html.Div(
                [
                    html.B(text(language, "problems.along")),
                    html.Span(text(language, "problems.filled"), className="mut"),
                ]
            ),
            *(html.Div([html.Span(label, className="mut"), part]) for label, part in lines),
        ],
        className="rf-card rf-along",
    )


def _send(rows: Desk, alone: bool, language: str) -> list[Component]:
    """The button names who gets it; below it what happens when nobody takes it. Before it, what else can be done: to
    try oneself first, to ring when there is no network."""
    recipient, campaign = rows.recipient, rows.overview.campaign
    if not alone or recipient is None:
        told = text(language, "problems.registered")
        return [html.Div([_told(told), _send_button(text(language, "problems.register"))], className="rf-send-box")]
    town = recipient.place.label(language)
    name = recipient.name or town
    call = text(language, "problems.call", name=name, phone=recipient.phone) if recipient.phone else ""
    keep = html.Button(
        text(language, "problems.keep", limit=campaign.limits.problem_site_minutes),
        type="button",
        className="tap tap-quiet",
        disabled=True,
        **{"data-send-problem": "", "data-keep": "true"},
    )
    minutes = campaign.limits.problem_accept_minutes
    return [
        keep,
        html.P(text(language, "problems.no_offline", call=call), className="mut rf-offline"),
        html.Div(
            [
                _told(text(language, "problems.sent", name=name)),
                _send_button(text(language, "problems.send_to", name=name)),
                html.P(text(language, "problems.who_gets", town=town, minutes=minutes), className="mut"),
            ],
            className="rf-send-box",
        ),
    ]


def _told(words: str) -> html.P:
    """Where the page says what became of it."""
    return html.P(className="rf-said", role="status", **{"data-sent-words": words})


def _send_button(said: str) -> html.Button:
    return html.Button(
        [html.Span("3", className="rf-number"), html.Span(said)],
        type="button",
        className="rf-send",
        disabled=True,
        **{"data-send-problem": "", "data-keep": "false"},
    )
