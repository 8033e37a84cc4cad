"""The published form of the contract, made from the same shapes the answers are made of."""

import re
from collections.abc import Sequence
from typing import Any

import orjson
from flask import Blueprint, Response, render_template
from markupsafe import Markup

from api import schemas
from api.endpoints import ENDPOINTS, PATH, QUERY
from api.problems import language
from locales import text

VERSION = "1.0.0"


def _shapes() -> list[Any]:
    """Everything that goes in or out, each once."""
    used = [shape for endpoint in ENDPOINTS for shape in (endpoint.answer, endpoint.body) if shape is not None]
    return list({str(shape): shape for shape in (*used, schemas.ProblemOut)}.values())


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    named, reference = schemas.components(_shapes())
    problem = {"application/problem+json": {"schema": reference(schemas.ProblemOut)}}
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        parameters: list[dict[str, Any]] = [
            {"name": name, "in": "query", "schema": QUERY[name][0], "description": QUERY[name][1]}
            for name in endpoint.query
        ]
        parameters[:0] = [
            {"name": name, "in": "path", "required": True, "schema": PATH[name]}
            for name in re.findall(r"{(\w+)}", endpoint.path)
        ]
        operation: dict[str, Any] = {
            "summary": endpoint.summary,
            "operationId": endpoint.operation_id,
            "description": f"Roles: {endpoint.roles}.",
            "parameters": parameters,
            "responses": {
                "200": {
                    "description": "OK",
                    "content": {"application/json": {"schema": reference(endpoint.answer)}},
                },
                **{str(code): {"description": "Error", "content": problem} for code in endpoint.statuses},
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
