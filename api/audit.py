"""The audit for those who may read it: as data, as a panel of its page, as a file, and its chain followed anew.

Reading is itself written down: looking once for each person and ten minutes, every file, every check of the chain.
"""

from datetime import datetime

import sqlalchemy as sa
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from api import people_schemas as shapes
from api.access import Entry, enter
from api.downloads import download
from api.exchange import answer, answer_page, bad_parameter, is_number, local_time, page_limit
from api.panels import drawn, spoken
from components import audit as panel
from components import audit_file
from components.audit_line import Opened
from data import audit as chain
from data import campaigns
from data.database import Database
from data.models import Audit
from data.queries import audit as queries
from data.queries.accounts import lab_names
from data.queries.audit import Filter, Reach
from domain import audit
from domain.audit import Group, Line
from domain.clock import Clock
from domain.errors import Refused
from domain.permissions import Action
from domain.places import Place
from domain.values import read_time

ON_A_PAGE = 100
MOST_IN_A_FILE = 200_000


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """`…/audit` of a campaign, the panel and the files of its page."""
    api = Blueprint("api_audit", __name__)
    inside = "/api/v1/campaigns/<campaign_id>/audit"

    def reader(session: Session, campaign_id: str) -> Entry:
        return enter(session, campaign_id, Action.AUDIT, clock)

    @api.get(inside)
    def list_audit(campaign_id: str) -> Response:
        with database.read() as session:
            entry = reader(session, campaign_id)
            cursor = request.args.get("cursor")
            if cursor is not None and not is_number(cursor):
                raise bad_parameter("cursor", cursor, "")
            limit = page_limit()
            before = int(cursor) if cursor else None
            found = queries.lines(session, reach_of(entry), _filter(entry), before=before, limit=limit + 1)
        _looked(database, entry)
        return answer_page([_line(entry, line) for line in found], [line.id for line in found], limit)

    @api.post(f"{inside}/verify")
    def verify(campaign_id: str) -> Response:
        with database.read() as session:
            entry = reader(session, campaign_id)
        found = chain.verify(database, campaign_id)
        with database.write() as session:
            details = {"lines": found.lines, "head": found.head, "broken_at": found.broken_at}
            session.add(_row(entry, audit.VERIFY, **details))
        at = local_time(entry, entry.now, "seconds")
        return answer(shapes.ChainOut(found.whole, found.lines, found.head, found.broken_at, at))

    @api.get("/panels/<campaign_id>/audit")
    def panel_of(campaign_id: str) -> Response:
        with database.read() as session:
            entry = reader(session, campaign_id)
        _looked(database, entry)
        chain.seal(database, campaign_id)
        with database.read() as session:
            reach, wanted = reach_of(entry), _filter(entry)
            before = request.args.get("before", "")
            found = queries.lines(
                session, reach, wanted, before=int(before) if is_number(before) else None, limit=ON_A_PAGE + 1
            )
            verified = _verified(session, campaign_id)
            seen = panel.Seen(
                tree=entry.tree,
                home=entry.home,
                now=entry.now,
                wanted=wanted,
                lines=found[:ON_A_PAGE],
                older=is_number(before),
                more=len(found) > ON_A_PAGE,
                activity=queries.activity(session, reach, wanted),
                verified=verified,
                due=verified is None or verified.recorded_at <= _a_moment_ago(entry),
                opened=_opened(session, entry, reach, request.args.get("open", "")),
                labs=lab_names(session, campaign_id),
            )
            return drawn(panel.page(seen, spoken()))

    @api.get("/audit/<campaign_id>.<any(csv, xlsx):suffix>")
    def file(campaign_id: str, suffix: str) -> Response:
        with database.read() as session:
            entry = reader(session, campaign_id)
            found = queries.lines(session, reach_of(entry), _filter(entry), before=None, limit=MOST_IN_A_FILE)
            labs = lab_names(session, campaign_id)
        with database.write() as session:
            session.add(_row(entry, audit.EXPORT, rows=len(found), format=suffix))
        language = spoken()
        columns, rows = audit_file.table(entry.tree, labs, found, language)
        # Spreadsheet libraries are large: only a worker that exports loads them.
        from data.exports import csv, frame, xlsx

        table = frame(columns, rows)
        body = csv(table) if suffix == "csv" else xlsx(table, audit_file.sheet(language))
        stamp = entry.tree.campaign.local(entry.now).strftime("%Y%m%d-%H%M")
        name = f"audit-{campaign_id}-{stamp}.{suffix}"
        return download(body, name, suffix)

    return api


def reach_of(entry: Entry) -> Reach:
    """Whose lines the caller may see: of his place and below, of his campaign."""
    homeless = entry.caller.campaign_id is None and not entry.caller.place
    return Reach(entry.row.id, None if entry.whole else _codes(entry, entry.home), homeless)


def _codes(entry: Entry, place: Place | None) -> list[str]:
    if place is None:
        return []
    return [other.code for other in entry.tree.each() if entry.tree.contains(place, other)]


def _filter(entry: Entry) -> Filter:
    """What is asked for. Raises `Problem` 400, 403 and 404."""
    asked = request.args
    try:
        groups = [Group(name) for name in asked.getlist("group") if name]
    except ValueError:
        raise bad_parameter("group", ", ".join(asked.getlist("group")), ", ".join(Group)) from None
    places = _codes(entry, entry.scope(asked["place"])) if asked.get("place") else ()
    return Filter(
        groups=groups,
        failed=asked.get("show") == "failed",
        who=asked.get("who", "").strip()[:100],
        actor=entry.caller.name if asked.get("show") == "mine" else "",
        places=places,
        since=_moment("since"),
        until=_moment("until"),
    )


def _moment(name: str) -> datetime | None:
    stated = request.args.get(name)
    if not stated:
        return None
    try:
        return read_time(name, stated.replace(" ", "+"))
    except Refused:
        raise bad_parameter(name, stated, "2021-06-06T14:00:00+08:00") from None


def _opened(session: Session, entry: Entry, reach: Reach, stated: str) -> Opened | None:
    """The line looked at closely, with the reports it is about."""
    line = queries.line(session, reach, int(stated)) if is_number(stated) else None
    if line is None:
        return None
    reports = queries.reports_of(session, entry.row.id, line.revision)
    link = queries.link_of(session, line.id)
    issues = queries.issues_before(session, entry.tree.campaign, line)
    return Opened(line, reports, link, issues)


def _verified(session: Session, campaign_id: str) -> Line | None:
    """When the chain was last followed, and what came of it."""
    whole = Reach(campaign_id)
    query = sa.select(sa.func.max(Audit.id)).where(Audit.campaign_id == campaign_id, Audit.action == audit.VERIFY)
    number = session.scalar(query)
    return queries.line(session, whole, number) if number is not None else None


def _a_moment_ago(entry: Entry) -> datetime:
    """Ten of the reader's minutes ago, not of a demonstration's that runs sixty times as fast."""
    ticking = campaigns.demo_clock(entry.row)
    return entry.now - audit.VIEW_EVERY * (ticking.speed if ticking else 1)


def _looked(database: Database, entry: Entry) -> None:
    """Write down that the caller looks at the audit, unless that was written down a moment ago."""
    recent = sa.select(Audit.id).where(
        Audit.campaign_id == entry.row.id, Audit.action == audit.VIEW, Audit.actor == entry.caller.name,
        Audit.recorded_at > _a_moment_ago(entry), Audit.recorded_at <= entry.now,
    )  # fmt: skip
    with database.read() as session:
        if session.scalar(recent.limit(1)) is not None:
            return
    with database.write() as session:
        session.add(_row(entry, audit.VIEW))


def _row(entry: Entry, action: str, **details: object) -> Audit:
    return Audit(
        campaign_id=entry.row.id, revision=entry.row.revision, recorded_at=entry.now, actor=entry.caller.name,
        action=action, details=details,
    )  # fmt: skip


def _line(entry: Entry, line: Line) -> shapes.AuditOut:
    at = local_time(entry, line.recorded_at, "seconds")
    return shapes.AuditOut(
        line.id, line.revision, at, line.actor.name, line.actor.kind.value, line.actor.role, line.place, line.action,
        line.group.value, dict(line.details),
    )  # fmt: skip
