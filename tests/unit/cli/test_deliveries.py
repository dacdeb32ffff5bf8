"""hub delivery: on a hub of the sample directory, to a receiver that really listens."""

from __future__ import annotations

import json

import pytest

from tests import fakes
from tests.connectors.sending.receivers import SECRET, Said, hook
from tests.deliveries.sites import WEBHOOK, Site


@pytest.fixture
def receiver():
    with hook() as made:
        yield made


@pytest.fixture
def partner(folder, receiver):
    """A delivery to the receiver, and two objects for it."""
    (folder / "deliveries").mkdir()
    key = folder / "deliveries" / "hook.key"
    key.touch(mode=0o600)
    key.write_text(SECRET)
    text = WEBHOOK.format(url=receiver.url, more="attempts = 1", read_s=30.0)
    (folder / "deliveries" / "partner.toml").write_text(text)
    store = fakes.open_store(folder / "hub.sqlite")
    Site(folder, store).publish(fakes.indicator(1), fakes.indicator(2))
    store.close()
    return "partner"


def test_no_delivery_says_what_to_do(run):
    result = run("delivery", "list")
    assert result.exit_code == 0
    assert "send-out.md" in result.stderr
    assert run("delivery", "show", "partner").exit_code == 5


def test_try_sends_nothing_and_run_sends_it(run, partner, receiver):
    told = json.loads(run("delivery", "try", partner, "-o", "json").stdout)
    assert told["objects"] == 2
    assert told["types"] == {"indicator": 2}
    assert "2  indicator" in run("delivery", "try", partner).stdout
    assert not receiver.raws
    result = run("delivery", "run", partner)
    assert result.exit_code == 0, result.output
    assert '"sent":2' in result.stdout
    assert len(receiver.ids()) == 2
    assert "0 objects" in run("delivery", "try", partner).stdout
    assert "2 objects" in run("delivery", "try", partner, "--again").stdout


def test_list_and_show_say_how_it_fares(run, partner, receiver):
    receiver.answers.append(Said(503))
    result = run("delivery", "run", partner)
    assert result.exit_code == 7
    assert "503" in result.stderr
    [row] = json.loads(run("delivery", "list", "-o", "json").stdout)
    assert (row["state"], row["sent"], row["last_sent"]) == ("failing", 0, "")
    run("delivery", "run", partner)
    [row] = json.loads(run("delivery", "list", "-o", "json").stdout)
    assert (row["state"], row["sent"]) == ("well", 2)
    assert row["last_sent"]
    shown = run("delivery", "show", partner).stdout
    assert "last sent:" in shown
    assert "outcome=failed" in shown
    assert "s3cret" not in shown + json.dumps(row)


def test_pause_and_resume(run, partner):
    assert run("delivery", "pause", partner).exit_code == 0
    assert json.loads(run("delivery", "list", "-o", "json").stdout)[0]["state"] == "paused"
    assert run("delivery", "resume", partner).exit_code == 0
    assert json.loads(run("delivery", "list", "-o", "json").stdout)[0]["state"] == "new"


def test_dead_letters_are_listed_retried_and_dropped(run, partner, receiver):
    receiver.refuses = {fakes.indicator(1)["id"], fakes.indicator(2)["id"]}
    assert run("delivery", "run", partner).exit_code == 0
    letters = json.loads(run("delivery", "dead", partner, "-o", "json").stdout)
    assert [item["object"] for item in letters] == [fakes.indicator(n)["id"] for n in (1, 2)]
    assert "422" in letters[0]["reason"]
    assert run("delivery", "retry", partner).exit_code == 2
    assert run("delivery", "retry", partner, "--all", "1").exit_code == 2
    assert "1 of them" in run("delivery", "retry", partner, letters[0]["number"]).stderr
    receiver.refuses = set()
    run("delivery", "run", partner)
    assert receiver.ids() == [fakes.indicator(1)["id"]]
    assert "1 of them" in run("delivery", "drop", partner, "--all").stderr
    assert run("delivery", "dead", partner).stdout == ""


def test_a_wrong_file_is_told_with_its_line(run, partner, folder):
    path = folder / "deliveries" / "partner.toml"
    path.write_text(path.read_text().replace("enabled", "enabeld"))
    result = run("delivery", "list")
    assert "partner.toml:4" in result.stderr


def test_on_a_terminal_the_list_has_headings_and_in_a_pipe_none(run, partner, request):
    piped = run("delivery", "list").stdout.splitlines()
    assert [line.split("\t")[0] for line in piped] == ["partner"]
    request.getfixturevalue("terminal")
    heading, row = run("delivery", "list").stdout.splitlines()
    assert heading.split()[:2] == ["NAME", "READER"]
    assert row.startswith("partner ")
