"""What goes wrong with tubes on the demonstration day, planted on purpose and written down, so that the ledger can be
scored.

No box carries two kinds of fault, so that one cannot hide or cause the mark of another. What stands in the chain's
reports stays true here: mislaid third copies are scanned late or never, a town without network sends afterwards.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice
from random import Random

from data.demo.faults import PlantedFault
from data.demo.population import PERIODS
from data.demo.simulator import CampaignDay
from data.demo.stream import Cell, Row
from data.demo.tube_catalogue import (
    COPIES_LATE,
    COPIES_WITHOUT_TUBE,
    DUPLICATES,
    EARLY,
    FORWARDED,
    INTERRUPTED,
    LATE_SCANS,
    LOOK_ALIKE,
    LOSSES,
    MINUTE,
    MISREADS,
    OUTAGE,
    REJECTED,
    SPOILED,
    STRAY_BOX,
    TOO_MANY,
    TUBES_WITHOUT_COPY,
    UNREGISTERED,
    PlantedTubeFault,
    Wanted,
)
from data.demo.tube_flow import HOUR, NEVER, Box, Flow
from domain.tube_events import Void

Extra = tuple[int, int, Row]
"""An event besides those every tube has: when it is sent, when it happens, the rest of its row."""


class Planting:
    """Spoils a `Flow`: `at_sites` before its tubes are collected, `in_boxes` before they are received, `stops` before
    they are tested and `at_labs` when all is done. `extras` are the events that no tube has in its column;
    `singles` counts tubes of emergency teams by site and period; `misread` is the label a laboratory reads by tube,
    `late` the boxes of which a scan is sent late."""

    def __init__(self, flow: Flow, day: CampaignDay, seed: int) -> None:
        self.flow = flow
        self.day = day
        self.rng = Random(f"{seed}/tube faults")
        self.planted: list[PlantedTubeFault] = []
        self.extras: list[Extra] = []
        self.singles: Counter[Cell] = Counter()
        self.misread: dict[int, str] = {}
        self.late: list[tuple[str, list[int]]] = []
        self.regular = len(flow.site)
        self._special: set[int] = set()
        self._unscanned: list[int] = []
        self._lost: list[list[int]] = []
        self._strays: list[tuple[Box, int, int | None]] = []
        self._wrong_clock: list[int] = []
        self._rejected: list[int] = []
        self._free: list[int] = []

    def note(
        self, kind: str, barcodes: Iterable[str], tube: int, shows_at: int, settled_at: int | None = None,
        detail: str = "", lab: int | None = None,
    ) -> None:  # fmt: skip
        flow = self.flow
        lab = flow.lab_of[flow.site[tube]] if lab is None else lab
        self.planted.append(
            PlantedTubeFault(
                kind,
                tuple(barcodes),
                flow.place(tube),
                flow.labs[lab].code,
                flow.at[0][tube],
                shows_at,
                settled_at,
                detail,
            )
        )

    def extra(self, sent: int, at: int, row: Row) -> None:
        self.extras.append((sent, at, row))

    # At the sites

    def at_sites(self) -> None:
        """What goes wrong before a tube is packed."""
        self._interrupted()
        self._duplicates()
        self._spoiled()
        self._copies()
        self._too_many()
        for tube in self._each(UNREGISTERED):
            forgotten = self._spare(tube)
            self._unscanned.append(forgotten)

    def _pick(self, periods: range, fits: Callable[[int], bool] = lambda tube: True) -> int | None:
        """A tube of these periods that has no other fault; None on a day too small to have one."""
        flow = self.flow
        for _ in range(3000 if self.regular else 0):
            tube = self.rng.randrange(self.regular)
            if tube not in self._special and flow.period(tube) in periods and fits(tube):
                self._special.add(tube)
                return tube
        return None

    def _each(self, wanted: Wanted) -> list[int]:
        found = [self._pick(periods) for periods, count in wanted for _ in range(count)]
        return [tube for tube in found if tube is not None]

    def _spare(self, tube: int) -> int:
        """A tube that the reports do not speak of, filled beside `tube`."""
        flow = self.flow
        number = flow.add(flow.site[tube], flow.lane[tube], flow.persons[tube], flow.at[0][tube] + 20)
        self._special.add(number)
        return number

    def _interrupted(self) -> None:
        """The group is complete later; until then the tube says how many are in it."""
        flow, pool = self.flow, self.day.campaign.pool_size
        for _ in range(INTERRUPTED):
            tube = self._pick(range(PERIODS), lambda tube: flow.persons[tube] > 4 and tube not in flow.resumed)
            if tube is None:
                return
            self._special.discard(tube)
            again = flow.at[0][tube] + self.rng.randint(8 * MINUTE, 35 * MINUTE)
            flow.resumed[tube] = (self.rng.randint(1, flow.persons[tube] - 1), again)
            sent = again + self.rng.randint(20, 150)
            self.extra(sent, again, {
                "event_id": f"{flow.barcode(tube)}/1b", "barcode": flow.barcode(tube), "type": "sampled",
                "site": flow.place(tube), "lane": f"{flow.lane[tube]:02}", "persons": flow.persons[tube],
                "pool_size": pool,
            })  # fmt: skip

    def _duplicates(self) -> None:
        """A label printed twice is used at two lanes."""
        flow = self.flow
        for periods, count in DUPLICATES:
            for _ in range(count):
                tube = self._pick(periods, lambda tube: tube not in flow.resumed)
                if tube is None:
                    return
                site, at = flow.site[tube], flow.at[0][tube]
                twin = next(
                    (
                        other
                        for other in range(tube + 1, min(tube + 40, self.regular))
                        if flow.site[other] == site and flow.lane[other] != flow.lane[tube]
                        and flow.at[0][other] > at and other not in self._special and other not in flow.resumed
                    ),
                    None,
                )  # fmt: skip
                if twin is not None:
                    self._special.add(twin)
                    flow.twins[twin] = tube
                    shows = max(flow.sent[0][tube], flow.sent[0][twin])
                    self.note("duplicate", [flow.barcode(tube)], tube, shows)

    def _spoiled(self) -> None:
        """A broken tube or a spoiled label is voided, another takes its place and only that is reported."""
        flow = self.flow
        for reason, periods, count in SPOILED:
            for beside in self._each([(periods, count)]):
                tube = self._spare(beside)
                flow.left_out.add(tube)
                at = flow.at[0][tube] + self.rng.randint(MINUTE, 20 * MINUTE)
                self._void(tube, at, reason)

    def _void(self, tube: int, at: int, reason: Void, lab: int | None = None) -> None:
        flow, word = self.flow, reason.name.lower()
        sent = at + self.rng.randint(10, 120)
        row: Row = {"event_id": f"{flow.barcode(tube)}/7", "barcode": flow.barcode(tube), "type": "void"}
        row |= {"site": flow.place(tube)} if lab is None else {"lab": flow.labs[lab].code}
        self.extra(sent, at, row | {"reason": word})
        self.note("void", [flow.barcode(tube)], tube, sent, detail=word, lab=lab)

    def _copies(self) -> None:
        """Third copies without a tube, tubes without one, and those that the reports already miss."""
        flow = self.flow
        for beside in self._each(COPIES_WITHOUT_TUBE):
            tube = self._spare(beside)
            flow.left_out.add(tube)
            flow.sent[0][tube], flow.at[0][tube] = NEVER, flow.at[1][tube]
            self.note("copy_without_tube", [flow.barcode(tube)], tube, self._compared(tube))
        for tube in self._each(TUBES_WITHOUT_COPY):
            flow.sent[1][tube] = NEVER
            self.note("tube_without_copy", [flow.barcode(tube)], tube, self._compared(tube))
        for fault in self.day.faults:
            if fault.detail.startswith("third_copies"):
                self._mislaid(fault)

    def _mislaid(self, fault: PlantedFault) -> None:
        """As many copies as the first report misses; found again, they are scanned when the correction is sent."""
        flow, codes = self.flow, [site.code for site in self.flow.sites]
        site, period = codes.index(fault.site), fault.period
        same = [s for s in self.day.sendings if (s.row["site"], s.row["hour"]) == (fault.site, fault.hour)]
        count = self.day.tubes[fault.site][period] - int(str(same[0].row["third_copies"]))
        found = int(same[-1].at.timestamp()) if "correction_of" in same[-1].row else NEVER
        tubes = (i for i in range(self.regular) if flow.site[i] == site and flow.period(i) == period)
        for tube in islice((tube for tube in tubes if tube not in self._special), count):
            self._special.add(tube)
            shows = self._compared(tube)
            if found:
                flow.at[1][tube], flow.sent[1][tube] = found - MINUTE, found
                self.note("late_scan", [flow.barcode(tube)], tube, shows, found, "third_copy")
            else:
                flow.sent[1][tube] = NEVER
                self.note("tube_without_copy", [flow.barcode(tube)], tube, shows, detail="mislaid")

    def _compared(self, tube: int) -> int:
        """When the third copies of the tube's hour are there to be compared with its tubes."""
        flow = self.flow
        return flow.start + (flow.period(tube) + 1) * HOUR + COPIES_LATE

    def _too_many(self) -> None:
        """An eleventh person is sampled into the tube."""
        flow, pool = self.flow, self.day.campaign.pool_size
        for periods, count in TOO_MANY:
            for _ in range(count):
                tube = self._pick(periods, lambda tube: flow.persons[tube] == pool and tube not in flow.resumed)
                if tube is not None:
                    flow.persons[tube] += 1
                    self.note("too_many_persons", [flow.barcode(tube)], tube, flow.sent[0][tube])

    # On the way

    def in_boxes(self) -> None:
        """What goes wrong between the packing and the laboratory's scanner."""
        flow = self.flow
        for tube in self._unscanned:
            flow.sent[0][tube] = flow.sent[1][tube] = flow.sent[2][tube] = NEVER
        taken = {flow.box[tube] for tube in self._special if tube not in flow.left_out}
        self._free = [number for number in range(len(flow.boxes)) if number not in taken]
        for periods, sizes in LOSSES:
            for size in sizes:
                tubes = self._stretch(periods, size)
                flow.untested.update(tubes)
                self._lost.append(tubes)
        for periods, count in MISREADS:
            for _ in range(count):
                for tube in self._stretch(periods, 1):
                    self.misread[tube] = self._smeared(flow.barcode(tube))
        for periods, count in REJECTED:
            for _ in range(count):
                self._rejected.extend(self._stretch(periods, 1))
        flow.untested.update(self._rejected)
        self._misdirect()
        self._wrong_clock = self._stretch(EARLY, 3)
        for variant, periods in LATE_SCANS:
            box = self._box(periods)
            if box is not None:
                self.late.append((variant, list(box.tubes)))

    def _box(self, periods: range, fits: Callable[[Box], bool] = lambda box: True) -> Box | None:
        """A box, without any other fault, whose first tube was filled in these periods."""
        flow = self.flow
        those = [
            number for number in self._free
            if flow.period(flow.boxes[number].tubes[0]) in periods and fits(flow.boxes[number])
        ]  # fmt: skip
        if not those:
            return None
        number = self.rng.choice(those)
        self._free.remove(number)
        return flow.boxes[number]

    def _stretch(self, periods: range, count: int) -> list[int]:
        """Tubes beside each other in one box."""
        box = self._box(periods, lambda box: len(box.tubes) > count + 8)
        if box is None:
            return []
        first = self.rng.randrange(len(box.tubes) - count)
        return list(box.tubes[first : first + count])

    def _smeared(self, barcode: str) -> str:
        """The label as it is misread: one digit taken for another, or two neighbours changed about. What comes out
        is nobody's label: the receipt of another tube would be no misread but a loss."""
        while True:
            k, kind = self.rng.randrange(6, len(barcode)), self.rng.random()
            if kind < 0.75:
                others = LOOK_ALIKE[barcode[k]] if kind < 0.5 else "0123456789"
                wrong = barcode[:k] + self.rng.choice(others) + barcode[k + 1 :]
            else:
                wrong = barcode[: k - 1] + barcode[k] + barcode[k - 1] + barcode[k + 1 :]
            if wrong != barcode and not self.flow.printed(wrong) and wrong not in self.misread.values():
                return wrong

    def _misdirect(self) -> None:
        """Boxes go to another laboratory than their town's. Most are sent on, a small one stays."""
        flow = self.flow
        if len(flow.labs) < 2:
            return
        for periods, count in FORWARDED:
            for _ in range(count):
                box = self._box(periods, lambda box: len(box.tubes) > 20)
                if box is not None:
                    arrived = box.arrives
                    # Its own laboratory has it an hour or two later, still within the limit of the way.
                    box.arrives += self.rng.randint(35 * MINUTE, 75 * MINUTE)
                    self._strays.append((box, self._other(box.lab), arrived))
        small = self._box(STRAY_BOX, lambda box: len(box.tubes) <= 12) or self._box(STRAY_BOX)
        if small is not None:
            small.lab = self._other(small.lab)
            self._strays.append((small, small.lab, None))

    def _other(self, lab: int) -> int:
        return self.rng.choice([number for number in range(len(self.flow.labs)) if number != lab])

    # At the laboratories

    def stops(self) -> dict[int, tuple[int, int]]:
        """One laboratory stands still in the middle of the day: laboratory, from, until. Not the smallest, which has
        trouble enough."""
        flow = self.flow
        by_size = sorted(range(len(flow.labs)), key=lambda number: flow.labs[number].capacity)
        lab = self.rng.choice(by_size[1:] or by_size)
        begins = flow.start + self.rng.randint(4 * HOUR, 6 * HOUR)
        self.planted.append(
            PlantedTubeFault(
                "lab_outage", (), "", flow.labs[lab].code, begins, begins, begins + OUTAGE, f"{OUTAGE // MINUTE} min"
            )
        )
        return {lab: (begins, begins + OUTAGE)}

    def at_labs(self) -> None:
        """What the laboratories' scanners get wrong, and what is sent late."""
        flow = self.flow
        for tubes in self._lost:
            for tube in tubes:
                flow.sent[3][tube] = NEVER
            if tubes:
                limit = self.day.campaign.limits.missing_after_minutes * MINUTE
                shows = max(flow.at[0][tube] for tube in tubes) + limit
                self.note("loss", map(flow.barcode, tubes), tubes[0], shows)
        for tube, wrong in self.misread.items():
            self.note("misread", [flow.barcode(tube), wrong], tube, flow.sent[3][tube])
        for tube in self._unscanned:
            self.note("unregistered", [flow.barcode(tube)], tube, flow.sent[3][tube])
        for tube in self._rejected:
            at = flow.at[3][tube] + self.rng.randint(5 * MINUTE, 30 * MINUTE)
            self._void(tube, at, Void.REJECTED_BY_LAB, flow.lab_of[flow.site[tube]])
        for box, lab, arrived in self._strays:
            self._stray(box, lab, arrived)
        # One scanner's clock stands hours behind.
        for tube in self._wrong_clock:
            flow.at[3][tube] = flow.at[0][tube] - 25 * MINUTE + 2 * (tube % 10)
            self.note("before_sampling", [flow.barcode(tube)], tube, flow.sent[3][tube])

    def _stray(self, box: Box, lab: int, arrived: int | None) -> None:
        flow, first = self.flow, box.tubes[0]
        shows = flow.sent[3][first]
        codes = [flow.barcode(tube) for tube in box.tubes]
        if arrived is None:
            self.note("misdirected", codes, first, shows, detail="stays", lab=lab)
            return
        for k, barcode in enumerate(codes):
            sent = arrived + 2 * k + 40
            shows = min(shows, sent)
            self.extra(sent, arrived + 2 * k, {
                "event_id": f"{barcode}/4b", "barcode": barcode, "type": "received", "lab": flow.labs[lab].code,
                "box": flow.box_code(box), "manifest": flow.manifest(box),
            })  # fmt: skip
        settled = max(flow.sent[3][tube] for tube in box.tubes)
        self.note("misdirected", codes, first, shows, settled, "forwarded", lab)
