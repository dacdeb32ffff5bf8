"""hub feed and hub worker, over files and the commands as people run them."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from hub.cli.base import Exit
from hub.model.job import Hold
from tests import fakes
from tests.connectors.feeding import write_feed
from tests.unit.cli.conftest import Run


@pytest.fixture
def feeds(folder: Path) -> Path:
    """One feed over a file with three addresses, one of them of a public resolver."""
    place = folder / "feeds"
    write_feed(place, "text", {"path": "list.txt"}, name="list")
    (place / "list.txt").write_text("evil.com\n8.8.8.8\n198.51.100.7\n# a comment\n")
    return place


def stored(folder: Path) -> list[str]:
    with closing(fakes.open_store(folder / "hub.sqlite")) as store:
        return [run.outcome for run in store.job_runs("feed:list", 9)]


def test_a_feed_is_tried_dry(run: Run, folder: Path, feeds: Path) -> None:
    found = run("feed", "try", "list")
    assert found.exit_code == 0, found.stderr
    assert "3 objects would be published:" in found.stdout
    assert "3  indicator" in found.stdout
    assert '"warning-list:resolver"' in found.stdout
    assert run("status", "-o", "json").stdout.strip() == "[]"
    assert stored(folder) == []


def test_what_would_be_refused_is_said(run: Run, feeds: Path) -> None:
    write_feed(feeds, "text", {"path": "list.txt"}, name="list", marking="red")
    found = run("feed", "try", "list", "-o", "json")
    assert found.exit_code == 0, found.stderr
    said = json.loads(found.stdout)
    assert said["types"] == {}
    assert said["tally"]["counts"] == {"read": 3, "refused": 3}
    [reason] = said["tally"]["reasons"]
    assert "TLP:RED" in reason


def test_a_trial_of_a_source_that_is_not_there_says_why(run: Run, feeds: Path) -> None:
    (feeds / "list.txt").unlink()
    found = run("feed", "try", "list")
    assert found.exit_code == Exit.UNREACHABLE
    assert "list.txt" in found.stderr


def test_a_feed_is_run_here_and_shown(run: Run, feeds: Path) -> None:
    found = run("feed", "run", "list")
    assert found.exit_code == 0, found.stderr
    assert "3  new" in found.stdout
    said = json.loads(run("feed", "run", "list", "-o", "json").stdout)
    assert (said["outcome"], said["counts"].get("new", 0)) == ("well", 0)
    [row] = json.loads(run("feed", "list", "-o", "json").stdout)
    assert (row["name"], row["state"], row["every"], row["error"]) == ("list", "well", "1h", "")
    shown = json.loads(run("feed", "show", "list", "-o", "json").stdout)
    assert [item["outcome"] for item in shown["runs"]] == ["well", "well"]
    assert shown["runs"][1]["counts"]["new"] == 3
    assert shown["definition"]["account"] == "publisher"
    text = run("feed", "show", "list", "--runs", "1").stdout
    assert "collection shared as account publisher" in text
    assert text.count("well in") == 1


@pytest.mark.parametrize("output", ["json", "table"])
def test_what_may_be_a_secret_is_not_shown(run: Run, folder: Path, output: str) -> None:
    source = {
        "url": "https://cert.example/list?customer=4711",
        "user": "hub",
        "password": "env:LIST_PASSWORD",
        "headers": {"X-Customer": "env:LIST_CUSTOMER"},
    }
    write_feed(folder / "feeds", "text", source, name="list")
    found = run("feed", "show", "list", "-o", output)
    assert found.exit_code == 0, found.stderr
    assert "https://cert.example/list?" in found.stdout
    assert not [word for word in ("4711", "LIST_", "headers") if word in found.stdout]
    if output == "json":
        definition = json.loads(found.stdout)["definition"]
        assert sorted(definition["source"]) == ["url", "user"]
        assert definition["account"] == "publisher"


def test_one_that_another_process_runs_is_left_alone(run: Run, folder: Path, feeds: Path) -> None:
    with closing(fakes.open_store(folder / "hub.sqlite")) as store:
        assert store.take_job(Hold("feed:list", "another", 60_000_000))
    found = run("feed", "run", "list")
    assert found.exit_code == Exit.REFUSED
    assert "another process" in found.stderr


def test_pause_resume_and_the_worker(run: Run, folder: Path, feeds: Path) -> None:
    assert run("feed", "pause", "list").exit_code == 0
    assert run("worker", "--once").exit_code == 0
    assert stored(folder) == []
    assert json.loads(run("feed", "list", "-o", "json").stdout)[0]["state"] == "paused"
    assert run("feed", "resume", "list").exit_code == 0
    assert run("worker", "--once").exit_code == 0
    assert stored(folder) == ["well"]
    assert run("worker", "--once").exit_code == 0
    assert stored(folder) == ["well"], "it is not due"
    assert run("feed", "forget", "list").exit_code == 0
    assert stored(folder) == []
    assert run("feed", "forget", "list").exit_code == Exit.ABSENT


def test_a_ready_one_is_enabled_and_disabled(run: Run, folder: Path) -> None:
    ready = json.loads(run("feed", "list", "--ready", "-o", "json").stdout)
    assert {"cisa-kev", "urlhaus"} <= {row["name"] for row in ready}
    assert run("feed", "enable", "cisa-kev").exit_code == Exit.USAGE
    assert not list((folder / "feeds").glob("*"))
    found = run("feed", "enable", "cisa-kev", "--account", "publisher", "--collection", "shared")
    assert found.exit_code == 0, found.stderr
    [row] = json.loads(run("feed", "list", "-o", "json").stdout)
    assert (row["name"], row["state"]) == ("cisa-kev", "waiting")
    assert run("feed", "disable", "cisa-kev").exit_code == 0
    assert json.loads(run("feed", "list", "-o", "json").stdout)[0]["state"] == "off"
    assert run("feed", "enable", "nothing").exit_code == Exit.USAGE
    lacking = run("feed", "enable", "cisa-kev", "--account", "nobody", "--collection", "shared")
    assert "it cannot run yet" in lacking.stderr
    assert "no account nobody" in lacking.stderr


def test_check_says_what_is_wrong(run: Run, feeds: Path) -> None:
    assert run("feed", "check").exit_code == 0
    (feeds / "other.toml").write_text('connector = "text"\n[source]\npassword = "hunter2"\n')
    found = run("feed", "check")
    assert found.exit_code == Exit.USAGE
    assert "list.toml: good" in found.stdout
    assert "other.toml:3: `source.password`" in found.stderr
    assert "hunter2" not in found.output
    assert run("feed", "check", "list").exit_code == 0
    rows = {row["name"]: row for row in json.loads(run("feed", "list", "-o", "json").stdout)}
    assert rows["other"]["state"] == "broken"


@pytest.mark.parametrize("command", ["show", "try", "run", "pause", "resume"])
def test_a_feed_that_is_not_there(run: Run, command: str) -> None:
    found = run("feed", command, "nothing")
    assert found.exit_code == Exit.ABSENT
    assert "there is no feed nothing" in found.stderr


def test_on_a_terminal_the_lists_have_headings_and_in_a_pipe_none(
    run: Run, feeds: Path, request: pytest.FixtureRequest
) -> None:
    piped = run("feed", "list").stdout.splitlines()
    assert [line.split("\t")[0] for line in piped] == ["list"]
    request.getfixturevalue("terminal")
    heading, row = run("feed", "list").stdout.splitlines()
    assert heading.split() == [
        "NAME",
        "STATE",
        "EVERY",
        "LAST",
        "NEXT",
        "NEW",
        "CHANGED",
        "REFUSED",
        "ERROR",
    ]
    assert row.startswith("list ")
    heading, *ready = run("feed", "list", "--ready").stdout.splitlines()
    assert heading.split() == ["NAME", "CONNECTOR", "TITLE", "LICENCE", "TERMS"]
    assert ready


def test_a_feed_that_comes_with_the_hub_says_how_it_is_switched_on(run: Run) -> None:
    found = run("feed", "try", "cisa-kev")
    assert found.exit_code == Exit.ABSENT
    assert "hub feed enable cisa-kev --account ACCOUNT" in found.stderr
