"""What is in a document and in all that it holds: its text, its values, and what was not read.

A value that only a link of a page leads to, and a whole address in a text that defangs others, is
most often a reference. Both are kept as weak: they are shown, and not published of themselves.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import msgspec

from hub.errors import HubError
from hub.intake.documents.archive import members
from hub.intake.documents.child import parsed
from hub.intake.documents.kinds import Document, Unreadable, kind_of
from hub.intake.documents.mail import mail_of
from hub.intake.documents.parse import Limits
from hub.intake.gather import MOST_ITEMS, MOST_LEFT, Gathering
from hub.intake.lists import endings
from hub.intake.reading import LONGEST_TEXT, take, title_of
from hub.intake.text import decoded
from hub.language.harvest import Sighted, harvest, is_defanged, read_value
from hub.model.intake import Item, LeftOut, StixItem, Taken

MOST_DEPTH = 4
"""Of archives in mails in archives"""
MOST_UNPACKED = 50_000_000
"""Bytes of a document and all that it holds"""
MOST_VALUES = 5_000
_LONGEST_TITLE = 250
_IN_FILE = "a STIX file within a document is not read here; submit that file by itself"
_DEFAULT = Limits()
_ONLINE = Limits(cpu_s=10, seconds=20)
"""Of a document that somebody waits for"""


class Values(NamedTuple):
    """What is in a document."""

    title: str
    text: str
    """For a description; cut"""
    items: tuple[Item, ...]
    stix: tuple[StixItem, ...]
    """Objects of STIX files in it, as they came"""
    left: tuple[LeftOut, ...]


def taken_of(raw: bytes, name: str, own_domains: Collection[str]) -> Taken:
    """What is in a file that somebody submits, be it a document or what `take` reads.

    Args:
        raw: The file.
        name: Of the file.
        own_domains: As `take` has them.

    Raises:
        HubError: As `take`; Unreadable is one.
    """
    document = Document(raw, name)
    if kind_of(document) not in {"pdf", "html", "mail", "zip"}:
        return take(raw, name=name, own_domains=own_domains)
    found = values_of(document, own_domains=own_domains, limits=_ONLINE, most=MOST_ITEMS)
    # A draft holds values or objects, not both.
    left = tuple(LeftOut(kept.id, "object", detail=_IN_FILE) for kept in found.stix)
    left = (*found.left, *left)[: MOST_LEFT + 1]
    return Taken("text", found.items, left=left, title=found.title, text=found.text)


def values_of(
    document: Document,
    *,
    own_domains: Collection[str] = (),
    limits: Limits = _DEFAULT,
    most: int = MOST_VALUES,
) -> Values:
    """What is in a document.

    Args:
        document: PDF, page, mail, archive, table, STIX, MISP or plain text.
        own_domains: Domains of the organisations of this hub, in lower case.
        limits: What each PDF and page in it may take, and how long all of it together.
        most: Values that are taken.

    Raises:
        Unreadable: Nothing can be read. What cannot be read within a mail or archive is `left`.
    """
    reader = _Reader(own_domains, limits, most)
    reader.read(document, 0)
    gathered = reader.gathered
    return Values(
        reader.title[:_LONGEST_TITLE].strip(),
        "\n\n".join(reader.texts).strip()[:LONGEST_TEXT],
        gathered.items,
        tuple(reader.stix.values()),
        gathered.left,
    )


class _Reader:
    """One document with all that it holds."""

    def __init__(self, own_domains: Collection[str], limits: Limits, most: int) -> None:
        self._own = own_domains
        self._limits = limits
        self._room = MOST_UNPACKED
        self._until = time.monotonic() + limits.seconds
        self.gathered = Gathering(own_domains, most)
        self.title = ""
        self.texts: list[str] = []
        self.stix: dict[tuple[str, str], StixItem] = {}

    def read(self, document: Document, depth: int) -> None:
        """Read one of them; raises Unreadable."""
        self._room -= len(document.raw)
        if self._room < 0:
            raise Unreadable(f"there are more than {MOST_UNPACKED // 1_000_000} MB in all")
        if not document.raw.strip():
            raise Unreadable("there is nothing in it")
        match kind_of(document):
            case "pdf" | "html" as kind:
                self._parsed(kind, document)
            case "mail":
                self._mail(document, depth)
            case "zip":
                self._archive(document, depth)
            case "json" | "table":
                self._taken(document)
            case "text":
                self._text(_decoded(document))
            case _:
                raise Unreadable("files of this kind are not read")

    def _rest(self) -> Limits:
        """What is left of the time of the whole."""
        seconds = int(self._until - time.monotonic())
        if seconds < 1:
            raise Unreadable("all that is in it takes longer than a document may")
        return msgspec.structs.replace(
            self._limits, seconds=seconds, cpu_s=min(seconds, self._limits.cpu_s)
        )

    def _within(self, document: Document, depth: int) -> None:
        """Read what another one holds; it may be unreadable without harm to the rest."""
        if depth >= MOST_DEPTH:
            self._leave(document.name, f"it is packed more than {MOST_DEPTH} times")
            return
        try:
            self.read(document, depth)
        except Unreadable as error:
            self._leave(document.name, error.reason)

    def _leave(self, name: str, reason: str) -> None:
        self.gathered.leave(name, "attachment", detail=reason)

    def _parsed(self, kind: str, document: Document) -> None:
        told = parsed(kind, document.raw, document.charset, self._rest())
        self._say(told.title, "")
        if told.remark:
            self._leave(document.name or kind.upper(), told.remark)
        self._text(told.text)
        for text, target in told.links:
            found = read_value(target, endings())
            if found:
                self.gathered.see(found._replace(weak=not is_defanged(text)))

    def _mail(self, document: Document, depth: int) -> None:
        mail = mail_of(document.raw, self._rest())
        self._say(mail.subject, "")
        for text in mail.texts:
            self._within(text, depth)
        for attached in mail.attached:
            self._within(attached, depth + 1)
        if mail.over:
            self._leave("", f"{mail.over} more parts of the mail were not read")

    def _archive(self, document: Document, depth: int) -> None:
        for found in members(document.raw, max(self._room, 0)):
            if isinstance(found, Document):
                self._within(found, depth + 1)
            else:
                self._leave(document.name, found.reason)

    def _taken(self, document: Document) -> None:
        """A table, STIX or MISP; JSON of another kind is a text."""
        try:
            taken = take(document.raw, name=document.name, own_domains=self._own)
        except HubError as error:
            raise Unreadable(error.reason, remedy=error.remedy, fault=error.fault) from error
        self._say(taken.title, taken.text)
        for item in taken.items:
            # What a row says of when and how sure stays with tables that come by themselves.
            bare = msgspec.structs.replace(item, seen_us=0, confidence=None, references=())
            self.gathered.add(bare)
        for kept in taken.stix:
            self.stix.setdefault((kept.id, kept.raw), kept)
        for left in taken.left:
            self.gathered.leave(
                left.given, left.reason, left.line, detail=left.detail, count=left.count
            )

    def _text(self, text: str) -> None:
        cut = text[: self._limits.chars]
        if len(cut) < len(text):
            self._leave("", f"only the first {self._limits.chars} characters were read")
        self._say(title_of(cut), cut)
        found = list(harvest(cut.replace("\r\n", "\n"), endings()))
        meant = {(s.field, s.key) for s in found if s.field and is_defanged(s.given)}
        for sighted in found:
            self.gathered.see(_judged(sighted, meant))

    def _say(self, title: str, text: str) -> None:
        self.title = self.title or title
        if text.strip():
            self.texts.append(text.strip())


def _judged(sighted: Sighted, meant: AbstractSet[tuple[str, str]]) -> Sighted:
    """Whoever defangs addresses means those; one that is always whole is a link to read on."""
    if meant and sighted.field == "url" and (sighted.field, sighted.key) not in meant:
        return sighted._replace(weak=True)
    return sighted


def _decoded(document: Document) -> str:
    if document.charset:
        try:
            return document.raw.decode(document.charset)
        except (LookupError, UnicodeDecodeError):
            pass
    return decoded(document.raw)[0]
