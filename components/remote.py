"""The remote (picture 56): one screen in the hand of the person who briefs. Back and next, stay here, freeze, jump
to a scene or a town, replay the day; one driver at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from components import own_panels
from components.context import PageContext, named
from components.drawing import Drawing
from components.format import count
from components.icons import icon, severity_name
from components.screen_words import PACES, Glance, ago, headline, mode_words, scene_name, shown_scene, tile
from data.queries.fleet import FleetRow
from domain.permissions import within
from domain.places import Level, PlaceTree
from domain.screen_driving import FROZEN_FOR, IDLE, Mode
from locales import text


@dataclass(frozen=True, slots=True)
class Seen:
    """What the remote is drawn from. `now` is the machine's time, `me` how the audit names the reader; `row` is the
    screen he drives, None where there is none, and `glances` what its scenes say now."""

    tree: PlaceTree
    now: datetime
    rows: tuple[FleetRow, ...]
    me: str
    row: FleetRow | None
    glances: Mapping[str, Glance]


def driven(rows: Sequence[FleetRow], chosen: int | None) -> FleetRow | None:
    """The screen asked for, else the first."""
    return next((row for row in rows if row.screen.number == chosen), rows[0] if rows else None)


def frame(context: PageContext) -> list[Component]:
    """The page as it stands before anything is asked."""
    said = {f"data-said-{name}": text(context.language, f"screens.said.{name}") for name in ("failed", "no_answer")}
    return [
        own_panels.root(context, "remote", "screen"),
        html.Div(
            [
                Drawing("drawing-remote", []),
                html.P(className="t13 rc-said", role="status", **{"data-screen-said": ""}),
            ],
            id="screens",
            className="rc",
            **{"data-campaign": context.campaign_id, **said},
        ),
    ]


def page(seen: Seen, language: str) -> dict[str, list[Component]]:
    """The panel by slug."""
    row = seen.row
    if row is None:
        none = [icon("wall"), html.B(text(language, "screens.none")), html.P(text(language, "screens.none_to_drive"))]
        return {"remote": [html.Div(none, className="state")]}
    scenes = row.screen.settings.scenes
    on = shown_scene(row) or scenes[0]
    following = scenes[(scenes.index(on) + 1) % len(scenes)] if on in scenes else scenes[0]
    mine = row.held.driver in ("", seen.me)
    parts = [
        _head(seen, row, on, language),
        _screens(seen, row, language),
        _pictures(seen, row, on, following, language),
        *([] if mine else [_taken(row, language)]),
        _turning(row, language),
        _holding(seen, row, language),
        _jumps(seen, row, on, language),
        _towns(seen, row, language),
        _replay(row, language),
        _driving(row, language),
    ]
    return {"remote": [part for part in parts if part is not None]}


def _head(seen: Seen, row: FleetRow, on: str, language: str) -> html.Div:
    settings, said = row.screen.settings, row.contact
    if said is None or row.lost:
        when = ago(seen.now - said.at, language) if said else text(language, "screens.silent")
        state = html.Span([icon("crit"), text(language, "screens.trouble.lost"), " ", when], className="crit")
    else:
        state = html.Span([icon("ok", "ok"), text(language, "remote.connected")])
    place = settings.scenes.index(on) + 1 if on in settings.scenes else 0
    return html.Div(
        [
            html.Div([html.H2(settings.name), state]),
            html.Div([html.B(f"{place or '—'}/{len(settings.scenes)}"), html.Span(_mode(seen, row, language))]),
        ],
        className="rc-head",
    )


def _mode(seen: Seen, row: FleetRow, language: str) -> str:
    """What decides what the screen shows, and while it turns over by itself, when it does so next."""
    said = mode_words(row, seen.tree, language)
    contact = row.contact
    if row.held.mode is not Mode.ROTATE or row.lost or contact is None or contact.turns_in is None:
        return said
    left = contact.turns_in - int((seen.now - contact.at).total_seconds())
    return f"{said} · {text(language, 'remote.turns_in', seconds=max(0, left))}"


def _screens(seen: Seen, row: FleetRow, language: str) -> html.Nav | None:
    """The other screens, where there are any."""
    if len(seen.rows) < 2:
        return None
    links = [
        html.Button(
            one.screen.settings.name, type="button", className="on" if one is row else "",
            **{"data-screen-pick": str(one.screen.number), "aria-pressed": "true" if one is row else "false"},
        )
        for one in seen.rows
    ]  # fmt: skip
    return html.Nav(links, className="rc-screens", **{"aria-label": text(language, "remote.screens")})


def _pictures(seen: Seen, row: FleetRow, on: str, following: str, language: str) -> html.Div:
    def part(key: str, scene: str, kind: str) -> html.Div:
        name = scene_name(scene, language)
        said = [html.Span(text(language, key), className="mut"), " ", html.B(name)]
        return html.Div(
            [html.P(said), tile(row, scene, headline(seen.glances.get(scene), name), one=True)], className=kind
        )

    return html.Div(
        [part("remote.now", on, "rc-now"), part("remote.following", following, "rc-next")], className="rc-pictures"
    )


def _button(row: FleetRow, do: str, said: str | list[Component | str], kind: str, **more: str) -> html.Button:
    return html.Button(
        said, type="button", className=kind,
        **{"data-drive": do, "data-screens": str(row.screen.number), **{f"data-{k}": v for k, v in more.items()}},
    )  # fmt: skip


def _turning(row: FleetRow, language: str) -> html.Div:
    back: list[Component | str] = [icon("left"), text(language, "screens.drive.back")]
    forward: list[Component | str] = [text(language, "screens.drive.next"), icon("right")]
    return html.Div(
        [_button(row, "back", back, "rc-big"), _button(row, "next", forward, "rc-big pri")], className="rc-two"
    )


def _two(said: str, note: str) -> list[Component | str]:
    return [html.B(said), html.Span(note)]


def _holding(seen: Seen, row: FleetRow, language: str) -> html.Div:
    """Stay here, and freeze: two words, never one icon. Each is its own way back."""
    mode = row.held.mode
    said = row.contact
    until = f"{seen.tree.campaign.local(said.data_until):%H:%M}" if said and said.data_until else ""
    if mode is Mode.HOLD:
        stay = _button(row, "release", _two(text(language, "remote.go_on"), text(language, "remote.go_on_says")),
                       "rc-mid on")  # fmt: skip
    else:
        stay = _button(row, "hold", _two(text(language, "remote.stay"), text(language, "remote.stay_says")), "rc-mid")
    if mode is Mode.FROZEN:
        freeze = _button(
            row, "release", _two(text(language, "remote.thaw"), text(language, "remote.thaw_says")), "rc-mid on"
        )
    else:
        named_ = text(language, "screens.drive.freeze_at", at=until).strip()
        freeze = _button(row, "freeze", _two(named_, text(language, "remote.freeze_says")), "rc-mid")
    return html.Div([stay, freeze], className="rc-two")


def _jumps(seen: Seen, row: FleetRow, on: str, language: str) -> html.Section:
    buttons = []
    for number, scene in enumerate(row.screen.settings.scenes, 1):
        parts: list[Component | str] = [html.Span(str(number), className="mut"), html.B(scene_name(scene, language))]
        parts += _told(seen.glances.get(scene), language)
        if scene == on:
            parts.append(html.Span(text(language, "remote.on"), className="b"))
        buttons.append(_button(row, "jump", parts, "rc-jump on" if scene == on else "rc-jump", scene=scene))
    return _section("remote.jump", html.Div(buttons, className="rc-two"), language)


def _told(glance: Glance | None, language: str) -> list[Component | str]:
    """The worst state of a scene, and how many sites or findings it is about."""
    if glance is None:
        return []
    parts: list[Component | str] = []
    worst = glance.worst
    if worst is not None:
        parts.append(html.Span(icon(worst), className=str(worst), role="img", title=severity_name(worst, language)))
    if glance.number is not None:
        parts.append(html.Span(count(glance.number), className=f"b {worst or ''}".strip()))
    return parts


def _towns(seen: Seen, row: FleetRow, language: str) -> html.Section | None:
    """The towns below the screen's own place; where it shows one now, also the way back to the whole."""
    if row.held.mode is Mode.FROZEN:
        return None
    towns = [p for p in seen.tree.by_id.values() if p.level is Level.TOWN and within(row.place, p)]
    places = [row.place, *sorted((p for p in towns if p is not row.place), key=lambda p: p.code)]
    if len(places) < 2:
        return None
    here = row.held.place or row.place.code
    buttons = [
        _button(row, "town", named(p.name, p.name_en, language), f"rc-town{' on' * (p.code == here)}", place=p.code)
        for p in places
    ]
    return _section("remote.town", html.Div(buttons, className="rc-towns"), language)


def _replay(row: FleetRow, language: str) -> html.Section:
    buttons = [
        _button(row, "replay", [text(language, "screens.drive.pace", seconds=pace)], "rc-town", pace=str(pace))
        for pace in PACES
    ]
    return _section("remote.replay", html.Div(buttons, className="rc-towns"), language)


def _section(key: str, content: Component, language: str) -> html.Section:
    title = text(language, key)
    return html.Section([html.H2(title), content], **{"aria-label": title})


def _taken(row: FleetRow, language: str) -> html.Div:
    """Somebody else drives: taking over is a press of its own."""
    return html.Div(
        [
            html.Span([html.B(row.held.driven_by), text(language, "remote.drives")]),
            _button(row, "hold", [text(language, "remote.take")], "rc-hand", take="true"),
        ],
        className="rc-bar",
    )


def _driving(row: FleetRow, language: str) -> html.Div | None:
    held = row.held
    if held.mode is Mode.FROZEN:
        note = text(language, "remote.lifts", hours=int(FROZEN_FOR.total_seconds() // 3600))
    elif held.driven_by:
        note = text(language, "remote.idle", minutes=int(IDLE.total_seconds() // 60))
    elif held.mode is Mode.REPLAY:
        note = text(language, "remote.replay_ends")
    else:
        return None
    who = text(language, "remote.driving", who=held.driven_by) if held.driven_by else text(language, "remote.held")
    return html.Div(
        [
            html.Span([html.B(who), html.Span(note, className="mut")]),
            _button(row, "release", [text(language, "remote.hand_back")], "rc-hand"),
        ],
        className="rc-bar",
    )
