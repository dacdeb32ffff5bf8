"""A stand-in for MISP on loopback: the part of its REST interface that the connector uses.

There is no MISP on the machine of the tests. This follows what MISP documents (OpenAPI of its REST
interface) and what PyMISP expects of it; it is no MISP, and finds out nothing about one.

- A key in `Authorization`, 403 in MISP's form without it.
- `restSearch` of events by time, tags, organisation, ids, published, deleted and page; of attributes
  by UUID. Times are `greater or equal`, as in MISP.
- `add` refuses a UUID that is known; `edit` merges attributes by UUID and time, and refuses an event
  that is not newer.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pymisp

from tests.e2e.certificates import write_certificate

KEY = "0123456789abcdef0123456789abcdef01234567"
_TYPES = Path(pymisp.__file__).parent / "data" / "describeTypes.json"


class Asked(NamedTuple):
    method: str
    path: str
    body: dict[str, Any]


class Answer(NamedTuple):
    body: Any
    status: int = 200
    media_type: str = "application/json"


_ABSENT = Answer({"name": "Not found", "message": "Not found", "url": ""}, 404)


class MispServer:
    """A MISP with events, by UUID."""

    def __init__(self, folder: Path) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.asked: list[Asked] = []
        self.key = KEY
        self.fault: Callable[[Asked], Answer | bytes | None] = lambda _: None
        self.ca_file = str(write_certificate(folder))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server-key.pem")
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _any(self) -> None:
                outer._serve(self)

            do_GET = do_POST = do_HEAD = _any  # noqa: N815 - names of http.server

            def log_message(self, *arguments: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._http.server_port}/"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(10)

    def put(self, event: dict[str, Any]) -> None:
        """An event as somebody there made it, with the number that MISP gives it."""
        known = self.events.get(event["uuid"], {"id": str(len(self.events) + 1)})
        self.events[event["uuid"]] = {**deepcopy(event), "id": known["id"]}

    def searches(self, *, metadata: bool) -> list[dict[str, Any]]:
        """The searches of events that were made."""
        bodies = [a.body for a in self.asked if a.path == "events/restSearch"]
        return [body for body in bodies if bool(body.get("metadata")) is metadata]

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        size = int(handler.headers.get("Content-Length") or 0)
        body = json.loads(handler.rfile.read(size) or b"{}")
        asked = Asked(handler.command, handler.path.strip("/"), body)
        self.asked.append(asked)
        answer = self.fault(asked)
        if isinstance(answer, bytes):
            handler.wfile.write(answer)
            return
        if answer is None:
            answer = self._answer(asked, handler.headers.get("Authorization"))
        raw = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        handler.send_response(answer.status)
        handler.send_header("Content-Type", answer.media_type)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(raw)

    def _answer(self, asked: Asked, key: str | None) -> Answer:
        if key != self.key:
            text = "Authentication failed. Please make sure you pass the API key of an API user."
            return Answer({"name": text, "message": text, "url": f"/{asked.path}"}, 403)
        fixed = {
            "servers/getVersion": {"version": "2.5.34", "pymisp_recommended_version": "2.5.34"},
            "users/view/me": {"User": {"id": "1"}, "Role": {"id": "1"}, "UserSetting": {}},
        }
        if asked.path in fixed:
            return Answer(fixed[asked.path])
        if asked.path == "attributes/describeTypes.json":
            return Answer(json.loads(_TYPES.read_bytes()))
        controller, _, rest = asked.path.partition("/")
        of = self._of_events if controller == "events" else self._of_attributes
        return of(rest.partition("/")[0], rest.partition("/")[2], asked.body) or _ABSENT

    def _of_events(self, verb: str, name: str, body: dict[str, Any]) -> Answer | None:
        event = body.get("Event", body)
        if verb == "restSearch":
            return Answer({"response": [*self._found(body)]})
        if verb == "add":
            return self._add(event)
        if name not in self.events:
            return None
        if verb == "edit":
            return self._edit(name, event)
        if verb == "publish":
            self.events[name]["published"] = True
        return Answer({"message": "Job queued"}) if verb in {"publish", "view"} else None

    def _of_attributes(self, verb: str, name: str, body: dict[str, Any]) -> Answer | None:
        if verb == "restSearch":
            return Answer({"response": {"Attribute": [*self._attributes(body)]}})
        for event in self.events.values():
            for attribute in _all_attributes(event):
                if attribute["uuid"] == name:
                    attribute.update({"deleted": True} if verb == "delete" else body)
                    return Answer({"Attribute": attribute})
        return None

    def _found(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        found = sorted(self.events.values(), key=lambda event: int(event["id"]))
        chosen = [event for event in found if _matches(event, body)]
        limit, page = int(body.get("limit") or 0), int(body.get("page") or 1)
        if limit:
            chosen = chosen[limit * (page - 1) : limit * page]
        for event in chosen:
            yield {"Event": _shown(event, body)}

    def _attributes(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for event in self.events.values():
            for attribute in _all_attributes(event):
                if attribute["uuid"] in body.get("uuid", ()):
                    yield {**attribute, "Event": {"uuid": event["uuid"], "id": event["id"]}}

    def _add(self, event: dict[str, Any]) -> Answer:
        if event["uuid"] in self.events:
            return _refused("Event already exists")
        taken = {a["uuid"] for each in self.events.values() for a in _all_attributes(each)}
        kept = [a for a in event.get("Attribute", ()) if a["uuid"] not in taken]
        self.put({**event, "Attribute": kept})
        return Answer({"Event": self.events[event["uuid"]]})

    def _edit(self, name: str, event: dict[str, Any]) -> Answer:
        known = self.events[name]
        if int(event["timestamp"]) <= int(known["timestamp"]):
            return _refused("Event could not be saved: Event in the request not newer")
        by_uuid = {a["uuid"]: a for a in known.get("Attribute", ())}
        for attribute in event.get("Attribute", ()):
            old = by_uuid.get(attribute["uuid"])
            if old is None or int(old["timestamp"]) < int(attribute["timestamp"]):
                by_uuid[attribute["uuid"]] = attribute
        self.events[name] = {**known, **event, "Attribute": [*by_uuid.values()]}
        return Answer({"Event": self.events[name]})


@contextmanager
def misp(folder: Path) -> Iterator[MispServer]:
    server = MispServer(folder)
    try:
        yield server
    finally:
        server.stop()


def _all_attributes(event: dict[str, Any]) -> list[dict[str, Any]]:
    inside = [a for thing in event.get("Object", ()) for a in thing.get("Attribute", ())]
    return [*event.get("Attribute", ()), *inside]


def _matches(event: dict[str, Any], body: dict[str, Any]) -> bool:
    tags = {tag["name"] for tag in event.get("Tag", ())}
    asked = body.get("tags") or []
    wanted = {tag for tag in asked if not tag.startswith("!")}
    unwanted = {tag[1:] for tag in asked if tag.startswith("!")}
    orgs = body.get("org")
    return (
        (not body.get("published") or bool(event.get("published")))
        and int(event.get("publish_timestamp", 0)) >= int(body.get("publish_timestamp") or 0)
        and int(event["timestamp"]) >= int(body.get("timestamp") or 0)
        and not (wanted and wanted.isdisjoint(tags))
        and unwanted.isdisjoint(tags)
        and not (orgs and {event["Orgc"]["name"], event["Orgc"]["uuid"]}.isdisjoint(orgs))
        and ("eventid" not in body or event["id"] in body["eventid"])
        and ("uuid" not in body or event["uuid"] in body["uuid"])
    )


def _shown(event: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    shown = deepcopy(event)
    if body.get("metadata"):
        return {k: v for k, v in shown.items() if k not in {"Attribute", "Object"}}
    if 1 not in (body.get("deleted") or []):
        shown["Attribute"] = [a for a in shown.get("Attribute", ()) if not a.get("deleted")]
    return shown


def _refused(text: str) -> Answer:
    return Answer({"name": text, "message": text, "url": "/events"}, 403)
