"""The demonstration: one whole campaign day, from people to report rows, the same for the same seed.

`simulate` answers everything a rehearsal needs: places and laboratories to import, the campaign's settings, what
each site sends and each town decides and when, the faults planted among it, and the truth to score against.
The day is invented (`population.py`, `stream.py`, `faults.py`); places come from `district/`.
"""

import csv
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from data.demo import faults, population
from data.demo.faults import PlantedFault
from data.demo.population import DISTRICT, SiteSpec, load_sites
from data.demo.stream import Sending, Stream, TownDecision
from domain.campaign import Campaign

TIMEZONE = "Asia/Shanghai"

DEFAULT_SEED = 2029
"""The day that `make run` shows."""

PLAN_WEIGHTS = (
    *(0.0,) * 6,
    *(0.75, 1.1, 1.15, 1.1, 0.95, 0.85, 0.65, 0.65, 0.8, 0.8, 0.8, 0.95, 0.95, 0.45, 0.1, 0.01),
    *(0.0,) * 2,
)  # fmt: skip
"""The command's plan: relative rate by local hour of day. It knows the rush, the noon and the evening, but not
what the day will make of them."""


@dataclass(frozen=True, slots=True)
class CampaignDay:
    """A simulated day. `places` and `labs` are rows with the headers of `district/sites.csv` and `labs.csv`;
    `sendings` and `decisions` are in order of time.

    `truth` is persons truly sampled per site and hour: the campaign's 16 periods, then `population.OVERTIME` hours
    after the deadline in which those still waiting are sampled without any report. `tubes` and `lanes_open` are the
    true ones of the same hours.
    """

    campaign: Campaign
    places: tuple[dict[str, str], ...]
    labs: tuple[dict[str, str], ...]
    sites: tuple[SiteSpec, ...]
    sendings: tuple[Sending, ...]
    decisions: tuple[TownDecision, ...]
    faults: tuple[PlantedFault, ...]
    truth: Mapping[str, tuple[int, ...]]
    tubes: Mapping[str, tuple[int, ...]]
    lanes_open: Mapping[str, tuple[int, ...]]


def campaign_of(date: datetime.date) -> Campaign:
    """The demonstration campaign on `date`: 06:00 to 22:00 local, hourly reports, due after 10 minutes."""
    zone = ZoneInfo(TIMEZONE)
    return Campaign(
        id="demo",
        name="三水区核酸采样演示",
        name_en="Sanshui sampling demonstration",
        starts_at=datetime.datetime.combine(date, datetime.time(6), zone).astimezone(datetime.UTC),
        deadline=datetime.datetime.combine(date, datetime.time(22), zone).astimezone(datetime.UTC),
        timezone=TIMEZONE,
        demo=True,
        plan_weights=PLAN_WEIGHTS,
    )


def simulate(
    seed: int,
    date: datetime.date,
    *,
    sites: Sequence[SiteSpec] | None = None,
    labs: Sequence[dict[str, str]] | None = None,
    campaign: Campaign | None = None,
) -> CampaignDay:
    """One campaign day. Other seeds vary staffing, pace, weather and tails, so that finishing times differ. Sites,
    laboratories and campaign are the demonstration's unless given."""
    campaign = campaign or campaign_of(date)
    units = population.with_home_visits(load_sites() if sites is None else sites, seed)
    chosen = faults.choose_cells(units, seed)
    conditions = population.draw_conditions(units, seed)
    days = population.sample_day(units, conditions, faults.real_stops(chosen), seed)
    stream = Stream(campaign, units, days, seed)
    planted = faults.plant(stream, chosen, seed)
    return CampaignDay(
        campaign=campaign,
        places=tuple(_place_row(site) for site in units),
        labs=load_labs() if labs is None else tuple(labs),
        sites=units,
        sendings=stream.sendings(),
        decisions=stream.decisions(),
        faults=planted,
        truth={code: day.persons for code, day in days.items()},
        tubes={code: tuple(tubes) for code, tubes in stream.tubes.items()},
        lanes_open={code: day.lanes_open for code, day in days.items()},
    )


def load_labs() -> tuple[dict[str, str], ...]:
    """The rows of `district/labs.csv`."""
    with (DISTRICT / "labs.csv").open(encoding="utf-8-sig", newline="") as file:
        return tuple(csv.DictReader(file))


def _place_row(site: SiteSpec) -> dict[str, str]:
    """The site's line of `sites.csv` with what the simulation changed in it."""
    return {
        **site.row,
        "kind": site.kind.value,
        "target_population": str(site.target),
        "persons_per_lane": str(round(site.target / site.lanes)),
    }
