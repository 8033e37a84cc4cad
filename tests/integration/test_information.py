"""Information problems and registration modes on both databases: rights, exactly once, two at a time, what shows."""

from dataclasses import astuple, replace
from datetime import UTC, timedelta
from typing import Any

import orjson
import pytest
from kit import DISTRICT, OTHER_TOWN, TOWN, Api, SetClock, World, assert_problem, at, iso, row
from werkzeug.test import TestResponse

from data.database import Database
from data.demo.runner import AFTER_END, FIRST_LOOK, Demonstration
from data.demo.simulator import DEFAULT_SEED
from data.models import ModeChangeRow, ProblemEvent, ProblemRow
from data.queries.modes import mode_lines, modes
from data.queries.moment import Moment
from data.queries.problems import information, open_problems_by_site, problem_board
from data.stored_problems import differences
from domain.modes import Mode
from domain.permissions import Role
from domain.places import Level
from views import draw_all
from views import problems as problem_page

FORMULA = '=HYPERLINK("x")'
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


def opening(key: str = "p1", **more: object) -> dict[str, object]:
    return {"key": key, "kind": "network_down", "effect": "stopped"} | more


def step(number: int, name: str, key: str = "", **more: object) -> dict[str, object]:
    return {"key": key or f"{number}/{name}", "number": number, "step": name} | more


def open_one(api: Api, who: str = "site", **more: object) -> dict[str, Any]:
    answer = api.post("problems", opening(**more), who)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.json["problem"]
    return found


def do(api: Api, who: str, body: dict[str, object]) -> TestResponse:
    return api.post("problems/steps", body, who)


def done(api: Api, who: str, body: dict[str, object]) -> dict[str, Any]:
    answer = do(api, who, body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.json["problem"]
    return found


def refusal(answer: TestResponse, status: int) -> tuple[str, str]:
    (error,) = assert_problem(answer, status)["errors"]
    assert error["message"]
    return error["field"], error["code"]


def moment(world: World, place: str = DISTRICT) -> Moment:
    tree = world.tree()
    return Moment(tree, tree.by_code[place], world.revision(), world.clock())


def check(world: World) -> None:
    """What must hold at every moment: the kept state is what the events make of it, the counts add up."""
    with world.reading() as (session, tree):
        assert differences(session, world.id, tree.campaign.limits) == []
        board = problem_board(session, moment(world))
    for column in board.columns:
        assert column.total == column.solved + column.open + column.passed


# -- from the site to the vendor


def test_a_problem_goes_from_the_site_to_the_vendor_and_back_solved(api: Api, world: World, clock: SetClock):
    sent = open_one(api, note="二楼没有信号", began_minutes=10, latency_ms=1800)
    assert (sent["level"], sent["start"], sent["status"]) == ("town", "site", "open")
    assert (sent["place"], sent["began_at"], sent["latency_ms"]) == ("S1", iso(10, 20), 1800)
    number = sent["number"]
    clock.to(at(10, 34))
    assert done(api, "town", step(number, "accepted"))["owner"].startswith("token")
    clock.to(at(10, 50))
    assert done(api, "town", step(number, "passed_up", note="全镇都断"))["level"] == "district"
    done(api, "district", step(number, "accepted", "a2"))
    vendor = done(api, "district", step(number, "to_vendor", vendor="通信运营商", ticket="N-1520"))
    assert (vendor["status"], vendor["vendor"], vendor["ticket"]) == ("with_vendor", "通信运营商", "N-1520")
    done(api, "district", step(number, "urged"))
    clock.to(at(11, 40))
    solved = done(api, "district", step(number, "solved", remedy="second_network", note="线路修好"))
    assert (solved["status"], solved["solved_at"], solved["remedy"]) == ("solved", iso(11, 40), "second_network")
    assert [event["step"] for event in solved["events"]] == [
        "opened", "accepted", "passed_up", "accepted", "to_vendor", "urged", "solved",
    ]  # fmt: skip
    again = done(api, "site", step(number, "reopened"))
    assert (again["status"], again["level"], again["reopened"]) == ("open", "district", 1)
    check(world)


def test_what_the_site_works_with_goes_along_unasked(api: Api):
    assert open_one(api)["mode"] is None
    api.post("modes", {"modes": [{"key": "m", "site": "S1", "mode": "city", "entrance": 2}]}, "site")
    problem = open_one(api, key="p2")
    assert (problem["mode"], problem["entrance"]) == ("city", 2)


def test_a_site_may_try_itself_first(api: Api):
    kept = open_one(api, keep=True)
    assert (kept["level"], kept["status"]) == ("site", "accepted")
    assert done(api, "site", step(kept["number"], "solved", note="插头松了"))["status"] == "solved"


def test_nobody_accepts_for_ten_minutes_and_it_is_the_district_s_by_rule_alone(
    api: Api, world: World, clock: SetClock
):
    number = open_one(api)["number"]
    revision = world.revision()
    clock.advance(minutes=9)
    assert api.get(f"problems?number={number}").json["problems"][0]["level"] == "town"
    clock.advance(minutes=1)
    shown = api.get(f"problems?number={number}").json["problems"][0]
    assert (shown["level"], shown["escalated_at"]) == ("district", iso(10, 40))
    columns = {column["level"]: column for column in api.get("problems").json["columns"]}
    assert (columns["town"]["passed"], columns["town"]["by_rule"], columns["district"]["came"]) == (1, 1, 1)
    assert world.revision() == revision
    assert world.count(ProblemEvent) == 1
    clock.advance(minutes=5)
    taken = done(api, "district", step(number, "accepted"))
    assert (taken["level"], taken["since"]) == ("district", iso(10, 40))
    check(world)


# -- exactly once, two at a time


def test_the_same_sending_again_changes_nothing(api: Api, world: World, clock: SetClock):
    first = open_one(api)
    clock.advance(minutes=3)
    again = api.post("problems", opening(began_minutes=3, latency_ms=90), "site")
    assert (again.json["unchanged"], again.json["problem"]["number"]) == (True, first["number"])
    accepted = step(first["number"], "accepted")
    done(api, "town", accepted)
    revision = world.revision()
    assert do(api, "town", accepted).json["unchanged"] is True
    assert world.revision() == revision
    assert (world.count(ProblemRow), world.count(ProblemEvent)) == (1, 2)


def test_a_key_with_other_content_is_a_conflict(api: Api):
    number = open_one(api)["number"]
    assert refusal(api.post("problems", opening(effect="none"), "site"), 409) == ("key", "conflict")
    done(api, "town", step(number, "commented", "c", note="在看"))
    assert refusal(do(api, "town", step(number, "commented", "c", note="别的")), 409) == ("key", "conflict")
    assert refusal(do(api, "town", step(number, "accepted", "p1")), 409) == ("key", "conflict")


def test_the_second_of_two_at_once_sees_a_conflict(api: Api, world: World):
    problem = open_one(api)
    number, seen = problem["number"], problem["turns"]
    done(api, "town", step(number, "accepted", seen=seen))
    assert refusal(do(api, "district", step(number, "solved", note="好了", seen=seen)), 409) == ("seen", "conflict")
    assert refusal(do(api, "town", step(number, "accepted", "a2", seen=seen)), 409) == ("seen", "conflict")
    assert refusal(do(api, "town", step(number, "accepted", "a3")), 409) == ("step", "conflict")
    said = do(api, "town", step(number, "passed_up", seen=seen)).json["errors"][0]["message"]
    assert "10:30" in said
    assert done(api, "site", step(number, "commented", note="还断着", seen=seen))["turns"] == seen + 1
    assert done(api, "district", step(number, "solved", "s2", note="好了", seen=seen + 1))["status"] == "solved"
    check(world)


def test_a_refused_step_leaves_nothing_behind(api: Api, world: World):
    number = open_one(api)["number"]
    revision, events = world.revision(), world.count(ProblemEvent)
    assert refusal(do(api, "site", step(number, "solved", note="好了")), 403) == ("step", "out_of_scope")
    assert refusal(do(api, "town", step(number, "solved")), 400) == ("note", "missing_field")
    assert refusal(do(api, "town", step(number, "to_vendor", vendor="V")), 403) == ("step", "out_of_scope")
    assert refusal(do(api, "district", step(number, "to_vendor", "v2")), 400) == ("vendor", "missing_field")
    assert (world.revision(), world.count(ProblemEvent)) == (revision, events)


def test_every_change_is_in_the_audit_with_who_did_it(api: Api, world: World):
    number = open_one(api)["number"]
    done(api, "town", step(number, "accepted"))
    api.post("modes", {"modes": [{"key": "m", "site": "S1", "mode": "offline_app"}]}, "town")
    audits = [(a.action, a.actor) for a in world.audits() if a.action.startswith(("problem.", "modes."))]
    assert [action for action, _ in audits] == ["problem.opened", "problem.accepted", "modes.set"]
    assert [actor.split("(")[1] for _, actor in audits] == ["site S1)", f"town {TOWN})", f"town {TOWN})"]


# -- rights

ALL = ("reader", "site", "town", "district", "lab", "gateway")


@pytest.mark.parametrize(
    ("method", "path", "body", "allowed"),
    [
        ("get", "problems", None, {"reader", "site", "town", "district", "gateway", "lab"}),
        ("post", "problems", opening(), {"site", "town", "district", "lab"}),
        ("post", "problems/steps", step(1, "commented", note="x"), {"site", "town", "district"}),
        ("get", "modes", None, {"reader", "site", "town", "district", "gateway"}),
        ("post", "modes", {"modes": []}, {"site", "town", "district"}),
    ],
)
def test_each_role_may_do_what_the_table_says(api: Api, method: str, path: str, body: object, allowed: set[str]):
    api.world.file("labs", "lab,name\nLAB-1,一号检测机构\n")
    open_one(api, key="first")
    for role in ALL:
        who = {"lab": "lab:LAB-1"}.get(role, role)
        sent = dict(body, key=f"{role}") if isinstance(body, dict) and "key" in body else body
        answer = api.get(path, who) if method == "get" else api.post(path, sent, who)
        assert (answer.status_code == 200) == (role in allowed), (role, answer.get_data(as_text=True))
        if role not in allowed:
            assert_problem(answer, 403)
    assert_problem(api.get(path, None) if method == "get" else api.post(path, body, None), 401)


def test_nobody_reaches_beyond_his_place(api: Api):
    elsewhere = open_one(api, "site:S4")
    number = elsewhere["number"]
    assert api.get("problems", "town").json["problems"] == []
    assert_problem(api.get(f"problems?number={number}", "town"), 403)
    assert_problem(api.get("problems?scope=S4", "town"), 403)
    assert_problem(api.get(f"modes?scope={OTHER_TOWN}", "site"), 403)
    assert refusal(do(api, "town", step(number, "accepted")), 403) == ("step", "out_of_scope")
    assert refusal(do(api, "site", step(number, "commented", note="x")), 403) == ("step", "out_of_scope")
    assert refusal(api.post("problems", opening("x", place="S4"), "site"), 403) == ("place", "out_of_scope")
    assert refusal(api.post("problems", opening("y", place="nowhere"), "district"), 404) == ("place", "unknown_place")
    assert_problem(api.get("problems?number=999"), 404)
    assert_problem(do(api, "district", step(999, "accepted")), 404)
    answer = api.post("modes", {"modes": [{"key": "m", "site": "S4", "mode": "city"}]}, "town")
    assert [r["code"] for r in answer.json["rejected"]] == ["out_of_scope"]


def test_a_laboratory_opens_for_the_district_and_sees_its_own_alone(api: Api):
    api.world.file("labs", "lab,name\nLAB-1,一号检测机构\nLAB-2,二号检测机构\n")
    mine = open_one(api, "lab:LAB-1", kind="other", effect="none", note="结果缺批次号")
    assert (mine["level"], mine["lab"]) == ("district", "LAB-1")
    open_one(api, "site", key="p2")
    assert [p["number"] for p in api.get("problems", "lab:LAB-1").json["problems"]] == [mine["number"]]
    assert api.get("problems", "lab:LAB-2").json["problems"] == []
    assert_problem(api.get(f"problems?number={mine['number']}", "lab:LAB-2"), 403)
    done(api, "lab:LAB-1", step(mine["number"], "commented", note="又缺一批"))
    assert_problem(do(api, "lab:LAB-1", step(mine["number"], "accepted")), 403)
    assert done(api, "district", step(mine["number"], "solved", note="已补"))["status"] == "solved"


def test_a_signed_in_account_is_named_and_needs_its_own_pages_token(api: Api):
    site, town = api.signed_in(Role.SITE), api.signed_in(Role.TOWN)
    sent = site.post(api.address("problems"), opening())
    assert sent.status_code == 200
    number = sent.json["problem"]["number"]
    taken = town.post(api.address("problems/steps"), step(number, "accepted"))
    assert taken.json["problem"]["owner"] == town.login
    forged = site.post(api.address("problems"), opening("forged"), headers={"X-CSRFToken": ""})
    assert forged.status_code in (400, 403)
    leader = api.signed_in(Role.LEADER)
    assert leader.post(api.address("problems"), opening("l")).status_code == 403
    assert leader.get(api.address("problems")).status_code == 200


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"key": 1}', '{"key": "k", "kind": "network_down"}', "nonsense", '{"key": "k", "kind": "x"}'],
)
def test_a_body_that_makes_no_sense_is_refused(api: Api, body: str):
    assert_problem(api.post("problems", body, "site", content_type="application/json"), 400)
    assert_problem(api.post("problems/steps", body, "site", content_type="application/json"), 400)


# -- registration modes


def set_modes(api: Api, who: str, *rows: dict[str, object]) -> dict[str, Any]:
    answer = api.post("modes", {"modes": list(rows)}, who)
    assert answer.status_code == 200
    said: dict[str, Any] = answer.json
    return said


def test_modes_are_kept_with_since_when_and_by_whom(api: Api, world: World):
    set_modes(
        api, "district", *({"key": s, "site": s, "mode": "province", "entrance": 1} for s in ("S1", "S2", "S4"))
    )
    said = set_modes(
        api, "town", {"key": "b", "site": "S1", "mode": "offline_app", "since": iso(9, 50), "note": "入口太慢"}
    )
    assert (said["accepted"], said["rejected"]) == (1, [])
    seen = api.get("modes?scope=S1", "site").json
    # Recorded later but true earlier: it does not push out what is set since.
    assert [(c["mode"], c["since"]) for c in seen["current"]] == [("province", iso(10, 30))]
    assert [(c["mode"], c["note"]) for c in seen["history"]] == [("province", ""), ("offline_app", "入口太慢")]
    world.clock.advance(minutes=5)
    set_modes(api, "site", {"key": "c", "site": "S1", "mode": "city", "entrance": 3})
    seen = api.get("modes").json
    cells = {cell["mode"]: cell["sites"] for cell in seen["cells"]}
    assert cells == {"province": 2, "offline_app": 0, "city": 1, None: 2}
    assert sum(cells.values()) == 5
    assert [e["sites"] for e in seen["entrances"]] == [2, 0, 0, 0]


def test_setting_what_is_set_changes_nothing(api: Api, world: World):
    one = {"key": "a", "site": "S1", "mode": "province", "entrance": 1}
    assert set_modes(api, "site", one)["accepted"] == 1
    revision = world.revision()
    assert set_modes(api, "site", one, one | {"key": "b"})["unchanged"] == 2
    assert world.revision() == revision
    refused = set_modes(api, "site", one | {"entrance": 2})["rejected"]
    assert [(r["field"], r["code"]) for r in refused] == [("key", "conflict")]


def test_the_second_of_two_who_set_a_mode_sees_a_conflict(api: Api):
    set_modes(api, "site", {"key": "a", "site": "S1", "mode": "province", "seen": 0})
    refused = set_modes(api, "town", {"key": "b", "site": "S1", "mode": "city", "seen": 0})["rejected"]
    assert [(r["field"], r["code"]) for r in refused] == [("seen", "conflict")]
    number = api.get("modes?scope=S1").json["current"][0]["number"]
    assert set_modes(api, "town", {"key": "c", "site": "S1", "mode": "city", "seen": number})["accepted"] == 1


def test_good_rows_go_in_and_bad_ones_come_back(api: Api):
    said = set_modes(
        api,
        "district",
        {"key": "a", "site": "S1", "mode": "province"},
        {"key": "b", "site": TOWN, "mode": "province"},
        {"key": "c", "site": "S2", "mode": "paper"},
        {"key": "d", "site": "S3", "mode": "offline_app", "entrance": 1},
    )
    assert said["accepted"] == 1
    assert [(r["index"], r["code"]) for r in said["rejected"]] == [
        (1, "unknown_site"), (2, "bad_value"), (3, "bad_value"),
    ]  # fmt: skip


def test_a_cell_says_how_many_people_it_touches(api: Api, world: World):
    set_modes(api, "district", *({"key": s, "site": s, "mode": "offline_app"} for s in ("S1", "S2")))
    world.send(row("S1", 9, 40, tubes=4), row("S2", 9, 20, tubes=2), row("S4", 9, 10, tubes=1))
    with world.reading() as (session, _):
        seen = modes(session, moment(world))
    cell = seen.cell(Mode.OFFLINE_APP)
    assert (len(cell.sites), cell.target, cell.last_hour) == (2, 1600, 60)
    assert cell.since == at(10, 30).astimezone(UTC)


@pytest.mark.parametrize("place", [DISTRICT, TOWN, "S1", "S4"])
def test_the_overviews_line_says_of_modes_what_their_page_says(place: str, api: Api, world: World):
    set_modes(api, "district", *({"key": s, "site": s, "mode": "offline_app"} for s in ("S1", "S2")))
    world.send(row("S1", 9, 40, tubes=4), row("S2", 9, 20, tubes=2), row("S4", 9, 10, tubes=1))
    with world.reading() as (session, _):
        at_once = replace(moment(world), place=moment(world).tree.by_code[place])
        lines, page = mode_lines(session, at_once), modes(session, at_once)
    whole = [(c.mode, len(c.sites), c.since, c.target, c.last_hour) for c in page.cells if c.sites]
    assert [astuple(line) for line in lines] == whole


# -- what is shown


def test_overdue_problems_are_findings_until_they_are_solved(api: Api, world: World, clock: SetClock):
    number = open_one(api)["number"]
    done(api, "town", step(number, "accepted"))
    clock.to(at(11, 0))
    assert world.look().findings == () or all(f.kind != "problem_overdue" for f in world.look().findings)
    clock.to(at(11, 5))
    (found,) = [f for f in world.look().findings if f.kind == "problem_overdue"]
    assert (found.place, found.params["over"], found.params["holder"]) == ("S1", 5, "town")
    assert [f.place for f in world.look(OTHER_TOWN).findings if f.kind == "problem_overdue"] == []
    done(api, "town", step(number, "solved", note="好了"))
    assert [f for f in world.look().findings if f.kind == "problem_overdue"] == []


def test_open_problems_stand_beside_their_sites(api: Api, world: World):
    open_one(api, "site", key="a")
    open_one(api, "site", key="b", kind="account", effect="none")
    open_one(api, "site:S4", key="c")
    solved = open_one(api, "site:S5", key="d", keep=True)
    done(api, "site:S5", step(solved["number"], "solved", note="好了"))
    open_one(api, "town", key="e", place=TOWN)
    with world.reading() as (session, _):
        found = open_problems_by_site(session, moment(world))
        below = open_problems_by_site(session, moment(world, TOWN))
    assert {site: [p.kind.value for p in problems] for site, problems in found.items()} == {
        "S1": ["network_down", "account"], "S4": ["network_down"],
    }  # fmt: skip
    assert set(below) == {"S1"}


def test_a_day_later_what_was_solved_is_no_longer_on_the_board_but_what_is_open_is(
    api: Api, world: World, clock: SetClock
):
    solved = open_one(api, key="a")["number"]
    done(api, "town", step(solved, "solved", note="好了"))
    open_one(api, key="b")
    clock.advance(days=1)
    assert [p["number"] for p in api.get("problems").json["problems"]] == [solved + 1]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("place", [DISTRICT, TOWN, "S1"])
def test_every_panel_is_drawn_in_every_state(api: Api, world: World, clock: SetClock, place: str, language: str):
    for n, kind in enumerate(("network_down", "slow_entrance", "other", "wrong_lab", "account")):
        open_one(api, "site", key=f"k{n}", kind=kind, note=HOSTILE if n % 2 else "", keep=n == 4)
    done(api, "town", step(1, "accepted"))
    done(api, "town", step(2, "passed_up"))
    done(api, "district", step(2, "to_vendor", vendor=HOSTILE, ticket="T"))
    done(api, "district", step(2, "urged"))
    done(api, "district", step(2, "vendor_replied", note=FORMULA))
    done(api, "town", step(3, "solved", remedy="other_device"))
    set_modes(api, "district", {"key": "m", "site": "S1", "mode": "province", "entrance": 2, "note": HOSTILE})
    clock.advance(minutes=70)
    with world.reading() as (session, _):
        panels = draw_all(problem_page.PAGE, session, moment(world, place), language)
    drawn = {slug: orjson.dumps(tree, default=lambda part: part.to_plotly_json()) for slug, tree in panels.items()}
    assert set(drawn) == {"stamp", "modes", "problem-board"}
    assert not [slug for slug, tree in drawn.items() if b"state-icon" in tree and b"data-retry" in tree]
    # What people write travels as text of an element, never as markup of its own.
    assert b"dangerously" not in b"".join(drawn.values())


# -- the demonstration


@pytest.fixture
def demonstration(database: Database, clock: SetClock) -> Demonstration:
    made = Demonstration(database, clock, 60, DEFAULT_SEED, tubes=False)
    made.load()
    return made


def demo_look(database: Database, demonstration: Demonstration) -> Any:
    from data import campaigns

    with database.read() as session:
        campaign = campaigns.find(session, "demo")
        tree = campaigns.load_tree(session, campaign)
        assert differences(session, "demo", tree.campaign.limits) == []
        now = campaigns.now_for(campaign, demonstration._clock())
        return information(session, Moment(tree, tree.roots[0], campaign.revision, now))


def sites_in(seen: Any, mode: Mode) -> int:
    return sum(line.sites for line in seen.modes if line.mode is mode)


def test_the_demonstration_has_problems_at_every_level_and_sites_in_every_mode(
    demonstration: Demonstration, database: Database
):
    seen = demo_look(database, demonstration)
    assert all(column.open and column.solved for column in seen.board.columns)
    assert seen.board.overdue > 0
    assert [line.mode for line in seen.modes] == [*Mode]
    assert sum(line.sites for line in seen.modes) == 118


def test_the_network_of_a_town_fails_and_comes_back(
    demonstration: Demonstration, database: Database, clock: SetClock
):
    def advance(span: timedelta) -> None:
        clock.advance(seconds=span.total_seconds() / 60)
        demonstration.step()

    before = demo_look(database, demonstration)
    advance(timedelta(minutes=75))
    failed = demo_look(database, demonstration)
    offline = Mode.OFFLINE_APP
    assert sites_in(failed, offline) >= sites_in(before, offline) + 5
    stopped = [
        p for c in failed.board.columns for p in c.problems if p.kind == "network_down" and p.effect == "stopped"
    ]
    assert any(p.standing.level is Level.DISTRICT for p in stopped)
    advance(timedelta(minutes=100))
    back = demo_look(database, demonstration)
    assert sites_in(back, offline) < sites_in(failed, offline)
    day = demonstration.day.campaign
    advance(day.deadline - day.starts_at - FIRST_LOOK - timedelta(minutes=175) + AFTER_END)
    anew = demo_look(database, demonstration)
    assert anew.board.total == 0
    with database.read() as session:
        assert session.query(ModeChangeRow).count() == 0
