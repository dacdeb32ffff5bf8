"""A visit to one server: where everything is, and what holds for every answer alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urljoin, urlsplit

from connectors.check.book import Book
from connectors.check.wire import MEDIA_TYPE, Answer, Asked, Wire
from hub.model.clock import format_us, parse_us

OK, ACCEPTED, BAD, UNKNOWN, MISSING = 200, 202, 400, 401, 404
NOT_ACCEPTABLE, UNSUPPORTED, UNPROCESSABLE, BROKEN = 406, 415, 422, 500
FIRST, LAST = "x-taxii-date-added-first", "x-taxii-date-added-last"
NOBODY = "7d0c4f2e-96b1-4e5a-9c3f-b1a5e0c9d284"
_ERROR_NAMES = {
    "title",
    "description",
    "error_id",
    "error_code",
    "http_status",
    "external_details",
    "details",
}
_MICRO = len("2026-01-31T08:00:00.000000Z")

_NONE: Mapping[str, str] = MappingProxyType({})

Params = Mapping[str, str] | Sequence[tuple[str, str]]


class NoCollection(Exception):
    """No collection was found that can be read."""


class Place(NamedTuple):
    """A collection."""

    id: str
    url: str
    """With the slash"""
    can_read: bool = True
    can_write: bool = False


class Entry(NamedTuple):
    """An object in one version; the version is empty where it has none."""

    id: str
    version: str


class Visit:
    """What the probes share.

    Args:
        wire: The line.
        book: Where verdicts go.
        target: The address that was given: of a host, an API root or a collection.
    """

    def __init__(self, wire: Wire, book: Book, target: str) -> None:
        self.wire = wire
        self.book = book
        self.target = target
        parts = urlsplit(target)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.root = ""
        """The API root, with its slash; empty: none was found"""
        self.place: Place | None = None
        """The collection that is read"""
        self.others: list[Place] = []
        """Further collections that can be read"""
        self.titles: dict[str, str] = {}
        """Alias or title of a collection to its id"""
        self.start: dict[str, str] = {}
        """Where the part of the collection begins that is read"""

    def get(self, url: str, params: Params = (), *, known: bool = True, **headers: str) -> Answer:
        """One GET. Header names are written with an underscore."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask(Asked(with_query(url, params), headers=named, known=known))

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str] = _NONE, *, known: bool = True
    ) -> Answer:
        """One POST of an envelope. Header names are written with an underscore."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = {"Content-Type": MEDIA_TYPE} | named
        return self.ask(Asked(url, "POST", asked, body, known))

    def ask(self, asked: Asked) -> Answer:
        """One request; what must hold for each answer is judged here."""
        answer = self.wire.send(asked)
        self._whole(answer)
        if answer.status:
            self._kind(answer)
        return answer

    def collection(self, at: Place | None = None) -> Place:
        """The collection that is read.

        Raises:
            NoCollection: There is none.
        """
        found = at or self.place
        if found is None:
            raise NoCollection
        return found

    def objects(self, params: Params = (), at: Place | None = None) -> Answer:
        """One page of objects of the collection."""
        return self.get(f"{self.collection(at).url}objects/", params)

    def manifest(self, params: Params = ()) -> Answer:
        """One page of its manifest."""
        return self.get(f"{self.collection().url}manifest/", params)

    def object(self, name: str, params: Params = ()) -> Answer:
        """One object of it."""
        return self.get(f"{self.collection().url}objects/{quote(name, safe='')}/", params)

    def versions(self, name: str, params: Params = ()) -> Answer:
        """The versions of one object of it."""
        return self.get(f"{self.collection().url}objects/{quote(name, safe='')}/versions/", params)

    def missing(self, name: str, answer: Answer) -> None:
        """Judge an answer to what is not there: 404, unless one who never logged in is asked to."""
        if answer.status == UNKNOWN and not self.wire.login.header:
            self.book.skip("the server asks for a log-in before it says so", name)
        else:
            self.book.judge(name, answer.status == MISSING, told(answer), answer)

    def _whole(self, answer: Answer) -> None:
        said = answer.trouble or "every request got its answer"
        self.book.judge("HT-02", not answer.trouble, said, answer)
        said = f"{answer.status} for {answer.asked.method} {urlsplit(answer.asked.url).path}"
        good = answer.status < BROKEN
        self.book.judge("HT-01", good, "no answer of 5xx" if good else said, answer)

    def _kind(self, answer: Answer) -> None:
        """What the specification says of every answer and every error."""
        book, status = self.book, answer.status
        if OK <= status < 300 and answer.asked.method != "HEAD":  # noqa: PLR2004 - HTTP's classes
            said = "all were" if answer.resource else f"{answer.asked.url} gives something else"
            good = bool(answer.resource) or answer.json == {} or status == 204  # noqa: PLR2004
            # A deletion may be answered without a body.
            if answer.asked.method != "DELETE":
                book.judge("ER-11", good, said, answer)
        elif 300 <= status < BAD:  # noqa: PLR2004
            book.judge("ER-10", False, f"a redirect: {status}", answer)
        elif status in (BAD, UNKNOWN, MISSING, NOT_ACCEPTABLE, UNSUPPORTED):
            said = f"{answer.media_type or 'no media type'} at a {status}"
            book.judge("ER-13", is_taxii(answer), said, answer)
        if status >= BAD and is_taxii(answer):
            self._error(answer)

    def _error(self, answer: Answer) -> None:
        body = answer.resource
        odd = [name for name in body if name not in _ERROR_NAMES and not name.startswith("x_")]
        good = isinstance(body.get("title"), str) and not odd
        said = f"names that are not in the specification: {odd}" if odd else "`title` is missing"
        self.book.judge("ER-03", good, "all had a title" if good else said, answer)
        if (given := body.get("http_status")) is not None:
            good = given == str(answer.status)
            self.book.judge("ER-02", good, f"http_status is {given!r} at {answer.status}", answer)


def with_query(url: str, params: Params) -> str:
    """An address with its parameters."""
    query = urlencode(list(params.items()) if isinstance(params, Mapping) else list(params))
    return f"{url}?{query}" if query else url


def is_taxii(answer: Answer) -> bool:
    """Whether it says to be TAXII 2.1."""
    kind, *params = [part.strip() for part in answer.media_type.lower().split(";")]
    return kind == "application/taxii+json" and "version=2.1" in (
        p.replace('"', "") for p in params
    )


def is_error(answer: Answer) -> bool:
    """Whether the body is a TAXII error message (section 3.6.1)."""
    return is_taxii(answer) and isinstance(answer.resource.get("title"), str)


def told(answer: Answer) -> str:
    """An answer in a few words."""
    return answer.trouble or f"{answer.status} {answer.media_type}".strip()


def stamp(text: Any) -> int | None:
    """The instant of a timestamp; None: it is none."""
    try:
        return parse_us(text) if isinstance(text, str) else None
    except ValueError:
        return None


def is_micro(text: Any) -> bool:
    """Whether it is a UTC timestamp with six digits (section 2)."""
    return isinstance(text, str) and len(text) == _MICRO and stamp(text) is not None


def listed(answer: Answer, name: str) -> list[Mapping[str, Any]]:
    """The JSON objects in a list of the body; empty: there is none."""
    found = answer.resource.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def entries(answer: Answer) -> list[Entry]:
    """What a page of objects or of a manifest holds."""
    return [entry(item) for item in listed(answer, "objects")]


def entry(item: Mapping[str, Any]) -> Entry:
    """Id and version of an object, or of a record of the manifest."""
    name = next((k for k in ("modified", "created") if isinstance(item.get(k), str)), "")
    version = "" if "date_added" in item else instant(str(item.get(name, "")))
    return Entry(str(item.get("id", "")), version)


def instant(text: str) -> str:
    """A timestamp in its longest form, so that two of one moment are equal; others as they are."""
    at = stamp(text)
    return text if at is None else format_us(at)


def ids(answer: Answer) -> list[str]:
    """Ids alone."""
    return [found.id for found in entries(answer)]


def joined(base: str, path: str) -> str:
    """An address that a resource names, which may be relative."""
    try:
        return urljoin(base, path)
    except ValueError:
        return ""
