"""Hubs that are the same but for what is put into them, and how a viewer's answers are collected.

The same in all of them, and so no exception of the comparison: secret, clock (a second for each
step), ids of statuses (the number of the step) and the request id (the client names it). `VARYING`
names the headers that are not compared.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock
from urllib.parse import quote

import msgspec
from flask import Request

from hub import app, policy
from hub.http.caller import Admitted
from hub.http.session import Current, SessionDoorman
from hub.model.party import ANONYMOUS, Caller, Role
from hub.model.session import Session
from hub.service.outlet.folder import Shelf
from hub.service.publish import Publisher
from hub.service.pulse import Pulse
from hub.store.base import Act, Tally
from hub.store.finder import SqliteFinder
from hub.store.labels import Labels
from hub.store.pulse import SqlitePulse, beside
from hub.store.search import Finder
from hub.store.sqlite import SqliteStore
from hub.web import submit
from tests import fakes
from tests.http import cast
from tests.http.asking import MEDIA_TYPE
from tests.http.cast import CHIEFS, Viewer

VARYING = frozenset({"Date", "Server"})
"""Headers that servers add; the application sends none of them, so nothing is left out today."""

SETTINGS = """
[log]
access = false
[taxii]
views = "{front}"
page_size = 50
max_page_size = 100
[limits]
requests_per_minute = 0
anonymous_per_minute = 0
"""
_FIRST_STATUS = 10_000
_MOST_PAGES = 30
_NEVER_S = 86_400.0
PROBED = "/health/ready"
"""Looks at the store once a second"""


class Ask(NamedTuple):
    """One request, by the viewer or by an author."""

    method: str
    path: str
    query: str = ""
    raws: tuple[bytes, ...] = ()
    """Objects of the body"""
    audience: str = ""
    author: str = ""
    """The organisation whose chief account asks; empty: the viewer."""
    pasted: str = ""
    """A body of another kind"""
    kind: str = "text/plain"
    """Of what is pasted"""
    is_page: bool = False
    """It is opened in a browser."""


class Walk(NamedTuple):
    """The viewer reads pages to their end, or goes on where an earlier walk had begun."""

    path: str
    query: str = ""
    resumes: bool = False


Step = Ask | Walk


class Answer(NamedTuple):
    """What a client receives."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def status_id(step: int) -> str:
    """The id of the status of a publish in that step."""
    return str(fakes.uuid_of(_FIRST_STATUS + step))


class Injected(SessionDoorman):
    """Lets a viewer open pages with its token, as if that were the cookie of a session."""

    _SESSION = Session("s", b"", "", "password", 0, 0, 0, 0, "", "", waits=False)

    def find(self, request: Request) -> Current | None:
        return Current("secret", self._SESSION) if request.authorization else None

    def admit_session(
        self, request: Request, session: Session, *, counted: bool = True
    ) -> Admitted:
        return self.admit(request)


class Searched(NamedTuple):
    """The engine of search of a world."""

    finder: Finder
    settle: Callable[[], None]
    """Waits until it knows all that was written"""
    empty: Callable[[], None]
    """Takes out what it keeps, after the store was emptied"""


Engine = Callable[[SqliteStore], Searched]


def embedded(store: SqliteStore) -> Searched:
    """Search in the store itself."""
    # Time is no part of an answer.
    finder = SqliteFinder(store.database, count_s=60, find_s=60, survey_s=60)

    def forget() -> None:
        # What a worker remembers of labels would outlive the store's content.
        finder._labels = Labels()

    return Searched(finder, lambda: None, forget)


class World:
    """One hub behind one front; emptied for every script."""

    def __init__(self, folder: Path, front: str, engine: Engine = embedded) -> None:
        folder.mkdir(exist_ok=True)
        self.config = fakes.make_config(folder, SETTINGS.format(front=front))
        (folder / "secret.key").write_text("a" * 64 + "\n", encoding="ascii")
        self.clock = fakes.Clock()
        self.store = fakes.open_store(self.config.store_path, clock=self.clock)
        self.store.database.connection().execute("PRAGMA synchronous = OFF")
        act = Act("console", "", "populate", "cast")
        self.directory = self.store.write(list(cast.parties()), [], act, epoch=0)
        self._step = 0
        self._statements = 0
        self.costs: list[tuple[str, int]] = []
        """Statements that the store took for each request of a viewer, those of probes apart"""
        self.store.database.connection().set_trace_callback(self._count)
        named = functools.partial(
            Publisher, new_id=lambda: fakes.uuid_of(_FIRST_STATUS + self._step)
        )
        self.searched = engine(self.store)
        self.shelf = Shelf()
        # Written down when it is asked for, not when a thread comes to it.
        kept = SqlitePulse(beside(self.config.store_path))
        self.pulse = Pulse(kept, clock=self.clock, pause_s=_NEVER_S)
        kept.visit("")
        kept._database.connection().execute("PRAGMA synchronous = OFF")
        with (
            mock.patch.object(app, "Pulse", return_value=self.pulse),
            mock.patch.object(app, "Publisher", named),
            mock.patch.object(app, "now_us", self.clock),
            mock.patch.object(app, "SessionDoorman", Injected),
            mock.patch("hub.service.outlet.outlet.Shelf", return_value=self.shelf),
        ):
            self.app = app.create_app(self.config, self.store, finder=self.searched.finder)

    def _count(self, statement: str) -> None:
        # What begins so is of FTS5 itself, and counted by `tests/unit/store/test_hidden_search_steps.py`.
        self._statements += not statement.startswith("--")

    def empty(self) -> None:
        """Take everything out but the parties."""
        self.searched.settle()
        with self.store.database.writing() as connection:
            for table in ("record", "label", "change", "status", "audit", "found"):
                connection.execute(f"DELETE FROM {table}")
            for table in ("saved_search", "export_rule", "export_state"):
                connection.execute(f"DELETE FROM {table}")
            connection.execute("DELETE FROM draft")
            connection.execute("INSERT INTO words (words) VALUES ('delete-all')")
            # Ordinals go on, as a search copy takes nothing that seems older than what it has had.
            # They are in no answer.
            connection.execute("UPDATE clock SET last_us = 0")
        self.store._labels = Labels()
        self.searched.empty()
        self.shelf._kept.clear()
        self.pulse.flush()
        with self.pulse._kept._database.writing() as connection:
            for table in ("pull", "pull_day", "fall", "visit"):
                connection.execute(f"DELETE FROM {table}")

    def run(self, viewer: Viewer, steps: Sequence[Step | None]) -> Iterator[Answer]:
        """The viewer's answers, step by step."""
        self.empty()
        self._cursors: dict[str, str] = {}
        self.costs.clear()
        for number, step in enumerate(steps):
            self._step = number
            self.clock.now = cast.second(number)
            match step:
                case Ask(author=""):
                    before = self._statements
                    yield self.send(viewer, step)
                    cost = self._statements - before
                    self.costs.append((step.path, 0 if step.path == PROBED else cost))
                case Ask():
                    answer = self.send(CHIEFS[step.author], step)
                    # Some authors may not delete, or not even read, where they publish.
                    assert answer.status in {200, 202, 403, 404}, answer
                case Walk():
                    yield from self._walk(viewer, step)

    def _walk(self, viewer: Viewer, walk: Walk) -> Iterator[Answer]:
        query = walk.query
        if walk.resumes:
            if walk.path not in self._cursors:
                return
            query = f"limit=2&next={self._cursors[walk.path]}"
        for _ in range(_MOST_PAGES):
            answer = self.send(viewer, Ask("GET", walk.path, query))
            yield answer
            page = msgspec.json.decode(answer.body)
            if "next" not in page:
                return
            self._cursors.setdefault(walk.path, page["next"])
            query = "&".join(filter(None, [walk.query, f"next={page['next']}"]))
        raise AssertionError("the walk does not end")

    def cursors(self, viewer: Viewer, path: str, query: str) -> Iterator[str]:
        """The `next` of each page."""
        cursor = ""
        for _ in range(_MOST_PAGES):
            more = f"{query}&next={cursor}" if cursor else query
            answer = self.send(viewer, Ask("GET", path, more))
            cursor = msgspec.json.decode(answer.body).get("next", "")
            if not cursor:
                return
            yield cursor

    def tallies(self, viewer: Viewer) -> list[Tally]:
        """`Log.tallies` in the viewer's scope."""
        return self.store.tallies(policy.scope(_caller(viewer), self.directory))

    def open_to(self, viewer: Viewer) -> set[int]:
        """Keys of the collections that hold, or held, what is labelled so that the viewer sees it.

        Of others nothing is asked, which costs no statement.
        """
        labels, connection = self.store._labels, self.store.database.connection()
        scope = policy.scope(_caller(viewer), self.directory)
        return {key for key in scope.readable if labels.visible(connection, scope, key)}

    def send(self, viewer: Viewer, ask: Ask) -> Answer:
        """One request, without the cost of a test client."""
        if not ask.path.startswith(f"/{fakes.ROOT}/"):
            self.searched.settle()
        body = b'{"objects":[%b]}' % b",".join(ask.raws) if ask.raws else ask.pasted.encode()
        environ = {
            "REQUEST_METHOD": ask.method,
            "PATH_INFO": ask.path,
            "QUERY_STRING": quote(ask.query, safe="=&,:[]-%"),
            "HTTP_ACCEPT": "text/html" if ask.is_page else MEDIA_TYPE,
            "HTTP_ACCEPT_LANGUAGE": "en",
            "HTTP_SEC_FETCH_SITE": "same-origin",
            "HTTP_X_REQUEST_ID": "r",
            "wsgi.input": io.BytesIO(body),
        }
        if viewer.org:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {viewer.secret}"
        if ask.audience:
            environ["HTTP_HUB_AUDIENCE"] = ask.audience
        if body:
            kind = ask.kind if ask.pasted else MEDIA_TYPE
            environ |= {"CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body))}
        return _call(self.app, _ENVIRON | environ)


class Leak(AssertionError):
    """A viewer is answered otherwise than it should be."""


class Twins(NamedTuple):
    """A script for each of two worlds; `tests.http.twins` makes them."""

    full: list[Step | None]
    bare: list[Step | None]
    hidden: int
    """Objects, or parts of objects, that the second world lacks."""


class Pair(NamedTuple):
    """A world that has what a viewer may not see, and one that has not."""

    full: World
    bare: World

    @classmethod
    def made(cls, folder: Path, front: str, engine: Engine = embedded) -> Pair:
        """Two empty hubs behind the same front."""
        return cls(World(folder / "full", front, engine), World(folder / "bare", front, engine))

    def compare(self, viewer: Viewer, twins: Twins) -> int:
        """Check that both answer the viewer the same; returns how many answers there were."""
        full = list(self.full.run(viewer, twins.full))
        bare = list(self.bare.run(viewer, twins.bare))
        if full != bare:
            pairs = zip_longest(full, bare)
            raise Leak(next(pair for pair in pairs if pair[0] != pair[1]))
        if self.full.tallies(viewer) != self.bare.tallies(viewer):
            raise Leak(self.full.tallies(viewer), self.bare.tallies(viewer))
        assert all(answer.status < 500 and answer.status != 429 for answer in full)
        return len(full)

    def close(self) -> None:
        """Let go of the files."""
        self.full.store.close()
        self.bare.store.close()


_ENVIRON: Mapping[str, Any] = {
    "SCRIPT_NAME": "",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "HTTP_HOST": "localhost",
    "REMOTE_ADDR": "127.0.0.1",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.errors": io.StringIO(),
    "wsgi.multithread": False,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


def _call(application: Any, environ: dict[str, Any]) -> Answer:
    started: list[tuple[str, list[tuple[str, str]]]] = []
    # A page of a new draft holds a random id.
    with mock.patch.object(submit, "new_id", return_value="0" * 32):
        chunks = application.wsgi_app(
            environ, lambda status, headers, _=None: started.append((status, headers))
        )
        body = b"".join(chunks)
    chunks.close()
    status, headers = started[0]
    kept = tuple((name, value) for name, value in headers if name not in VARYING)
    return Answer(int(status[:3]), kept, body)


def _caller(viewer: Viewer) -> Caller:
    if not viewer.org:
        return ANONYMOUS
    roles = frozenset({Role.READER, viewer.role})
    return Caller(viewer.account, viewer.org, roles, viewer.read_only, "token:x", viewer.ceiling)
