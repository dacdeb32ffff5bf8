"""What an index of the search copy looks like, and what it is called.

- `<prefix>obj-<store>-m<version>` is the alias that is searched. The name holds the identity of the
  record store and the version of the mapping: an index of another store, or one that an older
  program wrote, has another name. So nobody can search the wrong one, at no moment of an upgrade,
  a restore or a rebuild.
- `<alias>-<time>-<random>` is an index. No name is used twice.
- `<index>-w` is its alias for writing. Writes demand an alias: one that comes late, for an index
  that was deleted, makes no index by itself.

Raise `VERSION` with every change of the mapping or of what is written by it: the projector then
makes a new index beside the old one.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from hub.language.fields import FIELDS, INSTANTS, Kind

VERSION = 2

SHORTEST, LONGEST = 1, 19
"""Beginnings of words of so many characters have postings of their own, up to the most that
Elasticsearch takes. A longer one behind other words would be expanded, up to a number of words that
those which are hidden count against."""

_KEYWORD = {"type": "keyword"}
_LONG = {"type": "long"}
_TEXT = {
    "type": "text",
    "analyzer": "whitespace",
    "norms": False,
    "index_prefixes": {"min_chars": SHORTEST, "max_chars": LONGEST},
}

KEYWORDS = frozenset(
    name for name, field in FIELDS.items() if field.kind in {Kind.VALUE, Kind.KEYWORD}
)


class Names:
    """The names of one store's indices.

    Args:
        prefix: What all of them begin with.
        identity: Of the record store (`Source.identity`).
        version: Of the mapping.
    """

    def __init__(self, prefix: str, identity: str, version: int = VERSION) -> None:
        self.prefix = prefix
        self.identity = identity
        self._store = blake2b(identity.encode(), digest_size=6).hexdigest()
        self.alias = f"{prefix}obj-{self._store}-m{version}"

    @property
    def every(self) -> str:
        """A pattern for the indices of all stores and versions under the prefix."""
        return f"{self.prefix}obj-*"

    def new(self) -> str:
        """The name of a further index; later ones are greater."""
        return f"{self.alias}-{datetime.now(UTC):%Y%m%d%H%M%S%f}-{secrets.token_hex(3)}"

    def mine(self, index: str) -> bool:
        """Whether an index is one of this store and this mapping."""
        return index.startswith(f"{self.alias}-")

    def version(self, index: str) -> int | None:
        """The version of the mapping of an index of this store; None: it is of another store."""
        start = f"{self.prefix}obj-{self._store}-m"
        number = index.removeprefix(start).partition("-")[0]
        return int(number) if index.startswith(start) and number.isdecimal() else None


def writing(index: str) -> str:
    """The alias by which an index is written."""
    return f"{index}-w"


def body(identity: str, shards: int, replicas: int) -> dict[str, Any]:
    """Settings and mapping of a new index.

    Args:
        identity: Of the record store, noted for whoever looks.
        shards: How many parts it has; fixed for its life.
        replicas: How many copies of each part there are beside the first.
    """
    return {
        "settings": {
            "number_of_shards": shards,
            "number_of_replicas": replicas,
            # The projector refreshes, before it says how far it has come.
            "refresh_interval": "-1",
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": {"mapping": VERSION, "store": identity},
            # Nothing is read back but how far it has come: the bytes are in the record.
            "_source": {"includes": ["horizon"]},
            "properties": _properties(),
        },
    }


def _properties() -> dict[str, Any]:
    return {
        **dict.fromkeys(sorted(KEYWORDS), _KEYWORD),
        **dict.fromkeys(INSTANTS, _LONG),
        # Apart, as an IPv4 address is one of IPv6 for Elasticsearch.
        "net4": {"type": "ip_range"},
        "net6": {"type": "ip_range"},
        "name": _TEXT,
        "words": _TEXT,
        "tlp": {"type": "byte"},
        "confidence": _LONG,
        # Who sees it: its label, and the better records that hide it from who sees those.
        # Keywords, as a number has no postings: a search for many would read all of them first.
        "shelf": _KEYWORD,
        "beaten": {
            "type": "nested",
            "properties": {"shelf": _KEYWORD, "newest": {"type": "long"}},
        },
        "horizon": {"type": "long", "index": False, "doc_values": False},
    }
