"""The demonstration at work: a simulated day loaded up to its middle, then sent on as its clock goes, anew after
its end. What is sent goes through the same functions as real data, at the time the simulator says."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns, sources
from data.database import Database
from data.demo import upper
from data.demo.areas import keep_land
from data.demo.bulletins import Publication, publications, publish
from data.demo.contacts import contacts_of
from data.demo.feed import ProvinceFeed
from data.demo.information import ENTRANCE_CAPACITY, Happening, happenings
from data.demo.information_play import Names, play
from data.demo.planning import Applied, applications, play_application, record_planning
from data.demo.planning import forget as forget_planning
from data.demo.positives import play_tasks
from data.demo.registry import record_registry
from data.demo.simulator import TIMEZONE, CampaignDay, simulate
from data.demo.stream import Sending, TownDecision
from data.demo.tube_flow import WORKDAY_HOURS
from data.demo.tube_play import play_tubes
from data.demo.tubes import TubeDay
from data.ingest import contacts, labs, places, upper_figures
from data.ingest.batch import Sender
from data.ingest.decisions import record_decisions
from data.ingest.mapping import LAB_ALIASES, PLACE_ALIASES
from data.ingest.matching import QUARTER, say_support
from data.ingest.registry import forget
from data.ingest.reports import read_rows, record
from data.models import (
    Bulletin,
    CampaignRow,
    CurrentReport,
    Decision,
    FindingEvent,
    LabReport,
    MatchingEvent,
    MatchingPlan,
    ModeChangeRow,
    PositiveEvent,
    PositiveResample,
    PositiveTask,
    ProblemEvent,
    ProblemRow,
    RefusedClaim,
    Reminder,
    ReminderResult,
    Report,
    ReportAlias,
    Revision,
    Rollup,
    ScreenFreeze,
    ScreenPicture,
    SiteSignOff,
    SourceFile,
    SourceRun,
    SourceTrial,
    SupportCall,
    TubeAge,
    TubeAlias,
    TubeBox,
    TubeEvent,
    TubeFlow,
    TubeRow,
    TubeSum,
    TubeWithdrawal,
    UpperFigure,
)
from domain.area_files import Topic
from domain.clock import Clock
from domain.contacts import Post
from domain.reports import Status

SIMULATOR = Sender("simulator")
PROVINCE = Sender("simulator (gateway)")

FIRST_LOOK = timedelta(hours=8, minutes=20)
"""How long after the campaign's start a newcomer first sees it: 14:20, an hour before a town's network fails."""

AFTER_END = timedelta(hours=5)
"""How long the finished day stays before it begins anew: until the last tube has its result."""


DAY_TABLES = (
    MatchingEvent, MatchingPlan, SupportCall, PositiveEvent, PositiveResample, PositiveTask, FindingEvent,
    SiteSignOff, TubeAlias, TubeWithdrawal, LabReport, TubeAge, TubeBox, TubeFlow, TubeSum, TubeRow, TubeEvent,
    ScreenPicture, ScreenFreeze, SourceFile, SourceRun, SourceTrial, Bulletin, ProblemEvent, ProblemRow,
    ModeChangeRow, ReminderResult, Reminder, Rollup, CurrentReport, Decision, RefusedClaim, ReportAlias, Report,
    Revision, UpperFigure,
)  # fmt: skip
"""What belongs to the day, in the order in which it can be deleted."""

OUTLINES = Path(__file__).parent / "district" / "towns.geojson"
OUTLINES_SOURCE = "天地图 Tianditu"
"""What SOURCES.md says of the outlines: the district's outer line is real but generalised, town borders are not."""

DISTRICT_NAMES = {"district": "440607", "district_name": "三水区", "district_name_en": "Sanshui District"}
"""The supplied files name towns and sites; the district's name is public (source: SOURCES.md)."""


class Demonstration:
    """One simulated day in one database. With `folder`, one that sources may read, the province's figures come by way
    of a source that watches it. `first_look` is how much of the day a new one has played; without `tubes` it knows
    hourly reports only."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        speed: float,
        seed: int,
        folder: Path | None = None,
        *,
        first_look: timedelta = FIRST_LOOK,
        tubes: bool = True,
    ) -> None:
        self._database = database
        self._clock = clock
        self._speed = speed
        local_day = clock().astimezone(ZoneInfo(TIMEZONE)).date()
        self.day: CampaignDay = simulate(seed, local_day)
        self.tubes: TubeDay | None = None
        self._singles: dict[str, tuple[str, ...]] = {}
        if tubes:
            self.tubes = TubeDay(self.day, seed)
            self.day = replace(self.day, sendings=self.tubes.reports)
            self._singles = self.tubes.singles
        district = DISTRICT_NAMES["district"]
        told = happenings(self.day.campaign, self.day.sites, self.day.faults, district, seed)
        self._first_look = self.day.campaign.starts_at + first_look
        self._events = _in_order(self.day, told, self._first_look)
        self._names = _names(self.day, district, seed)
        self._seed = seed
        self._looked = 0  # the quarter of an hour in which the day's task was looked at last
        self._feed = ProvinceFeed(folder) if folder is not None else None

    def load(self) -> None:
        """Make the demonstration campaign unless it stands already, and set its clock going.

        One of an earlier date or another seed is begun anew; one that was stopped goes on where it stopped.
        """
        campaign = self.day.campaign
        with self._database.write() as session:
            row = session.get(CampaignRow, campaign.id)
            if row is None:
                self._create(session)
                row = campaigns.lock(session, campaign.id)
                self._play(session, row, campaign.starts_at, self._first_look)
                self._go_on_from(row, self._first_look)
                self._watch(session, row)
                return
            row = campaigns.lock(session, campaign.id)
            played = _played_until(row)
            same_day = row.starts_at == campaign.starts_at and row.settings.get("seed") == self._seed
            if played is None or not same_day or played >= campaign.deadline + AFTER_END:
                self._begin_anew(session, row)
                self._play(session, row, campaign.starts_at, self._first_look)
                played = self._first_look
            self._go_on_from(row, played)
            self._watch(session, row)

    def step(self) -> None:
        """Send what has come due on the demonstration's clock; begin anew when the day is over."""
        with self._database.write() as session:
            row = campaigns.lock(session, self.day.campaign.id)
            played = _played_until(row) or self.day.campaign.starts_at
            now = campaigns.now_for(row, self._clock())
            if now >= self.day.campaign.deadline + AFTER_END:
                self._begin_anew(session, row)
                self._go_on_from(row, self.day.campaign.starts_at)
                return
            delivers = self._feed is not None and self._feed.delivers(session, row.id)
            self._play(session, row, played, now, told=not delivers)
            row.settings = {**row.settings, "played_until": now.isoformat()}
            quarter = int(now.timestamp()) // QUARTER
            if quarter != self._looked:
                self._looked = quarter
                say_support(session, row, campaigns.tree_of(session, row), now)

    def _create(self, session: Session) -> None:
        campaign = self.day.campaign
        row = campaigns.create(
            session, campaign, actor=SIMULATOR.name, now=campaign.starts_at, settings=self._settings()
        )
        specs = [
            places.read_place({**DISTRICT_NAMES, **renamed(place, PLACE_ALIASES)}, ".") for place in self.day.places
        ]
        places.record(session, row, specs, SIMULATOR, campaign.starts_at)
        self._set_labs(session, row, campaign.starts_at)
        self._set_contacts(session, row, campaign.starts_at)
        # Only the first start reads outlines: the library for it is large.
        from data.ingest.area_files import About, record_area

        record_area(
            session, row, Topic.BOUNDARIES, OUTLINES.read_bytes(), OUTLINES.name, SIMULATOR, campaign.starts_at,
            About(OUTLINES_SOURCE),
        )  # fmt: skip
        keep_land(session, row, SIMULATOR.name, campaign.starts_at)
        record_planning(session, row, self.day.sites, self._seed, SIMULATOR, campaign.starts_at)

    def _set_labs(self, session: Session, row: CampaignRow, now: datetime) -> None:
        rows = [renamed(lab, LAB_ALIASES) for lab in self.day.labs]
        labs.record(session, row, rows, ".", SIMULATOR, now)
        record_registry(session, row, SIMULATOR, now)

    def _set_contacts(self, session: Session, row: CampaignRow, now: datetime) -> None:
        sites = [(site.code, site.town) for site in self.day.sites]
        specs, posts = contacts_of(sites, DISTRICT_NAMES["district"], self._seed)
        contacts.record(session, row, campaigns.tree_of(session, row), specs, posts, SIMULATOR, now)

    def _settings(self) -> dict[str, object]:
        return {
            "plan_weights": list(self.day.campaign.plan_weights),
            "seed": self._seed,
            "entrance_capacity": ENTRANCE_CAPACITY,
            "lab_day_hours": WORKDAY_HOURS,
        }

    def _begin_anew(self, session: Session, row: CampaignRow) -> None:
        """Forget the day's record but keep its places, and with them every token and address that names one."""
        for table in DAY_TABLES:
            session.execute(sa.delete(table).where(table.campaign_id == row.id))
        sources.begin_anew(session, row.id, self.day.campaign.starts_at)
        if self._feed is not None:
            self._feed.clear()
        row.epoch = secrets.token_hex(8)
        row.starts_at, row.deadline = self.day.campaign.starts_at, self.day.campaign.deadline
        row.settings = self._settings()
        campaigns.change(
            session, row, actor=SIMULATOR.name, action="demo.anew", details={}, now=row.starts_at, structure=True
        )
        self._set_contacts(session, row, row.starts_at)
        forget(session, row)
        self._set_labs(session, row, row.starts_at)
        keep_land(session, row, SIMULATOR.name, row.starts_at)
        forget_planning(session, row)
        record_planning(session, row, self.day.sites, self._seed, SIMULATOR, row.starts_at)

    def _go_on_from(self, row: CampaignRow, moment: datetime) -> None:
        clock = {
            "real_start": self._clock().isoformat(),
            "campaign_start": moment.isoformat(),
            "speed": self._speed,
        }
        row.settings = {**row.settings, "clock": clock, "played_until": moment.isoformat()}

    def _watch(self, session: Session, row: CampaignRow) -> None:
        """Have the province's files watched."""
        if self._feed is not None:
            tree, now = campaigns.tree_of(session, row), campaigns.now_for(row, self._clock())
            self._feed.ensure(session, row, tree, DISTRICT_NAMES["district"], SIMULATOR, now)

    def _play(
        self, session: Session, row: CampaignRow, after: datetime, until: datetime, *, told: bool = True
    ) -> None:
        """Send everything the simulator has for (after, until], each minute as one batch at its own time. Unless they
        are `told`, the province's figures come as files only."""
        due = [event for event in self._events if after < event.at <= until]
        for _, minute in groupby(due, key=lambda event: event.at.replace(second=0, microsecond=0)):
            for kind, events in groupby(minute, key=type):
                together = list(events)
                now = together[-1].at
                tree = campaigns.tree_of(session, row)
                if kind is Sending:
                    rows = [event.row for event in together if isinstance(event, Sending)]
                    claims, _ = read_rows(rows, tree.campaign, now)
                    record(session, row, tree, claims, SIMULATOR, now)
                for event in together:
                    if isinstance(event, Happening):
                        play(session, row, tree, event, SIMULATOR.name, self._names)
                    elif isinstance(event, Applied):
                        play_application(session, row, tree, event, SIMULATOR)
                    elif isinstance(event, TownDecision):
                        status = Status(event.status)
                        record_decisions(
                            session, row, tree, event.keys, status, SIMULATOR, now, event.reason, event.note
                        )
                    elif isinstance(event, Publication):
                        publish(session, row, event, DISTRICT_NAMES["district"])
                    elif isinstance(event, upper.Reading):
                        shown = upper.rows(session, tree, event.period)
                        if self._feed is not None:
                            self._feed.write(f"province-{event.period:02}", shown)
                        if told:
                            upper_figures.record(session, row, tree, shown, PROVINCE, now)
        self._send_tubes(session, row, after, until)

    def _send_tubes(self, session: Session, row: CampaignRow, after: datetime, until: datetime) -> None:
        """What happens to tubes is sent a whole minute at a time: there is something every second."""
        after, until = (moment.replace(second=0, microsecond=0) for moment in (after, until))
        if self.tubes is not None and after < until:
            play_tubes(session, row, self.tubes.sendings(after, until), until, SIMULATOR.name)
            tree, district = campaigns.tree_of(session, row), DISTRICT_NAMES["district"]
            name = self._names.get((district, Post.DATA.value), district)
            play_tasks(session, row, tree, self._singles, until, SIMULATOR.name, name)


Event = Sending | TownDecision | Happening | upper.Reading | Publication | Applied


def _in_order(day: CampaignDay, told: Sequence[Happening], first_look: datetime) -> list[Event]:
    """Everything by time; at the same time reports first, since a town decides on what is there."""
    published = publications(day.campaign, first_look)
    events: list[Event] = [*day.sendings, *day.decisions, *told, *upper.readings(day.campaign), *published]
    events += applications(day.campaign, day.sites)
    return sorted(events, key=lambda event: (event.at, isinstance(event, TownDecision)))


def _names(day: CampaignDay, district: str, seed: int) -> Names:
    """The invented people on duty, by place and post."""
    specs, _ = contacts_of([(site.code, site.town) for site in day.sites], district, seed)
    return {(spec.place, spec.contact.post): spec.contact.name for spec in specs}


def _played_until(row: CampaignRow) -> datetime | None:
    played = row.settings.get("played_until")
    return datetime.fromisoformat(played) if played else None


def renamed(row: Mapping[str, str], aliases: Mapping[str, str]) -> dict[str, object]:
    """A row of the supplied files with our own field names; empty cells are missing."""
    return {aliases[name]: value or None for name, value in row.items() if name in aliases}
