"""The way of every tube of the demonstration day, as it goes when nobody errs: filled at a lane, its third copy kept,
fetched on a transport run, received by a laboratory, put on a machine, reported.

Times are whole seconds since 1970. What is not in the domain's sources is invented so that the day has the shape of
the design's (picture 06): a backlog that peaks towards evening and is cleared about midnight.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from random import Random

from data.demo.population import PERIODS, SiteSpec
from domain.campaign import Campaign
from domain.tube_events import Result, Type

HOUR = 3600

WORKDAY_HOURS = 14
"""Hours in which a laboratory works off its capacity of a day: two shifts."""

BATCH = 94
"""Tubes of one run: a plate of 96 less two controls."""

RUN = (85 * 60, 110 * 60)
"""Seconds a batch is on the machine, extraction and amplification together."""

CHANGE = 5 * 60
"""Seconds between two runs of one machine."""

PATIENCE = 25 * 60
"""Seconds after which a batch is begun although it is not full."""

ROUTE = 5
"""Sites of one transport run."""

EVERY = (104 * 60, 114 * 60)
"""Seconds between two runs of a route: the two hours of source 003, with a margin that is mostly enough."""

LATE_RUN = 0.1
"""Share of the runs that are late, by up to 20 minutes: what waits longer than its limit."""

BOX = 50
"""Tubes of a full box, 40 to 60."""

SPEED = 25 / HOUR
"""Kilometres a second of a transport, stops at crossings included."""

PREFIX = "440607"
"""What every label of the demonstration's district begins with."""

NEVER = 0
"""As a time of sending: the event is not sent."""

STEPS = (Type.SAMPLED, Type.THIRD_COPY, Type.COLLECTED, Type.RECEIVED, Type.TESTING, Type.RESULT)


@dataclass(slots=True)
class Box:
    """A box of tubes of one site. `lab` is where it is taken, `arrives` when it is there."""

    site: int
    number: int
    run: int
    lab: int
    collected_at: int
    tubes: array[int]
    arrives: int = 0


@dataclass(frozen=True, slots=True)
class Laboratory:
    """`capacity` is tubes a day."""

    code: str
    capacity: int
    lon: float
    lat: float

    @property
    def machines(self) -> int:
        """As many as its capacity takes."""
        cycle = sum(RUN) / 2 + CHANGE
        return max(1, math.ceil(self.capacity / WORKDAY_HOURS / BATCH * cycle / HOUR))


def _columns() -> tuple[array[int], ...]:
    return tuple(array("I") for _ in STEPS)


@dataclass(slots=True)
class Flow:
    """All tubes of the day, one place in each column for each. `at[step][i]` is when it happens to tube `i`,
    `sent[step][i]` when that is sent; steps are those of `STEPS`, sites and laboratories go by number."""

    campaign: Campaign
    sites: Sequence[SiteSpec]
    labs: Sequence[Laboratory]
    lab_of: Sequence[int]
    rng: Random
    prefix: str = PREFIX
    """What every label of the district begins with."""
    site: array[int] = field(default_factory=lambda: array("H"))
    lane: array[int] = field(default_factory=lambda: array("B"))
    serial: array[int] = field(default_factory=lambda: array("H"))
    persons: array[int] = field(default_factory=lambda: array("B"))
    box: array[int] = field(default_factory=lambda: array("i"))
    result: array[int] = field(default_factory=lambda: array("B"))
    at: tuple[array[int], ...] = field(default_factory=_columns)
    sent: tuple[array[int], ...] = field(default_factory=_columns)
    boxes: list[Box] = field(default_factory=list)
    resumed: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Interrupted groups: how many were in the tube at first, and when the group was complete."""
    left_out: set[int] = field(default_factory=set)
    """Tubes that never leave their site."""
    untested: set[int] = field(default_factory=set)
    """Tubes that come to a laboratory and are never on a machine."""
    twins: dict[int, int] = field(default_factory=dict)
    """Tubes whose label is a second print of another's."""
    _serials: dict[tuple[int, int], int] = field(default_factory=dict)

    @property
    def start(self) -> int:
        return int(self.campaign.starts_at.timestamp())

    def barcode(self, tube: int) -> str:
        """The label: the district's digits, three for the site, two for the lane, three running ones."""
        tube = self.twins.get(tube, tube)
        return f"{self.prefix}{self.site[tube] + 1:03}{self.lane[tube]:02}{self.serial[tube]:03}"

    def printed(self, barcode: str) -> bool:
        """Whether a tube of the day carries this label, or one of another district may."""
        site, lane, serial = int(barcode[6:9]) - 1, int(barcode[9:11]), int(barcode[11:])
        return not barcode.startswith(self.prefix) or 0 < serial <= self._serials.get((site, lane), 0)

    def short(self, site: int) -> str:
        """What a site writes on its boxes: its number, as on its labels."""
        return f"{site + 1:03}"

    def box_code(self, box: Box) -> str:
        """What stands on a box: its site and its number there."""
        return f"{self.short(box.site)}-{box.number:02}"

    def manifest(self, box: Box) -> str:
        """The list (送检单) that goes with all boxes of a site on one run."""
        return f"{self.short(box.site)}-R{box.run:02}"

    def place(self, tube: int) -> str:
        """The code of the tube's site."""
        return self.sites[self.site[tube]].code

    def period(self, tube: int) -> int:
        """The period the tube was filled in."""
        return (self.at[0][tube] - self.start) // HOUR

    def add(self, site: int, lane: int, persons: int, at: int) -> int:
        """One more tube, filled at `at`; its third copy is put aside some minutes later. Answers its number."""
        number = len(self.site)
        self.site.append(site)
        self.lane.append(lane)
        serial = self._serials.get((site, lane), 0) + 1
        self._serials[site, lane] = serial
        self.serial.append(serial)
        self.persons.append(persons)
        self.box.append(-1)
        self.result.append(Result.NEGATIVE)
        for at_step, sent_step in zip(self.at, self.sent, strict=True):
            at_step.append(NEVER)
            sent_step.append(NEVER)
        draw = self.rng.random
        # One in a hundred waits for the network for up to half an hour, the limit of source 001.
        slow = int(draw() * 1500) if draw() < 0.01 else 0
        self.at[0][number] = at
        self.sent[0][number] = at + 15 + slow + int(draw() * 150)
        copied = at + 120 + int(draw() * 1200)
        self.at[1][number] = copied
        self.sent[1][number] = copied + 10 + int(draw() * 200)
        return number

    def fill(self, site: int, period: int, tubes: int, persons: int, lanes: int) -> None:
        """The tubes of one site and period, spread over its open lanes. The last ones of a lane may be half full."""
        if not tubes:
            return
        pool, begins, draw = self.campaign.pool_size, self.start + period * HOUR, self.rng.random
        counts = [pool] * tubes
        missing = tubes * pool - persons
        while missing > 0:
            i = int(draw() * tubes)
            if counts[i] > 1:
                taken = min(missing, 1 + int(draw() * 3), counts[i] - 1)
                counts[i] -= taken
                missing -= taken
        for i, count in enumerate(counts):
            self.add(site, i % max(1, lanes) + 1, count, begins + int((i + draw()) / tubes * (HOUR - 1)))

    def fill_all(
        self,
        persons: Mapping[str, Sequence[int]],
        tubes: Mapping[str, Sequence[int]],
        lanes: Mapping[str, Sequence[int]],
    ) -> None:
        """The tubes that the day's reports speak of; what is sampled after the deadline is nobody's report."""
        for number, site in enumerate(self.sites):
            code = site.code
            for period in range(PERIODS):
                self.fill(number, period, tubes[code][period], persons[code][period], lanes[code][period])

    def ready(self, tube: int) -> int:
        """When a tube may be packed."""
        again = self.resumed.get(tube)
        return self.at[0][tube] if again is None else again[1]

    def collect(self) -> None:
        """Fetch everything in boxes, run by run, until nothing is left."""
        by_site: list[list[int]] = [[] for _ in self.sites]
        for tube, site in enumerate(self.site):
            if tube not in self.left_out:
                by_site[site].append(tube)
        for route in self._routes():
            self._drive(route, by_site)

    def _routes(self) -> Iterator[tuple[int, ...]]:
        towns: dict[str, list[int]] = {}
        for number, site in enumerate(self.sites):
            towns.setdefault(site.town, []).append(number)
        for members in towns.values():
            parts = math.ceil(len(members) / ROUTE)
            for part in range(parts):
                yield tuple(members[part::parts])

    def _drive(self, route: Sequence[int], by_site: Sequence[list[int]]) -> None:
        rng = self.rng
        last = max((self.ready(tube) for site in route for tube in by_site[site]), default=0)
        leaves = self.start + rng.randint(35 * 60, 35 * 60 + EVERY[0])
        visits: dict[int, list[int]] = {site: [] for site in route}
        runs_end: list[int] = []
        while last:
            at = leaves + (rng.randint(480, 1200) if rng.random() < LATE_RUN else 0)
            for site in route:
                visits[site].append(at)
                at += rng.randint(4 * 60, 8 * 60)
            runs_end.append(at)
            if visits[route[0]][-1] > last + 180:
                break
            # The last run waits for nothing but the last tube.
            leaves = min(leaves + rng.randint(*EVERY), max(leaves + 20 * 60, last + rng.randint(300, 900)))
        for site in route:
            waiting: list[list[int]] = [[] for _ in visits[site]]
            for tube in sorted(by_site[site], key=self.ready):
                waiting[bisect_left(visits[site], self.ready(tube) + 150)].append(tube)
            number = 0
            for run, (together, at) in enumerate(zip(waiting, visits[site], strict=True)):
                boxes = math.ceil(len(together) / (BOX * 1.2))
                for k in range(boxes):
                    number += 1
                    tubes = together[len(together) * k // boxes : len(together) * (k + 1) // boxes]
                    self._pack(site, number, run + 1, tubes, at + 40 * k, runs_end[run])

    def _pack(self, site: int, number: int, run: int, tubes: Sequence[int], at: int, run_ends: int) -> None:
        lab = self.lab_of[site]
        box = Box(site, number, run, lab, at, array("I", tubes))
        sent = at + self.rng.randint(20, 200)
        for tube in tubes:
            self.box[tube] = len(self.boxes)
            self.at[2][tube], self.sent[2][tube] = at, sent
        box.arrives = run_ends + self.way(site, lab) + self.rng.randint(4 * 60, 10 * 60) + 50 * number % 300
        self.boxes.append(box)

    def way(self, site: int, lab: int) -> int:
        """Seconds from a site to a laboratory by road, a third longer than the straight line."""
        row, to = self.sites[site].row, self.labs[lab]
        lon, lat = float(row["lon"]), float(row["lat"])
        east = (to.lon - lon) * 111.3 * math.cos(math.radians(lat))
        north = (to.lat - lat) * 111.3
        return round(1.33 * math.hypot(east, north) / SPEED)

    def receive(self) -> None:
        """Every box is scanned tube by tube where it arrives."""
        at_step, sent_step, draw = self.at[3], self.sent[3], self.rng.random
        for box in self.boxes:
            late = int(draw() * 180)
            for k, tube in enumerate(box.tubes):
                at = at_step[tube] = box.arrives + 2 * k
                sent_step[tube] = at + 15 + late

    def test(self, stops: Mapping[int, tuple[int, int]]) -> None:
        """Every laboratory works off what it has in the order of arrival; `stops` are the outages by laboratory."""
        by_lab: list[list[int]] = [[] for _ in self.labs]
        for box in self.boxes:
            by_lab[box.lab].extend(box.tubes)
        for number, tubes in enumerate(by_lab):
            here = [tube for tube in tubes if tube not in self.untested]
            here.sort(key=lambda tube: (self.at[3][tube], tube))
            self._work_off(self.labs[number], here, stops.get(number, (0, 0)))

    def _work_off(self, lab: Laboratory, tubes: Sequence[int], stop: tuple[int, int]) -> None:
        rng, received = self.rng, [self.at[3][tube] for tube in tubes]
        # In the morning one after the other is made ready, so that they do not all end at the same time.
        cycle = sum(RUN) // 2 + CHANGE
        machines = [self.start + HOUR + k * cycle // lab.machines for k in range(lab.machines)]
        heapify(machines)
        first = 0
        while first < len(tubes):
            full = received[first + BATCH - 1] if first + BATCH <= len(tubes) else received[-1]
            waits_until = min(full, received[first] + PATIENCE) + rng.randint(180, 420)
            begins = _after(max(heappop(machines), waits_until), stop, rng)
            after_last = min(first + BATCH, bisect_right(received, begins - 120))
            ends = begins + rng.randint(*RUN)
            if begins < stop[0] < ends:
                ends += stop[1] - stop[0]
            heappush(machines, ends + CHANGE)
            told = ends + rng.randint(3 * 60, 12 * 60)
            scanned, reported = begins + rng.randint(30, 200), told + rng.randint(20, 180)
            for tube in tubes[first:after_last]:
                self.at[4][tube], self.sent[4][tube] = begins, scanned
                self.at[5][tube], self.sent[5][tube] = told, reported
            first = after_last


def _after(begins: int, stop: tuple[int, int], rng: Random) -> int:
    """`begins`, or soon after the stop it falls into."""
    return stop[1] + rng.randint(60, 900) if stop[0] <= begins < stop[1] else begins
