"""Who may do what. A role says which actions, its place says where: that place and below, nothing else."""

from dataclasses import dataclass
from enum import StrEnum

from domain.places import Place


class Role(StrEnum):
    """Roles of accounts and of API tokens. `reader` and `gateway` are for tokens only, since machines hold them."""

    READER = "reader"
    SITE = "site"
    TOWN = "town"
    DISTRICT = "district"
    LAB = "lab"
    GATEWAY = "gateway"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Action(StrEnum):
    """What can be allowed or not."""

    READ = "read"
    """Figures of the own place and below, through the interface and on the pages that belong to one site."""
    DESK = "desk"
    """The pages that compare places: overview, duty board, towns, findings, bulletins."""
    EXPORT = "export"
    WRITE_REPORTS = "write_reports"
    DECIDE_REPORTS = "decide_reports"
    REMIND = "remind"
    WRITE_UPPER = "write_upper"
    """What an upper system shows (contract, `upper-figures`)."""
    OPEN_PROBLEMS = "open_problems"
    HANDLE_PROBLEMS = "handle_problems"
    PASS_TO_VENDOR = "pass_to_vendor"
    """Talk to the vendors of the city's and the provincial system (002: the district's duty)."""
    SET_MODES = "set_modes"
    """The registration mode a site works in."""
    PREPARE_BULLETIN = "prepare_bulletin"
    """Freeze an hour, edit and review its bulletin."""
    SIGN_BULLETIN = "sign_bulletin"
    IMPORT = "import"
    RUN_SOURCES = "run_sources"
    ADMINISTER = "administer"
    AUDIT = "audit"


_LOOK = frozenset({Action.READ, Action.DESK, Action.EXPORT})
_CHAIN = frozenset(
    {Action.WRITE_REPORTS, Action.DECIDE_REPORTS, Action.REMIND, Action.OPEN_PROBLEMS, Action.HANDLE_PROBLEMS,
     Action.SET_MODES}
)  # fmt: skip

ALLOWED: dict[Role, frozenset[Action]] = {
    Role.READER: frozenset({Action.READ}),
    Role.SITE: frozenset({Action.READ, Action.WRITE_REPORTS, Action.OPEN_PROBLEMS, Action.SET_MODES}),
    Role.TOWN: _LOOK | _CHAIN,
    Role.DISTRICT: _LOOK | _CHAIN
    | {Action.WRITE_UPPER, Action.PASS_TO_VENDOR, Action.PREPARE_BULLETIN, Action.IMPORT, Action.RUN_SOURCES},
    Role.LAB: frozenset({Action.READ, Action.OPEN_PROBLEMS}),
    Role.GATEWAY: frozenset({Action.READ, Action.WRITE_REPORTS, Action.WRITE_UPPER}),
    Role.LEADER: _LOOK | {Action.SIGN_BULLETIN},
    Role.ADMINISTRATOR: _LOOK | {Action.ADMINISTER, Action.AUDIT},
    Role.AUDITOR: _LOOK | {Action.AUDIT},
}  # fmt: skip

TOKEN_ROLES = (Role.READER, Role.SITE, Role.TOWN, Role.DISTRICT, Role.LAB, Role.GATEWAY)
ACCOUNT_ROLES = (
    Role.LEADER, Role.DISTRICT, Role.TOWN, Role.SITE, Role.LAB, Role.ADMINISTRATOR, Role.AUDITOR,
)  # fmt: skip
EVERYWHERE = (Role.LEADER, Role.DISTRICT, Role.ADMINISTRATOR, Role.AUDITOR)
"""Roles whose accounts may be without a place: they then reach every place of their campaigns."""

PAGES: dict[str, Action] = {
    "overview": Action.DESK,
    "duty": Action.DESK,
    "town": Action.DESK,
    "sites": Action.DESK,
    "site": Action.READ,
    "problems": Action.READ,
    "findings": Action.DESK,
    "bulletin": Action.DESK,
    "sources": Action.RUN_SOURCES,
    "import": Action.IMPORT,
    "users": Action.ADMINISTER,
    "audit": Action.AUDIT,
}
"""What the page of each name in addresses needs."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a signed-in account or the holder of a token. `place` is a place code, for a laboratory the lab's,
    empty for everywhere; `campaign_id` is None for every campaign that has the place."""

    role: Role
    place: str
    campaign_id: str | None
    name: str
    """How the audit names the caller: the account's login or the token's number, with role and place."""
    account_id: int | None = None
    token_id: int | None = None
    shown: str = ""
    """How pages address the person; empty for tokens."""
    must_change: bool = False
    """Whether a one-time password has to be replaced before anything else."""

    def may(self, action: Action) -> bool:
        return may(self.role, action)


def may(role: Role, action: Action) -> bool:
    """Whether `role` allows `action` at all, wherever."""
    return action in ALLOWED[role]


def within(scope: Place | None, place: Place) -> bool:
    """Whether `place` is `scope` or lies below it; no scope means everywhere (the operator at the console)."""
    return scope is None or scope.id in place.ancestors
