"""The town's word on reports: verify, return, take back; and what is entered for a site that telephoned."""

from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import DISTRICT, OPERATOR, OTHER_TOWN, TOWN, Api, SetClock, World, assert_problem, at, codes, make_world, row
from test_properties import RELAXED

from data.ingest.batch import BatchResult, Sender
from data.ingest.decisions import decide, undo
from data.models import Decision, Report
from data.stored_reports import records_as_of
from domain.errors import Code
from domain.reports import Status

CLERK, TOWN_DATA, DISTRICT_DATA = Sender("clerk", "S1"), Sender("town", TOWN), Sender("district", DISTRICT)


def verify(world: World, *keys: str, who: Sender = TOWN_DATA, clean_only: bool = False) -> BatchResult:
    return decide(world.database, world.id, keys, Status.VERIFIED, who, world.clock, clean_only=clean_only)


def send_back(
    world: World, *keys: str, who: Sender = TOWN_DATA, reason: str = "outlier", note: str = ""
) -> BatchResult:
    return decide(world.database, world.id, keys, Status.RETURNED, who, world.clock, reason, note)


def take_back(world: World, revision: int, *keys: str, who: Sender = TOWN_DATA) -> BatchResult:
    return undo(world.database, world.id, keys, revision, who, world.clock)


def decisions(world: World) -> list[tuple[str, str, str, int | None]]:
    with world.database.read() as session:
        query = sa.select(Decision.status, Decision.reason, Decision.actor, Decision.undoes).where(
            Decision.campaign_id == world.id
        )
        return [tuple(found) for found in session.execute(query.order_by(Decision.id))]


def status(world: World, key: str) -> str:
    return world.current()[key].status


# -- the property: any acts in any order


@dataclass
class Model:
    """What the test thinks of one site: the report that counts, and every decision about it."""

    key: str = ""
    versions: int = 0
    history: list[tuple[Status, str, int, float, int | None]] = field(default_factory=list)
    """Status, actor, revision, second and what it undoes."""

    @property
    def status(self) -> Status:
        return self.history[-1][0] if self.history else Status.SUBMITTED


acts = st.lists(
    st.tuples(
        st.sampled_from(["send", "verify", "verify", "return", "undo", "undo", "wait", "verify clean"]),
        st.sampled_from(["S1", "S2"]),
        st.sampled_from([TOWN_DATA, TOWN_DATA, DISTRICT_DATA]),
        st.integers(0, 12),
    ),
    min_size=4,
    max_size=25,
)


def test_any_acts_in_any_order_leave_the_status_the_last_word_says(database, clock: SetClock):
    @settings(RELAXED, max_examples=40 if database.is_sqlite else 10)
    @given(acts)
    def holds(done: list[tuple[str, str, Sender, int]]) -> None:
        clock.to(at(9, 5))
        world = make_world(database, clock)
        models = {"S1": Model(), "S2": Model()}
        second = 0.0
        rows = 0
        for act, site, who, number in done:
            model = models[site]
            if act == "wait":
                second += number
                clock.advance(seconds=number)
                continue
            if act == "send":
                corrected = {"correction_of": model.key, "note": "recounted"} if model.key else {}
                model.versions += 1
                key = f"{site}/{model.versions}"
                assert world.send(row(site, 8, 10 + number, key=key, tubes=9, **corrected)).accepted == 1
                model.key, model.history = key, []
            elif not model.key:
                assert codes(verify(world, "nobody's", who=who)) == [(0, "keys", Code.UNKNOWN_REPORT)]
                continue
            elif act == "undo":
                known = [entry[2] for entry in model.history] or [0]
                revision = known[-1 - number % min(2, len(known))]
                rows += _undo(world, model, revision, who, second)
            else:
                wanted = Status.RETURNED if act == "return" else Status.VERIFIED
                if act == "return":
                    result = send_back(world, model.key, who=who)
                else:
                    result = verify(world, model.key, who=who, clean_only=act == "verify clean")
                if model.status is wanted:
                    assert (result.accepted, result.unchanged) == (0, 1)
                elif result.rejected:
                    assert act == "verify clean"
                    assert codes(result) == [(0, "keys", Code.NOT_CLEAN)]
                else:
                    assert result.accepted == 1
                    model.history.append((wanted, who.name, result.revision, second, None))
                    rows += 1
            assert status(world, model.key) == model.status
            assert world.count(Decision) == rows
        assert world.differences() == 0
        assert [m.status for m in models.values() if m.key] == [s for s in _from_the_facts(world, models) if s]
        world.check()

    holds()


def _undo(world: World, model: Model, revision: int, who: Sender, second: float) -> int:
    """Take back, hold the answer against the model; how many rows that must have added."""
    last = model.history[-1] if model.history else None
    result = take_back(world, revision, model.key, who=who)
    if last and last[4] == revision and last[1] == who.name:
        assert (result.accepted, result.unchanged, result.rejected) == (0, 1, [])
        return 0
    if last and last[2] == revision and last[4] is None and last[1] == who.name and second - last[3] <= 15:
        assert result.accepted == 1
        stood = model.history[-2][0] if len(model.history) > 1 else Status.SUBMITTED
        model.history.append((stood, who.name, result.revision, second, revision))
        return 1
    assert (result.accepted, len(result.rejected)) == (0, 1)
    return 0


def _from_the_facts(world: World, models: dict[str, Model]) -> list[Status | None]:
    """The same statuses put together from reports and decisions alone, as an "as of" would."""
    with world.reading() as (session, tree):
        ids = [tree.by_code[site].id for site in models]
        records = records_as_of(session, tree, ids, None)
    heads = {key: held.status for record in records.values() for key, held in record.heads.items()}
    return [heads.get(model.key) for model in models.values()]


# -- taking back


def test_a_taken_back_verification_waits_again_and_the_share_falls(world: World):
    world.send(row("S1", 8, 60, tubes=6), row("S2", 8, 40, tubes=4))
    done = verify(world, "S1/8", "S2/8")
    assert world.look(TOWN).figures.verified_share == 1
    assert take_back(world, done.revision, "S1/8").accepted == 1
    assert status(world, "S1/8") == "submitted"
    assert world.look(TOWN).figures.verified_share == pytest.approx(0.4)
    assert decisions(world)[-1] == ("submitted", "", "town", done.revision)
    assert world.audits()[-1].action == "reports.undo"
    world.check()


def test_taking_back_restores_the_return_with_its_reason(world: World):
    world.send(row("S1", 8, 60, tubes=6))
    send_back(world, "S1/8", reason="total_falls", note="看第三行")
    done = verify(world, "S1/8")
    take_back(world, done.revision, "S1/8")
    assert decisions(world)[-1] == ("returned", "total_falls", "town", done.revision)
    assert status(world, "S1/8") == "returned"


def test_forty_verified_at_once_are_taken_back_at_once(world: World):
    world.send(*(row("S1", hour, 10, tubes=1) for hour in (6, 7, 8)), row("S2", 8, 10, tubes=1))
    keys = ["S1/6", "S1/7", "S1/8", "S2/8"]
    done = verify(world, *keys)
    back = take_back(world, done.revision, *keys, "S1/8")
    assert (back.accepted, back.unchanged) == (4, 1)
    assert {v.status for v in world.current().values()} == {"submitted"}


def test_a_correction_in_between_leaves_nothing_to_take_back(world: World):
    world.send(row("S1", 8, 60, tubes=6))
    done = verify(world, "S1/8")
    world.send(row("S1", 8, 61, key="c", tubes=7, correction_of="S1/8", note="recounted"))
    assert codes(take_back(world, done.revision, "S1/8")) == [(0, "keys", Code.CONFLICT)]
    assert codes(take_back(world, done.revision, "c")) == [(0, "revision", Code.CONFLICT)]


def test_ten_seconds_of_the_reader_are_ten_in_a_demonstration_that_runs_faster(database, clock: SetClock):
    ticking = {"clock": {"real_start": clock().isoformat(), "campaign_start": at(9).isoformat(), "speed": 60.0}}
    world = make_world(database, clock, settings=ticking)
    world.send(row("S1", 8, 60, tubes=6))
    done = verify(world, "S1/8")
    clock.advance(seconds=10)
    assert take_back(world, done.revision, "S1/8").accepted == 1
    done = verify(world, "S1/8")
    clock.advance(seconds=16)
    assert codes(take_back(world, done.revision, "S1/8")) == [(0, "revision", Code.TOO_LATE)]


def test_a_key_outside_the_own_town_is_not_taken_back(world: World):
    world.send(row("S4", 8, 60, tubes=6))
    done = verify(world, "S4/8", who=DISTRICT_DATA)
    assert codes(take_back(world, done.revision, "S4/8")) == [(0, "keys", Code.OUT_OF_SCOPE)]


# -- clean only


def test_verifying_clean_reports_leaves_out_what_somebody_has_to_look_at(world: World):
    world.send(row("S1", 7, 60, tubes=6), row("S1", 8, 60, tubes=6, third_copies=5), row("S2", 8, 40, tubes=4))
    world.send(row("S2", 8, 44, key="other", tubes=5))  # refused: it contradicts
    world.send(row("S3", 9, 30, tubes=3))
    verify(world, "S3/9")
    world.send(row("S3", 9, 31, key="S3/c", tubes=4, correction_of="S3/9", note="one more"))
    keys = ["S1/7", "S1/8", "S2/8", "S3/c"]
    done = verify(world, *keys, clean_only=True)
    assert done.accepted == 1
    assert codes(done) == [(n, "keys", Code.NOT_CLEAN) for n in (1, 2, 3)]
    assert verify(world, *keys).accepted == 3


def test_late_reports_are_clean(world: World):
    world.clock.to(at(10, 30))
    world.send(row("S1", 8, 60, tubes=6))
    assert world.flags("S1/8") == {"late"}
    assert verify(world, "S1/8", clean_only=True).accepted == 1


# -- entered for a site that telephoned


def test_the_record_says_that_a_report_was_entered_by_telephone_and_by_whom(world: World):
    world.send(row("S1", 8, 60, tubes=6, channel="phone", note="王医生来电"), sender=TOWN_DATA)
    assert (world.current()["S1/8"].channel, world.current()["S1/8"].actor) == ("phone", "town")
    with world.database.read() as session:
        assert session.scalar(sa.select(Report.channel).where(Report.campaign_id == world.id)) == "phone"


def test_what_the_site_then_sends_itself_is_the_same_or_stands_beside_it(world: World):
    world.send(row("S1", 8, 60, key="phone/1", tubes=6, channel="phone"), sender=TOWN_DATA)
    assert world.send(row("S1", 8, 60, tubes=6), sender=CLERK).unchanged == 1
    assert codes(world.send(row("S1", 8, 66, key="own", tubes=7), sender=CLERK)) == [
        (0, "hour", Code.NEEDS_CORRECTION)
    ]
    assert [claim.key for claim in world.refused_claims()] == ["own"]
    assert world.current()["phone/1"].channel == "phone"


@pytest.mark.parametrize(("channel", "sender"), [("phone", CLERK), ("fax", TOWN_DATA), (7, TOWN_DATA), ("", CLERK)])
def test_a_site_does_not_telephone_itself_and_channels_are_known_words(world: World, channel, sender):
    result = world.send(row("S1", 8, 60, tubes=6, channel=channel), sender=sender)
    assert codes(result) == ([] if channel == "" else [(0, "channel", Code.BAD_VALUE)])


def test_the_same_key_with_another_channel_is_a_conflict(world: World):
    world.send(row("S1", 8, 60, tubes=6, channel="phone"), sender=OPERATOR)
    again = row("S1", 8, 60, tubes=6, channel="phone")
    assert world.send(again, sender=OPERATOR).unchanged == 1
    assert codes(world.send(row("S1", 8, 60, tubes=6), sender=OPERATOR)) == [(0, "key", Code.CONFLICT)]


# -- over HTTP


def test_a_decision_is_taken_back_over_http_with_the_revision_it_was_answered_with(api: Api):
    api.post("reports", {"reports": [row("S1", 8, 60, tubes=6)]})
    done = api.post("reports/verify", {"keys": ["S1/8"], "clean_only": True}, "town").json
    assert done["accepted"] == 1
    back = api.post("reports/undo", {"keys": ["S1/8"], "revision": done["revision"]}, "town").json
    assert (back["accepted"], back["rejected"]) == (1, [])
    again = api.post("reports/undo", {"keys": ["S1/8"], "revision": done["revision"]}, "town").json
    assert (again["accepted"], again["unchanged"]) == (0, 1)
    assert api.get("reports?site=S1").json[0]["status"] == "submitted"


def test_nobody_takes_back_what_another_decided(api: Api):
    api.post("reports", {"reports": [row("S1", 8, 60, tubes=6)]})
    done = api.post("reports/verify", {"keys": ["S1/8"]}, "district").json
    back = api.post("reports/undo", {"keys": ["S1/8"], "revision": done["revision"]}, "town", language="en").json
    assert [(r["field"], r["code"]) for r in back["rejected"]] == [("revision", "not_yours")]
    assert "not yours" in back["rejected"][0]["message"]


@pytest.mark.parametrize("who", ["reader", "site", "gateway", f"town:{OTHER_TOWN}"])
def test_who_may_not_decide_may_not_take_back(api: Api, who: str):
    api.post("reports", {"reports": [row("S1", 8, 60, tubes=6)]})
    revision = api.post("reports/verify", {"keys": ["S1/8"]}).json["revision"]
    answer = api.post("reports/undo", {"keys": ["S1/8"], "revision": revision}, who)
    if who.startswith("town"):
        assert answer.json["rejected"][0]["code"] == "out_of_scope"
    else:
        assert_problem(answer, 403)


@pytest.mark.parametrize(
    "body",
    [[], {}, {"keys": "S1/8", "revision": 1}, {"keys": ["S1/8"]}, {"keys": ["S1/8"], "revision": "1"},
     {"keys": ["S1/8"], "revision": True}, {"keys": [7], "revision": 1}],
)  # fmt: skip
def test_an_undo_that_cannot_be_read_is_refused(api: Api, body):
    assert_problem(api.post("reports/undo", body), 400)


@pytest.mark.parametrize("clean_only", ["yes", 1, None])
def test_clean_only_is_true_or_false(api: Api, clean_only):
    assert_problem(api.post("reports/verify", {"keys": [], "clean_only": clean_only}), 400)


def test_the_channel_is_told_with_the_report(api: Api):
    sent = row("S1", 8, 60, tubes=6, channel="phone")
    assert api.post("reports", {"reports": [sent]}, "town").json["accepted"] == 1
    assert api.get("reports?site=S1").json[0]["channel"] == "phone"
    refused = api.post("reports", {"reports": [row("S1", 9, 60, channel="phone")]}, "site", language="en").json
    assert refused["rejected"][0]["code"] == "bad_value"
