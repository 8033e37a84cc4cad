"""Plans of capacity matching: what would be changed, who must have agreed, who may apply it.

A plan is a set of changes, each with its hour. Saved, it is never altered; what happens to it are events: something
confirmed, a confirmation taken back, reviewed, applied, withdrawn. `fold` says where that leaves it.

Two persons: the one who made a plan neither reviews nor applies it. A plan is applied before its first hour, with
everything confirmed; until that hour it can be withdrawn whole, afterwards only another plan undoes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from domain.campaign import POOL_SIZES
from domain.claims import read_key
from domain.errors import Code, Refused
from domain.values import read_text, read_time

MOST_CHANGES = 40
"""Changes of one plan; more is a mistake, not a plan."""

APPROVED_POOL = 10
"""The largest pool a district decides by itself; a larger one needs the province's approval (001, 003)."""

BEFORE, AFTER = timedelta(hours=1), timedelta(days=1)
"""How far before now, and beyond the campaign's end, the hour of a change may lie."""

MOST_RUNS = 40.0
MOST_PER_HOUR = 1_000_000


class Step(StrEnum):
    """What can happen to a saved plan."""

    SAVED = "saved"
    CONFIRMED = "confirmed"
    TAKEN_BACK = "taken_back"
    REVIEWED = "reviewed"
    APPLIED = "applied"
    WITHDRAWN = "withdrawn"


class Need(StrEnum):
    """What must be confirmed, each about one `subject`."""

    LAB_AGREES = "lab_agrees"
    COLD_BOXES = "cold_boxes"
    TOWN_TOLD = "town_told"
    PROVINCE_APPROVES = "province_approves"


class State(StrEnum):
    """How far a saved plan has come; only an applied one says what is done."""

    OPEN = "open"
    REVIEWED = "reviewed"
    APPLIED = "applied"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Move:
    """From `at` on, tubes used by the town (by `sites` of it, where any are named) go to laboratory `lab`."""

    town: str
    lab: str
    at: datetime
    sites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Runs:
    """From `at` until `until` the town's sites are visited with `per_hour` transport runs an hour."""

    town: str
    per_hour: float
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Overtime:
    """From `at` on the laboratory can put `per_hour` tubes an hour on its machines."""

    lab: str
    per_hour: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Pool:
    """From `at` on `size` persons go into a tube, in `towns` or everywhere."""

    size: int
    at: datetime
    towns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be changed."""

    moves: tuple[Move, ...] = ()
    runs: tuple[Runs, ...] = ()
    overtime: tuple[Overtime, ...] = ()
    pool: Pool | None = None

    def __bool__(self) -> bool:
        return bool(self.moves or self.runs or self.overtime or self.pool)

    @property
    def hours(self) -> list[datetime]:
        changes: list[Move | Runs | Overtime] = [*self.moves, *self.runs, *self.overtime]
        return [change.at for change in changes] + ([self.pool.at] if self.pool else [])

    @property
    def first(self) -> datetime | None:
        """When its first change begins."""
        return min(self.hours, default=None)

    @property
    def towns(self) -> tuple[str, ...]:
        """The towns it concerns, each once."""
        named = (
            [m.town for m in self.moves] + [r.town for r in self.runs] + list(self.pool.towns if self.pool else ())
        )
        return tuple(dict.fromkeys(named))

    @property
    def labs(self) -> tuple[str, ...]:
        """The laboratories that must agree: those that get more to do."""
        return tuple(dict.fromkeys([m.lab for m in self.moves] + [o.lab for o in self.overtime]))


Needed = tuple[Need, str]
"""What must be confirmed: the kind and its subject, a laboratory's or town's code or nothing."""


def needs(plan: Plan) -> tuple[Needed, ...]:
    """What must be confirmed before `plan` may be applied."""
    found: list[Needed] = [(Need.LAB_AGREES, lab) for lab in plan.labs]
    if plan.moves or plan.runs:
        found.append((Need.COLD_BOXES, ""))
    found += [(Need.TOWN_TOLD, town) for town in plan.towns]
    if plan.pool is not None and plan.pool.size > APPROVED_POOL:
        found.append((Need.PROVINCE_APPROVES, ""))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a plan. `account_id` is None for machines, which are nobody's second person."""

    step: Step
    at: datetime
    by: str
    account_id: int | None
    need: Need | None = None
    subject: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a plan stands: which confirmations hold, by whom, and what is still missing."""

    state: State
    confirmed: Mapping[Needed, Event]
    missing: tuple[Needed, ...]
    reviewed: Event | None
    applied: Event | None
    withdrawn: Event | None
    author: int | None
    turns: int

    @property
    def lacks(self) -> int:
        """How many things are missing before it can be applied, the review among them."""
        return len(self.missing) + (self.reviewed is None)


def fold(plan: Plan, events: Sequence[Event]) -> Standing:
    """What the events of a plan add up to. Taking back a confirmation takes back the review as well: it looked at
    something that no longer holds."""
    confirmed: dict[Needed, Event] = {}
    last: dict[Step, Event | None] = {Step.REVIEWED: None, Step.APPLIED: None, Step.WITHDRAWN: None}
    for event in events:
        if event.step is Step.CONFIRMED and event.need is not None:
            confirmed[event.need, event.subject] = event
        elif event.step is Step.TAKEN_BACK and event.need is not None:
            confirmed.pop((event.need, event.subject), None)
            last[Step.REVIEWED] = None
        elif event.step in last:
            last[event.step] = event
    state = State.OPEN
    if last[Step.WITHDRAWN] is not None:
        state = State.WITHDRAWN
    elif last[Step.APPLIED] is not None:
        state = State.APPLIED
    elif last[Step.REVIEWED] is not None:
        state = State.REVIEWED
    missing = tuple(need for need in needs(plan) if need not in confirmed)
    author = events[0].account_id if events else None
    return Standing(state, confirmed, missing, last[Step.REVIEWED], last[Step.APPLIED], last[Step.WITHDRAWN], author,
                    len(events))  # fmt: skip


def check(plan: Plan, standing: Standing, event: Event) -> None:
    """Raise `Refused` unless `event` may happen to the plan now."""
    if standing.state is State.WITHDRAWN:
        raise Refused("step", Code.CONFLICT, event.step, detail="plan_withdrawn")
    if event.step is Step.WITHDRAWN:
        if standing.state is State.APPLIED and plan.first is not None and event.at >= plan.first:
            raise Refused("step", Code.TOO_LATE, event.step, detail="plan_in_force")
        return
    if standing.state is State.APPLIED:
        raise Refused("step", Code.CONFLICT, event.step, detail="plan_applied")
    if event.step in (Step.CONFIRMED, Step.TAKEN_BACK):
        if (event.need, event.subject) not in needs(plan):
            raise Refused("need", Code.BAD_VALUE, event.need or "", detail="not_needed")
        if event.step is Step.CONFIRMED and not event.note.strip():
            raise Refused("note", Code.MISSING_FIELD, detail="who_confirmed")
        return
    if event.account_id is None or event.account_id == standing.author:
        raise Refused("step", Code.NOT_YOURS, event.step, detail="second_person")
    if plan.first is not None and event.at >= plan.first:
        raise Refused("step", Code.TOO_LATE, event.step, detail="plan_begun")
    if standing.missing:
        raise Refused("step", Code.CONFLICT, event.step, detail="unconfirmed", count=len(standing.missing))
    if event.step is Step.APPLIED and standing.reviewed is None:
        raise Refused("step", Code.CONFLICT, event.step, detail="unreviewed")


# -- as they come in


@dataclass(frozen=True, slots=True)
class Claim:
    """A step as it is asked for. `seen` is the number of events the sender saw."""

    key: str
    step: Step
    seen: int | None = None
    need: Need | None = None
    subject: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """The codes a plan may name, the sites by town, and the hours it may be about."""

    towns: Mapping[str, frozenset[str]]
    labs: frozenset[str]
    now: datetime
    end: datetime


def read_plan(body: object, known: Known) -> Plan:
    """The plan a body states. Raises `Refused`."""
    if not isinstance(body, Mapping):
        raise Refused("plan", Code.BAD_VALUE, detail="json_object")
    moves = tuple(_move(row, known) for row in _rows(body, "moves"))
    runs = tuple(_runs(row, known) for row in _rows(body, "runs"))
    overtime = tuple(_overtime(row, known) for row in _rows(body, "overtime"))
    taken: set[tuple[str, str]] = set()
    for move in moves:
        for site in move.sites or sorted(known.towns[move.town]) or ("",):
            if (move.town, site) in taken:
                raise Refused("sites", Code.CONFLICT, site or move.town, detail="moved_twice")
            taken.add((move.town, site))
    for name, codes in (("town", [r.town for r in runs]), ("lab", [o.lab for o in overtime])):
        if len(set(codes)) != len(codes):
            raise Refused(name, Code.CONFLICT, codes[0], detail="changed_twice")
    stated = body.get("pool")
    return Plan(moves, runs, overtime, _pool(stated, known) if stated else None)


def write_plan(plan: Plan) -> dict[str, Any]:
    """The plan as it is stored and sent; `read_plan` reads it."""
    pool = plan.pool
    return {
        "moves": [{"town": m.town, "sites": list(m.sites), "lab": m.lab, "at": m.at.isoformat()} for m in plan.moves],
        "runs": [
            {"town": r.town, "per_hour": r.per_hour, "at": r.at.isoformat()}
            | ({"until": r.until.isoformat()} if r.until else {})
            for r in plan.runs
        ],
        "overtime": [{"lab": o.lab, "per_hour": o.per_hour, "at": o.at.isoformat()} for o in plan.overtime],
        "pool": {"size": pool.size, "at": pool.at.isoformat(), "towns": list(pool.towns)} if pool else None,
    }


def stored_plan(content: Mapping[str, Any]) -> Plan:
    """The plan as it was stored, whatever the places are today."""
    moment = datetime.fromisoformat
    pool = content.get("pool")
    return Plan(
        tuple(Move(m["town"], m["lab"], moment(m["at"]), tuple(m["sites"])) for m in content["moves"]),
        tuple(Runs(r["town"], r["per_hour"], moment(r["at"]), moment(r["until"]) if "until" in r else None)
              for r in content["runs"]),
        tuple(Overtime(o["lab"], o["per_hour"], moment(o["at"])) for o in content["overtime"]),
        Pool(pool["size"], moment(pool["at"]), tuple(pool["towns"])) if pool else None,
    )  # fmt: skip


def read_step(body: object) -> Claim:
    """A step as it comes in. Raises `Refused`."""
    if not isinstance(body, Mapping):
        raise Refused("step", Code.BAD_VALUE, detail="json_object")
    key = read_key(body)
    stated = read_text("step", body.get("step"), 16)
    if stated not in set(Step) - {Step.SAVED}:
        raise Refused("step", Code.BAD_VALUE, stated, detail="plan_step")
    need = read_text("need", body.get("need"), 32)
    if need and need not in set(Need):
        raise Refused("need", Code.BAD_VALUE, need, detail="not_needed")
    seen = body.get("seen")
    if seen is not None and (isinstance(seen, bool) or not isinstance(seen, int)):
        raise Refused("seen", Code.NOT_WHOLE, seen)
    subject, note = read_text("subject", body.get("subject"), 200), read_text("note", body.get("note"), 500)
    return Claim(key, Step(stated), seen, Need(need) if need else None, subject, note)


def _rows(body: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    rows = body.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows) or len(rows) > MOST_CHANGES:
        raise Refused("plan", Code.BAD_VALUE, name, detail="plan_rows", most=MOST_CHANGES)
    return rows


def _move(row: Mapping[str, object], known: Known) -> Move:
    town = _town(row, known)
    sites = row.get("sites") or []
    if not isinstance(sites, list):
        raise Refused("sites", Code.BAD_VALUE, sites, detail="plan_rows", most=MOST_CHANGES)
    for site in sites:
        if site not in known.towns[town]:
            raise Refused("sites", Code.UNKNOWN_SITE, site)
    named = tuple(sorted(set(sites)))
    return Move(
        town, _lab(row, known), _hour(row, "at", known), () if len(named) == len(known.towns[town]) else named
    )


def _runs(row: Mapping[str, object], known: Known) -> Runs:
    at = _hour(row, "at", known)
    until = _hour(row, "until", known) if row.get("until") else None
    if until is not None and until <= at:
        raise Refused("until", Code.BAD_TIME, until, detail="ends_before")
    return Runs(_town(row, known), _number(row, 0.5, MOST_RUNS), at, until)


def _overtime(row: Mapping[str, object], known: Known) -> Overtime:
    return Overtime(_lab(row, known), _number(row, 0, MOST_PER_HOUR), _hour(row, "at", known))


def _pool(row: object, known: Known) -> Pool:
    if not isinstance(row, Mapping):
        raise Refused("pool", Code.BAD_VALUE, row, detail="json_object")
    size = row.get("size")
    if size not in POOL_SIZES or isinstance(size, bool):
        raise Refused("pool", Code.BAD_VALUE, size, detail="plan_pool", sizes=", ".join(map(str, POOL_SIZES)))
    towns = row.get("towns") or []
    if not isinstance(towns, list) or not all(town in known.towns for town in towns):
        raise Refused("town", Code.UNKNOWN_PLACE, towns)
    return Pool(int(str(size)), _hour(row, "at", known), tuple(sorted(towns)))


def _town(row: Mapping[str, object], known: Known) -> str:
    town = read_text("town", row.get("town"), 200)
    if town not in known.towns:
        raise Refused("town", Code.UNKNOWN_PLACE, town)
    return town


def _lab(row: Mapping[str, object], known: Known) -> str:
    lab = read_text("lab", row.get("lab"), 200)
    if lab not in known.labs:
        raise Refused("lab", Code.UNKNOWN_LAB, lab)
    return lab


def _number(row: Mapping[str, object], least: float, most: float) -> float:
    value = row.get("per_hour")
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise Refused("per_hour", Code.BAD_VALUE, value, detail="plan_between", least=least, most=most)
    return float(value)


def _hour(row: Mapping[str, object], name: str, known: Known) -> datetime:
    at = read_time(name, row.get(name))
    if not known.now - BEFORE <= at <= known.end + AFTER:
        raise Refused(name, Code.BAD_TIME, at, detail="plan_hour")
    return at
