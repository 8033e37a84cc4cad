import pytest

from domain.permissions import (
    ACCOUNT_ROLES,
    ALLOWED,
    EVERYWHERE,
    PAGES,
    TOKEN_ROLES,
    Action,
    Caller,
    Role,
    may,
    within,
)
from domain.places import Level, Place

MACHINES = {"reader", "gateway"}
PEOPLE = {"leader", "district", "town", "site", "lab", "administrator", "auditor"}
LOOKERS = {"leader", "district", "town", "administrator", "auditor"}

RIGHTS: dict[Action, set[str]] = {
    Action.READ: PEOPLE | MACHINES,
    Action.DESK: LOOKERS,
    Action.EXPORT: LOOKERS,
    Action.WRITE_REPORTS: {"site", "town", "district", "gateway"},
    Action.DECIDE_REPORTS: {"town", "district"},
    Action.REMIND: {"town", "district"},
    Action.WRITE_UPPER: {"district", "gateway"},
    Action.OPEN_PROBLEMS: {"site", "lab", "town", "district"},
    Action.HANDLE_PROBLEMS: {"town", "district"},
    Action.PASS_TO_VENDOR: {"district"},
    Action.SET_MODES: {"site", "town", "district"},
    Action.PREPARE_BULLETIN: {"district"},
    Action.SIGN_BULLETIN: {"leader"},
    Action.IMPORT: {"district"},
    Action.RUN_SOURCES: {"district"},
    Action.WRITE_TUBES: {"site", "town", "district", "lab", "gateway"},
    Action.SETTLE_TUBES: {"town", "district", "lab"},
    Action.SEE_RESULTS: {"district", "lab"},
    Action.HANDLE_POSITIVES: {"district", "lab"},
    Action.PLAN_CAPACITY: {"district"},
    Action.KEEP_LABS: {"district", "administrator"},
    Action.PLAN_SITES: {"town", "district"},
    Action.APPROVE_SITES: {"district"},
    Action.KEEP_STANDARDS: {"district", "administrator"},
    Action.KEEP_SCREENS: {"district", "administrator"},
    Action.DRIVE_SCREENS: {"leader", "district"},
    Action.ADMINISTER: {"administrator"},
    Action.AUDIT: {"administrator", "auditor"},
}
"""Who may do what, written down a second time: a slip in the table of rights has to be made twice."""


def test_every_action_has_a_row():
    assert set(RIGHTS) == set(Action)
    assert set(ALLOWED) == set(Role)


@pytest.mark.parametrize("action", list(Action))
def test_each_role_may_what_its_row_says_and_no_more(action: Action):
    assert {role.value for role in Role if may(role, action)} == RIGHTS[action]


def test_the_roles_of_tokens_are_those_of_the_contract():
    assert [role.value for role in TOKEN_ROLES] == ["reader", "site", "town", "district", "lab", "gateway"]


def test_people_have_the_roles_of_the_chain_and_machines_their_own():
    assert {role.value for role in ACCOUNT_ROLES} == PEOPLE
    assert {role.value for role in Role} - PEOPLE == MACHINES
    assert set(EVERYWHERE) < set(ACCOUNT_ROLES)


def test_who_administers_changes_no_figure_and_who_signs_prepares_nothing():
    writing = {Action.WRITE_REPORTS, Action.DECIDE_REPORTS, Action.WRITE_UPPER, Action.SET_MODES, Action.IMPORT}
    assert not ALLOWED[Role.ADMINISTRATOR] & writing
    assert not ALLOWED[Role.AUDITOR] & (writing | {Action.ADMINISTER})
    assert not ALLOWED[Role.LEADER] & (writing | {Action.PREPARE_BULLETIN})
    assert Action.SIGN_BULLETIN not in ALLOWED[Role.DISTRICT]


def test_every_page_needs_something_that_somebody_may():
    assert all(any(may(role, action) for role in ACCOUNT_ROLES) for action in PAGES.values())
    assert PAGES["users"] is Action.ADMINISTER
    assert PAGES["audit"] is Action.AUDIT


def test_a_caller_may_what_its_role_may():
    assert Caller(Role.TOWN, "T", None, "t (town T)").may(Action.DECIDE_REPORTS)
    assert not Caller(Role.SITE, "S", None, "s (site S)").may(Action.DECIDE_REPORTS)


def place(id_: int, *above: int) -> Place:
    return Place(id_, str(id_), "", "", Level.SITE, None, ancestors=(id_, *above))


def test_a_scope_holds_itself_and_what_lies_below():
    district, town, site = place(1), place(2, 1), place(10, 2, 1)
    assert within(town, site)
    assert within(town, town)
    assert not within(town, district)
    assert not within(town, place(11, 3, 1))
    assert within(None, district)
