"""Feeds of MISP: a manifest and one file for each event, on a web server or in a folder.

Only events that are new or changed by the manifest are read, the oldest first. A manifest that is
the same as in the last run costs one conditional request. A feed cannot say that something was
deleted: what has left it stays until its life time is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Protocol
from urllib.parse import urljoin

import msgspec
from msgspec import Meta
from requests.auth import HTTPBasicAuth

from connectors.base import Run
from connectors.errors import Absent, NotUnderstood, Refused, Unreachable
from connectors.found import NOTHING, Batch, Left, State
from connectors.misp.context import uuid_in
from connectors.misp.events import read
from connectors.misp.progress import Entry, Progress
from connectors.misp.repair import Choice
from connectors.net import Answer, Known


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a feed is, and what of it is wanted."""

    url: Annotated[str, Meta(description="address of the folder that holds manifest.json")] = ""
    path: Annotated[str, Meta(description="folder with manifest.json, in place of url")] = ""
    user: Annotated[str, Meta(description="name for HTTP Basic")] = ""
    password: Annotated[str, Meta(description="its password: env:NAME or file:PATH")] = ""
    token: Annotated[str, Meta(description="sent as Authorization: env:NAME or file:PATH")] = ""
    tags: Annotated[tuple[str, ...], Meta(description="only events that have one of these")] = ()
    not_tags: Annotated[tuple[str, ...], Meta(description="no events that have one of these")] = ()
    organisations: Annotated[
        tuple[str, ...], Meta(description="only of these names or UUIDs")
    ] = ()
    files: Annotated[bool, Meta(description="the bytes of attachments, too")] = False
    detection_only: Annotated[bool, Meta(description="only attributes that are for detection")] = (
        False
    )

    def __post_init__(self) -> None:
        if bool(self.url) is bool(self.path):
            raise ValueError("give either `url` or `path`")


class _Place(Protocol):
    def get(self, name: str, known: Known) -> Answer: ...


class MispFeed:
    """The connector."""

    def collect(self, settings: Source, state: State, run: Run) -> Iterator[Batch]:
        """Events that are new or changed, one batch each.

        Raises:
            RemoteError: The manifest cannot be read, or the source went away.
        """
        place = _Folder(run.folder / settings.path) if settings.path else _Web(settings, run)
        answer = place.get("manifest.json", Known(*state.get("manifest", ())))
        if answer.unchanged:
            return
        manifest = _manifest(answer)
        entries, left = _entries(manifest, settings)
        progress = Progress.of(state)
        progress.shrink(entries)
        choice = Choice(settings.files, settings.detection_only, made_us=run.started_us)
        whole = True
        for entry in progress.open(entries):
            try:
                batch = _event(place, entry, choice)
            except (Absent, NotUnderstood, Refused) as error:
                # The file may be right at the next time, so it is not done.
                whole = False
                left.append(Left(entry.uuid, f"event that cannot be read: {error.reason}"))
                continue
            progress.add(entry)
            yield batch._replace(state=progress.packed(), left=(*left, *batch.left))
            left = []
        known = tuple(answer.known) if whole else ()
        yield Batch(state=progress.packed() | {"manifest": known}, left=tuple(left))


SETTINGS = Source
CONNECTOR = MispFeed()


class _Web:
    def __init__(self, settings: Source, run: Run) -> None:
        self._net = run.net
        self._base = settings.url if settings.url.endswith("/") else f"{settings.url}/"
        self._auth = (
            HTTPBasicAuth(settings.user, run.secret(settings.password)) if settings.user else None
        )
        self._headers = {"Authorization": run.secret(settings.token)} if settings.token else {}

    def get(self, name: str, known: Known) -> Answer:
        url = urljoin(self._base, name)
        return self._net.get(url, headers=self._headers, auth=self._auth, known=known)


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str, known: Known) -> Answer:
        path = self._folder / name
        try:
            about = path.stat()
            mark = f"{about.st_mtime_ns}-{about.st_size}"
            unchanged = known.etag == mark
            body = b"" if unchanged else path.read_bytes()
        except FileNotFoundError as error:
            raise Absent(f"{path.name} is not in the folder of the feed") from error
        except OSError as error:
            raise Unreachable(f"{path.name} cannot be read: {error.strerror}") from error
        return Answer(str(path), body, "application/json", "utf-8", Known(mark), unchanged)


def _manifest(answer: Answer) -> Mapping[str, Any]:
    found = _json(answer, "manifest.json")
    if not isinstance(found, Mapping):
        raise NotUnderstood(
            "manifest.json is no manifest of a MISP feed: it is no JSON object",
            remedy="Give the address of the folder that holds it.",
        )
    return found


def _json(answer: Answer, name: str) -> Any:
    try:
        return msgspec.json.decode(answer.body.removeprefix(b"\xef\xbb\xbf"))
    except msgspec.DecodeError as error:
        got = f" ({answer.media_type})" if answer.media_type else ""
        raise NotUnderstood(f"{name} is not JSON{got}: {error}") from error


def _entries(manifest: Mapping[str, Any], settings: Source) -> tuple[list[Entry], list[Left]]:
    """Versions of events in a manifest, and what in it is none."""
    entries, left = [], []
    for name, about in manifest.items():
        # The name becomes a part of an address or of a path.
        found = uuid_in({"uuid": name})
        seconds = str(about.get("timestamp", "")) if isinstance(about, Mapping) else ""
        if not found or not seconds.isdecimal():
            left.append(Left(name[:80], "entry of the manifest without a UUID or timestamp"))
        elif _is_wanted(about, settings):
            entries.append(Entry(found, int(seconds), name))
    return entries, left


def _is_wanted(about: Mapping[str, Any], settings: Source) -> bool:
    listed = about.get("Tag")
    given = listed if isinstance(listed, list) else []
    tags = {str(tag.get("name")).lower() for tag in given if isinstance(tag, Mapping)}
    maker = about.get("Orgc")
    names = {str(v).lower() for v in maker.values()} if isinstance(maker, Mapping) else set()
    return (
        not (settings.tags and tags.isdisjoint(map(str.lower, settings.tags)))
        and tags.isdisjoint(map(str.lower, settings.not_tags))
        and not (
            settings.organisations and names.isdisjoint(map(str.lower, settings.organisations))
        )
    )


def _event(place: _Place, entry: Entry, choice: Choice) -> Batch:
    body = _json(place.get(f"{entry.id}.json", Known()), f"{entry.id}.json")
    given = body.get("Event") if isinstance(body, Mapping) else None
    if not isinstance(given, Mapping):
        raise NotUnderstood(f"{entry.id}.json is no event of MISP")
    if uuid_in(given) != entry.uuid:
        raise NotUnderstood(f"{entry.id}.json is another event than its name says")
    made = read(given, choice)
    return Batch(made.found, NOTHING, made.left, made.gone)
