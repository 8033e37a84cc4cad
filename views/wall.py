"""The six scenes of a briefing screen as pages of their own: drawn once for a version, whoever shows them.

A scene's snapshot has its panels in the forms `wide` and `tall` (a scene without `tall` has no place on an upright
screen), the `stamp`, and beside them what the screen's own clockwork needs: the headline in its three wordings,
how many sites or findings it is about, whether a rotation goes past the scene, and the marks of all severe findings.
"""

from collections.abc import Callable, Mapping
from typing import Any

from dash.development.base_component import Component
from sqlalchemy.orm import Session

from components.wall import alerts as alerts_scene
from components.wall import chain as chain_scene
from components.wall import flow as flow_scene
from components.wall import labs as labs_scene
from components.wall import map as map_scene
from components.wall import progress as progress_scene
from components.wall.stamp import late_note, stamp
from components.wall.words import headline
from data.queries import wall as queries
from data.queries.moment import Moment
from data.queries.overview import overview
from data.queries.wall_alerts import wall_alerts
from data.queries.wall_flow import wall_flow
from domain import headlines
from domain.headlines import Headline
from domain.overview import Overview
from domain.wall import Alerts, Case, Names, mark_of, severe
from views import Page, View

Said = Callable[[Session, Moment], Headline]

NEVER_SKIPPED = "wall-progress"
"""A screen always has something to show: how far the place is."""


def progress_rows(session: Session, moment: Moment) -> tuple[Overview, Names]:
    """The overview with the wall's names."""
    return moment.ask(session, overview), moment.ask(session, queries.names)


def _first(rows: Alerts) -> Case | None:
    return rows.cases[0] if rows.cases else None


def _facts(slug: str, said: Said) -> Callable[[Session, Moment, str], Mapping[str, Any]]:
    """What stands beside the panels of a scene."""

    def facts(session: Session, moment: Moment, language: str) -> Mapping[str, Any]:
        seen, names = moment.ask(session, progress_rows)
        clauses = said(session, moment)

        def words(sentence: Headline) -> list[dict[str, str]]:
            return headline(sentence, seen.campaign, names, language)

        campaign = seen.campaign
        found: dict[str, Any] = {
            "name": campaign.name_en or campaign.name if language == "en" else campaign.name,
            "place": seen.place.label(language),
            "zone": campaign.timezone,
            "ended": seen.ended,
            "headline": words(clauses),
            "headline_stale": words(headlines.stale(seen)),
            "headline_frozen": words(headlines.frozen(seen, clauses)),
            "number": headlines.number(clauses),
            "skip": slug != NEVER_SKIPPED and not headlines.has_news(clauses),
            "severe": severe(seen.findings),
            "late": late_note(moment.ask(session, queries.wall_chain), language) if seen.stale else "",
        }
        if slug == "wall-alerts":
            rows = moment.ask(session, wall_alerts)
            found["cases"] = _cases(rows, words, language)
            found["number"] = len(rows.open) or None
        return found

    return facts


def _cases(rows: Alerts, words: Callable[[Headline], list[dict[str, str]]], language: str) -> list[dict[str, object]]:
    """Every severe finding that is told in full: a screen shows the one that is new to it."""
    return [
        {
            "mark": mark_of(case.finding),
            "headline": words(headlines.alerts(rows, case)),
            "panels": {
                "wide": alerts_scene.wide(rows, case, language),
                "tall": alerts_scene.tall(rows, case, language),
            },
        }
        for case in rows.cases
    ]


def _alerts_wide(rows: Alerts, language: str) -> Component:
    return alerts_scene.wide(rows, _first(rows), language)


def _alerts_tall(rows: Alerts, language: str) -> Component:
    return alerts_scene.tall(rows, _first(rows), language)


def _scene(name: str, said: Said, *forms: View) -> Page:
    slug = f"wall-{name}"
    foot = View("stamp", "stamp.title", overview, stamp)
    return Page(slug, f"wall.scene.{slug}", (*forms, foot), _facts(slug, said))


SCENES = (
    _scene(
        "progress",
        lambda session, moment: headlines.progress(moment.ask(session, overview)),
        View("wide", "wall.scene.wall-progress", progress_rows, progress_scene.wide),
        View("tall", "wall.scene.wall-progress", progress_rows, progress_scene.tall),
    ),
    _scene(
        "map",
        lambda session, moment: headlines.site_map(moment.ask(session, queries.wall_map)),
        View("wide", "wall.scene.wall-map", queries.wall_map, map_scene.wide),
    ),
    _scene(
        "flow",
        lambda session, moment: headlines.flow(moment.ask(session, wall_flow)),
        View("wide", "wall.scene.wall-flow", wall_flow, flow_scene.wide),
    ),
    _scene(
        "labs",
        lambda session, moment: headlines.labs(moment.ask(session, queries.wall_labs)),
        View("wide", "wall.scene.wall-labs", queries.wall_labs, labs_scene.wide),
        View("tall", "wall.scene.wall-labs", queries.wall_labs, labs_scene.tall),
    ),
    _scene(
        "chain",
        lambda session, moment: headlines.chain(moment.ask(session, queries.wall_chain)),
        View("wide", "wall.scene.wall-chain", queries.wall_chain, chain_scene.wide),
    ),
    _scene(
        "alerts",
        lambda session, moment: headlines.alerts(rows := moment.ask(session, wall_alerts), _first(rows)),
        View("wide", "wall.scene.wall-alerts", wall_alerts, _alerts_wide),
        View("tall", "wall.scene.wall-alerts", wall_alerts, _alerts_tall),
    ),
)
"""The scenes in the order of a rotation."""
