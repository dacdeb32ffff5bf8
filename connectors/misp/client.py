"""A MISP over its REST interface, by PyMISP, with the hub's own errors.

PyMISP checks the key when it is made, so a wrong one is seen at once. All that it sends goes through
the adapter of the feed, which checks addresses and sets limits; only https is spoken, as the key goes
along with every request. The log of PyMISP is silenced: it quotes answers.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

from pymisp import MISPAttribute, MISPEvent, PyMISP, PyMISPError
from requests import PreparedRequest
from requests.auth import AuthBase

from connectors.errors import Absent, LoginNeeded, NotUnderstood, Refused, RemoteError, Unreachable
from connectors.misp.context import uuid_in
from connectors.misp.progress import Entry, is_instant
from connectors.net import Net
from hub.errors import ConfigError

LISTED = 500
"""Events of one page of a listing, which has no attributes"""

MOST_LISTED = 500_000
"""Versions of events of one listing: more are pages that do not end"""

_STATUS = re.compile(r"(?:Error code |\()([45]\d\d)\b")
_LOGIN = frozenset({401, 403})
_SERVER = 500
_ABSENT = 404


class There(NamedTuple):
    """An attribute that a MISP has."""

    event: str
    """UUID of its event"""
    seconds: int
    """When it was changed, since 1970"""


class Client:
    """One MISP.

    Args:
        url: Its address, https.
        key: Of an account there.
        net: The way out.

    Raises:
        ConfigError: The address is not one of https.
        RemoteError: It cannot be reached, or does not take the key.
    """

    def __init__(self, url: str, key: str, net: Net) -> None:
        if not url.lower().startswith("https://"):
            raise ConfigError("`url` of a MISP starts with https://: the key goes along with it")
        logging.getLogger("pymisp").setLevel(logging.CRITICAL + 1)
        self._host = url.partition("://")[2].partition("/")[0]
        base = url if url.endswith("/") else f"{url}/"
        try:
            self._misp = PyMISP(base, key, https_adapter=net.adapter(), auth=_Key(key))
        except PyMISPError as error:
            raise self._translated(error) from None

    def listing(self, asked: Mapping[str, Any]) -> Iterator[Entry]:
        """Versions of events, without what is in them, page by page.

        Args:
            asked: Filters of restSearch.

        Raises:
            RemoteError: It went away, or its pages do not end.
        """
        known: set[Entry] = set()
        page = 1
        while True:
            found = self._search({**asked, "metadata": True, "limit": LISTED, "page": page})
            made = [_entry(event, by_publishing="publish_timestamp" in asked) for event in found]
            new = [entry for entry in made if entry is not None and entry not in known]
            yield from new
            if len(found) < LISTED:
                return
            if not new or len(known) + len(new) > MOST_LISTED:
                raise NotUnderstood(f"{self._host} gives the same page of events for ever")
            known.update(new)
            page += 1

    def events(self, ids: list[str], asked: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Whole events, with what was deleted in them.

        Args:
            ids: As MISP numbers them.
            asked: Filters of restSearch.
        """
        return self._search(
            {**asked, "eventid": ids, "deleted": [0, 1], "limit": len(ids), "page": 1}
        )

    def version(self, uuid: str) -> int | None:
        """When an event was changed there, in seconds since 1970; None: there is none."""
        found = self._search({"uuid": [uuid], "metadata": True, "limit": 1, "page": 1})
        return next((seconds_of(event) for event in found if uuid_in(event) == uuid), None)

    def attributes(self, uuids: list[str]) -> dict[str, There]:
        """Where attributes are, by UUID; those that it does not have are missing."""
        found: dict[str, There] = {}
        for start in range(0, len(uuids), LISTED):
            asked: dict[str, Any] = {"uuid": uuids[start : start + LISTED], "deleted": [0, 1]}
            answer = self._asked(lambda: self._misp.search(controller="attributes", **asked))  # noqa: B023
            listed = answer.get("Attribute") if isinstance(answer, Mapping) else None
            for each in listed if isinstance(listed, list) else ():
                event = each.get("Event") or {}
                found[uuid_in(each)] = There(uuid_in(event), seconds_of(each))
        return found

    def add(self, event: Mapping[str, Any]) -> None:
        """Add an event.

        Raises:
            Refused: It does not take it.
            RemoteError: Another of its kinds.
        """
        made = _loaded(event)
        self._sent(lambda: self._misp.add_event(made), "Event")

    def update(self, event: Mapping[str, Any]) -> None:
        """Bring the event of the same UUID to this state; what it has beside stays.

        Raises:
            Refused: It does not take it.
            RemoteError: Another of its kinds.
        """
        made = _loaded(event)
        self._sent(lambda: self._misp.update_event(made), "Event")

    def change(self, attribute: Mapping[str, Any]) -> None:
        """Bring an attribute to this state, wherever it is."""
        made = MISPAttribute()
        made.from_dict(**attribute)
        self._sent(lambda: self._misp.update_attribute(made), "Attribute")

    def publish(self, uuid: str) -> None:
        """Publish an event there, without mail."""
        self._asked(lambda: self._misp.publish(uuid))

    def remove(self, uuid: str) -> None:
        """Delete an attribute there, so that others are told."""
        self._asked(lambda: self._misp.delete_attribute(uuid))

    def _sent(self, call: Callable[[], Any], key: str) -> None:
        try:
            answer = self._asked(call)
        except LoginNeeded as error:
            # The key was good a moment ago: it is this record that the account may not write.
            raise Refused(error.reason, remedy="See what its role may do in MISP.") from error
        if not isinstance(answer, Mapping) or key not in answer:
            raise NotUnderstood(f"{self._host} took what was sent and answered something else")

    def _search(self, asked: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        found = self._asked(lambda: self._misp.search(controller="events", **asked))
        if not isinstance(found, list):
            raise NotUnderstood(f"{self._host} answers a search with something that is no list")
        events = (each.get("Event") for each in found if isinstance(each, Mapping))
        return [event for event in events if isinstance(event, Mapping)]

    def _asked(self, call: Callable[[], Any]) -> Any:
        try:
            answer = call()
        except (PyMISPError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise self._translated(error) from None
        if isinstance(answer, Mapping) and "errors" in answer:
            raise self._translated(PyMISPError(str(answer["errors"])))
        return answer

    def _translated(self, error: BaseException) -> RemoteError:
        """The reason, without the words of the other side: they may hold anything."""
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, RemoteError):
                return cause
            cause = cause.__cause__ or cause.__context__
        match = _STATUS.search(str(error))
        status = int(match[1]) if match else 0
        said = f"{self._host} answered {status}"
        if status in _LOGIN:
            return LoginNeeded(
                f"{said}: the key is wrong, or its user may not do this",
                remedy="Check `key`, and the role of its user in MISP.",
            )
        if status == _ABSENT:
            return Absent(f"{said}: there is nothing at this address")
        if status >= _SERVER:
            return Unreachable(said)
        if status:
            return Refused(said)
        return NotUnderstood(
            f"{self._host} does not answer as a MISP", remedy="Give the address of its start page."
        )


class _Key(AuthBase):
    """Keeps requests from looking for other credentials in a file .netrc."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = self._key
        return request


def seconds_of(record: Mapping[str, Any]) -> int:
    """When an event or attribute was changed, in seconds since 1970; 0: it does not say."""
    text = str(record.get("timestamp", ""))
    return int(text) if is_instant(text) else 0


def _loaded(event: Mapping[str, Any]) -> MISPEvent:
    made = MISPEvent()
    made.load({"Event": deepcopy(dict(event))})
    return made


def _entry(event: Mapping[str, Any], *, by_publishing: bool) -> Entry | None:
    """A version of an event, by when it was published or changed."""
    at = event.get("publish_timestamp" if by_publishing else "timestamp")
    seconds = str(at if at is not None else "")
    if not uuid_in(event) or not is_instant(seconds):
        return None
    return Entry(uuid_in(event), int(seconds), str(event.get("id") or uuid_in(event)))
