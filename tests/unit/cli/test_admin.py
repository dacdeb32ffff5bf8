"""Parties and rights from the command line, and the commands about the hub as a whole."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from hub.cli import base
from hub.cli.main import main
from tests import fakes
from tests.unit.cli.conftest import Run

PASSWORD = f"{fakes.PASSWORD}\n"


def rows(run: Run, *command: str) -> list[dict]:
    found = run(*command, "-o", "json")
    assert found.exit_code == 0, found.stderr
    return json.loads(found.stdout)


def test_organisations(run: Run) -> None:
    found = run("org", "add", "bank", "--name-en", "Bank", "--sector", "financial-services")
    assert found.exit_code == 0
    assert found.stdout == ""
    (bank,) = [row for row in rows(run, "org", "list") if row["slug"] == "bank"]
    assert bank["name_vi"] == "Bank"
    assert bank["id"] in found.stderr
    again = run("org", "add", "bank", "--name-en", "Bank", "--name-vi", "Ngân hàng")
    assert bank["id"] in again.stderr
    assert "Ngân hàng" in run("org", "list").stdout


def test_communities(run: Run) -> None:
    assert run("community", "set", "energy", "grid", "--title", "Energy").exit_code == 0
    lines = run("community", "list").stdout.splitlines()
    assert lines == ["energy\tEnergy\tgrid", "partners\tPartners\tgrid ministry"]
    assert run("community", "set", "energy", "nobody").exit_code == 5


def test_accounts(run: Run) -> None:
    add = ("account", "add", "ann", "--org", "grid", "--role", "publisher")
    assert run(*add, "--password-stdin", stdin=PASSWORD).exit_code == 0
    assert run(*add, "--no-password").exit_code == 2
    assert run("account", "add", "bot", "--org", "grid", "--no-password").exit_code == 0
    assert run("account", "password", "bot", "--password-stdin", stdin=PASSWORD).exit_code == 0
    assert run("account", "disable", "ann").stderr == "account ann is off\n"
    found = {row["name"]: row for row in rows(run, "account", "list")}
    assert found["ann"]["disabled"] is True
    assert found["bot"] == {
        "name": "bot",
        "org": "grid",
        "roles": ["reader"],
        "password": True,
        "disabled": False,
        "certificate_only": False,
    }
    assert run("account", "disable", "ann", "--enable").stderr == "account ann is on\n"


def test_passwords_are_long_and_never_asked_for_without_a_terminal(run: Run) -> None:
    change = ("account", "password", "reader")
    assert run(*change, "--password-stdin", stdin="short\n").exit_code == 2
    found = run(*change)
    assert found.exit_code == 2
    assert "--password-stdin" in found.stderr


def test_tokens(run: Run) -> None:
    made = run("token", "create", "reader", "--read-only", "--address", "192.0.2.0/24")
    assert made.exit_code == 0
    assert made.stdout.startswith("hub_")
    assert made.stdout.count("\n") == 1
    token_id = made.stderr.split()[1]
    listed = run("token", "list").stdout
    assert token_id in listed
    assert made.stdout.strip() not in listed
    assert run("token", "revoke", token_id).exit_code == 0
    assert run("token", "revoke", token_id).exit_code == 5
    assert run("token", "create", "reader", "--address", "everywhere").exit_code == 2


def test_collections(run: Run) -> None:
    made = run("collection", "create", "news", "--title", "News", "--public")
    assert made.exit_code == 0, made.stderr
    grant = ("collection", "grant", "news")
    assert run(*grant, "--org", "grid", "--read", "--write").exit_code == 0
    assert run(*grant, "--community", "partners", "--read").exit_code == 0
    (news,) = [row for row in rows(run, "collection", "list") if row["alias"] == "news"]
    assert news["id"] == made.stdout.strip()
    assert news["grants"] == ["partners:r", "grid:rw"]
    assert news["public"] is True
    assert run(*grant, "--org", "grid").stderr == "org grid in news: nothing\n"
    assert run(*grant, "--org", "grid", "--community", "partners").exit_code == 2
    assert run(*grant).exit_code == 2
    assert run("collection", "create", "news", "--title", "News").exit_code == 2
    assert run("collection", "create", "v2", "--title", "Version 2.0").exit_code == 2


def test_status(run: Run) -> None:
    lines = json.dumps(fakes.indicator(1)) + "\n" + json.dumps(fakes.indicator(1, 1))
    assert run("import", "shared", "-", "--account", "publisher", stdin=lines).exit_code == 0
    (row,) = rows(run, "status")
    assert (row["collection"], row["objects"], row["versions"]) == ("shared", 1, 2)


def test_init(run: Run, folder: Path) -> None:
    init = ("-c", "new/hub.toml", "init", "--admin", "root", "--password-stdin")
    found = run(*init, stdin=PASSWORD)
    assert found.exit_code == 0, found.stderr
    assert stat.S_IMODE((folder / "new/secret.key").stat().st_mode) == 0o600
    (account,) = rows(run, "-c", "new/hub.toml", "account", "list")
    assert (account["name"], account["roles"]) == ("root", ["administrator"])
    before = (folder / "new/hub.toml").read_bytes()
    assert run(*init, stdin=PASSWORD).exit_code == 1
    assert (folder / "new/hub.toml").read_bytes() == before


def test_help_says_every_exit_code(run: Run) -> None:
    lines = run("help", "exit-codes").stdout.splitlines()
    assert [int(line.split()[0]) for line in lines] == [code.value for code in base.Exit]


def test_every_command_explains_itself(run: Run) -> None:
    for name, command in main.commands.items():
        assert command.help, name
        found = run(name, "--help")
        assert found.exit_code == 0
        assert found.stderr == ""


def test_without_a_configuration(run: Run) -> None:
    found = run("-c", "none.toml", "status")
    assert found.exit_code == 2
    assert found.stderr.startswith("hub: cannot read none.toml")


def test_a_table_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(base.sys.stdout, "isatty", lambda: True)
    base.show([{"a": "long text", "b": True}, {"a": 1, "b": ["y", "x"]}], ["a", "b"], "table")
    assert capsys.readouterr().out == "A          B\nlong text  yes\n1          x y\n"
