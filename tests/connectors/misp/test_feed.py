"""Feeds of MISP, made by PyMISP's own tools, on a web server and in a folder."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pymisp import MISPEvent
from pymisp.tools import feed_meta_generator

from connectors.base import Run
from connectors.errors import Absent, LoginNeeded, NotUnderstood, Unsafe
from connectors.found import NOTHING, Batch, State
from connectors.misp import progress
from connectors.misp.feed import CONNECTOR, SETTINGS
from connectors.misp.progress import Entry, Progress
from connectors.registry import kind
from tests.connectors.laws import SECRET, ConnectorLaws
from tests.connectors.misp import samples
from tests.connectors.misp.samples import STARTED_US, attribute, event, objects, uuid_of

NOW = 1_700_000_000
_TICKS = count()


class _Handler(SimpleHTTPRequestHandler):
    asked: list[tuple[str, int]]
    password = ""
    fault = ""

    def log_message(self, *arguments: Any) -> None:
        pass

    def send_response(self, code: int, message: str | None = None) -> None:
        self.asked.append((self.path, code))
        super().send_response(code, message)

    def do_GET(self) -> None:
        if self.fault == "stall":
            time.sleep(2)
        elif self.fault == "spoil":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>log in</html>")
        elif self.password and self.headers.get("Authorization") != self.password:
            self.send_error(401)
        else:
            super().do_GET()


class Site:
    """A web server over a folder, as feeds are given out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[tuple[str, int]] = []
        self.handler = type("Handler", (_Handler,), {"asked": self.asked})
        made = partial(self.handler, directory=str(folder))
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), made)
        self.url = f"http://127.0.0.1:{self._http.server_port}/feed"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(10)


class FeedSource:
    """A feed of MISP for the laws of connectors."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._made = 0
        site.handler.password = f"Bearer {SECRET}"  # type: ignore[attr-defined]
        self.change()

    def settings(self) -> dict[str, Any]:
        return {"url": self._site.url, "token": "env:FEED_SECRET"}

    def change(self) -> None:
        self._made += 1
        write(self._site.folder / "feed", dated(self._made, NOW + self._made))

    def stall(self) -> None:
        self._site.handler.fault = "stall"  # type: ignore[attr-defined]

    def spoil(self) -> None:
        self._site.handler.fault = "spoil"  # type: ignore[attr-defined]

    def heal(self) -> None:
        self._site.handler.fault = ""  # type: ignore[attr-defined]

    def asked(self) -> int:
        return len(self._site.asked)


class TestLaws(ConnectorLaws):
    """The laws of connectors."""

    connector = "misp-feed"
    secret = True

    @pytest.fixture
    def source(self, site: Site) -> FeedSource:
        return FeedSource(site)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "www" / "feed").mkdir(parents=True)
    running = Site(tmp_path / "www")
    yield running
    running.stop()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return samples.run(tmp_path)


def write(folder: Path, *events: dict[str, Any]) -> None:
    """The files of a feed, as PyMISP's feed generator makes them."""
    for given in events:
        made = MISPEvent()
        made.load({"Event": given})
        text = json.dumps(made.to_feed())
        (folder / f"{given['uuid']}.json").write_text(text, encoding="utf-8")
    feed_meta_generator(folder)
    manifest = folder / "manifest.json"
    seconds = STARTED_US // 1_000_000 - 10_000 + next(_TICKS)
    os.utime(manifest, (seconds, seconds))


def dated(number: int, at: int, **changes: Any) -> dict[str, Any]:
    own = attribute(number, "domain", f"d{number}.example", timestamp=str(at))
    return event(number, own, timestamp=str(at), **changes)


def pull(run: Run, state: State = NOTHING, **settings: Any) -> list[Batch]:
    return [*CONNECTOR.collect(msgspec.convert(settings, SETTINGS), state, run)]


def numbers(batches: list[Batch]) -> list[int]:
    found = [obj for batch in batches for obj in objects(batch.found)]
    return [int(obj["name"].split()[1]) for obj in found if obj["type"] in {"report", "grouping"}]


def test_it_is_the_connector_of_its_name() -> None:
    assert kind("misp-feed").connector is CONNECTOR


def test_all_events_then_none_then_what_changed(site: Site, run: Run) -> None:
    folder = site.folder / "feed"
    write(folder, dated(1, NOW + 3), dated(2, NOW))
    first = pull(run, url=site.url)
    assert numbers(first) == [2, 1]
    assert pull(run, url=site.url) == first
    site.asked.clear()
    assert pull(run, first[-1].state, url=site.url) == []
    assert site.asked == [("/feed/manifest.json", 304)]
    write(folder, dated(2, NOW + 60), dated(3, NOW + 3))
    site.asked.clear()
    second = pull(run, first[-1].state, url=site.url)
    # The one of the same second as a known one, too.
    assert numbers(second) == [3, 2]
    assert f"/feed/{uuid_of(1_000_001)}.json" not in [path for path, _ in site.asked]


def test_a_run_that_was_cut_off_goes_on(site: Site, run: Run) -> None:
    write(site.folder / "feed", *(dated(number, NOW + number) for number in range(1, 5)))
    whole = pull(run, url=site.url)
    assert numbers(pull(run, whole[1].state, url=site.url)) == [3, 4]


def test_an_event_that_is_older_and_came_later_is_read(site: Site, run: Run) -> None:
    write(site.folder / "feed", dated(1, NOW))
    state = pull(run, url=site.url)[-1].state
    write(site.folder / "feed", dated(2, NOW - 10_000_000))
    assert numbers(pull(run, state, url=site.url)) == [2]


def test_a_manifest_that_changes_twice_in_a_second_is_read_twice(site: Site, run: Run) -> None:
    write(site.folder / "feed", dated(1, NOW))
    just_now = (STARTED_US // 1_000_000, STARTED_US // 1_000_000)
    os.utime(site.folder / "feed" / "manifest.json", just_now)
    state = pull(run, url=site.url)[-1].state
    write(site.folder / "feed", dated(2, NOW))
    os.utime(site.folder / "feed" / "manifest.json", just_now)
    assert numbers(pull(run, state, url=site.url)) == [2]


def test_a_feed_in_a_folder(tmp_path: Path, run: Run) -> None:
    (tmp_path / "local").mkdir()
    write(tmp_path / "local", dated(1, NOW))
    first = pull(run, path="local")
    assert numbers(first) == [1]
    assert pull(run, first[-1].state, path="local") == []


def test_no_link_and_no_path_leads_out_of_the_folder(tmp_path: Path, run: Run) -> None:
    (tmp_path / "local").mkdir()
    write(tmp_path / "local", dated(1, NOW))
    name = f"{uuid_of(1_000_001)}.json"
    (tmp_path / "outside.json").write_bytes((tmp_path / "local" / name).read_bytes())
    (tmp_path / "local" / name).unlink()
    (tmp_path / "local" / name).symlink_to(tmp_path / "outside.json")
    batches = pull(run, path="local")
    assert numbers(batches) == []
    assert [left.reason for b in batches for left in b.left] == ["event that cannot be read"]
    with pytest.raises(Unsafe):
        pull(run._replace(folder=tmp_path / "local"), path="../..")


def test_names_in_the_manifest_are_uuids_or_nothing(site: Site, run: Run) -> None:
    manifest = {
        "../../etc/passwd": {"timestamp": "1"},
        "http://evil.example/x": {"timestamp": "1"},
        uuid_of(1): {"timestamp": "soon"},
        uuid_of(2): [],
        uuid_of(3): {"timestamp": "9" * 5_000},
    }
    (site.folder / "feed" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    [batch] = pull(run, url=site.url)
    assert {left.reason for left in batch.left} == {
        "entry of the manifest without a UUID or timestamp"
    }
    assert len(batch.left) == 5
    assert [path for path, _ in site.asked] == ["/feed/manifest.json"]


@pytest.mark.parametrize(
    "text",
    ['{"Event": {"uu', "<html>", "[]", json.dumps({"Event": {"uuid": uuid_of(5)}})],
)
def test_a_bad_file_costs_that_event_and_is_tried_again(site: Site, run: Run, text: str) -> None:
    folder = site.folder / "feed"
    write(folder, dated(1, NOW), dated(2, NOW + 1))
    name = folder / f"{uuid_of(1_000_001)}.json"
    good = name.read_text(encoding="utf-8")
    name.write_text(text, encoding="utf-8")
    first = pull(run, url=site.url)
    assert numbers(first) == [2]
    assert [left.reason for b in first for left in b.left] == ["event that cannot be read"]
    name.write_text(good, encoding="utf-8")
    assert numbers(pull(run, first[-1].state, url=site.url)) == [1]


def test_filters_by_manifest(site: Site, run: Run) -> None:
    write(
        site.folder / "feed",
        dated(1, NOW, Tag=[{"name": "type:OSINT"}]),
        dated(2, NOW, Orgc={"name": "CERT B", "uuid": uuid_of(77)}),
    )
    assert numbers(pull(run, url=site.url, tags=["TYPE:osint"])) == [1]
    assert numbers(pull(run, url=site.url, not_tags=["type:OSINT"])) == [2]
    assert numbers(pull(run, url=site.url, organisations=["cert b"])) == [2]


def test_when_what_is_wanted_changes_all_is_read_again(site: Site, run: Run) -> None:
    write(site.folder / "feed", dated(1, NOW))
    state = pull(run, url=site.url)[-1].state
    assert numbers(pull(run, state, url=site.url, detection_only=True)) == [1]


def test_what_is_no_feed_is_told_in_words(site: Site, run: Run) -> None:
    with pytest.raises(Absent):
        pull(run, url=site.url)
    (site.folder / "feed" / "manifest.json").write_text("<html>no</html>", encoding="utf-8")
    with pytest.raises(NotUnderstood, match="not JSON"):
        pull(run, url=site.url)
    (site.folder / "feed" / "manifest.json").write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(NotUnderstood, match="nested too deeply"):
        pull(run, url=site.url)
    (site.folder / "feed" / "manifest.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(NotUnderstood, match="no manifest"):
        pull(run, url=site.url)


def test_log_in(site: Site, run: Run) -> None:
    write(site.folder / "feed", dated(1, NOW))
    site.handler.password = "Bearer s3cret-token"  # type: ignore[attr-defined]
    (run.folder / "token").write_text("s3cret-token", encoding="ascii")
    with pytest.raises(LoginNeeded) as raised:
        pull(run, url=site.url)
    assert "s3cret" not in raised.value.text()
    batches = pull(run, url=site.url, token=f"file:{run.folder / 'token'}")
    assert numbers(batches) == [1]
    assert b"s3cret" not in msgspec.json.encode([batch.state for batch in batches])


def test_a_state_fits_and_a_longer_list_is_known_by_its_floor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entries = [Entry(uuid_of(number), NOW + number) for number in range(progress.MOST + 50)]
    known = Progress()
    for entry in entries:
        known.add(entry)
    known.shrink(entries)
    assert len(json.dumps(known.packed())) < 64 * 1024
    again = Progress.of(known.packed())
    assert again.open(entries) == []
    assert again.open([*entries, Entry(uuid_of(0), NOW + 7_000)]) == [
        Entry(uuid_of(0), NOW + 7_000)
    ]
