"""Capacity matching (匹配试算): the present beside a plan nobody has put in force (design-desk, section 9).

Hollow is now, solid is the plan. The page is drawn once for everybody with the present alone; whoever may try plans
has it drawn anew by the server for every change he tries (`api/matching.py`, `matching.js`), into a place this side
leaves empty, so that a new picture of the page does not wipe what somebody is trying.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from components import states
from components.bulletin.stamp import stamp_with_issue
from components.format import count, duration, short
from components.icons import icon
from components.matching_controls import controls
from components.matching_labs import laboratories
from components.matching_plans import applying, proposing
from components.matching_words import interval_words, lab_name, moment, span_of
from components.panel import Part
from data.matching_record import SavedPlan
from data.queries.bulletins import IssueRef
from data.queries.matching import MatchingDesk
from domain.assignment import Proposals
from domain.matching import Outcome, Trial
from domain.matching_picture import MatchingPicture
from domain.overview import Overview
from domain.places import Level
from locales import text


@dataclass(frozen=True, slots=True)
class Board:
    """Everything the page draws: the rows of the place, what is tried, what it is compared with (None: the present),
    what could be done (None: not computed), and the saved plan looked at."""

    desk: MatchingDesk
    picture: MatchingPicture
    trial: Trial
    proposals: Proposals | None = None
    opened: SavedPlan | None = None
    against: SavedPlan | None = None


def matching_page(rows: MatchingDesk, language: str) -> Component:
    """The page as everybody sees it before anything is tried."""
    place = rows.overview.place
    # Where no town sends tubes there is nothing to adjust either.
    if rows.picture is None or rows.trial is None or not rows.picture.towns:
        key = "matching.district_only" if place.level in (Level.TOWN, Level.SITE) else "matching.nothing"
        if rows.overview.hour is not None:
            key = "matching.past"
        return html.Section(
            states.message("file", "", text(language, key), text(language, f"{key}_next")), className="mt-panel"
        )
    drawn = board(Board(rows, rows.picture, rows.trial), language)
    return html.Div(
        [html.Div(drawn, className="mt-base"), html.Div(className="mt-slot")],
        key=f"matching-{place.code}-{language}",
        className="mt",
        **{
            "data-matching": rows.overview.campaign.id,
            "data-place": place.code,
            "data-unsent": text(language, "matching.unsent"),
            "data-copied": text(language, "matching.copied"),
        },
    )


def matching_stamp(rows: tuple[Overview, IssueRef | None], language: str) -> Component:
    """The as-of bar, with the words that what is shown is tried and not in force; they show while a plan is."""
    trying = html.B([icon("pend"), text(language, "matching.trying")], className="mt-trying")
    return stamp_with_issue(rows, language, [trying])


def board(rows: Board, language: str) -> list[Component]:
    """The five parts of the page."""
    return [
        _strip(rows, language),
        controls(rows.picture, rows.trial, rows.desk.plans, rows.against, language),
        laboratories(rows.picture, rows.trial, rows.desk.calls, rows.against, language),
        proposing(rows.picture, rows.trial, rows.proposals, language),
        applying(rows.picture, rows.trial, rows.desk.plans, rows.opened, language),
    ]


# -- the strip


def _strip(rows: Board, language: str) -> html.Section:
    before, after, picture = rows.trial.before, rows.trial.after, rows.picture
    same = before is after
    limits = picture.campaign.limits
    hours = {"test": limits.test_minutes / 60, "collect": limits.collect_minutes / 60}
    spare = max(before.labs, key=lambda lab: lab.idle, default=None)
    tiles = [
        _tile(
            text(language, "matching.kpi.clear"),
            moment(before.clear.p50 if before.clear else None, picture, language),
            moment(after.clear.p50 if after.clear else None, picture, language),
            _clear_note(before, after, picture, language),
            language,
        ),
        _tile(text(language, "matching.kpi.over"), count(before.over), count(after.over),
              _fewer(before.over, after.over, same, language), language),
        _tile(text(language, "matching.kpi.test", hours=f"{hours['test']:g}"), count(before.test_over),
              count(after.test_over), _breaks(after, "test", picture, language), language),
        _tile(text(language, "matching.kpi.collect", hours=f"{hours['collect']:g}"), count(before.collect_over),
              count(after.collect_over), _breaks(after, "collect", picture, language), language),
        _tile(
            text(language, "matching.kpi.peak"), short(before.peak, language), short(after.peak, language),
            [text(language, "matching.kpi.peak_note", at=moment(after.peak_at, picture, language))], language,
        ),
    ]  # fmt: skip
    if spare is not None:
        label = text(language, "matching.kpi.idle", lab=lab_name(spare.lab, language))
        note = [text(language, "matching.kpi.idle_note", window=span_of(rows.trial.window, picture))]
        tiles.append(_tile(label, count(spare.idle), count(after.of(spare.lab).idle), note, language))
    return html.Section(tiles, className="mt-panel mt-strip kpis", **{"aria-label": text(language, "matching.strip")})


def _tile(label: str, before: str, after: str, note: list[Part], language: str) -> html.Div:
    shown: list[Part] = [after]
    if before != after:
        arrow = html.I(["→", html.Span(text(language, "matching.becomes"), className="visually-hidden")])
        shown = [html.Span(before, className="mt-was"), arrow, html.Span(after)]
    return html.Div(
        [html.Div(label, className="l"), html.Div(shown, className="v"), html.Div(note, className="n")],
        className="kpi",
    )


def _clear_note(before: Outcome, after: Outcome, picture: MatchingPicture, language: str) -> list[Part]:
    if after.clear is None:
        return []
    if before is not after and before.clear is not None:
        earlier = before.clear.p50 - after.clear.p50
        if abs(earlier) >= timedelta(minutes=1):
            key, kind = ("earlier", "ok") if earlier > timedelta(0) else ("later", "warn")
            said = text(language, f"matching.{key}", span=duration(abs(earlier), language))
            return [html.Span([icon(kind), said], className=kind)]
    return [interval_words(after, picture, language)]


def _fewer(before: int, after: int, same: bool, language: str) -> list[Part]:
    if same or before == after:
        return [text(language, "matching.over_note")]
    key, kind = ("fewer", "ok") if after < before else ("more", "warn")
    return [
        html.Span([icon(kind), text(language, f"matching.{key}", tubes=count(abs(before - after)))], className=kind)
    ]


def _breaks(outcome: Outcome, limit: str, picture: MatchingPicture, language: str) -> list[Part]:
    """Where the limit breaks first, or that it holds."""
    found: list[tuple[datetime, str, int]] = []
    if limit == "collect":
        found = [
            (town.collect.at, town.place.label(language), town.collect.tubes)
            for town in outcome.towns
            if town.collect.at is not None and town.collect.tubes
        ]
    else:
        found = [
            (lab.test.at, lab_name(lab.lab, language), lab.test.tubes)
            for lab in outcome.labs
            if lab.test.at is not None and lab.test.tubes
        ]
    if not found:
        return [html.Span([icon("ok"), text(language, "matching.holds")], className="ok")]
    at, name, _ = min(found)
    said = text(language, "matching.breaks", name=name, at=moment(at, picture, language))
    more = len(found) - 1
    if more:
        said += text(language, "matching.and_more", count=more)
    return [html.Span([icon("warn"), html.Span(said, className="ell", title=said)], className="warn")]
