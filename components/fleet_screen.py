"""One briefing screen looked at closely: what it says, what can be done to it, how it runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from components import panel
from components.context import named
from components.format import UNKNOWN, duration
from components.icons import icon
from components.screen_words import PACES, Glance, ago, headline, shown_scene, tile
from data.queries.fleet import FleetRow
from domain.places import Place, PlaceTree
from domain.screen_driving import Mode
from domain.screens import layout
from locales import text


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page is drawn from. `places` are those the reader reaches: a name of another one is told to nobody;
    `now` is the machine's time; `drives` says that the reader may drive screens;
    `chosen` is the screen looked at, `glances` what its scenes say; `picked` are the numbers
    of those taken together; `revoking` the number of one about to be
    revoked."""

    tree: PlaceTree
    places: tuple[Place, ...]
    now: datetime
    rows: tuple[FleetRow, ...]
    drives: bool
    chosen: FleetRow | None
    glances: Mapping[str, Glance]
    picked: frozenset[int]
    revoking: int | None


def closely(seen: Seen, row: FleetRow, language: str) -> html.Section:
    settings, said = row.screen.settings, row.contact
    note = ago(seen.now - said.at, language) if said else ""
    number, scene = str(row.screen.number), shown_scene(row)
    parts: list[Component] = [html.Div(tile(row, scene, headline(seen.glances.get(scene), "")), className="sc-big")]
    if seen.drives and row.joined:
        until = f"{seen.tree.campaign.local(said.data_until):%H:%M}" if said and said.data_until else ""
        freeze = text(language, "screens.drive.freeze_at", at=until).strip()
        held = row.held.mode is not Mode.ROTATE
        parts.append(
            html.Div(
                [
                    drive("back", text(language, "screens.drive.back"), number),
                    drive("release", text(language, "screens.drive.release"), number)
                    if held else drive("hold", text(language, "screens.drive.hold"), number),
                    drive("freeze", freeze, number),
                    drive("next", text(language, "screens.drive.next"), number),
                ],
                className="sc-row",
            )
        )  # fmt: skip
        parts.append(
            html.Div(
                [
                    html.Span(text(language, "screens.drive.replay"), className="mut t12"),
                    *(
                        drive("replay", text(language, "screens.drive.pace", seconds=pace), number, pace=pace)
                        for pace in PACES
                    ),
                ],
                className="sc-row",
            )
        )
    parts.append(html.Dl([part for pair in _facts(seen, row, language) for part in pair], className="sc-facts"))
    parts.append(
        html.Button(
            [icon("edit"), text(language, "screens.edit")], type="button", className="btn",
            **{
                "data-screen-edit": number, "data-name": settings.name, "data-location": settings.location,
                "data-place": settings.place, "data-scenes": " ".join(settings.scenes),
                "data-seconds": str(settings.seconds), "data-language": settings.language,
                "data-bezel": str(settings.bezel_px),
            },
        )
    )  # fmt: skip
    return html.Section(
        [panel.head(settings.name, note), html.Div(parts, className="sc-one")],
        className="panel",
        **{"aria-label": settings.name},
    )


def drive(do: str, said: str, numbers: str, **more: object) -> html.Button:
    return html.Button(
        said, type="button", className="btn",
        **{"data-drive": do, "data-screens": numbers, **{f"data-{k}": str(v) for k, v in more.items()}},
    )  # fmt: skip


def _facts(seen: Seen, row: FleetRow, language: str) -> list[tuple[html.Dt, html.Dd]]:
    said, screen = row.contact, row.screen
    facts: list[tuple[str, str]] = [("place", named(row.place.name, row.place.name_en, language))]
    seconds = screen.settings.seconds
    facts.append(
        ("scenes", text(language, "screens.fact.scenes_of", scenes=len(screen.settings.scenes), seconds=seconds))
    )
    if said and said.width and said.height:
        fits = layout(said.width, said.height, screen.settings.scenes)
        kind = "upright" if fits.upright else "halves" if fits.halves > 1 else "one"
        free = text(language, "screens.fact.free", beside=fits.beside, above=fits.above)
        facts.append(("layout", text(language, f"screens.fact.{kind}", halves=fits.halves, free=free)))
        facts.append(("text", text(language, "screens.fact.text_of", pixels=fits.least_text)))
    driver = row.held.driven_by
    facts.append(("driver", driver or text(language, "screens.fact.nobody")))
    if said and said.began_at:
        facts.append(("online", text(language, "screens.fact.online_of", drops=said.drops or 0,
                                     span=duration(said.at - said.began_at, language))))  # fmt: skip
    if said and (said.drawn_ms is not None or said.heap_mb is not None):
        drawn = UNKNOWN if said.drawn_ms is None else f"{said.drawn_ms / 1000:.1f}"
        heap = UNKNOWN if said.heap_mb is None else str(said.heap_mb)
        facts.append(("cost", text(language, "screens.fact.cost_of", drawn=drawn, heap=heap)))
    if screen.joined_at:
        # The machine's time: a demonstration's own clock runs faster.
        span = ago(seen.now - screen.joined_at, language)
        facts.append(("joined", text(language, "screens.fact.joined_of", ago=span, by=screen.joined_by or UNKNOWN)))
    return [
        (html.Dt(text(language, f"screens.fact.{name}"), className="mut"), html.Dd(value)) for name, value in facts
    ]
