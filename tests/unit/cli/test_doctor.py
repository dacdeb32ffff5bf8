"""hub doctor: what it finds, and what it leaves alone."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from hub.cli import surroundings
from hub.model.clock import now_us
from hub.model.party import Account, Directory, Token
from hub.service import condition
from hub.store.base import Act
from tests import fakes
from tests.conformance.builders import candidate, publish
from tests.tools.ports import free_port
from tests.unit.cli.certificate import Certificate
from tests.unit.cli.conftest import Run
from tests.unit.cli.partner import PartnerServer

DAY_US = 86_400_000_000


def findings(run: Run) -> dict[str, tuple[str, str, str]]:
    """Result, detail and remedy, by what was looked at."""
    found = run("doctor", "-o", "json")
    rows = json.loads(found.stdout)
    assert found.exit_code == int(any(row["result"] == "fail" for row in rows)), found.stderr
    return {row["what"]: (row["result"], row["detail"], row["remedy"]) for row in rows}


@pytest.fixture(autouse=True)
def _free_port(folder: Path) -> None:
    """Whatever listens on the default port of this machine is not this hub."""
    fakes.make_config(folder, f"[server]\nport = {free_port()}")


def test_a_sound_hub(run: Run) -> None:
    found = findings(run)
    assert set(found) == {
        *("config", "secret", "disk", "tls", "port"),
        *("schema", "store", "records", "collection", "search"),
    }
    # The sample directory has two collections that nobody may read; that is all there is to find.
    assert {what for what, (result, _, _) in found.items() if result != "ok"} == {"collection"}
    assert found["collection"][:2] == ("warn", "no account may read hidden")
    assert found["port"][1].endswith("is free; the hub is not running")


def test_tables_of_search_that_are_wrong_are_made_anew(run: Run, folder: Path) -> None:
    with closing(fakes.open_store(folder / "hub.sqlite")) as store:
        publish(store, candidate(1))
        store.database.connection().execute("DELETE FROM found")
    result, detail, remedy = findings(run)["search tables"]
    assert (result, detail) == ("fail", "words of records that are gone: 1")
    assert "`hub index rebuild --embedded`" in remedy
    made = run("index", "rebuild")
    assert (made.exit_code, made.stderr) == (0, "the tables of search are made anew\n")
    assert "search tables" not in findings(run)


def test_as_a_table(run: Run) -> None:
    first = run("doctor").stdout.splitlines()[0]
    assert first == "ok\tconfig\thub.toml\t"


def test_a_broken_configuration_is_all_that_is_said(run: Run, folder: Path) -> None:
    (folder / "hub.toml").write_text("[store]\npth = 1\n", encoding="utf-8")
    found = run("doctor", "-o", "json")
    (row,) = json.loads(found.stdout)
    assert (found.exit_code, row["result"]) == (1, "fail")
    assert "`store.pth`" in row["detail"]


def test_a_secret_that_others_may_read(run: Run, folder: Path) -> None:
    (folder / "secret.key").chmod(0o644)
    result, detail, _ = findings(run)["secret"]
    assert result == "fail"
    assert "chmod 600" in detail


def test_no_store_is_made(run: Run, folder: Path) -> None:
    (folder / "hub.sqlite").unlink()
    result, _, remedy = findings(run)["store"]
    assert (result, remedy) == ("warn", "`hub serve` makes it.")
    assert not (folder / "hub.sqlite").exists()


@pytest.mark.parametrize(("version", "result"), [(0, "warn"), (99, "fail")])
def test_another_schema(run: Run, folder: Path, version: int, result: str) -> None:
    change(folder, f"PRAGMA user_version = {version}")
    assert findings(run)["schema"][0] == result
    with closing(sqlite3.connect(folder / "hub.sqlite")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (version,)


def test_a_store_that_is_none(run: Run, folder: Path) -> None:
    (folder / "hub.sqlite").write_bytes(b"no database " * 1000)
    result, detail, _ = findings(run)["store"]
    assert result == "fail"
    assert "not a database" in detail


def test_a_gap_in_the_change_log(run: Run, folder: Path) -> None:
    run("import", "shared", "-", "--account", "publisher", stdin=json.dumps(fakes.indicator(1)))
    change(folder, "DELETE FROM change")
    result, detail, _ = findings(run)["records"]
    assert result == "fail"
    assert detail


def test_dates_ahead_of_the_clock(run: Run, folder: Path) -> None:
    change(folder, f"UPDATE clock SET last_us = {now_us() + 3600 * 1_000_000}")
    result, detail, _ = findings(run)["clock"]
    assert result == "warn"
    assert "ahead of the clock" in detail


@pytest.mark.parametrize(
    ("free", "result"), [(1 << 20, "fail"), (1 << 29, "warn"), (1 << 34, "ok")]
)
def test_disk(run: Run, monkeypatch: pytest.MonkeyPatch, free: int, result: str) -> None:
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(condition.shutil, "disk_usage", lambda _: usage)
    assert findings(run)["disk"][0] == result


def test_a_store_in_a_folder_that_is_not_there(run: Run, folder: Path) -> None:
    fakes.make_config(folder, '[store]\npath = "none/hub.sqlite"\n[server]\nport = 0')
    found = findings(run)
    assert found["disk"][0] == "fail"
    assert found["port"][:2] == ("ok", "any free one")


def test_parties(run: Run, folder: Path) -> None:
    write(
        folder,
        Account("lost", "nowhere"),
        Token("soon", "reader", b"1", now_us() + 3 * DAY_US),
        Token("gone", "reader", b"2", now_us() - DAY_US),
        Token("long", "reader", b"3", now_us() + 300 * DAY_US),
    )
    rows = json.loads(run("doctor", "-o", "json").stdout)
    details = [row["detail"] for row in rows if row["what"] in {"account", "token"}]
    assert details[0] == "lost belongs to nowhere, which is not there: it has no rights"
    assert [text.rpartition(" ")[0] for text in details[1:]] == [
        "gone of reader expired",
        "soon of reader expires",
    ]


def test_parties_in_order(run: Run, folder: Path) -> None:
    store = fakes.open_store(folder / "hub.sqlite")
    directory = store.directory()
    hidden = [c for c in directory.collections.values() if c.alias in {"hidden", "dropbox"}]
    store.write([], hidden, Act("", "", "test", ""), epoch=directory.epoch)
    store.close()
    assert findings(run)["parties"] == ("ok", "6 accounts, 5 collections", "")


def test_a_collection_for_accounts_that_are_off_has_no_reader(run: Run, folder: Path) -> None:
    store = fakes.open_store(folder / "hub.sqlite")
    directory: Directory = store.directory()
    off = [msgspec.structs.replace(a, disabled=True) for a in directory.accounts.values()]
    store.write(off, [], Act("", "", "test", ""), epoch=directory.epoch)
    store.close()
    rows = json.loads(run("doctor", "-o", "json").stdout)
    aliases = {row["detail"].rpartition(" ")[2] for row in rows if row["what"] == "collection"}
    assert aliases == set(fakes.KEYS) - {"public"}


def test_the_hub_itself_listens(run: Run, folder: Path, hub_url: str) -> None:
    port = hub_url.split(":")[2].partition("/")[0]
    fakes.make_config(folder, f"[server]\nport = {port}")
    result, detail, _ = findings(run)["port"]
    assert result == "ok"
    assert detail.endswith("a hub listens and is ready")


def test_something_else_listens(run: Run, folder: Path, partner_server: PartnerServer) -> None:
    partner_server.will({"title": "no"}, 404)
    port = partner_server.port
    fakes.make_config(folder, f"[server]\nport = {port}")
    assert findings(run)["port"][0] == "fail"


@pytest.fixture
def mute_port() -> Iterator[int]:
    """A port where somebody takes connections and says nothing of HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            for _ in range(2):
                connection, _ = server.accept()
                connection.sendall(b"220 mail\r\n")
                connection.close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(60)


def test_something_that_is_not_http_listens(run: Run, folder: Path, mute_port: int) -> None:
    fakes.make_config(folder, f"[server]\nport = {mute_port}")
    assert findings(run)["port"][0] == "fail"


def test_no_tls_beyond_this_machine(run: Run, folder: Path) -> None:
    fakes.make_config(
        folder, "[server]\nport = 0\nhost = '0.0.0.0'\ndangerously_serve_without_tls = true"
    )
    assert findings(run)["tls"][:2] == ("warn", "none: credentials travel in the clear")


def certify(folder: Path, days: float = 90) -> Certificate:
    fakes.make_config(folder, "[server]\nport = 0\ntls_cert = 'cert.pem'\ntls_key = 'key.pem'")
    return Certificate(folder, days)


@pytest.mark.parametrize(("days", "result"), [(90, "ok"), (10, "warn"), (-1, "fail")])
def test_certificate(run: Run, folder: Path, days: int, result: str) -> None:
    certify(folder, days)
    assert findings(run)["tls"][0] == result


def test_a_key_that_others_may_read(run: Run, folder: Path) -> None:
    certify(folder)
    (folder / "key.pem").chmod(0o640)
    found = run("doctor").stdout
    assert "warn\ttls\tothers may read" in found


def test_a_key_of_another_certificate(run: Run, folder: Path) -> None:
    certify(folder)
    cert = (folder / "cert.pem").read_bytes()
    certify(folder)
    (folder / "cert.pem").write_bytes(cert)
    assert "is not the key of" in run("doctor").stdout


@pytest.mark.parametrize("name", ["cert.pem", "key.pem"])
@pytest.mark.parametrize("content", [None, b"", b"nothing"])
def test_a_certificate_that_is_none(
    run: Run, folder: Path, name: str, content: bytes | None
) -> None:
    certify(folder)
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    assert findings(run)["tls"][0] == "fail"


def test_a_hub_that_serves_tls(run: Run, folder: Path) -> None:
    server = PartnerServer(Certificate(folder).context())
    server.will(b"ready\n")
    text = f"[server]\nport = {server.port}\ntls_cert = 'cert.pem'\ntls_key = 'key.pem'"
    fakes.make_config(folder, text)
    try:
        assert findings(run)["port"][0] == "ok"
    finally:
        server.stop()


def test_an_address_that_cannot_be_reached(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> socket.socket:
        raise OSError(113, "No route to host")

    monkeypatch.setattr(surroundings.socket, "create_connection", refuse)
    result, detail, remedy = findings(run)["port"]
    assert (result, remedy) == ("fail", "Correct server.host.")
    assert "No route to host" in detail


def change(folder: Path, sql: str) -> None:
    """Damage the store behind the back of the hub."""
    connection = sqlite3.connect(folder / "hub.sqlite")
    connection.execute(sql)
    connection.commit()
    connection.close()


def write(folder: Path, *parties: Account | Token) -> None:
    store = fakes.open_store(folder / "hub.sqlite")
    store.write(parties, [], Act("", "", "test", ""), epoch=store.epoch())
    store.close()
