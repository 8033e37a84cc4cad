"""Publishing from the first freeze to the replacement, on both databases."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from issue_kit import CHEN, LIANG, WU, House
from kit import CITY, DISTRICT, OTHER_TOWN, TOWN, SetClock, World, at, make_world, row

from data import campaigns
from data.database import Database
from data.models import Bulletin
from data.queries.bulletin_page import bulletin_page
from data.queries.bulletins import last_published, published_figure
from data.queries.moment import Moment
from domain.bulletin import FIGURES, State
from domain.bulletin_rules import compare
from domain.errors import Refused


@pytest.fixture
def house(world: World) -> House:
    world.clock.to(at(9, 20))
    return House(world)


# -- what is frozen


def test_an_issue_is_numbered_by_its_hour_and_holds_what_was_known(house: House):
    issue = house.freeze(8)
    assert (issue.label, issue.state) == ("3", State.DRAFT)
    assert (issue.data_until, issue.known_at) == (at(9), at(9, 20))
    assert issue.frozen.total.persons == 320
    assert issue.frozen.total.hour_persons == 160
    assert {line.place.code: line.persons for line in issue.frozen.lines} == {TOWN: 160, OTHER_TOWN: 160}
    assert [place.code for place in issue.frozen.missing] == ["S3", "S5"]


def test_an_earlier_hour_is_frozen_up_to_its_own_end(house: House):
    issue = house.freeze(7)
    assert issue.label == "2"
    assert issue.frozen.total.persons == 160
    assert len(issue.frozen.hours) == 2


def test_freezing_twice_with_one_key_freezes_once(house: House):
    first, second = house.frozen(8, key="k"), house.frozen(8, key="k")
    assert (first.changed, second.changed) == (True, False)
    assert first.issue.id == second.issue.id
    assert house.world.count(Bulletin) == 1


def refusal(work, *args, **more) -> str:
    with pytest.raises(Refused) as refused:
        work(*args, **more)
    return refused.value.detail


def test_what_cannot_be_frozen(house: House):
    assert refusal(house.freeze, 9) == "hour_not_due"
    assert refusal(house.freeze, 5) == "hour_not_due"
    assert refusal(house.freeze, 8, place=TOWN) == "publishes"
    house.freeze(8, key="k")
    assert refusal(house.freeze, 8) == "draft_stands"
    assert refusal(house.freeze, 7, key="k") == ""


def test_an_hour_that_is_complete_can_be_frozen_before_it_is_due(house: House):
    house.world.clock.to(at(10, 1))
    for site in ("S1", "S2", "S4", "S5"):
        house.world.send(row(site, 9, 10))
    assert refusal(house.freeze, 9) == "hour_not_due"
    house.world.send(row("S3", 9, 10))
    assert house.freeze(9).frozen.total.missing == 0


def test_three_people_and_no_fewer(house: House):
    draft = house.freeze(8)
    assert refusal(house.review, draft, who=WU) == "same_person"
    reviewed = house.review(draft)
    assert refusal(house.sign, reviewed, who=LIANG) == "same_person"
    assert refusal(house.sign, reviewed, who=WU) == "same_person"
    signed = house.sign(reviewed)
    assert (signed.state, signed.drafted_name, signed.reviewed_name, signed.signed_name) == (
        State.PUBLISHED, "Wu", "Liang", "Chen",
    )  # fmt: skip


def test_where_two_suffice_the_signature_is_still_anothers(database: Database, clock: SetClock):
    clock.to(at(9, 20))
    house = House(make_world(database, clock, settings={"bulletin_people": 2}))
    reviewed = house.review(house.freeze(8), who=WU)
    assert refusal(house.sign, reviewed, who=WU) == "same_person"
    assert house.sign(reviewed, who=LIANG).state is State.PUBLISHED


def test_a_step_taken_twice_by_one_person_changes_nothing(house: House):
    issue = house.publish(8)
    before = house.world.revision()
    assert house.sign(issue).state is State.PUBLISHED
    assert house.world.revision() == before


def test_a_withdrawn_number_is_free_again(house: House):
    house.withdraw(house.freeze(8))
    assert house.listed() == []
    assert house.freeze(8).label == "3"
    assert refusal(house.withdraw, house.publish(7)) == "bulletin_withdraw"


def test_every_step_is_an_audit_row_with_issue_and_revision(house: House):
    house.publish(8)
    rows = [audit for audit in house.world.audits() if audit.action.startswith("bulletin.")]
    assert [(r.action, r.actor) for r in rows] == [
        ("bulletin.freeze", WU), ("bulletin.review", LIANG), ("bulletin.sign", CHEN),
    ]  # fmt: skip
    assert all(r.details["issue"] == "3" for r in rows)
    assert len({r.details["frozen_revision"] for r in rows}) == 1


# -- replacing


def test_a_replacement_needs_a_reason_and_a_change_and_leaves_the_first_as_it_was(house: House):
    first = house.publish(8)
    assert refusal(house.freeze, 8, reason="nothing") == "nothing_changed"
    house.world.clock.advance(minutes=5)
    house.world.send(row("S5", 8, 7, tubes=1))
    assert refusal(house.freeze, 8) == "replacement"
    second = house.publish(8, reason="S5 补报")
    assert second.label == "3.1"
    assert house.listed() == [("3.1", State.PUBLISHED), ("3", State.SUPERSEDED)]
    assert house.stored(first)[0].total.persons == 320
    assert house.stored(second)[0].total.persons == 327
    assert [(c.place.code, c.kind, c.persons, c.tubes) for c in second.frozen.corrections] == [("S5", "late", 7, 1)]
    house.world.send(row("S3", 8, 3))
    assert house.publish(8, reason="again").label == "3.2"


def test_every_kind_of_change_stands_in_the_log_with_its_reason(house: House):
    house.publish(8)
    world = house.world
    world.clock.advance(minutes=5)
    world.send(
        row("S1", 8, 60, key="c", correction_of="S1/8", note="第三联点错", tubes=7, third_copies=7),
        row("S5", 8, 7, tubes=1, third_copies=1),
    )
    world.verify("S4/8", "c")
    world.set_places({"site": "S4", "town": OTHER_TOWN, "target": 950, "reason": "新增人口"})
    issue = house.freeze(8, reason="更正")
    log = [(c.place.code, c.kind, c.persons, c.tubes, c.reason) for c in issue.frozen.corrections]
    assert sorted(log) == sorted(
        [
            ("S1", "correction", 10, 2, "第三联点错"), ("S5", "late", 7, 1, ""), ("S4", "target", 0, 0, "新增人口"),
            (TOWN, "verified", 0, 0, ""), (OTHER_TOWN, "verified", 0, 0, ""),
        ]
    )  # fmt: skip
    corrected = next(c for c in issue.frozen.corrections if c.kind == "correction")
    assert (corrected.before, corrected.after, corrected.verified_at) == (50, 60, at(9, 25))


def test_a_corrected_running_total_bears_what_it_changed(house: House):
    world = house.world
    world.send(row("S5", 8, persons_total=40, tubes_total=4, key="t"))
    house.publish(8)
    world.clock.advance(minutes=5)
    world.send(row("S5", 8, persons_total=65, tubes_total=7, key="t2", correction_of="t", note="抄错行"))
    log = [(c.place.code, c.kind, c.persons, c.tubes, c.reason) for c in _page(world).changes]
    assert log == [("S5", "correction", 25, 3, "抄错行")]


def test_what_counts_in_a_later_hour_does_not_touch_the_earlier_issue(house: House):
    first = house.publish(8)
    house.world.clock.to(at(10, 20))
    house.world.send(row("S1", 9, 500, tubes=60))
    assert compare(first.frozen, house.live(8)[0]).differences == ()


REPORTS = st.lists(
    st.tuples(
        st.sampled_from(["S1", "S2", "S3", "S4", "S5"]), st.sampled_from([7, 8]), st.integers(0, 90),
        st.integers(0, 12), st.sampled_from(["report", "correct", "verify", "total"]),
    ),
    max_size=14,
)  # fmt: skip


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reports=REPORTS)
def test_whatever_comes_later_the_issue_stays_and_the_log_explains_the_difference(
    database: Database, clock: SetClock, reports
):
    clock.to(at(9, 20))
    house = House(make_world(database, clock))
    first = house.publish(8)
    before = house.stored(first)
    heads = {f"{site}/{hour}": f"{site}/{hour}" for site in ("S1", "S2", "S4") for hour in (7, 8)}
    for n, (site, hour, persons, tubes, what) in enumerate(reports):
        clock.advance(seconds=30)
        key, slot = f"late-{n}", f"{site}/{hour}"
        if what == "verify":
            house.world.verify(heads.get(slot, "nobody"))
            continue
        more = {"correction_of": heads[slot], "note": f"reason {n}"} if slot in heads and what != "report" else {}
        counts = {"persons_total": persons} if what == "total" else {"persons": persons}
        sent = house.world.send(row(site, hour, key=key, tubes=tubes, **counts, **more))
        if sent.accepted:
            heads[slot] = key
    assert house.stored(first) == before
    live, sites = house.live(8)
    page = _page(house.world)
    assert sum(c.persons for c in page.changes) == live.total.persons - first.frozen.total.persons
    assert sum(c.tubes for c in page.changes) == (live.total.tubes or 0) - (first.frozen.total.tubes or 0)
    moved = {s.place.code for s in sites if s.persons != _site(before[1], s.place.code).persons}
    assert moved <= {c.place.code for c in page.changes}
    assert page.comparison == compare(first.frozen, live)
    if compare(first.frozen, live).differences:
        replaced = house.publish(8, reason="更正")
        assert replaced.frozen.total == live.total
        assert house.stored(first) == before


def _site(sites, code):
    return next(s for s in sites if s.place.code == code)


def _page(world: World, place: str = DISTRICT):
    with world.reading() as (session, tree):
        moment = Moment(tree, tree.by_code[place], world.revision(), world.clock(), tree.campaign.period_of(at(8)))
        return bulletin_page(session, moment)


def test_the_record_still_knows_what_was_frozen(house: House):
    """What was known then, asked of the facts, is what the issue says."""
    first = house.publish(8)
    house.world.clock.advance(minutes=30)
    house.world.send(row("S1", 8, 60, key="c", correction_of="S1/8", note="x"))
    then = house.world.look(as_of=first.known_at)
    assert then.figures.persons == first.frozen.total.persons
    assert [c.figures.persons for c in then.children] == [line.persons for line in first.frozen.lines]


# -- what others read


def test_published_values_are_read_by_place_figure_and_hour(house: House):
    world = house.world
    tree = world.tree()
    ids = {code: place.id for code, place in tree.by_code.items()}

    def value(code: str, figure: str = "persons", period: int | None = None):
        with world.database.read() as session:
            found = published_figure(session, world.id, ids[code], figure, period)
            return (found.issue.label, found.value) if found else None

    assert value(DISTRICT) is None
    house.freeze(7)
    assert value(DISTRICT) is None
    house.publish(8)
    assert value(DISTRICT) == ("3", 320)
    assert value(TOWN) == ("3", 160)
    assert value("S1") == ("3", 100)
    assert value("S1", "hour_persons") == ("3", 50)
    assert value(DISTRICT, "reported") == ("3", 3)
    assert value(DISTRICT, "persons", 1) is None
    assert value(DISTRICT, "persons", 2) == ("3", 320)
    world.send(row("S5", 8, 7))
    house.publish(8, reason="补报")
    assert value(DISTRICT) == ("3.1", 327)
    with world.database.read() as session, pytest.raises(ValueError, match="nonsense"):
        published_figure(session, world.id, ids[DISTRICT], "nonsense")
    with world.database.read() as session:
        last = last_published(session, world.id, tree.by_code["S1"])
    assert last is not None
    assert (last.label, last.period) == ("3.1", 2)


def test_every_published_figure_can_be_asked_for(house: House):
    house.publish(8)
    place = house.world.tree().by_code[DISTRICT]
    with house.world.database.read() as session:
        for figure in FIGURES:
            assert published_figure(session, house.world.id, place.id, figure) is not None


def test_a_city_publishes_its_districts(database: Database, clock: SetClock):
    clock.to(at(9, 20))
    house = House(make_world(database, clock, city=True))
    issue = house.publish(8, place=CITY)
    assert [line.place.code for line in issue.frozen.lines] == [DISTRICT]
    tree = house.world.tree()
    with database.read() as session:
        found = published_figure(session, house.world.id, tree.by_code[DISTRICT].id, "persons")
    assert found is not None
    assert found.value == 320
    house.publish(8)
    with database.read() as session:
        own = published_figure(session, house.world.id, tree.by_code[TOWN].id, "persons")
    assert own is not None
    assert own.issue.id != found.issue.id


def test_below_a_district_the_page_shows_its_own_line_alone(house: House):
    house.publish(8)
    page = _page(house.world, TOWN)
    assert not page.publishes
    assert page.above is not None
    assert page.above.frozen.total.place.code == TOWN
    assert page.above.frozen.lines == ()
    assert page.comparison is not None
    assert page.comparison.differences == ()


def test_an_issue_of_another_hour_is_marked_when_its_sums_have_moved(house: House):
    first = house.publish(7)
    assert first.id not in _page(house.world).drifted
    house.world.send(row("S1", 7, 51, key="c", correction_of="S1/7", note="x", tubes=5, third_copies=5))
    assert first.id in _page(house.world).drifted


def test_the_campaign_begun_anew_has_no_bulletins(house: House):
    """The table is among those the demonstration empties."""
    from data.demo import runner

    assert Bulletin.__tablename__ in {t.__tablename__ for t in vars(runner).values() if hasattr(t, "__tablename__")}


def test_the_settings_of_a_campaign_say_how_many_people(database: Database, clock: SetClock):
    world = make_world(database, clock, settings={"bulletin_people": "2"})
    with database.read() as session:
        assert campaigns.campaign_of(campaigns.find(session, world.id)).limits.bulletin_people == 2
