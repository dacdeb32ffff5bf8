"""What a delivery sends is byte for byte the same with objects that its account may not see, and without."""

from __future__ import annotations

import random

import pytest

from tests import fakes
from tests.connectors.sending.receivers import hook
from tests.deliveries.sites import Site

AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"


NAMED = frozenset({("org", "grid"), ("org", "ministry")})


def story(site, delivery, receiver, *, hidden: bool, often: float) -> list[bytes]:
    """Fifty publishes and deletes with runs in between; what is hidden comes beside them."""
    chance = random.Random(11)
    for step in range(50):
        # Dates added are the store's own, and part of what is sent: they are given alike.
        site.tick.now = fakes.START_US + step * 1_000_000
        number = chance.randrange(30)
        obj = fakes.indicator(number, step)
        site.publish(obj)
        if chance.random() < 0.2:
            site.delete(obj["id"])
        if hidden:
            site.tick.now += 400_000
            other = fakes.indicator(1000 + step, object_marking_refs=[AMBER])
            site.publish(other)
            site.publish(fakes.indicator(2000 + step), audience=NAMED)
            site.publish(fakes.indicator(number, 500 + step, object_marking_refs=[AMBER]))
            if step % 3 == 0:
                site.delete(other["id"])
            if step % 7 == 0:
                site.delete_version(fakes.indicator(number, 500 + step))
        if chance.random() < often:
            assert site.run(delivery).outcome == "well"
    site.run(delivery)
    return list(receiver.raws)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "often"), [("parcel = 4", 0.25), ("parcel_bytes = 10000", 0.0), ("parcel = 200", 0.0)]
)
def test_bytes_are_the_same_with_and_without_what_is_hidden(more, often, tmp_path):
    told = []
    for name, hidden in (("plain", False), ("hidden", True)):
        folder = tmp_path / name
        folder.mkdir()
        tick = fakes.Clock()
        store = fakes.open_store(folder / "hub.sqlite", clock=tick)
        with hook() as receiver:
            site = Site(folder, store)
            site.tick = tick
            told.append(
                story(site, site.webhook(receiver.url, more), receiver, hidden=hidden, often=often)
            )
        store.close()
    assert len(told[0]) > (5 if often else 0)
    assert told[0] == told[1]
