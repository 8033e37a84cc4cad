"""What can be tried (调整): other laboratories for towns, runs, more hours, the pool. `matching.js` reads it."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from components import panel
from components.entry import Input
from components.format import clock, count, duration
from components.icons import icon
from components.matching_words import change_words, lab_name, letter, number_of
from components.panel import Part
from data.matching_record import SavedPlan
from domain.assignment import OVERTIME_HOUR, next_hour
from domain.flow import STEP
from domain.matching import Trial, adjusted
from domain.matching_picture import MINUTES_PER_KM, MatchingPicture, TownState
from domain.matching_plan import APPROVED_POOL
from domain.permissions import Action
from domain.places import Level
from locales import text

POOLS = (5, 10, 20)
"""Pool sizes offered; single tubes are for those who are sampled alone anyhow."""

HOURS = 7
"""Full hours a move may begin at."""


def controls(
    picture: MatchingPicture,
    trial: Trial,
    plans: Sequence[SavedPlan],
    against: SavedPlan | None,
    language: str,
) -> html.Section:
    """The left column: everything that can be tried, the foot with what can be done with it."""
    reset = html.Button(
        text(language, "matching.reset"),
        type="button",
        className="link t12",
        disabled=not trial.plan,
        **{"data-reset": ""},
    )
    legend = html.Span(
        [
            html.Span([html.I(className="mt-ring"), text(language, "matching.now")]),
            html.Span([html.I(className="mt-dot mt-ink"), text(language, "matching.plan")]),
        ],
        className="key",
    )
    return html.Section(
        [
            panel.head(text(language, "matching.adjust"), "", [legend, reset]),
            html.Div(
                [
                    _moves(picture, trial, language),
                    _runs(picture, trial, language),
                    _overtime(picture, trial, language),
                    _pool(picture, trial, language),
                ],
                className="mt-scroll-y",
                tabIndex="0",
                role="group",
                **{"aria-label": text(language, "matching.adjust")},
            ),
            _foot(picture, trial, plans, against, language),
        ],
        className="mt-panel mt-controls",
    )


def _group(title: str, note: str, *parts: Component) -> html.Div:
    return html.Div([html.H3([title, html.Span(note)]), *parts], className="mt-group")


# -- other laboratories


def _moves(picture: MatchingPicture, trial: Trial, language: str) -> html.Div:
    made = []
    for index, move in enumerate(trial.plan.moves):
        title, note = change_words(move, picture, language)
        drop = html.Button(
            icon("x"),
            type="button",
            className="mt-drop",
            title=text(language, "matching.drop"),
            **{"data-drop-move": str(index), "aria-label": f"{text(language, 'matching.drop')} {title}"},
        )
        made.append(
            html.Li([html.Span([html.B(title), html.Span(note, className="faint")]), drop], key=f"{move.town}{index}")
        )
    towns = [
        html.Option(
            text(language, "matching.town_option", town=town.place.label(language), tubes=count(_hourly(town))),
            value=town.place.code,
            **{"data-note": _present(picture, trial, town, language), "data-lab": picture.lab_of(town.lab).lab.code},
        )
        for town in picture.towns
    ]
    labs = [
        html.Option(
            text(language, "matching.lab_option", lab=lab_name(lab.lab, language), tubes=count(lab.idle)),
            value=lab.lab.code,
            **{"data-further": json.dumps(_further(picture, lab.lab.id, language))},
        )
        for lab in sorted(trial.after.labs, key=lambda lab: -lab.idle)
    ]
    begin = next_hour(picture)
    hours = [
        html.Option(clock(at, picture.campaign.zone), value=at.isoformat())
        for at in (begin + k * timedelta(hours=1) for k in range(HOURS))
    ]
    sites = [
        html.Div(
            [_tap(site.label(language), site.code) for site in town.sites],
            className="taps",
            hidden=index > 0,
            **{"data-sites-of": town.place.code},
        )
        for index, town in enumerate(picture.towns)
        # A city's five thousand are chosen in their districts.
        if picture.place.level is not Level.CITY
    ]
    first = picture.towns[0]
    which: Component = html.Details(
        [
            html.Summary(
                text(language, "matching.move.whole"),
                **{
                    "data-sites-said": "",
                    "data-whole": text(language, "matching.move.whole"),
                    "data-some": text(language, "matching.move.some", count="{count}"),
                },
            ),
            *sites,
        ]
    )
    if not sites:
        which = html.Span(text(language, "matching.move.sites_below"), className="mut")
    form = html.Div(
        [
            _row("matching.move.from", html.Select(towns, **{"data-move": "town"}), language),
            _row("matching.move.sites", which, language, labelled=False),
            _row("matching.move.present",
                 html.Span(_present(picture, trial, first, language), className="mut", **{"data-present": ""}),
                 language, labelled=False),
            _row("matching.move.to", html.Select(labs, **{"data-move": "lab"}), language),
            _row("matching.move.at", html.Span([
                html.Select(hours, **{"data-move": "at", "aria-label": text(language, "matching.move.at")}),
                html.Span("", className="faint", **{"data-further-said": ""}),
            ], className="mt-line"), language, labelled=False),
            html.Button(text(language, "matching.move.add"), type="button", className="link t12",
                        **{"data-add-move": ""}),
        ],
        className="mt-move",
    )  # fmt: skip
    parts: list[Component] = [form]
    if made:
        parts.insert(0, html.Ul(made, className="mt-made"))
    return _group(text(language, "matching.move.title"), text(language, "matching.move.note"), *parts)


def _row(key: str, control: Component, language: str, labelled: bool = True) -> Component:
    wrap = html.Label if labelled else html.Div
    return wrap([html.Span(text(language, key), className="mut"), control], className="mt-field")


def _tap(said: str, code: str) -> html.Button:
    return html.Button(
        [icon("tick"), said], type="button", className="tap", **{"data-site": code, "aria-pressed": "false"}
    )


def _hourly(town: TownState) -> float:
    """Tubes an hour in the hours to come."""
    coming = town.due.middle[: 4 * 60 // STEP]
    return sum(coming) / max(1, len(coming)) * 60 / STEP


def _present(picture: MatchingPicture, trial: Trial, town: TownState, language: str) -> str:
    outcome = trial.before.of(picture.lab_of(town.lab).lab)
    return text(language, "matching.move.present_said", lab=lab_name(outcome.lab, language),
                inflow=count(outcome.inflow), capacity=count(outcome.rate))  # fmt: skip


def _further(picture: MatchingPicture, lab: int, language: str) -> dict[str, str]:
    """How much further each town has it to a laboratory than to its own."""
    found = {}
    for town in picture.towns:
        km = town.kilometres
        if lab == town.lab:
            found[town.place.code] = text(language, "matching.move.same")
        elif lab in km and town.lab in km:
            more = km[lab] - km[town.lab]
            span = duration(timedelta(minutes=abs(more) * MINUTES_PER_KM), language)
            key = "matching.move.further" if more >= 0 else "matching.move.nearer"
            found[town.place.code] = text(language, key, km=f"{abs(more):.1f}", span=span)
    return found


# -- sliders


def _slider(name: str, control: str, code: str, now: float, value: float, most: float, step: float,
            said: tuple[str, str], language: str, locked: bool = False) -> html.Label:  # fmt: skip
    """A 4-px track: ring at the present, thumb at the plan, the value in words at its right."""
    changed = abs(value - now) > 1e-9
    written = [html.Span(said[0], className="faint"), " → ", html.B(said[1])] if changed else said[0]
    least = 0.0 if control == "overtime" else 0.5
    scale = max(most - least, 1e-9)
    return html.Label(
        [
            html.Span(name, className="mut ell", title=name),
            html.Span(
                [
                    html.B(),
                    html.U(),
                    Input(
                        type="range", min=least, max=most, step=step, defaultValue=value, disabled=locked,
                        key=f"{code}-{value}",
                        **{f"data-{control}": code, "data-now": str(now), "data-c": f"{control}-{code}",
                           "aria-label": name,
                           "aria-valuetext": text(language, "matching.slider_said", before=said[0], after=said[1])},
                    ),
                ],
                className="mt-track",
                style={"--now": (now - least) / scale, "--plan": (value - least) / scale},
            ),
            html.Span(written, className="r nw mt-value"),
        ],
        className="mt-slider",
    )  # fmt: skip


def _runs(picture: MatchingPicture, trial: Trial, language: str) -> html.Div:
    begin = next_hour(picture)
    until = max(picture.campaign.deadline, begin + timedelta(hours=1))
    planned = {runs.town: runs.per_hour for runs in trial.plan.runs}
    most = max((town.runs for town in picture.towns), default=1.0) * 2 + 2
    lines: list[Component] = []
    shown = adjusted(picture, trial)
    for town in shown:
        value = planned.get(town.place.code, town.runs)
        said = tuple(text(language, "matching.runs.value", runs=number_of(n)) for n in (town.runs, value))
        lines.append(
            _slider(town.place.label(language), "runs", town.place.code, town.runs, value, max(most, value), 0.5,
                    (said[0], said[1]), language)
        )  # fmt: skip
    note = text(language, "matching.runs.note", span=_span(begin, until, picture))
    if len(shown) < len(picture.towns):
        rest = text(language, "matching.runs.some", shown=len(shown), count=count(len(picture.towns)))
        lines.append(html.P(rest, className="t12 mut"))
    return html.Div(
        _group(text(language, "matching.runs.title"), note, *lines).children,
        className="mt-group",
        **{"data-runs-at": begin.isoformat(), "data-runs-until": until.isoformat()},
    )


def _span(begin: datetime, until: datetime, picture: MatchingPicture) -> str:
    return "–".join(clock(at, picture.campaign.zone) for at in (begin, until))


def _overtime(picture: MatchingPicture, trial: Trial, language: str) -> html.Div:
    local = picture.campaign.local(picture.now).replace(hour=OVERTIME_HOUR, minute=0, second=0, microsecond=0)
    begin = max(next_hour(picture), local.astimezone(picture.now.tzinfo))
    planned = {more.lab: more.per_hour for more in trial.plan.overtime}
    known = [lab for lab in picture.labs if lab.known]
    most = max((lab.rate for lab in known), default=100.0) * 1.6
    most = -(-most // 100) * 100
    lines = []
    for lab in known:
        now = round(lab.rate / 10) * 10
        value = planned.get(lab.lab.code, now)
        lines.append(
            _slider(lab_name(lab.lab, language), "overtime", lab.lab.code, now, value, max(most, value), 10,
                    (count(now), count(value)), language)
        )  # fmt: skip
    note = text(language, "matching.overtime.note", at=clock(begin, picture.campaign.zone))
    return html.Div(
        _group(text(language, "matching.overtime.title"), note, *lines).children,
        className="mt-group",
        **{"data-overtime-at": begin.isoformat()},
    )


# -- the pool


def _pool(picture: MatchingPicture, trial: Trial, language: str) -> html.Div:
    present = picture.towns[0].pool_size
    chosen = trial.plan.pool.size if trial.plan.pool else present
    title = text(language, "matching.pool.title")
    buttons = [
        html.Button(
            str(size),
            type="button",
            className="on" if size == chosen else "",
            **{"data-pool": str(size), "data-c": f"pool-{size}", "aria-pressed": str(size == chosen).lower()},
        )
        for size in sorted({*POOLS, present})
    ]
    note: list[Part] = [icon("lock"), text(language, "matching.pool.locked", size=2 * APPROVED_POOL)]
    return html.Div(
        [
            html.H3(title),
            html.Div(
                [
                    html.Span(buttons, className="seg", role="group", **{"aria-label": title}),
                    html.Span(note, className="mut mt-line"),
                ],
                className="mt-line",
            ),
        ],
        className="mt-group",
        **{"data-pool-now": str(present), "data-pool-at": next_hour(picture).isoformat()},
    )  # fmt: skip


def _foot(
    picture: MatchingPicture,
    trial: Trial,
    plans: Sequence[SavedPlan],
    against: SavedPlan | None,
    language: str,
) -> html.Div:
    said = text(language, "matching.simulated", at=clock(picture.now, picture.campaign.zone))
    buttons: list[Component] = [
        html.Button(text(language, "matching.save"), type="button", className="btn", disabled=not trial.plan,
                    **{"data-save": "", "data-needs": Action.PLAN_CAPACITY})
    ]  # fmt: skip
    if against is not None:
        buttons.append(
            html.Button(
                text(language, "matching.against_now"), type="button", className="btn", **{"data-against": ""}
            )
        )
    elif plans:
        newest = plans[0].number
        buttons.append(
            html.Button(text(language, "matching.against", name=letter(newest)), type="button", className="btn",
                        **{"data-against": str(newest)})
        )  # fmt: skip
    return html.Div(
        [
            html.Span(said, className="faint"),
            html.Span("", className="mt-answer", role="status", **{"data-answer": ""}),
            html.Span(className="sp"),
            *buttons,
        ],
        className="mt-foot t12",
    )
