"""The drawer of a site on the map, at a permanent address like every picture."""

from flask import Blueprint
from werkzeug.wrappers import Response

from api.access import Door
from api.live import picture
from views.map_drawer import PAGE
from views.snapshots import Snapshots

READ = "site"
"""Who may see a site's page may see the same in a drawer."""


def blueprint(snapshots: Snapshots, door: Door) -> Blueprint:
    """`/map-sites/<campaign>/<site>/<language>/<version>`; `hour` as for snapshots."""
    drawers = Blueprint("map_drawer", __name__)

    @drawers.get("/map-sites/<campaign_id>/<place>/<language>/<int:revision>-<int:minute>")
    def site(campaign_id: str, place: str, language: str, revision: int, minute: int) -> Response:
        door.check(campaign_id, READ, place)
        return picture(snapshots, campaign_id, PAGE.slug, place, language, (revision, minute))

    return drawers
