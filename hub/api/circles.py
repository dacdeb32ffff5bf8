"""Communities and sharing groups over JSON: the same rules and audit lines as on the command line.

Members of a circle learn that they are in it, not who else is: only those who decide about it do.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from flask import Blueprint, Response, request
from msgspec import Meta

from hub import policy
from hub.api.wire import private, read, respond
from hub.errors import Fault, HubError
from hub.http.caller import Admitted, require_login
from hub.http.session import SessionDoorman
from hub.model.clock import format_us, parse_us
from hub.model.party import Circle, Group, Subject
from hub.service.circles import Circles
from hub.store.base import Registry


class CircleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of a PUT."""

    # Every worker reads all parties after each change of one: they must stay small.
    title: Annotated[str, Meta(max_length=200)]
    """Shown to people"""
    terms: Annotated[str, Meta(max_length=10_000)] = ""
    """What members agree to"""
    owner: str = ""
    """Groups only: slug of an organisation; empty: the caller's"""


class JoinBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of a POST of members."""

    members: list[str]
    """Slugs of organisations, or `org:NAME`; for a community `community:NAME`, too"""
    since: str = "now"
    """`now`, `all`, or a timestamp from which on they see what is shared"""


def blueprint(doorman: SessionDoorman, registry: Registry) -> Blueprint:
    """`/api/v1/communities` and `/api/v1/groups`."""
    views = _Views(doorman, registry)
    made = Blueprint("api_circles", __name__, url_prefix="/api/v1")
    for kind, plural in (("community", "communities"), ("group", "groups")):
        one = f"/{plural}/<name>"
        for method, rule, view in (
            ("GET", f"/{plural}", views.index),
            ("PUT", one, views.put),
            ("POST", f"{one}/members", views.join),
            ("DELETE", f"{one}/members/<member>", views.leave),
        ):
            made.add_url_rule(
                rule,
                endpoint=f"{kind}_{view.__name__}",
                view_func=view,
                methods=[method],
                defaults={"kind": kind},
            )
    made.after_request(private)
    return made


class _Views:
    def __init__(self, doorman: SessionDoorman, registry: Registry) -> None:
        self._doorman = doorman
        self._registry = registry

    def index(self, kind: str) -> Response:
        admitted = self._doorman.admit(request)
        found = {
            subject: circle
            for subject, circle in admitted.directory.circles().items()
            if subject[0] == kind
        }
        shown = [_shown(admitted, subject, circle) for subject, circle in sorted(found.items())]
        return respond({"circles": [item for item in shown if item]})

    def put(self, kind: str, name: str) -> Response:
        admitted = self._login()
        body = read(request, CircleBody)
        if kind == "community":
            self._circles(admitted).put_community(name, body.title, body.terms)
        else:
            owner = body.owner or admitted.caller.org
            self._circles(admitted).put_group(name, body.title, owner, body.terms)
        return respond({"name": name})

    def join(self, kind: str, name: str) -> Response:
        admitted = self._login()
        body = read(request, JoinBody)
        circle = _subject(kind, name)
        since_us = _since(body.since)
        self._circles(admitted).add_members(circle, body.members, since_us=since_us)
        return respond({"name": name, "joined": body.members})

    def leave(self, kind: str, name: str, member: str) -> Response:
        admitted = self._login()
        self._circles(admitted).remove_members(_subject(kind, name), [member])
        return respond({"name": name, "left": [member]})

    def _login(self) -> Admitted:
        admitted = self._doorman.admit(request)
        require_login(admitted)
        return admitted

    def _circles(self, admitted: Admitted) -> Circles:
        return Circles(self._registry, admitted.caller)


def _subject(kind: str, name: str) -> Subject:
    return ("group", name) if kind == "group" else ("community", name)


def _since(text: str) -> int | None:
    if text in {"now", "all"}:
        return None if text == "now" else 0
    try:
        return parse_us(text)
    except ValueError as error:
        raise HubError(
            Fault.BAD_REQUEST,
            f"{text[:80]!r} is no instant",
            field="since",
            remedy="Write now, all or a timestamp such as 2026-01-31T08:00:00Z.",
        ) from error


def _shown(admitted: Admitted, subject: Subject, circle: Circle) -> dict[str, Any] | None:
    """A circle as the caller may know it; None: not at all."""
    decides = (
        policy.decides(admitted.caller, circle.owner)
        if isinstance(circle, Group)
        else policy.is_administrator(admitted.caller)
    )
    since = admitted.scope.subjects.get(subject)
    if not decides and since is None:
        return None
    shown: dict[str, Any] = {"name": circle.name, "title": circle.title, "terms": circle.terms}
    if since is not None:
        shown["member_since"] = format_us(since) if since else None
    if decides:
        shown["owner"] = circle.owner if isinstance(circle, Group) else None
        shown["members"] = [
            {
                "subject": ":".join(member.subject),
                "since": format_us(member.since_us) if member.since_us else None,
            }
            for member in circle.members
        ]
    return shown
