"""Coverage and planning standards: read, and standards switched. The page uses the same endpoints."""

from flask import Blueprint, Response, request

from api import coverage_schemas as shapes
from api.access import Entry, enter
from api.exchange import answer, local_time, read_body, refused
from api.problems import Problem
from data.database import Database
from data.ingest.standards import set_standard
from data.queries.coverage import coverage
from data.queries.standards import standards
from domain.clock import Clock
from domain.coverage import CoveragePicture
from domain.errors import Refused
from domain.permissions import Action
from domain.standards import StandardsPicture, read_change


def blueprint(database: Database, clock: Clock) -> Blueprint:
    """`…/coverage` and `…/standards` of a campaign."""
    api = Blueprint("api_coverage", __name__, url_prefix="/api/v1/campaigns/<campaign_id>")

    @api.get("/coverage")
    def get_coverage(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.DESK, clock)
            picture = coverage(session, entry.moment(entry.scope(request.args.get("scope"))))
        if picture is None:
            raise Problem(404, "not_found", "no_grid")
        return answer(_coverage(entry, picture))

    @api.get("/standards")
    def get_standards(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.DESK, clock)
            picture = standards(session, entry.moment(entry.scope(request.args.get("scope"))))
        return answer(_standards(picture))

    @api.post("/standards")
    def post_standard(campaign_id: str) -> Response:
        with database.read() as session:
            entry = enter(session, campaign_id, Action.KEEP_STANDARDS, clock)
        if not entry.whole:
            # A standard holds for every site of the campaign.
            raise Problem(403, "forbidden", "forbidden_place", place=entry.tree.roots[0].code)
        try:
            done = set_standard(database, campaign_id, read_change(read_body()), entry.sender(), clock)
        except Refused as refusal:
            raise refused(entry, refusal) from None
        return answer(shapes.StandardDoneOut(done.unchanged, done.revision))

    return api


def _coverage(entry: Entry, picture: CoveragePicture) -> shapes.CoverageOut:
    return shapes.CoverageOut(
        place=picture.place.code,
        metres=picture.metres,
        by_network=picture.by_network,
        period_start=local_time(entry, picture.period_start),
        people=picture.people,
        covered=picture.covered,
        share=picture.share,
        uncovered=picture.uncovered,
        overlap=picture.overlap,
        sites=picture.sites,
        unplaced=picture.unplaced,
        unknown_cells=picture.unknown_cells,
        source=picture.source,
        synthetic=picture.synthetic,
        towns=[
            shapes.TownCoverageOut(town.place.code, town.people, town.covered, town.share, town.sites)
            for town in picture.towns
        ],
        clusters=[
            shapes.ClusterOut(
                number=c.number,
                village=c.name,
                direction=c.direction.value,
                town=c.town.code if c.town is not None else None,
                lon=c.lon,
                lat=c.lat,
                persons=c.persons,
                cells=c.cells,
                nearest=c.nearest.code if c.nearest is not None else None,
                metres=c.metres,
            )
            for c in picture.clusters
        ],
        hours=[
            shapes.CoverageHourOut(local_time(entry, hour.start), hour.sites, hour.covered, hour.share)
            for hour in picture.hours
        ],
    )


def _standards(picture: StandardsPicture) -> shapes.StandardsOut:
    return shapes.StandardsOut(
        place=picture.place.code,
        sites=picture.sites,
        standards=[
            shapes.StandardOut(
                standard=one.standard.key.value,
                limit=one.limit,
                least=one.standard.least,
                measured=one.measured,
                unknown=one.unknown,
                broken=one.broken,
                choices=[
                    shapes.ChoiceOut(choice.limit, choice.source, would)
                    for choice, would in zip(one.standard.choices, one.would_break, strict=True)
                ],
            )
            for one in picture.checked
        ],
        breaches=[
            shapes.BreachOut(b.site.place.code, b.standard.key.value, round(b.value, 1), b.limit)
            for b in picture.breaches
        ],
    )
