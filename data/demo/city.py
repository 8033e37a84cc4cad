"""The simulated city put on record: places first, then the day's reports, then its tubes, district by district.
Everything goes through the functions real data goes through, in large batches (docs/decisions/0039).
"""

import multiprocessing
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from functools import partial
from heapq import merge
from itertools import groupby, takewhile
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import campaigns, sources
from data.database import Database
from data.demo import upper
from data.demo.city_places import OUTLINE_SOURCE, City, the_city
from data.demo.city_tubes import SENDER, Part, Prepared, load_tubes, own_seed, prepare
from data.demo.contacts import contacts_of
from data.demo.information import ENTRANCE_CAPACITY, ENTRANCE_WEIGHTS, Happening, ModesSet, happenings
from data.demo.information_play import Names, play
from data.demo.population import with_home_visits
from data.demo.positives import play_tasks
from data.demo.runner import DAY_TABLES, PROVINCE, SIMULATOR, renamed
from data.demo.simulator import PLAN_WEIGHTS, TIMEZONE, CampaignDay, campaign_of
from data.demo.tube_flow import WORKDAY_HOURS
from data.demo.tube_play import play_tubes
from data.ingest import contacts, labs, places, upper_figures
from data.ingest.areas import Origin, keep_boundaries
from data.ingest.contacts import ContactSpec, Posts
from data.ingest.decisions import record_decisions
from data.ingest.mapping import LAB_ALIASES
from data.ingest.reports import read_rows, record
from data.models import CampaignRow
from domain.campaign import Campaign
from domain.clock import Clock
from domain.contacts import Post
from domain.reports import Status

CAMPAIGN = "city"
"""Its campaign's id, beside the district's `demo`."""

LAST = time(22)
"""Up to when the day is loaded unless said otherwise: its deadline."""

PROBLEMS_OF = 6
"""One information problem of so many that the districts' days have: a board of a thousand would be read by nobody."""

Told = Callable[[str, int], None]
"""Hears of each part that is done: which (`places`, `reports`, `tubes`), and how many of them."""


@dataclass(frozen=True, slots=True)
class CityLoad:
    """What to load. `share` is the part of the sites that scan their tubes; `places` below 1 makes a smaller city of
    the same districts, for tests; `until` a local time of the day."""

    seed: int
    share: float = 1.0
    until: time = LAST
    places: float = 1.0

    def settings(self) -> dict[str, object]:
        """As the campaign keeps it, so that the same load is not made twice."""
        return {"share": self.share, "until": self.until.isoformat("minutes"), "places": self.places}


def load_city(
    database: Database,
    clock: Clock,
    speed: float,
    load: CityLoad,
    *,
    processes: int = 2,
    told: Told = lambda *_: None,
) -> None:
    """Put the city's day on record up to `load.until` and set its clock going from there. What was loaded the same
    way today only goes on; anything else is begun anew. Raises `OtherPlaces`."""
    date = clock().astimezone(ZoneInfo(TIMEZONE)).date()
    city = the_city(load.places)
    campaign = replace(
        campaign_of(date),
        id=CAMPAIGN,
        name=f"{city.place.name}核酸采样演示",
        name_en=f"{city.place.name_en} sampling",
    )
    until = datetime.combine(date, load.until, campaign.zone).astimezone(UTC)
    with database.write() as session:
        row = session.get(CampaignRow, CAMPAIGN)
        same = row is not None and row.starts_at == campaign.starts_at and row.settings.get("seed") == load.seed
        if row is not None and same and row.settings.get("city") == load.settings():
            _set_clock(row, clock, until, speed)
            return
        if row is not None and (row.settings.get("city") or {}).get("places", load.places) != load.places:
            raise OtherPlaces
        _begin(session, row, campaign, city, load)
    told("places", sum(len(district.sites) for district in city.districts))
    parts = [Part(district, campaign, load.seed, load.share) for district in city.districts]
    with _workers(1 if database.is_sqlite else processes) as each:
        prepared: list[Prepared] = list(each(partial(prepare, until=until), parts))
        _play_happenings(database, campaign, city, prepared, load, until)
        for one in prepared:
            _record_reports(database, campaign.id, one.day, until)
        _show_province(database, campaign, until)
        database.analyze()
        told("reports", sum(len(one.day.sendings) for one in prepared))
        url = database.engine.url.render_as_string(hide_password=False)
        events = sum(each(partial(load_tubes, url=url, until=until), parts))
    events += _play_odd(database, prepared, city, load.seed, until)
    told("tubes", events)
    with database.write() as session:
        row = campaigns.lock(session, CAMPAIGN)
        row.settings = {**row.settings, "city": load.settings()}
        _set_clock(row, clock, until, speed)
    database.analyze()


class OtherPlaces(ValueError):
    """The database holds a city of another size: places are never taken away."""


@contextmanager
def _workers(processes: int) -> Iterator[Callable[..., Iterator[Any]]]:
    """A `map` over so many processes; with one, over none besides this."""
    if processes < 2:
        yield map
        return
    # Not forked: a connection must not be in two processes.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        yield pool.map


def _begin(session: Session, row: CampaignRow | None, campaign: Campaign, city: City, load: CityLoad) -> None:
    """The campaign with its places and nothing of the day."""
    # The province's entrances serve the whole city: as many more as it has sites.
    capacity = round(ENTRANCE_CAPACITY * sum(len(one.sites) for one in city.districts) / sum(ENTRANCE_WEIGHTS))
    starts, settings = campaign.starts_at, {
        "plan_weights": list(PLAN_WEIGHTS), "seed": load.seed, "entrance_capacity": capacity,
        "lab_day_hours": WORKDAY_HOURS,
    }  # fmt: skip
    specs = [
        places.read_place({**site.row, "kind": site.kind.value}, ".")
        for district in city.districts
        for site in with_home_visits(district.sites, load.seed)
    ]
    if row is not None:
        row = campaigns.lock(session, CAMPAIGN)
        for table in DAY_TABLES:
            session.execute(sa.delete(table).where(table.campaign_id == row.id))
        sources.begin_anew(session, row.id, starts)
        row.epoch, row.settings = secrets.token_hex(8), settings
        row.starts_at, row.deadline = starts, campaign.deadline
        campaigns.change(
            session, row, actor=SIMULATOR.name, action="demo.anew", details={}, now=starts, structure=True
        )
        # Which teams visit homes is the day's.
        places.record(session, row, specs, SIMULATOR, starts)
        return
    row = campaigns.create(session, campaign, actor=SIMULATOR.name, now=starts, settings=settings)
    places.record(session, row, specs, SIMULATOR, starts)
    rows = [renamed(lab, LAB_ALIASES) for district in city.districts for lab in district.labs]
    labs.record(session, row, rows, ".", SIMULATOR, starts)
    tree = campaigns.tree_of(session, row)
    grounds = [city.place, *(ground for d in city.districts for ground in (d.place, *d.towns))]
    outlines = [(tree.by_code[ground.code].id, ground.outline, True) for ground in grounds]
    origin = Origin("city", OUTLINE_SOURCE, approximate=True, synthetic=True)
    keep_boundaries(session, row, outlines, origin, SIMULATOR.name, starts)
    people, posts = _on_duty(city, load.seed)
    contacts.record(session, row, campaigns.tree_of(session, row), people, posts, SIMULATOR, starts)


def _on_duty(city: City, seed: int) -> tuple[list[ContactSpec], Posts]:
    specs, posts = contacts_of([], city.place.code, seed)
    for district in city.districts:
        code = district.place.code
        own, _ = contacts_of([(site.code, site.town) for site in district.sites], code, own_seed(seed, code))
        specs += own
    for spec in specs:
        posts.add(spec)
    return specs, posts


def _names(city: City, seed: int) -> Names:
    specs, _ = _on_duty(city, seed)
    return {(spec.place, spec.contact.post): spec.contact.name for spec in specs}


def _play_happenings(
    database: Database, campaign: Campaign, city: City, prepared: Sequence[Prepared], load: CityLoad, until: datetime
) -> None:
    """Problems and modes of all districts in the order of time, an hour in one transaction."""
    names = _names(city, load.seed)
    streams = []
    for one, district in zip(prepared, city.districts, strict=True):
        code = district.place.code
        seed = own_seed(load.seed, code)
        streams.append(happenings(campaign, one.day.sites, one.day.faults, code, seed, f"{code}/"))
    told = takewhile(lambda event: event.at <= until, filter(_is_told, merge(*streams, key=lambda event: event.at)))
    for _, hour in groupby(told, key=lambda event: event.at.replace(minute=0, second=0, microsecond=0)):
        with database.write() as session:
            row = campaigns.lock(session, campaign.id)
            tree = campaigns.tree_of(session, row)
            for event in hour:
                play(session, row, tree, event, SIMULATOR.name, names)


def _is_told(event: Happening) -> bool:
    """Whether the event is one of a problem that the city's day keeps; what happens to modes all is."""
    return isinstance(event, ModesSet) or int(event.story.rpartition("/")[2]) % PROBLEMS_OF == 0


def _record_reports(database: Database, campaign_id: str, day: CampaignDay, now: datetime) -> None:
    """A district's reports and what its towns decide about them, each as told at its time. What corrects a report
    that a town has decided on comes after that decision."""
    decisions = [decision for decision in day.decisions if decision.at <= now]
    decided = {key for decision in decisions for key in decision.keys}
    later = {str(sent.row["key"]) for sent in day.sendings if sent.row.get("correction_of") in decided}
    for second in (False, True):
        sendings = [sent for sent in day.sendings if (sent.row["key"] in later) is second]
        about: dict[tuple[str, str, str], dict[str, datetime]] = defaultdict(dict)
        for decision in decisions:
            keys = {key: decision.at for key in decision.keys if (key in later) is second}
            about[decision.status, decision.reason, decision.note] |= keys
        with database.write() as session:
            row = campaigns.lock(session, campaign_id)
            tree = campaigns.tree_of(session, row)
            claims, _ = read_rows([sent.row for sent in sendings], tree.campaign, now)
            record(session, row, tree, claims, SIMULATOR, now, [sent.at for sent in sendings])
            for (status, reason, note), told_at in about.items():
                record_decisions(
                    session, row, tree, list(told_at), Status(status), SIMULATOR, now, reason, note, told_at=told_at
                )


def _show_province(database: Database, campaign: Campaign, until: datetime) -> None:
    """What the province's system shows at every hour."""
    with database.write() as session:
        row = campaigns.lock(session, campaign.id)
        tree = campaigns.tree_of(session, row)
        for reading in upper.readings(campaign):
            if reading.at <= until:
                shown = upper.rows(session, tree, reading.period)
                upper_figures.record(session, row, tree, shown, PROVINCE, reading.at)


def _play_odd(database: Database, prepared: Sequence[Prepared], city: City, seed: int, until: datetime) -> int:
    """The few tubes with odd results in the order of time, and what is done about them."""
    odd = list(merge(*(one.odd for one in prepared), key=lambda sent: sent[0]))
    singles = {pool: codes for one in prepared for pool, codes in one.singles.items()}
    name = _names(city, seed).get((city.place.code, Post.DATA.value), city.place.name)
    with database.write() as session:
        row = campaigns.lock(session, CAMPAIGN)
        play_tubes(session, row, odd, until, SENDER)
        tree = campaigns.tree_of(session, row)
        play_tasks(session, row, tree, singles, until, SIMULATOR.name, name)
    return len(odd)


def _set_clock(row: CampaignRow, clock: Clock, moment: datetime, speed: float) -> None:
    ticking = {"real_start": clock().isoformat(), "campaign_start": moment.isoformat(), "speed": speed}
    row.settings = {**row.settings, "clock": ticking}
