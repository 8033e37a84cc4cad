import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import actors
from domain.actors import Actor, Kind
from domain.permissions import Role

LOGINS = st.from_regex(r"[a-z0-9][a-z0-9._-]{1,20}", fullmatch=True)
PLACES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20)
ROLES = st.sampled_from([role.value for role in Role])


@given(LOGINS, ROLES, PLACES)
def test_an_account_is_read_as_it_was_written(login: str, role: str, place: str):
    actor = Actor(Kind.ACCOUNT, login, role, place)
    assert actors.read(actor.written) == actor


@given(st.integers(1, 10**9), ROLES, PLACES.filter(bool))
def test_a_token_is_read_as_it_was_written(number: int, role: str, place: str):
    actor = Actor(Kind.TOKEN, str(number), role, place)
    assert actors.read(actor.written) == actor


@pytest.mark.parametrize(
    ("written", "kind", "name"),
    [
        ("operator", Kind.CONSOLE, "operator"),
        ("simulator", Kind.SIMULATOR, "simulator"),
        ("demonstration", Kind.SIMULATOR, "demonstration"),
        ("unknown login", Kind.STRANGER, "unknown login"),
        ("source 3", Kind.SOURCE, "3"),
        ("gate 7", Kind.OTHER, "gate 7"),
        ("", Kind.OTHER, ""),
        # A login may be called like a program of ours: it has a role behind it.
        ("operator (site S1)", Kind.ACCOUNT, "operator"),
        ("token (site S1)", Kind.ACCOUNT, "token"),
        ("source (site S1)", Kind.ACCOUNT, "source"),
    ],
)
def test_others_are_known_by_what_they_are_called(written: str, kind: Kind, name: str):
    found = actors.read(written)
    assert (found.kind, found.name) == (kind, name)


@given(st.text(max_size=60))
def test_whatever_stands_there_is_read_as_somebody(written: str):
    assert isinstance(actors.read(written), Actor)
