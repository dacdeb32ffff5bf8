"""The OpenAPI 3.1 document of /api/v1, made from the table of `hub.api.catalogue`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from flask import Blueprint, Response

from hub.api import outlet
from hub.api.catalogue import OPERATIONS, Operation
from hub.api.params import Param
from hub.api.wire import respond
from hub.errors import Fault
from hub.http.errors import TABLE
from hub.service.outlet.table import FORMATS

_REF = "#/components/schemas/{name}"
_JSON = "application/json"
_SCHEMES: dict[str, Any] = {
    "basic": {"type": "http", "scheme": "basic"},
    "bearer": {"type": "http", "scheme": "bearer"},
}
# What any address may answer: the others belong to a body, to an object, or to rights.
_ALWAYS = (400, 401, 403, 404, 405, 415, 413, 429, 500, 503)
_SCHEMA_OF_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["title", "description", "error_id", "error_code", "http_status"],
    "properties": {
        "title": {"type": "string"},
        "description": {"type": "string"},
        "error_id": {"type": "string"},
        "error_code": {"type": "string", "enum": [fault.value for fault in Fault]},
        "http_status": {"type": "string"},
        "details": {
            "type": "object",
            "properties": {
                "field": {"type": "string"},
                "key": {"type": "string"},
                "position": {"type": "integer"},
                "length": {"type": "integer"},
                "en": {"type": "string"},
                "vi": {"type": "string"},
            },
        },
    },
}


def blueprint() -> Blueprint:
    """`/api/v1/openapi.json`: it says nothing of what is in the hub, so anybody may read it."""
    made = Blueprint("api_openapi", __name__, url_prefix="/api/v1")
    found = msgspec.json.encode(document())

    @made.get("/openapi.json")
    def openapi() -> Response:
        response = respond(msgspec.Raw(found))
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response

    return made


def document() -> dict[str, Any]:
    """The whole document."""
    structs = {op.answer for op in OPERATIONS} | {op.body for op in OPERATIONS}
    wanted = sorted((item for item in structs if item), key=lambda item: item.__name__)
    _, schemas = msgspec.json.schema_components(wanted, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for op in OPERATIONS:
        paths.setdefault(op.path, {})[op.method.lower()] = _operation(op)
    paths |= {path: _export(path) for path in outlet.ADDRESSES}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Incident hub",
            "version": "1",
            "description": "Search, rights and log-ins beside TAXII 2.1. Everything is answered in "
            "the scope of the caller: what is hidden from it does not exist.",
        },
        "servers": [{"url": "/api/v1"}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Error": _SCHEMA_OF_ERROR},
            "securitySchemes": _SCHEMES,
            "responses": {str(status): _error(status) for status in _ALWAYS},
        },
    }


def _operation(op: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": op.name,
        "summary": op.summary,
        "tags": [op.tag],
        "security": [{}, *({name: []} for name in _SCHEMES)]
        if op.open
        else [{name: []} for name in _SCHEMES],
        "parameters": [*_in_path(op.path), *_in_query(op)],
        "responses": {
            str(op.status): _answer(op),
            **{str(s): {"$ref": f"#/components/responses/{s}"} for s in _ALWAYS},
        },
    }
    if op.body:
        content = {_JSON: {"schema": {"$ref": _REF.format(name=op.body.__name__)}}}
        if op.text_body:
            content["text/plain"] = {"schema": {"type": "string"}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _export(path: str) -> dict[str, Any]:
    """An address of the door below /export, which is beside this one."""
    media: dict[str, Any] = {form.media_type.partition(";")[0]: {} for form in FORMATS.values()}
    in_path = _in_path(path)
    in_path[-1]["schema"]["enum"] = list(FORMATS)
    of = path.split("/")[2]
    return {
        "servers": [{"url": "/"}],
        "get": {
            "operationId": f"get_export_of_{of}",
            "summary": f"A file for devices, of one of the {of}",
            "tags": ["exports"],
            "security": [{}, *({name: []} for name in _SCHEMES)],
            "parameters": [*in_path, *_params(outlet.PARAMS)],
            "responses": {
                "200": {"description": "The file", "content": media},
                "304": {"description": "The client has it: If-None-Match, If-Modified-Since"},
                **{str(s): {"$ref": f"#/components/responses/{s}"} for s in _ALWAYS},
            },
        },
    }


def _in_path(path: str) -> list[dict[str, Any]]:
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]


def _in_query(op: Operation) -> list[dict[str, Any]]:
    found = _params(op.params)
    if op.path == "/why":
        for item in found:
            item["required"] = True
    return found


def _params(params: Sequence[Param]) -> list[dict[str, Any]]:
    found = []
    for param in params:
        item: dict[str, Any] = {
            "name": param.name,
            "in": "query",
            "description": param.meaning,
            "schema": param.schema(),
        }
        if param.repeated:
            item |= {"style": "form", "explode": True}
        found.append(item)
    return found


def _answer(op: Operation) -> dict[str, Any]:
    if op.status in {204, 302}:
        return {"description": op.summary}
    schema: dict[str, Any] = {"type": "object"}
    if op.answer:
        schema = {"$ref": _REF.format(name=op.answer.__name__)}
    content: dict[str, Any] = {_JSON: {"schema": schema}}
    content |= {name: {} for name in op.media_types}
    return {"description": op.summary, "content": content}


def _error(status: int) -> dict[str, Any]:
    meanings = [row.meaning for row in TABLE.values() if row.status == status]
    return {
        "description": " ".join(meanings),
        "content": {_JSON: {"schema": {"$ref": _REF.format(name="Error")}}},
    }
