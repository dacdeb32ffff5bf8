"""Feeds of MISP: a manifest and one file for each event, on a web server or in a folder.

Only events that are new or changed by the manifest are read, the oldest first. A manifest that is
the same as in the last run costs one conditional request. A feed cannot say that something was
deleted: what has left it stays until its life time is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, Protocol
from urllib.parse import quote, urljoin

import msgspec
from msgspec import Meta
from requests.auth import AuthBase, HTTPBasicAuth

from connectors import source
from connectors.base import Run
from connectors.bearer import BearerAuth
from connectors.errors import Absent, NotUnderstood, Refused
from connectors.found import NOTHING, Batch, Left, State
from connectors.local import content, entry_of, root_of
from connectors.misp.context import uuid_in
from connectors.misp.events import read
from connectors.misp.progress import Entry, Progress, is_instant, mark
from connectors.misp.repair import Choice
from connectors.net import Answer, Known

_LONGEST = 1_000
_SURE_S = 60


class Source(source.Source, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a feed is (`url` or `path` of the folder that holds manifest.json), and what is wanted."""

    tags: Annotated[
        tuple[str, ...], Meta(description="Only events that have one of these tags")
    ] = ()
    not_tags: Annotated[
        tuple[str, ...], Meta(description="No events that have one of these tags")
    ] = ()
    organisations: Annotated[
        tuple[str, ...], Meta(description="Only events of these names or UUIDs")
    ] = ()
    files: Annotated[bool, Meta(description="The bytes of attachments, too")] = False
    detection_only: Annotated[
        bool, Meta(description="Only attributes that are for detection (to_ids)")
    ] = False


class _Place(Protocol):
    def get(self, name: str, known: Known) -> Answer: ...


class MispFeed:
    """The connector."""

    def collect(self, settings: Source, state: State, run: Run) -> Iterator[Batch]:
        """Events that are new or changed, one batch each.

        Raises:
            RemoteError: The manifest cannot be read, or the source went away.
        """
        of = mark(settings, run)
        if state.get("of") != of:
            state = NOTHING
        place = _Folder(settings, run) if settings.path else _Web(settings, run)
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
                left.append(Left(f"{entry.uuid}: {error.reason}", "event that cannot be read"))
                continue
            progress.add(entry)
            yield batch._replace(state={**progress.packed(), "of": of}, left=(*left, *batch.left))
            left = []
        known = _recognised(answer.known, run) if whole else Known()
        after = {**progress.packed(), "of": of, "manifest": tuple(known)}
        yield Batch(state=after, left=tuple(left))


SETTINGS = Source
CONNECTOR = MispFeed()


class _Web:
    def __init__(self, settings: Source, run: Run) -> None:
        self._net = run.net
        token = run.secret(settings.token) if settings.token else ""
        base = settings.url.replace(source.TOKEN, quote(token, safe=""))
        self._base = base if base.endswith("/") else f"{base}/"
        self._headers = {name: run.secret(ref) for name, ref in settings.headers.items()}
        self._auth: AuthBase | None = None
        if settings.user:
            self._auth = HTTPBasicAuth(
                settings.user.encode(), run.secret(settings.password).encode()
            )
        elif token and source.TOKEN not in settings.url:
            self._auth = BearerAuth(token)

    def get(self, name: str, known: Known) -> Answer:
        url = urljoin(self._base, name)
        return self._net.get(url, headers=self._headers, auth=self._auth, known=known)


class _Folder:
    def __init__(self, settings: Source, run: Run) -> None:
        self._root = root_of(settings.path, run.folder)
        self._most = run.net.limits.most_bytes

    def get(self, name: str, known: Known) -> Answer:
        entry = entry_of(self._root / name, self._root, "")
        if entry is None:
            raise Absent(f"{name} is not in the folder of the feed")
        unchanged = known.etag == entry.stamp
        body = b"" if unchanged else content(entry, self._most)
        return Answer(name, body, "application/json", "utf-8", Known(entry.stamp), unchanged)


def _recognised(known: Known, run: Run) -> Known:
    """By what the manifest is recognised at the next time.

    A date has whole seconds: what was written in this one may be written once more in it.
    """
    if known.etag:
        return Known(known.etag[:_LONGEST], known.modified[:_LONGEST])
    try:
        age_s = run.started_us / 1e6 - parsedate_to_datetime(known.modified).timestamp()
    except ValueError:
        return Known()
    return known if age_s > _SURE_S else Known()


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
    except RecursionError as error:
        raise NotUnderstood(
            f"{name} is nested too deeply", remedy="Check what is there."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        got = f" ({answer.media_type})" if answer.media_type else ""
        raise NotUnderstood(f"{name} is not JSON{got}: {error}") from error


def _entries(manifest: Mapping[str, Any], settings: Source) -> tuple[list[Entry], list[Left]]:
    """Versions of events in a manifest, and what in it is none."""
    entries, left = [], []
    for name, about in manifest.items():
        # The name becomes a part of an address or of a path.
        found = uuid_in({"uuid": name})
        seconds = str(about.get("timestamp", "")) if isinstance(about, Mapping) else ""
        if not found or not is_instant(seconds):
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
