"""Every endpoint of the contract, with what goes in and out and who may call it. A new one is a row here."""

from dataclasses import dataclass, field
from typing import Any

from api import (
    bulletin_schemas,
    clerk_schemas,
    coverage_schemas,
    duty_schemas,
    information_schemas,
    ledger_schemas,
    matching_schemas,
    people_schemas,
    planning_schemas,
    positive_schemas,
    registry_schemas,
    schemas,
    screen_schemas,
    sources_schemas,
    suggestions_schemas,
    tube_list_schemas,
    tube_schemas,
)
from domain.audit import Group
from domain.planning import State


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint as published."""

    method: str
    path: str
    summary: str
    answer: Any
    body: Any = None
    query: tuple[str, ...] = ()
    roles: str = "any role"
    errors: tuple[int, ...] = field(default=(400, 401, 403, 404))

    @property
    def operation_id(self) -> str:
        """The name that generated clients call it by."""
        path = self.path.removeprefix(_C).strip("/")
        return "_".join([self.method, *(part.strip("{}") for part in path.split("/"))])

    @property
    def statuses(self) -> list[int]:
        """Every status it may refuse with."""
        return sorted({*self.errors, *(_ALWAYS if self.method == "get" else _WRITING)})


QUERY: dict[str, tuple[dict[str, Any], str]] = {
    "scope": ({"type": "string"}, "Place code; default: the token's place."),
    "as_of": ({"type": "string", "format": "date-time"}, "Recorded time: what was known then."),
    "hour": ({"type": "string", "format": "date-time"}, "Start of a period."),
    "level": ({"type": "string", "enum": ["city", "district", "town", "site"]}, "Only places of this level."),
    "site": ({"type": "string"}, "Site code."),
    "town": ({"type": "string"}, "Town code."),
    "status": ({"type": "string", "enum": ["submitted", "verified", "returned"]}, "Only reports of this status."),
    "number": ({"type": "integer", "minimum": 1}, "Only the problem or task of this number, with its events."),
    "state": ({"type": "string", "enum": [state.value for state in State]}, "Only planned sites in this state."),
    "group": (
        {"type": "string", "enum": [group.value for group in Group]},
        "Only this group; repeatable.",
    ),
    "who": ({"type": "string"}, "Only lines by this login, token, program or person."),
    "place": ({"type": "string"}, "Only lines by or about this place and below."),
    "since": ({"type": "string", "format": "date-time"}, "Received then or later."),
    "until": ({"type": "string", "format": "date-time"}, "Received before."),
    "show": ({"type": "string", "enum": ["failed", "mine"]}, "Only what failed, or only one's own."),
    "kind": ({"type": "string", "enum": ["site", "team"]}, "What is to be placed; default: site."),
    "k": ({"type": "integer", "minimum": 1, "maximum": 10}, "How many; default: 5."),
    "candidates": (
        {"type": "string", "enum": ["villages", "cells"]},
        "Where it may stand; default: the middle of any cell.",
    ),
    "limit": ({"type": "integer", "minimum": 1, "maximum": 10000}, "Rows of a page."),
    "cursor": ({"type": "string"}, "Where the page begins: from the `Link` header of the one before."),
}

PATH: dict[str, dict[str, Any]] = {
    "campaign_id": {"type": "string"},
    "number": {"type": "integer", "minimum": 1},
    "login": {"type": "string"},
    "barcode": {"type": "string"},
}
"""What stands in paths."""

_ALWAYS, _WRITING = (414, 429, 503), (413, 414, 429, 503, 507)
"""What any endpoint may answer: the address is too long, the caller comes too often, the database is away; and where
something is written the body is too large, or the disk full."""

_C = "/campaigns/{campaign_id}"

_WRITERS = "site, town, district, gateway"

_ADMINISTRATORS = "accounts of the role administrator"

_SCREENS = "district, administrator"

_DESK = "town, district, leader, administrator, auditor"

_AUDITORS = "accounts of the roles auditor, administrator"

ENDPOINTS = (
    Endpoint("get", "/me", "Who the caller is.", schemas.MeOut, errors=(401, 403)),
    Endpoint("get", "/campaigns", "Campaigns the token can see.", list[schemas.CampaignOut], errors=(401,)),
    Endpoint("get", f"{_C}/places", "Places of the scope and below.", list[schemas.PlaceOut],
             query=("level", "scope", "limit", "cursor")),
    Endpoint("get", f"{_C}/revision", "The revision, with an ETag: cheap to ask often.", schemas.RevisionOut),
    Endpoint("get", f"{_C}/summary", "Totals of a place and its children.", schemas.SummaryOut,
             query=("scope", "as_of")),
    Endpoint("get", f"{_C}/hourly", "Every period begun so far.", schemas.HourlyOut, query=("scope", "as_of")),
    Endpoint("get", f"{_C}/duty", "Every site's state in one period.", schemas.DutyOut,
             query=("scope", "hour", "as_of")),
    Endpoint("get", f"{_C}/reports", "Current versions of hourly reports.", list[schemas.ReportOut],
             query=("site", "town", "hour", "status", "limit", "cursor")),
    Endpoint("post", f"{_C}/reports", "Send hourly reports: good rows go in, bad rows come back.",
             schemas.BatchOut, body=schemas.ReportsIn, roles=_WRITERS, errors=(400, 401, 403, 404, 413, 503)),
    Endpoint("post", f"{_C}/reports/verify", "Verify reports.", schemas.BatchOut, body=schemas.VerifyIn,
             roles="town, district", errors=(400, 401, 403, 404, 413, 503)),
    Endpoint("post", f"{_C}/reports/return", "Return reports with a reason.", schemas.BatchOut, body=schemas.ReturnIn,
             roles="town, district", errors=(400, 401, 403, 404, 413, 503)),
    Endpoint("post", f"{_C}/reports/undo", "Take back the caller's own decision, within 15 seconds.",
             schemas.BatchOut, body=schemas.UndoIn, roles="town, district", errors=(400, 401, 403, 404, 413, 503)),
    Endpoint("get", f"{_C}/upper-figures", "What upper systems show, beside our own figures at the same moments.",
             list[schemas.UpperFigureOut], query=("scope", "limit", "cursor")),
    Endpoint("post", f"{_C}/upper-figures", "Send what an upper system shows.", schemas.BatchOut,
             body=list[schemas.UpperFigureIn], roles="district, gateway", errors=(400, 401, 403, 404, 413, 503)),
    Endpoint("post", f"{_C}/tube-events", "Send tube events, as a JSON array or one object a line "
             "(`application/x-ndjson`), gzipped or not: good rows go in, bad rows come back.", schemas.BatchOut,
             body=list[tube_schemas.TubeEventIn], roles="site, town, lab, district, gateway: each its own types",
             errors=(400, 401, 403, 404, 413, 503)),
    Endpoint("post", f"{_C}/tube-lists", "Try, or keep, a site's list of third copies or a laboratory's of receipts.",
             tube_list_schemas.TubeListOut, body=tube_list_schemas.TubeListIn,
             roles="site, town, lab, district, gateway: each its own list", errors=(400, 401, 403, 404, 413, 503)),
    Endpoint("post", f"{_C}/lab-reports", "Send counts of a laboratory that has no barcodes to give.",
             schemas.BatchOut, body=list[tube_schemas.LabReportIn], roles="lab, district, gateway",
             errors=(400, 401, 403, 404, 413, 503)),
    Endpoint("get", f"{_C}/tubes/{{barcode}}", "The life of one tube.", tube_schemas.TubeOut,
             roles="any role; results: lab (its own), district"),
    Endpoint("get", f"{_C}/backlog", "Tubes waiting in each stage, and how long.", tube_schemas.BacklogOut,
             query=("scope", "as_of")),
    Endpoint("get", f"{_C}/ledger", "The three-way ledger, and the tubes behind each finding.",
             tube_schemas.LedgerOut, query=("scope", "as_of")),
    Endpoint("get", f"{_C}/clerk", "Everything the form of one site needs (default: the caller's own).",
             clerk_schemas.ClerkOut, query=("site",), roles=_WRITERS),
    Endpoint("get", f"{_C}/clerk/sites", "The sites whose forms the caller may fill in.",
             clerk_schemas.ClerkSitesOut, roles=_WRITERS, errors=(401, 403, 404)),
    Endpoint("get", f"{_C}/problems", "Information problems: open ones and those solved today, by level.",
             information_schemas.InformationProblemsOut, query=("scope", "number")),
    Endpoint("post", f"{_C}/problems", "Open an information problem.", information_schemas.ProblemDoneOut,
             body=information_schemas.InformationProblemIn, roles="site, town, district, lab",
             errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("post", f"{_C}/problems/steps", "Accept, pass up, solve, reopen or comment on a problem.",
             information_schemas.ProblemDoneOut, body=information_schemas.ProblemStepIn,
             roles="site, town, district, lab", errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("get", f"{_C}/ledger/findings", "What does not agree in the ledger: open findings and settled ones.",
             ledger_schemas.FindingsOut, query=("scope",)),
    Endpoint("post", f"{_C}/ledger/findings/steps", "Name a cause, hand on, close or reopen; confirm a pair.",
             ledger_schemas.FindingDoneOut, body=ledger_schemas.FindingStepIn, roles="town, district, lab",
             errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("get", f"{_C}/handover", "Boxes and runs sent against signed for, and the sign-offs.",
             ledger_schemas.HandoverOut, query=("scope",)),
    Endpoint("post", f"{_C}/sign-offs", "One side's word on a site's tube count.", ledger_schemas.SignDoneOut,
             body=ledger_schemas.SignOffIn, roles="site, town, district, lab",
             errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("get", f"{_C}/modes", "Registration modes of the sites below a place.", information_schemas.ModesOut,
             query=("scope",)),
    Endpoint("post", f"{_C}/modes", "Set the registration modes of sites.", schemas.BatchOut,
             body=information_schemas.ModesIn, roles="site, town, district", errors=(400, 401, 403, 404, 413, 503)),
    Endpoint("get", f"{_C}/sources", "Sources whose rows land in the scope, and how they go.",
             list[sources_schemas.SourceOut], query=("scope",), roles="district"),
    Endpoint("post", f"{_C}/sources", "Make a source.", sources_schemas.SourceDoneOut,
             body=sources_schemas.SourceIn, roles="district", errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("post", f"{_C}/sources/{{number}}", "Give a source another definition.", sources_schemas.SourceDoneOut,
             body=sources_schemas.SourceChangeIn, roles="district", errors=(400, 401, 403, 404, 409, 413, 503)),
    *(
        Endpoint("post", f"{_C}/sources/{{number}}/{what}", f"{summary} a source.", sources_schemas.SourceDoneOut,
                 body=sources_schemas.NothingIn, roles="district", errors=(400, 401, 403, 404, 413, 503))
        for what, summary in (("run", "Pull at once"), ("pause", "Pause"), ("resume", "Resume"), ("remove", "Remove"))
    ),
    Endpoint("post", f"{_C}/sources/trials", "Try a definition without keeping anything.",
             sources_schemas.SourceTrialAskedOut, body=sources_schemas.SourceTrialIn, roles="district",
             errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("get", f"{_C}/sources/trials/{{number}}", "What a trial found.", sources_schemas.SourceTrialOut,
             roles="district"),
    Endpoint("get", f"{_C}/contacts", "Who is on duty at the places of the scope, with full phone numbers.",
             list[duty_schemas.ContactOut], query=("scope",), roles="town, district"),
    Endpoint("get", f"{_C}/reminders", "The latest reminders, the newest first.", list[duty_schemas.ReminderOut],
             query=("scope",), roles="town, district"),
    Endpoint("post", f"{_C}/reminders", "Remind the sites of towns; each list not twice in ten minutes.",
             duty_schemas.RemindersDoneOut, body=duty_schemas.RemindersIn, roles="town, district",
             errors=(400, 401, 403, 404, 413, 503)),
    Endpoint("get", f"{_C}/bulletins", "Bulletins of a place, the newest hour first.",
             list[bulletin_schemas.BulletinOut], query=("scope", "hour")),
    Endpoint("post", f"{_C}/bulletins", "Freeze an hour as a draft.", bulletin_schemas.BulletinDoneOut,
             body=bulletin_schemas.FreezeIn, roles="district", errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("post", f"{_C}/bulletins/remark", "Write the remark of a draft.", bulletin_schemas.BulletinDoneOut,
             body=bulletin_schemas.RemarkIn, roles="district", errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("post", f"{_C}/bulletins/review", "A second person passes a draft.", bulletin_schemas.BulletinDoneOut,
             body=bulletin_schemas.StepIn, roles="district", errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("post", f"{_C}/bulletins/sign", "A third person publishes what was reviewed.",
             bulletin_schemas.BulletinDoneOut, body=bulletin_schemas.StepIn,
             roles="accounts of the role leader; where two people suffice also district",
             errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("post", f"{_C}/bulletins/withdraw", "Take back what is not signed.", bulletin_schemas.BulletinDoneOut,
             body=bulletin_schemas.WithdrawIn, roles="district", errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("get", f"{_C}/bulletins/templates", "A place's own templates.", list[bulletin_schemas.TemplateOut],
             query=("scope",)),
    Endpoint("post", f"{_C}/bulletins/templates", "Keep an XLSX or DOCX template with named fields.",
             bulletin_schemas.TemplateDoneOut, body=bulletin_schemas.TemplateIn, roles="district",
             errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("post", f"{_C}/bulletins/templates/delete", "Take a template off the list.",
             bulletin_schemas.TemplateDoneOut, body=bulletin_schemas.StepIn, roles="district",
             errors=(400, 401, 403, 404, 413, 503)),
    Endpoint("get", f"{_C}/bulletins/fields", "What templates can name.", list[bulletin_schemas.FieldOut]),
    Endpoint("get", f"{_C}/matching/plans", "Saved plans of capacity matching, the newest first.",
             matching_schemas.PlansOut, query=("scope",)),
    Endpoint("post", f"{_C}/matching/trial", "What a plan would change, and what could be done. Nothing is written.",
             matching_schemas.TrialOut, body=matching_schemas.TrialIn, roles="district, leader",
             errors=(400, 401, 403, 404, 413, 503)),
    Endpoint("post", f"{_C}/matching/plans", "Save a plan as it is.", matching_schemas.PlanDoneOut,
             body=matching_schemas.PlanSaveIn, roles="district", errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("post", f"{_C}/matching/plans/steps", "Confirm, review, apply or withdraw a plan.",
             matching_schemas.PlanDoneOut, body=matching_schemas.PlanStepIn,
             roles="district; reviewing and applying also accounts of the role leader, never the plan's author",
             errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("get", f"{_C}/suggestions",
             "Where a site or team more would reach most people, and crews to move. Nothing is written.",
             suggestions_schemas.SuggestionsOut, query=("scope", "kind", "k", "candidates", "hour")),
    Endpoint("get", f"{_C}/positives", "Tasks from results: open ones and those closed today.",
             positive_schemas.PositivesOut, query=("scope", "number"), roles="district, lab"),
    Endpoint("post", f"{_C}/positives/steps", "Hold, notify, confirm, link, report or close a task.",
             positive_schemas.PositiveDoneOut, body=positive_schemas.PositiveStepIn, roles="district, lab",
             errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("get", f"{_C}/positives/sites", "Sites with open tasks, without their tubes and results.",
             positive_schemas.PositiveSitesOut, query=("scope",), roles="town, district"),
    Endpoint("get", f"{_C}/labs", "The registry of laboratories; to a laboratory its own record.",
             registry_schemas.LabsOut, query=("scope",)),
    Endpoint("post", f"{_C}/labs", "Put new versions of laboratories' records into the registry.", schemas.BatchOut,
             body=registry_schemas.LabChangesIn, roles="district, administrator",
             errors=(400, 401, 403, 404, 413, 503)),
    Endpoint("get", f"{_C}/accounts", "Accounts the caller looks after.", list[people_schemas.AccountOut],
             roles=_ADMINISTRATORS),
    Endpoint("post", f"{_C}/accounts", "Make an account; its one-time password is told once.", people_schemas.BulkOut,
             body=people_schemas.AccountIn, roles=_ADMINISTRATORS, errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("post", f"{_C}/accounts/bulk", "Make many accounts, with slips to be printed.", people_schemas.BulkOut,
             body=people_schemas.BulkIn, roles=_ADMINISTRATORS, errors=(400, 401, 403, 404, 413, 503)),
    Endpoint("post", f"{_C}/accounts/{{login}}/reset", "Give an account another one-time password.",
             people_schemas.BulkOut, body=people_schemas.ResetIn, roles=_ADMINISTRATORS),
    *(
        Endpoint("post", f"{_C}/accounts/{{login}}/{what}", f"{summary}.", people_schemas.AccountDoneOut,
                 body=sources_schemas.NothingIn, roles=_ADMINISTRATORS)
        for what, summary in (("unlock", "Forget failed sign-ins"), ("disable", "Close an account"),
                              ("enable", "Open it again"))
    ),
    Endpoint("get", f"{_C}/tokens", "Tokens the caller looks after.", list[people_schemas.TokenOut],
             roles=_ADMINISTRATORS),
    Endpoint("post", f"{_C}/tokens", "Make a token; it is told once.", people_schemas.TokenMadeOut,
             body=people_schemas.TokenIn, roles=_ADMINISTRATORS, errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("post", f"{_C}/tokens/{{number}}/revoke", "Revoke a token.", people_schemas.TokenOut,
             body=sources_schemas.NothingIn, roles=_ADMINISTRATORS),
    Endpoint("get", f"{_C}/close-access", "What taking back all access would take back.", people_schemas.CloseOut,
             roles=_ADMINISTRATORS),
    Endpoint("post", f"{_C}/close-access", "Take back all passwords, sessions and tokens of the campaign.",
             people_schemas.CloseOut, body=people_schemas.CloseIn, roles=_ADMINISTRATORS),
    Endpoint("get", f"{_C}/screens", "Briefing screens, what each shows and when it was last heard.",
             list[screen_schemas.ScreenOut], roles=_SCREENS),
    Endpoint("post", f"{_C}/screens", "Make a briefing screen; the code for it is told once.",
             screen_schemas.ScreenDoneOut, body=screen_schemas.ScreenIn, roles=_SCREENS,
             errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("post", f"{_C}/screens/{{number}}", "Give a screen other settings.", screen_schemas.ScreenDoneOut,
             body=screen_schemas.ScreenSettingsIn, roles=_SCREENS),
    Endpoint("post", f"{_C}/screens/{{number}}/join", "Let another device be this screen.",
             screen_schemas.ScreenDoneOut, body=screen_schemas.ScreenJoinIn, roles=_SCREENS),
    Endpoint("post", f"{_C}/screens/{{number}}/revoke", "Let the device be this screen no longer.",
             screen_schemas.ScreenDoneOut, body=sources_schemas.NothingIn, roles=_SCREENS),
    Endpoint("post", f"{_C}/screens/reload", "Have screens load themselves anew.", screen_schemas.ScreensDoneOut,
             body=screen_schemas.ScreensIn, roles=_SCREENS),
    Endpoint("post", f"{_C}/screens/drive", "Turn over, hold, jump, freeze, replay, release.",
             screen_schemas.ScreensDoneOut, body=screen_schemas.ScreenDriveIn, roles="district, leader",
             errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("get", f"{_C}/coverage", "Who has an open site within a walk, and who has not.",
             coverage_schemas.CoverageOut, query=("scope",), roles=_DESK),
    Endpoint("get", f"{_C}/standards", "Planning standards and the sites that break one in force.",
             coverage_schemas.StandardsOut, query=("scope",), roles=_DESK),
    Endpoint("post", f"{_C}/standards", "Give a planning standard another limit, 0 for none.",
             coverage_schemas.StandardDoneOut, body=coverage_schemas.StandardIn, roles="district, administrator",
             errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("get", f"{_C}/planning", "The planning list of sites.", planning_schemas.PlanningOut,
             query=("scope", "state"), roles=_DESK),
    Endpoint("get", f"{_C}/planning/{{number}}", "A planned site with its checklist and steps.",
             planning_schemas.PlannedWholeOut, roles=_DESK),
    Endpoint("post", f"{_C}/planning", "Apply for a site.", planning_schemas.PlannedDoneOut,
             body=planning_schemas.PlannedIn, roles="town, district", errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("post", f"{_C}/planning/steps", "Inspect, approve, publish, open or end a planned site.",
             planning_schemas.PlannedDoneOut, body=planning_schemas.PlanningStepIn, roles="town, district",
             errors=(400, 401, 403, 404, 409, 413, 503)),
    Endpoint("get", f"{_C}/audit", "Lines of the audit, the newest first.", list[people_schemas.AuditOut],
             query=("group", "who", "place", "since", "until", "show", "limit", "cursor"), roles=_AUDITORS),
    Endpoint("post", f"{_C}/audit/verify", "Follow the chain over the audit.", people_schemas.ChainOut,
             body=sources_schemas.NothingIn, roles=_AUDITORS),
)  # fmt: skip
