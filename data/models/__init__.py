"""The tables, one module per topic. Importing this package makes all of them known to SQLAlchemy and Alembic."""

from data.models.areas import AreaVersion, CellRow, PlaceLocation, RoadNetwork, VillageRow
from data.models.base import Base, BigId, Moment, SchemaFloor
from data.models.bulletins import Bulletin, BulletinTemplate
from data.models.ledger import FindingEvent, SiteSignOff, TubeAlias, TubeWithdrawal
from data.models.matching import MatchingEvent, MatchingPlan, SupportCall
from data.models.people import Account, Audit, AuditSeal, SignIn, SignInTry, Token
from data.models.planning import PlannedSite, PlanningEvent
from data.models.positives import PositiveEvent, PositiveResample, PositiveTask
from data.models.problems import ModeChangeRow, ProblemEvent, ProblemRow
from data.models.record import (
    Boundary,
    CampaignRow,
    CurrentReport,
    Decision,
    LabBinding,
    LabRow,
    Opening,
    PlaceRow,
    RefusedClaim,
    Report,
    ReportAlias,
    Revision,
    Rollup,
    TargetChange,
)
from data.models.registry import LabRecord
from data.models.reminders import ContactRow, Reminder, ReminderResult, ReminderTarget
from data.models.screens import ScreenContact, ScreenFreeze, ScreenPairing, ScreenPicture, ScreenRow
from data.models.sources import Source, SourceFile, SourceRun, SourceTrial
from data.models.tubes import LabReport, TubeAge, TubeArchive, TubeBox, TubeEvent, TubeFlow, TubeRow, TubeSum
from data.models.upper import UpperFigure

__all__ = [
    "Account",
    "AreaVersion",
    "Audit",
    "AuditSeal",
    "Base",
    "BigId",
    "Boundary",
    "Bulletin",
    "BulletinTemplate",
    "CampaignRow",
    "CellRow",
    "ContactRow",
    "CurrentReport",
    "Decision",
    "FindingEvent",
    "LabBinding",
    "LabRecord",
    "LabReport",
    "LabRow",
    "MatchingEvent",
    "MatchingPlan",
    "ModeChangeRow",
    "Moment",
    "Opening",
    "PlaceLocation",
    "PlaceRow",
    "PlannedSite",
    "PlanningEvent",
    "PositiveEvent",
    "PositiveResample",
    "PositiveTask",
    "ProblemEvent",
    "ProblemRow",
    "RefusedClaim",
    "Reminder",
    "ReminderResult",
    "ReminderTarget",
    "Report",
    "ReportAlias",
    "Revision",
    "RoadNetwork",
    "Rollup",
    "SchemaFloor",
    "ScreenContact",
    "ScreenFreeze",
    "ScreenPairing",
    "ScreenPicture",
    "ScreenRow",
    "SignIn",
    "SignInTry",
    "SiteSignOff",
    "Source",
    "SourceFile",
    "SourceRun",
    "SourceTrial",
    "SupportCall",
    "TargetChange",
    "Token",
    "TubeAge",
    "TubeAlias",
    "TubeArchive",
    "TubeBox",
    "TubeEvent",
    "TubeFlow",
    "TubeRow",
    "TubeSum",
    "TubeWithdrawal",
    "UpperFigure",
    "VillageRow",
]
