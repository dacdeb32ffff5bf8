"""Pages of feeds and deliveries, over real runs: of a file, and of a server that is not there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from connectors.registry import KINDS
from hub.app import desk_of, feed_folder, open_counters
from hub.model.clock import now_us
from hub.model.party import Grant, Organisation, Role
from hub.model.tlp import Tlp
from hub.service.feeds.runner import Runner
from hub.web.flows import words
from tests import fakes
from tests.http.asking import Hub
from tests.web.conftest import Person
from tests.web.surfing import Surfer

LIST = """
title = "List of a vendor"
connector = "csv"
enabled = true
account = "publisher"
collection = "shared"
marking = "green"

[source]
path = "list.csv"

[filters]
warning_lists = "stop"
"""
AWAY = """
title = "Server that is away"
connector = "taxii"
enabled = true
account = "publisher"
collection = "shared"
networks = ["127.0.0.0/8"]

[source]
url = "http://127.0.0.1:9/taxii2/"
token = "env:SECRET_OF_A_FEED"
"""
SECRET = "feed-secret-4711"


class Plain:
    """As much of a visit as words need."""

    @staticmethod
    def text(text: str) -> str:
        return text


@pytest.fixture(scope="module")
def flows(hub: Hub) -> Iterator[Hub]:
    """The hub after one run of each feed."""
    folder = Path(hub.config.folder, hub.config.feeds.folder)
    folder.mkdir()
    (folder / "list.csv").write_text("Type,Indicator\nip,198.51.100.77\nip,8.8.8.8\n")
    (folder / "list.toml").write_text(LIST)
    (folder / "away.toml").write_text(AWAY)
    (folder / "torn.toml").write_text('connector = "csv"\n[source]\nurl = 5\n')
    desk = desk_of(hub.config, hub.store, open_counters(hub.config))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_OF_A_FEED", SECRET)
        for feed in feed_folder(hub.config).read().feeds.values():
            Runner(desk).run(feed)
    yield hub
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def surf(hub: Hub, name: str, lang: str = "en") -> Surfer:
    surfer = Surfer(hub, lang)
    surfer.log_in(name)
    return surfer


def test_every_kind_has_words() -> None:
    assert words.connectors(Plain()).keys() == KINDS.keys()


def test_a_coordinator_sees_how_feeds_do(flows: Hub, person: Person) -> None:
    surfer = surf(flows, person(Role.COORDINATOR))
    page = surfer.get("/feeds")
    assert "List of a vendor" in page.text
    assert "● well" in page.text
    assert "▲ failing" in page.text
    assert "127.0.0.1:9 cannot be reached" in page.text
    assert "torn.toml:3" in page.text
    one = surfer.get("/feeds/list")
    assert "It is on a warning list: resolver" in one.text
    assert surfer.get("/feeds/nothing").status == 404


def test_secrets_of_feeds_are_on_no_page(flows: Hub, person: Person) -> None:
    surfer = surf(flows, person(Role.ADMINISTRATOR))
    for path in ("/feeds", "/feeds/away"):
        page = surfer.get(path)
        assert page.status == 200
        assert SECRET not in page.html
        assert "SECRET_OF_A_FEED" not in page.html


def test_feeds_are_for_those_who_look_after_them(flows: Hub, person: Person) -> None:
    surfer = surf(flows, person(Role.PUBLISHER))
    assert surfer.get("/feeds").status == 403
    assert surfer.get("/feeds/list").status == 403
    assert surfer.get("/deliveries").status == 403
    assert not [href for href, _ in surfer.get("/search").links if href == "/feeds"]


def test_it_is_paused_and_let_run_again_with_a_line_in_the_audit_log(
    flows: Hub, person: Person
) -> None:
    name = person(Role.COORDINATOR)
    surfer = surf(flows, name)
    [form] = [each for each in surfer.get("/feeds/list").forms if each.action == "/feeds/list"]
    paused = surfer.send(form, ("action", "pause"))
    assert "It is paused" in paused.text
    assert "◐ paused" in paused.text
    again = surfer.send(form, ("action", "resume"))
    assert "● well" in again.text
    surfer.send(form, ("action", "run"))
    acts = [(act.account, act.action, act.target) for _, act in fakes.acts(flows.store, 3)]
    assert acts == [(name, f"feed.{deed}", "feed:list") for deed in ("run", "resume", "pause")]


def test_in_vietnamese(flows: Hub, person: Person) -> None:
    page = surf(flows, person(Role.ADMINISTRATOR), "vi").get("/feeds")
    assert "Nguồn tin" in page.text
    assert "127.0.0.1:9" in page.text
    one = surf(flows, person(Role.COORDINATOR), "vi").get("/feeds/list")
    assert "Có trong danh sách cảnh báo: máy chủ DNS công cộng" in one.text
    assert "warning list" not in one.text


def test_no_delivery_says_what_to_do(flows: Hub, person: Person) -> None:
    page = surf(flows, person(Role.ADMINISTRATOR)).get("/deliveries")
    assert "No delivery yet" in page.text


def test_what_was_not_published_is_told_within_rights(flows: Hub, person: Person) -> None:
    """A coordinator who may not see what a feed publishes sees numbers, and no value or reason."""
    low = person(Role.COORDINATOR)
    account = flows.store.directory().accounts[low]
    flows.put(msgspec.structs.replace(account, clearance=Tlp.GREEN))
    page = surf(flows, low).get("/feeds/list")
    assert "shown to those who see what this feed publishes" in page.text
    for hidden in ("8.8.8.8", "resolver", "list.csv line"):
        assert hidden not in page.html
    page = surf(flows, person(Role.COORDINATOR)).get("/feeds/list")
    assert "8.8.8.8" in page.html
    assert "shown to those who see" not in page.text


@pytest.mark.parametrize(("hours", "is_told"), [(-1, True), (1, False)])
def test_who_was_let_in_after_a_run_is_told_numbers_of_it_alone(
    hours: int, is_told: bool, flows: Hub, person: Person
) -> None:
    late = Organisation(f"late{hours}", f"identity--{uuid.uuid4()}", "Late", "Late")
    since_us = now_us() + hours * 3_600_000_000
    key = fakes.KEYS["shared"]
    flows.put(late, Grant(key, ("org", late.slug), True, False, Tlp.RED, since_us))
    page = surf(flows, person(Role.COORDINATOR, org=late.slug)).get("/feeds/list")
    assert ("8.8.8.8" in page.html) is is_told
    assert ("shown to those who see" in page.text) is not is_told


@pytest.mark.parametrize(
    ("role", "is_named"), [(Role.COORDINATOR, False), (Role.ADMINISTRATOR, True)]
)
def test_a_collection_that_a_coordinator_has_no_right_in_has_no_name(
    role: Role, is_named: bool, flows: Hub, person: Person
) -> None:
    slug = f"outside-{role}"
    flows.put(Organisation(slug, f"identity--{uuid.uuid4()}", "Outside", "Outside"))
    surfer = surf(flows, person(role, org=slug))
    assert ("<code>shared</code>" in surfer.get("/feeds/list").html) is is_named
    assert ('<span class="mono">shared</span>' in surfer.get("/feeds").html) is is_named
