"""hub export --all, and the way back into an empty hub by hub restore."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from hub.cli import ledger, transfer
from hub.cli.base import program_version
from hub.errors import Fault, HubError
from hub.model.party import Party
from hub.model.query import Scope
from hub.store.base import Act
from tests import fakes
from tests.conformance.builders import (
    ACT,
    EVERY,
    ONE,
    SEES_ALL,
    TWO,
    candidate,
    object_id,
    publish,
    removal,
    select,
)
from tests.conformance.test_archive import readable
from tests.unit.cli.conftest import Run

RAW = '{"type":"x-sample",\r\n "text":"Bộ Mẫu \\u2028 \U0001f512\u2028"}'.encode()
SECRETS = {("Account", "password"), ("Account", "oidc"), ("Token", "digest")}
"""Fields of parties that leave the hub with --with-secrets alone."""


@pytest.fixture
def lived(folder: Path) -> Path:
    """A hub with new, replaced and deleted objects in two collections."""
    with closing(fakes.open_store(folder / "hub.sqlite")) as store:
        publish(store, candidate(1, fields=[("name", "n")]), candidate(1, 1), candidate(2))
        publish(store, candidate(2, content="b"), candidate(3)._replace(raw=RAW), org="ministry")
        publish(store, candidate(1, warnings=("w1", "w2")), candidate(4), to=TWO, org="grid")
        publish(store, candidate(5)._replace(raw=b"\xff\x00 not UTF-8"))
        scope = Scope("c", "grid", SEES_ALL.readable, moderates=True)
        query = select(EVERY, collection=TWO.key, ids=(object_id(4),))
        assert store.remove(scope, removal(query, org="grid")) == 1
    return folder


def exported(run: Run, *options: str) -> list[dict[str, Any]]:
    found = run("export", "--all", *options)
    assert found.exit_code == 0, found.stderr
    return [json.loads(line) for line in found.stdout_bytes.splitlines()]


def of(lines: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["line"] == kind]


class TestLines:
    def test_first_and_last_say_what_is_between(self, run: Run, lived: Path) -> None:
        raw = run("export", "--all").stdout_bytes
        first, *between, last = raw.splitlines(keepends=True)
        head, end = json.loads(first), json.loads(last)
        assert first.startswith(ledger.START)
        assert (head["hub_export"], head["hub"]) == (2, program_version())
        assert head["with_secrets"] is False
        assert end["changes"] == 9
        assert end["parties"] + end["changes"] == len(between)
        assert end["sha256"] == hashlib.sha256(raw.removesuffix(last)).hexdigest()

    def test_changes_come_in_their_order_with_their_records(self, run: Run, lived: Path) -> None:
        changes = of(exported(run), "change")
        assert [line["ordinal"] for line in changes] == list(range(1, 10))
        kinds = [line["change"] for line in changes]
        assert kinds == ["add"] * 3 + ["replace"] + ["add"] * 4 + ["delete"]
        assert changes[0]["record"]["publisher"] == "ministry"
        assert changes[5]["record"]["publisher"] == "grid"
        assert changes[0]["collection"] == ONE.id
        assert [line["record"].get("gone", False) for line in changes[:-1]] == [
            *(False, False, True, False, False, False, True, False),
        ]
        assert "record" not in changes[-1]
        assert changes[-1]["added"] == changes[6]["added"]
        assert changes[0]["added"] < changes[1]["added"] < changes[-1]["at"]

    def test_the_bytes_are_those_that_came(self, run: Run, lived: Path) -> None:
        records = [line["record"] for line in of(exported(run), "change")[:-1]]
        assert records[4]["raw"].encode() == RAW
        assert "raw" not in records[7]
        assert records[7]["raw_base64"] == "/wAgbm90IFVURi04"
        assert "raw" not in records[2]

    def test_parties_come_before_the_changes(self, run: Run, lived: Path) -> None:
        lines = exported(run)
        kinds = [line["line"] for line in lines]
        assert kinds == ["head"] + ["party"] * kinds.count("party") + ["change"] * 9 + ["end"]


class TestSecrets:
    def test_stay_inside(self, run: Run, lived: Path) -> None:
        lines = exported(run)
        text = json.dumps(lines)
        assert "argon2" not in text
        assert [line["kind"] for line in of(lines, "party")].count("token") == 0
        accounts = [line["fields"] for line in of(lines, "party") if line["kind"] == "account"]
        assert len(accounts) == len(fakes.ROLES)
        assert all("password" not in fields for fields in accounts)
        assert "nobody could log in" in run("export", "--all").stderr

    def test_leave_on_demand(self, run: Run, lived: Path) -> None:
        lines = exported(run, "--with-secrets")
        assert json.dumps(lines).count("$argon2id$") == len(fakes.ROLES)
        assert [line["kind"] for line in of(lines, "party")].count("token") == 7

    def test_every_field_of_a_party_was_looked_at(self) -> None:
        """A new field is left out of exports until somebody decides that it is no secret."""
        every = {
            (kind.__name__, field) for kind in get_args(Party) for field in kind.__struct_fields__
        }
        open_ = {
            (kind.__name__, field) for kind, fields in ledger._OPEN.items() for field in fields
        }
        # Credentials are nothing without their digest: none of their fields leaves alone.
        token = {(kind, field) for kind, field in every if kind in {"Token", "Certificate"}}
        assert every - open_ == SECRETS | token
        assert open_ <= every

    @pytest.mark.parametrize("party", fakes.parties(), ids=lambda p: type(p).__name__)
    def test_a_party_comes_back(self, party: Party) -> None:
        line = ledger.party_line(party, with_secrets=True)
        assert line is not None
        again = msgspec.json.decode(msgspec.json.encode(line), type=ledger.PartyLine)
        assert ledger.party_of(again) == party

    def test_a_directory_is_everybody(self, folder: Path) -> None:
        with closing(fakes.open_store(folder / "hub.sqlite")) as store:
            found = list(ledger.everybody(store.directory()))
        assert len(found) == len(fakes.parties())
        assert set(found) == set(fakes.parties())


class TestFile:
    def test_is_for_the_owner_alone(self, run: Run, lived: Path) -> None:
        assert run("export", "--all", "--out", "all").exit_code == 0
        assert (lived / "all").stat().st_mode & 0o777 == 0o600
        assert list(lived.glob("*.part")) == []

    def test_can_be_gzipped(self, run: Run, lived: Path) -> None:
        assert run("export", "--all", "--out", "all.gz").exit_code == 0
        lines = gzip.decompress((lived / "all.gz").read_bytes()).splitlines()
        assert len(lines) == len(exported(run))

    @pytest.mark.parametrize(
        "arguments",
        [
            ["--all", "shared"],
            ["--all", "--account", "reader"],
            [],
            ["shared"],
            ["--account", "reader"],
            ["shared", "--account", "reader", "--with-secrets"],
            ["--all", "--format", "bundle"],
            ["--all", "--versions", "all"],
        ],
        ids=str,
    )
    def test_options_that_do_not_go_together(self, run: Run, arguments: list[str]) -> None:
        assert run("export", *arguments).exit_code == 2


def move(folder: Path) -> Path:
    """The store goes elsewhere."""
    (folder / "old").mkdir()
    for path in folder.glob("hub.sqlite*"):
        path.rename(folder / "old" / path.name)
    return folder / "old" / "hub.sqlite"


class TestBack:
    @pytest.mark.parametrize("name", ["all.ndjson", "all.gz"])
    @pytest.mark.parametrize("options", [[], ["--with-secrets"]], ids=str)
    def test_readers_get_the_same_pages(
        self, run: Run, lived: Path, name: str, options: list[str]
    ) -> None:
        assert run("export", "--all", "--out", name, *options).exit_code == 0
        old = move(lived)
        found = run("restore", name, "-o", "json")
        assert found.exit_code == 0, found.stderr
        rows = {row["what"]: row["value"] for row in json.loads(found.stdout)}
        assert (rows["kind"], rows["ordinal"]) == ("export", 9)
        assert ("Nobody can log in" in found.stderr) is not bool(options)
        with (
            closing(fakes.open_store(old)) as before,
            closing(fakes.open_store(lived / "hub.sqlite")) as after,
        ):
            assert readable(after) == readable(before)
            assert after.replay(0, 100) == before.replay(0, 100)
            parties = [list(ledger.everybody(s.directory())) for s in (before, after)]
            if options:
                assert parties[0] == parties[1]
            assert after.faults() == []
            publish(after, candidate(99))
            assert after.replay(9, 9)[0].change.ordinal == 10

    def test_every_answer_is_the_same(self, run: Run, lived: Path) -> None:
        from hub.app import create_app  # slow to import: few tests need HTTP

        assert run("export", "--all", "--with-secrets", "--out", "all").exit_code == 0
        old = move(lived)
        assert run("restore", "all").exit_code == 0
        config = fakes.make_config(lived)
        with (
            closing(fakes.open_store(old)) as before,
            closing(fakes.open_store(lived / "hub.sqlite")) as after,
        ):
            clients = [create_app(config, store).test_client() for store in (before, after)]
            paths = list(walks())
            seen = [[answer(client, *path) for path in paths] for client in clients]
        assert seen[0] == seen[1]
        assert any(b'"next":' in body for _, body, _ in seen[0])

    def test_an_export_of_it_is_the_same_export(self, run: Run, lived: Path) -> None:
        first = exported(run, "--with-secrets")
        run("export", "--all", "--with-secrets", "--out", "all")
        move(lived)
        assert run("restore", "all").exit_code == 0
        assert exported(run, "--with-secrets")[1:-1] == first[1:-1]

    def test_an_export_is_verified_only(self, run: Run, lived: Path) -> None:
        run("export", "--all", "--out", "all")
        before = (lived / "hub.sqlite").read_bytes()
        found = run("restore", "all", "--verify-only")
        assert found.exit_code == 0, found.stderr
        assert (lived / "hub.sqlite").read_bytes() == before

    def test_an_empty_hub(self, run: Run, folder: Path) -> None:
        assert run("export", "--all", "--out", "all").exit_code == 0
        move(folder)
        assert run("restore", "all").exit_code == 0

    def test_large_objects(self, run: Run, folder: Path) -> None:
        items = [candidate(n, content="x" * 1_000_000) for n in range(20)]
        with closing(fakes.open_store(folder / "hub.sqlite")) as store:
            publish(store, *items)
        assert run("export", "--all", "--out", "all").exit_code == 0
        move(folder)
        assert run("restore", "all").exit_code == 0
        with closing(fakes.open_store(folder / "hub.sqlite")) as store:
            found = [item.record for n in range(20) for item in store.replay(n, 1)]
            assert found == items


def walks() -> Iterator[tuple[str, str]]:
    """Addresses and who asks."""
    for account in ("reader", "partner"):
        yield "/taxii2/", account
        yield "/hub/collections/", account
        for collection in (ONE, TWO):
            for what in ("objects", "manifest"):
                for query in ("limit=1", "match[version]=all", "match[type]=indicator"):
                    yield f"/hub/collections/{collection.id}/{what}/?{query}", account


def answer(client: Any, path: str, account: str) -> tuple[int, bytes, list[Any]]:
    headers = fakes.bearer(account) | {"Accept": "application/taxii+json;version=2.1"}
    found = client.get(path, headers=headers)
    dates = [value for name, value in found.headers if name.startswith("X-TAXII")]
    return found.status_code, found.data, dates


def sealed(lines: list[bytes]) -> list[bytes]:
    """With a last line that fits."""
    body = lines[:-1]
    end = {
        "line": "end",
        "parties": sum(b'"line":"party"' in line for line in body),
        "changes": sum(b'"line":"change"' in line for line in body),
        "sha256": hashlib.sha256(b"".join(body)).hexdigest(),
    }
    return [*body, json.dumps(end).encode() + b"\n"]


def replaced(number: int, old: bytes, new: bytes) -> Callable[[list[bytes]], list[bytes]]:
    def edit(lines: list[bytes]) -> list[bytes]:
        assert old in lines[number]
        return [*lines[:number], lines[number].replace(old, new, 1), *lines[number + 1 :]][
            : len(lines)
        ]

    return edit


CHANGE = -10
"""The line of the first change."""

WRONG: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "nothing": (lambda lines: [], "breaks off"),
    "no end": (lambda lines: lines[:-1], "breaks off"),
    "a line is missing": (lambda lines: lines[:CHANGE] + lines[CHANGE + 1 :], "does not fit"),
    "a party is missing": (lambda lines: lines[:3] + lines[4:], "does not fit"),
    "a change at the end is missing": (lambda lines: [*lines[:-2], lines[-1]], "does not fit"),
    "a letter is another": (replaced(CHANGE, b"content", b"contemt"), "does not fit"),
    "more behind it": (lambda lines: [*lines, b"{}\n"], "more behind"),
    "two of them": (lambda lines: lines + lines, "more behind"),
    "a line that is cut": (lambda lines: [*lines[:-1], lines[-1][:-9]], "truncated"),
    "another order": (
        lambda lines: sealed([*lines[:CHANGE], lines[CHANGE + 1], lines[CHANGE], *lines[-8:]]),
        "does not follow",
    ),
    "a field that is not known": (
        lambda lines: sealed(replaced(CHANGE, b'"key":', b'"tlp":"red","key":')(lines)),
        "unknown field `tlp`",
    ),
    "a field of a record that is not known": (
        lambda lines: sealed(replaced(CHANGE, b'"stix":', b'"rank":1,"stix":')(lines)),
        "unknown field `rank`",
    ),
    "a field of a party that is not known": (
        lambda lines: sealed(replaced(1, b'"slug":', b'"rank":1,"slug":')(lines)),
        "no field rank",
    ),
    "a party with more beside its fields": (
        lambda lines: sealed(replaced(1, b'"kind":', b'"tlp":"red","kind":')(lines)),
        "unknown field `tlp`",
    ),
    "a party of no kind": (
        lambda lines: sealed(replaced(1, b'"organisation"', b'"club"')(lines)),
        "no party is a club",
    ),
    "a party without a field": (
        lambda lines: sealed(replaced(1, b'"name_en"', b'"kind"')(lines)),
        "name_en",
    ),
    "a date that is none": (
        lambda lines: sealed(replaced(CHANGE, b'"at":"2', b'"at":"x')(lines)),
        "line 26",
    ),
    "a record without bytes": (
        lambda lines: sealed(replaced(CHANGE, b'"raw":"', b'"raw":null,"terms":"')(lines)),
        "unless it is gone",
    ),
    "a delete with a record": (
        lambda lines: sealed(replaced(CHANGE, b'"change":"add"', b'"change":"delete"')(lines)),
        "does not follow on change 0, or its date is wrong",
    ),
    "a head in the middle": (
        lambda lines: sealed([*lines[:4], lines[0], *lines[4:]]),
        "begins a second time",
    ),
    "a newer format": (
        lambda lines: sealed(replaced(0, b'"hub_export":2', b'"hub_export":3,"more":3')(lines)),
        "format 3, this program knows 2",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_export_that_is_not_right_is_refused(run: Run, lived: Path, name: str) -> None:
    edit, said = WRONG[name]
    run("export", "--all", "--out", "all")
    lines = (lived / "all").read_bytes().splitlines(keepends=True)
    (lived / "all").write_bytes(b"".join(edit(lines)))
    move(lived)
    before = sorted(lived.iterdir())
    found = run("restore", "all")
    assert found.exit_code == 6, found.stderr
    assert said in found.stderr or name == "nothing"
    assert sorted(lived.iterdir()) == before


def test_a_gzipped_export_that_is_damaged(run: Run, lived: Path) -> None:
    run("export", "--all", "--out", "all.gz")
    content = (lived / "all.gz").read_bytes()
    move(lived)
    for broken in (content[:-4], content[:-200], content[:300] + b"\xff" * 40 + content[340:]):
        (lived / "all.gz").write_bytes(broken)
        found = run("restore", "all.gz")
        assert found.exit_code == 6, found.stderr
        assert not (lived / "hub.sqlite").exists()


def test_a_store_that_is_not_empty_is_not_filled(tmp_path: Path) -> None:
    source, target = (fakes.open_store(tmp_path / name) for name in "ab")
    publish(source, candidate(1))
    publish(target, candidate(2))
    head = ledger.Head(1, "", "2026-01-31T08:00:00Z", with_secrets=True)
    with (tmp_path / "out").open("wb") as out:
        transfer.export_all(source, out, head)
    act = Act("console", "", "load", "export")
    with (tmp_path / "out").open("rb") as lines, pytest.raises(HubError) as caught:
        transfer.load(target, lines, act)
    assert caught.value.fault is Fault.BAD_BODY
    source.close()
    target.close()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "breaks off"),
        ([b"Dear hub,\n"], "line 1"),
        ([b'{"line":"end","parties":0,"changes":0,"sha256":""}\n'], "does not begin as one"),
    ],
    ids=["nothing", "a letter", "an end"],
)
def test_what_is_no_export_is_not_loaded(tmp_path: Path, lines: list[bytes], said: str) -> None:
    with closing(fakes.open_store(tmp_path / "hub.sqlite")) as store:
        with pytest.raises(HubError, match=said) as caught:
            transfer.load(store, lines, ACT)
        assert caught.value.fault is Fault.BAD_BODY
        assert store.epoch() == 0


def test_an_export_is_one_state_while_others_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "_PAGE", 2)
    store, other = (fakes.open_store(tmp_path / "hub.sqlite") for _ in range(2))
    fakes.populate(store)
    publish(store, *(candidate(n) for n in range(6)))
    head = ledger.Head(1, "", "2026-01-31T08:00:00Z", with_secrets=True)

    class Busy:
        """Between any two lines somebody publishes, replaces, deletes and withdraws."""

        def __init__(self) -> None:
            self.lines: list[bytes] = []

        def write(self, line: bytes) -> None:
            self.lines.append(line)
            n = len(self.lines)
            assert n < 100, "it ends, though there is always more"
            publish(other, candidate(100 + n), candidate(5, content=str(n)))
            other.remove(SEES_ALL, removal(select(EVERY, ids=(object_id(n % 5),))))
            other.write([], fakes.grants()[:1], ACT, epoch=other.epoch())

        def flush(self) -> None:
            pass

    busy = Busy()
    transfer.export_all(store, busy, head)  # type: ignore[arg-type]
    lines = [json.loads(line) for line in busy.lines]
    assert [line["record"]["raw"].encode() for line in of(lines, "change")] == [
        candidate(n).raw for n in range(6)
    ]
    assert len(of(lines, "party")) == len(fakes.parties())
    store.close()
    other.close()
