"""What is said of a briefing screen wherever it is shown: its scene, its mode, how long ago it spoke."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from components.context import named
from data.queries.fleet import FleetRow
from domain.places import PlaceTree
from domain.screen_driving import Mode
from domain.screens import SCENES, beside, layout
from domain.status import RANK, Severity
from locales import text

PACES = (5, 10, 20)
"""Seconds a period of a replay takes, to choose from."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What a scene says on the screen: its headline's clauses as (words, state, what follows), in its language, and
    how many sites or findings it is about; None where it counts neither."""

    clauses: tuple[tuple[str, str, str], ...]
    number: int | None = None

    @property
    def worst(self) -> Severity | None:
        """The worst state in it; None where nothing is bad."""
        states = [Severity(state) for _, state, _ in self.clauses if state in tuple(Severity)]
        bad = [state for state in states if state is not Severity.OK]
        return min(bad, key=lambda state: RANK[state]) if bad else None


def scene_name(scene: str, language: str) -> str:
    return text(language, f"wall.scene.{scene}")


def shown_scene(row: FleetRow) -> str:
    """The scene on a screen: what it says itself, else what it was told; empty while nobody knows."""
    return (row.contact.scene if row.contact and row.contact.scene in SCENES else "") or row.held.scene


def mode_words(row: FleetRow, tree: PlaceTree, language: str) -> str:
    """What decides what the screen shows: `轮播`, `会议定格 陈`, `只看西南街道`."""
    said = text(language, f"screens.mode.{row.held.mode}")
    if row.held.mode is Mode.FROZEN and row.screen.freeze is not None:
        at = f"{tree.campaign.local(row.screen.freeze.frozen_at):%H:%M}"
        said = text(language, "screens.frozen_since", at=at)
    elif row.held.mode is Mode.REPLAY and row.held.period is not None:
        end = tree.campaign.local(tree.campaign.end_of(row.held.period))
        said = text(language, "screens.replay_at", at=f"{end:%H:%M}")
    elif len(row.screen.settings.scenes) == 1:
        said = text(language, "screens.only_this")
    jumped = tree.by_code.get(row.held.place)
    if jumped is not None and jumped is not row.place:
        said = text(language, "screens.in_place", what=said, place=named(jumped.name, jumped.name_en, language))
    return said


def ago(span: timedelta, language: str) -> str:
    """How long ago, in the largest unit that is not nothing: `2 秒前`, `12 分钟前`."""
    seconds = max(0, int(span.total_seconds()))
    for name, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= length:
            return text(language, f"screens.ago.{name}", number=seconds // length)
    return text(language, "screens.ago.seconds", number=seconds)


def headline(glance: Glance | None, name: str) -> list[Component]:
    """What stands on the screen at first sight; the scene's name where nobody knows."""
    if glance is None or not glance.clauses:
        return [html.Span(name, className="rc-scene")]
    parts = [html.Span([html.Span(words, className=state), after]) for words, state, after in glance.clauses]
    return [html.Span(parts, className="rc-scene")]


def _picture(row: FleetRow, shown: Sequence[str]) -> html.Span:
    """Where these scenes are drawn in small, as the screen draws them (`screen-pictures.js`). `version` is another
    whenever what is on the screen may be."""
    said, held = row.contact, row.held
    version = (said and said.revision, said and said.minute, held.freeze, held.period, held.place)
    return html.Span(
        className="sc-picture",
        **{
            "data-picture": str(row.screen.number), "data-scenes": " ".join(shown),
            "data-version": " ".join(str(part or "") for part in version),
        },
    )  # fmt: skip


def tile(row: FleetRow, scene: str, extra: Sequence[Component] = (), *, one: bool = False) -> html.Span:
    """The screen in small: its shape, and which of its scenes is on. With `one`, one scene of it, which on a wide
    wall has others beside it."""
    said, scenes = row.contact, row.screen.settings.scenes
    width, height = (said.width or 16, said.height or 9) if said else (16, 9)
    halves = layout(width, max(1, height), scenes).halves
    if one and halves > 1:
        width, height = 16, 9
    state = "lost" if row.lost or said is None else row.held.mode.value
    marks = [html.I(className="on" if one == scene else "") for one in scenes]
    parts: list[Component] = [*extra, html.Span(marks, className="sc-marks")]
    if state != "lost" and scene in scenes:
        shown = (scene,) if one else (*(name for name in beside(scenes, halves) if name != scene), scene)
        parts.append(_picture(row, shown))
    return html.Span(
        parts,
        className=f"sc-tile sc-{state}",
        style={"--ratio": round(width / max(1, height), 3)},
        **{"aria-hidden": "true", "data-theme": "dark"},
    )
