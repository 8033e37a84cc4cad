"""The table of sites as a file, from the same rows as the page."""

from flask import Blueprint, Response, request

from api.access import enter
from api.downloads import TABLES, download, note_export
from api.panels import spoken
from api.problems import Problem
from data.database import Database
from data.queries.moment import Moment
from data.queries.overview import overview
from data.queries.sites import site_rows
from domain.campaign import Campaign
from domain.clock import Clock
from domain.errors import Refused
from domain.overview import Overview
from domain.permissions import Action
from domain.site import SiteRow
from domain.values import read_time
from locales import text

COLUMNS = (
    "code", "name", "parent", "kind", "target", "persons", "completion", "gap", "hour", "tubes", "per_tube", "copies",
    "state", "findings",
)  # fmt: skip


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """`/export/<campaign>/<place>.csv` and `.xlsx`."""
    exports = Blueprint("exports", __name__)

    @exports.get("/export/<campaign_id>/<place>.<suffix>")
    def sites(campaign_id: str, place: str, suffix: str) -> Response:
        if suffix not in TABLES:
            raise Problem(404, "not_found", "unknown_path")
        language = spoken()
        with database.read() as session:
            entry = enter(session, campaign_id, Action.EXPORT, clock)
            row, tree, now = entry.row, entry.tree, entry.now
            there = entry.scope(place)
            moment = Moment(tree, there, row.revision, now, _until(tree.campaign))
            seen, found = moment.ask(session, overview), moment.ask(session, site_rows)
        note_export(database, entry, "export", place=place, rows=len(found), format=suffix)
        body = _table(seen, found, language, suffix)
        stamp = tree.campaign.local(seen.data_until or now).strftime("%Y%m%d-%H%M")
        name = f"{campaign_id}-{place}-{stamp}.{suffix}"
        return download(body, name, suffix)

    return exports


def _until(campaign: Campaign) -> int | None:
    """The period the page looks back at, when it does."""
    stated = request.args.get("hour")
    if not stated:
        return None
    try:
        period = campaign.period_starting(read_time("hour", stated.replace(" ", "+")))
    except Refused:
        period = None
    if period is None:
        raise Problem(400, "bad_request", "bad_parameter", name="hour", value=stated, hint="")
    return period


def _table(seen: Overview, rows: tuple[SiteRow, ...], language: str, suffix: str) -> bytes:
    # Spreadsheet libraries are large: only a worker that exports loads them.
    from data.exports import csv, frame, xlsx

    until = seen.campaign.local(seen.data_until).isoformat(timespec="minutes") if seen.data_until else "—"
    note = f"{text(language, 'exports.as_of')} {until}"
    if seen.campaign.demo:
        note = f"{note} · {text(language, 'exports.demo')}"
    table = frame(
        [*(text(language, f"export_column.{name}") for name in COLUMNS), note],
        [
            [
                row.place.code,
                row.place.label(language),
                row.parent.label(language) if row.parent else None,
                row.kind,
                row.target,
                row.figures.persons,
                round(row.completion, 4) if row.completion is not None else None,
                row.gap_persons,
                row.last_hour.persons if row.last_hour.reports else None,
                row.figures.tubes,
                round(row.figures.persons_per_tube, 2) if row.figures.persons_per_tube is not None else None,
                row.figures.third_copies,
                text(language, f"duty_state.{row.state}") if row.state else None,
                row.findings,
                None,
            ]
            for row in rows
        ],
    )
    return csv(table) if suffix == "csv" else xlsx(table, text(language, "exports.sheet"))
