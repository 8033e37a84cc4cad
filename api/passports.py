"""The passport of a figure, at a permanent address like every picture."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from api.access import Door
from api.live import picture
from api.problems import Problem
from domain.passport import Figure
from views.passport import slug
from views.snapshots import Snapshots

READ = "site"
"""Who may see a site's page may ask where a figure of the place comes from: to read the place is enough."""


def blueprint(snapshots: Snapshots, door: Door) -> Blueprint:
    """`/passports/<campaign>/<figure>/<place>/<language>/<version>`; `hour` as for snapshots, with `only` for that
    hour alone."""
    passports = Blueprint("passports", __name__)

    @passports.get("/passports/<campaign_id>/<figure>/<place>/<language>/<int:revision>-<int:minute>")
    def passport(campaign_id: str, figure: str, place: str, language: str, revision: int, minute: int) -> Response:
        if figure not in tuple(Figure):
            raise Problem(404, "not_found", "unknown_path")
        door.check(campaign_id, READ, place)
        page = slug(Figure(figure), "only" in request.args)
        return picture(snapshots, campaign_id, page, place, language, (revision, minute))

    return passports
