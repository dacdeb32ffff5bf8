"""Mails: who sent it, what it says, and what is attached."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from typing import NamedTuple, cast

from hub.intake.documents.kinds import Document, Unreadable

MOST_PARTS = 200
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


def mail_of(raw: bytes) -> Mail:
    """What is in a message.

    Raises:
        Unreadable: It is none, or nested deeper than a mail is.
    """
    try:
        message = message_from_bytes(raw, policy=policy.default)
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
