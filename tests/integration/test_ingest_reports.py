"""Hourly reports into the record: what is refused, what counts, and what leaves a trace."""

import pytest
from kit import DISTRICT, OTHER_TOWN, TOWN, World, at, codes, correction, iso, make_world, row

from data import tokens
from data.ingest.batch import Sender
from data.models import Audit, Decision, RefusedClaim, Report, ReportAlias, Revision
from domain.values import MAX_COUNT

TOWN_SENDER = Sender("town", TOWN)


def changed(site: str, hour: int, more: dict[str, object]) -> dict[str, object]:
    """A row with some fields changed, in which a value of "absent" takes its field out."""
    return {name: value for name, value in (row(site, hour, 10) | more).items() if value != "absent"}


# -- the contract's table of refusals

REFUSALS: list[tuple[dict[str, object], str, str]] = [
    ({"site": "S9"}, "site", "unknown_site"),
    ({"site": TOWN}, "site", "unknown_site"),
    ({"site": "S4"}, "site", "out_of_scope"),
    ({"hour": iso(11)}, "hour", "hour_in_future"),
    ({"hour": iso(10), "hours": 2}, "hour", "hour_in_future"),
    ({"persons": -1}, "persons", "negative"),
    ({"tubes": -1}, "tubes", "negative"),
    ({"tubes": "a dozen"}, "tubes", "not_a_number"),
    ({"tubes": "12"}, "tubes", "not_a_number"),
    ({"tubes": True}, "tubes", "not_a_number"),
    ({"tubes": [1]}, "tubes", "not_a_number"),
    ({"tubes": {"n": 1}}, "tubes", "not_a_number"),
    ({"tubes": float("nan")}, "tubes", "not_a_number"),
    ({"tubes": 10**30}, "tubes", "too_large"),
    ({"persons": MAX_COUNT + 1}, "persons", "too_large"),
    ({"tubes": 1.5}, "tubes", "not_whole"),
    ({"key": "absent"}, "key", "missing_field"),
    ({"site": "absent"}, "site", "missing_field"),
    ({"hour": "absent"}, "hour", "missing_field"),
    ({"persons": "absent"}, "persons", "missing_field"),
    ({"persons": None}, "persons", "missing_field"),
    ({"correction_of": "k0"}, "note", "missing_field"),
    ({"hour": "2021-06-06T09:00:00"}, "hour", "bad_time"),
    ({"hour": "2021-06-06T09:30:00+08:00"}, "hour", "bad_time"),
    ({"hour": "soon"}, "hour", "bad_time"),
    ({"hour": None}, "hour", "missing_field"),
    ({"persons": 61, "tubes": 2}, "persons", "persons_exceed_tubes"),
    ({"persons": 31, "tubes": 2, "pool_size": 5}, "persons", "persons_exceed_tubes"),
    ({"hour": iso(8)}, "hour", "needs_correction"),
    ({"hour": iso(7), "hours": 2}, "hour", "overlaps"),
    ({"key": "S1/8"}, "key", "conflict"),
    ({"correction_of": "S1/8", "note": "x", "hour": iso(7)}, "hour", "overlaps"),
    ({"correction_of": "S1/7", "note": "x", "hour": iso(7)}, "correction_of", "conflict"),
    ({"correction_of": "S2/9", "note": "x"}, "correction_of", "conflict"),
    ({"key": "S2/9"}, "key", "conflict"),
]
"""What is changed in a plain row of S1 at 09:00, and the field and code it is refused with."""


def test_an_impossible_or_unreadable_row_is_refused_with_its_code(world: World):
    world.send(
        row("S1", 7, 5),
        row("S1", 7, 6, key="S1/7c", correction_of="S1/7", note="typing error"),
        row("S1", 8, 5),
        row("S2", 9, 5),
    )
    before = world.persons(), set(world.current())
    wrong = []
    for changes, field, code in REFUSALS:
        result = world.send(changed("S1", 9, changes), sender=TOWN_SENDER)
        if (codes(result), result.accepted, result.unchanged) != ([(0, field, code)], 0, 0):
            wrong.append((changes, codes(result), result.accepted))
    assert wrong == []
    assert (world.persons(), set(world.current())) == before
    world.check()


def test_the_bound_of_what_is_possible_is_tubes_and_one_carried_over_by_each_lane(world: World):
    result = world.send(row("S1", 8, 60, tubes=2), row("S1", 9, 61, tubes=2), row("S5", 9, 5000, tubes=1))
    assert codes(result) == [(1, "persons", "persons_exceed_tubes")]
    assert world.flags("S1/8") == {"persons_over_tubes", "late"}


def test_good_rows_go_in_and_bad_rows_come_back(world: World):
    result = world.send(row("S1", 8, 5), row("S1", 9, -5), row("S2", 8, 7), row("S9", 8, 1), row("S2", 9, 1))
    assert result.accepted == 3
    assert [(r.index, r.code) for r in result.rejected] == [(1, "negative"), (3, "unknown_site")]
    assert world.persons() == 13
    world.check()


@pytest.mark.parametrize("nonsense", [None, [], 5, "row", True, [{"key": 1}]])
def test_what_is_no_row_is_refused_by_itself(world: World, nonsense):
    result = world.send(row("S1", 8, 5), nonsense, row("S1", 9, 6))
    assert codes(result) == [(1, "row", "bad_value")]
    assert world.persons() == 11


def test_a_refused_row_leaves_its_key_free(world: World):
    assert codes(world.send(row("S1", 8, -1))) == [(0, "persons", "negative")]
    assert world.send(row("S1", 8, 10)).accepted == 1
    assert codes(world.send(row("S1", 8, 99, key="other"))) == [(0, "hour", "needs_correction")]
    assert world.send(row("S1", 9, 10, key="other")).accepted == 1


# -- the same again


def test_the_same_key_with_the_same_content_is_unchanged(world: World):
    sent = row("S1", 8, 10, tubes=1, note=" note ")
    world.send(sent)
    revision, audits = world.revision(), len(world.audits())
    for again in (sent, sent | {"hour": "2021-06-06T00:00:00Z"}, sent | {"hours": 1, "persons": 10.0}):
        result = world.send(again)
        assert (result.accepted, result.unchanged, codes(result)) == (0, 1, [])
        assert result.revision == revision
    assert (world.revision(), len(world.audits())) == (revision, audits)
    assert world.persons() == 10


def test_another_key_for_the_same_site_and_period_with_the_same_content_is_unchanged(world: World):
    world.send(row("S1", 8, 10, tubes=1))
    result = world.send(row("S1", 8, 10, tubes=1, key="other"))
    assert (result.accepted, result.unchanged, codes(result)) == (0, 1, [])
    assert world.send(row("S1", 8, 10, tubes=1, key="other")).unchanged == 1
    assert codes(world.send(row("S1", 8, 11, tubes=1, key="other"))) == [(0, "key", "conflict")]
    assert world.persons() == 10
    assert world.count(Report) == 1
    world.check()


def test_a_row_twice_in_one_batch_counts_once(world: World):
    result = world.send(row("S1", 8, 10), row("S1", 8, 10), row("S1", 8, 10, key="other"))
    assert (result.accepted, result.unchanged) == (1, 2)
    assert world.persons() == 10


def test_the_same_key_with_other_content_is_a_conflict_and_both_are_kept_for_the_town(world: World):
    world.send(row("S1", 8, 10))
    for _ in range(2):
        assert codes(world.send(row("S1", 8, 12))) == [(0, "key", "conflict")]
    (kept,) = world.refused_claims()
    assert (kept.key, kept.code, kept.content["persons"]) == ("S1/8", "conflict", 12)
    finding = next(f for f in world.look().findings if f.kind == "conflict")
    assert (finding.place, finding.params["first"], finding.params["second"]) == ("S1", 10, 12)
    assert world.persons() == 10
    world.check()


def test_a_key_used_for_another_site_is_a_conflict_and_both_are_kept_for_the_town(world: World):
    world.send(row("S1", 8, 10, key="k"))
    assert codes(world.send(row("S2", 8, 12, key="k"))) == [(0, "key", "conflict")]
    assert [(kept.key, kept.content["persons"]) for kept in world.refused_claims()] == [("k", 12)]


def test_two_contents_of_one_key_in_one_batch_are_one_report_and_one_conflict(world: World):
    result = world.send(row("S1", 8, 10), row("S1", 8, 12))
    assert (result.accepted, codes(result)) == (1, [(1, "key", "conflict")])
    assert len(world.refused_claims()) == 1


def test_a_changed_figure_without_correction_is_refused_and_shown(world: World):
    world.send(row("S1", 8, 10))
    assert codes(world.send(row("S1", 8, 11, key="new"))) == [(0, "hour", "needs_correction")]
    assert [kept.code for kept in world.refused_claims()] == ["needs_correction"]
    assert world.persons() == 10


# -- catch-ups


def test_a_catch_up_counts_in_the_last_hour_it_covers(world: World):
    world.send(row("S1", 7, 90, hours=3, tubes=9))
    assert world.by_hour() == {9: 90}
    assert world.look().figures.catch_up_persons == 90
    assert world.flags("S1/7") == {"late", "catch_up"}


def test_a_catch_up_satisfies_the_hours_it_covers_as_late(world: World):
    world.send(row("S1", 7, 90, hours=3))
    assert [world.board(h)["S1"] for h in (6, 7, 8)] == ["missing", "late", "late"]
    assert world.board(9)["S1"] == "late"
    hours = world.look("S1").hours
    assert [(h.tally.on_time, h.tally.late, h.tally.missing) for h in hours[:4]] == [
        (0, 0, 1), (0, 1, 0), (0, 1, 0), (0, 1, 0),
    ]  # fmt: skip
    world.check()


def test_a_catch_up_satisfies_only_the_hours_the_site_was_open(world: World):
    world.clock.to(at(15))
    world.send(row("S2", 11, 40, hours=3))
    assert [world.board(h)["S2"] for h in (11, 12, 13)] == ["late", "closed", "late"]
    world.check()


def test_a_catch_up_over_a_reported_hour_overlaps_and_so_does_an_hour_of_a_catch_up(world: World):
    world.send(row("S1", 8, 10))
    assert codes(world.send(row("S1", 7, 90, key="c", hours=3))) == [(0, "hour", "overlaps")]
    world.send(row("S4", 7, 90, key="c", hours=3))
    assert codes(world.send(row("S4", 8, 10))) == [(0, "hour", "overlaps")]
    assert world.persons() == 100
    world.check()


def test_a_catch_up_may_be_corrected_into_its_hours(world: World):
    world.send(row("S1", 7, 90, key="c", hours=3))
    world.send(correction("c1", "c", "S1", 9, 40))
    assert world.send(row("S1", 7, 20), row("S1", 8, 30)).accepted == 2
    assert world.by_hour() == {7: 20, 8: 30, 9: 40}
    assert world.look().figures.catch_up_persons == 0
    world.check()


def test_a_running_total_may_be_a_catch_up(world: World):
    world.send(row("S1", 6, persons_total=10), row("S1", 7, persons_total=100, hours=3))
    assert world.by_hour() == {6: 10, 9: 90}
    assert world.look().figures.catch_up_persons == 90


def test_half_hour_periods_are_reported_by_the_half_hour(database, clock):
    world = make_world(database, clock, interval_minutes=30)
    rows = [row("S1", iso(8, 30), 10), row("S1", iso(9), 20, hours=0.5), row("S1", iso(9, 30), 9, hours=1)]
    assert world.send(*rows).accepted == 3
    assert codes(world.send(row("S1", iso(6, 15), 1))) == [(0, "hour", "bad_time")]
    world.check()


# -- pool sizes


def test_the_pool_size_is_the_reports_else_the_places_else_the_campaigns(world: World):
    world.set_places({"site": "S3", "town": TOWN, "pool_size": 5})
    world.send(
        row("S3", 9, 26, tubes=5),
        row("S1", 9, 26, tubes=5, pool_size=5),
        row("S4", 9, 26, tubes=5),
        row("S2", 9, 26, tubes=5, pool_size=20),
    )
    over = {key for key in world.current() if "persons_over_tubes" in world.flags(key)}
    assert over == {"S3/9", "S1/9"}
    assert codes(world.send(row("S3", 10, 36, tubes=6))) == [(0, "persons", "persons_exceed_tubes")]


def test_a_new_pool_size_of_a_place_judges_its_reports_anew(world: World):
    world.send(row("S1", 8, 26, tubes=5), row("S4", 8, 26, tubes=5))
    revision = world.revision()
    world.set_places({"town": TOWN, "pool_size": 5})
    assert world.flags("S1/8") == {"persons_over_tubes", "late"}
    assert world.flags("S4/8") == {"late"}
    assert world.revision() == revision + 1
    world.check()


# -- the town's word


def test_a_verified_report_that_is_corrected_falls_back_alone(world: World):
    world.send(row("S1", 7, 10), row("S1", 8, 20), row("S2", 8, 30))
    assert world.verify("S1/7", "S1/8", "S2/8").accepted == 3
    assert world.look().figures.verified_share == 1.0
    world.send(correction("c1", "S1/8", "S1", 8, 25))
    assert {k: v.status for k, v in world.current().items()} == {
        "S1/7": "verified", "S2/8": "verified", "c1": "submitted",
    }  # fmt: skip
    assert world.look().figures.verified_share == pytest.approx(40 / 65)
    world.check()


def test_a_returned_report_counts_until_a_new_version_replaces_it(world: World):
    world.send(row("S1", 8, 20))
    world.send_back("S1/8")
    assert world.persons() == 20
    assert world.board(8)["S1"] == "returned"
    tally = world.look("S1").hours[2].tally
    assert (tally.late, tally.missing, tally.returned) == (1, 0, 1)
    world.send(correction("c1", "S1/8", "S1", 8, 25))
    assert world.persons() == 25
    assert world.board(8)["S1"] == "late"
    world.check()


def test_a_decision_is_taken_once_and_may_be_changed(world: World):
    world.send(row("S1", 8, 20))
    assert world.verify("S1/8").accepted == 1
    assert world.verify("S1/8").unchanged == 1
    assert world.send_back("S1/8").accepted == 1
    assert world.count(Decision) == 2
    assert world.current()["S1/8"].status == "returned"
    world.check()


def test_a_decision_on_an_unknown_superseded_or_foreign_report_is_refused(world: World):
    world.send(row("S1", 8, 20), correction("c1", "S1/8", "S1", 8, 25), row("S4", 8, 5))
    result = world.verify("nothing", "S1/8", "S4/8", "c1", "c1", sender=TOWN_SENDER)
    assert [(r.index, r.code) for r in result.rejected] == [
        (0, "unknown_report"),
        (1, "conflict"),
        (2, "out_of_scope"),
    ]
    assert (result.accepted, result.unchanged) == (1, 1)


def test_a_verified_report_keeps_its_word_when_its_figure_follows_another_total(world: World):
    world.send(row("S1", 8, persons_total=50))
    world.verify("S1/8")
    world.send(row("S1", 7, persons_total=20))
    assert world.by_hour() == {7: 20, 8: 30}
    assert world.current()["S1/8"].status == "verified"
    assert world.look().figures.verified_persons == 30
    world.check()


# -- unknown is not zero


def test_what_no_report_states_is_unknown_and_zero_is_zero(world: World):
    world.send(row("S1", 8, 20), row("S2", 8, 0, tubes=0))
    assert world.look("S1").figures.tubes is None
    assert world.look("S2").figures.tubes == 0
    assert world.look(TOWN).figures.tubes == 0
    assert world.look(OTHER_TOWN).figures.persons == 0
    assert world.board(8)["S2"] == "zero"
    assert world.board(8)["S4"] == "missing"


# -- duty


def test_duty_shows_every_site_in_one_state(world: World):
    world.clock.to(at(9, 5))
    world.send(row("S1", 8, 5))
    world.clock.to(at(9, 15))
    world.send(row("S4", 8, 5), row("S5", 8, 0))
    assert world.board(8) == {"S1": "on_time", "S2": "missing", "S3": "missing", "S4": "late", "S5": "zero"}
    assert world.board(9) == {"S1": "not_due", "S2": "not_due", "S3": "not_due", "S4": "not_due", "S5": "not_due"}
    assert world.board(7)["S3"] == "closed"
    world.send(row("S3", 7, 3))
    assert world.board(7)["S3"] == "closed"
    assert "outside_opening" in world.flags("S3/7")
    world.check()


def test_a_new_opening_counts_duty_anew(world: World):
    world.send(row("S3", 7, 3), row("S1", 8, 3))
    day = "2021-06-06T07:00:00+08:00/2021-06-06T11:30:00+08:00"
    world.set_places({"site": "S3", "town": TOWN, "opening": day})
    assert world.board(7)["S3"] == "late"
    assert "outside_opening" not in world.flags("S3/7")
    world.check()


# -- revision and audit


def test_the_revision_rises_by_one_with_every_batch_that_changes_something_and_no_other(world: World):
    start = world.revision()
    steps = [
        (lambda: world.send(row("S1", 8, 5), row("S2", 8, 6), row("S4", 8, 7)), 1),
        (lambda: world.send(row("S1", 8, 5), row("S2", 8, 6)), 0),
        (lambda: world.send(row("S9", 8, 5), row("S1", 9, -1)), 0),
        (lambda: world.send(), 0),
        (lambda: world.send(row("S1", 8, 99)), 1),
        (lambda: world.send(row("S1", 8, 99)), 0),
        (lambda: world.send(row("S1", 8, 99), row("S1", 9, 5)), 1),
        (lambda: world.verify("S1/8", "S2/8"), 1),
        (lambda: world.verify("S1/8", "nothing"), 0),
        (lambda: world.send_back("S1/8"), 1),
        (lambda: world.set_places({"site": "S1", "town": TOWN, "lanes": 5}), 1),
        (lambda: world.set_places({"site": "S1", "town": TOWN, "lanes": 5}), 0),
    ]
    for i, (step, rise) in enumerate(steps):
        before = world.revision()
        result = step()
        assert world.revision() == before + rise == result.revision, i
    assert world.count(Revision) == world.revision() == start + sum(rise for _, rise in steps)


def test_every_write_leaves_who_when_and_what(world: World):
    world.clock.advance(minutes=1)
    world.send(row("S1", 8, 5), row("S9", 8, 5), sender=Sender("gate 7"))
    world.verify("S1/8", sender=Sender("town of it"))
    reports, decision = world.audits()[-2:]
    assert (reports.actor, reports.action, reports.recorded_at) == ("gate 7", "reports", world.clock().astimezone())
    assert reports.details["site"] == "S1"
    assert reports.details.items() >= {"accepted": 1, "unchanged": 0, "rejected": 1}.items()
    assert (decision.actor, decision.action) == ("town of it", "reports.verified")
    assert decision.revision == reports.revision + 1 == world.revision()
    assert world.count(Audit) == world.revision()


def test_facts_are_kept_as_sent(world: World):
    world.send(row("S1", 8, key="a", persons_total=30, tubes_total=3), row("S1", 8, 30, key="b", persons_total=31))
    assert (world.count(Report), world.count(RefusedClaim), world.count(ReportAlias)) == (1, 1, 0)
    assert world.current()["a"].counts["persons_total"] == 30
    assert world.current()["a"].counts["persons"] is None


def test_a_long_place_code_in_the_senders_name_does_not_stop_a_batch(database, clock):
    town = "T" * 120
    world = make_world(database, clock, rows=[{"site": "S1", "town": town, "district": DISTRICT}])
    secret = world.token("town", town)
    with database.read() as session:
        bearer = tokens.find(session, secret)
    assert bearer is not None
    assert world.send(row("S1", 8, 5), sender=Sender(bearer.name, bearer.place)).accepted == 1
