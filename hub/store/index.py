"""What search knows of each live record, written in the record's own transaction.

Two tables: `words` (FTS5) finds records by words and values, `found` filters and counts them. The
key of both is the date added.

- A value is one token, `field:key`; a text is a row of words. A word has only letters and digits
  and a token has a sign among them, so neither is ever taken for the other.
- An address has a second token, its digits in hexadecimal: what begins alike is near, so that a
  network is a few beginnings (`hub.store.expression`).
- Every record has tokens of its label, publisher, collection and marking, and one that all have.
- `words` keeps no copy of its text. To take a record out, FTS5 has to be told what went in: that
  is computed once more from the bytes, while they are still there.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_pton
from typing import NamedTuple

import msgspec

from hub.language.fields import FIELDS
from hub.language.fold import GAP
from hub.model.search import Document
from hub.model.tlp import Tlp
from hub.stix.check import document_of

ALL = "!all"
"""The token of every record"""

NUMBERS = ("created", "modified", "valid_from", "valid_until", "confidence")
"""Numbers of a document, as columns of `found`"""

COLUMNS = frozenset({"type", "publisher", "collection", "tlp"})
"""Facets of which every record has one key: columns of `found`"""

TAGS = frozenset(name for name, field in FIELDS.items() if field.facet) - COLUMNS
"""Facets of which a record may have several keys: lists in `found.tags`"""

_CHUNK = 500
_TOLD = 50_000
"""Records between two lines of the log, some ten seconds, when a whole store is filled in."""

_BITS = {4: 32, 6: 128}
_ODD = re.compile(f"[\x00-\x20\x7f\"'%{re.escape(GAP)}A-Z\ud800-\udfff]")
"""What would end a token, or be taken for another: FTS5 folds the case of ASCII."""

_ODD_BYTES = bytes(code for code in range(128) if _ODD.match(chr(code)))

_encode = msgspec.json.encode
_log = logging.getLogger("hub.store")


class Row(NamedTuple):
    """A live record that search shall know."""

    added_us: int
    label: int
    standing: int
    tlp: int
    collection: int
    type: str
    publisher: str
    document: Document


def add(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Take records in; inside a write transaction."""
    # In order of the key: FTS5 writes a segment whenever a key is below the one before.
    ordered = sorted(rows, key=lambda row: row.added_us)
    connection.executemany(
        "INSERT INTO words (rowid, names, texts, terms) VALUES (?,?,?,?)",
        [_texts(row) for row in ordered],
    )
    connection.executemany(
        "INSERT INTO found VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", [_columns(row) for row in ordered]
    )


def drop(connection: sqlite3.Connection, keys: Sequence[int]) -> None:
    """Take records out of `words`, while their bytes are still there; inside a write transaction.

    A trigger takes them out of `found`.
    """
    for start in range(0, len(keys), _CHUNK):
        wanted = str(sorted(keys[start : start + _CHUNK]))
        connection.executemany(
            "INSERT INTO words (words, rowid, names, texts, terms) VALUES ('delete',?,?,?,?)",
            [_texts(row) for row in _rows(connection.execute(_SOME, (wanted,)))],
        )


def fill(connection: sqlite3.Connection) -> None:
    """Take in every live record there is, into empty tables; inside a write transaction."""
    done = 0
    rows = _rows(connection.execute(_EVERY))
    while chunk := [row for _, row in zip(range(_CHUNK), rows, strict=False)]:
        add(connection, chunk)
        done += len(chunk)
        if done % _TOLD == 0:
            _log.info("search has taken in %d records of this store", done)


def renew(connection: sqlite3.Connection) -> None:
    """Empty the tables and fill them again; inside a write transaction."""
    connection.execute("INSERT INTO words (words) VALUES ('delete-all')")
    connection.execute("DELETE FROM found")
    fill(connection)


def strays(connection: sqlite3.Connection, most: int) -> int:
    """How many of the newest records, up to `most`, are not found by all of their tokens."""
    count = 0
    for row in _rows(connection.execute(_NEWEST, (most,))):
        wanted = " AND ".join(f'"{each}"' for each in tokens(row))
        found = connection.execute(
            "SELECT 1 FROM words WHERE words MATCH ? AND rowid = ?", (wanted, row.added_us)
        )
        count += found.fetchone() is None
    return count


_SELECT = "SELECT r.added_us, r.label, r.standing, l.tlp, r.collection, r.type, r.publisher, r.raw"
_SOME = (
    f"{_SELECT} FROM json_each(?) k CROSS JOIN record r ON r.added_us = k.value"
    " JOIN label l ON l.key = r.label WHERE r.standing > 0"
)
_EVERY = (
    f"{_SELECT} FROM record r JOIN label l ON l.key = r.label WHERE r.standing > 0"
    " ORDER BY r.added_us"
)

_NEWEST = (
    f"{_SELECT} FROM record r JOIN label l ON l.key = r.label WHERE r.standing > 0"
    " ORDER BY r.added_us DESC LIMIT ?"
)


def _rows(cursor: sqlite3.Cursor) -> Iterator[Row]:
    for row in cursor:
        yield Row._make((*row[:-1], document_of(row[-1])))


def _texts(row: Row) -> tuple[int, str, str, str]:
    document = row.document
    return row.added_us, document.name, document.words, " ".join(tokens(row))


def tokens(row: Row) -> list[str]:
    """The tokens of a record's values."""
    terms = row.document.terms
    found = [f"{field}:{key}" for field, key in terms]
    # One look at all of them is cheaper than one at each.
    whole = "".join(found)
    if _has_odd(whole):
        found = [token(field, key) for field, key in terms]
    if "ip:" in whole:
        found += [place(key) for field, key in terms if field == "ip"]
    found += _held(row.label, row.tlp, row.collection, row.publisher)
    return found


def _has_odd(text: str) -> bool:
    if not text.isascii():
        return _ODD.search(text) is not None
    plain = text.encode()
    return len(plain.translate(None, _ODD_BYTES)) != len(plain)


@lru_cache(maxsize=1024)
def _held(label: int, tlp: int, collection: int, publisher: str) -> tuple[str, ...]:
    """The tokens of how the hub holds a record."""
    return (
        ALL,
        label_token(label),
        token("tlp", Tlp(tlp).text),
        token("publisher", publisher),
        token("collection", str(collection)),
    )


def token(field: str, key: str) -> str:
    """The token of a value; of the beginning of a key, the beginning of its token."""
    return f"{field}:{spelled(key)}"


def label_token(label: int) -> str:
    """The token of all records under a label."""
    return f"l:{label}"


def place(key: str) -> str:
    """The token that says where an address or network lies: `@4c6336407`, `@4c6336400/24`."""
    # As `digits` of its `span`, at a tenth of the cost.
    address, slash, bits = key.partition("/")
    if ":" in address:
        return f"@6{inet_pton(AF_INET6, address).hex()}{slash}{bits}"
    return f"@4{inet_pton(AF_INET, address).hex()}{slash}{bits}"


def digits(version: int, address: int) -> str:
    """An address in hexadecimal, as `place` writes it."""
    return f"@{version}{address:0{bits_of(version) // 4}x}"


def bits_of(version: int) -> int:
    """Of an address of IPv4 or IPv6."""
    return _BITS[version]


def spelled(key: str) -> str:
    """The key as a part of a token: nothing in it ends the token, and no two become one."""
    return _ODD.sub(lambda odd: f"%{ord(odd[0]):04x}", key) if _ODD.search(key) else key


def _columns(row: Row) -> tuple[object, ...]:
    tags: dict[str, list[str]] = {}
    for field, key in row.document.terms:
        if field in TAGS:
            tags.setdefault(field, []).append(key)
    number = row.document.numbers.get
    return (
        *row[:-1],
        *map(number, NUMBERS),
        _encode(tags).decode() if tags else None,
    )
