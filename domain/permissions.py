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
    WRITE_TUBES = "write_tubes"
    """Send tube events; of which kinds, `domain.tube_events.WRITERS` says for each role."""
    SETTLE_TUBES = "settle_tubes"
    """Find the cause of what the ledger shows, and close it."""
    SEE_RESULTS = "see_results"
    """Which tube has which result; everybody else sees counts."""
    HANDLE_POSITIVES = "handle_positives"
    PLAN_CAPACITY = "plan_capacity"
    """Try, save and have applied another match of sampling, transport and testing."""
    KEEP_LABS = "keep_labs"
    """The registry of laboratories."""
    PLAN_SITES = "plan_sites"
    """Apply for a site and inspect it."""
    APPROVE_SITES = "approve_sites"
    """Approve, publish and close sites, and give a campaign one that is not approved."""
    KEEP_STANDARDS = "keep_standards"
    """Which planning standards are in force."""
    KEEP_SCREENS = "keep_screens"
    """Make, change and revoke briefing screens."""
    DRIVE_SCREENS = "drive_screens"
    """Say what briefing screens show now: turn over, hold, freeze, replay."""
    ADMINISTER = "administer"
    AUDIT = "audit"


_LOOK = frozenset({Action.READ, Action.DESK, Action.EXPORT})
_CHAIN = frozenset(
    {Action.WRITE_REPORTS, Action.DECIDE_REPORTS, Action.REMIND, Action.OPEN_PROBLEMS, Action.HANDLE_PROBLEMS,
     Action.SET_MODES}
)  # fmt: skip

ALLOWED: dict[Role, frozenset[Action]] = {
    Role.READER: frozenset({Action.READ}),
    Role.SITE: frozenset(
        {Action.READ, Action.WRITE_REPORTS, Action.OPEN_PROBLEMS, Action.SET_MODES, Action.WRITE_TUBES}
    ),
    Role.TOWN: _LOOK | _CHAIN | {Action.WRITE_TUBES, Action.SETTLE_TUBES, Action.PLAN_SITES},
    Role.DISTRICT: _LOOK | _CHAIN
    | {Action.WRITE_UPPER, Action.PASS_TO_VENDOR, Action.PREPARE_BULLETIN, Action.IMPORT, Action.RUN_SOURCES,
       Action.WRITE_TUBES, Action.SETTLE_TUBES, Action.SEE_RESULTS, Action.HANDLE_POSITIVES, Action.PLAN_CAPACITY,
       Action.KEEP_LABS, Action.PLAN_SITES, Action.APPROVE_SITES, Action.KEEP_STANDARDS,
       Action.KEEP_SCREENS, Action.DRIVE_SCREENS},
    Role.LAB: frozenset(
        {Action.READ, Action.OPEN_PROBLEMS, Action.WRITE_TUBES, Action.SETTLE_TUBES, Action.SEE_RESULTS,
         Action.HANDLE_POSITIVES}
    ),
    Role.GATEWAY: frozenset({Action.READ, Action.WRITE_REPORTS, Action.WRITE_UPPER, Action.WRITE_TUBES}),
    Role.LEADER: _LOOK | {Action.SIGN_BULLETIN, Action.DRIVE_SCREENS},
    Role.ADMINISTRATOR: _LOOK
    | {Action.ADMINISTER, Action.AUDIT, Action.KEEP_LABS, Action.KEEP_STANDARDS, Action.KEEP_SCREENS},
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
    "tubes": Action.DESK,
    "ledger": Action.DESK,
    "matching": Action.DESK,
    "positives": Action.SEE_RESULTS,
    "labs": Action.DESK,
    "tube": Action.READ,
    "lab": Action.READ,
    "map": Action.DESK,
    "suggestions": Action.DESK,
    "standards": Action.DESK,
    "planning": Action.DESK,
    "areas": Action.IMPORT,
    "problems": Action.READ,
    "findings": Action.DESK,
    "bulletin": Action.DESK,
    "sources": Action.RUN_SOURCES,
    "import": Action.IMPORT,
    "users": Action.ADMINISTER,
    "audit": Action.AUDIT,
    "screens": Action.KEEP_SCREENS,
    "remote": Action.DRIVE_SCREENS,
    "wall-progress": Action.DESK,
    "wall-map": Action.DESK,
    "wall-flow": Action.DESK,
    "wall-labs": Action.DESK,
    "wall-chain": Action.DESK,
    "wall-alerts": Action.DESK,
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
