"""The published form of the contract, made from the same shapes the answers are made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from flask import Blueprint, Response, render_template
from markupsafe import Markup

from api import schemas
from api.problems import language
from locales import text

VERSION = "1.0.0"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint as published."""

    method: str
    path: str
    summary: str
    answer: Any
    body: Any = None
    query: tuple[str, ...] = ()
    roles: str = "any role"
    errors: tuple[int, ...] = field(default=(400, 401, 403, 404))


QUERY: dict[str, tuple[dict[str, Any], str]] = {
    "scope": ({"type": "string"}, "Place code; default: the token's place."),
    "as_of": ({"type": "string", "format": "date-time"}, "Recorded time: what was known then."),
    "hour": ({"type": "string", "format": "date-time"}, "Start of a period."),
    "level": ({"type": "string", "enum": ["city", "district", "town", "site"]}, "Only places of this level."),
    "site": ({"type": "string"}, "Site code."),
    "town": ({"type": "string"}, "Town code."),
    "status": ({"type": "string", "enum": ["submitted", "verified", "returned"]}, "Only reports of this status."),
    "limit": ({"type": "integer", "minimum": 1, "maximum": 10000}, "Rows of a page."),
    "cursor": ({"type": "string"}, "Where the page begins: from the `Link` header of the one before."),
}

_C = "/campaigns/{campaign_id}"
_WRITERS = "site, town, district, gateway"

ENDPOINTS = (
    Endpoint("get", "/campaigns", "Campaigns the token can see.", list[schemas.CampaignOut], errors=(401,)),
    Endpoint("get", f"{_C}/places", "Places of the scope and below.", list[schemas.PlaceOut],
             query=("level", "scope", "limit", "cursor")),
    Endpoint("get", f"{_C}/revision", "The revision, with an ETag: cheap to ask often.", schemas.RevisionOut),
    Endpoint("get", f"{_C}/summary", "Totals of a place and its children.", schemas.SummaryOut,
             query=("scope", "as_of")),
    Endpoint("get", f"{_C}/hourly", "Every period begun so far.", schemas.HourlyOut, query=("scope", "as_of")),
    Endpoint("get", f"{_C}/duty", "Every site's state in one period.", schemas.DutyOut,
             query=("scope", "hour", "as_of")),
    Endpoint("get", f"{_C}/reports", "Current versions of hourly reports.", list[schemas.ReportOut],
             query=("site", "town", "hour", "status", "limit", "cursor")),
    Endpoint("post", f"{_C}/reports", "Send hourly reports: good rows go in, bad rows come back.",
             schemas.BatchOut, body=schemas.ReportsIn, roles=_WRITERS, errors=(400, 401, 403, 404, 413, 503)),
    Endpoint("post", f"{_C}/reports/verify", "Verify reports.", schemas.BatchOut, body=schemas.VerifyIn,
             roles="town, district", errors=(400, 401, 403, 404, 413, 503)),
    Endpoint("post", f"{_C}/reports/return", "Return reports with a reason.", schemas.BatchOut, body=schemas.ReturnIn,
             roles="town, district", errors=(400, 401, 403, 404, 413, 503)),
)  # fmt: skip


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    named, reference = schemas.components()
    problem = {"application/problem+json": {"schema": reference(schemas.ProblemOut)}}
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        parameters: list[dict[str, Any]] = [
            {"name": name, "in": "query", "schema": QUERY[name][0], "description": QUERY[name][1]}
            for name in endpoint.query
        ]
        if "{campaign_id}" in endpoint.path:
            parameters.insert(
                0, {"name": "campaign_id", "in": "path", "required": True, "schema": {"type": "string"}}
            )
        operation: dict[str, Any] = {
            "summary": endpoint.summary,
            "operationId": f"{endpoint.method}_{endpoint.path.removeprefix(_C).strip('/').replace('/', '_')}",
            "description": f"Roles: {endpoint.roles}.",
            "parameters": parameters,
            "responses": {
                "200": {
                    "description": "OK",
                    "content": {"application/json": {"schema": reference(endpoint.answer)}},
                },
                **{str(code): {"description": "Error", "content": problem} for code in endpoint.errors},
            },
        }
        if endpoint.path.endswith("/revision"):
            operation["responses"]["304"] = {"description": "Unchanged since the given ETag"}
        if endpoint.body is not None:
            schema = reference(endpoint.body)
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        paths.setdefault(f"/api/v1{endpoint.path}", {})[endpoint.method] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sampling command centre",
            "version": VERSION,
            "description": "Hourly reports of a mass sampling campaign. Times carry an offset; what is absent is "
            "unknown, never zero; a batch is never all-or-nothing.",
        },
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": named,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def shape(schema: dict[str, Any]) -> Markup:
    """A schema in a few words: its name with a link, or its type."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#shape-{0}"><code>{0}</code></a>').format(name)
    if schema.get("type") == "array":
        return Markup("[ {} ]").format(shape(schema["items"]))
    if "anyOf" in schema:
        return Markup(" | ").join(shape(part) for part in schema["anyOf"])
    return Markup("{}").format(schema.get("type", "any"))


def blueprint(sheets: Sequence[str]) -> Blueprint:
    """The document, and the page that shows it with the style sheets `sheets`."""
    api = Blueprint("openapi", __name__, url_prefix="/api/v1", template_folder="templates")
    published = orjson.dumps(document(), option=orjson.OPT_INDENT_2)

    @api.get("/openapi.json")
    def openapi() -> Response:
        return Response(published, content_type="application/json")

    @api.get("/")
    def page() -> str:
        spoken = language()
        return render_template(
            "contract.html",
            document=document(),
            language=spoken,
            sheets=sheets,
            shape=shape,
            t=lambda key: text(spoken, key),
        )

    return api
