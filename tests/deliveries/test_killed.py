"""Processes that do deliveries are killed at any moment: everything arrives, and most of it once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter

import pytest

from tests import fakes
from tests.e2e.serving import environment

OBJECTS = 120
KILLS = 6


@pytest.mark.slow
def test_nothing_is_lost_when_processes_are_killed(site, receiver):
    site.webhook(receiver.url, "parcel = 3")
    chance = random.Random(7)
    receiver.before = lambda: time.sleep(chance.uniform(0, 0.03))
    command = [sys.executable, "-m", "tests.deliveries.courier", str(site.folder), "partner"]
    number = 0
    for _ in range(KILLS):
        with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE) as courier:
            courier.stdout.readline()
            end = time.monotonic() + chance.uniform(0.5, 1.1)
            while time.monotonic() < end and number < OBJECTS - 10:
                site.publish(fakes.indicator(number))
                number += 1
                time.sleep(0.01)
            courier.kill()
    site.publish(*(fakes.indicator(n) for n in range(number, OBJECTS)))
    receiver.before = lambda: None
    time.sleep(0.5)  # until nobody holds the job
    site.run(site.webhook(receiver.url, "parcel = 3"))
    counted = Counter(receiver.ids())
    assert len(counted) == OBJECTS
    # What was on its way when a process died may come twice, with the key of before.
    again = Counter(body["id"] for body in receiver.bodies)
    assert sum(many - 1 for many in counted.values()) <= 3 * KILLS
    assert sum(many - 1 for many in again.values()) <= KILLS
    assert {many for key, many in again.items()} <= {1, 2}
    first = list(dict.fromkeys(receiver.ids()))
    assert first == sorted(first)
    broken = [
        run for run in site.store.job_runs("delivery:partner", 200) if "broken" in run.outcome
    ]
    assert broken
