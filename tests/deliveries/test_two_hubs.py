"""Two hubs: one delivers to the other by `hub worker`, and nothing goes round in circles."""

from __future__ import annotations

import subprocess

import msgspec
import pytest

from hub.model.query import Query
from tests import fakes
from tests.connectors.sending.receivers import second_hub
from tests.deliveries.sites import Site
from tests.e2e.serving import environment, hub_command

DELIVERY = """
connector = "taxii"
account = "reader"
enabled = true
every = "1m"
start = "all"
networks = ["127.0.0.0/8"]
not_from = ["back"]
[target]
url = "{url}collections/{id}/"
token = "file:there.token"
"""
FEED = """
connector = "taxii"
account = "publisher"
collection = "bulletins"
enabled = true
every = "1m"
networks = ["127.0.0.0/8"]
[source]
url = "{url}collections/{id}/"
token = "file:there.token"
"""


def work(folder):
    subprocess.run(
        hub_command(folder, "worker", "--once"),
        cwd=folder,
        env=environment(),
        check=True,
        timeout=60,
        capture_output=True,
    )


def due(store):
    with store.database.writing() as connection:
        connection.execute("UPDATE job SET next_us = 0")


def held(site, alias="shared"):
    return site.store.objects(site.scope("reader"), Query(fakes.KEYS[alias]), -1, 100).raws


@pytest.mark.slow
def test_objects_go_there_and_do_not_come_back_as_new(tmp_path):
    here = tmp_path / "here"
    (here / "deliveries").mkdir(parents=True)
    (here / "feeds").mkdir()
    fakes.make_config(here)
    site = Site(here)
    with second_hub(tmp_path / "there") as (store, url):
        other = Site(tmp_path / "there", store)
        told = {"url": url, "id": fakes.collection("shared").id}
        for folder, text in (("deliveries", DELIVERY), ("feeds", FEED)):
            token = here / folder / "there.token"
            token.touch(mode=0o600)
            token.write_text(fakes.token_of("publisher"))
            name = "there" if folder == "deliveries" else "back"
            (here / folder / f"{name}.toml").write_text(text.format(**told))
        objects = [fakes.indicator(n, name=f"Đối tượng  {n}") for n in range(5)]
        site.publish(*objects)
        work(here)
        assert held(other) == held(site)
        changes = len(store.changes(0, 1000))
        for _ in range(3):
            due(site.store)
            work(here)
        # The feed brought them back as what they are; the delivery did not send them again.
        assert sorted(held(site, "bulletins")) == sorted(held(site))
        assert len(store.changes(0, 1000)) == changes
        runs = site.store.job_runs("delivery:there", 50)
        assert sum(msgspec.json.decode(run.counts)["sent"] for run in runs) == len(objects)
        site.delete(objects[0]["id"])
        site.delete(objects[0]["id"], alias="bulletins")
        due(site.store)
        work(here)
        assert len(held(other)) == 4
    site.store.close()
