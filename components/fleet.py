"""The fleet page (picture 58): every briefing screen, what it shows, when it last spoke, what is wrong with it."""

from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from components.context import named
from components.fleet_screen import Seen, closely, drive
from components.format import UNKNOWN, duration, when
from components.icons import icon
from components.screen_words import ago, mode_words, scene_name, shown_scene, tile
from data.queries.fleet import FleetRow
from domain.places import Level
from domain.screens import Trouble
from domain.status import Severity
from locales import text


def page(seen: Seen, language: str) -> dict[str, Component | list[Component]]:
    """The panels by slug."""
    chosen = seen.chosen
    return {
        "screens-head": _head(seen, language),
        "screens-places": [_places(seen, language)],
        "screens-list": _list(seen, chosen, language),
        "screens-side": [] if chosen is None else [closely(seen, chosen, language)],
    }


def _head(seen: Seen, language: str) -> list[Component]:
    joined = [row for row in seen.rows if row.joined]
    lost = sum(row.lost or row.contact is None for row in joined)
    watched = sum(bool(row.troubles) and not row.lost for row in joined)
    online = text(language, "screens.count", screens=len(joined), online=len(joined) - lost)
    parts: list[Component] = [
        html.B(text(language, "screens.title"), className="t20"), html.Span(online, className="mut t13"),
    ]  # fmt: skip
    if lost:
        parts.append(html.Span([icon("crit"), text(language, "screens.lost", number=lost)], className="crit b t13"))
    if watched:
        parts.append(
            html.Span([icon("warn"), text(language, "screens.watched", number=watched)], className="warn b t13")
        )
    spoken = [row.screen.number for row in joined if row.contact is not None and not row.lost]
    chosen = [number for number in spoken if number in seen.picked]
    on = " ".join(map(str, chosen or spoken))
    some = "some" if chosen else "all"
    if on:
        parts.append(
            html.Button(
                text(language, f"screens.reload_{some}", number=len(chosen)), type="button", className="btn",
                **{"data-screen-do": "reload", "data-screens": on},
            )
        )  # fmt: skip
        if seen.drives:
            parts += [
                drive("freeze", text(language, f"screens.freeze_{some}", number=len(chosen)), on),
                drive("release", text(language, f"screens.release_{some}", number=len(chosen)), on),
            ]
    return [html.Div(parts, className="sc-head")]


def _places(seen: Seen, language: str) -> html.Select:
    """Places a screen may be for: what the reader reaches, down to towns."""
    tops = [place for place in seen.places if place.level is not Level.SITE]
    options = [
        html.Option(named(place.name, place.name_en, language), value=place.code)
        for place in sorted(tops, key=lambda place: (len(place.ancestors), place.code))
    ]
    return html.Select(
        options, className="select", **{"data-field": "place", "aria-label": text(language, "screens.form.place")}
    )


COLUMNS = ("", "screen", "showing", "contact", "data", "size", "software", "")


def _list(seen: Seen, chosen: FleetRow | None, language: str) -> list[Component]:
    groups = (
        ("needs", [row for row in seen.rows if row.joined and (row.troubles or row.contact is None)]),
        ("well", [row for row in seen.rows if row.joined and row.contact is not None and not row.troubles]),
        ("apart", [row for row in seen.rows if not row.joined]),
    )
    if not seen.rows:
        return [
            html.Div(
                [icon("wall"), html.B(text(language, "screens.none")), html.P(text(language, "screens.none_next"))],
                className="state",
            )
        ]
    body: list[Component] = []
    for name, rows in groups:
        if not rows:
            continue
        worst = sorted(rows, key=lambda row: (not row.lost, row.severity is not Severity.CRIT))
        body.append(
            html.Tr(
                html.Th(
                    text(language, f"screens.group.{name}", number=len(rows)), colSpan=len(COLUMNS),
                    scope="rowgroup",
                ),
                className="sc-group",
            )
        )  # fmt: skip
        for row in worst:
            body.append(_row(seen, row, row is chosen, language))
            if row.joined and row.screen.number == seen.revoking:
                body.append(_revoking(row, language))
    head = html.Tr(
        [
            html.Th(text(language, f"screens.column.{name}"), scope="col") if name else html.Td(className="sc-none")
            for name in COLUMNS
        ]
    )
    return [html.Div(html.Table([html.Thead(head), html.Tbody(body)], className="tb sc-table"), className="scroll")]


def _row(seen: Seen, row: FleetRow, chosen: bool, language: str) -> html.Tr:
    settings, said, tree = row.screen.settings, row.contact, seen.tree
    scene = shown_scene(row)
    number = str(row.screen.number)
    name = html.Button(
        html.B(settings.name), type="button", className="link sc-name",
        **{"data-screen-pick": number, "aria-pressed": "true" if chosen else "false"},
    )  # fmt: skip
    where = settings.location or named(row.place.name, row.place.name_en, language)
    # A screen nobody may speak for shows nothing.
    showing: list[Component] = (
        [html.Span(scene_name(scene, language) if scene else UNKNOWN),
         html.Span(mode_words(row, tree, language), className="s")]
        if row.joined else [html.Span(UNKNOWN)]
    )  # fmt: skip
    cells = [
        html.Td(_pick(seen, row, scene, language), className="sc-th"),
        html.Td([name, html.Span(where, className="s")]),
        html.Td(showing),
        html.Td(_contact(seen, row, language), **_label("contact", language)),
        html.Td(_data(seen, row, language), **_label("data", language)),
        html.Td(_size(row), className="mut", **_label("size", language)),
        html.Td(_software(row, said.software if said else "", language), **_label("software", language)),
        html.Td(_buttons(row, number, language), className="r"),
    ]
    return html.Tr(cells, className=" ".join(["sc-chosen"] * chosen + ["sc-apart"] * (not row.joined)))


def _pick(seen: Seen, row: FleetRow, scene: str, language: str) -> Component:
    """The screen in small, which takes it among those that are frozen or reloaded together."""
    if not row.joined:
        return tile(row, scene)
    picked = row.screen.number in seen.picked
    return html.Button(
        [tile(row, scene), html.I(icon("tick") if picked else None, className="cb")],
        type="button", className="sc-pick",
        **{
            "data-screen-tick": str(row.screen.number), "aria-pressed": "true" if picked else "false",
            "aria-label": text(language, "screens.pick", name=row.screen.settings.name),
        },
    )  # fmt: skip


def _revoking(row: FleetRow, language: str) -> html.Tr:
    """What revoking does, said before it is done."""
    number = str(row.screen.number)
    said = [
        html.Span(text(language, "screens.revoke_says"), className="mut"),
        html.Button(
            text(language, "screens.revoke_of", name=row.screen.settings.name), type="button", className="btn s pri",
            **{"data-screen-do": "revoke", "data-number": number},
        ),
        html.Button(
            text(language, "screens.cancel"), type="button", className="btn s", **{"data-screen-do": "ask-revoke"}
        ),
    ]  # fmt: skip
    return html.Tr(html.Td(html.Div(said, className="sc-asks"), colSpan=len(COLUMNS)), className="sc-chosen")


def _label(name: str, language: str) -> dict[str, str]:
    """What a cell is called on a phone, where there is no heading over it."""
    return {"data-label": text(language, f"screens.column.{name}")}


def _contact(seen: Seen, row: FleetRow, language: str) -> list[Component]:
    if row.contact is None:
        key = "revoked" if row.screen.revoked_at else "silent" if row.joined else "waiting"
        return [html.Span(text(language, f"screens.{key}"), className="mut")]
    said = ago(seen.now - row.contact.at, language)
    kinds = dict(row.troubles)
    if Trouble.LOST in kinds:
        return [html.Span([icon("crit"), said], className="crit b"),
                html.Span(text(language, "screens.trouble.lost"), className="s")]  # fmt: skip
    parts: list[Component] = [
        html.Span([icon("warn"), said], className="warn b") if Trouble.LATE in kinds else html.Span(said)
    ]
    skew = row.contact.skew
    if Trouble.CLOCK in kinds and skew is not None:
        off = duration(timedelta(seconds=abs(skew)), language)
        key = "screens.trouble.fast" if skew > 0 else "screens.trouble.slow"
        parts.append(html.Span([icon("warn"), text(language, key, off=off)], className="s warn"))
    return parts


def _data(seen: Seen, row: FleetRow, language: str) -> list[Component]:
    said = row.contact
    written = when(said.data_until if said else None, seen.tree.campaign, language)
    if Trouble.OLD_DATA not in dict(row.troubles):
        return [html.Span(written)]
    return [html.Span([icon("warn"), written], className="warn b"),
            html.Span(text(language, "screens.trouble.old_data"), className="s")]  # fmt: skip


def _size(row: FleetRow) -> str:
    said = row.contact
    return f"{said.width}×{said.height}" if said and said.width and said.height else UNKNOWN


def _software(row: FleetRow, software: str, language: str) -> list[Component]:
    if Trouble.OLD_SOFTWARE not in dict(row.troubles):
        return [html.Span(software or UNKNOWN, className="mut")]
    return [html.Span([icon("warn"), software], className="warn b"),
            html.Span(text(language, "screens.trouble.old_software"), className="s")]  # fmt: skip


def _buttons(row: FleetRow, number: str, language: str) -> html.Span:
    if not row.joined:
        again = "screens.rejoin" if row.screen.joined_at else "screens.join"
        return html.Span(
            html.Button(
                text(language, again), type="button", className="btn s",
                **{"data-screen-do": "join", "data-number": number},
            ),
            className="sc-do",
        )  # fmt: skip
    return html.Span(
        [
            html.Button(
                [icon("refresh"), text(language, "screens.reload")], type="button", className="btn s",
                disabled=row.lost or row.contact is None,
                **{"data-screen-do": "reload", "data-screens": number},
            ),
            html.Button(
                text(language, "screens.revoke"), type="button", className="btn s",
                **{"data-screen-do": "ask-revoke", "data-number": number},
            ),
        ],
        className="sc-do",
    )  # fmt: skip
