"""What the caller may see and do, and why an account sees an object."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from hub.api.wire import private, respond
from hub.errors import Fault, HubError
from hub.http.caller import Admitted, require_login
from hub.http.session import SessionDoorman
from hub.model.clock import format_us
from hub.policy import require_officer, rights
from hub.service import oversight
from hub.service.changes import by_alias
from hub.service.oversight import Finding
from hub.store.base import Store


def blueprint(doorman: SessionDoorman, store: Store) -> Blueprint:
    """`GET /api/v1/me` and `GET /api/v1/why`."""
    made = Blueprint("api_rights", __name__, url_prefix="/api/v1")

    @made.get("/me")
    def me() -> Response:
        return respond(_me(doorman.admit(request)))

    @made.get("/why")
    def why() -> Response:
        admitted = doorman.admit(request)
        require_login(admitted)
        # Before anything is looked up: what is not there and what is hidden look the same.
        require_officer(admitted.caller)
        account, collection, item = (_asked(name) for name in ("account", "collection", "object"))
        question = account, by_alias(admitted.directory, collection), item
        found = oversight.why(store, admitted.directory, admitted.caller, question)
        return respond({"records": [_record(finding) for finding in found]})

    made.after_request(private)
    return made


def _asked(name: str) -> str:
    value = request.args.get(name, "")
    if not value:
        raise HubError(
            Fault.BAD_REQUEST,
            f"the parameter {name} is missing",
            field=name,
            remedy="Give account, collection and object.",
        )
    return value


def _me(admitted: Admitted) -> dict[str, Any]:
    caller, scope = admitted.caller, admitted.scope
    return {
        "account": caller.account,
        "organisation": caller.org,
        "roles": sorted(caller.roles),
        "clearance": scope.clearance.text,
        "belongs_to": [
            {"subject": ":".join(subject), "since": _instant(since)}
            for subject, since in sorted(scope.subjects.items())
        ],
        "collections": [
            {
                "id": item.id,
                "alias": item.alias,
                "api_root": item.root,
                "title": item.title,
                "can_read": rights(scope, item).read,
                "can_write": rights(scope, item).write,
                "ceiling": item.ceiling.text,
                "default": item.default.text,
                "markings": [
                    {"up_to": window.ceiling.text, "since": _instant(window.since_us)}
                    for window in scope.readable.get(key, ())
                ],
            }
            for key, item in sorted(admitted.directory.collections.items())
            if any(rights(scope, item))
        ],
    }


def _record(finding: Finding) -> dict[str, Any]:
    shown = finding._asdict()
    return shown | {"date_added": format_us(shown.pop("added_us"))}


def _instant(instant_us: int) -> str | None:
    """None: from the beginning."""
    return format_us(instant_us) if instant_us else None
