"""The headline of each scene of a briefing screen, made by rule (design-wall-phone, section B).

One clause for each fact, at most three, and a state on the bad one alone. A scene without a bad clause says the best
true thing, and has nothing to say: a rotation goes past it. What the clauses are in words stands in `locales` under
`wall.headline.<key>`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.lab_load import LabLoad
from domain.overview import Overview, PlaceRef
from domain.places import Level
from domain.status import RANK, Severity
from domain.wall import Alerts, Case, Chain, Flow, Labs, Lane, Owes, WallMap

BAD = (Severity.WARN, Severity.CRIT, Severity.MISS)

WHOLE = (Level.CITY, Level.DISTRICT)
"""Places whose towns are counted."""

NAMED = 2
"""Missing sites called by name; more are counted by town."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One fact. `params` are typed: persons, tubes, minutes, places, laboratories, moments; words are made of them
    elsewhere."""

    key: str
    params: Mapping[str, object] = field(default_factory=dict)
    severity: Severity | None = None


Headline = tuple[Clause, ...]


def has_news(headline: Headline) -> bool:
    """Whether a rotation should stop at the scene."""
    return any(clause.severity in BAD for clause in headline)


def number(headline: Headline) -> int | None:
    """How many sites the bad clause is about; None where nothing is bad, and where it is about no sites: tubes in
    thousands and hours say nothing without their words."""
    bad = next((clause for clause in headline if clause.severity in BAD), None)
    if bad is None:
        return None
    counted, places = bad.params.get("count"), bad.params.get("places")
    if isinstance(counted, int):
        return counted
    return len(places) if isinstance(places, tuple) else None


def progress(rows: Overview) -> Headline:
    """How many, how far from plan, and where most of the gap is."""
    if rows.data_until is None:
        return (Clause("nothing"),)
    clauses = [Clause("sampled", {"persons": rows.figures.persons})]
    if rows.gap_persons is None:
        return tuple(clauses)
    behind = rows.gap_persons < 0
    state = rows.severity if rows.severity in BAD else None
    clauses.append(
        Clause("behind" if behind else "ahead", {"persons": abs(rows.gap_persons)}, state if behind else None)
    )
    worst = most_behind(rows)
    if behind and worst is not None:
        clauses.append(Clause("mostly", {"place": worst}))
    return tuple(clauses)


def most_behind(rows: Overview) -> PlaceRef | None:
    """The place with the largest share in being behind; None where none is."""
    behind = [child for child in rows.children if child.gap_persons is not None and child.gap_persons < 0]
    return min(behind, key=lambda child: child.gap_persons or 0).place if behind else None


def site_map(rows: WallMap) -> Headline:
    """How many sites are critical and which town has most of them."""
    if rows.crit:
        clauses = [Clause("crit_sites", {"count": rows.crit}, Severity.CRIT)]
        if rows.crit_towns and rows.overview.place.level in WHOLE:
            town, most = rows.crit_towns[0]
            if len(rows.crit_towns) == 1 and most == rows.crit:
                clauses.append(Clause("all_in" if most > 1 else "in", {"place": town}))
            elif len(rows.crit_towns) == 1 or most > rows.crit_towns[1][1]:
                clauses.append(Clause("most_in", {"place": town, "count": most}))
        return tuple(clauses)
    if rows.missing:
        return (Clause("missing_sites", {"count": rows.missing}, Severity.MISS),)
    if rows.warn:
        return (Clause("warn_sites", {"count": rows.warn}, Severity.WARN),)
    return (Clause("sites_fine", {"count": len(rows.picture.dots)}),)


def flow(rows: Flow) -> Headline:
    """The stage with most tubes over its limit, and where the oldest of them is; else the one that comes near."""
    if not rows.lanes:
        return (Clause("no_tubes"),)
    over = max(rows.lanes, key=lambda lane: lane.waiting.over)
    if over.waiting.over:
        return _late("over", over, over.waiting.over, Severity.CRIT)
    near = max(rows.lanes, key=lambda lane: lane.waiting.near)
    if near.waiting.near:
        return _late("near", near, near.waiting.near, Severity.WARN)
    clauses = [Clause("in_time", {"tubes": rows.lanes[-1].tubes})]
    oldest = rows.lanes[-1].age
    if oldest is not None:
        clauses.append(Clause("oldest_age", {"minutes": oldest}))
    return tuple(clauses)


def _late(word: str, lane: Lane, tubes: int, severity: Severity) -> Headline:
    first = Clause(f"{word}_{lane.name}", {"tubes": tubes, "minutes": lane.limit}, severity)
    if lane.at is not None:
        return first, Clause("oldest_at", {"place": lane.at})
    if lane.lab is not None:
        return first, Clause("oldest_in", {"lab": lane.lab})
    return (first,)


def labs(rows: Labs) -> Headline:
    """The laboratory with most hours in hand, and whether its queue still grows."""
    known = [one for one in rows.loads if one.hours is not None]
    if not known:
        return (Clause("no_labs" if not rows.loads else "no_capacity"),)
    worst = min(known, key=lambda one: (RANK[rows.state(one)], -(one.hours or 0.0), one.lab.code))
    state = rows.state(worst)
    if state is Severity.OK:
        return (Clause("labs_fine", {"count": len(rows.loads), "hours": _most_hours(known)}),)
    first = Clause("lab_hours", {"lab": worst.lab, "hours": worst.hours}, state)
    return (first, Clause("lab_grows")) if worst.over else (first,)


def _most_hours(known: Sequence[LabLoad]) -> float:
    return max(one.hours or 0.0 for one in known)


def chain(rows: Chain) -> Headline:
    """How many have reported, and who has not: by name while they are few, else by town."""
    seen = rows.overview
    if rows.end is None or not rows.expected:
        return (Clause("nothing_due"),)
    reported = {"end": rows.end, "reported": rows.reported, "expected": rows.expected}
    clauses = [Clause("reported", reported)]
    owing = rows.owing
    if owing or any(row.child.missing for row in rows.rows):
        clauses.append(_missing(rows, owing))
    elif seen.place.level not in WHOLE:
        return tuple(clauses)
    elif seen.towns and seen.towns_verified >= seen.towns:
        clauses.append(Clause("all_verified", {"count": seen.towns}))
    elif seen.towns:
        clauses.append(Clause("some_verified", {"done": seen.towns_verified, "count": seen.towns}))
    return tuple(clauses)


def _missing(rows: Chain, owing: Sequence[Owes]) -> Clause:
    if owing and len(owing) <= NAMED:
        return Clause("missing_named", {"places": tuple(one.place for one in owing)}, Severity.MISS)
    # A city where many owe names no site.
    numbers = ((row.child.place, len(row.owes) or row.child.missing) for row in rows.rows)
    towns = [(place, number) for place, number in numbers if number]
    # A scene has room for some of the places below; the number is of all.
    total = max(sum(number for _, number in towns), len(rows.overview.missing))
    return Clause("missing_counted", {"towns": tuple(towns[: NAMED + 1]), "count": total}, Severity.MISS)


def alerts(rows: Alerts, case: Case | None) -> Headline:
    """What is the matter and for how long; what happens next, and when."""
    if case is None:
        return (Clause("no_alerts"),)
    finding = case.finding
    what = Clause("alert", {"finding": finding}, finding.severity)
    if case.holder is not None and case.holder.accepted_at is not None:
        return what, Clause("taken_by", {"name": case.holder.name or case.holder.place})
    if case.waits_for is not None:
        return what, Clause("waits_for", {"place": case.waits_for})
    if case.finish is not None:
        return what, Clause("finish", {"at": case.finish})
    if finding.kind == "problem_overdue":
        return what, Clause("unclaimed")
    return what, Clause("since", {"minutes": int((rows.overview.now - finding.at).total_seconds() // 60)})


def stale(rows: Overview) -> Headline:
    """Over data that have grown old: what has not come, and from whom."""
    if rows.duty_period is None or rows.data_until is None:
        return (Clause("nothing"),)
    first = Clause("hour_missing", {"end": rows.campaign.end_of(rows.duty_period)}, Severity.WARN)
    owing = sorted((child for child in rows.children if child.missing), key=lambda child: -child.missing)
    if not owing:
        return (first,)
    named = tuple(child.place for child in owing[:NAMED])
    if len(owing) > NAMED:
        return first, Clause("owing_many", {"places": named, "count": len(owing)})
    return first, Clause("owing", {"places": named})


def frozen(rows: Overview, headline: Headline) -> Headline:
    """Over a picture that is kept for a meeting: as of when, before the same sentence."""
    if rows.data_until is None:
        return headline
    return Clause("as_of", {"at": rows.data_until}), *headline
