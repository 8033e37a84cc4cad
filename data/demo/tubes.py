"""Every single tube of the demonstration day as events in the contract's shape, each with the campaign time at which
it is sent: about 89,000 tubes and 540,000 events, the same for the same seed.

Kept in columns and made into rows when asked for, a span of the day at a time.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cached_property
from random import Random

from data.demo.simulator import CampaignDay
from data.demo.stream import Row
from data.demo.tube_catalogue import PlantedTubeFault
from data.demo.tube_faults import Planting
from data.demo.tube_flow import PREFIX, STEPS, Flow, Laboratory
from data.demo.tube_late import plant_late
from data.demo.tube_results import POOLS_PER_ODD_RESULT, WORDS, plant_results, with_singles
from domain.tube_events import Result, Type

KINDS = tuple(step.name.lower() for step in STEPS)


class TubeDay:
    """The tubes of one simulated day. `planted` are the faults among them, in order of time; `reports` are the day's
    reports with the tubes counted that were used to sample members of a pool again; `singles` are those tubes by the
    pool's label. `prefix` begins every label."""

    def __init__(
        self, day: CampaignDay, seed: int, *, prefix: str = PREFIX, pools_per_odd_result: int = POOLS_PER_ODD_RESULT
    ) -> None:
        labs = tuple(
            Laboratory(row["lab_code"], int(row["capacity_tubes_per_day"]), float(row["lon"]), float(row["lat"]))
            for row in day.labs
        )
        bound = {town: k for k, row in enumerate(day.labs) for town in row["bound_town_codes"].split("|")}
        lab_of = [bound[site.town] for site in day.sites]
        flow = Flow(day.campaign, day.sites, labs, lab_of, Random(f"{seed}/tubes"), prefix)
        flow.fill_all(day.truth, day.tubes, day.lanes_open)
        planting = Planting(flow, day, seed)
        planting.at_sites()
        flow.collect()
        planting.in_boxes()
        flow.receive()
        flow.test(planting.stops())
        plant_results(flow, planting, seed, pools_per_odd_result)
        planting.at_labs()
        plant_late(flow, planting, day)
        self._flow = flow
        self._misread = planting.misread
        self._pool = day.campaign.pool_size
        self._zone = day.campaign.zone
        self._extras = sorted(planting.extras, key=lambda extra: (extra[0], str(extra[2]["event_id"])))
        self.planted: tuple[PlantedTubeFault, ...] = tuple(
            sorted(planting.planted, key=lambda fault: (fault.shows_at, fault.kind, fault.barcodes))
        )
        odd = [fault.barcodes for fault in self.planted if fault.kind == "odd_result"]
        self.singles: dict[str, tuple[str, ...]] = {pool: tuple(singles) for pool, *singles in odd}
        self.reports = with_singles(day.sendings, planting.singles, day.campaign)

    def __len__(self) -> int:
        """How many tubes the events are of, those apart that only single tests are."""
        return len(self._flow.site)

    @property
    def last_sent(self) -> int:
        """When the last event is sent, seconds since 1970."""
        return max(60 * max(self._due, default=0) + 59, self._extras[-1][0] if self._extras else 0)

    @cached_property
    def _due(self) -> dict[int, array[int]]:
        """What is sent in each minute since 1970: eight times the tube, plus the step."""
        due: dict[int, array[int]] = {}
        for step, column in enumerate(self._flow.sent):
            for tube, sent in enumerate(column):
                if sent:
                    minute = sent // 60
                    if minute not in due:
                        due[minute] = array("I")
                    due[minute].append(8 * tube + step)
        return due

    def events(self, after: datetime, until: datetime) -> list[Row]:
        """The rows sent in (after, until], in the order in which they are sent."""
        return [row for _, row in self.sendings(after, until)]

    def sendings(self, after: datetime, until: datetime) -> Iterator[tuple[int, Row]]:
        """The same with the time of sending."""
        begin, end = int(after.timestamp()), int(until.timestamp())
        extras = iter(self._extras[bisect_left(self._extras, begin + 1, key=lambda extra: extra[0]) :])
        extra = next(extras, None)
        for minute in range(begin // 60, end // 60 + 1):
            due = [(self._flow.sent[code & 7][code >> 3], code) for code in self._due.get(minute, ())]
            due.sort()
            for sent, code in due:
                if begin < sent <= end:
                    while extra is not None and extra[0] <= sent:
                        yield extra[0], self._with_time(extra[1], extra[2])
                        extra = next(extras, None)
                    yield sent, self._row(code >> 3, code & 7)
        while extra is not None and extra[0] <= end:
            yield extra[0], self._with_time(extra[1], extra[2])
            extra = next(extras, None)

    def of_tubes(
        self, tubes: Iterable[int], until: datetime, skipped: Callable[[int, int], bool]
    ) -> Iterator[tuple[int, Row]]:
        """What is sent of tubes, by their numbers, up to `until`, tube by tube: all but what is `skipped`, by the
        number of the tube's laboratory and the step's place in `STEPS`. Odd results come with `of_odd_results`."""
        flow, end = self._flow, int(until.timestamp())
        for tube in tubes:
            lab = flow.lab_of[flow.site[tube]]
            if flow.barcode(tube) in self.singles:
                continue
            for step, column in enumerate(flow.sent):
                if 0 < column[tube] <= end and not skipped(lab, step):
                    yield column[tube], self._row(tube, step)

    def besides(self, until: datetime) -> Iterator[tuple[int, Row]]:
        """What is sent up to `until` that is no regular step of a tube, in order of time; nothing of odd results."""
        for sent, at, row in self._extras:
            if sent <= int(until.timestamp()) and row["barcode"] not in self._concerned:
                yield sent, self._with_time(at, row)

    def of_odd_results(self, until: datetime) -> list[tuple[int, Row]]:
        """Everything sent up to `until` about pools with an odd result and the single tubes of their members, in
        order of time."""
        flow, end = self._flow, int(until.timestamp())
        found = [
            (column[tube], self._row(tube, step))
            for tube in range(len(flow.site))
            if flow.result[tube] != Result.NEGATIVE and flow.barcode(tube) in self.singles
            for step, column in enumerate(flow.sent)
            if 0 < column[tube] <= end
        ]
        found += [
            (sent, self._with_time(at, row))
            for sent, at, row in self._extras
            if sent <= end and row["barcode"] in self._concerned
        ]
        return sorted(found, key=lambda one: (one[0], str(one[1]["event_id"])))

    @cached_property
    def _concerned(self) -> frozenset[str]:
        """Labels of pools with an odd result and of their members' single tubes."""
        return frozenset(self.singles).union(*self.singles.values())

    def _time(self, at: int) -> str:
        return datetime.fromtimestamp(at, self._zone).isoformat()

    def _with_time(self, at: int, row: Row) -> Row:
        return {**row, "at": self._time(at)}

    def _row(self, tube: int, step: int) -> Row:
        flow, kind = self._flow, STEPS[step]
        barcode = flow.barcode(tube)
        if kind >= Type.RECEIVED and tube in self._misread:
            barcode = self._misread[tube]
        key = f"{barcode}/{kind:d}t" if tube in flow.twins else f"{barcode}/{kind:d}"
        row: Row = {"event_id": key, "barcode": barcode, "type": KINDS[step], "at": self._time(flow.at[step][tube])}
        if kind is Type.SAMPLED:
            resumed = flow.resumed.get(tube)
            row["site"], row["lane"] = flow.place(tube), f"{flow.lane[tube]:02}"
            row["persons"] = flow.persons[tube] if resumed is None else resumed[0]
            row["pool_size"] = self._pool
        elif kind is Type.THIRD_COPY:
            row["site"] = flow.place(tube)
        else:
            box = flow.boxes[flow.box[tube]]
            if kind is Type.COLLECTED:
                row["site"] = flow.place(tube)
            else:
                row["lab"] = flow.labs[box.lab].code
            if kind <= Type.RECEIVED:
                row["box"], row["manifest"] = flow.box_code(box), flow.manifest(box)
            if kind is Type.RESULT:
                row["result"] = WORDS[flow.result[tube]]
        return row
