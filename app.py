"""The application: `create_app` wires its parts together, and nothing else does. gunicorn serves `app:server`."""

import logging.config
import sys
from collections.abc import Mapping
from functools import partial
from typing import cast

import dash
from flask import Flask, Response, request
from sqlalchemy.orm import Session

import callbacks
import config
from api import (
    access,
    clerk,
    dash_door,
    gate,
    health,
    information,
    limits,
    live,
    metrics,
    observe,
    openapi,
    passports,
    problems,
    reminders,
    screen_devices,
    screen_gate,
    screen_page,
    short_way,
    sign_in,
    tube_pages,
    tubes,
    upper_figures,
    v1,
)
from api import accounts as account_api
from api import audit as audit_api
from api import bulletins as bulletin_api
from api import coverage as coverage_api
from api import exports as export_api
from api import ledger as ledger_api
from api import map_drawer as map_drawer_api
from api import matching as matching_api
from api import planning as planning_api
from api import positives as positive_api
from api import registry as registry_api
from api import screens as screen_api
from api import sources as source_api
from api import suggestions as suggestion_api
from api import tokens as token_api
from components import context, document
from components.context import PageContext
from data import campaigns
from data.database import Database
from data.ingest.batch import Sender
from data.queries.tube_glance import any_tubes
from domain.campaign import Campaign
from domain.clock import Clock, system_clock
from domain.errors import Refused
from domain.permissions import Action
from domain.values import read_time
from locales import LANGUAGES, negotiate
from telemetry import log
from views import Page, areas, duty, findings, labs, overview, passport, site, sites, town
from views import bulletin as bulletin_views
from views import ledger as ledger_views
from views import map as map_views
from views import map_drawer as map_drawer_views
from views import matching as matching_views
from views import planning as planning_views
from views import positives as positive_views
from views import problems as problem_views
from views import sources as source_views
from views import standards as standards_views
from views import suggestions as suggestion_views
from views import tubes as tube_views
from views import wall as wall_views
from views.snapshots import Snapshots

PAGES: Mapping[str, Page] = {
    page.PAGE.slug: page.PAGE
    for page in (
        overview,
        town,
        sites,
        site,
        findings,
        problem_views,
        duty,
        source_views,
        bulletin_views,
        labs,
        ledger_views,
        matching_views,
        planning_views,
        standards_views,
        positive_views,
        suggestion_views,
        tube_views,
        map_views,
        areas,
    )
}

SCENES: Mapping[str, Page] = {page.slug: page for page in wall_views.SCENES}
"""What briefing screens show."""

LANGUAGE_COOKIE = "lang"


class CommandCentre(dash.Dash):
    """Dash, with the document's language told to the browser."""

    def interpolate_index(self, **parts: str) -> str:
        tag = "zh-CN" if _language({}) == "zh" else "en"
        return super().interpolate_index(**parts).replace('<html lang="zh-CN">', f'<html lang="{tag}">', 1)


def create_app(settings: config.Settings, database: Database | None = None, clock: Clock = system_clock) -> dash.Dash:
    """The whole application over one database, whose schema must be current."""
    database = database or Database(settings.database_url)
    server = Flask("app")
    server.secret_key = settings.secret_key
    observe.install(server)
    door = access.Door(database, clock)
    limits.hold_sizes(server)
    limiter = gate.install(server, door, https=settings.https)
    limits.count(server, limiter)
    problems.install(server)
    drawers = {**passport.PAGES, map_drawer_views.PAGE.slug: map_drawer_views.PAGE}
    snapshots = Snapshots(database, {**PAGES, **drawers, **SCENES}, clock)
    screens, software = screen_devices.Wall(database, clock), screen_gate.software(config.HERE / "assets")
    application = CommandCentre(
        "app",
        server=server,
        use_pages=True,
        pages_folder=str(config.HERE / "pages"),
        assets_folder=str(config.HERE / "assets"),
        assets_ignore="|".join(document.NOT_LOADED),
        assets_path_ignore=document.NOT_LOADED,
        index_string=document.INDEX,
        title="采样指挥",
        update_title="",
        suppress_callback_exceptions=True,
        serve_locally=True,
        meta_tags=document.tiles(settings.map_tiles, settings.map_tiles_credit),
        csrf_token_name=gate.CSRF_COOKIE,
        csrf_header_name=gate.CSRF_HEADER,
        enable_mcp=False,
    )
    application.enable_dev_tools(debug=False, dev_tools_disable_version_check=True)
    application.layout = dash.html.Div(dash.page_container)
    dash_door.install(application)
    context.provide(lambda query: _context(door, query))
    who = partial(_sender, database, clock)
    callbacks.register(application, database, clock, who)
    for blueprint in (
        health.blueprint(database),
        metrics.blueprint(database, clock, settings.metrics_from, settings.metrics_token),
        sign_in.blueprint(database, door, limiter, https=settings.https),
        live.blueprint(snapshots, door),
        passports.blueprint(snapshots, door),
        map_drawer_api.blueprint(snapshots, door),
        v1.blueprint(database, clock),
        tubes.blueprint(database, clock),
        tube_pages.blueprint(database, clock),
        upper_figures.blueprint(database, clock),
        information.blueprint(database, clock),
        reminders.blueprint(database, clock, settings.reminders),
        source_api.blueprint(database, clock),
        source_api.forms(database, clock),
        bulletin_api.blueprint(database, clock),
        openapi.blueprint(document.STYLE_SHEETS),
        export_api.blueprint(database, clock),
        account_api.blueprint(database, clock),
        token_api.blueprint(database, clock),
        audit_api.blueprint(database, clock),
        ledger_api.blueprint(database, clock),
        ledger_api.files(database, clock),
        matching_api.blueprint(database, clock),
        suggestion_api.blueprint(database, clock),
        positive_api.blueprint(database, clock),
        registry_api.blueprint(database, clock),
        registry_api.pieces(database, clock),
        planning_api.blueprint(database, clock),
        coverage_api.blueprint(database, clock),
        planning_api.pieces(database, clock),
        clerk.blueprint(database, clock, config.HERE / "assets"),
        screen_api.blueprint(database, screens, snapshots, clock, software),
        screen_page.blueprint(config.HERE / "assets", software),
        screen_gate.blueprint(database, screens, snapshots, limiter, clock, software, https=settings.https),
    ):
        if blueprint.name.startswith("api"):
            gate.limit(limiter, blueprint)
        server.register_blueprint(blueprint)
    server.after_request(_remember_language)
    metrics.watch(database)
    gate.install_headers(server, application.csp_hashes, https=settings.https, tiles=settings.map_tiles)
    shorter = short_way.ShortWay(server.wsgi_app, door, snapshots, live.said)
    watched = observe.Observed(shorter, every=settings.log_requests == "ALL")
    server.wsgi_app = watched  # type: ignore[method-assign]
    return application


def _sender(database: Database, clock: Clock, campaign_id: str, action: Action) -> Sender:
    """The signed-in account as who sends a batch. Raises what `access.enter` raises."""
    with database.read() as session:
        return access.enter(session, campaign_id, action, clock).sender()


def _language(query: Mapping[str, str]) -> str:
    """The address's language, else the one chosen before, else the browser's."""
    for stated in (query.get("lang"), request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if stated in LANGUAGES:
            return stated
    return negotiate(request.headers.get("Accept-Language"))


def _remember_language(response: Response) -> Response:
    chosen = request.args.get("lang")
    if chosen in LANGUAGES and chosen != request.cookies.get(LANGUAGE_COOKIE) and response.mimetype == "text/html":
        response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=31536000, httponly=True, samesite="Lax")
    return response


def _context(door: access.Door, query: Mapping[str, str]) -> PageContext | None:
    """What the page at this address is about; what the address leaves open, gets wrong or may not name is the first
    there is among what the reader may see. While the database does not answer, what it was when last asked."""
    who = door.signed_in()
    if who is None or who.must_change:
        return None
    language = _language(query)

    def ask(session: Session) -> PageContext | None:
        rows = [row for row in campaigns.every(session) if access.knows(session, row, who)]
        if not rows:
            return None
        row = next((row for row in rows if row.id == query.get("campaign")), rows[0])
        tree = campaigns.tree_of(session, row)
        asked = tree.by_code.get(query.get("place", ""))
        place = asked if asked and access.reaches(who, tree, asked) else access.home_of(who, tree)
        return PageContext(
            campaign_id=row.id,
            campaign_name=row.name,
            campaign_name_en=row.name_en,
            zone=row.timezone,
            demo=row.demo,
            starts_at=row.starts_at,
            place_code=place.code if place else "",
            language=language,
            campaigns=tuple((other.id, other.name, other.name_en) for other in rows),
            epoch=row.epoch,
            caller=who,
            located=tree.located,
            hour=_hour(tree.campaign, query.get("hour")),
            lab=query.get("lab", ""),
            tubes=any_tubes(session, row.id),
        )

    return cast("PageContext | None", door.last(("page", who, language, *sorted(query.items())), ask))


def _hour(campaign: Campaign, stated: str | None) -> str:
    """The start of the period the address looks back at; empty when it names none of the campaign's."""
    if not stated:
        return ""
    try:
        hour = read_time("hour", stated.replace(" ", "+"))
    except Refused:
        return ""
    return campaign.local(hour).isoformat() if campaign.period_starting(hour) is not None else ""


def server() -> Flask:
    """What gunicorn serves (`app:server()`): the application by the environment's settings."""
    try:
        settings = config.load()
    except config.BadSetting as problem:
        sys.exit(f"cannot start: {problem}")
    logging.config.dictConfig(log.settings(settings.log_level, settings.log_format))
    database = Database(settings.database_url, settings.database_seconds)
    if not database.schema_is_current():
        sys.exit("cannot start: another schema; run python manage.py db upgrade with the newest program")
    application = create_app(settings, database)
    database.dispose()
    return application.server
