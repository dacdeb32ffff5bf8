"""What becomes of an object between its source and the door: filters, warning lists, terms of the feed.

- The same object under the same definition becomes the same bytes, whenever it is treated.
- An object of which nothing changes keeps the bytes in which it came.
- What the object says itself stays: marking, confidence and end are set where it says none.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, NamedTuple

import msgspec

from connectors.found import Found
from hub.intake.benign import Benign
from hub.intake.concerns import item_of_term, weighed
from hub.model.clock import format_us
from hub.model.intake import Item
from hub.service.feeds.counts import Counts
from hub.service.feeds.definition import Feed
from hub.service.feeds.mapping import Mapping
from hub.service.screening import looked_up
from hub.stix.compose import MARKING_OF
from hub.stix.instant import instant_us
from hub.stix.sought import sought

_UNTOUCHED = frozenset(
    {"marking-definition", "extension-definition", "language-content", "bundle"}
)
_BARE = frozenset({"relationship", "sighting", "identity", "location"})
"""They get a marking, and nothing that is said of findings."""

_FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What an operator's function may raise"""

_FLAG = "warning-list:"
_encode = msgspec.json.Encoder().encode


class Treated(NamedTuple):
    """An object as it will be published."""

    raw: bytes
    object_id: str
    type: str
    digest: bytes
    """Of what it says: the same as at its last publish, and there is nothing to do"""
    origin: str
    made: bool
    obj: dict[str, Any]
    renew_us: int
    """See `connectors.found.Found`"""


class Lists(NamedTuple):
    """What values are held against."""

    own_domains: tuple[str, ...]
    """Of the organisations here, in lower case"""
    benign: Benign
    """Warning lists of the organisation and of the hub"""


class _Out(Exception):
    """It is not published, for this reason."""


class Treatment:
    """The treatment of one run.

    Args:
        feed: Whose.
        mapping: Its function.
        started_us: The instant of the run.
        lists: Of the hub and of the organisation that publishes.
    """

    def __init__(self, feed: Feed, mapping: Mapping, started_us: int, lists: Lists) -> None:
        self._feed = feed
        self._filters = feed.said.filters
        self._mapping = mapping
        self._oldest_us = started_us - feed.newer_us if feed.newer_us else 0
        self._own_domains, self._benign = lists
        self._match = re.compile(self._filters.match) if self._filters.match else None
        said = (feed.tlp, feed.said.confidence, feed.labels, feed.lifetime_us, feed.lifetimes)
        self._key = repr((said, feed.said.mapping)).encode()

    def treat(self, found: Found, counts: Counts) -> Treated | None:
        """The object as it will be published; None: it is not, which is counted."""
        try:
            obj = msgspec.json.decode(found.raw)
        except msgspec.MsgspecError:
            obj = None
        if not isinstance(obj, dict) or not isinstance(obj.get("id"), str):
            counts.leave("refused", "", found.origin, "it is no STIX object")
            return None
        try:
            return self._treat(found, obj)
        except _Out as out:
            name = str(found.item.value if found.item else obj["id"])
            counts.leave("filtered", name, found.origin, str(out))
            return None

    def _treat(self, found: Found, obj: dict[str, Any]) -> Treated:
        before = _encode(obj)
        self._sift(obj, found.item)
        flags = self._flags(found, obj)
        mapped = self._mapped(obj)
        if not found.made and mapped.get("type") not in _UNTOUCHED:
            self._adopt(mapped)
        # An observable has no labels; what it was seen in has.
        if flags and "created" in mapped:
            _label(mapped, flags)
        raw = found.raw if _encode(mapped) == before else _encode(mapped)
        said = found.digest or hashlib.sha256(raw).digest()
        digest = hashlib.sha256(b"\0".join((said, self._key, repr(flags).encode()))).digest()
        kind = str(mapped.get("type", ""))
        origin, made, renew_us = found.origin, found.made, found.renew_us
        return Treated(raw, mapped["id"], kind, digest, origin, made, mapped, renew_us)

    def _mapped(self, obj: dict[str, Any]) -> dict[str, Any]:
        object_id = obj["id"]
        try:
            mapped = self._mapping(obj)
        except _FAILURES as error:
            raise _Out(f"the mapping failed with {type(error).__name__}") from error
        if mapped is None:
            raise _Out("the mapping leaves it out")
        if not isinstance(mapped, dict) or mapped.get("id") != object_id:
            raise _Out("the mapping gave another object back")
        return mapped

    def _sift(self, obj: dict[str, Any], item: Item | None) -> None:
        filters, given = self._filters, obj.get("type")
        if filters.types and given not in filters.types:
            raise _Out(f"its type {given} is not among filters.types")
        if given in filters.not_types:
            raise _Out(f"its type {given} is among filters.not_types")
        if item and filters.fields and item.field not in filters.fields:
            raise _Out(f"a value of the kind {item.field} is not among filters.fields")
        # That of the feed is put in for a value that has none, and is nothing that was said.
        confidence = item.confidence if item else obj.get("confidence")
        if isinstance(confidence, int) and confidence < filters.min_confidence:
            raise _Out("its confidence is below filters.min_confidence")
        changed_us = instant_us(obj.get("modified", obj.get("created")))
        if changed_us is not None and self._oldest_us and changed_us < self._oldest_us:
            raise _Out("it was last changed before filters.newer_than")
        if self._match and given not in _BARE | _UNTOUCHED:
            text = item.value if item else _spoken(obj)
            if not self._match.search(text):
                raise _Out("filters.match does not find it")

    def _flags(self, found: Found, obj: dict[str, Any]) -> list[str]:
        """Labels of the warning lists that know a value of it."""
        if self._filters.warning_lists == "off":
            return []
        items, whole = ([found.item], True) if found.item else _items(obj)
        weighed_items = [
            looked_up(weighed(item, self._own_domains), self._benign) for item in items
        ]
        doubted = [item for item in weighed_items if not item.keep]
        doubts = sorted({concern for item in doubted for concern in item.concerns})
        all_doubted = bool(doubted) and whole and len(doubted) == len(items)
        if all_doubted and self._filters.warning_lists == "stop":
            raise _Out(f"it is on a warning list: {', '.join(doubts)}")
        return [_FLAG + doubt for doubt in doubts]

    def _adopt(self, obj: dict[str, Any]) -> None:
        """The terms of the feed, where the object says nothing itself."""
        feed = self._feed
        if feed.tlp is not None and not {"object_marking_refs", "granular_markings"} & obj.keys():
            obj["object_marking_refs"] = [MARKING_OF[feed.tlp]]
        if "created" not in obj or obj.get("type") in _BARE:
            return
        if feed.said.confidence is not None and obj.get("spec_version") == "2.1":
            obj.setdefault("confidence", feed.said.confidence)
        _label(obj, feed.labels)
        if obj.get("type") == "indicator":
            self._end(obj)

    def _end(self, obj: dict[str, Any]) -> None:
        """The longest time of its values."""
        start_us, lives = instant_us(obj.get("valid_from")), dict(self._feed.lifetimes)
        found = [lives[item.field] for item in _items(obj)[0] if item.field in lives]
        life_us = max(found, default=self._feed.lifetime_us)
        if life_us > 0 and start_us is not None and "valid_until" not in obj:
            obj["valid_until"] = f"{format_us(start_us + life_us)[:-4]}Z"


def _label(obj: dict[str, Any], labels: tuple[str, ...] | list[str]) -> None:
    known = obj.get("labels", [])
    if labels and isinstance(known, list):
        obj["labels"] = [*known, *(label for label in labels if label not in known)]


def _items(obj: dict[str, Any]) -> tuple[list[Item], bool]:
    """The values of an indicator that came as STIX, and whether it looks for nothing else."""
    if obj.get("type") != "indicator" or not isinstance(obj.get("pattern"), str):
        return [], False
    terms, whole = sought(obj)
    return [item_of_term(term) for term in terms], whole


def _spoken(obj: dict[str, Any]) -> str:
    """What a person would look for in an object."""
    return "\n".join(str(obj[name]) for name in ("pattern", "value", "name") if name in obj)
