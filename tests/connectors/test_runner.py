"""The runner of feeds: what is published, what is left alone, what goes, and how a run ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors import registry
from hub.model.job import Ending, Hold, Step
from hub.model.party import WarningList
from hub.model.query import BOTH_STIX, Query
from hub.service.feeds.counts import decoded
from hub.service.feeds.definition import Feed
from hub.store.base import Act
from tests import fakes
from tests.connectors.feeding import Hub, hub_at
from tests.connectors.web import Web, web
from tests.fakes import Clock

ACT = Act("administrator", "ministry", "test", "target")
DAY_S = 86_400
AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(registry, "KINDS", {"lines": "tests.connectors.lines"})
    with hub_at(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[Web]:
    with web() as served:
        yield served


@pytest.fixture
def run(hub: Hub, server: Web, clock: Clock) -> Callable[..., dict[str, int]]:
    """Run a feed over these lines, a little later; gives the counts."""

    def once(*lines: Any, **said: Any) -> dict[str, int]:
        texts = [line if isinstance(line, str) else f"stix {json.dumps(line)}" for line in lines]
        server.pages["/list"] = "\n".join(texts).encode()
        clock.advance(1)
        report = hub.run(feed_of(hub, server, **said))
        assert report.outcome == "well", report
        return report.tally.counts

    return once


def feed_of(hub: Hub, server: Web, **said: Any) -> Feed:
    return hub.feed("lines", {"url": f"{server.url}/list"}, **said)


def named(hub: Hub, **options: Any) -> dict[str, dict[str, Any]]:
    return {obj["name"]: obj for obj in hub.objects(**options)}


def delete(hub: Hub, *ids: str) -> None:
    from hub.store.base import Removal

    key = fakes.KEYS["shared"]
    for object_id in ids:
        query = Query(key, ids=(object_id,), edges=("all",), stix=BOTH_STIX)
        assert hub.store.remove(hub.scope("coordinator"), Removal(query, ACT))


def test_an_object_as_it_came_keeps_its_bytes(hub, run) -> None:
    obj = fakes.indicator(1)
    assert run(obj) == {"read": 1, "new": 1}
    assert hub.raws() == [json.dumps(obj).encode()]
    assert run(obj, "left something") == {"read": 1, "known": 1, "left": 1}


def test_what_is_said_anew_is_a_version_and_keeps_created(hub, run, clock) -> None:
    run("evil.com # a", "198.51.100.7 # a")
    first = named(hub)
    clock.advance(5)
    assert run("evil.com # b", "198.51.100.7 # a") == {"read": 2, "known": 1, "versions": 1}
    last = named(hub)
    assert last["198.51.100.7"] == first["198.51.100.7"]
    old, new = first["evil.com"], last["evil.com"]
    assert (new["description"], new["created"]) == ("b", old["created"])
    assert new["modified"] > old["modified"]
    clock.advance(5)
    run("evil.com # c")
    assert named(hub)["evil.com"]["created"] == old["created"]


def test_what_ends_is_made_anew_at_half_of_its_time(hub, run, clock) -> None:
    """Counted from its own last version, and not from instants at which all begin anew."""
    life_s = 10 * DAY_S
    # A second before such an instant, whatever the clock says now.
    clock.advance(life_s // 2 - clock.now // 1_000_000 % (life_s // 2) - 3)
    assert run("evil.com", lifetime="10d") == {"read": 1, "new": 1}
    made = named(hub)["evil.com"]
    clock.advance(60)
    assert run("evil.com", "left x", lifetime="10d") == {"read": 1, "known": 1, "left": 1}
    clock.advance(life_s // 2 - 120)
    assert run("evil.com", lifetime="10d") == {"read": 1, "known": 1}
    clock.advance(120)
    assert run("evil.com", "left x", lifetime="10d") == {"read": 1, "versions": 1, "left": 1}
    anew = named(hub)["evil.com"]
    assert anew["valid_until"] > made["valid_until"]
    assert anew["created"] == made["created"]
    assert run("evil.com", lifetime="10d") == {"read": 1, "known": 1}


def test_the_same_value_twice_is_one_object(hub, run) -> None:
    lines = ["evil.com # a", *(f"evil{n}.com" for n in range(7)), "evil[.]com # b"]
    assert run(*lines) == {"read": 9, "new": 8, "left": 1}
    assert run(*lines, "evil8.com") == {"read": 10, "known": 8, "left": 1, "new": 1}
    assert named(hub)["evil.com"]["description"] == "a"


def test_terms_of_the_feed_are_set_where_an_object_says_none(hub, run) -> None:
    marked = fakes.indicator(2, confidence=90, object_marking_refs=[AMBER], labels=["own"])
    said = {"marking": "green", "confidence": 40, "reliability": "B", "labels": ["partner"]}
    run(fakes.indicator(1), marked, "evil.com", lifetime="10d", **said)
    found = named(hub)
    grade = 'admiralty-scale:source-reliability="b"'
    bare = found["Sample 1"]
    assert (bare["confidence"], bare["labels"]) == (40, ["partner", grade])
    assert bare["object_marking_refs"] == found["evil.com"]["object_marking_refs"]
    assert bare["valid_until"][:10] == "2023-11-24"
    kept = found["Sample 2"]
    assert (kept["confidence"], kept["object_marking_refs"]) == (90, [AMBER])
    assert kept["labels"] == ["own", "partner", grade]
    made = found["evil.com"]
    assert (made["confidence"], made["labels"]) == (40, ["partner", grade])


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"types": ["malware"]}, {"Sample 1", "Sample 2", "evil.com", "198.51.100.7"}),
        ({"not_types": ["indicator"]}, {"Sample 1", "Sample 2", "evil.com", "198.51.100.7"}),
        ({"fields": ["ip"]}, {"evil.com"}),
        ({"min_confidence": 50}, {"Sample 1"}),
        ({"newer_than": "30d"}, {"Sample 2"}),
        ({"match": "evil|192"}, {"198.51.100.7"}),
    ],
)
def test_filters(hub, run, clock, filters, left) -> None:
    clock.advance(100 * DAY_S)
    late = "2024-02-20T00:00:00.000Z"
    first = fakes.indicator(1, modified=late, confidence=10)
    counts = run(first, fakes.indicator(2), "evil.com", "198.51.100.7", filters=filters)
    every = {"Sample 1", "Sample 2", "evil.com", "198.51.100.7"}
    assert set(named(hub)) == every - left
    assert counts["filtered"] == len(left)


def test_what_says_no_confidence_is_not_measured_by_that_of_the_feed(hub, run) -> None:
    said = {"confidence": 40, "filters": {"min_confidence": 50}}
    assert run("evil.com", fakes.indicator(1), **said) == {"read": 2, "new": 2}
    assert {obj["confidence"] for obj in hub.objects()} == {40}


def test_the_confidence_of_an_entry_is_that_which_is_filtered(hub, server, monkeypatch) -> None:
    monkeypatch.setattr(registry, "KINDS", {"csv": "connectors.lists.table"})
    server.pages["/list"] = b"domain,confidence\nevil.com,25\nevil2.com,80\nevil3.com,\n"
    said = {"confidence": 40, "filters": {"min_confidence": 50}}
    feed = hub.feed("csv", {"url": f"{server.url}/list"}, **said)
    assert hub.run(feed).tally.counts == {"read": 3, "filtered": 1, "new": 2}
    confidences = {name: obj["confidence"] for name, obj in named(hub).items()}
    assert confidences == {"evil2.com": 80, "evil3.com": 40}


def test_dates_from_the_first_to_the_last_year_are_taken(hub, run) -> None:
    first, last = "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"
    old = fakes.indicator(1, created=first, modified=first, valid_from=first, valid_until=last)
    assert run(old, fakes.indicator(2, modified=last)) == {"read": 2, "new": 2}


def test_warning_lists_flag_or_stop(hub, run) -> None:
    directory = hub.store.directory()
    hub.store.write([WarningList("ministry", ("own.com",))], [], ACT, epoch=directory.epoch)
    resolver = fakes.indicator(1, pattern="[ipv4-addr:value = '8.8.8.8']")
    both = fakes.indicator(
        2, pattern="[ipv4-addr:value = '8.8.8.8' OR domain-name:value = 'evil.com']"
    )
    lines = [resolver, both, "10.1.2.3", "own.com", "evil.com"]
    run(*lines)
    found = named(hub)
    assert found["Sample 1"]["labels"] == ["warning-list:resolver"]
    assert found["Sample 2"]["labels"] == ["warning-list:resolver"]
    assert found["10.1.2.3"]["labels"] == ["warning-list:private"]
    assert found["own.com"]["labels"] == ["warning-list:listed"]
    assert "labels" not in found["evil.com"]
    counts = run(*lines, filters={"warning_lists": "stop"}, name="other", collection="bulletins")
    assert counts["filtered"] == 3
    assert set(named(hub, collection="bulletins")) == {"Sample 2", "evil.com"}
    run(*lines, filters={"warning_lists": "off"}, name="third", collection="notices")
    assert all("labels" not in obj for obj in hub.objects("notices"))


def test_what_the_source_has_no_more_is_deleted_if_the_feed_brought_it(hub, run) -> None:
    mine, theirs = fakes.indicator(1), fakes.indicator(2)
    run(theirs, name="other")
    assert run(mine, theirs) == {"read": 2, "new": 1, "unchanged": 1}
    assert run(f"gone {mine['id']}", f"gone {theirs['id']}", "gone nothing--1") == {
        "gone": 1,
        "held": 1,
    }
    assert [obj["id"] for obj in hub.objects()] == [theirs["id"]]
    # It comes back, in the version that this feed took away itself.
    assert run(mine, theirs) == {"read": 2, "new": 1, "unchanged": 1}


def test_an_object_goes_with_the_last_feed_that_has_it(hub, run) -> None:
    """Two sources that carry the same object: neither may take it from the other."""
    obj = fakes.indicator(1)
    assert run(obj) == {"read": 1, "new": 1}
    assert run(obj, name="other") == {"read": 1, "unchanged": 1}
    assert run(f"gone {obj['id']}") == {"held": 1}
    assert list(named(hub)) == ["Sample 1"]
    assert run(f"gone {obj['id']}", "left x") == {"left": 1}
    assert run(f"gone {obj['id']}", name="other") == {"gone": 1}
    assert hub.objects() == []
    # What feeds took away either brings back, and a third one as well.
    assert run(obj) == {"read": 1, "new": 1}
    assert run(f"gone {obj['id']}", name="third", collection="bulletins") == {}
    assert run(f"gone {obj['id']}", "left x") == {"gone": 1, "left": 1}
    assert run(obj, name="third") == {"read": 1, "new": 1}


def test_a_feed_that_lost_an_object_leaves_the_newer_version_of_another(hub, run) -> None:
    old, new = fakes.indicator(1), fakes.indicator(1, 5, name="newer")
    run(old)
    assert run(new, name="other") == {"read": 1, "versions": 1}
    assert run(f"gone {old['id']}") == {"held": 1}
    assert list(named(hub)) == ["newer"]
    assert run(f"gone {old['id']}", name="other") == {"gone": 1}
    assert hub.objects() == []


def test_what_people_deleted_stays_deleted_whichever_feed_lost_it_first(hub, run) -> None:
    obj = fakes.indicator(1)
    run(obj)
    run(obj, name="other")
    assert run(f"gone {obj['id']}") == {"held": 1}
    delete(hub, obj["id"])
    assert run(obj) == {"read": 1, "deleted": 1}
    assert run(f"gone {obj['id']}", name="other") == {}
    assert run(obj, "left x") == {"read": 1, "deleted": 1, "left": 1}


@pytest.mark.parametrize(
    "said",
    [{"collection": "bulletins"}, {"account": "partner"}],
    ids=["another collection", "another organisation"],
)
def test_a_feed_elsewhere_keeps_nothing_here(hub, run, said) -> None:
    obj = fakes.indicator(1)
    run(obj)
    run(obj, name="other", **said)
    assert run(f"gone {obj['id']}") == {"gone": 1}


def test_a_feed_whose_file_is_broken_still_holds_what_it_brought(hub, run) -> None:
    obj = fakes.indicator(1)
    run(obj)
    run(obj, name="other")
    file = hub.folder / "other.toml"
    file.write_text("no toml", encoding="utf-8")
    assert run(f"gone {obj['id']}") == {"held": 1}
    file.unlink()
    run(obj)
    assert run(f"gone {obj['id']}", "left x") == {"gone": 1, "left": 1}


def test_what_a_colleague_said_of_it_later_is_not_deleted_with_it(hub, run) -> None:
    brought, kept = fakes.indicator(1), fakes.indicator(2)
    run(brought, kept, "evil.com")
    later = fakes.indicator(1, 5, name="Analysed")
    place, account = fakes.KEYS["shared"], hub.desk.parties.now().directory
    collection = next(c for c in account.collections.values() if c.key == place)
    door = hub.desk.publisher(hub.store)
    assert door.publish(hub.scope(), collection, [json.dumps(later).encode()])
    assert run(*[f"gone {obj['id']}" for obj in (brought, kept)]) == {"gone": 1, "refused": 1}
    assert set(named(hub)) == {"Analysed", "evil.com"}
    # From now on it is theirs: nothing more is to be done about it.
    assert run(f"gone {brought['id']}", "left x") == {"left": 1}
    assert run(brought) == {"read": 1, "unchanged": 1}
    assert run(f"gone {brought['id']}", "left x") == {"left": 1}


def test_what_was_deleted_here_is_not_taken_again(hub, run) -> None:
    obj = fakes.indicator(1)
    run(obj, "evil.com # a", "evil2.com")
    ids = {name: found["id"] for name, found in named(hub).items()}
    delete(hub, *ids.values())
    assert run(obj, "evil.com # a", "evil2.com", "left x") == {"read": 3, "known": 3, "left": 1}
    # Something else is said of a value, another feed has the object, and a newer version comes.
    assert run("evil.com # b") == {"read": 1, "deleted": 1}
    assert run(obj, name="other") == {"read": 1, "deleted": 1}
    assert run(fakes.indicator(1, 1), "x", name="other") == {"read": 1, "new": 1}
    assert list(named(hub)) == ["Sample 1"]


def test_an_older_version_and_one_of_somebody_else_are_no_error(hub, run) -> None:
    grid = fakes.indicator(1, 5)
    run(grid, name="grid", account="partner")
    counts = run(fakes.indicator(1, 5, name="other"), fakes.indicator(1, 4))
    assert counts == {"read": 2, "conflicts": 1, "versions": 1}
    assert hub.objects()[0]["modified"] == grid["modified"]


def test_what_is_refused_is_counted_with_its_reason(hub, server, run) -> None:
    broken = fakes.indicator(1, pattern="[nonsense")
    assert run(broken, "stix no json", fakes.indicator(2)) == {"read": 3, "refused": 2, "new": 1}
    feed = feed_of(hub, server)
    tally = decoded(hub.last(feed).counts)
    assert {sample.what for sample in tally.samples} == {"", broken["id"]}
    assert not any("objects[" in reason for reason in tally.reasons)
    assert all(sample.origin.startswith("line ") for sample in tally.samples)


def test_a_source_that_fails_is_tried_again_later_and_later(hub, server, clock) -> None:
    feed = feed_of(hub, server)
    server.spoil(b"\0")
    waits = []
    for _ in range(4):
        assert hub.run(feed).outcome == "failed"
        job = hub.store.job(feed.job)
        waits.append(job.next_us - clock.now)
    assert job.failures == 4
    assert job.error == "this is no list of lines."
    # Garbage is nothing that passes by itself: not before the feed would be due.
    assert all(wait > 0.75 * 3_600_000_000 for wait in waits)
    assert waits[3] > 4 * waits[0]
    server.heal()
    server.pages["/list"] = b"evil.com"
    assert hub.run(feed).outcome == "well"
    job = hub.store.job(feed.job)
    assert (job.failures, job.error) == (0, "")
    assert 0.94 < (job.next_us - clock.now) / 3_600_000_000 < 1.06


def test_what_was_good_before_a_failure_stays(hub, server, clock) -> None:
    lines = [f"evil{n}.com" for n in range(12)]
    server.pages["/list"] = "\n".join([*lines, "fail it went away"]).encode()
    feed = feed_of(hub, server)
    report = hub.run(feed)
    assert (report.outcome, report.words) == ("failed", "it went away.")
    assert len(hub.raws()) == 10
    # What may pass by itself is tried again soon.
    assert hub.store.job(feed.job).next_us - clock.now < 80_000_000
    server.pages["/list"] = "\n".join(lines).encode()
    assert hub.run(feed).tally.counts == {"read": 12, "known": 10, "new": 2}


def test_a_connector_that_breaks_is_said_without_what_it_said(hub, server) -> None:
    server.pages["/list"] = b"break a secret may stand here"
    report = hub.run(feed_of(hub, server))
    assert report.outcome == "failed"
    assert report.words.startswith("the connector lines broke: KeyError at lines.py:")
    assert "secret" not in report.words


def test_an_account_that_cannot_act_is_said(hub, server, clock) -> None:
    for account, word in {"disabled": "switched off", "nobody": "there is no account"}.items():
        report = hub.run(feed_of(hub, server, account=account))
        assert word in report.words
    report = hub.run(feed_of(hub, server, collection="nowhere"))
    assert "there is no collection nowhere" in report.words
    report = hub.run(feed_of(hub, server, audience=["org:nobody"]))
    assert "there is no org nobody" in report.words
    assert server.asked() == 0


def test_red_goes_to_those_who_are_named(hub, run, server, clock) -> None:
    assert run("evil.com", marking="amber+strict", audience=["org:grid"])["new"] == 1
    assert len(hub.raws()) == 1
    notices = hub.store.labels(fakes.KEYS["shared"], json.loads(hub.raws()[0])["id"])
    assert notices[0][0].audience == {("org", "grid"), ("org", "ministry")}


def test_a_quota_ends_the_run_and_the_next_goes_on(tmp_path, server, clock, monkeypatch) -> None:
    monkeypatch.setattr(registry, "KINDS", {"lines": "tests.connectors.lines"})
    server.pages["/list"] = "\n".join(f"evil{n}.com" for n in range(900)).encode()
    with hub_at(tmp_path, clock, objects_per_day=500) as hub:
        feed = feed_of(hub, server)
        report = hub.run(feed)
        assert report.outcome == "failed"
        assert "published as much as it may" in report.words
        assert len(hub.raws()) == 500
        clock.advance(DAY_S + 1)
        assert hub.run(feed).outcome == "well"
        assert len(hub.raws()) == 900
        assert {kind for _, kind, *_ in hub.store.changes(0, 10_000)} == {"add"}


def test_a_mapping_changes_and_leaves_out(hub, run) -> None:
    hub.folder.mkdir(exist_ok=True)
    (hub.folder / "own.py").write_text(
        "def mapped(obj):\n"
        "    if 'bad' in obj['name']:\n        return None\n"
        "    if 'odd' in obj['name']:\n        return {}['x']\n"
        "    return obj | {'name': obj['name'].upper()}\n"
    )
    counts = run("evil.com", "bad.com", "odd.com", mapping="own:mapped")
    assert counts == {"read": 3, "new": 1, "filtered": 2}
    assert list(named(hub)) == ["EVIL.COM"]


def test_a_feed_that_is_paused_stops_at_its_next_step(hub, server) -> None:
    feed = feed_of(hub, server)
    server.pages["/list"] = "\n".join(f"evil{n}.com" for n in range(50)).encode()

    def pause() -> str:
        hub.store.pause_job(feed.job, ACT, paused=True)
        return ""

    # The keeper hears of it at its next renewal.
    report = hub.run(feed, stop=pause, hold_us=30_000)
    assert report.outcome in {"stopped", "well"}
    assert hub.store.job(feed.job).paused


@pytest.mark.parametrize(
    "state",
    [b"{", b"[]", b'{"a":' * 5_000, b'{"read_us": "x"}', b'{"etag": "1", "read_us": null}'],
)
def test_a_state_that_is_damaged_stops_no_feed_for_good(hub, server, monkeypatch, state) -> None:
    monkeypatch.setattr(registry, "KINDS", {"text": "connectors.lists.plain"})
    server.pages["/list"] = b"evil.com"
    feed = hub.feed("text", {"url": f"{server.url}/list"})
    assert hub.run(feed).tally.counts["new"] == 1
    hold = Hold(feed.job, "vandal", 60_000_000)
    assert hub.store.take_job(hold, only_due=False)
    kept = hub.store.job(feed.job).state
    given = (
        json.dumps(json.loads(kept) | json.loads(state)).encode() if state[-1:] == b"}" else state
    )
    hub.store.step_job(hold, Step(given))
    hub.store.end_job(hold, Ending("well", 0))
    outcomes = [hub.run(feed).outcome for _ in range(2)]
    assert outcomes[1] == "well", outcomes
    assert len(hub.objects()) == 1
