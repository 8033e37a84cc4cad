"""What each tube counts for, and the sums kept of it (`data.models.tubes`).

A tube counts for its site and every place above it, and for the laboratory that has it or will. Whatever changes it
takes away what it counted for before and adds what it counts for now, in the same transaction.
"""

from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from threading import Lock
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from data import bulk
from data.models import Base, CampaignRow, LabBinding, LabRow, PlaceRow, TubeAge, TubeBox, TubeFlow, TubeSum
from domain.backlog import QUARTER
from domain.places import Level, PlaceTree
from domain.tube_events import Result
from domain.tubes import Finding, Stage, Tube

SUMS = (
    "used", "persons", "sampled", "third", "on_site", "in_transit", "at_lab", "testing", "reported", "void",
    "unregistered", "duplicate", "wrong_lab", "too_many_persons", "before_sampling", "no_receipt", "copy_only",
    "negative", "positive", "grey", "single_target", "invalid",
)  # fmt: skip
"""Columns of `tube_sum`."""

_AT = {name: i for i, name in enumerate(SUMS)}
_PERSONS = _AT["persons"]
_STAGES = (-1, *(_AT[stage.word] for stage in Stage if stage))
_RESULTS = (-1, *(_AT[result.name.lower()] for result in Result))
_FINDINGS = tuple(
    (flag, _AT[name])
    for flag, name in (
        (Finding.DUPLICATE, "duplicate"),
        (Finding.WRONG_LAB, "wrong_lab"),
        (Finding.TOO_MANY_PERSONS, "too_many_persons"),
        (Finding.BEFORE_SAMPLING, "before_sampling"),
        (Finding.RESULT_WITHOUT_RECEIPT, "no_receipt"),
        (Finding.COPY_ONLY, "copy_only"),
    )
)

_USED, _SAMPLED, _THIRD = _AT["used"], _AT["sampled"], _AT["third"]
_QUARTER = 60 * QUARTER

SINCE_USE = 10
"""Added to the stage in `tube_age.kind` for minutes of use."""

NO_LAB = 0
"""`tube_box.lab_id` where nobody knows the laboratory."""

_LAST = float("inf")
"""Sorts after every laboratory's id."""

BoxKey = tuple[int, str, str, int]
"""A site, its box, the manifest it goes by, the laboratory."""


class Standing(NamedTuple):
    """What one tube counts for. `place` is its site, or for a tube nobody registered where it is looked for."""

    stage: Stage
    findings: Finding
    expected: int | None
    home: int | None
    place: int | None
    period: int
    place_columns: tuple[int, ...]
    lab_columns: tuple[int, ...]
    persons: int
    place_waits: bool
    ages: tuple[tuple[int, int], ...]
    flow: tuple[tuple[int, int], ...]
    box: BoxKey | None

    @property
    def waiting(self) -> bool:
        return self.place_waits and self.stage in (Stage.ON_SITE, Stage.IN_TRANSIT)

    @property
    def arrived(self) -> bool:
        return self.stage >= Stage.AT_LAB


class Books:
    """The places, laboratories and bindings of a campaign, as far as tubes are concerned."""

    def __init__(self, session: Session, row: CampaignRow, tree: PlaceTree) -> None:
        self.tree = tree
        self._anchor = int(tree.campaign.anchor.timestamp())
        self._interval = tree.campaign.interval_minutes * 60
        self.labs: dict[str, int] = {}
        self._homes: dict[int, int | None] = {}
        for lab_id, code, home in session.execute(
            sa.select(LabRow.id, LabRow.code, LabRow.home_id).where(LabRow.campaign_id == row.id)
        ):
            self.labs[code] = lab_id
            self._homes[lab_id] = home if home in tree.by_id else None
        bound: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for place_id, lab_id, since in session.execute(
            sa.select(LabBinding.place_id, LabBinding.lab_id, LabBinding.valid_from)
            .where(LabBinding.campaign_id == row.id)
            .order_by(LabBinding.valid_from, LabBinding.id)
        ):
            bound[place_id].append((int(since.timestamp()), lab_id))
        self._bound = dict(bound)
        self._own: dict[int, int] = {
            place_id: lab_id
            for place_id, lab_id in session.execute(
                sa.select(PlaceRow.id, PlaceRow.lab_id).where(PlaceRow.campaign_id == row.id)
            )
            if lab_id is not None
        }
        self._pools: dict[int | None, int] = {}
        self._districts: dict[int, int | None] = {}
        self._accounts: dict[int, tuple[tuple[int, int], ...]] = {}

    def pool(self, site_id: int | None) -> int:
        """Persons that a barcode stands for when its group is complete: those of a full tube at a site, one where
        every person has a code."""
        if self.tree.campaign.code_per_person:
            return 1
        found = self._pools.get(site_id)
        if found is None:
            place = self.tree.by_id[site_id] if site_id is not None else None
            found = self._pools[site_id] = (
                self.tree.pool_size(place) if place is not None else self.tree.campaign.pool_size
            )
        return found

    def expected(self, place_id: int, at: int) -> int | None:
        """The laboratory that the account of a place, or of the nearest one above it, was bound to at a time (seconds
        since 1970); without any binding, the one its row names; None where nobody has said."""
        bindings = self.account(place_id)
        if len(bindings) < 2:
            return bindings[0][1] if bindings else None
        # What was used before the first binding belongs to it all the same: somebody opened early.
        return bindings[max(0, bisect_right(bindings, (at, _LAST)) - 1)][1]

    def account(self, place_id: int) -> tuple[tuple[int, int], ...]:
        """The bindings that hold for a place, in order: since when (seconds since 1970), and to which laboratory."""
        found = self._accounts.get(place_id)
        if found is None:
            ancestors = self.tree.by_id[place_id].ancestors
            bound = next((self._bound[i] for i in ancestors if i in self._bound), None)
            own = next((self._own[i] for i in ancestors if i in self._own), None)
            found = tuple(bound) if bound else ((0, own),) if own is not None else ()
            self._accounts[place_id] = found
        return found

    def differs(self, other: "Books", place_id: int, until: int) -> bool:
        """Whether tubes used at a place up to a time count otherwise in other books: full at another number, or
        expected at another laboratory."""
        if self.pool(place_id) != other.pool(place_id):
            return True
        mine, theirs = self.account(place_id), other.account(place_id)
        if mine == theirs:
            return False
        turns = {0, *(since for since, _ in (*mine, *theirs) if since <= until)}
        return any(self.expected(place_id, at) != other.expected(place_id, at) for at in turns)

    def home_place(self, lab_id: int | None) -> int | None:
        """Where a tube is looked for that this laboratory received and nobody registered."""
        home = self._homes.get(lab_id) if lab_id is not None else None
        return home if home is not None else (self.tree.roots[0].id if self.tree.roots else None)

    def district(self, place_id: int | None) -> int | None:
        """The district a place is in or is."""
        if place_id is None:
            return None
        if place_id not in self._districts:
            by_id = self.tree.by_id
            above = (i for i in by_id[place_id].ancestors if by_id[i].level is Level.DISTRICT)
            self._districts[place_id] = next(above, None)
        return self._districts[place_id]

    def period(self, at: int) -> int:
        return (at - self._anchor) // self._interval

    def stand(self, tube: Tube) -> Standing:
        """What a tube counts for."""
        site, used_at = tube.site, tube.used_at
        expected = self.expected(site, used_at) if site is not None and used_at is not None else None
        home = tube.home(expected)
        stage, findings = tube.stage, tube.findings(expected, self.pool(site))
        place = site if site is not None else tube.named_site
        if place is None and tube.lab is not None:
            place = self.home_place(home)
        if stage is Stage.NONE:
            when = used_at if used_at is not None else tube.void_at
            columns = (_AT["void"],) if tube.void is not None else ()
            return Standing(
                stage, findings, expected, home, place, self.period(when) if when is not None else 0,
                columns, columns, 0, False, (), (), None,
            )  # fmt: skip
        reached = tube.reached()
        entered = reached[-1] // 60
        minute = (used_at if used_at is not None else reached[0]) // 60
        flow = tuple([(k, at // _QUARTER) for k, at in enumerate(reached, 1)])
        ages = () if stage is Stage.REPORTED else ((stage, entered), (stage + SINCE_USE, minute))
        result = (_RESULTS[tube.result],) if tube.result is not None else ()
        if used_at is None:
            odd = (_AT["unregistered"], *result)
            return Standing(
                stage, findings, expected, home, place, self.period(reached[0]),
                odd, (_STAGES[stage], *odd), 0, False, ages, flow, None,
            )  # fmt: skip
        counted = [_USED, _STAGES[stage], *result]
        if tube.sampled_at is not None:
            counted.append(_SAMPLED)
        if tube.third_at is not None:
            counted.append(_THIRD)
        if findings:
            counted += [at for flag, at in _FINDINGS if flag in findings]
        columns = tuple(counted)
        box = (site or 0, tube.box, tube.manifest or "", home or NO_LAB) if tube.box is not None else None
        return Standing(
            stage, findings, expected, home, place, self.period(used_at), columns, columns, tube.persons or 0, True,
            ages, flow, box,
        )  # fmt: skip


class Changes:
    """What tubes take away and add, gathered over a batch."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.sums: dict[tuple[int, int], list[int]] = {}
        self.ages: dict[tuple[int, int, int], int] = defaultdict(int)
        self.flow: dict[tuple[int, int, int], int] = defaultdict(int)
        self.boxes: dict[BoxKey, list[int]] = {}

    def add(self, standing: Standing, sign: int) -> None:
        """Count a tube, or with `sign` −1 take it away."""
        place, home = standing.place, standing.home
        if place is not None:
            self._sum(place, standing.period, standing.place_columns, sign, standing.persons)
            if standing.place_waits:
                self._move(place, standing, sign)
        if home is not None:
            self._sum(-home, standing.period, standing.lab_columns, sign, standing.persons)
            self._move(-home, standing, sign)
        if standing.box is not None:
            counts = self.boxes.setdefault(standing.box, [0, 0])
            counts[0] += sign
            counts[1] += sign * standing.arrived

    def _sum(self, owner: int, period: int, columns: Iterable[int], sign: int, persons: int) -> None:
        cell = self.sums.get((owner, period))
        if cell is None:
            cell = self.sums[owner, period] = [0] * len(SUMS)
        for column in columns:
            cell[column] += sign
        cell[_PERSONS] += sign * persons

    def _move(self, owner: int, standing: Standing, sign: int) -> None:
        for kind, minute in standing.ages:
            self.ages[owner, kind, minute] += sign
        for stage, quarter in standing.flow:
            self.flow[owner, stage, quarter] += sign

    def settled(self) -> "Settled":
        """The same for every owner: what counts for a place counts for all above it; ages and flow from towns up."""
        by_id = self._books.tree.by_id
        sums: dict[tuple[int, int], list[int]] = {}
        for (owner, period), values in self.sums.items():
            if any(values):
                for above in by_id[owner].ancestors if owner > 0 else (owner,):
                    cell = sums.get((above, period))
                    if cell is None:
                        sums[above, period] = values.copy()
                    else:
                        for i, value in enumerate(values):
                            cell[i] += value
        return Settled(
            {key: values for key, values in sums.items() if any(values)},
            self._upwards(self.ages),
            self._upwards(self.flow),
            {key: values for key, values in self.boxes.items() if any(values)},
        )

    def _upwards(self, counts: dict[tuple[int, int, int], int]) -> dict[tuple[int, int, int], int]:
        by_id = self._books.tree.by_id
        found: dict[tuple[int, int, int], int] = defaultdict(int)
        owners: dict[int, tuple[int, ...]] = {}
        for (owner, kind, time), count in counts.items():
            if not count:
                continue
            above = owners.get(owner)
            if above is None:
                above = owners[owner] = (
                    tuple(i for i in by_id[owner].ancestors if by_id[i].level is not Level.SITE)
                    if owner > 0
                    else (owner,)
                )
            for place in above:
                found[place, kind, time] += count
        return {key: count for key, count in found.items() if count}


@dataclass(frozen=True, slots=True)
class Settled:
    """Changes per owner, without zeros."""

    sums: dict[tuple[int, int], list[int]]
    ages: dict[tuple[int, int, int], int]
    flow: dict[tuple[int, int, int], int]
    boxes: dict[BoxKey, list[int]]


def apply(session: Session, campaign_id: str, settled: Settled) -> None:
    """Add the changes to what is kept, within the caller's transaction and campaign lock."""
    bulk.upsert(
        session, TubeSum, ("campaign_id", "owner", "period", *SUMS),
        [(campaign_id, owner, period, *values) for (owner, period), values in sorted(settled.sums.items())],
        add=SUMS,
    )  # fmt: skip
    bulk.upsert(
        session, TubeBox, ("campaign_id", "site_id", "box", "manifest", "lab_id", "sent", "received"),
        [(campaign_id, *key, *values) for key, values in sorted(settled.boxes.items())],
        add=("sent", "received"),
    )  # fmt: skip
    bulk.upsert(
        session, TubeAge, ("campaign_id", "owner", "kind", "minute", "tubes"),
        [(campaign_id, *cell, count) for cell, count in sorted(settled.ages.items())],
        add=("tubes",),
    )  # fmt: skip
    bulk.upsert(
        session, TubeFlow, ("campaign_id", "owner", "stage", "quarter", "tubes"),
        [(campaign_id, *cell, count) for cell, count in sorted(settled.flow.items())],
        add=("tubes",),
    )  # fmt: skip
    # Empty cells pile up otherwise: every minute of the day for every stage of every owner.
    less = [(campaign_id, *cell) for cell, count in sorted(settled.ages.items()) if count < 0]
    bulk.delete_empty(session, TubeAge, less, "tubes")


def kept(session: Session, campaign_id: str) -> Settled:
    """All sums of a campaign as they are kept, without zeros."""

    def read(model: type[Base], key: Sequence[str], values: Sequence[str]) -> dict[Any, Any]:
        table = model.__table__
        query = sa.select(*(table.c[name] for name in (*key, *values))).where(table.c.campaign_id == campaign_id)
        return {
            tuple(row[: len(key)]): list(row[len(key) :]) for row in session.execute(query) if any(row[len(key) :])
        }

    def single(found: dict[Any, Any]) -> dict[Any, Any]:
        return {key: values[0] for key, values in found.items()}

    return Settled(
        read(TubeSum, ("owner", "period"), SUMS),
        single(read(TubeAge, ("owner", "kind", "minute"), ("tubes",))),
        single(read(TubeFlow, ("owner", "stage", "quarter"), ("tubes",))),
        read(TubeBox, ("site_id", "box", "manifest", "lab_id"), ("sent", "received")),
    )


TUBE_FIELDS = tuple(f.name for f in fields(Tube))
"""What a tube is made of, in order."""

_books: OrderedDict[tuple[str, str, int], Books] = OrderedDict()
_books_lock = Lock()
_KEPT = 8


def books_of(session: Session, row: CampaignRow, tree: PlaceTree) -> Books:
    """The campaign's books. Kept in memory by structure revision, like its places."""
    key = (row.id, row.epoch, row.structure_revision)
    with _books_lock:
        if key in _books:
            _books.move_to_end(key)
            return _books[key]
    books = Books(session, row, tree)
    with _books_lock:
        _books[key] = books
        while len(_books) > _KEPT:
            _books.popitem(last=False)
    return books
