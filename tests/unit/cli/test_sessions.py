"""Sessions, second factors and identities from the command line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.model.session import Opening, Proof, Renewal
from hub.store.base import Act
from hub.store.sqlite import SqliteStore
from tests import fakes
from tests.unit.cli.conftest import Run

ACT = Act("x", "", "test", "test")
HOUR_US = 3_600_000_000


@pytest.fixture
def store(folder: Path) -> Iterator[SqliteStore]:
    """The store of the hub; `reader` has the sessions r1 and r2, `partner` has p1."""
    opened = fakes.open_store(folder / "hub.sqlite")
    for session_id, account in (("r1", "reader"), ("r2", "reader"), ("p1", "partner")):
        start(opened, session_id, account)
    yield opened
    opened.close()


def start(store: SqliteStore, session_id: str, account: str) -> None:
    digest = hashlib.sha256(session_id.encode()).digest()
    opening = Opening(session_id, digest, account, "password", HOUR_US, HOUR_US, "Sample", "::1")
    store.start_session(opening, ACT, epoch=store.epoch())


def enrol(store: SqliteStore) -> None:
    """`reader` has a second factor; of its sessions r1 is left."""
    store.offer_factor("reader", b"sealed")
    digest = hashlib.sha256(b"r1").digest()
    store.confirm_factor(Proof("reader", b"sealed", 1), [b"a"], Renewal(digest, digest), ACT)


def ids(store: SqliteStore) -> list[str]:
    return sorted(session.id for session in store.list_sessions())


def test_list(run: Run, store: SqliteStore) -> None:
    enrol(store)
    start(store, "r3", "reader")
    found = run("session", "list", "-o", "json")
    assert found.exit_code == 0, found.stderr
    rows = {row["id"]: row for row in json.loads(found.stdout)}
    assert set(rows) == {"r1", "r3", "p1"}
    assert rows["p1"].pop("created").endswith("Z")
    assert rows["p1"].pop("used") < rows["p1"].pop("expires")
    assert rows["p1"] == {
        "id": "p1",
        "account": "partner",
        "method": "password",
        "waits": False,
        "address": "::1",
        "label": "Sample",
    }
    assert [rows["r1"]["waits"], rows["r3"]["waits"]] == [False, True]
    lines = run("session", "list", "--account", "partner").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["p1"]
    assert "digest" not in found.stdout


def test_revoke_by_id(run: Run, store: SqliteStore) -> None:
    found = run("session", "revoke", "r1", "p1")
    assert (found.exit_code, found.stderr) == (0, "2 sessions ended\n")
    assert ids(store) == ["r2"]
    assert run("session", "revoke", "r1").exit_code == 5
    (_, act), *_ = fakes.acts(store, 1)
    assert (act.account, act.action, act.target) == ("console", "session.end", "p1")


def test_revoke_of_an_account(run: Run, store: SqliteStore) -> None:
    assert run("session", "revoke", "--account", "reader").stderr == "2 sessions ended\n"
    assert ids(store) == ["p1"]
    assert run("session", "revoke", "--account", "reader").stderr == "0 sessions ended\n"


def test_revoke_all(run: Run, store: SqliteStore) -> None:
    assert run("session", "revoke", "--all").stderr == "3 sessions ended\n"
    assert ids(store) == []


@pytest.mark.parametrize(
    "arguments",
    [(), ("r1", "--all"), ("r1", "--account", "reader"), ("--account", "reader", "--all")],
)
def test_revoke_says_what_it_needs(run: Run, store: SqliteStore, arguments) -> None:
    found = run("session", "revoke", *arguments)
    assert found.exit_code == 2
    assert "--account or --all" in found.stderr
    assert len(ids(store)) == 3


def test_reset_second_factor(run: Run, store: SqliteStore) -> None:
    enrol(store)
    reset = ("account", "reset-second-factor", "reader")
    assert run(*reset).exit_code == 0
    assert store.factor("reader") is None
    assert ids(store) == ["p1"]
    found = run(*reset)
    assert found.exit_code == 5
    assert "no second factor" in found.stderr
    assert run("account", "reset-second-factor", "nobody").exit_code == 5


def identity_of(store: SqliteStore, name: str):
    return store.directory().accounts[name].oidc


def test_link(run: Run, store: SqliteStore) -> None:
    link = ("account", "link", "reader", "--oidc-subject", "sub 1")
    found = run(*link)
    assert found.exit_code == 2
    assert "oidc.issuer" in found.stderr
    issuer = ("--oidc-issuer", "https://id.example.org")
    assert run(*link, *issuer).exit_code == 0
    assert identity_of(store, "reader") == ("https://id.example.org", "sub 1")
    assert ids(store) == ["p1"], "it logs in otherwise now"
    assert run(*link, *issuer).exit_code == 0, "again is no fault"
    taken = run("account", "link", "partner", "--oidc-subject", "sub 1", *issuer)
    assert taken.exit_code == 2
    assert "unlink reader" in taken.stderr
    other = ("--oidc-issuer", "https://other.example.org")
    assert run("account", "link", "partner", "--oidc-subject", "sub 1", *other).exit_code == 0
    assert run("account", "link", "nobody", "--oidc-subject", "x", *issuer).exit_code == 5


def test_link_at_the_configured_provider(run: Run, folder: Path, store: SqliteStore) -> None:
    text = (
        '[server]\npublic_url = "https://hub.example.org"\n[oidc]\nclient_id = "hub"\n'
        'issuer = "https://id.example.org/realm"\nclient_secret_file = "oidc.secret"'
    )
    fakes.make_config(folder, text)
    assert run("account", "link", "reader", "--oidc-subject", "1").exit_code == 0
    assert identity_of(store, "reader") == ("https://id.example.org/realm", "1")


@pytest.mark.parametrize("subject", ["", "a\nb", "x" * 256])
def test_a_subject_that_is_none(run: Run, store: SqliteStore, subject: str) -> None:
    found = run(
        *("account", "link", "reader", "--oidc-subject", subject),
        *("--oidc-issuer", "https://id.example.org"),
    )
    assert found.exit_code == 2
    assert identity_of(store, "reader") is None


def test_unlink(run: Run, store: SqliteStore) -> None:
    issuer = ("--oidc-issuer", "https://id.example.org")
    run("account", "link", "reader", "--oidc-subject", "1", *issuer)
    start(store, "r9", "reader")
    assert run("account", "unlink", "reader").exit_code == 0
    assert identity_of(store, "reader") is None
    assert ids(store) == ["p1"]
    assert run("account", "unlink", "nobody").exit_code == 5


def test_doctor_looks_at_the_secret_of_the_provider(run: Run, folder: Path) -> None:
    text = (
        '[server]\npublic_url = "https://hub.example.org"\n[oidc]\nclient_id = "hub"\n'
        'issuer = "https://id.example.org"\nclient_secret_file = "oidc.secret"'
    )
    fakes.make_config(folder, text)
    found = run("doctor", "-o", "json")
    (line,) = [row for row in json.loads(found.stdout) if row["what"] == "secret"]
    assert line["result"] == "fail"
    assert "oidc.client_secret_file" in line["detail"]
