"""The form of a site's clerk: its empty paper, which anybody may load and keep, and the two answers that fill it.

The form itself is plain HTML with scripts of its own (docs/decisions/0010): it has to open, take figures and keep
them while there is no network at all. It writes through the contract's `POST …/reports` like everybody else.
"""

import hashlib
import re
from pathlib import Path

import msgspec
import orjson
from flask import Blueprint, Response, render_template, request

from api import clerk_schemas as out
from api import kept_files
from api.access import Entry, enter
from api.exchange import local_time
from api.problems import Problem
from api.sign_in import spoken
from data import campaigns
from data.database import Database
from data.queries.clerk import SiteToEnter, clerk_picture, sites_to_enter
from domain.clerk import ClerkPicture, Contested, Standing, Totals
from domain.clock import Clock
from domain.permissions import Action
from domain.places import Level, Place
from domain.reports import MAX_NOTE, Claim
from domain.values import MAX_COUNT
from locales import LANGUAGES, text, texts

SCRIPTS: dict[str, tuple[str, ...]] = {
    "form": ("text", "dom", "store", "rules", "time", "queue", "picture", "fields", "cause", "form", "catchup",
             "conflict", "lists", "app"),
    "paste": ("paste", "pasted"),
    "stack": ("stack",),
    "paper": ("text", "dom", "store", "time", "queue", "paper"),
}  # fmt: skip
"""What is served together, each of scripts in `assets/clerk` in the order in which they build on each other. The form
asks for `paste` and `stack` when somebody opens them."""

WORKER_SCRIPTS = ("store", "queue", "worker")
"""The service worker sends what waits while no page is open, by the same scripts."""

STYLES = ("1-style/1-tokens.css", "1-style/2-icons.css", "clerk/clerk.css")
THEME = "/assets/head/theme.js"
FONT = "/assets/fonts/inter-basic-wght-normal.woff2"

TEXTS = ("clerk.", "flag.", "status.", "reason.", "channel.")
"""Beginnings of the keys of texts the form shows."""

PAGES = {"/clerk": "clerk.html", "/clerk/paper": "clerk_paper.html"}


class Paper:
    """The form's files, each one request and compressed, since every request costs a slow phone a second; with one
    version for all of them: another byte in any of them is another version."""

    def __init__(self, assets: Path) -> None:
        folder = assets / "clerk"
        self.files: dict[str, tuple[str, bytes]] = {
            **{
                f"{bundle}.js": ("text/javascript", kept_files.scripts(folder, names))
                for bundle, names in SCRIPTS.items()
            },
            "form.css": ("text/css", kept_files.styles(assets, STYLES)),
            **{f"texts/{language}.json": ("application/json", _texts(language)) for language in LANGUAGES},
        }
        self._worker = kept_files.scripts(folder, WORKER_SCRIPTS)
        shells = [Path(__file__).parent / "templates" / name for name in PAGES.values()]
        content = [self._worker, *(path.read_bytes() for path in shells), *(body for _, body in self.files.values())]
        self.version = hashlib.sha256(b"\0".join(content)).hexdigest()[:12]
        self.packed = {name: kept_files.packed(body) for name, (_, body) in self.files.items()}

    @property
    def addresses(self) -> list[str]:
        """Everything the form consists of, as the service worker keeps it."""
        return [*PAGES, *(self.address(name) for name in self.files), THEME, FONT]

    @property
    def worker(self) -> bytes:
        """The service worker, told which files it keeps."""
        told = {"version": self.version, "pages": list(PAGES), "files": self.addresses}
        return b"const KEPT = " + orjson.dumps(told) + b";\n" + self._worker

    def address(self, name: str) -> str:
        """The address of a file in this version."""
        return f"/clerk/{name}?v={self.version}"

    def colour(self, token: str) -> str:
        """The light theme's value of a design token: what stands around the page before it is drawn."""
        found = re.search(rf"--{token}:([^;]+);", self.files["form.css"][1].decode())
        assert found is not None, token
        return found[1]


def _texts(language: str) -> bytes:
    shown = {key: said for key, said in texts(language).items() if key.startswith(TEXTS)}
    return orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)


def blueprint(database: Database, clock: Clock, assets: Path) -> Blueprint:
    """`/clerk` with what belongs to it, and `/api/v1/campaigns/<id>/clerk`."""
    clerk = Blueprint("api_clerk", __name__, template_folder="templates")
    paper = Paper(assets)

    def shell() -> Response:
        page = render_template(PAGES[request.path], paper=paper, theme=THEME, t=text)
        return kept_files.same_for_all(page.encode(), "text/html")

    for address, name in PAGES.items():
        clerk.add_url_rule(address, name.removesuffix(".html"), shell)

    @clerk.get("/clerk/<path:name>")
    def file(name: str) -> Response:
        if name not in paper.files:
            raise Problem(404, "not_found", "unknown_path")
        mimetype, body = paper.files[name]
        return kept_files.same_for_all(body, mimetype, paper.packed[name])

    @clerk.get("/clerk/sw.js")
    def worker() -> Response:
        response = kept_files.same_for_all(paper.worker, "text/javascript")
        # It lives below /clerk/ and also serves /clerk itself.
        response.headers["Service-Worker-Allowed"] = "/clerk"
        return response

    @clerk.get("/clerk/manifest.webmanifest")
    def manifest() -> Response:
        """What a phone needs to put the form among its programs."""
        language = spoken()
        icons = [
            {"src": f"/assets/clerk/{name}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for name, size, purpose in (
                ("icon-192", 192, "any"), ("icon-512", 512, "any"), ("icon-maskable-512", 512, "maskable"),
            )
        ]  # fmt: skip
        told = {
            "id": "/clerk",
            "name": text(language, "clerk.app.name"),
            "short_name": text(language, "clerk.app.short"),
            "lang": "zh-CN" if language == "zh" else "en",
            "start_url": "/clerk",
            "scope": "/clerk",
            "display": "standalone",
            "background_color": paper.colour("bg"),
            "theme_color": paper.colour("surface"),
            "icons": icons,
        }
        return Response(orjson.dumps(told), content_type="application/manifest+json")

    @clerk.get("/api/v1/campaigns/<campaign_id>/clerk")
    def one_site(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.WRITE_REPORTS, clock)
            place = entry.scope(request.args.get("site"))
            if place.level is not Level.SITE:
                raise Problem(400, "bad_request", "bad_parameter", name="site", value=place.code, hint="")
            picture = clerk_picture(session, entry.moment(place))
            return _json(_answer(entry, picture))

    @clerk.get("/api/v1/campaigns/<campaign_id>/clerk/sites")
    def all_sites(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.WRITE_REPORTS, clock)
            rows = sites_to_enter(session, entry.moment(entry.scope(None)))
            sites = [_site(entry, row) for row in rows]
            return _json(out.ClerkSitesOut(_campaign(entry), local_time(entry, entry.now), sites))

    return clerk


def _json(body: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(body), content_type="application/json")


# -- what is answered


def _campaign(entry: Entry) -> out.ClerkCampaignOut:
    c = entry.tree.campaign
    return out.ClerkCampaignOut(
        c.id, c.name, c.name_en, c.timezone, local_time(entry, c.starts_at), local_time(entry, c.deadline),
        c.interval_minutes, c.due_minutes, c.demo,
    )  # fmt: skip


def _named(place: Place | None) -> tuple[str | None, str, str]:
    return (place.code, place.name, place.name_en) if place else (None, "", "")


def _site(entry: Entry, row: SiteToEnter) -> out.ClerkSiteOut:
    site, campaign = row.site, entry.tree.campaign
    hours = [local_time(entry, campaign.start_of(k)) for k in row.open_periods]
    return out.ClerkSiteOut(
        site.code, site.name, site.name_en, *_named(row.parent), site.lanes, hours, row.owed
    )  # fmt: skip


def _answer(entry: Entry, picture: ClerkPicture) -> out.ClerkOut:
    site, campaign = picture.site, entry.tree.campaign
    demo = campaigns.demo_clock(entry.row)
    hours = [
        out.ClerkHourOut(
            local_time(entry, campaign.start_of(hour.period)),
            local_time(entry, campaign.end_of(hour.period)),
            local_time(entry, campaign.end_of(hour.period) + campaign.due),
            hour.state.value,
            hour.owed,
            hour.key,
            _totals(hour.before),
        )
        for hour in picture.hours
    ]
    shown = {hour.key for hour in picture.hours}
    contested = {conflict.against for conflict in picture.conflicts}
    return out.ClerkOut(
        campaign=_campaign(entry),
        site=out.ClerkPlaceOut(
            site.code, site.name, site.name_en, *_named(picture.parent), site.lanes, picture.pool_size,
            picture.target,
        ),
        limits=out.LimitsOut(MAX_COUNT, MAX_NOTE),
        server_time=local_time(entry, picture.now),
        speed=demo.speed if demo else 1.0,
        epoch=entry.row.epoch,
        revision=entry.row.revision,
        totals=_totals(picture.totals),
        hours=hours,
        reports=[_report(entry, r) for r in picture.reports if r.claim.key in shown | contested],
        conflicts=[_contested(entry, c) for c in picture.conflicts],
    )  # fmt: skip


def _totals(totals: Totals) -> out.TotalsOut:
    return out.TotalsOut(totals.persons, totals.tubes, totals.third_copies)


def _figures(claim: Claim) -> out.ClerkFiguresOut:
    return msgspec.convert(claim, out.ClerkFiguresOut, from_attributes=True)


def _span(entry: Entry, claim: Claim) -> tuple[str, str, float]:
    campaign = entry.tree.campaign
    begins, ends = campaign.start_of(claim.first), campaign.end_of(claim.last)
    return local_time(entry, begins), local_time(entry, ends), (ends - begins).total_seconds() / 3600


def _report(entry: Entry, report: Standing) -> out.ClerkReportOut:
    claim, back = report.claim, report.sent_back
    return out.ClerkReportOut(
        claim.key,
        *_span(entry, claim),
        persons=report.judged.persons,
        tubes=report.judged.tubes,
        figures=_figures(claim),
        version=report.version,
        status=report.status.value,
        flags=report.judged.flags.words(),
        recorded_at=local_time(entry, report.recorded_at),
        by=report.by,
        note=claim.note,
        channel=claim.channel.value if claim.channel else None,
        sent_back=out.SentBackOut(back.reason, back.note, back.by, local_time(entry, back.at)) if back else None,
        earlier=[out.EarlierOut(c.key, local_time(entry, at), _figures(c)) for c, at in report.earlier],
    )


def _contested(entry: Entry, conflict: Contested) -> out.ContestedOut:
    claim = conflict.claim
    return out.ContestedOut(
        claim.key, *_span(entry, claim), _figures(claim), conflict.by, local_time(entry, conflict.recorded_at),
        conflict.against,
    )  # fmt: skip
