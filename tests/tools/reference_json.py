"""The page on the JSON door: addresses and bodies as the code declares them, answers as it gives them."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
from werkzeug.routing import Rule

from hub.api import catalogue, circles, shapes, wire
from hub.api import session as log_ins
from tests.tools.json_session import (
    COMMUNITIES,
    JOIN,
    LEAVE,
    ME,
    OWN,
    PUT,
    RIGHT,
    SEEN,
    WHY,
    WRONG,
    Ask,
    Said,
    session,
)
from tests.tools.markdown import codes, filled, table, verbatim

PREFIX = "/api/"
METHODS = ("GET", "PUT", "POST", "DELETE")
_KINDS: dict[Any, str] = {str: "text", list[str]: "list of texts", list: "list of texts"}


class Use(NamedTuple):
    """What an endpoint is for; the rest is read from the application."""

    purpose: str
    who: str
    body: type[msgspec.Struct] | None = None
    status: int = 200


_ANYBODY = "whoever is let in"
_SESSION = "a session of one's own"
_ADMIN = "administrators"
_OWNER = "publishers and coordinators of its owner, and administrators"
_PUT = "Make it, without members, or change its title and terms"
_JOIN = "Let members in, or give those who are in another date"
_LEAVE = "Put a member out, named like one in a body"

USES: dict[str, Use] = {
    "api_rights.me": Use("What the caller may see and do", _ANYBODY),
    "api_rights.why": Use("Why an account sees an object, or not", "officers"),
    "api_circles.community_index": Use("The communities that the caller may know", _ANYBODY),
    "api_circles.community_put": Use(_PUT, _ADMIN, circles.CircleBody),
    "api_circles.community_join": Use(_JOIN, _ADMIN, circles.JoinBody),
    "api_circles.community_leave": Use(_LEAVE, _ADMIN),
    "api_circles.group_index": Use("The sharing groups that the caller may know", _ANYBODY),
    "api_circles.group_put": Use(_PUT, _OWNER, circles.CircleBody),
    "api_circles.group_join": Use(_JOIN, _OWNER, circles.JoinBody),
    "api_circles.group_leave": Use(_LEAVE, _OWNER),
    "session.log_in": Use("Log in: account and password", "everybody", log_ins.Credentials),
    "session.who": Use("Who the caller is, and the token of the session", _ANYBODY),
    "session.log_out": Use("Log out", _SESSION, status=204),
    "session.second_factor": Use("Give the second factor", _SESSION, log_ins.Code),
    "session.offer": Use("Begin a second factor: the address for an authenticator app", _SESSION),
    "session.confirm": Use(
        "Put it into force, by a code; gives the recovery codes", _SESSION, log_ins.Code
    ),
    "session.remove": Use("Remove it, by a code", _SESSION, log_ins.Code, 204),
    "session.start": Use("To the OpenID provider, and then on to `next`", "everybody", status=302),
    "session.callback": Use("Back from it: a session, or on to `next` (303)", "everybody"),
    "session.sessions": Use("The sessions of one's account", _SESSION),
    "session.end_all": Use("End them all", _SESSION, status=204),
    "session.end": Use("End one of them", _SESSION, status=204),
}

_BY_NAME = {op.name: op for op in catalogue.OPERATIONS}
_SEARCH = {
    "api_search.search": ("get_search", _ANYBODY),
    "api_search.facets": ("get_facets", _ANYBODY),
    "api_search.histogram": ("get_histogram", _ANYBODY),
    "api_search.suggest": ("get_suggest", _ANYBODY),
    "api_objects.lookup": ("post_lookup", _ANYBODY),
    "api_objects.object": ("get_objects_object_id", _ANYBODY),
    "api_objects.related": ("get_objects_object_id_related", _ANYBODY),
    "api_objects.same": ("get_objects_object_id_same", _ANYBODY),
    "api_searches.index": ("get_searches", "accounts"),
    "api_searches.save": ("post_searches", "accounts, not by a token that only reads"),
    "api_searches.drop": ("delete_searches_search_id", "its account"),
    "api_openapi.openapi": ("get_openapi_json", "everybody"),
}
USES |= {
    endpoint: Use(_BY_NAME[name].summary, who, _BY_NAME[name].body, _BY_NAME[name].status)
    for endpoint, (name, who) in _SEARCH.items()
}

_SINCE = "From when on it sees what is shared there; `null`: all of it."
MEANINGS: dict[str, dict[str, str]] = {
    "me": {
        "account": "Its name; empty for a caller without credentials.",
        "organisation": "Slug of the organisation that it acts for.",
        "roles": "Its [roles](policy.md#roles).",
        "clearance": "The strictest marking that account and credential may see and publish.",
        "belongs_to": "The organisation itself, and every community and group that it is in.",
        "belongs_to.subject": "`org:`, `community:` or `group:`, and the name.",
        "belongs_to.since": _SINCE,
        "collections": "What it may read or write. Others do not exist for it.",
        "collections.id": "The id, as in TAXII.",
        "collections.alias": "The short name.",
        "collections.api_root": "Where it is: `/{api_root}/collections/{id}/`.",
        "collections.title": "The title, as in TAXII.",
        "collections.can_read": "Whether it may be read.",
        "collections.can_write": "Whether it may be published to.",
        "collections.ceiling": "The strictest marking that the collection takes.",
        "collections.default": "How an object without a TLP marking is treated.",
        "collections.markings": "What may be read there. Several entries add up.",
        "collections.markings.up_to": "The strictest marking.",
        "collections.markings.since": "Only what was added from then on; `null`: all of it.",
    },
    "circles": {
        "circles": "Those that the caller is in, and those that it decides about.",
        "circles.name": "The name, as in addresses and audiences.",
        "circles.title": "Shown to people.",
        "circles.terms": "What members agree to.",
        "circles.member_since": f"Only if the caller is in. {_SINCE}",
        "circles.owner": "Only for who decides: the owner of a group; `null` for a community.",
        "circles.members": "Only for who decides: everybody who is in.",
        "circles.members.subject": "`org:` or `community:`, and the name.",
        "circles.members.since": _SINCE,
    },
    "why": {
        "records": "The records of the object: its versions, and the views of each.",
        "records.version": "As in TAXII.",
        "records.date_added": "As in the manifest.",
        "records.tlp": "The marking that counts for this record.",
        "records.audience": "Whom it was published for; empty: whoever may read the collection.",
        "records.sees": "Whether the account sees it, by its own rights: what a token takes away "
        "is not looked at.",
        "records.rule": "The first rule that stands in the way, or why none does.",
    },
}


def page(rules: Sequence[Rule]) -> str:
    """Addresses, bodies, answers, errors."""
    said = _right()
    return filled(
        "json.md",
        addresses=_addresses(rules),
        bodies="\n\n".join(
            map(_body, dict.fromkeys(use.body for use in USES.values() if _is_here(use.body)))
        ),
        most_bytes=f"{wire._MOST:,}",
        me=said[ME].text(),
        changes="\n\n".join(said[ask].text() for ask in (PUT, JOIN, LEAVE)),
        circles="\n\n".join(said[ask].text() for ask in (OWN, SEEN)),
        why=said[WHY].text(),
        me_members=_meanings("me"),
        circles_members=_meanings("circles"),
        why_members=_meanings("why"),
        errors=_errors(),
    )


def method_of(rule: Rule) -> str:
    """What the address is asked with; HEAD and OPTIONS go without saying."""
    return next(name for name in METHODS if name in (rule.methods or ()))


def shown(rule: Rule) -> str:
    """An address as people write it: `/{root}/collections/{name}/`."""
    return re.sub(r"<(?:[^:>]*:)?(\w+)>", r"{\1}", rule.rule)


def members(section: str) -> set[str]:
    """The members that answers of the application have, by the section that explains them."""
    asks = {"me": [ME], "circles": [OWN, SEEN, COMMUNITIES], "why": [WHY]}[section]
    return {name for ask in asks for name in _members(_right()[ask].answer)}


@cache
def _right() -> dict[Ask, Said]:
    return session(RIGHT)


def _members(value: Any, before: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{before}{name}"
            yield from _members(inner, f"{before}{name}.")
    elif isinstance(value, list):
        for inner in value:
            yield from _members(inner, before)


def _addresses(rules: Sequence[Rule]) -> str:
    rows = []
    for rule in sorted(rules, key=lambda rule: (rule.rule, METHODS.index(method_of(rule)))):
        use = USES[rule.endpoint]
        name = use.body.__name__ if use.body else ""
        page = "" if _is_here(use.body) else "search.md"
        body = f"[`{name}`]({page}#{name.lower()})" if name else ""
        address = f"`{shown(rule)}`"
        rows.append((method_of(rule), address, use.status, use.purpose, use.who, body))
    return table(("method", "address", "success", "what it does", "who may", "body"), rows)


def _is_here(shape: type[msgspec.Struct] | None) -> bool:
    """Whether the page describes the body; those of search have a page of their own."""
    return shape is not None and shape.__module__ != shapes.__name__


def _body(shape: type[msgspec.Struct]) -> str:
    notes = notes_of(shape)
    rows = []
    for field in msgspec.structs.fields(shape):
        default = "required" if field.required else f"`{json.dumps(field.default)}`"
        kind = _KINDS[getattr(field.type, "__origin__", field.type)]
        rows.append((f"`{field.name}`", kind, default, notes[field.name]))
    return f"### {shape.__name__}\n\n{table(('member', 'type', 'default', 'meaning'), rows)}"


def notes_of(shape: type) -> dict[str, str]:
    """The texts below the members of a struct."""
    found: dict[str, str] = {}
    body = ast.parse(inspect.getsource(shape)).body[0].body  # type: ignore[attr-defined]
    for member, text in pairwise(body):
        if isinstance(member, ast.AnnAssign) and isinstance(text, ast.Expr):
            found[ast.unparse(member.target)] = " ".join(ast.literal_eval(text.value).split())
    return found


def _meanings(section: str) -> str:
    rows = [(f"`{name}`", meaning) for name, meaning in MEANINGS[section].items()]
    return table(("member", "meaning"), rows)


def _errors() -> str:
    said = session((PUT, *WRONG))
    rows = [_wrong(said[ask]) for ask in WRONG]
    columns = ("request", "by", "status", "`error_code`", "`details.field`", "`description`")
    return table(columns, rows)


def _wrong(said: Said) -> tuple[object, ...]:
    ask, answer = said.ask, said.answer
    request = verbatim(" ".join(filter(None, [ask.method, ask.path, ask.body])))
    field = codes(answer.get("details", {}).values())
    code, text = f"`{answer['error_code']}`", verbatim(answer["description"])
    return request, f"`{ask.account}`", said.status, code, field, text
