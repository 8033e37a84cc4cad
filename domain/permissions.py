"""Who may do what. A role says which actions, its place says where: that place and below, nothing else."""

from enum import StrEnum

from domain.places import Place


class Role(StrEnum):
    """Roles of API tokens (contract, "General")."""

    READER = "reader"
    SITE = "site"
    TOWN = "town"
    DISTRICT = "district"
    LAB = "lab"
    GATEWAY = "gateway"


class Action(StrEnum):
    READ = "read"
    WRITE_REPORTS = "write_reports"
    DECIDE_REPORTS = "decide_reports"


ALLOWED: dict[Role, frozenset[Action]] = {
    Role.READER: frozenset({Action.READ}),
    Role.SITE: frozenset({Action.READ, Action.WRITE_REPORTS}),
    Role.TOWN: frozenset({Action.READ, Action.WRITE_REPORTS, Action.DECIDE_REPORTS}),
    Role.DISTRICT: frozenset({Action.READ, Action.WRITE_REPORTS, Action.DECIDE_REPORTS}),
    Role.LAB: frozenset({Action.READ}),
    Role.GATEWAY: frozenset({Action.READ, Action.WRITE_REPORTS}),
}


def may(role: Role, action: Action) -> bool:
    """Whether `role` allows `action` at all, wherever."""
    return action in ALLOWED[role]


def within(scope: Place | None, place: Place) -> bool:
    """Whether `place` is `scope` or lies below it; no scope means everywhere (the operator at the console)."""
    return scope is None or scope.id in place.ancestors
