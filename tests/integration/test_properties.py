"""Whatever the order, the split and the repetitions: the same content gives the same sums."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from kit import DISTRICT, OTHER_TOWN, SITES, TOWN, SetClock, World, at, comes_back, iso, make_world

FIRST, HOURS = 6, 6
"""Reports of 06:00 to 12:00; the clock stands later."""

PARENT = {"S1": TOWN, "S2": TOWN, "S3": TOWN, "S4": OTHER_TOWN, "S5": OTHER_TOWN}


@dataclass(frozen=True)
class Said:
    """One row and the site and hours it is about, as the test thinks of them."""

    row: dict[str, object]
    site: str
    first: int
    last: int
    corrects: str | None


@st.composite
def contents(draw: st.DrawFn) -> list[Said]:
    """Reports, catch-ups, running totals and chains of corrections, without two uncorrected claims for one hour."""
    said: list[Said] = []
    number = 0
    for site in draw(st.lists(st.sampled_from(SITES), min_size=1, max_size=3, unique=True)):
        totals_of_tubes = draw(st.booleans())
        hour = FIRST
        while hour < FIRST + HOURS:
            span = draw(st.integers(1, min(3, FIRST + HOURS - hour)))
            if draw(st.integers(0, 4)) == 0:  # a gap
                hour += span
                continue
            earlier: str | None = None
            for version in range(draw(st.sampled_from([1, 1, 1, 2, 3, 4]))):
                number += 1
                # A correction may say other hours, within those of its chain.
                first = draw(st.integers(hour, hour + span - 1)) if version else hour
                last = draw(st.integers(first, hour + span - 1)) if version else hour + span - 1
                persons = draw(st.integers(0, 300)) * 10 + version
                kind = draw(st.sampled_from(["persons", "persons", "total", "both"]))
                row: dict[str, object] = {"key": f"k{number}", "site": site, "hour": iso(first)}
                if last > first:
                    row["hours"] = last - first + 1
                if kind != "total":
                    row["persons"] = persons
                if kind != "persons":
                    row["persons_total"] = persons + 1000
                row["tubes_total" if totals_of_tubes else "tubes"] = draw(st.integers(401, 500))
                if draw(st.booleans()):
                    row["third_copies"] = draw(st.integers(0, 500))
                if earlier:
                    row |= {"correction_of": earlier, "note": "counted again"}
                said.append(Said(row, site, first, last, earlier))
                earlier = str(row["key"])
            hour += span
    return said


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Said], list[list[Said]]]:
    """Contents, and batches in which they arrive: in any order, some rows again, some under another key."""
    said = draw(contents())
    again = [s for s in said if draw(st.integers(0, 3)) == 0]
    corrected = {s.corrects for s in said}
    others = [
        Said({**s.row, "key": f"{s.row['key']}/again"}, s.site, s.first, s.last, None)
        for s in said
        if s.corrects is None and s.row["key"] not in corrected and draw(st.integers(0, 3)) == 0
    ]
    rows = draw(st.permutations([*said, *again, *others]))
    batches: list[list[Said]] = []
    while rows:
        size = draw(st.integers(1, len(rows)))
        batches.append(list(rows[:size]))
        rows = rows[size:]
    return said, batches


def expected_of(said: list[Said]) -> dict[str, dict[int, int]]:
    """Persons by site and the hour they count in, computed from the contract's words alone."""
    corrected = {s.corrects for s in said}
    figures: dict[str, dict[int, int]] = {}
    for site in {s.site for s in said}:
        valid = sorted((s for s in said if s.site == site and s.row["key"] not in corrected), key=lambda s: s.last)
        figures[site] = {}
        for i, one in enumerate(valid):
            if "persons" in one.row:
                figure = int(str(one.row["persons"]))
            else:
                with_total = [j for j in range(i) if "persons_total" in valid[j].row]
                since = with_total[-1] + 1 if with_total else 0
                counted = int(str(valid[since - 1].row["persons_total"])) if with_total else 0
                counted += sum(int(str(valid[j].row["persons"])) for j in range(since, i))
                figure = int(str(one.row["persons_total"])) - counted
            figures[site][one.last] = figure
    return figures


def catch_ups_of(said: list[Said], figures: dict[str, dict[int, int]]) -> int:
    corrected = {s.corrects for s in said}
    valid = [s for s in said if s.row["key"] not in corrected]
    return sum(figures[s.site][s.last] for s in valid if s.last > s.first)


def covered_of(said: list[Said]) -> dict[str, set[int]]:
    corrected = {s.corrects for s in said}
    covered: dict[str, set[int]] = {}
    for s in said:
        if s.row["key"] not in corrected:
            covered.setdefault(s.site, set()).update(range(s.first, s.last + 1))
    return covered


def figures_by_hour(world: World, place: str) -> dict[int, int]:
    return {FIRST + h.period: h.figures.persons for h in world.look(place).hours if h.figures.reports}


PROFILE = {"sqlite": 30, "postgres": 8}
RELAXED = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
    # Making a failure smaller takes minutes here. Add Phase.shrink while looking for its cause.
    phases=[Phase.explicit, Phase.generate],
)


@pytest.fixture
def examples(database) -> int:
    return PROFILE["sqlite" if database.is_sqlite else "postgres"]


def test_any_order_split_and_repetition_gives_the_sums_of_the_content(database, clock: SetClock, examples: int):
    @settings(RELAXED, max_examples=examples)
    @given(arrivals())
    def holds(arrived: tuple[list[Said], list[list[Said]]]) -> None:
        said, batches = arrived
        clock.to(at(12, 30))
        world = make_world(database, clock)
        accepted = 0
        for batch in batches:
            with comes_back():
                result = world.send(*(s.row for s in batch))
            assert [(r.code.value, r.value) for r in result.rejected] == []
            assert result.accepted + result.unchanged == len(batch)
            accepted += result.accepted
            world.check()
            clock.advance(minutes=1)
        figures = expected_of(said)
        for site in SITES:
            assert figures_by_hour(world, site) == figures.get(site, {})
        for town in (TOWN, OTHER_TOWN):
            wanted = sum(sum(f.values()) for site, f in figures.items() if PARENT[site] == town)
            assert world.persons(town) == wanted
        seen = world.look()
        assert seen.figures.persons == sum(sum(f.values()) for f in figures.values())
        assert seen.figures.catch_up_persons == catch_ups_of(said, figures)
        # Each hour's board says who has reported, and adds up to the sites.
        tree, covered = world.tree(), covered_of(said)
        for hour in range(FIRST, FIRST + HOURS):
            board = world.board(hour)
            assert len(board) == len(SITES)
            for site, state in board.items():
                is_open = hour - FIRST in tree.open_periods(tree.by_code[site])
                assert (state == "closed") == (not is_open)
                if is_open and hour < 11:
                    assert (state == "missing") == (hour not in covered.get(site, set()))
        # All once more: nothing changes.
        revision = world.revision()
        assert world.send(*(s.row for s in said)).unchanged == len(said)
        assert world.revision() == revision

    holds()


def test_as_of_answers_what_was_answered_then(database, clock: SetClock, examples: int):
    @settings(RELAXED, max_examples=max(4, examples // 2))
    @given(arrivals(), st.data())
    def holds(arrived: tuple[list[Said], list[list[Said]]], data: st.DataObject) -> None:
        clock.to(at(9, 0))
        world = make_world(database, clock)
        known: list = []
        for batch in arrived[1]:
            clock.advance(minutes=data.draw(st.integers(1, 40)))
            with comes_back():
                world.send(*(s.row for s in batch))
            if (current := sorted(world.current())) and data.draw(st.booleans()):
                clock.advance(seconds=1)
                world.verify(*data.draw(st.lists(st.sampled_from(current), max_size=3)))
            clock.advance(seconds=1)
            known.append((clock(), {place: answered(world, place) for place in (DISTRICT, TOWN, "S1")}))
        for moment, answers in known:
            for place, answer in answers.items():
                assert answered(world, place, moment) == answer
        assert answered(world, DISTRICT, at(8) - timedelta(days=1))["figures"].persons == 0

    holds()


def answered(world: World, place: str, as_of=None) -> dict[str, object]:
    """What a summary and the hours are made of."""
    seen = world.look(place, as_of)
    return {
        "figures": seen.figures,
        "until": seen.data_until,
        "revision": seen.revision,
        "now": seen.now,
        "reported": (seen.sites_reported, seen.sites_expected, [m.code for m in seen.missing]),
        "hours": [(h.start, h.figures, h.tally) for h in seen.hours],
        "children": {
            c.place.code: (c.figures, c.last_hour, c.missing, c.gap_persons, c.strip) for c in seen.children
        },
    }


def test_openings_and_pool_sizes_changed_on_the_way_leave_the_sums_right(database, clock: SetClock, examples: int):
    @settings(RELAXED, max_examples=examples)
    @given(arrivals(), st.data())
    def holds(arrived: tuple[list[Said], list[list[Said]]], data: st.DataObject) -> None:
        clock.to(at(12, 30))
        world = make_world(database, clock)
        for batch in arrived[1]:
            world.send(*(s.row for s in batch))
            site = data.draw(st.sampled_from(SITES))
            opens = data.draw(st.integers(6, 10))
            closes = data.draw(st.integers(opens + 1, 12))
            world.set_places(
                {"site": site, "town": PARENT[site], "opening": f"{iso(opens)}/{iso(closes)}"},
                {"town": TOWN, "pool_size": data.draw(st.sampled_from([5, 10, 20]))},
            )
            world.check()

    holds()
