"""`hub search` and `hub lookup` against a hub that serves."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stix2
from click.testing import CliRunner, Result

from hub.cli.main import main
from tests import fakes
from tests.e2e.serving import Room, Server

Run = Callable[..., Result]


@pytest.fixture
def shelf(room: Room) -> Room:
    name = room.collection.alias
    room.add(
        fakes.indicator(
            1,
            name="Lừa đảo http://bank.example",
            pattern=f"[domain-name:value = 'login.{name}.example']",
        ),
        fakes.indicator(2, pattern="[ipv4-addr:value = '198.51.100.7']", labels=["c2"]),
        fakes.indicator(3, pattern="[ipv4-addr:value = '198.51.100.0/24']"),
    )
    return room


@pytest.fixture
def run(server: Server, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("HUB_URL", server.url)
    monkeypatch.setenv("HUB_TOKEN", fakes.token_of("publisher"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def call(*words: str, **more: Any) -> Result:
        return CliRunner().invoke(main, [*words], **more)

    return call


def of(shelf: Room, more: str = "") -> str:
    return f"collection:{shelf.collection.alias} {more}".strip()


def test_a_table_is_defanged(run: Run, shelf: Room) -> None:
    host = f"login.{shelf.collection.alias}.example"
    found = run("search", of(shelf, host))
    assert found.exit_code == 0, found.stderr
    (line,) = found.stdout.splitlines()
    added, tlp, kind, name, matched, publisher, alias, object_id = line.split("\t")
    assert (tlp, kind, publisher) == ("green", "indicator", "ministry")
    assert name == "Lừa đảo hxxp://bank.example"
    assert f"login.{shelf.collection.alias}[.]example" in matched
    assert (alias, object_id) == (shelf.collection.alias, fakes.indicator(1)["id"])
    assert len(added) == 16
    assert found.stderr == "1 objects\n"
    raw = run("search", of(shelf, host), "--raw").stdout
    assert f"\tLừa đảo http://bank.example\t{host}" in raw


def test_what_has_no_name_says_what_it_is(run: Run, room: Room) -> None:
    link = {name: fakes.indicator(1)[name] for name in ("spec_version", "created", "modified")} | {
        "type": "relationship",
        "id": f"relationship--{fakes.uuid_of(1)}",
        "relationship_type": "indicates",
        "source_ref": fakes.indicator(1)["id"],
        "target_ref": f"malware--{fakes.uuid_of(2)}",
    }
    room.add(link)
    (line,) = run("search", of(room, "type:relationship")).stdout.splitlines()
    assert line.split("\t")[3] == "indicator indicates malware"


def test_what_begins_with_a_dash(run: Run, shelf: Room) -> None:
    refused = run("search", "-tlp:red")
    assert refused.exit_code == 2
    assert "hub search -- '" in " ".join(refused.stderr.replace("main", "hub").split())
    assert run("search", "--fromat", "csv").stderr.count("--format") == 1
    found = run("search", "--", of(shelf, "-has:domain"))
    assert len(found.stdout.splitlines()) == 2


def test_nothing_found_for_several_conditions(run: Run, shelf: Room) -> None:
    found = run("search", of(shelf, "198.51.100.7 203.0.113.9"))
    assert (found.exit_code, found.stdout) == (0, "")
    assert found.stderr.startswith("0 objects\nAll of it must hold.")
    assert run("search", "type:nothing").stderr == "0 objects\n"


def test_words_stand_as_they_were_asked_for(run: Run, shelf: Room) -> None:
    (line,) = run("search", of(shelf, "lua dao")).stdout.splitlines()
    assert line.split("\t")[4] == "lua, dao"


def test_json_and_limits(run: Run, shelf: Room) -> None:
    some = run("search", of(shelf), "--format", "json", "--limit", "2")
    assert len(json.loads(some.stdout)) == 2
    assert some.stderr == "2 objects; there are more: --limit 0 gives all\n"
    every = run("search", of(shelf), "--format", "json", "--limit", "0")
    assert [hit["object"] for hit in json.loads(every.stdout)] == shelf.objects()[::-1]
    assert every.stderr == "3 objects\n"


def test_all_pages_are_read(run: Run, room: Room) -> None:
    room.add(*(fakes.indicator(number) for number in range(1, 451)))
    found = run("search", of(room), "--limit", "0")
    assert len(set(found.stdout.splitlines())) == 450
    most = run("search", of(room), "--limit", "300")
    assert len(most.stdout.splitlines()) == 300
    assert "there are more" in most.stderr


def test_files_are_whole(run: Run, room: Room) -> None:
    room.add(*(fakes.indicator(number) for number in range(1, 451)))
    rows = run("search", of(room), "--format", "csv").stdout_bytes.decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(rows)))) == 450
    bundle = run("search", of(room), "--format", "stix").stdout
    assert len(stix2.parse(bundle).objects) == 450
    values = run("search", of(room), "--format", "text", "--field", "ip").stdout.splitlines()
    assert len(values) == 450
    assert run("search", of(room), "--format", "text", "--field", "mac").stdout == ""


def test_facets(run: Run, shelf: Room) -> None:
    found = run("search", of(shelf), "--facets", "type", "--facets", "has")
    assert found.stdout == "type\tindicator\t3\nhas\tip\t2\nhas\tdomain\t1\n"
    as_json = run("search", of(shelf), "--facets", "type", "--format", "json").stdout
    assert json.loads(as_json) == [{"field": "type", "value": "indicator", "count": 3}]


@pytest.mark.parametrize(
    ("locale", "said"), [("C.UTF-8", "is not closed"), ("vi_VN.UTF-8", "chưa được đóng")]
)
def test_an_error_points_at_the_place(
    run: Run, monkeypatch: pytest.MonkeyPatch, locale: str, said: str
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    found = run("search", "name:lừa AND (type:x")
    message, query, mark = found.stderr.splitlines()
    assert found.exit_code == 2
    assert said in message
    assert query[mark.index("^")] == "("


@pytest.mark.parametrize(
    "words",
    [
        ("search", "x", "--format", "csv", "--limit", "3"),
        ("search", "x", "--format", "stix", "--facets", "type"),
        ("search", "x", "--field", "ip"),
        ("search", "x", "--url", "ftp://host"),
        ("search", "x", "--url", "https://me:secret@host"),
        ("search", "x", "--facets", "nothing"),
        ("lookup",),
    ],
)
def test_what_does_not_go_together(run: Run, words: tuple[str, ...]) -> None:
    found = run(*words)
    assert found.exit_code == 2
    assert "secret" not in found.output


def test_other_exit_codes(run: Run, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = run("search", "x", "--url", "http://127.0.0.1:9")
    assert (gone.exit_code, "cannot be reached" in gone.stderr) == (7, True)
    assert run("search", "x", "--url", f"{server.url}/taxii2").exit_code == 5
    monkeypatch.setenv("HUB_TOKEN", "hub_wrong")
    assert run("search", "x").exit_code == 4
    assert run("lookup", "192.0.2.1").exit_code == 4
    monkeypatch.delenv("HUB_TOKEN")
    assert run("search", "type:nothing").exit_code == 0


class TestLookup:
    def test_a_known_value_is_exit_code_10(self, run: Run, shelf: Room) -> None:
        host = f"login[.]{shelf.collection.alias}(.)example"
        found = run("lookup", host, "unknown.example", "word")
        assert found.exit_code == 10, found.stderr
        known, unknown, odd = (line.split("\t") for line in found.stdout.splitlines())
        assert known[:3] == ["known", f"login.{shelf.collection.alias}[.]example", "1"]
        assert known[5:] == ["green", "ministry", ""]
        assert unknown == ["unknown", "unknown[.]example", "0", "", "", "", "", ""]
        assert (odd[0], odd[-1]) == ("not-understood", "word")
        assert found.stderr == "1 known, 1 unknown, 1 not understood\n"
        assert run("lookup", "unknown.example").exit_code == 0

    def test_from_standard_input_and_files(self, run: Run, shelf: Room, tmp_path: Path) -> None:
        host = f"login.{shelf.collection.alias}.example"
        piped = run("lookup", "-", "--raw", input=f"{host}\n\nunknown.example\n")
        assert (piped.exit_code, piped.stdout.splitlines()[0].split("\t")[1]) == (10, host)
        file = tmp_path / "values.txt"
        file.write_text(f"\ufeff{host}\n", encoding="utf-8")
        assert run("lookup", "--file", str(file)).exit_code == 10
        (item,) = json.loads(run("lookup", "--file", str(file), "--format", "json").stdout)
        assert (item["given"], item["value"], item["count"]) == (host, host, 1)

    def test_files_of_windows_and_files_that_are_none(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "values"
        file.write_bytes("2001:db8:ffff::1\r\n2001:db8:ffff::2\r\n".encode("utf-16"))
        found = run("lookup", "--file", str(file))
        assert found.stderr == "0 known, 2 unknown, 0 not understood\n"
        file.write_bytes(b"192.0.2.99\n\xe2\x28")
        for refused in (run("lookup", "--file", str(file)), run("lookup", "-", input=b"\xe2\x28")):
            assert refused.exit_code == 2
            assert "is no text in UTF-8" in refused.stderr

    def test_lines_of_a_report(self, run: Run, shelf: Room) -> None:
        lines = ["- 198.51.100.7", "2. 198[.]51[.]100[.]7", "IP: 198.51.100.7", "ip=198.51.100.7"]
        found = run("lookup", "-", "--format", "json", input="\n".join(lines))
        assert [item["given"] for item in json.loads(found.stdout)] == lines
        assert {item["value"] for item in json.loads(found.stdout)} == {"198.51.100.7"}

    def test_more_than_one_request_takes(self, run: Run, shelf: Room) -> None:
        values = [f"10.{n >> 8}.{n & 255}.1" for n in range(10_001)]
        found = run("lookup", "-", input="\n".join(values))
        assert (found.exit_code, len(found.stdout.splitlines())) == (0, 10_001)
        assert found.stderr == "0 known, 10001 unknown, 0 not understood\n"
