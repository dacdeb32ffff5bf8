"""Drafts: from what somebody submits to what is published, and who will receive it.

The ids and dates of what will be published are settled when a draft is made. So the same draft,
sent twice or from two tabs, is published once: the second time every object is unchanged.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from hub import policy
from hub.errors import Fault, HubError
from hub.model.clock import now_us
from hub.model.draft import Draft, DraftHead
from hub.model.intake import Item, Table, Taken, Wish
from hub.model.party import Collection, Directory, Subject
from hub.model.query import Label, Scope
from hub.model.record import KEPT, Candidate, Refusal, Status
from hub.model.tlp import Tlp
from hub.service.delivery import Delivery, delivery
from hub.service.publish import MeteredPublisher, Publisher
from hub.service.scrub import Finding, Own, find, object_replaced, object_texts, replaced
from hub.stix.compose import Making, compose, makes
from hub.store.base import Stale
from hub.store.drafting import Drafts

MOST = 50
"""Of one account."""
MOST_BYTES = 4_000_000
LIFE_US = 30 * 86_400 * 1_000_000
"""From the last change on"""
LONGEST_TITLE = 250
_TITLE_SHOWN = 120
_TRIES = 5


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that a draft holds."""

    seed: str
    """UUID that ids are made of"""
    made_us: int
    """The dates of what is made"""
    taken: Taken
    group: str = "report"
    """What names all objects: report or incident"""
    title: str = ""
    """Empty: nothing names them all"""
    text: str = ""
    types: tuple[str, ...] = ("malicious-activity",)
    labels: tuple[str, ...] = ()
    confidence: int | None = None
    valid_until_us: int = 0
    sector: str = ""
    severity: str = ""
    since_us: int = 0
    collection: int = 0
    """Key; 0: not chosen"""
    tlp: str = ""
    """Colour of what is made; empty: not chosen, or STIX objects say it themselves."""
    named: bool = False
    """For those in `audience` alone"""
    audience: tuple[str, ...] = ()
    """Such as `org:grid`"""
    scrub: dict[str, str] = {}
    """What was found and is to be replaced, and by what"""
    readings: int = 0
    """How often its table was read again"""
    begun: str = ""
    """Digest of what was sent at first"""


class Sheet(NamedTuple):
    """A draft, opened."""

    head: DraftHead
    content: Content


class Reach(NamedTuple):
    """Who receives the objects of one marking."""

    tlp: Tlp
    objects: int
    delivery: Delivery


class Outlook(NamedTuple):
    """What a publish would do."""

    made: tuple[Candidate | Refusal, ...]
    reaches: tuple[Reach, ...]
    """By strictness; without what would be refused"""


class Lack(NamedTuple):
    """What a draft still needs before it can be published."""

    field: str
    code: str
    """items, title, collection, tlp, audience"""


def fresh(taken: Taken, at_us: int) -> Content:
    """The content of a new draft."""
    return Content(
        seed=str(uuid.uuid4()),
        made_us=at_us,
        taken=taken,
        title=taken.title[:LONGEST_TITLE],
        text=taken.text,
        tlp=taken.tlp,
    )


def new_id() -> str:
    """An id for a draft that is about to be made: whoever sends it twice makes one."""
    return secrets.token_hex(16)


def _digest(content: Content) -> str:
    """Of what was sent, without what the hub adds to it."""
    sent = msgspec.structs.replace(content, seed="", made_us=0, collection=0, tlp="", begun="")
    if sent.taken.table and sent.taken.table.packed:
        # How it is read may be known better the second time.
        packed = Table((), "", Wish(), sent.taken.table.packed)
        sent = msgspec.structs.replace(sent, taken=Taken("csv", table=packed))
    return hashlib.blake2b(msgspec.json.encode(sent), digest_size=16).hexdigest()


def _id_of(draft_id: str, begun: str) -> str:
    """The id of what was sent under the id of another draft, the same each time."""
    return hashlib.blake2b(f"{draft_id} {begun}".encode(), digest_size=16).hexdigest()


def is_id(text: str) -> bool:
    """Whether it may be the id of a draft."""
    return len(text) == 32 and set(text) <= set("0123456789abcdef")  # noqa: PLR2004 - as `new_id`


class Desk:
    """What people do with drafts.

    Args:
        store: Where they are kept.
        publisher: The one door.
        clock: Microseconds of the system clock.
    """

    def __init__(
        self,
        store: Drafts,
        publisher: Publisher,
        metered: MeteredPublisher,
        clock: Callable[[], int] = now_us,
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._metered = metered
        self._clock = clock

    def all(self, scope: Scope) -> list[DraftHead]:
        """The drafts of the account, the last changed first."""
        return self._store.drafts(scope)

    def open(self, scope: Scope, draft_id: str) -> Sheet:
        """One of them.

        Raises:
            HubError: ABSENT.
        """
        found = self._store.draft(scope, draft_id) if is_id(draft_id) else None
        if found is None:
            raise HubError(
                Fault.ABSENT,
                "there is no such draft: it was deleted, has expired, or is of another account",
                remedy="Begin a new one.",
            )
        return Sheet(found, msgspec.json.decode(found.body, type=Content))

    def begin(self, scope: Scope, draft_id: str, content: Content) -> Sheet:
        """A new draft; the one that is there already when the same was sent before.

        A form that was sent, gone back to and filled in otherwise is another draft.

        Raises:
            HubError: TOO_LARGE, BAD_REQUEST when there are too many.
        """
        content = msgspec.structs.replace(content, begun=_digest(content))
        another = _id_of(draft_id, content.begun)
        return (
            self._begun(scope, draft_id, content)
            or self._begun(scope, another, content)
            or self.open(scope, another)
        )

    def _begun(self, scope: Scope, draft_id: str, content: Content) -> Sheet | None:
        """The draft; None when another one, perhaps of somebody else, has its id."""
        try:
            return self._put(scope, DraftHead(id=draft_id), content)
        except Stale:
            if self._store.draft(scope, draft_id) is None:
                return None
            known = self.open(scope, draft_id)
            return known if known.content.begun == content.begun else None

    def save(self, scope: Scope, head: DraftHead, content: Content) -> Sheet:
        """Keep changes.

        Raises:
            Stale: It was changed elsewhere since, or is gone.
            HubError: TOO_LARGE.
        """
        return self._put(scope, head, content)

    def drop(self, scope: Scope, draft_id: str) -> bool:
        """Delete one; False when it is not there."""
        return self._store.drop_draft(scope, draft_id)

    def last_collection(self, scope: Scope) -> int:
        """Key of the collection of the last draft that was published; 0: there is none."""
        for head in self.all(scope):
            if head.status_id:
                return self.open(scope, head.id).content.collection
        return 0

    def outlook(self, scope: Scope, directory: Directory, sheet: Sheet, creator: str) -> Outlook:
        """What a publish would do now, and who would receive what.

        Raises:
            HubError: BAD_REQUEST for the audience; DENIED without the right to write there.
        """
        content = sheet.content
        collection, named = self._target(scope, directory, content)
        made = self._publisher.weigh(scope, collection, raws(content, creator), named)
        counts: dict[Tlp, int] = {}
        for item in made:
            if isinstance(item, Candidate):
                counts[item.tlp] = counts.get(item.tlp, 0) + 1
        at_us = self._clock()
        reaches = [
            Reach(
                tlp,
                counts[tlp],
                delivery(scope, directory, Label(collection.key, tlp, named), at_us),
            )
            for tlp in sorted(counts)
        ]
        return Outlook(tuple(made), tuple(reaches))

    def publish(self, scope: Scope, directory: Directory, sheet: Sheet, creator: str) -> Status:
        """Publish a draft that was saved and lacks nothing.

        It is over with the first publish that stored something; then it leads to its receipt.

        Raises:
            HubError: As `Publisher.publish`, and TOO_MANY for the quota.
        """
        collection, named = self._target(scope, directory, sheet.content)
        status = self._metered.publish(scope, collection, raws(sheet.content, creator), named)
        if is_stored(status):
            self._note(scope, sheet, status.id)
        return status

    def _note(self, scope: Scope, sheet: Sheet, status_id: str) -> None:
        """Remember that a draft was published, also if another tab saved it meanwhile."""
        for _ in range(_TRIES):
            head = msgspec.structs.replace(sheet.head, status_id=status_id)
            try:
                self._put(scope, head, sheet.content)
            except Stale:
                found = self._store.draft(scope, sheet.head.id)
                if found is None:
                    return
                sheet = Sheet(found, msgspec.json.decode(found.body, type=Content))
            else:
                return

    def _target(
        self, scope: Scope, directory: Directory, content: Content
    ) -> tuple[Collection, frozenset[Subject]]:
        collection = directory.collections.get(content.collection)
        if collection is None or collection.key not in scope.writable:
            raise HubError(Fault.DENIED, "the account may not publish there", field="collection")
        names = content.audience if content.named else ()
        return collection, policy.audience(scope, directory, collection, names)

    def _put(self, scope: Scope, head: DraftHead, content: Content) -> Sheet:
        body = msgspec.json.encode(content)
        if len(body) > MOST_BYTES:
            raise HubError(
                Fault.TOO_LARGE,
                f"the draft would have {len(body)} bytes; {MOST_BYTES} are the most",
                field="text",
                remedy="Submit it in parts, or with `hub push`.",
            )
        item = Draft(
            id=head.id,
            version=head.version,
            title=shown_title(content),
            status_id=head.status_id,
            body=body,
        )
        return Sheet(self._store.put_draft(scope, item, life_us=LIFE_US, most=MOST), content)


def is_stored(status: Status) -> bool:
    """Whether a publish left anything here."""
    return any(verdict.outcome in KEPT for verdict in status.verdicts)


def shown_title(content: Content) -> str:
    """How a list of drafts names it; empty when nothing in it has a name."""
    first = [item.value for item in content.taken.items[:1]]
    first += [item.name or item.id for item in content.taken.stix[:1]]
    return (content.title or " ".join(first))[:_TITLE_SHOWN]


def lacks(content: Content, scope: Scope) -> list[Lack]:
    """What has to be said before it can be published."""
    found = []
    chosen = any(item.keep and makes(item) for item in content.taken.items)
    objects = any(item.keep for item in content.taken.stix)
    told = content.group == "incident" and content.title
    if not (chosen or objects or told):
        found.append(Lack("items", "items"))
    if content.group == "incident" and not content.title and content.taken.source != "stix":
        found.append(Lack("title", "title"))
    if content.collection not in scope.writable:
        found.append(Lack("collection", "collection"))
    if content.taken.source != "stix" and not content.tlp:
        found.append(Lack("tlp", "tlp"))
    if content.named and not content.audience:
        found.append(Lack("audience", "audience"))
    return found


def raws(content: Content, creator: str) -> list[bytes]:
    """The objects of a draft, as they will be published.

    Args:
        content: A draft that lacks nothing.
        creator: identity--UUID of the publisher's organisation.
    """
    chosen = content.scrub
    if content.taken.source == "stix":
        kept = [item.raw for item in content.taken.stix if item.keep]
        return [object_replaced(raw, chosen).encode() for raw in kept]
    items = [_scrubbed(item, chosen) for item in content.taken.items if item.keep and makes(item)]
    making = Making(
        seed=uuid.UUID(content.seed),
        made_us=content.made_us,
        creator=creator,
        tlp=Tlp.named(content.tlp or "red"),
        title=replaced(content.title, chosen),
        text=replaced(content.text, chosen),
        group=content.group,
        types=content.types,
        labels=content.labels,
        confidence=content.confidence,
        valid_until_us=content.valid_until_us,
        sector=content.sector,
        severity=content.severity,
        since_us=content.since_us,
    )
    return compose(making, items)


def _scrubbed(item: Item, chosen: dict[str, str]) -> Item:
    """A value with its texts as they are published; an address that would be changed leads nowhere."""
    links = tuple(url for url in item.references if replaced(url, chosen) == url)
    return msgspec.structs.replace(item, note=replaced(item.note, chosen), references=links)


def findings(content: Content, own: Own) -> list[Finding]:
    """What may tell too much in the texts of a draft that would be published."""
    return find(_texts(content), own)


def _texts(content: Content) -> list[str]:
    if content.taken.source == "stix":
        return [
            text for item in content.taken.stix if item.keep for text in object_texts(item.raw)
        ]
    kept = [item for item in content.taken.items if item.keep]
    notes = [text for item in kept for text in (item.note, *item.references) if text]
    return [content.title, content.text, *dict.fromkeys(notes)]
