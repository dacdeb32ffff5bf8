"""Events of a MISP over REST, from a stand-in on loopback (`tests.connectors.misp.server`)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from connectors.base import Run
from connectors.errors import (
    LoginNeeded,
    NotUnderstood,
    RemoteError,
    Unreachable,
    Unsafe,
)
from connectors.found import NOTHING, Batch, State
from connectors.misp import client
from connectors.misp.rest import CONNECTOR, SETTINGS
from connectors.net import Limits, Net
from connectors.registry import kind
from hub.errors import ConfigError
from tests.connectors.laws import SECRET, ConnectorLaws
from tests.connectors.misp import samples
from tests.connectors.misp.samples import attribute, event, objects, uuid_of
from tests.connectors.misp.server import KEY, Answer, Asked, MispServer, misp

NOW = 1_700_000_000


class RestSource:
    """A MISP for the laws of connectors."""

    def __init__(self, server: MispServer) -> None:
        self._server = server
        self._made = 0
        server.key = SECRET
        self.change()

    def settings(self) -> dict[str, Any]:
        return {"url": self._server.url, "key": "env:FEED_SECRET", "page": 1}

    def change(self) -> None:
        self._made += 1
        self._server.put(dated(self._made, NOW + self._made))

    def stall(self) -> None:
        self._server.fault = lambda _: time.sleep(2) or b""

    def spoil(self) -> None:
        self._server.fault = lambda _: Answer(b"<html>" + SECRET.encode(), 200, "text/html")

    def heal(self) -> None:
        self._server.fault = lambda _: None

    def asked(self) -> int:
        return len(self._server.asked)


class TestLaws(ConnectorLaws):
    """The laws of connectors."""

    connector = "misp"
    secret = True
    said: ClassVar[dict[str, Any]] = {}

    @pytest.fixture
    def source(self, server: MispServer) -> RestSource:
        type(self).said = {"ca_file": server.ca_file}
        return RestSource(server)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MispServer]:
    (tmp_path / "key").write_text(KEY, encoding="ascii")
    with misp(tmp_path) as running:
        yield running


@pytest.fixture
def run(tmp_path: Path, server: MispServer) -> Run:
    return samples.run(tmp_path, server.ca_file)


def dated(number: int, at: int, **changes: Any) -> dict[str, Any]:
    said = {"timestamp": str(at), "publish_timestamp": str(at), **changes}
    return event(number, attribute(number, "domain", f"d{number}.example"), **said)


def pull(server: MispServer, run: Run, state: State = NOTHING, **settings: Any) -> list[Batch]:
    given = {"url": server.url, "key": f"file:{run.folder / 'key'}"} | settings
    return [*CONNECTOR.collect(msgspec.convert(given, SETTINGS), state, run)]


def numbers(batches: list[Batch]) -> list[int]:
    """The numbers of the events that came, in order."""
    found = [obj for batch in batches for obj in objects(batch.found)]
    return [int(obj["name"].split()[1]) for obj in found if obj["type"] in {"report", "grouping"}]


def test_it_is_the_connector_of_its_name() -> None:
    assert kind("misp").connector is CONNECTOR


def test_all_that_is_published_comes_oldest_first_and_once(server: MispServer, run: Run) -> None:
    for number, at in ((1, NOW + 9), (2, NOW), (3, NOW + 5)):
        server.put(dated(number, at))
    server.put(dated(4, NOW + 1, published=False))
    first = pull(server, run, page=2)
    assert numbers(first) == [2, 3, 1]
    assert len(first) == 2
    assert pull(server, run, first[-1].state) == []
    assert first == pull(server, run, page=2)


def test_a_run_that_was_cut_off_goes_on_behind_what_was_published(
    server: MispServer, run: Run
) -> None:
    for number in range(1, 6):
        server.put(dated(number, NOW + number))
    whole = pull(server, run, page=2)
    assert numbers(pull(server, run, whole[0].state)) == [3, 4, 5]
    assert len(server.searches(metadata=False)) == 4


def test_an_event_of_the_same_second_is_not_missed(server: MispServer, run: Run) -> None:
    server.put(dated(1, NOW))
    state = pull(server, run)[-1].state
    server.put(dated(2, NOW))
    assert numbers(pull(server, run, state)) == [2]


def test_an_event_that_came_late_is_found_within_the_overlap(server: MispServer, run: Run) -> None:
    server.put(dated(1, NOW))
    state = pull(server, run)[-1].state
    server.put(dated(2, NOW - 20 * 3_600))
    server.put(dated(3, NOW - 30 * 3_600))
    assert numbers(pull(server, run, state)) == [2]
    assert numbers(pull(server, run, state, overlap_hours=40)) == [3, 2]


def test_a_changed_event_comes_again_with_what_is_gone(server: MispServer, run: Run) -> None:
    server.put(dated(1, NOW))
    state = pull(server, run)[-1].state
    changed = dated(1, NOW + 60)
    changed["Attribute"][0]["deleted"] = True
    changed["Attribute"].append(attribute(7, "domain", "new.example"))
    server.put(changed)
    [batch] = pull(server, run, state)
    assert f"indicator--{uuid_of(7)}" in {obj["id"] for obj in objects(batch.found)}
    assert f"indicator--{uuid_of(1)}" in batch.gone
    assert f"domain-name--{uuid_of(1)}" in batch.gone


def test_the_list_is_read_page_by_page(
    server: MispServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LISTED", 2)
    for number in range(1, 6):
        server.put(dated(number, NOW + number))
    assert numbers(pull(server, run)) == [1, 2, 3, 4, 5]
    assert [body["page"] for body in server.searches(metadata=True)] == [1, 2, 3]


def test_filters_are_those_of_misp(server: MispServer, run: Run) -> None:
    server.put(dated(1, NOW, Tag=[{"name": "type:OSINT"}]))
    server.put(dated(2, NOW, Tag=[{"name": "type:OSINT"}, {"name": "internal"}]))
    server.put(dated(3, NOW, Orgc={"name": "CERT B", "uuid": uuid_of(77)}))
    assert numbers(pull(server, run, tags=["type:OSINT"])) == [1, 2]
    assert numbers(pull(server, run, tags=["type:OSINT"], not_tags=["internal"])) == [1]
    assert numbers(pull(server, run, organisations=["CERT B"])) == [3]


def test_what_may_not_leave_misp_stays_there(server: MispServer, run: Run) -> None:
    server.put(dated(1, NOW, distribution="0"))
    [batch] = pull(server, run)
    assert batch.found == ()
    assert "event whose distribution does not let it leave MISP" in {
        left.reason for left in batch.left
    }
    assert numbers(pull(server, run, distributions=[0])) == [1]


def test_events_too_large_together_are_fetched_one_by_one(server: MispServer, run: Run) -> None:
    for number in range(1, 5):
        server.put(dated(number, NOW + number, extra="x" * 600_000))
    server.put(dated(9, NOW + 9, extra="x" * 2_100_000))
    # The list has no attributes, yet these events are large in themselves.
    server.fault = lambda asked: _listed_small(server, asked)
    batches = pull(server, run)
    assert numbers(batches) == [1, 2, 3, 4]
    assert [left.reason for batch in batches for left in batch.left] == ["event that is too large"]


def _listed_small(server: MispServer, asked: Asked) -> Answer | None:
    if not asked.body.get("metadata"):
        return None
    names = ("id", "uuid", "timestamp", "publish_timestamp", "info")
    small = [{"Event": {k: e[k] for k in names}} for e in server.events.values()]
    return Answer({"response": small if asked.body["page"] == 1 else []})


def test_pages_that_do_not_end_are_noticed(
    server: MispServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LISTED", 1)
    server.put(dated(1, NOW))
    server.fault = lambda asked: (
        Answer({"response": [{"Event": server.events[uuid_of(1_000_001)]}]})
        if asked.path == "events/restSearch"
        else None
    )
    with pytest.raises(NotUnderstood, match="for ever"):
        pull(server, run)


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (Answer({"message": "x"}, 500), Unreachable, "answered 500"),
        (Answer(b"<html>log in</html>", 200, "text/html"), NotUnderstood, "as a MISP"),
        (Answer({"response": {"a": 1}}), NotUnderstood, "no list"),
        (Answer({"name": "no", "message": "no"}, 403), LoginNeeded, "answered 403"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[", NotUnderstood, "only a part"),
        (b"", RemoteError, "127.0.0.1"),
    ],
)
def test_bad_answers_are_told_in_words(
    server: MispServer, run: Run, answer: Answer | bytes, error: type[RemoteError], says: str
) -> None:
    server.put(dated(1, NOW))
    server.fault = lambda asked: answer if asked.path == "events/restSearch" else None
    with pytest.raises(error, match=says) as raised:
        pull(server, run)
    assert KEY not in raised.value.text()


def test_a_wrong_key_is_seen_at_once_and_never_told(
    server: MispServer, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    (run.folder / "key").write_text("wrong-and-secret", encoding="ascii")
    with caplog.at_level(logging.DEBUG), pytest.raises(LoginNeeded) as raised:
        pull(server, run)
    assert "wrong-and-secret" not in raised.value.text()
    assert "wrong-and-secret" not in caplog.text
    assert server.searches(metadata=True) == []


def test_a_server_that_stalls_is_left(server: MispServer, run: Run) -> None:
    server.put(dated(1, NOW))
    short = run._replace(net=Net(run.net.limits._replace(read_s=0.3)))
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"

    over = threading.Event()

    def stall(asked: Asked) -> bytes | None:
        if asked.path != "events/restSearch":
            return None
        # Nothing more comes within the time.
        over.wait(60)
        return head

    server.fault = stall
    with pytest.raises(Unreachable, match="sent nothing"):
        pull(server, short)
    over.set()


def test_another_network_than_the_feed_may_reach_is_refused(server: MispServer, run: Run) -> None:
    guarded = run._replace(net=Net(Limits(ca_file=server.ca_file)))
    with pytest.raises(Unsafe):
        pull(server, guarded)
    assert server.asked == []


def test_only_https_is_spoken(server: MispServer, run: Run) -> None:
    with pytest.raises(ConfigError, match="https"):
        pull(server, run, url="http://127.0.0.1:1/")


def test_what_is_good_stays_when_it_goes_away(server: MispServer, run: Run) -> None:
    for number in range(1, 4):
        server.put(dated(number, NOW + number))
    settings = msgspec.convert(
        {"url": server.url, "key": f"file:{run.folder / 'key'}", "page": 1}, SETTINGS
    )
    steps = CONNECTOR.collect(settings, NOTHING, run)
    got = [next(steps)]
    server.fault = lambda _: Answer({"message": "down"}, 503)
    with pytest.raises(Unreachable):
        next(steps)
    server.fault = lambda _: None
    assert numbers([*got, *pull(server, run, got[-1].state, page=1)]) == [1, 2, 3]
