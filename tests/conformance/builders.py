"""What the conformance tests put into a store, and short ways to read it again."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from hashlib import blake2b, sha256
from typing import Any

import msgspec

from hub.model.clock import format_us
from hub.model.party import Subject
from hub.model.query import Entry, Query, Scope, Window
from hub.model.record import Candidate, Outcome, Refusal, Status
from hub.model.session import Opening, Session
from hub.model.tlp import Tlp
from hub.stix.terms import term
from hub.store.base import Act, Batch, Change, Log, Removal
from tests.fakes import BOTH_STIX, START_US, acts, collection, uuid_of

ONE = collection("shared")
TWO = collection("bulletins")
ALWAYS = (Window(Tlp.RED, 0),)
SEES_ALL = Scope(
    "publisher",
    "ministry",
    {ONE.key: ALWAYS, TWO.key: ALWAYS},
    clearance=Tlp.RED,
    subjects={("org", "ministry"): 0},
)
COORDINATES = msgspec.structs.replace(SEES_ALL, account="coordinator", moderates=True)
EVERY = Query(ONE.key, edges=("all",), stix=BOTH_STIX)
LAST = Query(ONE.key)
ACT = Act("administrator", "ministry", "test", "target", "detail")
SECOND_US = 1_000_000
_MANY = 1_000_000


def object_id(number: int, kind: str = "indicator") -> str:
    return f"{kind}--{uuid_of(number)}"


def version_us(version: int) -> int:
    return START_US + version * SECOND_US


def candidate(number: int = 1, version: int = 0, content: Any = "a", **changes: Any) -> Candidate:
    """An object as the structural check would hand it on.

    Args:
        number: Which object.
        version: Which of its versions, in order.
        content: What makes its bytes and its digest differ.
        changes: `type`, or fields of `Candidate`; `fields` are the pairs that become its terms.
    """
    kind = changes.pop("type", "indicator")
    pairs: Iterable[tuple[str, Any]] = changes.pop("fields", ())
    lines = [term(field, value) for field, value in pairs]
    text = format_us(version_us(version))
    stix = changes.get("stix", "2.1")
    shown = {"id": object_id(number, kind), "modified": text, "stix": stix, "content": content}
    raw = json.dumps(shown, ensure_ascii=False).encode()
    values = {
        "raw": raw,
        "object_id": object_id(number, kind),
        "type": kind,
        "version": text,
        "version_us": version_us(version),
        "stix": stix,
        "digest": blake2b(raw, digest_size=16).digest(),
        "terms": "\n".join(("", *lines, "")) if lines else "",
        "warnings": (),
        "tlp": Tlp.GREEN,
    }
    return Candidate(**(values | changes))


def publisher(org: str = "ministry", **changes: Any) -> Scope:
    """Who publishes for an organisation; it sees and writes everything if not changed."""
    keys = frozenset({ONE.key, TWO.key})
    subjects = {("org", org): 0}
    return msgspec.structs.replace(
        SEES_ALL, **({"org": org, "writable": keys, "subjects": subjects} | changes)
    )


def up_to(ceiling: Tlp, since_us: int = 0) -> Scope:
    """Who sees records of both collections up to a marking."""
    windows = (Window(ceiling, since_us),)
    return msgspec.structs.replace(
        SEES_ALL, readable={ONE.key: windows, TWO.key: windows}, clearance=ceiling
    )


def publish(
    log: Log,
    *items: Candidate | Refusal,
    org: str = "ministry",
    to: Any = ONE,
    audience: Iterable[Subject] = (),
    scope: Scope | None = None,
) -> Status:
    return log.add(batch(*items, org=org, to=to, audience=audience, scope=scope))


def batch(
    *items: Candidate | Refusal,
    org: str = "ministry",
    to: Any = ONE,
    audience: Iterable[Subject] = (),
    scope: Scope | None = None,
) -> Batch:
    scope = scope or publisher(org)
    act = Act(scope.account, org, "publish", to.id, f"{len(items)} objects")
    return Batch(str(uuid.uuid4()), to, items, scope, act, frozenset(audience))


def outcomes(status: Status) -> list[Outcome]:
    return [verdict.outcome for verdict in status.verdicts]


def removal(query: Query = EVERY, org: str = "ministry") -> Removal:
    return Removal(query, Act("publisher", org, "delete", ONE.id))


def select(query: Query = EVERY, **changes: Any) -> Query:
    return msgspec.structs.replace(query, **changes)


def raws(
    log: Log, query: Query = EVERY, scope: Scope = SEES_ALL, limit: int = _MANY
) -> list[bytes]:
    return log.objects(scope, query, 0, limit).raws


def entries(log: Log, query: Query = EVERY, scope: Scope = SEES_ALL) -> list[Entry]:
    return log.entries(scope, query, 0, _MANY).entries


def changes(log: Log) -> list[Change]:
    return log.changes(0, _MANY)


def kinds(log: Log) -> list[str]:
    return [change.kind for change in changes(log)]


def walk(log: Log, query: Query, limits: Iterator[int], scope: Scope = SEES_ALL) -> list[Entry]:
    """Page after page, with the next size from `limits`, until a page says that it is the last."""
    found: list[Entry] = []
    more = True
    while more:
        after = found[-1].added_us if found else 0
        limit = next(limits)
        page = log.entries(scope, query, after, limit)
        assert len(page.entries) == limit or not page.more, "a page is full while there is more"
        found += page.entries
        more = page.more
    return found


def digest_of(number: int) -> bytes:
    """What a store keeps of the secret of a session."""
    return sha256(str(number).encode()).digest()


def opening(number: int = 1, account: str = "reader", **changes: Any) -> Opening:
    """A session that is about to begin: an hour idle, twelve in all."""
    values = {
        "id": f"s{number}",
        "digest": digest_of(number),
        "account": account,
        "method": "password",
        "lasts_us": 12 * 3600 * SECOND_US,
        "idle_us": 3600 * SECOND_US,
        "label": "Firefox, Việt",
        "address": "2001:db8::1",
    }
    return Opening(**(values | changes))


def start(store: Any, number: int = 1, account: str = "reader", **changes: Any) -> Session:
    """Begin that session."""
    made = opening(number, account, **changes)
    return store.start_session(made, ACT, epoch=store.epoch())


def everything(store: Any, scope: Scope = SEES_ALL) -> tuple[Any, ...]:
    """All that can be read from a store, for a comparison before and after a failure."""
    return (
        [store.objects(scope, select(collection=key), 0, _MANY) for key in sorted(scope.readable)],
        entries(store, scope=scope),
        store.tallies(scope),
        changes(store),
        store.directory(),
        acts(store, 1000),
        store.list_sessions(),
        [store.factor(account) for account in store.directory().accounts],
        [
            (job, store.job_runs(job.name, 9), store.dead_letters(job.name, 0, 9))
            for job in store.jobs()
        ],
    )
