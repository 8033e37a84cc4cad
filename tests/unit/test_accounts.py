from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import sign_in
from domain.accounts import TO_DO, State, login_for, state

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SOON, BEFORE = NOW + timedelta(minutes=1), NOW - timedelta(minutes=1)

FACTS = {"disabled": False, "has_password": True, "locked_until": None, "must_change": False, "expires_at": None,
         "used": True, "now": NOW}  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, State.ACTIVE),
        ({"disabled": True, "locked_until": SOON, "must_change": True}, State.DISABLED),
        ({"has_password": False, "locked_until": SOON}, State.WITHDRAWN),
        ({"locked_until": SOON, "must_change": True}, State.LOCKED),
        ({"locked_until": BEFORE}, State.ACTIVE),
        ({"must_change": True, "used": False, "expires_at": SOON}, State.UNUSED),
        ({"must_change": True, "used": True, "expires_at": SOON}, State.UNCHANGED),
        ({"must_change": True, "used": False, "expires_at": NOW}, State.EXPIRED),
        ({"must_change": True, "used": True, "expires_at": BEFORE}, State.EXPIRED),
        ({"must_change": False, "expires_at": BEFORE}, State.ACTIVE),
    ],
)
def test_an_account_is_in_the_first_state_that_applies(facts, expected):
    assert state(**{**FACTS, **facts}) is expected


def test_somebody_has_to_do_something_about_four_of_them():
    assert set(TO_DO) == {State.LOCKED, State.EXPIRED, State.UNUSED, State.UNCHANGED}


@pytest.mark.parametrize(
    ("place", "district", "login"),
    [
        ("440607001-S14", "440607", "001-s14"),
        ("S1", "440607", "s1"),
        ("990001", "990001", "990001"),
        ("X", "", "site-x"),
        ("采样点", "", "site"),
        ("广场/南 门", "", "site"),
        ("A" * 90, "", "a" * 48),
        ("..//", "", "site"),
    ],
)
def test_a_login_is_the_code_as_far_as_a_phone_types_it(place: str, district: str, login: str):
    assert login_for(place, district, lambda _: False) == login


def test_a_login_somebody_has_gets_a_number():
    taken = {"001-s14", "001-s14-2"}
    assert login_for("440607001-S14", "440607", taken.__contains__) == "001-s14-3"


@given(st.lists(st.text(max_size=80), max_size=8))
def test_every_place_gets_a_login_of_its_own_that_can_be_typed(places: list[str]):
    taken: set[str] = set()
    for place in places:
        login = login_for(place, "", taken.__contains__)
        assert sign_in.LOGIN.fullmatch(login)
        assert login not in taken
        taken.add(login)


# -- passwords and locks


def test_a_one_time_password_is_three_groups_nobody_misreads():
    made = {sign_in.one_time_password() for _ in range(200)}
    assert len(made) == 200
    assert all(len(p) == 14 and not set(p) & set("01loi") for p in made)


@pytest.mark.parametrize(
    ("password", "problem"),
    [("a1b2c3d4e", "short"), ("a1b2c3d4e5", None), ("x" * 201, "long"), ("aaaabbbbcccc", "simple"),
     ("my clerk-7 word", "login"), ("MY CLERK-7 WORD", "login"), ("former password", "same")],
)  # fmt: skip
def test_a_password_is_long_and_not_the_login(password: str, problem: str | None):
    assert sign_in.password_problem(password, "clerk-7", "former password") == problem


@given(st.integers(0, 500))
def test_locks_grow_and_never_beyond_a_quarter_of_an_hour(failures: int):
    until = sign_in.locked_until(failures, NOW)
    if failures < sign_in.FREE_TRIES:
        assert until is None
        assert sign_in.tries_left(failures) == sign_in.FREE_TRIES - failures
    else:
        assert until is not None
        assert sign_in.FIRST_LOCK <= until - NOW <= sign_in.LONGEST_LOCK
        later = sign_in.locked_until(failures + 1, NOW)
        assert later is not None
        assert later >= until
