"""Mails: who sent it, what it says, and what is attached.

The parser of the standard library takes the square of the length of a field, and more: fields are
cut, and all but small mails are parsed in a process with limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import parseaddr, parsedate_to_datetime
from typing import NamedTuple, cast

from hub.intake.documents.child import ran
from hub.intake.documents.kinds import Document, Unreadable
from hub.intake.documents.parse import Limits

MOST_PARTS = 200
SMALL_MAIL = 4_000
"""Bytes; what is that small is parsed at once, whatever is in it"""
_LONGEST_FIELD = 2_000
_ATTACHED = "attachment"
_BLANKS = re.compile(r"\s+")
_PLAIN_ENOUGH = 200
"""Characters; a plain text that is shorter mostly says that the mail has to be seen as a page."""


class Mail(NamedTuple):
    """One message, without what it says about the way it took."""

    sender: str
    """The address of `From`, in lower case; nothing proves it"""
    subject: str
    message_id: str
    sent: datetime | None
    texts: tuple[Document, ...]
    """What it says: plain text, or a page"""
    attached: tuple[Document, ...]
    over: int
    """Parts that were not looked at"""
    vouchers: tuple[str, ...] = ()
    """Its fields `Authentication-Results`, the topmost first"""


class Read(NamedTuple):
    """What a process says about a message."""

    mail: Mail | None = None
    reason: str = ""
    """Why there is none"""


class _Cut(EmailPolicy):
    """No field is longer than anybody writes."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_FIELD]


def mail_of(raw: bytes, limits: Limits) -> Mail:
    """What is in a message.

    Raises:
        Unreadable: It is none, nested deeper than a mail is, or takes too much time.
    """
    if len(raw) <= SMALL_MAIL:
        read = parse(raw, limits)
    else:
        read = ran("hub.intake.documents.mail:parse", Read, raw, limits)
    if read.mail is None:
        raise Unreadable(read.reason)
    return read.mail


def parse(raw: bytes, limits: Limits) -> Read:
    """What is in a message, or why that is not known."""
    del limits
    try:
        return Read(_parsed(raw))
    except Unreadable as error:
        return Read(reason=error.reason)


def _parsed(raw: bytes) -> Mail:
    try:
        policy = _Cut(message_factory=EmailMessage)
        message = cast("EmailMessage", message_from_bytes(raw, policy=policy))
        parts = list(_parts(message))
        return _mail(message, parts[:MOST_PARTS], len(parts) - len(parts[:MOST_PARTS]))
    except (MessageError, ValueError, LookupError, RecursionError) as error:
        raise Unreadable("the mail is broken and cannot be read") from error
    except (AttributeError, TypeError) as error:
        # What the standard library does with some fields that are against the rules.
        raise Unreadable("the mail has fields that cannot be read") from error


def _mail(message: EmailMessage, parts: list[EmailMessage], over: int) -> Mail:
    texts: list[Document] = []
    attached: list[Document] = []
    for number, part in enumerate(parts, 1):
        document = _document(part, number)
        is_text = document.media_type in {"text/plain", "text/html"}
        said = is_text and part.get_content_disposition() != _ATTACHED and not part.get_filename()
        (texts if said else attached).append(document)
    return Mail(
        parseaddr(_field(message, "From"))[1].lower(),
        _field(message, "Subject"),
        _field(message, "Message-ID"),
        _sent(_field(message, "Date")),
        tuple(_chosen(texts)),
        tuple(attached),
        over,
        tuple(str(field) for field in message.get_all("Authentication-Results", [])),
    )


def _parts(message: EmailMessage) -> Iterator[EmailMessage]:
    """The leaves; a message that is attached is one of them."""
    waiting = [message]
    while waiting:
        part = waiting.pop(0)
        if part.is_multipart() and part.get_content_type() != "message/rfc822":
            waiting[:0] = cast("list[EmailMessage]", part.get_payload())
        else:
            yield part


def _document(part: EmailMessage, number: int) -> Document:
    media_type = part.get_content_type()
    if media_type == "message/rfc822":
        inner = cast("list[EmailMessage]", part.get_payload())
        raw = inner[0].as_bytes() if inner else b""
        return Document(raw, part.get_filename() or f"message {number}", media_type)
    found = part.get_payload(decode=True)
    raw = found if isinstance(found, bytes) else b""
    charset = part.get_content_charset() or ""
    return Document(raw, part.get_filename() or f"part {number}", media_type, charset)


def _chosen(texts: list[Document]) -> list[Document]:
    """Of the same text as plain text and as a page, the plain one, if it says enough."""
    plain = [text for text in texts if text.media_type == "text/plain"]
    says = sum(len(text.raw.strip()) for text in plain)
    return plain if says >= _PLAIN_ENOUGH or len(plain) == len(texts) else texts


def _field(message: EmailMessage, name: str) -> str:
    return _BLANKS.sub(" ", str(message.get(name, ""))).strip()


def _sent(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return None
