"""Publishing from the first freeze to the replacement, on both databases and through the interface."""

import base64
import io
from urllib.parse import unquote

import openpyxl
import pytest
from docx import Document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit import CITY, DISTRICT, OTHER_TOWN, TOWN, Api, SetClock, World, assert_problem, at, iso, make_world, row

from data import bulletins, campaigns
from data.bulletins import Written
from data.database import Database
from data.models import Audit, Bulletin
from data.queries.bulletin_page import bulletin_page
from data.queries.bulletins import Issue, issue_of, issues, last_published, picture, published_figure, sites_of
from data.queries.moment import Moment
from domain.bulletin import FIGURES, Frozen, SiteLine, State
from domain.bulletin_rules import compare, explained
from domain.errors import Refused
from domain.permissions import Caller, Role

WU, LIANG, CHEN = "wu", "liang", "chen"


def caller(name: str) -> Caller:
    role = Role.LEADER if name == CHEN else Role.DISTRICT
    return Caller(role, DISTRICT, None, name, shown=name.title())


class House:
    """The district at work: a world with two reported hours, and the steps people take."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.keys = 0
        for hour in (7, 8):
            for site, persons in (("S1", 50), ("S2", 30), ("S4", 80)):
                world.send(row(site, hour, persons, tubes=persons // 10, third_copies=persons // 10))

    def freeze(self, hour: int = 8, who: str = WU, reason: str = "", key: str = "", place: str = DISTRICT) -> Issue:
        return self.frozen(hour, who, reason, key, place).issue

    def frozen(self, hour: int, who: str = WU, reason: str = "", key: str = "", place: str = DISTRICT) -> Written:
        self.keys += 1
        period = self.world.tree().campaign.period_of(at(hour))
        return bulletins.freeze(
            self.world.database, self.world.id, place, period, key or f"freeze-{self.keys}", caller(who),
            self.world.clock, reason=reason,
        )  # fmt: skip

    def review(self, issue: Issue, who: str = LIANG) -> Issue:
        return bulletins.review(self.world.database, self.world.id, issue.id, caller(who), self.world.clock).issue

    def sign(self, issue: Issue, who: str = CHEN) -> Issue:
        return bulletins.sign(self.world.database, self.world.id, issue.id, caller(who), self.world.clock).issue

    def withdraw(self, issue: Issue) -> Issue:
        return bulletins.withdraw(
            self.world.database, self.world.id, issue.id, "", caller(WU), self.world.clock
        ).issue

    def publish(self, hour: int = 8, reason: str = "", place: str = DISTRICT) -> Issue:
        return self.sign(self.review(self.freeze(hour, reason=reason, place=place)))

    def stored(self, issue: Issue) -> tuple[Frozen, tuple[SiteLine, ...]]:
        with self.world.database.read() as session:
            found = bulletins.find(session, self.world.id, issue.id)
            return issue_of(found).frozen, sites_of(found)

    def live(self, hour: int = 8) -> tuple[Frozen, tuple[SiteLine, ...]]:
        with self.world.reading() as (session, tree):
            moment = Moment(tree, tree.by_code[DISTRICT], self.world.revision(), self.world.clock())
            found = picture(session, moment, tree.campaign.period_of(at(hour)))
            assert found is not None
            return found

    def listed(self) -> list[tuple[str, State]]:
        with self.world.reading() as (session, tree):
            found = issues(session, self.world.id, tree.by_code[DISTRICT].id)
        return [(issue.label, issue.state) for issue in found]


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
    persons, tubes_ = explained(page.changes)
    assert persons == live.total.persons - first.frozen.total.persons
    assert tubes_ == (live.total.tubes or 0) - (first.frozen.total.tubes or 0)
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


# -- through the interface


@pytest.fixture
def desk(api: Api) -> Api:
    api.world.clock.to(at(9, 20))
    House(api.world)
    return api


def frozen_by(api: Api, who: str = "district", **more) -> dict:
    body = {"key": "k1", "hour": iso(8), **more}
    answer = api.post("bulletins", body, who)
    assert answer.status_code == 200, answer.json
    return answer.json["bulletin"]


def test_from_freeze_to_signature_through_the_interface(desk: Api):
    draft = frozen_by(desk)
    assert (draft["issue"], draft["state"], draft["hour"]) == ("3", "draft", iso(8))
    reviewer, leader = desk.signed_in("district"), desk.signed_in("leader")
    base = f"/api/v1/campaigns/{desk.world.id}/bulletins"
    assert_problem(desk.post("bulletins/review", {"id": draft["id"]}), 409)
    assert reviewer.post(f"{base}/review", {"id": draft["id"]}).json["bulletin"]["state"] == "reviewed"
    assert_problem(reviewer.post(f"{base}/sign", {"id": draft["id"]}), 403)
    done = leader.post(f"{base}/sign", {"id": draft["id"]}).json
    assert (done["changed"], done["bulletin"]["state"]) == (True, "published")
    assert leader.post(f"{base}/sign", {"id": draft["id"]}).json["changed"] is False
    listed = desk.get("bulletins").json
    assert [(b["issue"], b["total"]["persons"]) for b in listed] == [("3", 320)]
    assert desk.get("bulletins?hour=" + iso(7).replace("+", "%2B")).json == []


@pytest.mark.parametrize("who", ["site", "town", "reader", "gateway"])
def test_who_may_not_prepare(desk: Api, who: str):
    draft = frozen_by(desk)
    for path, body in (
        ("bulletins", {"key": "x", "hour": iso(7)}), ("bulletins/review", {"id": draft["id"]}),
        ("bulletins/remark", {"id": draft["id"], "remark": "x"}), ("bulletins/withdraw", {"id": draft["id"]}),
        ("bulletins/sign", {"id": draft["id"]}), ("bulletins/templates", {"key": "t", "name": "a", "content": ""}),
        ("bulletins/templates/delete", {"id": 1}),
    ):  # fmt: skip
        assert_problem(desk.post(path, body, who), 403)


def test_a_town_reads_no_bulletin_of_its_district(desk: Api):
    draft = frozen_by(desk)
    assert desk.get("bulletins", "town").json == []
    assert_problem(desk.get(f"bulletins?scope={DISTRICT}", "town"), 403)
    assert_problem(desk.get(f"bulletins/file?id={draft['id']}&format=xlsx", "town"), 403)


def test_a_bulletin_of_another_campaign_is_unknown(desk: Api, database: Database):
    other = House(make_world(database, desk.world.clock)).publish(8)
    assert_problem(desk.post("bulletins/review", {"id": other.id}), 404)
    assert_problem(desk.get(f"bulletins/file?id={other.id}&format=xlsx"), 404)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"key": "", "hour": iso(8)}, 400), ({"hour": iso(8)}, 400), ({"key": "k", "hour": "8"}, 400),
        ({"key": "k", "hour": iso(8, 30)}, 400), ({"key": "k", "hour": iso(9)}, 409),
        ({"key": "k", "hour": iso(8), "scope": "nowhere"}, 404), ({"key": "k", "hour": iso(8), "scope": TOWN}, 400),
        ({"key": "k", "hour": iso(8), "remark": "x" * 700}, 400), ({"key": "k", "hour": 8}, 400), ([], 400),
        ({"key": "k", "hour": iso(8), "remark": "a\u0000b"}, 400),
    ],
)  # fmt: skip
def test_what_the_interface_refuses_to_freeze(desk: Api, body, status):
    said = assert_problem(desk.post("bulletins", body), status)
    assert said["detail"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_refusal_says_why_in_the_callers_language(desk: Api, language: str):
    frozen_by(desk)
    body = desk.post("bulletins", {"key": "k2", "hour": iso(8)}, language=language).json
    assert body["errors"][0]["code"] == "conflict"
    assert {"zh": "已有草稿", "en": "has a draft already"}[language] in body["detail"]


def test_the_remark_is_added_and_the_numbers_stay(desk: Api):
    draft = frozen_by(desk)
    done = desk.post("bulletins/remark", {"id": draft["id"], "remark": "下午有雨。"}).json["bulletin"]
    assert (done["remark"], done["lead"], done["total"]) == ("下午有雨。", draft["lead"], draft["total"])
    bulletins.review(desk.world.database, desk.world.id, draft["id"], caller(LIANG), desk.world.clock)
    assert_problem(desk.post("bulletins/remark", {"id": draft["id"], "remark": "x"}), 409)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_files_say_what_the_page_says_and_bear_issue_and_revision(desk: Api, language: str):
    draft = frozen_by(desk)
    for suffix in ("xlsx", "docx"):
        answer = desk.get(f"bulletins/file?id={draft['id']}&format={suffix}&sites=1&lang={language}")
        assert answer.status_code == 200
        name = unquote(answer.headers["Content-Disposition"])
        assert f"-3-r{draft['revision']}-{language}.{suffix}" in name
    book = openpyxl.load_workbook(io.BytesIO(
        desk.get(f"bulletins/file?id={draft['id']}&format=xlsx&sites=1&lang={language}").data))  # fmt: skip
    assert draft["total"]["persons"] in [c.value for ws in book for line in ws.iter_rows() for c in line]
    written = Document(io.BytesIO(desk.get(f"bulletins/file?id={draft['id']}&format=docx&lang={language}").data))
    lead = desk.get("bulletins", language=language).json[0]["lead"]
    assert lead in [p.text for p in written.paragraphs]


def test_a_download_is_an_audit_row(desk: Api):
    draft = frozen_by(desk)
    before = desk.world.count(Audit, action="bulletin.export")
    desk.get(f"bulletins/file?id={draft['id']}&format=docx")
    rows = [r for r in desk.world.audits() if r.action == "bulletin.export"]
    assert len(rows) == before + 1
    assert rows[-1].details["issue"] == "3"
    assert rows[-1].details["format"] == "docx"


def test_files_come_from_the_snapshot_and_not_from_the_record(desk: Api):
    draft = frozen_by(desk)
    path = f"bulletins/file?id={draft['id']}&format=xlsx&sites=1&lang=zh"
    before = _values(desk.get(path).data)
    desk.world.send(row("S1", 8, 400, key="c", correction_of="S1/8", note="x", tubes=50))
    assert _values(desk.get(path).data) == before


def _values(data: bytes) -> list:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [(ws.title, c.coordinate, c.value) for ws in book for line in ws.iter_rows() for c in line]


def _form(**cells: str) -> str:
    book = openpyxl.Workbook()
    for where, value in cells.items():
        book.active[where] = value
    out = io.BytesIO()
    book.save(out)
    return base64.b64encode(out.getvalue()).decode()


def test_a_template_is_taken_in_filled_listed_and_deleted(desk: Api):
    draft = frozen_by(desk)
    sent = {"key": "t1", "name": "快报.xlsx", "content": _form(A1="{{ persons }}", A2="{{ sites.name }}")}
    first, again = desk.post("bulletins/templates", sent).json, desk.post("bulletins/templates", sent).json
    assert (first["changed"], again["changed"], again["id"]) == (True, False, first["id"])
    assert first["fields"] == ["persons", "sites.name"]
    assert_problem(desk.post("bulletins/templates", {**sent, "name": "other.xlsx"}), 409)
    assert [t["name"] for t in desk.get("bulletins/templates").json] == ["快报.xlsx"]
    filled = desk.get(f"bulletins/file?id={draft['id']}&template={first['id']}")
    sheet = openpyxl.load_workbook(io.BytesIO(filled.data)).active
    assert [sheet[f"A{n}"].value for n in range(1, 7)] == [320, "S1", "S2", "S3", "S4", "S5"]
    assert desk.post("bulletins/templates/delete", {"id": first["id"]}).json["changed"] is True
    assert desk.post("bulletins/templates/delete", {"id": first["id"]}).json["changed"] is False
    assert desk.get("bulletins/templates").json == []
    assert_problem(desk.get(f"bulletins/file?id={draft['id']}&template={first['id']}"), 404)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xlsx", _form(A1="{{ nobody }}"), "nobody"), ("a.xlsx", "!!", "base64"), ("a.pdf", _form(), "a.pdf"),
        ("a.xlsm", _form(A1="{{ persons }}"), "宏"), ("", _form(A1="{{ persons }}"), "缺少"),
    ],
)  # fmt: skip
def test_a_bad_template_is_refused_with_its_reason(desk: Api, name: str, content: str, said: str):
    problem = assert_problem(desk.post("bulletins/templates", {"key": "t", "name": name, "content": content}), 400)
    assert said in problem["detail"]


def test_a_template_that_is_too_large_is_refused(desk: Api):
    large = base64.b64encode(b"P" * (2 * 1024 * 1024 + 9)).decode()
    assert_problem(desk.post("bulletins/templates", {"key": "t", "name": "a.xlsx", "content": large}), 413)


def test_the_fields_and_examples_are_there_for_whoever_makes_a_template(desk: Api):
    fields = {field["name"]: field for field in desk.get("bulletins/fields", language="en").json}
    assert fields["persons"]["meaning"] == "People sampled"
    assert "gap" in fields["towns"]["row"]
    for suffix in ("xlsx", "docx"):
        made = desk.get(f"bulletins/templates/example?format={suffix}&lang=en")
        sent = {"key": suffix, "name": f"example.{suffix}", "content": base64.b64encode(made.data).decode()}
        assert desk.post("bulletins/templates", sent).json["changed"] is True


def test_the_campaign_begun_anew_has_no_bulletins(house: House):
    """The table is among those the demonstration empties."""
    from data.demo import runner

    assert Bulletin.__tablename__ in {t.__tablename__ for t in vars(runner).values() if hasattr(t, "__tablename__")}


def test_names_that_are_programs_stay_names_on_every_way_out(desk: Api):
    odd = "=cmd|'/C calc'!A0 <script>alert(1)</script> {{7*7}}"
    desk.world.set_places({"site": "S5", "town": OTHER_TOWN, "site_name": odd})
    draft = frozen_by(desk)
    assert odd in desk.get("bulletins").json[0]["lead"]
    book = openpyxl.load_workbook(
        io.BytesIO(desk.get(f"bulletins/file?id={draft['id']}&format=xlsx&sites=1").data))  # fmt: skip
    cells = [c for ws in book for line in ws.iter_rows() for c in line]
    assert [c.data_type for c in cells if c.value == odd] == ["s", "s"]
    assert "f" not in {c.data_type for c in cells}


def test_the_settings_of_a_campaign_say_how_many_people(database: Database, clock: SetClock):
    world = make_world(database, clock, settings={"bulletin_people": "2"})
    with database.read() as session:
        assert campaigns.campaign_of(campaigns.find(session, world.id)).limits.bulletin_people == 2
