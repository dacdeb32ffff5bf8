"""hub index, and what hub doctor says of search, over a real Elasticsearch."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hub.app import create_app, open_finder, open_store
from hub.config import Config
from hub.model.search import EVERYTHING
from tests import fakes
from tests.conformance.builders import SEES_ALL, publish
from tests.conformance.find_worlds import made
from tests.unit.cli.conftest import Run


@pytest.fixture
def config(folder: Path, elastic_url: str, elastic_prefix: str) -> Config:
    text = f'[elastic]\nurls = ["{elastic_url}"]\nprefix = "{elastic_prefix}"\nreplicas = 0'
    return fakes.make_config(folder, f'[search]\nengine = "elasticsearch"\n{text}')


def fill(config: Config, start: int, stop: int) -> None:
    store = open_store(config)
    publish(store, *[made("malware", n, 0, name="x", is_family=True) for n in range(start, stop)])
    store.close()


def status(run: Run) -> list[dict[str, object]]:
    return json.loads(run("index", "status", "-o", "json").stdout)


def search_line(run: Run) -> list[str]:
    lines = [line.split("\t") for line in run("doctor").stdout.splitlines()]
    return next(line for line in lines if line[1] == "search")


def test_rebuild_status_and_doctor(config: Config, run: Run) -> None:
    fill(config, 0, 5)
    assert status(run) == []
    assert search_line(run)[0] == "fail"
    assert "not built yet" in search_line(run)[2]
    result = run("index", "rebuild")
    assert result.exit_code == 0, result.output
    (found,) = status(run)
    newest = found["ordinal"]
    assert found["use"] == "searched"
    assert found["behind"] == 0
    assert f"{found['index']} is searched now" in result.stderr
    assert search_line(run)[:3] == ["ok", "search", f"elasticsearch has all {newest} changes"]
    fill(config, 5, 7)
    assert status(run)[0]["behind"] == 2
    assert search_line(run)[:3] == [
        "warn",
        "search",
        "elasticsearch: 2 changes are stored and not yet found",
    ]
    assert "hub index follow" in search_line(run)[3]
    result = run("index", "drop", found["index"])
    assert result.exit_code == 6
    assert "is searched" in result.stderr
    assert run("index", "drop", "hub-none").exit_code == 5


def test_follow_keeps_up_and_ends_when_told(config: Config, folder: Path) -> None:
    fill(config, 0, 3)
    command = [sys.executable, "-m", "hub", "index", "follow"]
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, "HUB_CONFIG": "hub.toml"})
    try:
        finder = open_finder(config)
        for stop in (3, 6):
            fill(config, 0, stop)
            end = time.monotonic() + 60
            while (reach := finder.reach()).trouble or reach.ordinal < reach.newest:
                assert time.monotonic() < end, reach
                time.sleep(0.1)
            assert len(finder.find(SEES_ALL, EVERYTHING, 0, 100).keys) >= stop
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()


def test_follow_ends_when_another_store_is_put_in_its_place(config: Config, folder: Path) -> None:
    fill(config, 0, 3)
    process = subprocess.Popen([sys.executable, "-m", "hub", "index", "follow"], cwd=folder)
    try:
        finder = open_finder(config)
        end = time.monotonic() + 60
        while finder.reach().trouble:
            assert time.monotonic() < end
            time.sleep(0.1)
        fakes.open_store(folder / "other.sqlite").close()
        (folder / "other.sqlite").replace(config.store_path)
        assert process.wait(60) == 1
    finally:
        process.kill()
        process.wait()


def test_health_and_metrics(config: Config) -> None:
    fill(config, 0, 3)
    store = open_store(config)
    client = create_app(config, store).test_client()
    ready = client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.data.startswith(b"ready\nsearch: down: ")
    assert b"hub_search_up 0.0" in client.get("/metrics").data
    assert b"hub_search_lag_ordinals 0" not in client.get("/metrics").data
    store.close()


def test_lag(config: Config, run: Run) -> None:
    run("index", "rebuild")
    fill(config, 10, 13)
    store = open_store(config)
    client = create_app(config, store).test_client()
    assert client.get("/health/ready").data == b"ready\nsearch: up, 3 changes behind\n"
    elsewhere = {"REMOTE_ADDR": "192.0.2.1"}
    assert client.get("/health/ready", environ_base=elsewhere).data == b"ready\nsearch: up\n"
    assert b"hub_search_up 1.0" in client.get("/metrics").data
    assert b"hub_search_lag_ordinals 3.0" in client.get("/metrics").data
    store.close()


@pytest.mark.parametrize("command", [["status"], ["follow"], ["drop", "x"]])
def test_without_elasticsearch_there_is_no_copy(
    folder: Path, run: Run, command: list[str]
) -> None:
    result = run("index", *command)
    assert result.exit_code == 2
    assert "search.engine" in result.stderr


def test_an_elasticsearch_that_is_down(folder: Path, run: Run) -> None:
    fakes.make_config(
        folder, '[search]\nengine = "elasticsearch"\n[elastic]\nurls = ["http://127.0.0.1:1"]'
    )
    for command in (["status"], ["rebuild"], ["drop", "x"]):
        result = run("index", *command)
        assert result.exit_code == 7, result.output
        assert "cannot be reached" in result.stderr
    assert search_line(run)[0] == "fail"
