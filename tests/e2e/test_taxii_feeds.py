"""The TAXII connectors and servers as they are: medallion, and this hub, over TLS too."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import LoginNeeded, Unsafe
from connectors.net import Limits
from connectors.taxii import pull, pull20
from hub.model.tlp import Tlp
from hub.service.admin import Admin
from hub.service.certificates import Certificates
from hub.stix.envelope import split
from tests import fakes, pki
from tests.connectors.feeding import hub_at
from tests.connectors.taxii.driving import LOOPBACK, Driver, old
from tests.corpus import bundles
from tests.e2e.certificates import write_certificate
from tests.e2e.medallion import COLLECTION, PASSWORD, USER, Medallion, medallion
from tests.e2e.serving import Room, Server, serving
from tests.e2e.test_client_certificates import CONSOLE, SETTINGS, write_authorities

LOGIN = {"user": USER, "password": "env:PASSWORD"}


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Medallion]:
    """medallion 3.0.0."""
    with medallion(tmp_path) as running:
        yield running


def feed(url: str, limits: Limits = Limits(networks=LOOPBACK), **said: Any) -> Driver:  # noqa: B008
    return Driver(pull.CONNECTOR, (pull.SETTINGS, {"url": url} | said), limits)


def said(driver: Driver) -> list[dict[str, Any]]:
    return [json.loads(raw) for raw in driver.raws]


def test_medallion_is_read_resumed_and_compared(other: Medallion) -> None:
    objects = [fakes.indicator(number) for number in range(1, 51)]
    other.add(*objects[:45])
    driver = feed(other.url, collections=[COLLECTION], **LOGIN).run(late_h=25)
    assert {item["id"] for item in said(driver)} == {item["id"] for item in objects[:45]}
    assert driver.read == 45
    other.add(*objects[45:], fakes.indicator(1, 1))
    driver.run(late_h=1)
    assert len(driver.raws) == 51
    assert driver.read == 51
    other.remove(objects[7]["id"])
    driver.run(late_h=1)
    assert driver.gone == []
    assert driver.run(late_h=25).gone == [objects[7]["id"]]


def test_an_object_of_two_servers_stays_until_both_have_it_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD", PASSWORD)
    obj, clock = fakes.indicator(1), fakes.Clock()
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with (
        medallion(tmp_path / "one") as one,
        medallion(tmp_path / "two") as two,
        hub_at(tmp_path, clock) as hub,
    ):
        servers = {"one": one, "two": two}

        def counts(name: str) -> dict[str, int]:
            source = {"url": servers[name].collection, **LOGIN}
            clock.advance(90_000)
            slow = {"connect": 30, "read": 30, "whole": 60}
            report = hub.run(hub.feed("taxii", source, name=name, timeouts=slow))
            assert report.outcome == "well", report
            return report.tally.counts

        for server in servers.values():
            server.add(obj)
        assert counts("one") == {"read": 1, "new": 1}
        assert counts("two") == {"read": 1, "unchanged": 1}
        one.remove(obj["id"])
        assert counts("one") == {"held": 1}
        assert counts("two") == {}
        assert [found["id"] for found in hub.objects()] == [obj["id"]]
        two.remove(obj["id"])
        assert counts("two") == {"gone": 1}
        assert hub.objects() == []
        two.add(obj)
        assert counts("two") == {"read": 1, "new": 1}


def test_medallion_that_forgot_the_page_is_got_round(tmp_path: Path) -> None:
    """It keeps a `next` for 30 seconds; a long publish is longer than that."""
    with medallion(tmp_path, page=5) as other:
        for start in range(0, 40, 4):
            other.add(*[fakes.indicator(start + n) for n in range(4)])
        driver = feed(other.collection, **LOGIN)
        for number, batch in enumerate(driver.batches()):
            driver._take(batch)
            if number == 1:
                time.sleep(45)
        assert len(driver.raws) == 40
        assert "'next' not valid; going on at" in driver.notices[0]


def test_medallion_wants_a_log_in(other: Medallion) -> None:
    assert isinstance(feed(other.url).fails(), LoginNeeded)


@pytest.fixture
def older(tmp_path: Path) -> Iterator[Medallion]:
    """medallion 1.1.0, the last that speaks TAXII 2.0, in an environment of its own."""
    python = os.environ.get("HUB_TEST_MEDALLION20", "")
    if not python:
        pytest.skip("TAXII 2.0 tests: NOT RUN (HUB_TEST_MEDALLION20 names no Python with it)")
    with medallion(tmp_path, "2.0", python) as running:
        yield running


def test_medallion_of_taxii_20(older: Medallion) -> None:
    objects = old(1, 50)
    older.add(*objects[:45])
    source = {"url": f"{older.url}/root/", "page": 7, **LOGIN}
    driver = Driver(pull20.CONNECTOR, (pull20.SETTINGS, source)).run(late_h=25)
    assert {item["id"] for item in said(driver)} == {item["id"] for item in objects[:45]}
    assert "spec_version" not in said(driver)[0]
    assert driver.read == 45
    older.add(*objects[45:])
    assert len(driver.run(late_h=1).raws) == 50
    assert driver.read == 50
    newer = objects[3] | {"modified": "2026-01-01T00:00:00.000Z"}
    older.add(newer)
    # It dates a new version as the first one.
    assert len(driver.run(late_h=1).raws) == 50
    assert said(driver.run(late_h=25))[50:] == [newer]
    assert driver.gone == []


def test_this_hub_gives_the_bytes(server: Server, room: Room) -> None:
    room.add(*(fakes.indicator(number) for number in range(1, 31)))
    source = {"collections": [room.collection.title], "page": 7, "token": "env:HUB"}
    driver = feed(server.url, **source)
    driver.secrets = {"env:HUB": fakes.token_of("publisher")}
    driver.run(late_h=25)
    kept = server.ask("GET", f"{room.path}objects/?limit=100").content
    assert len(driver.raws) == 30
    assert all(raw in kept for raw in driver.raws)
    assert isinstance(feed(room.url).fails(), LoginNeeded)


@pytest.mark.usefixtures("corpus")
def test_public_reference_data_of_this_hub(server: Server) -> None:
    [(_, whole)] = bundles("stix21/attack/ics-attack.json")
    raws = split(whole)
    room, copy = (server.room(public=True, default=Tlp.CLEAR) for _ in "ab")
    publish(room, raws)
    driver = feed(room.url, page=300)
    for batch in driver.batches():
        driver._take(batch)
        # Each batch can be published without those after it: statements come before their objects.
        publish(copy, [item.raw for item in batch.found])
    assert sorted(driver.raws) == sorted(set(raws))
    assert len(copy.objects(limit="1000")) == len(room.objects(limit="1000")) == len(driver.raws)


def publish(room: Room, raws: list[bytes]) -> None:
    if raws:
        body = b'{"objects":[%b]}' % b",".join(raws)
        answer = room.server.ask("POST", f"{room.path}objects/", data=body)
        assert answer.json()["failure_count"] == 0, answer.text[:2000]


def test_a_client_certificate_is_the_log_in(tmp_path: Path) -> None:
    write_authorities(tmp_path)
    authority = str(write_certificate(tmp_path))
    with serving(tmp_path, SETTINGS, verify=authority) as hub:
        client = pki.Client("publisher")
        Certificates(Admin(hub.store, CONSOLE)).add(client.record(), "certificate-add")
        hub.ask("POST", _objects(1), data=fakes.body(fakes.indicator(1)))
        url = f"{hub.url}/hub/collections/{fakes.uuid_of(1)}/"
        known = Limits(networks=LOOPBACK, ca_file=authority, certificate=client.write(tmp_path))
        assert len(feed(url, known).run().raws) == 1
        assert isinstance(feed(url, known._replace(certificate=None)).fails(), LoginNeeded)
        stranger = feed(url, known._replace(ca_file=""))
        assert "certificate" in stranger.fails().reason
        assert isinstance(feed(url, Limits(ca_file=authority)).fails(), Unsafe)


def _objects(number: int) -> str:
    return f"/hub/collections/{fakes.uuid_of(number)}/objects/"
