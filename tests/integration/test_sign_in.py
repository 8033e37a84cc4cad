"""Signing in with a clock to set: failing slows down and locks, sessions end, passwords are changed."""

import re
import threading

import pytest
import sqlalchemy as sa
from kit import DISTRICT, PASSWORD, SetClock, SignedIn, World, at, form_token

from data import accounts, sign_ins
from data.models import Account, Audit, SignIn, SignInTry
from domain import sign_in
from domain.clock import system_clock
from domain.permissions import Role

NEW = "quite another 8 words"


@pytest.fixture
def now() -> SetClock:
    """The real time, which sign-ins go by, to be set."""
    return SetClock(at(9))


@pytest.fixture
def login(world: World, now: SetClock) -> str:
    with world.database.write() as session:
        accounts.create(
            session, login="clerk", role=Role.SITE, place="S1", campaign_id=world.id, now=now(), actor="operator",
            password=PASSWORD,
        )  # fmt: skip
    return "clerk"


def enter(world: World, now: SetClock, login: str, password: str = PASSWORD) -> sign_ins.Attempt:
    return sign_ins.enter(world.database, login, password, now())


def caller(world: World, secret: str | None, now: SetClock):
    assert secret is not None
    with world.database.read() as session:
        return sign_ins.caller(session, secret, now())


def account(session, login: str = "clerk") -> Account:
    return session.scalars(sa.select(Account).where(Account.login == login)).one()


# -- failing


def test_the_right_password_opens_a_session_of_that_account(world, now, login):
    found = caller(world, enter(world, now, " CLERK ").secret, now)
    assert (found.role, found.place, found.campaign_id, found.name) == (Role.SITE, "S1", world.id, "clerk (site S1)")


def test_five_failures_lock_for_a_minute_then_twice_as_long_up_to_a_quarter_of_an_hour(world, now, login):
    left = [enter(world, now, login, "wrong").tries_left for _ in range(4)]
    assert left == [4, 3, 2, 1]
    waits = []
    for _ in range(6):
        locked = enter(world, now, login, "wrong").locked_until
        waits.append((locked - now()).total_seconds() / 60)
        # While it is locked the right password does not fit either, and nothing is counted.
        assert enter(world, now, login).secret is None
        assert enter(world, now, login, "wrong").locked_until == locked
        now.to(locked)
    assert waits == [1, 2, 4, 8, 15, 15]
    assert enter(world, now, login).secret is not None
    assert enter(world, now, login, "wrong").tries_left == 4


def test_after_a_day_without_a_failure_the_count_begins_anew(world, now, login):
    for _ in range(4):
        enter(world, now, login, "wrong")
    now.advance(hours=24, seconds=1)
    assert enter(world, now, login, "wrong").tries_left == 4


def test_failures_under_one_login_do_not_lock_another(world, now, login):
    for _ in range(9):
        enter(world, now, "somebody-else", "wrong")
    assert enter(world, now, login).secret is not None


def test_an_unknown_login_is_answered_like_a_known_one(world, now, login):
    known = [enter(world, now, login, "wrong") for _ in range(7)]
    unknown = [enter(world, now, "nobody", "wrong") for _ in range(7)]
    assert known == unknown


@pytest.mark.parametrize("state", ["disabled", "expired", "withdrawn"])
def test_an_account_that_is_closed_is_answered_like_a_wrong_password(world, now, login, state):
    with world.database.write() as session:
        row = account(session)
        if state == "disabled":
            accounts.disable(session, row, now(), "operator")
        elif state == "expired":
            row.must_change, row.expires_at = True, now()
        else:
            accounts.end_campaign(session, world.id, now(), "operator")
    assert enter(world, now, login) == enter(world, now, "nobody", "wrong")


def test_every_login_takes_one_hashing_whether_or_not_there_is_one(world, now, login, monkeypatch):
    tried = []

    class Counting:
        def verify(self, hashed: str, password: str) -> bool:
            tried.append(hashed)
            raise sign_ins.VerificationError

    sign_ins._nobody()
    monkeypatch.setattr(accounts, "HASHER", Counting())
    enter(world, now, login, "wrong")
    enter(world, now, "nobody", "wrong")
    with world.database.write() as session:
        account(session).password_hash = accounts.NO_PASSWORD
    enter(world, now, login, "wrong")
    assert len(tried) == 3
    assert all(hashed.startswith("$argon2id$") for hashed in tried)


def test_guesses_that_come_all_at_once_do_not_slip_past_the_lock(world, now, login, monkeypatch):
    """The right password, verified while five others failed, finds the login locked."""
    real = sign_ins._fits

    def meanwhile(hashed: str, password: str) -> bool:
        monkeypatch.setattr(sign_ins, "_fits", real)
        for _ in range(5):
            enter(world, now, login, "wrong")
        return real(hashed, password)

    monkeypatch.setattr(sign_ins, "_fits", meanwhile)
    attempt = enter(world, now, login)
    assert attempt.secret is None
    assert attempt.locked_until is not None


def test_what_was_typed_as_an_unknown_login_is_not_kept(world, now):
    enter(world, now, "my password by mistake", "x")
    with world.database.read() as session:
        (row,) = session.scalars(sa.select(Audit).where(Audit.action == "sign_in.failed"))
        assert (row.actor, row.details, row.campaign_id) == ("unknown login", {}, None)
        (tried,) = session.scalars(sa.select(SignInTry))
        assert "password" not in tried.login_hash


def test_sign_ins_and_failures_are_in_the_audit(world, now, login):
    enter(world, now, login, "wrong")
    secret = enter(world, now, login).secret
    with world.database.write() as session:
        sign_ins.leave(session, secret, now())
    assert [(a.action, a.actor) for a in world.audits()][-3:] == [
        ("sign_in.failed", "clerk (site S1)"), ("sign_in", "clerk (site S1)"), ("sign_out", "clerk (site S1)"),
    ]  # fmt: skip


def test_the_page_answers_a_known_and_an_unknown_login_with_the_same_words(api):
    login = api.world.account("clerk", Role.SITE, "S1")
    said = []
    for name in (login, "nobody"):
        client = api.client.application.test_client()
        answers = []
        for _ in range(7):
            form = {"csrf_token": form_token(client), "login": name, "password": "wrong"}
            answer = client.post("/login", data=form)
            body = re.sub(r'value="[^"]*"', "", answer.get_data(as_text=True))
            answers.append((answer.status_code, body, sorted(answer.headers.keys())))
        said.append(answers)
    assert said[0] == said[1]
    assert "还可试 4 次" in said[0][0][1]
    assert "分钟后再试" in said[0][-1][1]


# -- sessions


def test_a_session_ends_by_itself_after_a_shift(world, now, login):
    secret = enter(world, now, login).secret
    now.advance(hours=15, minutes=59)
    assert caller(world, secret, now) is not None
    now.advance(minutes=1)
    assert caller(world, secret, now) is None


def end_by_signing_out(world, session, secret, now):
    sign_ins.leave(session, secret, now())


def end_by_a_new_password(world, session, secret, now):
    accounts.set_password(session, account(session), accounts.HASHER.hash(NEW), now())


def end_by_reset(world, session, secret, now):
    accounts.reset(session, account(session), now(), "operator")


def end_by_disabling(world, session, secret, now):
    accounts.disable(session, account(session), now(), "operator")


def end_by_closing_the_campaign(world, session, secret, now):
    accounts.end_campaign(session, world.id, now(), "operator")


def end_by_signing_out_everywhere(world, session, secret, now):
    other = sign_ins._begin(session, account(session).id, now())
    sign_ins.leave(session, other, now(), everywhere=True)


@pytest.mark.parametrize(
    "end",
    [end_by_signing_out, end_by_a_new_password, end_by_reset, end_by_disabling, end_by_closing_the_campaign,
     end_by_signing_out_everywhere],
)  # fmt: skip
def test_a_session_ends_for_good(world, now, login, end):
    secret = enter(world, now, login).secret
    with world.database.write() as session:
        end(world, session, secret, now)
    assert caller(world, secret, now) is None


def test_signing_out_here_leaves_other_devices_alone(world, now, login):
    here, there = enter(world, now, login).secret, enter(world, now, login).secret
    with world.database.write() as session:
        sign_ins.leave(session, here, now())
    assert caller(world, there, now) is not None


def test_the_secret_of_a_session_is_nowhere_in_the_database(world, now, login):
    secret = enter(world, now, login).secret
    with world.database.read() as session:
        (row,) = session.scalars(sa.select(SignIn))
    assert secret not in (row.hash, str(row.id))
    assert len(secret) >= 43


def test_a_cookie_kept_from_before_opens_nothing_after_signing_out(api):
    client = api.client.application.test_client()
    person = SignedIn(client, api.world.account("clerk", Role.SITE, "S1"))
    kept = client.get_cookie("session").value
    person.post("/logout", {})
    thief = api.client.application.test_client()
    thief.set_cookie("session", kept)
    assert thief.get("/api/v1/me").status_code == 401
    assert thief.get("/", headers={"Accept": "text/html"}).location.startswith("/login")


def test_a_new_session_begins_with_every_sign_in(api):
    client = api.client.application.test_client()
    planted = client.get("/login").headers.getlist("Set-Cookie")
    SignedIn(client, api.world.account("clerk", Role.SITE, "S1"))
    assert client.get_cookie("session").value not in str(planted)


def test_who_says_the_device_is_his_alone_stays_signed_in(api):
    login = api.world.account("clerk", Role.SITE, "S1")
    kept = {}
    for stay in ("", "1"):
        client = api.client.application.test_client()
        form = {"csrf_token": form_token(client), "login": login, "password": PASSWORD, "stay": stay}
        answer = client.post("/login", data=form)
        kept[stay] = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("session="))
    assert "Expires" not in kept[""]
    assert "Expires" in kept["1"]


def test_a_session_that_is_over_says_so(api, world, monkeypatch):
    from api import access

    monkeypatch.setattr(access, "REMEMBERED_SECONDS", 0.0)
    person = api.signed_in("district")
    with world.database.write() as session:
        session.execute(sa.update(SignIn).values(ended_at=system_clock()))
    page = person.get("/login")
    assert page.status_code == 200
    assert "登录已结束" in page.get_data(as_text=True)
    assert "登录已结束" not in person.get("/login").get_data(as_text=True)


# -- the own password


def one_time(world: World, now: SetClock) -> str:
    with world.database.write() as session:
        _, password = accounts.create(
            session, login="fresh", role=Role.DISTRICT, place=DISTRICT, campaign_id=world.id, now=now(),
            actor="operator",
        )  # fmt: skip
    return password


def test_a_one_time_password_waits_for_a_week(world, now):
    password = one_time(world, now)
    assert re.fullmatch(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", password)
    now.advance(days=7, seconds=-1)
    assert caller(world, enter(world, now, "fresh", password).secret, now).must_change
    now.advance(seconds=1)
    assert enter(world, now, "fresh", password).secret is None


def test_a_one_time_password_is_replaced_before_anything_else_and_then_is_good_for_nothing(api):
    password = one_time(api.world, SetClock(system_clock()))
    client = api.client.application.test_client()
    person = SignedIn(client, "fresh", password)
    assert person.answer.location == "/password"
    assert person.get("/", headers={"Accept": "text/html"}).location.startswith("/password")
    form = {"csrf_token": form_token(client), "former": password, "new": NEW, "again": NEW}
    changed = client.post("/password", data=form)
    assert (changed.status_code, changed.location) == (302, "/")
    assert person.get("/api/v1/me").status_code == 200
    assert SignedIn(api.client.application.test_client(), "fresh", password).answer.status_code == 401
    assert SignedIn(api.client.application.test_client(), "fresh", NEW).answer.status_code == 302


@pytest.mark.parametrize(
    ("former", "new", "again", "problem"),
    [
        ("wrong", NEW, NEW, "former"), (PASSWORD, NEW, NEW + "x", "again"), (PASSWORD, "short", "short", "short"),
        (PASSWORD, "aaaaaaaaaaab", "aaaaaaaaaaab", "simple"), (PASSWORD, PASSWORD, PASSWORD, "same"),
        (PASSWORD, "the clerk of 9 places", "the clerk of 9 places", "login"),
        (PASSWORD, "x1" * 101, "x1" * 101, "long"),
    ],
)  # fmt: skip
def test_a_password_that_will_not_do_is_refused_with_the_reason(api, former, new, again, problem):
    from locales import text

    person = SignedIn(api.client.application.test_client(), api.world.account("clerk", Role.SITE, "S1"))
    form = {"csrf_token": form_token(person.client), "former": former, "new": new, "again": again}
    answer = person.client.post("/password", data=form)
    assert answer.status_code == 400
    said = text("zh", f"sign_in.bad_password.{problem}", least=sign_in.MIN_PASSWORD)
    assert said in answer.get_data(as_text=True)
    assert person.get("/api/v1/me").status_code == 200


def test_changing_the_password_is_no_place_to_guess_it(world, now, login):
    with world.database.read() as session:
        id_ = account(session).id
    problems = [sign_ins.change_password(world.database, id_, "wrong", NEW, now()).problem for _ in range(6)]
    assert problems == ["former"] * 4 + ["locked"] * 2
    assert sign_ins.change_password(world.database, id_, PASSWORD, NEW, now()).problem == "locked"
    assert enter(world, now, login).locked_until is not None
    now.advance(minutes=1)
    assert sign_ins.change_password(world.database, id_, PASSWORD, NEW, now()).secret is not None


def test_passwords_are_kept_as_argon2_and_different_for_the_same_one(world, now, production_hasher):
    with world.database.write() as session:
        for n in (1, 2):
            accounts.create(
                session, login=f"twin-{n}", role=Role.SITE, place="S1", campaign_id=world.id, now=now(),
                actor="operator", password=PASSWORD,
            )  # fmt: skip
        hashes = session.scalars(sa.select(Account.password_hash)).all()
    assert len(set(hashes)) == 2
    assert all(h.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for h in hashes)


# -- who is there


def test_who_is_there_is_known_to_five_minutes_and_not_asked_for_with_every_request(api, world, monkeypatch):
    from api import access

    door = access.Door(world.database, world.clock, lambda: ticks[0])
    ticks = [0.0]
    writes = []
    monkeypatch.setattr(sign_ins, "seen", lambda session, secret, now: writes.append(secret))
    with api.client.application.test_request_context("/"):
        from flask import session as browser

        browser[access.SESSION_KEY] = "s" * 43
        for seconds in (0, 1, 100, 299, 300, 301, 599, 600, 601):
            ticks[0] = float(seconds)
            door.seen()
    for thread in threading.enumerate():
        if thread.name == "seen":
            thread.join()
    assert len(writes) == 2


def test_being_seen_moves_the_time_one_was_last_there(world, now, login):
    secret = enter(world, now, login).secret
    now.advance(minutes=20)
    with world.database.write() as session:
        sign_ins.seen(session, secret, now())
        assert account(session).last_seen_at == now()
