"""The contract with other systems, version 1. Each function is one endpoint; `api.endpoints.ENDPOINTS` lists them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from api import schemas
from api.access import Entry, caller, enter, knows
from api.exchange import answer, answer_batch, answer_page, bad_parameter, is_number, page_limit, read_body
from api.problems import Problem
from data import campaigns
from data.database import Database
from data.ingest.decisions import decide, undo
from data.ingest.reports import ingest_reports
from data.queries.backlog import place_backlog
from data.queries.duty import duty
from data.queries.moment import Moment
from data.queries.overview import overview, overview_as_of
from data.queries.reports import CurrentVersion, current_reports
from data.queries.revision import revision_at
from data.queries.tubes import known, known_as_of
from domain.backlog import Backlog
from domain.campaign import Campaign
from domain.clock import Clock
from domain.errors import Refused
from domain.overview import Overview
from domain.permissions import Action
from domain.places import Level, Place, PlaceTree
from domain.reports import MAX_NOTE, Status
from domain.values import read_text, read_time

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""Nothing was recorded before; earlier times ask the same."""


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """All endpoints below `/api/v1`."""
    api = Blueprint("api_v1", __name__, url_prefix="/api/v1")
    inside = "/campaigns/<campaign_id>"

    def reading(work: Callable[[Session, Entry], Response]) -> Callable[[str], Response]:
        """An endpoint that reads one campaign in one consistent transaction."""

        def endpoint(campaign_id: str) -> Response:
            with database.read() as session:
                return work(session, enter(session, campaign_id, Action.READ, clock))

        endpoint.__name__ = work.__name__
        endpoint.__doc__ = work.__doc__
        return endpoint

    @api.get("/campaigns")
    def list_campaigns() -> Response:
        with database.read() as session:
            who = caller(session)
            rows = [row for row in campaigns.every(session) if knows(session, row, who)]
            return answer([_campaign(campaigns.campaign_of(row), row.revision) for row in rows])

    @api.get(f"{inside}/places")
    @reading
    def list_places(_session: Session, entry: Entry) -> Response:
        level = request.args.get("level")
        if level is not None and level not in tuple(Level):
            raise bad_parameter("level", level, ", ".join(Level))
        home = entry.scope(request.args.get("scope"))
        places = [
            place
            for place in sorted(entry.tree.each(Level(level) if level else None), key=lambda p: p.code)
            if entry.tree.contains(home, place)
        ]
        after, limit = request.args.get("cursor", ""), page_limit()
        page = [place for place in places if place.code > after][: limit + 1]
        return answer_page([_place(entry, place) for place in page], [place.code for place in page], limit)

    @api.get(f"{inside}/revision")
    @reading
    def get_revision(session: Session, entry: Entry) -> Response:
        # The stamp moves with the minute as well as with the record, and only with these two.
        home = entry.home.id if entry.home else 0
        tag = f"{entry.row.epoch}-{entry.row.revision}-{int(entry.now.timestamp()) // 60}-{home}"
        # Weakly, since a proxy that compresses weakens the tag.
        if request.if_none_match.contains_weak(tag):
            return Response(status=304, headers={"ETag": f'"{tag}"'})
        seen = overview(session, entry.moment(entry.scope(None)))
        response = answer(
            schemas.RevisionOut(entry.row.revision, _time(seen, entry.now), _until(seen), _time(seen, entry.now))
        )
        response.set_etag(tag)
        return response

    @api.get(f"{inside}/summary")
    @reading
    def get_summary(session: Session, entry: Entry) -> Response:
        seen = _look(session, entry)
        # Looked at together with the figures: in the same transaction, of the same place and time.
        then = asked_as_of(entry)
        moment = asked_moment(session, entry, then)
        tubes = known(session, moment) if then is None else known_as_of(session, moment)
        return answer(_summary(seen, place_backlog(tubes, moment.place)))

    @api.get(f"{inside}/hourly")
    @reading
    def get_hourly(session: Session, entry: Entry) -> Response:
        seen = _look(session, entry)
        hours = [
            schemas.HourOut(
                hour=_time(seen, hour.start), persons=hour.figures.persons, tubes=hour.figures.tubes,
                expected=hour.tally.expected, on_time=hour.tally.on_time, late=hour.tally.late,
                missing=hour.tally.missing, zero=hour.tally.zero, returned=hour.tally.returned,
                verified=hour.tally.verified, reports=hour.figures.reports,
            )
            for hour in sorted((*seen.hours, *seen.outside), key=lambda hour: hour.period)
            if hour.started or hour.figures.reports
        ]  # fmt: skip
        return answer(schemas.HourlyOut(seen.place.code, seen.revision, _time(seen, seen.now), _until(seen), hours))

    @api.get(f"{inside}/duty")
    @reading
    def get_duty(session: Session, entry: Entry) -> Response:
        seen = _look(session, entry)
        campaign = entry.tree.campaign
        period = _period(entry) if "hour" in request.args else campaign.last_due(seen.now) or 0
        then = asked_as_of(entry)
        rows = duty(session, asked_moment(session, entry, then), period, then)
        sites = [
            schemas.SiteDutyOut(
                row.site.code, row.site.name, row.state.value, row.persons,
                _time(seen, row.recorded_at) if row.recorded_at else None,
            )
            for row in rows
        ]  # fmt: skip
        hour = _time(seen, campaign.start_of(period))
        return answer(
            schemas.DutyOut(seen.place.code, seen.revision, _time(seen, seen.now), _until(seen), hour, sites)
        )

    @api.get(f"{inside}/reports")
    @reading
    def list_reports(session: Session, entry: Entry) -> Response:
        status = request.args.get("status")
        if status is not None and status not in tuple(Status):
            raise bad_parameter("status", status, ", ".join(Status))
        place = entry.scope(request.args.get("site") or request.args.get("town") or request.args.get("scope"))
        cursor = request.args.get("cursor", "0")
        if not is_number(cursor):
            raise bad_parameter("cursor", cursor, "")
        limit = page_limit()
        found = current_reports(
            session,
            entry.moment(place),
            period=_period(entry) if "hour" in request.args else None,
            status=status,
            after=int(cursor),
            limit=limit + 1,
        )
        return answer_page([_report(entry, version) for version in found], [v.report_id for v in found], limit)

    @api.post(f"{inside}/reports")
    def post_reports(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.WRITE_REPORTS, clock)
        body = read_body()
        rows = body.get("reports") if isinstance(body, dict) else None
        if not isinstance(rows, list):
            raise Problem(400, "bad_request", "not_list", expected='{"reports": [...]}')
        result = ingest_reports(database, campaign_id, rows, entry.sender(), clock)
        return answer_batch(entry, result)

    @api.post(f"{inside}/reports/verify")
    def verify_reports(campaign_id: str) -> Response:
        return _decide(campaign_id, Status.VERIFIED)

    @api.post(f"{inside}/reports/return")
    def return_reports(campaign_id: str) -> Response:
        return _decide(campaign_id, Status.RETURNED)

    @api.post(f"{inside}/reports/undo")
    def undo_decision(campaign_id: str) -> Response:
        entry, keys, body = _deciding(campaign_id)
        revision = body.get("revision")
        if isinstance(revision, bool) or not isinstance(revision, int):
            raise bad_parameter("revision", str(revision), "")
        return answer_batch(entry, undo(database, campaign_id, keys, revision, entry.sender(), clock))

    def _deciding(campaign_id: str) -> tuple[Entry, list[str], dict[str, Any]]:
        """Who decides about which reports, and the rest of what was sent."""
        with database.read() as session:
            entry = enter(session, campaign_id, Action.DECIDE_REPORTS, clock)
        body = read_body()
        keys = body.get("keys") if isinstance(body, dict) else None
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise Problem(400, "bad_request", "not_list", expected='{"keys": ["..."]}')
        return entry, keys, body

    def _decide(campaign_id: str, status: Status) -> Response:
        entry, keys, body = _deciding(campaign_id)
        clean_only = body.get("clean_only", False)
        if not isinstance(clean_only, bool):
            raise bad_parameter("clean_only", str(clean_only), "true, false")
        reason, note = body.get("reason", ""), body.get("note") or ""
        if status is Status.RETURNED and (not isinstance(reason, str) or not reason.strip()):
            raise Problem(400, "bad_request", "bad_parameter", name="reason", value="", hint="")
        try:
            reason, note = read_text("reason", reason, 64), read_text("note", note, MAX_NOTE)
        except Refused as refusal:
            raise bad_parameter(refusal.field, refusal.value, "") from None
        result = decide(
            database,
            campaign_id,
            keys,
            status,
            entry.sender(),
            clock,
            reason=reason,
            note=note,
            clean_only=clean_only,
        )
        return answer_batch(entry, result)

    return api


# -- what is asked


def asked_as_of(entry: Entry) -> datetime | None:
    """The recorded time asked about; None for now, and for a time still to come."""
    value = request.args.get("as_of")
    if value is None:
        return None
    try:
        # A plus sign in an address is a space unless it was escaped.
        moment = read_time("as_of", value.replace(" ", "+"))
    except Refused:
        raise bad_parameter("as_of", value, "2021-06-06T14:00:00+08:00") from None
    return max(moment, EARLIEST) if moment < entry.now else None


def _period(entry: Entry) -> int:
    campaign = entry.tree.campaign
    value = request.args["hour"]
    try:
        hour = read_time("hour", value.replace(" ", "+"))
    except Refused:
        raise bad_parameter("hour", value, "2021-06-06T13:00:00+08:00") from None
    period = campaign.period_starting(hour)
    if period is None:
        raise bad_parameter(
            "hour", value, f"{campaign.local(campaign.anchor).isoformat()} + n × {campaign.interval_minutes} min"
        )
    return period


def asked_moment(session: Session, entry: Entry, as_of: datetime | None) -> Moment:
    """What is asked about: the scope as it is, or with the places, targets and openings known at `as_of`."""
    place = entry.scope(request.args.get("scope"))
    if as_of is None:
        return entry.moment(place)
    then = campaigns.load_tree(session, entry.row, as_of)
    if place.code not in then.by_code:
        # The place was not known yet: there was nothing below it.
        then = PlaceTree(then.campaign, [replace(place, parent_id=None, target=None, children=[], ancestors=())])
    return Moment(then, then.by_code[place.code], revision_at(session, entry.row.id, as_of), as_of)


def _look(session: Session, entry: Entry) -> Overview:
    """The overview asked for: as it is, or with `as_of` as it was known then, put together from the facts."""
    then = asked_as_of(entry)
    moment = asked_moment(session, entry, then)
    return overview(session, moment) if then is None else overview_as_of(session, moment)


# -- what is answered


def _campaign(campaign: Campaign, revision: int) -> schemas.CampaignOut:
    return schemas.CampaignOut(
        id=campaign.id, name=campaign.name, name_en=campaign.name_en,
        starts_at=campaign.local(campaign.starts_at).isoformat(),
        deadline=campaign.local(campaign.deadline).isoformat(),
        pool_size=campaign.pool_size, interval_minutes=campaign.interval_minutes, due_minutes=campaign.due_minutes,
        timezone=campaign.timezone, revision=revision, demo=campaign.demo,
    )  # fmt: skip


def _place(entry: Entry, place: Place) -> schemas.PlaceOut:
    parent = entry.tree.by_id[place.parent_id].code if place.parent_id is not None else None
    return schemas.PlaceOut(
        place.code, place.name, place.name_en, place.level.value, parent, place.kind,
        place.lon, place.lat, entry.tree.target(place), place.lanes, place.lab,
    )  # fmt: skip


def _report(entry: Entry, v: CurrentVersion) -> schemas.ReportOut:
    campaign = entry.tree.campaign
    return schemas.ReportOut(
        key=v.key, site=v.site.code, hour=campaign.local(v.starts_at).isoformat(),
        hours=v.periods * campaign.interval_minutes / 60, persons=v.persons, tubes=v.tubes,
        third_copies=v.counts["third_copies"], special_cases=v.counts["special_cases"],
        queue_minutes=v.counts["queue_minutes"], lanes_open=v.counts["lanes_open"], positives=v.counts["positives"],
        persons_total=v.counts["persons_total"], tubes_total=v.counts["tubes_total"], pool_size=v.counts["pool_size"],
        note=v.note, correction_of=v.correction_of, channel=v.channel, version=v.version, status=v.status,
        recorded_at=campaign.local(v.recorded_at).isoformat(), flags=v.flags.words(),
    )  # fmt: skip


def _time(seen: Overview, moment: datetime) -> str:
    return seen.campaign.local(moment).isoformat()


def _until(seen: Overview) -> str | None:
    return _time(seen, seen.data_until) if seen.data_until else None


def _summary(seen: Overview, backlog: Backlog) -> schemas.SummaryOut:
    finish = seen.expected_finish
    stages = {stage.stage.word: stage.tubes for stage in backlog.stages} | {"reported": backlog.reported}
    return schemas.SummaryOut(
        scope=seen.place.code,
        revision=seen.revision,
        as_of=_time(seen, seen.now),
        data_until=_until(seen),
        persons=seen.figures.persons,
        catch_up_persons=seen.figures.catch_up_persons,
        target=seen.target,
        completion=seen.completion,
        tubes=seen.figures.tubes,
        third_copies=seen.figures.third_copies,
        special_cases=seen.figures.special_cases,
        positives=seen.figures.positives,
        sites=seen.sites,
        sites_reported=seen.sites_reported,
        sites_expected=seen.sites_expected,
        verified_share=seen.figures.verified_share,
        by_stage=schemas.Stages(**stages) if backlog.any else schemas.Stages(),
        expected_finish=schemas.FinishOut(*(_time(seen, t) for t in (finish.p10, finish.p50, finish.p90)))
        if finish
        else None,
        children=[
            schemas.ChildOut(
                c.place.code, c.place.name, c.place.name_en, c.place.level.value, c.figures.persons, c.target,
                c.completion, c.figures.tubes, c.figures.third_copies, c.sites, c.missing, c.gap_persons,
            )
            for c in seen.children
        ],
    )  # fmt: skip
