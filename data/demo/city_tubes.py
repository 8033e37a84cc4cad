"""A district's share of the simulated city's day, made anew from the seed wherever it is needed, and its tubes put on
record. Several processes do so at once; each holds one district in memory, and of its events one batch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from data import campaigns
from data.database import Database
from data.demo.city_places import CityDistrict
from data.demo.population import SiteSpec
from data.demo.simulator import CampaignDay, simulate
from data.demo.stream import Row
from data.demo.tube_flow import STEPS
from data.demo.tubes import TubeDay
from data.ingest.tubes import Writer, place_events, record
from data.tube_books import books_of
from domain.campaign import Campaign
from domain.tube_events import Type

POOLS_PER_ODD_RESULT = 30_000
"""One pool in about as many is not plainly negative: some sixty in the city's day."""

TELLS_RUNS = 4
"""Every so many laboratories one says also when a tube is put on a machine; the others only receipt and result. So a
tube has a little more than five events, as in a city whose laboratories have systems of different kinds."""

TUBES = 4_000
"""Tubes of one batch: about 20,000 events, 30 MB of memory."""

SENDER = "simulator"


@dataclass(frozen=True, slots=True)
class Part:
    """One district's day. `share` is how much of the city scans its tubes: a part of the sites, all their tubes."""

    district: CityDistrict
    campaign: Campaign
    seed: int
    share: float

    def simulate(self) -> tuple[CampaignDay, TubeDay]:
        """What its sites send and what happens to their tubes; the same wherever it is asked."""
        code = self.district.place.code
        seed = own_seed(self.seed, code)
        date = self.campaign.local(self.campaign.starts_at).date()
        day = simulate(seed, date, sites=self.district.sites, labs=self.district.labs, campaign=self.campaign)
        scanning = _some(day.sites, self.share)
        codes = {site.code for site in scanning}
        narrow = replace(
            day, sites=tuple(scanning), faults=tuple(fault for fault in day.faults if fault.site in codes)
        )
        tubes = TubeDay(narrow, seed, prefix=code, pools_per_odd_result=POOLS_PER_ODD_RESULT)
        return replace(day, sendings=tubes.reports), tubes


def own_seed(seed: int, district: str) -> int:
    """Districts of one seed have days of their own."""
    return seed * 1000 + int(district[4:])


def _some(sites: Sequence[SiteSpec], share: float) -> list[SiteSpec]:
    """So much of the sites, at least one, evenly through the towns."""
    count = max(1, round(len(sites) * share))
    return [sites[k * len(sites) // count] for k in range(count)]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What of a district's day is told in the order of time. `odd` are the events of tubes with odd results, each
    with the time at which it is told, `singles` the tubes of their members."""

    day: CampaignDay
    odd: list[tuple[int, Row]]
    singles: dict[str, tuple[str, ...]]
    tubes: int


def prepare(part: Part, until: datetime) -> Prepared:
    """A district's day up to `until` but for its ordinary tubes."""
    day, tubes = part.simulate()
    return Prepared(
        replace(day, sendings=tuple(sent for sent in day.sendings if sent.at <= until)),
        tubes.of_odd_results(until),
        tubes.singles,
        len(tubes),
    )


def load_tubes(part: Part, url: str, until: datetime) -> int:
    """Put on record what is told of the district's tubes up to `until`, those with odd results apart. Answers the
    number of events."""
    database = Database(url)
    try:
        _, tubes = part.simulate()
        testing = STEPS.index(Type.TESTING)

        def silent(lab: int, step: int) -> bool:
            return step == testing and lab % TELLS_RUNS != 0

        events = 0
        for first in range(0, len(tubes), TUBES):
            numbers = range(first, min(first + TUBES, len(tubes)))
            events += _record(database, part.campaign.id, list(tubes.of_tubes(numbers, until, silent)), until)
        return events + _record(database, part.campaign.id, list(tubes.besides(until)), until)
    finally:
        database.engine.dispose()


def _record(database: Database, campaign_id: str, sent: Sequence[tuple[int, Row]], now: datetime) -> int:
    """One batch, each event as told when it was sent."""
    if not sent:
        return 0
    writer = Writer(SENDER)
    with database.write() as session:
        row = campaigns.find(session, campaign_id)
        tree = campaigns.tree_of(session, row)
        placed, refused = place_events(
            enumerate(event for _, event in sent), tree, books_of(session, row, tree), writer, now
        )
        told_at = [datetime.fromtimestamp(at, UTC) for at, _ in sent]
        result = record(session, row, placed, writer, now, told_at)
        refused += result.rejected
        if refused:
            raise AssertionError(refused[0])
    return result.accepted
