"""hub pull and hub push against the hub itself, and against servers of somebody else."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from connectors.taxii import client
from hub.cli import connect
from tests import fakes
from tests.unit.cli.conftest import Run
from tests.unit.cli.partner import PartnerServer

SPACED = b'{ "type" : "x-a",\n "id":"x-a--00000000-0000-4000-8000-000000000001" }'
URL = "http://127.0.0.1:1/root/collections/one/"


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client.time, "sleep", lambda _: None)


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def write(path: Path, *objects: dict) -> Path:
    path.write_bytes(b"".join(json.dumps(item).encode() + b"\n" for item in objects))
    return path


def publish(run: Run, url: str, *numbers: int) -> None:
    found = run(
        "push", url, write(Path("in.ndjson"), *map(fakes.indicator, numbers)), token="publisher"
    )
    assert found.exit_code == 0, found.stderr


def test_what_was_pushed_is_pulled(run: Run, hub_url: str, folder: Path) -> None:
    publish(run, hub_url, *range(25))
    found = run("pull", hub_url, "--out", "out.ndjson", "--limit", 10, token="reader")
    assert found.exit_code == 0, found.stderr
    assert found.stdout == ""
    assert lines_of(folder / "out.ndjson") == [fakes.indicator(n) for n in range(25)]
    cursor = json.loads((folder / "out.ndjson.cursor").read_bytes())
    assert found.stderr == f"25 objects, up to {cursor['added_after']}\n"
    assert cursor["size"] == (folder / "out.ndjson").stat().st_size


def test_a_later_pull_brings_what_is_new(run: Run, hub_url: str, folder: Path) -> None:
    publish(run, hub_url, 1, 2)
    pull = ("pull", hub_url, "--out", "out", "--cursor", "mine", "--since", "2020-01-01T00:00:00Z")
    assert run(*pull, token="reader").exit_code == 0
    publish(run, hub_url, 2, 3)
    found = run(*pull, token="reader")
    assert found.stderr.startswith("1 objects")
    assert lines_of(folder / "out") == [fakes.indicator(n) for n in (1, 2, 3)]
    assert (folder / "mine").exists()


def test_bytes_come_back_as_they_were_sent(run: Run, hub_url: str, folder: Path) -> None:
    Path("in.json").write_bytes(b'{"objects":[%b]}' % SPACED)
    assert run("push", hub_url, "in.json", token="publisher").exit_code == 0
    assert (
        run("pull", hub_url, "--format", "bundle", token="reader").stdout_bytes.count(SPACED) == 1
    )
    assert run("pull", hub_url, token="reader").stdout_bytes == SPACED.replace(b"\n", b" ") + b"\n"


def test_a_bundle_grows(run: Run, hub_url: str, folder: Path) -> None:
    for numbers in ((1, 2), (3,), ()):
        if numbers:
            publish(run, hub_url, *numbers)
        found = run("pull", hub_url, "--out", "out.json", "--format", "bundle", token="reader")
        assert found.exit_code == 0, found.stderr
        bundle = json.loads((folder / "out.json").read_bytes())
        assert bundle["type"] == "bundle"
    assert bundle["objects"] == [fakes.indicator(n) for n in (1, 2, 3)]


def test_filters(run: Run, hub_url: str) -> None:
    mine = {"type": "x-a", "id": f"x-a--{fakes.uuid_of(5)}"}
    path = write(Path("in"), fakes.indicator(1), fakes.indicator(1, 2), mine)
    assert run("push", hub_url, path, token="publisher").exit_code == 0

    def pulled(*options: str) -> list[str]:
        found = run("pull", hub_url, *options, token="reader")
        assert found.exit_code == 0, found.stderr
        return [json.loads(line)["type"] for line in found.stdout.splitlines()]

    assert pulled() == ["indicator", "x-a"]
    assert pulled("--versions", "all") == ["indicator", "indicator", "x-a"]
    assert pulled("--type", "x-a") == ["x-a"]
    assert pulled("--type", "x-a", "--type", "indicator") == ["indicator", "x-a"]
    assert pulled("--since", "2999-01-01T00:00:00Z") == []


def test_push_says_what_became_of_each(run: Run, hub_url: str) -> None:
    publish(run, hub_url, 1, 2)
    bad = fakes.indicator(4, pattern="[oops")
    changed = fakes.indicator(2, name="other")
    path = write(Path("in"), fakes.indicator(1), changed, fakes.indicator(3), bad)
    found = run("push", hub_url, path, "-o", "json", token="publisher")
    assert found.exit_code == 6
    answer = json.loads(found.stdout)
    counts = {"added": 1, "replaced": 1, "unchanged": 1, "pending": 0, "failed": 1}
    assert answer["summary"] == counts
    (refused,) = answer["refused"]
    assert refused["id"] == bad["id"]
    assert refused["version"] == bad["modified"]
    assert refused["reason"].startswith("in line 4.pattern: ")


def test_push_as_a_table(run: Run, hub_url: str) -> None:
    path = write(Path("in"), fakes.indicator(1), {"type": "x"})
    found = run("push", hub_url, path, token="publisher")
    first, *rest = found.stdout.splitlines()
    assert first.startswith("unknown\tunknown\tin line 2.")
    assert rest == ["added\t1", "replaced\t0", "unchanged\t0", "pending\t0", "failed\t1"]


def test_a_pushed_file_can_be_pushed_again(run: Run, hub_url: str) -> None:
    publish(run, hub_url, *range(5))
    found = run("push", hub_url, "in.ndjson", "-o", "json", token="publisher")
    assert found.exit_code == 0
    assert json.loads(found.stdout)["summary"]["unchanged"] == 5


@pytest.mark.parametrize("batch", [1, 3, 1000])
def test_batches(run: Run, hub_url: str, batch: int) -> None:
    path = write(Path("in"), *map(fakes.indicator, range(7)))
    found = run("push", hub_url, path, "--batch", batch, "-o", "json", token="publisher")
    assert json.loads(found.stdout)["summary"]["added"] == 7


def test_push_from_standard_input_and_gzip(run: Run, hub_url: str) -> None:
    raw = json.dumps(fakes.indicator(1)).encode()
    found = run("push", hub_url, "-", "-o", "json", token="publisher", stdin=raw + b"\n")
    assert json.loads(found.stdout)["summary"]["added"] == 1
    Path("in.gz").write_bytes(gzip.compress(raw))
    found = run("push", hub_url, "in.gz", "-o", "json", token="publisher")
    assert json.loads(found.stdout)["summary"]["unchanged"] == 1


def test_what_is_no_json_does_not_spoil_the_rest(run: Run, hub_url: str) -> None:
    good = json.dumps(fakes.indicator(1)).encode()
    Path("in.ndjson").write_bytes(b'{"type":\n' + good + b'\n{"a":NaN}\n')
    found = run("push", hub_url, "in.ndjson", "-o", "json", token="publisher")
    answer = json.loads(found.stdout)
    assert found.exit_code == 6
    assert answer["summary"]["added"] == 1
    assert [row["reason"].partition(":")[0] for row in answer["refused"]] == [
        "in.ndjson line 1",
        "in.ndjson line 3",
    ]


def test_an_envelope_that_is_too_large_is_halved(run: Run, hub_url: str, folder: Path) -> None:
    status = {"id": str(fakes.uuid_of(9)), "status": "complete", "pending_count": 0}
    server = PartnerServer()
    server.will({"title": "Too large"}, 413)
    server.will({"title": "Too large"}, 413)
    for count in (1, 1, 2):
        counts = {"total_count": count, "success_count": count, "failure_count": 0}
        server.will(status | counts, 202)
    path = write(Path("in"), *map(fakes.indicator, range(4)))
    try:
        found = run("push", server.url, path, "-o", "json", token="publisher")
    finally:
        server.stop()
    sizes = [len(json.loads(asked.body)["objects"]) for asked in server.asked]
    # Four are too many, and so are two; then the other two fit together.
    assert sizes == [4, 2, 1, 1, 2]
    assert json.loads(found.stdout)["summary"]["added"] == 4


def test_one_object_that_is_too_large(run: Run, partner_server: PartnerServer) -> None:
    partner_server.will({"title": "Too large"}, 413)
    path = write(Path("in"), fakes.indicator(1))
    found = run("push", partner_server.url, path, "-o", "json")
    assert found.exit_code == 6
    assert "in line 1" in json.loads(found.stdout)["refused"][0]["reason"]


def test_a_push_that_breaks_off_says_how_far_it_came(
    run: Run, partner_server: PartnerServer
) -> None:
    counts = {"total_count": 2, "success_count": 2, "failure_count": 0, "pending_count": 0}
    partner_server.will({"id": "1", "status": "complete"} | counts, 202)
    partner_server.will({"title": "Busy"}, 503)
    path = write(Path("in"), *map(fakes.indicator, range(4)))
    found = run("push", partner_server.url, path, "--batch", 2, "-o", "json")
    assert found.exit_code == 7
    assert json.loads(found.stdout)["summary"]["added"] == 2
    assert "push the same file again" in found.stderr
    assert "answers 503: Busy" in found.stderr


def test_refused_objects_that_are_not_named(run: Run, partner_server: PartnerServer) -> None:
    counts = {"total_count": 3, "success_count": 1, "failure_count": 1, "pending_count": 1}
    partner_server.will({"id": "1", "status": "complete"} | counts, 202)
    path = write(Path("in"), *map(fakes.indicator, range(3)))
    found = run("push", partner_server.url, path, "-o", "json")
    answer = json.loads(found.stdout)
    assert found.exit_code == 6
    assert {k: v for k, v in answer["summary"].items() if v} == {
        "added": 1,
        "pending": 1,
        "failed": 1,
    }
    assert answer["refused"] == []


def test_dry_run_sends_nothing(run: Run) -> None:
    odd = fakes.indicator(2) | {"x_own": 1}
    path = write(Path("in"), fakes.indicator(1), odd, {"type": "x-a"})
    found = run("push", URL, path, "--dry-run", "-o", "json")
    assert found.exit_code == 6
    answer = json.loads(found.stdout)
    assert answer["summary"] == {"passed": 1, "warned": 1, "failed": 1}
    assert answer["refused"][0]["reason"].startswith("in line 3.id")


EXITS = {
    "without credentials": ("", fakes.uuid_of(1), 4),
    "as nobody known": ("nobody", fakes.uuid_of(1), 4),
    "without a right": ("partner", fakes.uuid_of(4), 5),
    "what is not there": ("reader", fakes.uuid_of(50), 5),
    "what may only be written": ("publisher", fakes.uuid_of(3), 6),
}


@pytest.mark.parametrize("name", EXITS)
def test_exit_codes(run: Run, hub_url: str, folder: Path, name: str) -> None:
    token, collection, code = EXITS[name]
    url = hub_url.replace(str(fakes.uuid_of(1)), str(collection))
    found = run("pull", url, "--out", "out", token=token)
    assert found.exit_code == code, found.stderr
    assert found.stderr.startswith(f"hub: {url}objects/ answers 40")
    assert found.stderr.count("\n") == 1


def test_nobody_there(run: Run) -> None:
    found = run("pull", URL, "--out", "out")
    assert found.exit_code == 7
    assert "trying again" in found.stderr


def test_log_in_by_password(run: Run, hub_url: str) -> None:
    pull = ("pull", hub_url, "--account", "reader", "--password-stdin")
    assert run(*pull, stdin=f"{fakes.PASSWORD}\n").exit_code == 0
    assert run(*pull, stdin="wrong\n").exit_code == 4
    # An account that is named wins over the token in the environment.
    assert run(*pull, stdin="wrong\n", token="reader").exit_code == 4


USAGE = {
    "no URL": ("pull", "national"),
    "no web address": ("pull", "ftp://127.0.0.1/root/collections/one/"),
    "a password in the URL": ("pull", "http://ann:secret@127.0.0.1/root/collections/one/"),
    "no timestamp": ("pull", URL, "--since", "yesterday"),
    "no password": ("pull", URL, "--account", "reader"),
    "an empty password": ("pull", URL, "--account", "reader", "--password-stdin"),
    "no such file": ("push", URL, "none.json"),
    "two things from standard input": ("push", URL, "-", "--account", "a", "--password-stdin"),
    "no objects per request": ("pull", URL, "--limit", "0"),
    "no such form": ("pull", URL, "--format", "csv"),
    "no such trust": ("pull", URL, "--ca-file", "none.pem"),
}


@pytest.mark.parametrize("name", USAGE)
def test_usage(run: Run, name: str) -> None:
    found = run(*USAGE[name])
    assert found.exit_code == 2, found.stderr
    assert found.stdout == ""
    assert "secret" not in found.stderr


def test_a_file_that_cannot_be_written(run: Run, hub_url: str) -> None:
    found = run("pull", hub_url, "--out", "none/out", token="reader")
    assert found.exit_code == 1
    assert "No such file" in found.stderr


@pytest.mark.parametrize(
    ("url", "is_private"),
    [
        ("https://cert.example/", True),
        ("http://localhost:1/", True),
        ("http://127.0.0.2/", True),
        ("http://[::1]/", True),
        ("http://192.0.2.1/", False),
        ("http://cert.example/", False),
    ],
)
def test_credentials_in_the_clear_are_warned_of(
    url: str, is_private: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {
        "account": "",
        "password_stdin": False,
        "ca_file": None,
        "dangerously_skip_tls_check": False,
    }
    monkeypatch.delenv("HUB_TOKEN", raising=False)
    connect.connect(url, **options)
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("HUB_TOKEN", "secret")
    connect.connect(url, **options)
    connect.connect(url, **(options | {"dangerously_skip_tls_check": True}))
    warned = capsys.readouterr().err
    assert "nothing proves" in warned
    assert ("can be read on the way" in warned) is not is_private
    assert "secret" not in warned
