"""Reminders from the list to the receiver: what goes, what is refused, what is written down."""

import base64
import hashlib
import hmac
import threading
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from kit import DISTRICT, OTHER_TOWN, TOWN, SetClock, World, at, codes, iso, make_world, row
from webhook import Receiver, receiving

from data import campaigns, reminder_record
from data.database import Database
from data.ingest.batch import Sender
from data.models import Reminder, ReminderResult
from data.queries.duty_board import duty_board, reminded
from data.queries.moment import Moment
from data.reminders import RemindResult, remind
from data.webhooks import Message, deliver
from domain.board import Board, Reminded, Target
from domain.reminders import Preset, Result, Standing

HOUR = 9
"""The hour whose reports are owed: due at 10:10, and the clock shows 10:30."""


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def owing(database: Database, clock: SetClock, hook: Receiver) -> World:
    """S1 and S4 owe the hour, S2's report was returned; S3 and S5 have reported."""
    world = make_world(database, clock)
    clock.to(at(10, 5))
    world.send(row("S2", HOUR, 20, tubes=2, third_copies=1), row("S3", HOUR, 5), row("S5", HOUR, 5))
    world.send_back("S2/9")
    clock.to(at(10, 30))
    set_target(world, DISTRICT)
    return world


def set_target(world: World, place: str, preset: Preset = Preset.GENERIC, variable: str = "REMINDER_HOOK") -> None:
    with world.database.write() as session:
        campaign = campaigns.lock(session, world.id)
        target = Target(preset, variable)
        at_place = campaigns.tree_of(session, campaign).by_code[place]
        reminder_record.set_target(session, campaign, at_place, target, "operator", world.clock())


def wanted(town: str = TOWN, key: str = "k1", **more: object) -> dict[str, object]:
    sites = {"S1": "missing", "S2": "returned"} if town == TOWN else {"S4": "missing"}
    return {"key": key, "town": town, "hour": iso(HOUR), "sites": sites, "text": "请补报"} | more


def send(world: World, hook: Receiver, *rows: dict[str, object], sender: Sender | None = None) -> RemindResult:
    variables = {"REMINDER_HOOK": hook.address}
    return remind(world.database, world.id, rows, sender or Sender("token 1"), world.clock, variables)


def board(world: World, place: str = DISTRICT, hour: int | None = None) -> Board:
    with world.reading() as (session, tree):
        until = tree.campaign.period_of(at(hour)) if hour is not None else None
        return duty_board(session, Moment(tree, tree.by_code[place], world.revision(), world.clock(), until))


def history(world: World, place: str = DISTRICT) -> list[Reminded]:
    with world.reading() as (session, tree):
        return list(reminded(session, Moment(tree, tree.by_code[place], 0, world.clock())))


def states(result: RemindResult) -> list[tuple[int, str]]:
    return [(one.index, one.standing.value) for one in result.outcomes]


# -- what goes


def test_a_reminder_arrives_in_the_documented_form_and_is_written_down(owing: World, hook: Receiver):
    before = owing.revision()
    result = send(owing, hook, wanted())
    assert (result.accepted, states(result)) == (1, [(0, "sent")])
    (got,) = hook.received
    assert got.headers["Idempotency-Key"] == "k1"
    assert got.body == {
        "type": "reminder", "version": 1, "key": "k1", "at": at(10, 30).isoformat(),
        "campaign": {"id": owing.id, "name": "演练", "demo": False},
        "place": {"code": TOWN, "name": TOWN, "name_en": ""},
        "hour": iso(HOUR),
        "sites": [{"code": "S1", "name": "S1", "name_en": "", "state": "missing"},
                  {"code": "S2", "name": "S2", "name_en": "", "state": "returned"}],
        "text": "请补报",
    }  # fmt: skip
    assert owing.count(Reminder) == owing.count(ReminderResult) == 1
    assert result.revision == owing.revision() == before + 2
    said = [(audit.action, audit.actor) for audit in owing.audits()][-2:]
    assert said == [("reminder", "token 1"), ("reminder.result", "token 1")]
    (told,) = history(owing)
    assert (told.standing, [s.code for s in told.sites], told.answered) == (Standing.SENT, ["S1", "S2"], 0)


def test_every_town_of_one_request_is_told(owing: World, hook: Receiver):
    result = send(owing, hook, wanted(), wanted(OTHER_TOWN, "k2", text="也请补报"))
    assert states(result) == [(0, "sent"), (1, "sent")]
    assert sorted(hook.texts()) == ["也请补报", "请补报"]


def test_the_nearest_target_upwards_is_taken(owing: World, hook: Receiver):
    set_target(owing, TOWN, variable="REMINDER_TOWN")
    with receiving() as other:
        variables = {"REMINDER_HOOK": hook.address, "REMINDER_TOWN": other.address}
        rows = [wanted(), wanted(OTHER_TOWN, "k2")]
        remind(owing.database, owing.id, rows, Sender("x"), owing.clock, variables)
        assert [one.body["place"]["code"] for one in other.received] == [TOWN]
        assert [one.body["place"]["code"] for one in hook.received] == [OTHER_TOWN]


def test_no_sending_holds_the_database(owing: World, hook: Receiver):
    hook.hold.clear()
    done: list[RemindResult] = []
    thread = threading.Thread(target=lambda: done.append(send(owing, hook, wanted())))
    thread.start()
    assert hook.came.wait(60)
    # The receiver has not answered; a site reports all the same, and pages read.
    assert owing.send(row("S1", HOUR, 7)).accepted == 1
    assert [one.standing for one in history(owing)] == [Standing.SENDING]
    hook.hold.set()
    thread.join(60)
    assert states(done[0]) == [(0, "sent")]
    assert owing.differences() == 0


# -- what is refused


def test_the_same_list_does_not_go_twice_in_ten_minutes(owing: World, hook: Receiver):
    send(owing, hook, wanted())
    assert codes(send(owing, hook, wanted(key="k2"))) == [(0, "town", "too_soon")]
    owing.clock.advance(minutes=9, seconds=59)
    assert codes(send(owing, hook, wanted(key="k3"))) == [(0, "town", "too_soon")]
    owing.clock.advance(seconds=1)
    assert states(send(owing, hook, wanted(key="k4"))) == [(0, "sent")]
    assert len(hook.received) == 2


def test_neither_within_one_request(owing: World, hook: Receiver):
    result = send(owing, hook, wanted(), wanted(key="k2"))
    assert states(result) == [(0, "sent")]
    assert codes(result) == [(1, "town", "too_soon")]
    assert len(hook.received) == 1


def test_what_is_left_of_a_list_waits_and_somebody_new_does_not(owing: World, hook: Receiver):
    send(owing, hook, wanted())
    owing.send(row("S1", HOUR, 7))
    assert codes(send(owing, hook, wanted(key="k2", sites={"S2": "returned"}))) == [(0, "town", "too_soon")]
    owing.send_back("S1/9")
    changed = {"S1": "returned", "S2": "returned"}
    assert states(send(owing, hook, wanted(key="k3", sites=changed))) == [(0, "sent")]


def test_another_hour_is_another_list(owing: World, hook: Receiver):
    send(owing, hook, wanted())
    sites = {"S1": "missing", "S2": "missing"}
    assert states(send(owing, hook, wanted(key="k2", hour=iso(7), sites=sites))) == [(0, "sent")]


def test_the_same_request_again_sends_nothing(owing: World, hook: Receiver):
    send(owing, hook, wanted())
    revision = owing.revision()
    again = send(owing, hook, wanted())
    assert (again.unchanged, again.accepted, states(again)) == (1, 0, [(0, "sent")])
    assert codes(send(owing, hook, wanted(text="anders"))) == [(0, "key", "conflict")]
    assert len(hook.received) == 1
    assert owing.revision() == revision


@pytest.mark.parametrize(
    ("more", "refused"),
    [
        ({"sites": {"S1": "missing"}}, ("sites", "conflict")),
        ({"sites": {"S1": "missing", "S2": "returned", "S3": "missing"}}, ("sites", "conflict")),
        ({"sites": {"S1": "late", "S2": "returned"}}, ("sites", "bad_value")),
        ({"sites": {}}, ("sites", "missing_field")),
        ({"sites": ["S1"]}, ("sites", "missing_field")),
        ({"town": DISTRICT}, ("town", "bad_value")),
        ({"town": "nowhere"}, ("town", "unknown_place")),
        ({"town": ""}, ("town", "missing_field")),
        ({"text": " "}, ("text", "missing_field")),
        ({"text": "x" * 4001}, ("text", "bad_value")),
        ({"text": {"content": "x"}}, ("text", "bad_value")),
        ({"key": ""}, ("key", "missing_field")),
        ({"hour": "2021-06-06T09:00:00"}, ("hour", "bad_time")),
        ({"hour": iso(9, 30)}, ("hour", "bad_time")),
        ({"hour": iso(11)}, ("town", "conflict")),
        ({"channel": "pigeon"}, ("channel", "bad_value")),
    ],
)
def test_a_row_that_makes_no_sense_comes_back(owing: World, hook: Receiver, more, refused):
    assert codes(send(owing, hook, wanted() | more)) == [(0, *refused)]
    assert not hook.received
    assert owing.count(Reminder) == 0


def test_good_rows_go_and_bad_rows_come_back(owing: World, hook: Receiver):
    result = send(owing, hook, wanted(sites={"S1": "missing"}), wanted(OTHER_TOWN, "k2"), "nonsense")  # type: ignore[arg-type]
    assert codes(result) == [(0, "sites", "conflict"), (2, "row", "bad_value")]
    assert states(result) == [(1, "sent")]


def test_a_town_reminds_its_own_sites_only(owing: World, hook: Receiver):
    result = send(owing, hook, wanted(), wanted(OTHER_TOWN, "k2"), sender=Sender("town", TOWN))
    assert states(result) == [(0, "sent")]
    assert codes(result) == [(1, "town", "out_of_scope")]


def test_without_a_target_a_text_can_only_be_copied(database: Database, clock: SetClock, hook: Receiver):
    world = make_world(database, clock)
    sites = {"S4": "missing", "S5": "missing"}
    assert codes(send(world, hook, wanted(OTHER_TOWN, sites=sites))) == [(0, "town", "no_target")]
    for key in ("c1", "c2"):
        copied = send(world, hook, wanted(OTHER_TOWN, key, sites=sites, channel="copy"))
        assert states(copied) == [(0, "copied")]
    assert not hook.received
    assert [one.standing for one in history(world)] == [Standing.COPIED] * 2
    assert world.count(ReminderResult) == 0


# -- what becomes of it


def test_a_failure_is_written_down_with_its_reason_and_may_be_tried_again(owing: World, hook: Receiver):
    hook.answers = [(403, b"no")]
    (failed,) = send(owing, hook, wanted()).outcomes
    assert (failed.standing, failed.reason, failed.detail) == (Standing.FAILED, "status", "403")
    assert [(one.standing, one.reason) for one in history(owing)] == [(Standing.FAILED, "status")]
    hook.answers = [(200, b"")]
    assert states(send(owing, hook, wanted(key="k2"))) == [(0, "sent")]
    assert [one.standing for one in history(owing)] == [Standing.SENT, Standing.FAILED]


def test_a_setting_that_is_missing_fails_and_says_which(owing: World, hook: Receiver):
    set_target(owing, TOWN, variable="REMINDER_ELSEWHERE")
    (failed,) = send(owing, hook, wanted()).outcomes
    assert (failed.standing, failed.reason, failed.detail) == (Standing.FAILED, "no_variable", "REMINDER_ELSEWHERE")


def test_a_server_that_died_while_sending_leaves_it_unknown_and_free_to_go_again(owing: World, hook: Receiver):
    send(owing, hook, wanted())
    with owing.database.write() as session:
        session.execute(sa.delete(ReminderResult))
    owing.clock.advance(minutes=1)
    assert history(owing)[0].standing is Standing.SENDING
    owing.clock.advance(minutes=1)
    assert history(owing)[0].standing is Standing.UNKNOWN
    assert states(send(owing, hook, wanted(key="k2"))) == [(0, "sent")]


def test_the_record_says_who_has_reported_since(owing: World, hook: Receiver):
    send(owing, hook, wanted())
    owing.clock.to(at(10, 40))
    owing.send(row("S1", HOUR, 7))
    (told,) = history(owing)
    assert (told.answered, told.answered_at) == (1, at(10, 40))
    owing.clock.to(at(10, 50))
    owing.send(row("S2", HOUR, 20, key="S2/9b", tubes=2, third_copies=2, correction_of="S2/9", note="补一张"))
    (told,) = history(owing)
    assert (told.answered, told.answered_at) == (2, at(10, 50))
    told_of = {site.place.code: site.told for town in board(owing, hour=HOUR).lists for site in town.sites}
    assert told_of == {"S1": 1, "S4": 0}


def test_what_is_forgotten_of_a_target_can_be_seen_and_taken_back(owing: World, hook: Receiver):
    set_target(owing, TOWN, Preset.WECOM, "REMINDER_TOWN")
    with owing.database.write() as session:
        campaign = campaigns.lock(session, owing.id)
        tree = campaigns.tree_of(session, campaign)
        found = {tree.by_id[id_].code: t for id_, t in reminder_record.targets(session, owing.id).items()}
        assert found == {
            TOWN: Target(Preset.WECOM, "REMINDER_TOWN"),
            DISTRICT: Target(Preset.GENERIC, "REMINDER_HOOK"),
        }
        assert reminder_record.remove_target(session, campaign, tree.by_code[TOWN], "operator", owing.clock())
        assert not reminder_record.remove_target(session, campaign, tree.by_code[TOWN], "operator", owing.clock())
        bad = Target(Preset.WECOM, "SECRET_KEY")
        with pytest.raises(reminder_record.BadTarget):
            reminder_record.set_target(session, campaign, tree.by_code[TOWN], bad, "operator", owing.clock())
    assert states(send(owing, hook, wanted())) == [(0, "sent")]


# -- the forms of robots


def post(hook: Receiver, preset: Preset, text: str = "请补报", **variables: str):
    message = Message("k1", text, {"text": text})
    settings = {"REMINDER_HOOK": hook.address} | variables
    return deliver(Target(preset, "REMINDER_HOOK"), message, settings, sleep=lambda _: None)


def test_a_wecom_robot_gets_its_own_form(hook: Receiver):
    assert post(hook, Preset.WECOM).result is Result.SENT
    assert hook.received[0].body == {"msgtype": "text", "text": {"content": "请补报"}}


def test_a_long_text_reaches_a_wecom_robot_in_messages_it_takes(hook: Receiver):
    text = "未报 60 个：" + "、".join(f"某某社区文化活动中心广场{n}" for n in range(60))
    assert post(hook, Preset.WECOM, text).result is Result.SENT
    assert len(hook.received) > 1
    assert all(len(said.encode()) <= 2048 for said in hook.texts())


def test_a_name_calls_nobody_in_a_wecom_group(hook: Receiver):
    post(hook, Preset.WECOM, "未报：<@all>")
    assert hook.texts() == ["未报：＜@all>"]


def test_a_dingtalk_robot_gets_a_signature_made_of_time_and_secret(hook: Receiver):
    hook.address += "?access_token=abc"
    assert post(hook, Preset.DINGTALK, REMINDER_HOOK_SECRET="SEC123").result is Result.SENT
    (got,) = hook.received
    query = parse_qs(urlsplit(got.path).query)
    stamp = query["timestamp"][0]
    expected = hmac.new(b"SEC123", f"{stamp}\nSEC123".encode(), hashlib.sha256).digest()
    assert base64.b64decode(query["sign"][0]) == expected
    assert query["access_token"] == ["abc"]
    assert got.body == {"msgtype": "text", "text": {"content": "请补报"}}


def test_a_dingtalk_robot_without_a_secret_gets_no_signature(hook: Receiver):
    post(hook, Preset.DINGTALK)
    assert "sign" not in hook.received[0].path


def test_the_generic_form_is_signed_when_there_is_a_secret(hook: Receiver):
    post(hook, Preset.GENERIC, REMINDER_HOOK_SECRET="s3cret")
    (got,) = hook.received
    assert got.headers["X-Signature-256"] == f"sha256={hmac.new(b's3cret', got.raw, hashlib.sha256).hexdigest()}"


@pytest.mark.parametrize(
    ("preset", "answers", "reason", "detail", "attempts"),
    [
        # Not now: tried again, and it went.
        (Preset.GENERIC, [(503, b""), (200, b"")], "", "", 2),
        (Preset.GENERIC, [(429, b""), (502, b""), (204, b"")], "", "", 3),
        (Preset.WECOM, [(200, b'{"errcode":-1,"errmsg":"busy"}'), (200, b'{"errcode":0}')], "", "", 2),
        # Not now, three times.
        (Preset.GENERIC, [(503, b"")], "status", "503", 3),
        # No: not tried again.
        (Preset.GENERIC, [(400, b"")], "status", "400", 1),
        (Preset.GENERIC, [(500, b"")], "status", "500", 1),
        (Preset.GENERIC, [(302, b"")], "status", "302", 1),
        (Preset.WECOM, [(200, b'{"errcode":93000,"errmsg":"invalid webhook url"}')], "robot",
         "93000 invalid webhook url", 1),
        (Preset.DINGTALK, [(200, b'{"errcode":310000,"errmsg":"sign not match"}')], "robot",
         "310000 sign not match", 1),
        (Preset.WECOM, [(200, b"<html>")], "unreadable", "", 1),
        (Preset.WECOM, [(200, b"[]")], "unreadable", "", 1),
    ],
)  # fmt: skip
def test_what_a_receiver_answers_decides(hook: Receiver, preset, answers, reason, detail, attempts):
    hook.answers = list(answers)
    done = post(hook, preset)
    assert (done.result is Result.SENT) == (not reason)
    assert (done.reason, done.detail, done.attempts) == (reason, detail, attempts)
    assert len(hook.received) == attempts


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/hook?key=tell-nobody", "http://[bad/tell-nobody", "ftp://h/tell-nobody"]
)
def test_an_address_nobody_answers_at_fails_and_is_not_told(hook: Receiver, address: str):
    done = post(hook, Preset.GENERIC, REMINDER_HOOK=address)
    assert done.result is Result.FAILED
    assert "tell-nobody" not in done.detail
    assert not hook.received
