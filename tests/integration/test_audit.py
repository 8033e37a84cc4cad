"""The audit: the database refuses to change it, its chain shows what was changed all the same, its readers see what
they may, and reading is itself written down."""

import csv
import io

import openpyxl
import pytest
import sqlalchemy as sa
from kit import DISTRICT, OTHER_TOWN, TOWN, Api, SignedIn, World, assert_problem, at, iso, make_world, row
from sqlalchemy.exc import DBAPIError

from api import audit as endpoints
from data import audit, campaigns, sign_ins
from data.ingest.batch import Sender
from data.models import Audit, AuditSeal
from domain.audit import NO_SEAL, VIEW
from domain.clock import ScaledClock, system_clock
from domain.permissions import Role

CLERK = Sender("xn-05 (site S1)", "S1")
TOWN_PERSON = Sender("xn-a2 (town 440607001)", TOWN)


@pytest.fixture
def auditor(api: Api) -> SignedIn:
    return api.signed_in("auditor", "")


def inside(api: Api, rest: str = "audit") -> str:
    return f"/api/v1/campaigns/{api.world.id}/{rest}"


def lines(api: Api, browser: SignedIn, **asked: str) -> list[dict]:
    answer = browser.get(inside(api), query_string=asked)
    assert answer.status_code == 200, answer.json
    return answer.json


def add(world: World, actor: str = "operator", action: str = "places", **more: object) -> int:
    with world.database.write() as session:
        line = Audit(campaign_id=world.id, recorded_at=world.clock(), actor=actor, action=action, **more)
        session.add(line)
        session.flush()
        return line.id


# -- append-only


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'somebody else'",
        "UPDATE audit SET details = '{}' WHERE id = (SELECT min(id) FROM audit)",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)",
        "UPDATE audit_seal SET hash = 'x'",
        "DELETE FROM audit_seal",
    ],
)
def test_the_database_refuses_to_change_the_audit(world: World, statement: str):
    audit.seal(world.database, world.id)
    before = [(line.id, line.actor, line.details) for line in world.audits()]
    with pytest.raises(DBAPIError, match="append-only"), world.database.write() as session:
        session.execute(sa.text(statement))
    assert [(line.id, line.actor, line.details) for line in world.audits()] == before


def test_postgres_refuses_to_empty_it_at_once(world: World):
    if world.database.is_sqlite:
        pytest.skip("SQLite has no TRUNCATE")
    for table in ("audit_seal", "audit, audit_seal", "audit CASCADE"):
        with pytest.raises(DBAPIError, match="append-only"), world.database.write() as session:
            session.execute(sa.text(f"TRUNCATE {table}"))


# -- the chain


def unlocked(world: World, statement: str, **params: object) -> None:
    """Change the audit as somebody could who owns the database and takes its locks away."""
    with world.database.write() as session:
        if world.database.is_sqlite:
            session.execute(sa.text("PRAGMA defer_foreign_keys = ON"))
            for table in ("audit", "audit_seal"):
                for event in ("update", "delete"):
                    session.execute(sa.text(f"DROP TRIGGER IF EXISTS {table}_no_{event}"))
        else:
            session.execute(sa.text("SET session_replication_role = replica"))
        session.execute(sa.text(statement), params)
        if not world.database.is_sqlite:
            session.execute(sa.text("SET session_replication_role = DEFAULT"))


def test_a_chain_that_nobody_touched_is_whole_and_grows(world: World):
    first = audit.verify(world.database, world.id)
    assert (first.whole, first.lines) == (True, world.count(Audit))
    add(world)
    second = audit.verify(world.database, world.id)
    assert (second.whole, second.lines) == (True, first.lines + 1)
    assert second.head != first.head
    assert audit.verify(world.database, world.id) == second


def test_a_campaign_without_a_line_has_an_empty_chain(world: World):
    assert audit.verify(world.database, None) == audit.Verified(0, NO_SEAL)


@pytest.mark.parametrize(
    "change",
    ["actor = 'somebody else'", "action = 'export'", "details = '{\"places\": 4}'", "revision = 77", "place = 'S4'",
     "about = 'S4'", "campaign_id = 'another'"],
)  # fmt: skip
def test_a_line_changed_behind_our_back_breaks_the_chain_there(world: World, change: str):
    ids = [add(world, details={"places": n}) for n in range(3)]
    assert audit.verify(world.database, world.id).whole
    unlocked(world, f"UPDATE audit SET {change} WHERE id = :id", id=ids[1])
    found = audit.verify(world.database, world.id)
    assert (found.whole, found.broken_at) == (False, ids[1])


def test_a_line_taken_out_breaks_the_chain_there(world: World):
    ids = [add(world) for _ in range(3)]
    audit.verify(world.database, world.id)
    if world.database.is_sqlite:
        # SQLite keeps the link's line by its foreign key even then: taken out with its link it leaves a gap.
        unlocked(world, "DELETE FROM audit_seal WHERE audit_id = :id", id=ids[1])
    unlocked(world, "DELETE FROM audit WHERE id = :id", id=ids[1])
    assert not audit.verify(world.database, world.id).whole


def test_a_link_put_in_for_another_breaks_the_chain(world: World):
    for _ in range(3):
        add(world)
    audit.verify(world.database, world.id)
    unlocked(world, "UPDATE audit_seal SET hash = :hash WHERE number = 2", hash="0" * 64)
    assert not audit.verify(world.database, world.id).whole


def test_a_line_that_was_written_late_is_sealed_after_those_that_overtook_it(world: World):
    """A transaction may begin early and end late: its line has a small number and appears after larger ones."""
    add(world, id=1_000)
    assert audit.verify(world.database, world.id).whole
    add(world, id=999)
    found = audit.verify(world.database, world.id)
    assert found.whole
    with world.database.read() as session:
        last = session.scalars(sa.select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1)).one()
    assert last.audit_id == 999


def test_each_campaign_has_a_chain_of_its_own(world: World, database, clock):
    other = make_world(database, clock)
    heads = {audit.verify(database, id_).head for id_ in (world.id, other.id)}
    assert len(heads) == 2
    add(world)
    assert audit.verify(database, other.id).head in heads


def test_readers_who_seal_at_once_make_one_chain(world: World):
    from concurrent.futures import ThreadPoolExecutor

    for _ in range(30):
        add(world)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: audit.seal(world.database, world.id), range(4)))
    found = audit.verify(world.database, world.id)
    assert (found.whole, found.lines) == (True, world.count(Audit))


def test_the_page_says_whole_only_after_the_chain_was_followed(api: Api, auditor: SignedIn):
    def chain() -> str:
        return str(auditor.get(f"/panels/{api.world.id}/audit?lang=zh").json["audit-chain"])

    assert "链尚未校验" in chain()
    verified = auditor.post(inside(api, "audit/verify"), {}).json
    assert verified["whole"] is True
    assert "链完整" in chain()
    assert verified["head"][:4] in chain()
    id_ = add(api.world)
    auditor.post(inside(api, "audit/verify"), {})
    unlocked(api.world, "UPDATE audit SET actor = 'x' WHERE id = :id", id=id_)
    assert auditor.post(inside(api, "audit/verify"), {}).json["broken_at"] == id_
    assert "链断开" in chain()


# -- what a line says


def test_a_correction_says_what_stood_before_what_stands_now_and_why(api: Api, auditor: SignedIn):
    api.world.send(row("S1", 8, 52, tubes=6), sender=CLERK)
    api.world.send(row("S1", 8, 56, tubes=6, key="c1", correction_of="S1/8", note="误填"), sender=CLERK)
    (found,) = lines(api, auditor, group="corrections")
    assert (found["who"], found["role"], found["place"]) == ("xn-05", "site", "S1")
    (one,) = found["details"]["corrections"]
    assert one == {"site": "S1", "hour": iso(8)[:16] + "+08:00", "key": "c1", "of": "S1/8", "reason": "误填",
                   "fields": {"persons": [52, 56]}}  # fmt: skip
    panel = str(auditor.get(f"/panels/{api.world.id}/audit?lang=zh&open={found['id']}").json["audit"])
    for said in ("52", "56", "误填", "+4", "09:00", "没有改动已公布的数"):
        assert said in panel


def test_a_correction_that_came_first_has_nothing_before_it(api: Api, auditor: SignedIn):
    api.world.send(row("S1", 8, 56, key="c1", correction_of="S1/8", note="误填"), sender=CLERK)
    (found,) = lines(api, auditor, group="corrections")
    assert found["details"]["corrections"][0]["fields"] == {"persons": [None, 56]}


def test_a_large_file_spells_out_fifty_corrections_and_counts_the_rest(world: World):
    rows = [row("S1", f"2021-06-06T{h:02}:00:00+08:00", 1) for h in range(6, 10)]
    assert world.send(*rows).accepted == 4
    from data.ingest import told

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(told, "MOST", 2)
        again = [
            {**r, "key": f"c{n}", "persons": 2, "correction_of": r["key"], "note": "x"} for n, r in enumerate(rows)
        ]
        assert world.send(*again).accepted == 4
    last = world.audits()[-1]
    assert (last.action, last.details["corrected"], len(last.details["corrections"])) == ("reports.corrected", 4, 2)


def test_a_decision_says_about_which_hour_of_which_site(world: World):
    world.send(row("S1", 8, 5), row("S2", 8, 5), row("S4", 9, 5))
    world.verify("S1/8", sender=TOWN_PERSON)
    assert world.audits()[-1].details | {"note": ""} == {
        "reports": 1, "site": "S1", "hour": iso(8)[:16] + "+08:00", "reason": "", "note": "",
    }  # fmt: skip
    world.verify("S2/8", "S4/9")
    assert world.audits()[-1].details["sites"] == 2
    assert "hour" not in world.audits()[-1].details


def test_rows_of_a_file_say_of_which_one(world: World, api: Api, auditor: SignedIn):
    world.file("reports", f"site,hour,persons\nS1,{iso(8)},5\n", "8点.csv")
    (found,) = lines(api, auditor, group="reports")
    assert found["details"]["file"] == "8点.csv"
    panel = str(auditor.get(f"/panels/{world.id}/audit?lang=zh&group=reports&open={found['id']}").json["audit"])
    assert "8点.csv" in panel
    assert "文件" in panel


# -- who sees what


def test_lines_are_found_by_action_person_place_and_time(api: Api, auditor: SignedIn):
    world = api.world
    world.account("xn-05", Role.SITE, "S1", name="陈玉兰")
    world.send(row("S1", 8, 5), sender=CLERK)
    world.clock.to(at(11))
    world.send(row("S4", 8, 5), sender=Sender("lp-04 (site S4)", "S4"))
    world.clock.to(at(12))
    world.verify("S1/8", sender=TOWN_PERSON)

    def found(**asked: str) -> list[str]:
        return [line["who"] for line in lines(api, auditor, **asked) if line["group"] in ("reports", "decisions")]

    assert found() == ["xn-a2", "lp-04", "xn-05"]
    assert found(group="decisions") == ["xn-a2"]
    assert found(who="xn-") == ["xn-a2", "xn-05"]
    assert found(who="玉兰") == ["xn-05"]
    assert found(who="100%_") == []
    assert found(place=TOWN) == ["xn-a2", "xn-05"]
    assert found(place=OTHER_TOWN) == ["lp-04"]
    assert found(place="S1") == ["xn-a2", "xn-05"]
    assert found(since=at(11).isoformat()) == ["xn-a2", "lp-04"]
    assert found(until=at(11).isoformat()) == ["xn-05"]
    assert found(since=at(11).isoformat(), until=at(12).isoformat(), group="reports") == ["lp-04"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [({"group": "nothing"}, 400), ({"since": "yesterday"}, 400), ({"until": "2021-06-06T10:00"}, 400),
     ({"place": "S99"}, 404), ({"cursor": "x"}, 400), ({"limit": "0"}, 400)],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused(api: Api, auditor: SignedIn, asked, status):
    assert_problem(auditor.get(inside(api), query_string=asked), status)


def test_pages_hold_every_line_once(api: Api, auditor: SignedIn):
    for _ in range(7):
        add(api.world)
    auditor.get(inside(api))
    every = [line["id"] for line in lines(api, auditor)]
    paged: list[int] = []
    cursor = ""
    while True:
        answer = auditor.get(inside(api), query_string={"limit": "3", **({"cursor": cursor} if cursor else {})})
        paged += [line["id"] for line in answer.json]
        cursor = answer.headers.get("X-Next-Cursor", "")
        if not cursor:
            break
    assert paged == every
    assert paged == sorted(paged, reverse=True)


def test_an_auditor_of_a_place_sees_what_was_done_there_or_from_there(api: Api):
    world = api.world
    world.send(row("S1", 8, 5), sender=CLERK)
    world.send(row("S4", 8, 5), sender=Sender("lp-04 (site S4)", "S4"))
    world.send(row("S2", 8, 5), sender=Sender("qu (district 440607)", DISTRICT))
    world.send(row("S5", 8, 5), row("S3", 9, 5), sender=Sender("qu (district 440607)", DISTRICT))
    town = api.signed_in("auditor", TOWN)
    seen = lines(api, town)
    assert [(line["who"], line["place"]) for line in seen if line["group"] == "reports"] == [
        ("qu", "S2"),
        ("xn-05", "S1"),
    ]
    assert all(line["place"] in (TOWN, "S1", "S2", "S3") for line in seen)
    assert_problem(town.get(inside(api), query_string={"place": "S4"}), 403)
    hidden = next(a.id for a in world.audits() if a.actor.startswith("lp-04"))
    panel = town.get(f"/panels/{world.id}/audit?lang=zh&open={hidden}").json
    assert "lp-04" not in str(panel)
    assert "lp-04" not in town.get(f"/audit/{world.id}.csv").get_data(as_text=True)


def test_another_campaigns_lines_are_not_among_them(api: Api, auditor: SignedIn, database, clock):
    other = make_world(database, clock)
    other.send(row("S1", 8, 5), sender=Sender("stranger (site S1)", "S1"))
    assert all(line["who"] != "stranger" for line in lines(api, auditor))
    assert_problem(auditor.get(f"/api/v1/campaigns/{other.id}/audit"), 403)


def test_guesses_at_unknown_logins_are_shown_to_every_auditor_of_the_whole(api: Api, auditor: SignedIn):
    sign_ins.enter(api.world.database, "nobody-at-all", "x", system_clock())
    api.world.account("of-all", Role.DISTRICT, DISTRICT, campaign=None)
    assert [line["action"] for line in lines(api, auditor, show="failed")] == ["sign_in.failed"]
    # What belongs to no campaign is for who does not either.
    assert all(line["details"].get("account") != "of-all" for line in lines(api, auditor))
    everywhere = api.signed_in("auditor", "", campaign=None)
    assert any(line["details"].get("account") == "of-all" for line in lines(api, everywhere))
    assert lines(api, api.signed_in("auditor", TOWN), show="failed") == []


def test_ones_own_lines_are_found(api: Api, auditor: SignedIn):
    other = api.signed_in("auditor", "")
    lines(api, other)
    assert {line["who"] for line in lines(api, auditor, show="mine")} == {auditor.login}


# -- reading is written down


def test_looking_is_one_line_for_a_person_and_ten_minutes(api: Api, auditor: SignedIn):
    world = api.world

    def looks() -> list[str]:
        return [line.actor for line in world.audits() if line.action == VIEW]

    for _ in range(3):
        lines(api, auditor)
        auditor.get(f"/panels/{world.id}/audit?lang=zh")
    assert len(looks()) == 1
    other = api.signed_in("auditor", "")
    lines(api, other)
    assert len(looks()) == 2
    world.clock.advance(minutes=9, seconds=59)
    lines(api, auditor)
    assert len(looks()) == 2
    world.clock.advance(seconds=2)
    lines(api, auditor)
    assert len(looks()) == 3


def test_an_open_page_has_the_chain_followed_every_ten_minutes(api: Api, auditor: SignedIn):
    def due() -> bool:
        return "data-verify-due" in str(auditor.get(f"/panels/{api.world.id}/audit?lang=zh").json["audit-chain"])

    assert due()
    auditor.post(inside(api, "audit/verify"), {})
    assert not due()
    api.world.clock.advance(minutes=10)
    assert due()


def test_minutes_are_the_readers_where_the_campaigns_clock_runs_faster(api: Api, auditor: SignedIn, monkeypatch):
    world = api.world
    ticking = ScaledClock(world.clock(), world.clock(), 60)
    monkeypatch.setattr(campaigns, "demo_clock", lambda row: ticking)
    for _ in range(3):
        lines(api, auditor)
        world.clock.advance(minutes=3)
    assert sum(line.action == VIEW for line in world.audits()) == 1
    world.clock.advance(minutes=2)
    lines(api, auditor)
    assert sum(line.action == VIEW for line in world.audits()) == 2


def test_an_export_is_a_line_with_how_much_was_taken_away(api: Api, auditor: SignedIn):
    answer = auditor.get(f"/audit/{api.world.id}.csv?lang=zh")
    taken = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    last = api.world.audits()[-1]
    assert (last.action, last.details) == ("audit.export", {"rows": len(taken) - 1, "format": "csv"})
    assert taken[0][:4] == ["编号", "收到", "修订号", "谁"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_reading_the_table_of_sites_as_a_file_is_a_line(api: Api, auditor: SignedIn):
    district = api.signed_in("district")
    district.get(f"/export/{api.world.id}/{DISTRICT}.csv")
    (found,) = [line for line in lines(api, auditor, group="reads") if line["action"] == "export"]
    assert (found["who"], found["details"]["format"]) == (district.login, "csv")


# -- names are only text


@pytest.mark.parametrize(
    "evil", ['=HYPERLINK("http://x")', "+1+1", "-1", "@SUM(A1)", "\t=1", "<script>alert(1)</script>"]
)
def test_no_name_becomes_a_formula_or_markup(api: Api, auditor: SignedIn, evil: str):
    world = api.world
    world.account("evil", Role.SITE, "S1", name=evil)
    world.send(row("S1", 8, 5), sender=Sender("evil (site S1)", "S1"))
    world.send(row("S1", 8, 6, key="c", correction_of="S1/8", note=evil), sender=Sender("evil (site S1)", "S1"))
    rows = list(csv.reader(io.StringIO(auditor.get(f"/audit/{world.id}.csv").get_data().decode("utf-8-sig"))))
    assert not [cell for line in rows for cell in line if cell.startswith(("=", "+", "-", "@", "\t"))]
    book = openpyxl.load_workbook(io.BytesIO(auditor.get(f"/audit/{world.id}.xlsx").get_data()))
    assert "f" not in {cell.data_type for line in book.active.iter_rows() for cell in line}
    panel = auditor.get(f"/panels/{world.id}/audit?lang=zh&who=evil")
    assert panel.mimetype == "application/json"
    assert all(kind in ("dash_html_components", "dash_core_components") for kind in _namespaces(panel.json))


def _namespaces(tree):
    if isinstance(tree, dict):
        if "namespace" in tree:
            yield tree["namespace"]
        for below in tree.values():
            yield from _namespaces(below)
    elif isinstance(tree, list):
        for below in tree:
            yield from _namespaces(below)


def test_who_may_not_audit_learns_nothing(api: Api):
    for role in ("district", "town", "leader"):
        person = api.signed_in(role)
        for path in (inside(api), f"/panels/{api.world.id}/audit", f"/audit/{api.world.id}.csv"):
            assert_problem(person.get(path), 403)
    assert endpoints.ON_A_PAGE == 100
