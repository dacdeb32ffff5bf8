"""A digest as a message: plain text and HTML that say the same, in the language of its reader.

Values are defanged, and the only links lead to this hub's console. Nothing is loaded from anywhere.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import msgspec

from connectors.mail.wording import WORDS, Words
from connectors.sending import Freight, Parcel, Reader, Trip
from hub.language.defang import harmless
from hub.language.legible import line
from hub.stix.naming import title_of

LISTED = 50
"""Objects that are named; the others are counted."""

_LONGEST_TITLE = 160
_SECOND_US = 1_000_000
_INNER_DOT = re.compile(r"(?<=[^\W_])\.(?=[^\W_])")
_ID_BYTES = 16


class _Row(NamedTuple):
    """One object as it is listed."""

    kind: str
    title: str
    tlp: str
    place: str
    """Collection and publisher"""
    url: str


class _Digest(NamedTuple):
    """What both forms say."""

    words: Words
    headline: str
    tlp: str
    counts: list[str]
    rows: list[_Row]
    more: str
    """How many are not listed; empty: none"""
    footer: str
    switch: str
    """Address of the page that switches it off"""


def letter(sender: Address, reader: Reader, parcel: Parcel, trip: Trip) -> EmailMessage:
    """The message of a parcel; the same parcel gives the same Message-ID.

    Args:
        sender: Whom it is from.
        reader: Whom it is for.
        parcel: What is new.
        trip: Of the delivery.
    """
    digest = _digest(reader, parcel, trip)
    made = EmailMessage(policy=SMTP)
    made["From"] = sender
    made["To"] = reader.address
    made["Subject"] = f"[{line(trip.title, 60)}] {digest.tlp}: {digest.headline}"
    made["Date"] = datetime.fromtimestamp(trip.started_us / _SECOND_US, UTC)
    made["Message-ID"] = _message_id(reader, parcel, trip)
    made["Auto-Submitted"] = "auto-generated"
    made["Precedence"] = "bulk"
    made["List-Id"] = f"<{trip.delivery}.{_host(trip)}>"
    made["List-Unsubscribe"] = f"<{digest.switch}>"
    made.set_content(_plain(digest), cte="quoted-printable")
    made.add_alternative(_html(digest, reader.language), subtype="html", cte="quoted-printable")
    made["Content-Language"] = reader.language
    return made


def shown(text: str) -> str:
    """A text of somebody else on one line, in which nothing can be followed."""
    flat = line(harmless(text), _LONGEST_TITLE)
    return _INNER_DOT.sub("[.]", flat).replace("@", "[@]")


def _digest(reader: Reader, parcel: Parcel, trip: Trip) -> _Digest:
    words = WORDS[reader.language]
    total = len(parcel.freight) + parcel.more
    counted = Counter(item.type for item in parcel.freight)
    listed = parcel.freight[-LISTED:]
    beyond = total - len(listed)
    return _Digest(
        words=words,
        headline=words.headline(total),
        tlp=str(max(item.tlp for item in parcel.freight)),
        # Of what is not in the parcel the types are not known: a part of the truth is none.
        counts=[
            f"{words.kind(name)}: {many}"
            for name, many in counted.most_common()
            if not parcel.more
        ],
        # What is newest stands first.
        rows=[_row(item, words, trip) for item in reversed(listed)],
        more=words.beyond(beyond) if beyond else "",
        footer=words.footer.format(account=reader.account, title=line(trip.title, 60)),
        switch=f"{trip.console}/account",
    )


def _row(item: Freight, words: Words, trip: Trip) -> _Row:
    obj = msgspec.json.decode(item.raw)
    return _Row(
        words.kind(item.type),
        shown(title_of(obj)) or item.object_id,
        str(item.tlp),
        f"{line(item.collection, 60)} · {line(item.publisher, 60)}",
        f"{trip.console}/objects/{quote(item.object_id, safe='')}",
    )


def _message_id(reader: Reader, parcel: Parcel, trip: Trip) -> str:
    text = f"{trip.delivery}\0{reader.account}\0{parcel.key}".encode()
    return f"<{hashlib.blake2b(text, digest_size=_ID_BYTES).hexdigest()}@{_host(trip)}>"


def _host(trip: Trip) -> str:
    return urlsplit(trip.console).hostname or "hub.invalid"


def _plain(digest: _Digest) -> str:
    words = digest.words
    return "\n".join(
        [
            f"{digest.tlp}",
            "",
            f"{digest.headline}.",
            *(f"- {count}" for count in digest.counts),
            "",
            *_listed(digest.rows),
            *([digest.more, ""] if digest.more else []),
            "-- ",
            digest.footer,
            f"{words.switch} {digest.switch}",
            "",
        ]
    )


def _listed(rows: list[_Row]) -> Iterator[str]:
    for row in rows:
        yield f"{row.kind}: {row.title}"
        yield f"  {row.tlp} · {row.place}"
        yield f"  {row.url}"
        yield ""


_CELL = 'style="padding:8px 12px 8px 0;border-top:1px solid #8a94a0;overflow-wrap:anywhere"'
_DIM = 'style="opacity:.75;font-size:13px"'


def _html(digest: _Digest, language: str) -> str:
    items = "".join(f"<li>{escape(count)}</li>" for count in digest.counts)
    counts = f'<ul style="padding-left:20px">{items}</ul>' if items else ""
    rows = "".join(_html_row(row) for row in digest.rows)
    more = f"<p>{escape(digest.more)}</p>" if digest.more else ""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="color-scheme" content="light dark">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(digest.headline)}</title></head>"
        '<body style="font:15px/1.5 system-ui,sans-serif;max-width:720px;margin:0 auto;padding:16px">'
        f"<p><strong>{escape(digest.tlp)}</strong></p>"
        f'<h1 style="font-size:20px;margin:0 0 8px">{escape(digest.headline)}</h1>'
        f"{counts}"
        f'<table style="border-collapse:collapse;width:100%;table-layout:fixed">{rows}</table>{more}'
        f"<p {_DIM}>{escape(digest.footer)} "
        f'<a href="{escape(digest.switch)}">{escape(digest.words.switch_link)}</a></p>'
        "</body></html>\n"
    )


def _html_row(row: _Row) -> str:
    return (
        f'<tr><td {_CELL}><a href="{escape(row.url)}">{escape(row.title)}</a>'
        f"<div {_DIM}>{escape(row.kind)} · {escape(row.tlp)} · {escape(row.place)}</div></td></tr>"
    )
