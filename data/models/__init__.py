"""The tables, one module per topic. Importing this package makes all of them known to SQLAlchemy and Alembic."""

from data.models.base import Base, BigId, Moment
from data.models.bulletins import Bulletin, BulletinTemplate
from data.models.people import Account, Audit, AuditSeal, SignIn, SignInTry, Token
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
from data.models.reminders import ContactRow, Reminder, ReminderResult, ReminderTarget
from data.models.sources import Source, SourceFile, SourceRun, SourceTrial
from data.models.upper import UpperFigure

__all__ = [
    "Account",
    "Audit",
    "AuditSeal",
    "Base",
    "BigId",
    "Boundary",
    "Bulletin",
    "BulletinTemplate",
    "CampaignRow",
    "ContactRow",
    "CurrentReport",
    "Decision",
    "LabBinding",
    "LabRow",
    "ModeChangeRow",
    "Moment",
    "Opening",
    "PlaceRow",
    "ProblemEvent",
    "ProblemRow",
    "RefusedClaim",
    "Reminder",
    "ReminderResult",
    "ReminderTarget",
    "Report",
    "ReportAlias",
    "Revision",
    "Rollup",
    "SignIn",
    "SignInTry",
    "Source",
    "SourceFile",
    "SourceRun",
    "SourceTrial",
    "TargetChange",
    "Token",
    "UpperFigure",
]
