"""The planning list of the demonstration: its sites as opened, with the steps that would have led there, a few more
on their way, and one applied for during the day. All of it is invented, like the names of those who did it.

Two went beside the rule: one was approved with a passage missing, one has no approval and was given by an override.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns
from data.demo.population import SiteSpec
from data.ingest.batch import Sender
from data.ingest.place_writer import derived_code
from data.ingest.planning import record_application
from data.ingest.planning_book import Hand, Line, add, begin
from data.models import CampaignRow, PlannedSite, PlanningEvent
from domain.campaign import Campaign, Limits
from domain.places import Level, PlaceTree
from domain.planning import Event, Source, Step, Wish, follow
from domain.planning import begin as start
from domain.planning_claims import Application
from domain.planning_needs import PASSAGES, SITE_CREW, ZONES, Group, Inspection, items, missing

APPLICANT, INSPECTORS, APPROVER = "示范申报员", ("示范查验员甲", "示范查验员乙"), "示范审批员"

STAGES = (
    (Step.APPLIED, timedelta(days=9)), (Step.INSPECTED, timedelta(days=5)), (Step.APPROVED, timedelta(days=3)),
    (Step.PUBLISHED, timedelta(days=2)), (Step.OPENED, timedelta(minutes=30)),
)  # fmt: skip
"""The steps to an opening, and how long before the campaign's start each was done."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A site that is not open: which village it would serve, and how far it has come."""

    town: str
    name: str
    name_en: str
    lon: float
    lat: float
    lanes: int
    last: Step
    lacking: tuple[str, ...] = ()
    note: str = ""


ON_THEIR_WAY = (
    Candidate("440607001", "示范文锋西备用点", "Wenfengxi Spare Site", 112.8941, 23.1602, 6, Step.PUBLISHED),
    Candidate("440607104", "示范白坭渡口点", "Baini Ferry Site", 112.8561, 23.0241, 3, Step.APPROVED),
    Candidate("440607103", "示范乐平工业园二点", "Leping Park Second Site", 112.9731, 23.2741, 5, Step.INSPECTED),
    Candidate("440607105", "示范芦苞祖庙点", "Lubao Temple Site", 112.8992, 23.3352, 3, Step.INSPECTED,
              ("soiled", "isolation")),
    Candidate("440607101", "示范大塘圩点", "Datang Market Site", 112.9227, 23.4265, 2, Step.APPLIED),
    Candidate("440607106", "示范南山旧小学点", "Nanshan Old School Site", 112.8436, 23.4361, 2, Step.REFUSED,
              ("isolation", "waste"), "场地过窄，临时隔离区与医疗废物区无法分开（示范）"),
    Candidate("440607004", "示范云东海驿站点", "Yundonghai Stop Site", 112.8652, 23.2188, 3, Step.WITHDRAWN,
              (), "与邻点重复，并入云东海已开放点（示范）"),
)  # fmt: skip
"""Positions are near their towns and synthetic."""

DURING_THE_DAY = timedelta(hours=8, minutes=45)
"""After the start, when a town applies for one more: a little after the first look."""


LATE_TOWN = "440607103"


@dataclass(frozen=True, slots=True)
class Applied:
    """A site is applied for during the day."""

    at: datetime
    town: str


def applications(campaign: Campaign, sites: Sequence[SiteSpec]) -> list[Applied]:
    """What is applied for during the day; nothing where the town is not among `sites`."""
    if LATE_TOWN not in {site.town for site in sites}:
        return []
    return [Applied(campaign.starts_at + DURING_THE_DAY, LATE_TOWN)]


def play_application(session: Session, row: CampaignRow, tree: PlaceTree, applied: Applied, sender: Sender) -> None:
    """Put it on the list, as the town would."""
    wish = Wish(
        "示范乐平南边村流动点", "Leping Nanbian Mobile Team", "mobile", 112.9752, 23.2781, 2, None, Source.TOWN
    )
    note = "排队较长，申请增设（示范）"
    wanted = Application(f"demo:planning:{applied.at.isoformat()}", applied.town, "", wish, note, applied.at)
    record_application(session, row, tree, wanted, Hand(sender, APPLICANT), applied.at)


def forget(session: Session, row: CampaignRow) -> None:
    """Delete the list."""
    for table in (PlanningEvent, PlannedSite):
        session.execute(sa.delete(table).where(table.campaign_id == row.id))


def record_planning(
    session: Session, row: CampaignRow, sites: Sequence[SiteSpec], seed: int, sender: Sender, now: datetime
) -> None:
    """Put the whole list on record, as one load of what was kept elsewhere before."""
    tree, rng = campaigns.tree_of(session, row), Random(f"{seed}/planning")
    revision = campaigns.change(
        session, row, actor=sender.name, action="planning.load", details={"sites": len(sites)}, now=now
    )
    limits = tree.campaign.limits
    fixed = [site.code for site in sites if site.kind == "fixed"]
    over, beside, *_ = [*rng.sample(fixed, min(2, len(fixed))), "", ""]
    for site in sites:
        wish = Wish(
            site.row["name_zh"], site.row["name_en"], site.kind.value, float(site.row["lon"]), float(site.row["lat"]),
            site.lanes, None if site.kind != "fixed" else 1 + (site.lanes >= 8), Source.PLAN,
        )  # fmt: skip
        events = list(_history(wish, now, limits, rng, ("soiled",) if site.code == over else ()))
        if site.code == beside:
            events = _in_spite(events)
        _keep(session, tree, site.town, site.code, events, sender, revision)
    for plan in ON_THEIR_WAY:
        if plan.town not in tree.by_code:
            continue
        wish = Wish(plan.name, plan.name_en, "fixed", plan.lon, plan.lat, plan.lanes, 1, Source.TOWN)
        events = _until(list(_history(wish, now, limits, rng, plan.lacking)), plan.last, plan.note)
        code = derived_code(plan.town, Level.SITE, plan.name)
        _keep(session, tree, plan.town, code, events, sender, revision)


def _history(wish: Wish, now: datetime, limits: Limits, rng: Random, lacking: Sequence[str]) -> Iterator[Event]:
    """The steps of a site up to its opening."""
    found = _found(wish, limits, lacking, rng)
    gone = missing(items(wish.kind, wish.lanes, found, limits))
    for step, before in STAGES:
        # In working hours, which begin some time after the campaign does.
        at = now - before + timedelta(minutes=rng.randrange(150, 660) if before > timedelta(days=1) else 0)
        by = {Step.APPLIED: APPLICANT, Step.INSPECTED: rng.choice(INSPECTORS)}.get(step, APPROVER)
        event = Event(step, at, now, by, f"demo {by}")
        if step is Step.APPLIED:
            event = replace(event, wish=wish)
        elif step is Step.INSPECTED:
            event = replace(event, inspection=found)
        elif step is Step.APPROVED and gone:
            event = replace(event, missing=gone, note="污物夜间由专车从采样区直接清运，当日补设通道（示范）")
        yield event


def _until(events: list[Event], last: Step, note: str) -> list[Event]:
    """The same as far as `last`; one that was refused or withdrawn ended after its inspection."""
    done = [event for event in events if event.step in (Step.APPLIED, Step.INSPECTED)]
    if last in (Step.REFUSED, Step.WITHDRAWN):
        by = APPROVER if last is Step.REFUSED else APPLICANT
        end = done[-1].at + timedelta(hours=20)
        return [*done, Event(last, end, done[-1].recorded_at, by, f"demo {by}", note)]
    return events[: [event.step for event in events].index(last) + 1]


def _in_spite(events: list[Event]) -> list[Event]:
    """The same without approval: given by an override on the eve."""
    applied, inspected, opened = events[0], events[1], events[-1]
    release = replace(
        opened, step=Step.RELEASED, at=opened.at - timedelta(hours=10), note="轮次提前，先行开放，批文后补（示范）"
    )
    return [applied, inspected, release, opened]


def _found(wish: Wish, limits: Limits, lacking: Sequence[str], rng: Random) -> Inspection:
    """What an inspector finds: everything with its reserve but what is `lacking`; here and there no reserve."""
    wanted = items(wish.kind, wish.lanes, Inspection(lanes=wish.lanes), limits)
    there = {item.name: rng.choice((item.reserve, item.reserve, item.reserve, item.need)) for item in wanted}
    return Inspection(
        frozenset(ZONES) - set(lacking) if wish.kind == "fixed" else frozenset(),
        frozenset(PASSAGES) - set(lacking) if wish.kind == "fixed" else frozenset(),
        wish.lanes,
        wish.green_channels,
        {i.name: there[i.name] for i in wanted if i.group is Group.LANE_CREW or i.name in SITE_CREW},
        {i.name: there[i.name] for i in wanted if i.group is Group.KIT},
    )


def _keep(
    session: Session, tree: PlaceTree, town: str, code: str, events: list[Event], sender: Sender, revision: int
) -> None:
    first, *rest = events
    hand = Hand(sender, first.by)
    line = Line(first, f"demo:planning:{code}:1", stated=True)
    planned = begin(session, tree, tree.by_code[town], code, line, hand, revision)
    standing = start(first)
    for event in rest:
        standing = follow(standing, event)
        line = Line(event, f"demo:planning:{code}:{standing.steps}", stated=True)
        add(session, planned, standing, line, hand, revision)
