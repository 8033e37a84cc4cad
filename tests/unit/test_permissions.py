import pytest

from domain.permissions import Action, Role, may, within
from domain.places import Level, Place

ROLES = ["reader", "site", "town", "district", "lab", "gateway"]


def test_the_roles_are_those_of_the_contract():
    assert [role.value for role in Role] == ROLES


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        (Action.READ, set(ROLES)),
        (Action.WRITE_REPORTS, {"site", "town", "district", "gateway"}),
        (Action.DECIDE_REPORTS, {"town", "district"}),
    ],
)
def test_each_role_may_do_what_the_contract_says_and_no_more(action, allowed):
    assert {role.value for role in Role if may(role, action)} == allowed


def place(id_: int, *above: int) -> Place:
    return Place(id_, str(id_), "", "", Level.SITE, None, ancestors=(id_, *above))


def test_a_scope_holds_itself_and_what_lies_below():
    district, town, site = place(1), place(2, 1), place(10, 2, 1)
    assert within(town, site)
    assert within(town, town)
    assert not within(town, district)
    assert not within(town, place(11, 3, 1))
    assert within(None, district)
