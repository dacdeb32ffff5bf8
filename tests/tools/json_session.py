"""Requests to the JSON door and what the application answers, over a store with sample parties."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from flask.testing import FlaskClient

from hub import policy
from hub.app import create_app
from hub.model.clock import parse_us
from hub.model.party import (
    Account,
    Caller,
    Collection,
    Community,
    Grant,
    Organisation,
    Party,
    Role,
    Token,
)
from hub.model.tlp import Tlp
from hub.service.credentials import digest
from hub.service.publish import Publisher
from hub.stix.check import Limits
from hub.store.base import Act, Store
from tests import fakes

_NOW = "2026-01-31T08:00:00Z"
_LATER = "2099-01-31T08:00:00Z"
_ACCOUNTS = {
    "analyst": ("cert", Role.PUBLISHER),
    "auditor": ("cert", Role.OFFICER),
    "admin": ("cert", Role.ADMINISTRATOR),
    "watcher": ("grid", Role.READER),
}
_OBJECT = fakes.indicator(1)


class Ask(NamedTuple):
    """One request."""

    account: str
    method: str
    path: str
    body: str = ""


class Said(NamedTuple):
    """What it was answered."""

    ask: Ask
    status: int
    answer: dict[str, Any]

    def text(self) -> str:
        """Both, as they are shown on the page."""
        asked = "\n".join(filter(None, [f"{self.ask.method} {self.ask.path}", self.ask.body]))
        answer = json.dumps(self.answer, ensure_ascii=False, indent=2)
        return f"By `{self.ask.account}`:\n\n```http\n{asked}\n```\n\n```json\n{answer}\n```"


_GROUPS = "/api/v1/groups"
_GROUP = f"{_GROUPS}/case-12"
_MEMBERS = f"{_GROUP}/members"
_COMMUNITY = "/api/v1/communities/energy"
_WHY = "/api/v1/why?account=watcher&collection=cases"

ME = Ask("watcher", "GET", "/api/v1/me")
PUT = Ask("analyst", "PUT", _GROUP, '{"title": "Case 12", "terms": "For the team alone"}')
JOIN = Ask("analyst", "POST", _MEMBERS, '{"members": ["cert", "grid"], "since": "all"}')
OWN = Ask("analyst", "GET", _GROUPS)
SEEN = Ask("watcher", "GET", _GROUPS)
WHY = Ask("auditor", "GET", f"{_WHY}&object={_OBJECT['id']}")
LEAVE = Ask("analyst", "DELETE", f"{_MEMBERS}/grid")
COMMUNITIES = Ask("admin", "GET", "/api/v1/communities")

RIGHT = (PUT, JOIN, ME, OWN, SEEN, WHY, COMMUNITIES, LEAVE)
WRONG = (
    Ask("nobody", "GET", "/api/v1/me"),
    Ask("watcher", "PUT", f"{_GROUPS}/mine", '{"title": "Mine"}'),
    Ask("watcher", "PUT", _GROUP, '{"title": "Mine"}'),
    Ask("watcher", "POST", _MEMBERS, '{"members": ["grid"]}'),
    Ask("analyst", "POST", f"{_GROUPS}/other/members", '{"members": ["grid"]}'),
    Ask("analyst", "PUT", _COMMUNITY, '{"title": "Energy"}'),
    Ask("analyst", "PUT", f"{_GROUPS}/Case", '{"title": "Case"}'),
    Ask("analyst", "PUT", _GROUP, '{"name": "Case"}'),
    Ask("analyst", "POST", _MEMBERS, '{"members": ["grid"], "since": "yesterday"}'),
    Ask("analyst", "POST", _MEMBERS, '{"members": ["nobody"]}'),
    Ask("analyst", "POST", _MEMBERS, '{"members": ["community:energy"]}'),
    Ask("admin", "POST", f"{_COMMUNITY}/members", '{"members": ["community:energy"]}'),
    Ask("analyst", "GET", f"{_WHY}&object={_OBJECT['id']}"),
    Ask("auditor", "GET", _WHY),
    Ask("auditor", "GET", f"{_WHY}&object=indicator--0"),
)


def session(asks: Sequence[Ask]) -> dict[Ask, Said]:
    """The answers to requests, one after the other, on a hub of its own."""
    with tempfile.TemporaryDirectory() as name:
        config = fakes.make_config(Path(name))
        store = fakes.open_store(config.store_path, clock=lambda: parse_us(_NOW))
        act = Act("console", "", "sample", "sample")
        store.write(list(_parties()), [], act, epoch=store.epoch())
        _publish(store)
        client = create_app(config, store).test_client()
        found = {ask: _said(client, ask) for ask in asks}
        store.close()
    return found


def _parties() -> Iterator[Party]:
    yield Organisation("cert", f"identity--{fakes.uuid_of(1)}", "CERT", "CERT")
    yield Organisation("grid", f"identity--{fakes.uuid_of(2)}", "Grid Company", "Grid Company")
    yield Community("energy", "Energy sector", fakes.members("cert", "grid"))
    for name, (org, role) in _ACCOUNTS.items():
        yield Account(name, org, frozenset({role}))
        yield Token(name, name, digest(fakes.token_of(name)), parse_us(_LATER))
    yield Collection(1, str(fakes.uuid_of(3)), fakes.ROOT, "cases", "Cases", ceiling=Tlp.RED)
    yield Grant(1, ("community", "energy"), read=True, write=True)


def _publish(store: Store) -> None:
    directory = store.directory()
    scope = policy.scope(Caller("analyst", "cert", frozenset({Role.PUBLISHER})), directory)
    raw = json.dumps(_OBJECT).encode()
    Publisher(store, Limits()).publish(scope, directory.collections[1], [raw])


def _said(client: FlaskClient, ask: Ask) -> Said:
    headers = fakes.bearer(ask.account) | {"Content-Type": "application/json"}
    response = client.open(ask.path, method=ask.method, headers=headers, data=ask.body.encode())
    return Said(ask, response.status_code, json.loads(response.data))
