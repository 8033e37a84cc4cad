"""The ledger's findings among all others: one line for each town and kind, so that a page of findings stays short."""

from collections import defaultdict

from sqlalchemy.orm import Session

from data.queries.moment import Moment
from data.queries.tube_findings import tube_findings
from domain.findings import Finding, Topic
from domain.ledger_desk import weight
from domain.overview import PlaceRef
from domain.status import Severity
from domain.tube_findings import COUNTED, Kind, TubeFinding


def ledger_lines(session: Session, moment: Moment) -> list[Finding]:
    """What the ledger of `moment.place` and below has open. A tube that is too late is the backlog's line; here are
    those whose box has arrived without them."""
    groups: dict[tuple[PlaceRef, str], list[TubeFinding]] = defaultdict(list)
    for finding in moment.ask(session, tube_findings).open:
        name = _line_of(finding)
        if name is not None and finding.town is not None:
            groups[finding.town, name].append(finding)
    return [_finding(town, name, own) for (town, name), own in groups.items()]


def _line_of(finding: TubeFinding) -> str | None:
    if finding.kind in COUNTED:
        return "counts"
    if finding.kind is Kind.MISSING:
        return "short" if finding.arrived else None
    return finding.kind.value


def _finding(town: PlaceRef, name: str, own: list[TubeFinding]) -> Finding:
    severity = Severity.CRIT if any(f.severity is Severity.CRIT for f in own) else Severity.WARN
    params = {"tubes": sum(map(weight, own)), "age_minutes": max(f.age_minutes for f in own)}
    return Finding(
        f"ledger_{name}", severity, Topic.RECONCILIATION, town.code, town.name, town.name_en, town.level,
        max(f.since for f in own), None, params,
    )  # fmt: skip
