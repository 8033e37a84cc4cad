"""The application: `create_app` wires its parts together, and nothing else does. gunicorn serves `app:server`."""

import logging
import sys
from collections.abc import Mapping

import dash
from flask import Flask, Response, request

import callbacks
import config
from api import exports as export_api
from api import gate, health, live, openapi, problems, v1
from components import context, document
from components.context import PageContext
from data import campaigns
from data.database import Database
from domain.campaign import Campaign
from domain.clock import Clock, system_clock
from domain.errors import Refused
from domain.reports import read_time
from locales import LANGUAGES, negotiate
from views import Page, findings, overview, site, sites
from views.snapshots import Snapshots

PAGES: Mapping[str, Page] = {page.PAGE.slug: page.PAGE for page in (overview, sites, site, findings)}

MAX_BODY = 48 * 1024 * 1024
"""Bytes of one request: a file of 32 MB as the upload page sends it."""

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
    server.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    server.secret_key = settings.secret_key
    gate.install(server)
    problems.install(server)
    snapshots = Snapshots(database, PAGES, clock)
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
        enable_mcp=False,
    )
    application.enable_dev_tools(debug=False, dev_tools_disable_version_check=True)
    application.layout = dash.html.Div(dash.page_container)
    context.provide(lambda query: _context(database, query))
    callbacks.register(application, database, clock)
    for blueprint in (
        health.blueprint(database),
        live.blueprint(snapshots),
        v1.blueprint(database, clock),
        openapi.blueprint(document.STYLE_SHEETS),
        export_api.blueprint(database, clock),
    ):
        server.register_blueprint(blueprint)
    server.after_request(_remember_language)
    return application


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


def _context(database: Database, query: Mapping[str, str]) -> PageContext | None:
    """What the page at this address is about; what the address leaves open or gets wrong is the first there is."""
    with database.read() as session:
        rows = campaigns.every(session)
        if not rows:
            return None
        row = next((row for row in rows if row.id == query.get("campaign")), rows[0])
        tree = campaigns.tree_of(session, row)
        place = tree.by_code.get(query.get("place", "")) or (tree.roots[0] if tree.roots else None)
        return PageContext(
            campaign_id=row.id,
            campaign_name=row.name,
            campaign_name_en=row.name_en,
            zone=row.timezone,
            demo=row.demo,
            starts_at=row.starts_at,
            place_code=place.code if place else "",
            language=_language(query),
            campaigns=tuple((other.id, other.name, other.name_en) for other in rows),
            epoch=row.epoch,
            located=tree.located,
            hour=_hour(tree.campaign, query.get("hour")),
        )


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
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    database = Database(settings.database_url)
    if not database.schema_is_current():
        sys.exit("cannot start: the database has another schema; run python manage.py db upgrade")
    application = create_app(settings, database)
    database.dispose()
    return application.server
