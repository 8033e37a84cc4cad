"""What an open page asks: which version once a second, and the snapshot when it has changed."""

import orjson
from flask import Blueprint, Response, redirect, request
from flask import session as browser
from werkzeug.wrappers import Response as AnyResponse

from api.access import SESSION_KEY, Door
from api.problems import Problem
from api.short_way import ONLY_RIGHTS, PICTURE, SESSION
from domain.errors import Refused
from domain.values import read_time
from locales import LANGUAGES
from views.snapshots import Moved, Snapshots, UnknownSnapshot, Version

FOREVER = "private, max-age=31536000, immutable"


def blueprint(snapshots: Snapshots, door: Door) -> Blueprint:
    """`/live/<campaign>` and the snapshots' permanent addresses."""
    live = Blueprint("live", __name__)

    @live.get("/live/<campaign_id>")
    def version(campaign_id: str) -> Response:
        door.check(campaign_id)
        try:
            current = snapshots.version(campaign_id)
        except UnknownSnapshot:
            raise Problem(404, "not_found", "unknown_campaign", campaign=campaign_id) from None
        leave_session()
        return Response(
            said(current),
            content_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    @live.get("/snapshots/<path:rest>")
    def nothing_here(rest: str) -> Response:
        raise Problem(404, "not_found", "unknown_path")

    @live.get("/snapshots/<campaign_id>/<page>/<place>/<language>/<int:revision>-<int:minute>")
    def snapshot(campaign_id: str, page: str, place: str, language: str, revision: int, minute: int) -> AnyResponse:
        door.check(campaign_id, page, place)
        leave_session()
        return picture(snapshots, campaign_id, page, place, language, (revision, minute))

    return live


def said(current: Version) -> bytes:
    """What an open page is told of a version."""
    return orjson.dumps(told_of(current))


def told_of(current: Version) -> dict[str, object]:
    """What pages and screens are told of a version."""
    return {
        "epoch": current.epoch,
        "revision": current.revision,
        "minute": current.minute,
        "now": current.now.isoformat(),
        "speed": current.speed,
        "behind": round(current.behind, 1),
    }


def leave_session() -> None:
    """Tell the layer before us whose browser this is (`api/short_way.py`)."""
    request.environ[SESSION] = browser.get(SESSION_KEY)


def picture(
    snapshots: Snapshots, campaign_id: str, page: str, place: str, language: str, number: tuple[int, int]
) -> AnyResponse:
    """A snapshot, at the end of the period the request's `hour` names where it names one, of the laboratory its `lab`
    names; or the way to the version that took its place. Raises `Problem` 404."""
    if language not in LANGUAGES:
        raise Problem(404, "not_found", "unknown_path")
    try:
        if only_rights():
            looking = request.args.get("hour", ""), request.args.get("lab", "")
            return ticket(snapshots.name(campaign_id, page, place, language, number, *looking))
        stated = request.args.get("hour")
        hour = read_time("hour", stated.replace(" ", "+")) if stated else None
        found = snapshots.get(campaign_id, page, place, language, number, hour, request.args.get("lab", ""))
    except Refused:
        raise Problem(404, "not_found", "unknown_path") from None
    except UnknownSnapshot:
        raise Problem(404, "not_found", "unknown_place", place=place) from None
    if isinstance(found, Moved):
        return redirect(_address(request.full_path, found.version), 307)
    return Response(
        found,
        content_type="application/json",
        headers={"Content-Encoding": "gzip", "Cache-Control": FOREVER, "Vary": "Accept-Encoding"},
    )


def only_rights() -> bool:
    """Whether the picture itself is not wanted: the reader's rights have been looked at by now, and that is all."""
    return ONLY_RIGHTS in request.headers


def ticket(name: str = "") -> Response:
    """Yes, and what the picture is; without `name`, yes, but it is not to be kept."""
    return Response(status=204, headers={"Cache-Control": "no-store"} | ({PICTURE: name} if name else {}))


def _address(path: str, version: Version) -> str:
    before, _, asked = path.partition("?")
    address = f"{before.rpartition('/')[0]}/{version.revision}-{version.minute}"
    return f"{address}?{asked}" if asked else address
