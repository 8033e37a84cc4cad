"""Accounts and tokens as an administrator looks after them: through the interface, and at the command line."""

import base64
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from kit import DISTRICT, OTHER_TOWN, PASSWORD, TOWN, Api, SignedIn, World, assert_problem, make_world, row

import manage
from commands import state
from data import accounts, sign_ins
from data.models import Account, Audit, LabRow, SignIn
from domain.clock import system_clock
from domain.permissions import Role

EVIL = "<img src=x onerror=alert(1)>\"&'"
SLIP = re.compile(r'<b class="slip-password">([^<]+)</b>')


@pytest.fixture
def admin(api: Api) -> SignedIn:
    return api.signed_in("administrator", "")


def inside(api: Api, rest: str) -> str:
    return f"/api/v1/campaigns/{api.world.id}/{rest}"


def make(api: Api, admin: SignedIn, **wish: object):
    body = {"login": "guan-yu", "role": "site", "place": "S1", **wish}
    return admin.post(inside(api, "accounts"), body)


def opens(api: Api, login: str, password: str) -> bool:
    return SignedIn(api.client.application.test_client(), login, password).answer.status_code == 302


def actions(world: World) -> list[str]:
    return [line.action for line in world.audits() if line.action.startswith(("account", "token", "campaign.close"))]


# -- one


def test_an_account_is_made_with_a_one_time_password_told_once(api: Api, admin: SignedIn):
    made = make(api, admin, name="关羽", phone="138 0013 8000").json
    (told,) = made["accounts"]
    assert (made["made"], made["unchanged"], told["login"], told["place"]) == (1, 0, "guan-yu", "S1")
    assert opens(api, "guan-yu", told["password"])
    again = make(api, admin, name="关羽", phone="138 0013 8000").json
    assert (again["made"], again["unchanged"], again["accounts"][0]["password"]) == (0, 1, None)
    assert opens(api, "guan-yu", told["password"])
    with api.world.database.read() as session:
        kept = session.scalars(sa.select(Account).where(Account.login == "guan-yu")).one()
    assert told["password"] not in kept.password_hash


@pytest.mark.parametrize("other", [{"place": "S2"}, {"role": "town", "place": TOWN}, {"name": "张飞"}])
def test_a_login_that_is_somebody_elses_is_a_conflict(api: Api, admin: SignedIn, other):
    make(api, admin, name="关羽")
    answer = make(api, admin, **{"name": "关羽", **other})
    assert answer.status_code == 409
    assert answer.json["errors"][0]["field"] == "login"


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"login": "X"}, "login"), ({"login": "a b"}, "login"), ({"login": "../etc"}, "login"),
        ({"role": "reader"}, "role"), ({"role": ""}, "role"), ({"place": "S9"}, "place"), ({"place": ""}, "place"),
        ({"place": TOWN}, "place"), ({"role": "lab", "place": "S1"}, "place"), ({"phone": "drop table"}, "phone"),
        ({"name": "x" * 61}, "name"),
    ],
)  # fmt: skip
def test_an_account_that_makes_no_sense_is_refused_with_the_field(api: Api, admin: SignedIn, wish, field):
    answer = make(api, admin, **wish)
    assert answer.status_code in (400, 404), answer.json
    assert answer.json["errors"][0]["field"] == field
    assert api.world.count(Account) == 1


def test_a_login_is_written_in_small_letters(api: Api, admin: SignedIn):
    assert make(api, admin, login="Guan-Yu").json["accounts"][0]["login"] == "guan-yu"


def test_a_body_of_another_shape_is_refused(api: Api, admin: SignedIn):
    for body in ([], {"login": 5}, {"login": "x", "role": "site", "place": ["S1"]}, "x"):
        assert_problem(admin.post(inside(api, "accounts"), body), 400)


# -- reset, close, open, unlock


def test_a_reset_ends_sessions_and_the_old_password(api: Api, admin: SignedIn):
    clerk = api.signed_in("site")
    answer = admin.post(inside(api, f"accounts/{clerk.login}/reset"), {}).json
    (told,) = answer["accounts"]
    assert answer["reset"] == 1
    assert not opens(api, clerk.login, PASSWORD)
    assert opens(api, clerk.login, told["password"])
    with api.world.database.read() as session:
        row_ = session.scalars(sa.select(Account).where(Account.login == clerk.login)).one()
        assert row_.must_change


def test_an_account_passes_to_another_person_and_the_audit_names_neither(api: Api, admin: SignedIn):
    make(api, admin, name="关羽", phone="138 0013 8000")
    admin.post(inside(api, "accounts/guan-yu/reset"), {"name": "张飞", "phone": "139 0013 9000"})
    (found,) = [a for a in admin.get(inside(api, "accounts")).json if a["login"] == "guan-yu"]
    assert (found["name"], found["phone"]) == ("张飞", "139 0013 9000")
    last = api.world.audits()[-1]
    assert (last.action, last.details["person"]) == ("account.reset", True)
    assert all(name not in str(line.details) for line in api.world.audits() for name in ("关羽", "张飞", "9000"))


def test_a_closed_account_opens_nothing_until_it_is_opened_again(api: Api, admin: SignedIn):
    clerk = api.signed_in("site")
    closed = admin.post(inside(api, f"accounts/{clerk.login}/disable"), {}).json
    assert (closed["state"], closed["sessions_ended"]) == ("disabled", 1)
    assert clerk.get("/api/v1/me").status_code == 401
    assert not opens(api, clerk.login, PASSWORD)
    assert admin.post(inside(api, f"accounts/{clerk.login}/enable"), {}).json["state"] == "active"
    assert opens(api, clerk.login, PASSWORD)


def test_closing_twice_is_written_down_once(api: Api, admin: SignedIn):
    clerk = api.signed_in("site")
    for _ in range(2):
        assert admin.post(inside(api, f"accounts/{clerk.login}/disable"), {}).status_code == 200
    assert actions(api.world).count("account.disable") == 1


def test_a_locked_account_is_unlocked(api: Api, admin: SignedIn):
    login = api.world.account("locked", Role.SITE, "S1")
    for _ in range(5):
        sign_ins.enter(api.world.database, login, "wrong", system_clock())
    (found,) = [a for a in admin.get(inside(api, "accounts")).json if a["login"] == login]
    assert found["state"] == "locked"
    assert admin.post(inside(api, f"accounts/{login}/unlock"), {}).json["state"] == "active"
    assert opens(api, login, PASSWORD)


def test_nobody_does_anything_to_his_own_account(api: Api, admin: SignedIn):
    for step in ("reset", "disable", "unlock", "enable"):
        assert_problem(admin.post(inside(api, f"accounts/{admin.login}/{step}"), {}), 403)
    assert admin.get("/api/v1/me").status_code == 200


def test_an_administrator_changes_no_figure(api: Api, admin: SignedIn):
    for rest, body in (
        ("reports", {"reports": [row("S1", 8, 5)]}), ("reports/verify", {"keys": []}), ("upper-figures", []),
        ("modes", {"modes": []}), ("bulletins", {}), ("problems", {}), ("reminders", {}), ("sources", {}),
    ):  # fmt: skip
        assert_problem(admin.post(inside(api, rest), body), 403)


# -- whose accounts


def test_an_administrator_of_a_place_reaches_it_and_what_lies_below(api: Api, admin: SignedIn):
    for login, role, place in (("one", "site", "S1"), ("far", "site", "S4"), ("above", "district", DISTRICT),
                               ("all", "auditor", "")):  # fmt: skip
        assert make(api, admin, login=login, role=role, place=place).status_code == 200
    town = api.signed_in("administrator", TOWN)
    assert {a["login"] for a in town.get(inside(api, "accounts")).json} == {"one", town.login}
    for login in ("far", "above", "all", admin.login, "nobody"):
        assert_problem(town.post(inside(api, f"accounts/{login}/reset"), {}), 404)
    for wish in ({"place": "S4"}, {"role": "district", "place": DISTRICT}, {"role": "administrator", "place": ""},
                 {"role": "town", "place": OTHER_TOWN}):  # fmt: skip
        assert make(api, town, login="new", **wish).status_code == 403
    assert make(api, town, login="new", place="S2").status_code == 200
    assert_problem(town.post(inside(api, "close-access"), {"confirm": api.world.id}), 403)
    assert town.post(inside(api, "accounts/bulk"), {"all_sites": True}).json["made"] == 1
    sent = town.post(inside(api, "tokens"), {"key": "k", "role": "site", "place": "S4"})
    assert_problem(sent, 403)


def test_an_administrator_of_a_campaign_reaches_no_other(api: Api, admin: SignedIn, database, clock):
    other = make_world(database, clock)
    other.account("theirs", Role.SITE, "S1")
    api.world.account("of-all", Role.DISTRICT, DISTRICT, campaign=None)
    for login in ("theirs", "of-all"):
        assert_problem(admin.post(inside(api, f"accounts/{login}/reset"), {}), 404)
    assert_problem(admin.get(f"/api/v1/campaigns/{other.id}/accounts"), 403)
    assert {a["login"] for a in admin.get(inside(api, "accounts")).json} == {admin.login}
    everywhere = api.signed_in("administrator", "", campaign=None)
    assert {a["login"] for a in everywhere.get(inside(api, "accounts")).json} == {
        admin.login, "of-all", everywhere.login,
    }  # fmt: skip
    assert everywhere.post(inside(api, "accounts/of-all/reset"), {}).status_code == 200


# -- many


def test_every_site_gets_one_account_and_a_slip_and_asking_again_changes_nothing(api: Api, admin: SignedIn):
    made = admin.post(inside(api, "accounts/bulk"), {"all_sites": True}).json
    assert (made["made"], made["left"], made["rejected"]) == (5, 0, [])
    assert {a["place"] for a in made["accounts"]} == {"S1", "S2", "S3", "S4", "S5"}
    assert sorted(SLIP.findall(made["slips"])) == sorted(a["password"] for a in made["accounts"])
    assert made["slips"].count("<svg") == 5
    assert all(opens(api, a["login"], a["password"]) for a in made["accounts"])
    again = admin.post(inside(api, "accounts/bulk"), {"all_sites": True}).json
    assert (again["made"], again["unchanged"], again["accounts"], again["slips"]) == (0, 5, [], "")


def test_what_one_request_leaves_the_next_one_makes(api: Api, admin: SignedIn, monkeypatch):
    from api import accounts as endpoints
    from data.ingest import accounts as bulk

    monkeypatch.setattr(endpoints, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    passwords: list[str] = []
    for renew in (False, True):
        begun, lefts = "", []
        while True:
            body = {"all_sites": True, "renew_unused": renew, "go_on": begun}
            made = admin.post(inside(api, "accounts/bulk"), body).json
            begun = made["begun"]
            lefts.append(made["left"])
            passwords += [a["password"] for a in made["accounts"]]
            if not made["left"]:
                break
        assert lefts == [3, 1, 0]
    assert len(set(passwords)) == 10


def test_only_passwords_nobody_has_used_are_renewed_and_used_slips_are_void(api: Api, admin: SignedIn):
    made = admin.post(inside(api, "accounts/bulk"), {"all_sites": True}).json["accounts"]
    used = made[0]
    person = SignedIn(api.client.application.test_client(), used["login"], used["password"])
    assert person.answer.status_code == 302
    rows = [{"role": "site", "place": a["place"], "login": a["login"]} for a in made]
    again = admin.post(inside(api, "accounts/bulk"), {"rows": rows, "renew_unused": True}).json
    assert (again["reset"], again["unchanged"]) == (4, 1)
    assert again["slips"].count("已用，作废") == 1
    assert opens(api, used["login"], used["password"])
    assert not opens(api, made[1]["login"], made[1]["password"])


CSV = """账号,角色,地点,姓名,电话
xn-01,采样点信息员,S1,关羽,13800138000
,信息员,S2,,
xn-01,信息员,S2,,
xn-town,镇街数据员,440607001,张飞,
xn-x,国王,S1,,
xn-y,信息员,S77,,
Bad Login,信息员,S3,,
xn-z,信息员,440607001,,
"""


def test_a_file_makes_its_accounts_and_hands_back_the_rest(api: Api, admin: SignedIn):
    body = {"file": base64.b64encode(CSV.encode("gb18030")).decode(), "name": "名册.csv"}
    made = admin.post(inside(api, "accounts/bulk"), body).json
    assert {(a["login"], a["role"], a["place"]) for a in made["accounts"]} == {
        ("s2", "site", "S2"), ("xn-town", "town", TOWN),
    }  # fmt: skip
    assert [(r["index"], r["field"], r["code"]) for r in made["rejected"]] == [
        (2, "login", "duplicate_in_file"), (4, "login", "duplicate_in_file"), (6, "role", "bad_value"),
        (7, "place", "unknown_place"), (8, "login", "bad_value"), (9, "place", "bad_value"),
    ]  # fmt: skip
    assert all(r["message"] for r in made["rejected"])


@pytest.mark.parametrize("body", [{}, {"file": "%%%"}, {"file": base64.b64encode(b"\xff\xfe\x00").decode()}])
def test_a_wish_that_says_nothing_is_refused(api: Api, admin: SignedIn, body):
    assert_problem(admin.post(inside(api, "accounts/bulk"), body), 400)


def test_names_are_only_text_on_slips_and_in_the_list(api: Api, admin: SignedIn):
    made = make(api, admin, name=EVIL).json
    assert "<img" not in made["slips"]
    assert "&lt;img src=x onerror=alert(1)&gt;&#34;&amp;&#39;" in made["slips"]
    panel = admin.get(f"/panels/{api.world.id}/users?lang=zh").json
    # A text of a component, which React writes as text.
    assert any(part["props"].get("children") == EVIL for part in parts(panel) if "props" in part)
    assert all(part["namespace"] == "dash_html_components" for part in parts(panel) if "namespace" in part)


def parts(tree):
    if isinstance(tree, dict):
        yield tree
        for below in tree.values():
            yield from parts(below)
    elif isinstance(tree, list):
        for below in tree:
            yield from parts(below)


def test_a_slip_never_holds_the_password_in_its_code(api: Api, admin: SignedIn):
    import segno

    made = make(api, admin).json
    drawn = segno.make("http://localhost/login?login=guan-yu", error="m", micro=False).svg_inline(
        border=2, omitsize=True
    )
    assert drawn.removeprefix("<svg ") in made["slips"]


# -- tokens


def test_a_token_is_told_once_and_only_once_for_one_wish(api: Api, admin: SignedIn):
    wish = {"key": "k1", "role": "gateway", "place": DISTRICT, "note": "市平台"}
    made = admin.post(inside(api, "tokens"), wish).json
    headers = {"Authorization": f"Bearer {made['secret']}"}
    assert api.client.get(inside(api, "summary"), headers=headers).status_code == 200
    assert admin.post(inside(api, "tokens"), wish).json == {"number": made["number"], "secret": None}
    assert_problem(admin.post(inside(api, "tokens"), {**wish, "note": "another"}), 409)
    (listed,) = admin.get(inside(api, "tokens")).json
    assert (listed["number"], listed["note"], listed["revoked_at"]) == (made["number"], "市平台", None)
    for _ in range(2):
        assert admin.post(inside(api, f"tokens/{made['number']}/revoke"), {}).json["revoked_at"]
    assert api.client.get(inside(api, "summary"), headers=headers).status_code == 401
    assert actions(api.world) == ["account.create", "token.create", "token.revoke"]
    assert api.world.audits()[-1].actor == f"{admin.login} (administrator)"


@pytest.mark.parametrize("wish", [{"role": "administrator"}, {"role": "king"}, {"key": ""}, {"note": "x" * 101}])
def test_a_token_that_makes_no_sense_is_refused(api: Api, admin: SignedIn, wish):
    body = {"key": "k", "role": "site", "place": "S1", **wish}
    assert_problem(admin.post(inside(api, "tokens"), body), 400)


def test_a_token_needs_a_place_there_is(api: Api, admin: SignedIn):
    assert_problem(admin.post(inside(api, "tokens"), {"key": "k", "role": "site", "place": "S77"}), 404)
    assert_problem(admin.post(inside(api, "tokens/77/revoke"), {}), 404)


# -- the end


def test_the_end_takes_back_everything_once_the_campaign_is_named(api: Api, admin: SignedIn):
    clerk, everywhere = api.signed_in("site"), api.signed_in("district", campaign=None)
    token = api.headers("town")
    seen = admin.get(inside(api, "close-access")).json
    assert seen == {"accounts": 2, "sessions": 2, "tokens": 1, "screens": 0}
    for wrong in ("", "yes", api.world.id.upper() + "x"):
        assert_problem(admin.post(inside(api, "close-access"), {"confirm": wrong}), 400)
    assert clerk.get("/api/v1/me").status_code == 200
    assert admin.post(inside(api, "close-access"), {"confirm": api.world.id}).json == seen
    for person in (clerk, admin):
        assert person.get("/api/v1/me").status_code == 401
        assert not opens(api, person.login, PASSWORD)
    assert api.client.get(inside(api, "summary"), headers=token).status_code == 401
    # Whoever serves several campaigns stays; what was counted stays.
    assert everywhere.get(inside(api, "summary")).status_code == 200
    assert [line.details for line in api.world.audits() if line.action == "campaign.close_access"] == [seen]


# -- the command line


@pytest.fixture
def run(database_url: str, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Calls `manage.py` in English on the world's database, in a folder of its own."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.chdir(tmp_path)

    def called(*arguments: str, status: int = 0, typed: str | None = None) -> Result:
        done = CliRunner().invoke(manage.cli, list(arguments), input=typed)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == status, done.output
        return done

    return called


def last_line(done: Result) -> str:
    return done.stdout.strip().splitlines()[-1]


def test_the_password_stands_alone_on_the_last_line(run, world: World):
    made = run("user", "create", "--login", "guan-yu", "--role", "site", "--place", "S1", "--campaign", world.id)
    assert sign_ins.enter(world.database, "guan-yu", last_line(made), system_clock()).secret
    reset = run("user", "reset", "guan-yu", "--name", "张飞")
    assert last_line(reset) != last_line(made)
    assert sign_ins.enter(world.database, "guan-yu", last_line(made), system_clock()).secret is None
    assert sign_ins.enter(world.database, "guan-yu", last_line(reset), system_clock()).secret
    listed = run("user", "list", "--campaign", world.id).stdout.split("\t")
    assert listed[:6] == ["guan-yu", "site", "S1", world.id, "张飞", "unchanged"]


def test_an_account_is_closed_and_opened_at_the_command_line(run, world: World):
    login = world.account("clerk", Role.SITE, "S1")
    run("user", "disable", login)
    assert sign_ins.enter(world.database, login, PASSWORD, system_clock()).secret is None
    run("user", "enable", login)
    assert sign_ins.enter(world.database, login, PASSWORD, system_clock()).secret
    assert {a.actor for a in world.audits() if a.action.startswith("account.")} == {"operator"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "--login", "A B", "--role", "site", "--place", "S1"),
        ("create", "--login", "ab", "--role", "site", "--place", "S77"),
        ("create", "--login", "ab", "--role", "site"),
        ("create", "--login", "ab", "--role", "leader", "--campaign", "nothing"),
        ("create", "--login", "taken", "--role", "leader"),
        ("reset", "nobody"), ("disable", "nobody"), ("enable", "nobody"),
        ("bulk", "--campaign", "nothing"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_ends_with_status_2_and_one_line(run, world: World, arguments):
    world.account("taken", Role.LEADER, "")
    done = run("user", *arguments, status=state.NOTHING_DONE)
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1


def test_slips_for_all_sites_are_one_file_only_its_owner_can_read(run, world: World, tmp_path: Path):
    done = run("user", "bulk", "--campaign", world.id, "--address", "https://cs.example/", "--out", "slips.html")
    assert "5" in done.stderr
    file = tmp_path / "slips.html"
    page = file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0
    assert len(SLIP.findall(page)) == page.count("<svg") == 5
    assert "cs.example" in page
    assert not re.search(r"<script|<link|src=", page)
    assert "@page" in page
    for password in SLIP.findall(page):
        login = re.search(rf'slip-login">([^<]+)</span><b class="slip-password">{password}', page)
        assert login is not None
        assert sign_ins.enter(world.database, login[1], password, system_clock()).secret
    again = run("user", "bulk", "--campaign", world.id, "--out", "again.html")
    assert "unchanged 5" in again.stderr
    assert not (tmp_path / "again.html").exists()


def test_a_file_with_bad_lines_hands_them_back_to_be_mended(run, world: World, tmp_path: Path):
    (tmp_path / "list.csv").write_text(CSV, encoding="utf-8")
    done = run("user", "bulk", "list.csv", "--campaign", world.id, "--out", "slips.html", status=state.REFUSED)
    refused = (tmp_path / "list.csv.rejected.csv").read_text(encoding="utf-8-sig")
    assert "made 2" in done.stderr
    assert refused.count("\n") == 7
    assert "duplicate_in_file" in refused
    mended = "\n".join(["账号,角色,地点,姓名,电话", "xn-y,信息员,S3,,"])
    (tmp_path / "list.csv.rejected.csv").write_text(mended, encoding="utf-8")
    run("user", "bulk", "list.csv.rejected.csv", "--campaign", world.id)


def test_a_spreadsheet_is_read_like_a_text_file(run, world: World, tmp_path: Path):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["login", "role", "place", "name", "phone"])
    book.active.append(["xn-01", "site", "S1", "关羽", 13800138000])
    book.save(tmp_path / "list.xlsx")
    run("user", "bulk", "list.xlsx", "--campaign", world.id)
    with world.database.read() as session:
        made = session.scalars(sa.select(Account).where(Account.login == "xn-01")).one()
    assert (made.name, made.phone) == ("关羽", "13800138000")


def test_the_campaigns_access_is_closed_when_its_id_is_typed(run, world: World):
    login = world.account("clerk", Role.SITE, "S1")
    run("campaign", "close-access", "--campaign", world.id, typed="no\n", status=state.NOTHING_DONE)
    assert sign_ins.enter(world.database, login, PASSWORD, system_clock()).secret
    done = run("campaign", "close-access", "--campaign", world.id, typed=f"{world.id}\n")
    assert "1 accounts" in done.stderr or "passwords of 1" in done.stderr
    assert sign_ins.enter(world.database, login, PASSWORD, system_clock()).secret is None
    with world.database.read() as session:
        assert session.scalars(sa.select(SignIn).where(SignIn.ended_at.is_(None))).all() == []


def test_the_last_audit_says_how_many_were_taken_back(run, world: World):
    world.account("clerk", Role.SITE, "S1")
    world.token(Role.SITE, "S1")
    run("campaign", "close-access", "--campaign", world.id, "--yes")
    with world.database.read() as session:
        last = session.scalars(sa.select(Audit).order_by(Audit.id.desc()).limit(1)).one()
    assert last.details == {"accounts": 1, "sessions": 0, "tokens": 1, "screens": 0}
    assert accounts.NO_PASSWORD == "!"


def test_the_laboratory_of_a_site_stands_on_its_slip(api: Api, admin: SignedIn):
    from data.models import PlaceRow

    with api.world.database.write() as session:
        lab = LabRow(campaign_id=api.world.id, code="LAB-1", name="示范机构")
        session.add(lab)
        session.flush()
        session.execute(sa.update(PlaceRow).where(PlaceRow.code == "S1").values(lab_id=lab.id))
        api.world.clock.advance(seconds=1)
    api.world.set_places({"site": "S1", "town": TOWN, "target": 1001, "reason": "x", "lab": "LAB-1"})
    assert "只送 示范机构" in make(api, admin).json["slips"]
