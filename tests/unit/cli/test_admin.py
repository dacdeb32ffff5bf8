"""Parties and rights from the command line, and the commands about the hub as a whole."""

from __future__ import annotations

import json
import re
import sqlite3
import stat
from contextlib import closing
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
    assert run("community", "create", "energy", "--title", "Energy").exit_code == 0
    assert run("community", "join", "energy", "grid", "--since", "all").exit_code == 0
    lines = run("community", "list").stdout.splitlines()
    assert lines == ["energy\tEnergy\t\tgrid\t", "partners\tPartners\t\tgrid ministry\t"]
    moment = "2026-01-31T08:00:00Z"
    assert run("community", "join", "energy", "ministry", "--since", moment).exit_code == 0
    assert run("community", "join", "energy", "community:partners").exit_code == 0
    (energy,) = [row for row in rows(run, "community", "list") if row["name"] == "energy"]
    partners, grid, ministry = energy["members"]
    assert re.fullmatch(r"community:partners since \d{4}-\d\d-\d\dT[\d:.]+Z", partners), "now"
    assert (grid, ministry) == ("grid", "ministry since 2026-01-31T08:00:00.000000Z")
    left = run("community", "leave", "energy", "grid", "community:partners")
    assert (left.exit_code, left.stderr) == (0, "community energy: grid community:partners left\n")
    assert run("community", "join", "energy", "nobody").exit_code == 5
    assert run("community", "join", "energy", "energy").exit_code == 5
    assert run("community", "join", "partners", "community:partners").exit_code == 2
    assert run("community", "join", "nothing", "grid").exit_code == 5
    assert run("community", "join", "energy", "grid", "--since", "ever").exit_code == 2
    again = run("community", "create", "energy", "--title", "Power", "--terms", "Tell nobody")
    assert again.exit_code == 0
    assert "energy\tPower\t\tministry since" in run("community", "list").stdout


def test_groups(run: Run) -> None:
    create = ("group", "create", "case-12", "--title", "Case 12", "--owner")
    assert run(*create, "nobody").exit_code == 5
    assert run(*create, "ministry").exit_code == 0
    assert run(*create, "grid").exit_code == 6, "it belongs to another organisation now"
    assert run("group", "join", "case-12", "grid", "--since", "all").exit_code == 0
    assert run("group", "join", "case-12", "community:partners").exit_code == 2
    assert run("group", "join", "case-13", "grid").exit_code == 5
    (row,) = rows(run, "group", "list")
    assert (row["name"], row["owner"], row["members"]) == ("case-12", "ministry", ["grid"])
    assert run("group", "leave", "case-12", "grid").stderr == "group case-12: grid left\n"
    assert rows(run, "group", "list")[0]["members"] == []


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
        "clearance": "amber+strict",
        "password": True,
        "disabled": False,
        "certificate_only": False,
    }
    assert run("account", "disable", "ann", "--enable").stderr == "account ann is on\n"


def test_the_last_administrator_may_be_switched_off_here_and_is_missed(run: Run) -> None:
    warning = "warning: no account that can log in is an administrator; only this machine is\n"
    off = run("account", "disable", "administrator")
    assert (off.exit_code, off.stderr) == (0, f"account administrator is off\n{warning}")
    on = run("account", "disable", "administrator", "--enable")
    assert on.stderr == "account administrator is on\n"
    other = run("account", "roles", "administrator", "reader")
    assert (other.exit_code, other.stderr) == (0, f"administrator is reader\n{warning}")
    assert run("account", "roles", "reader", "administrator").stderr == "reader is administrator\n"


def test_what_an_account_is_cleared_for(run: Run) -> None:
    add = ("account", "add", "ann", "--org", "grid", "--no-password")
    assert run(*add, "--clearance", "TLP:Red").exit_code == 0
    assert (
        run("account", "clear", "reader", "green").stderr == "reader is cleared up to TLP:GREEN\n"
    )
    found = {row["name"]: row["clearance"] for row in rows(run, "account", "list")}
    assert (found["ann"], found["reader"]) == ("red", "green")
    wrong = run("account", "clear", "reader", "purple")
    assert wrong.exit_code == 2
    assert "'purple' is not one of clear, green, amber, amber+strict, red" in wrong.stderr
    assert run("account", "clear", "nobody", "red").exit_code == 5


def test_roles_of_an_account(run: Run) -> None:
    assert run("account", "roles", "reader", "officer", "reader").exit_code == 0
    found = {row["name"]: row["roles"] for row in rows(run, "account", "list")}
    assert found["reader"] == ["officer", "reader"]
    assert run("account", "roles", "reader").exit_code == 2
    assert run("account", "roles", "reader", "king").exit_code == 2
    assert run("account", "roles", "nobody", "reader").exit_code == 5


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
    assert run("token", "create", "reader", "--ceiling", "green", "--label", "wall").exit_code == 0
    assert {row["label"]: row["ceiling"] for row in rows(run, "token", "list")}["wall"] == "green"


def test_collections(run: Run) -> None:
    made = run("collection", "create", "news", "--title", "News", "--public")
    assert made.exit_code == 0, made.stderr
    grant = ("collection", "grant", "news")
    assert run(*grant, "--org", "grid", "--read", "--write").exit_code == 0
    assert run(*grant, "--community", "partners", "--read").exit_code == 0
    (news,) = [row for row in rows(run, "collection", "list") if row["alias"] == "news"]
    assert news["id"] == made.stdout.strip()
    assert news["grants"] == ["community:partners:r", "org:grid:rw"]
    assert news["public"] is True
    assert (news["ceiling"], news["default"]) == ("amber+strict", "clear")
    narrow = ("--up-to", "green", "--since", "2026-01-31T08:00:00Z")
    assert run(*grant, "--org", "grid", "--read", *narrow).exit_code == 0
    assert (
        run("collection", "set", "news", "--ceiling", "red", "--default", "amber").exit_code == 0
    )
    assert run("collection", "set", "news").exit_code == 2
    assert run("collection", "set", "none", "--ceiling", "red").exit_code == 5
    (news,) = [row for row in rows(run, "collection", "list") if row["alias"] == "news"]
    assert news["grants"][1] == "org:grid:r<=green>=2026-01-31T08:00:00.000000Z"
    assert (news["ceiling"], news["default"]) == ("red", "amber")
    assert run(*grant, "--org", "grid").stderr == "org grid in news: nothing\n"
    assert run(*grant, "--org", "grid", "--community", "partners").exit_code == 2
    assert run(*grant).exit_code == 2
    assert run("collection", "create", "news", "--title", "News").exit_code == 2
    assert run("collection", "create", "v2", "--title", "Version 2.0").exit_code == 2


def test_markings_of_a_collection(run: Run) -> None:
    create = ("collection", "create", "case", "--title", "Case", "--ceiling")
    assert run(*create, "amber", "--default", "red").exit_code == 2
    assert run(*create, "clear").exit_code == 2, "unmarked objects would be green"
    assert run(*create, "red", "--default", "amber").exit_code == 0
    (case,) = [row for row in rows(run, "collection", "list") if row["alias"] == "case"]
    assert (case["ceiling"], case["default"]) == ("red", "amber")
    assert run("group", "create", "g", "--owner", "grid", "--title", "G").exit_code == 0
    grant = ("collection", "grant", "case", "--group", "g", "--read", "--up-to", "green")
    assert run(*grant, "--since", "2026-01-31T08:00:00Z").stderr == "group g in case: read\n"
    assert run(*grant, "--up-to", "blue").exit_code == 2


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


def test_the_audit_log(run: Run) -> None:
    assert run("community", "create", "energy", "--title", "Energy").exit_code == 0
    assert run("community", "join", "energy", "grid", "--since", "all").exit_code == 0
    newest, before = rows(run, "audit", "list", "--limit", "2")
    assert (newest["action"], newest["target"]) == ("community.join", "energy")
    assert newest["detail"] == "org:grid since all"
    assert newest["account"] == "console"
    assert before["action"] == "community.put"


def test_a_table_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(base.sys.stdout, "isatty", lambda: True)
    base.show(
        [{"a": "long text", "b": True}, {"a": 1, "b": ["y", "x\x1b[2J"]}], ["a", "b"], "table"
    )
    assert capsys.readouterr().out == "A          B\nlong text  yes\n1          x [2J y\n"


def test_json_cannot_lead_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    value = ["\x1b[2J", "\x9b2J", "a\u202eb", "Lừa đảo"]
    base.show_json(value)
    shown = capsys.readouterr().out
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert json.loads(shown) == value
    assert "Lừa đảo" in shown


def test_a_title_cannot_lead_the_terminal(run: Run) -> None:
    """Partners write the titles of their groups."""
    title = "Case\x1b[2J\r\u202egnp\n"
    assert run("group", "create", "case", "--owner", "grid", "--title", title).exit_code == 0
    found = run("group", "list")
    assert "Case [2J" in found.stdout
    assert len(found.stdout.splitlines()) == 1
    assert all(char.isprintable() or char in "\t\n" for char in found.stdout)


def test_an_invitation_takes_no_account_of_others(run: Run, folder: Path) -> None:
    """Its token would be handed to the wrong organisation."""
    assert run("account", "add", "bank-feed", "--org", "ministry", "--no-password").exit_code == 0
    found = run("partner", "invite", "bank", "--collection", "shared")
    assert found.exit_code != 0
    assert "bank-feed acts for ministry" in found.stderr
    assert not (folder / "bank-access.md").exists()
    assert "bank" not in {row["slug"] for row in rows(run, "org", "list")}


@pytest.mark.parametrize("command", [["status"], ["account", "list"], ["org", "list"]])
def test_no_command_brings_an_older_store_up_to_date(
    run: Run, folder: Path, command: list[str]
) -> None:
    """The older program may be serving it: it could do nothing more from that moment on."""
    with closing(sqlite3.connect(folder / "hub.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 1")
    result = run(*command)
    assert result.exit_code == base.Exit.USAGE
    assert "its schema is version 1" in result.stderr
    assert "`hub serve` brings it up to date" in result.stderr
    with closing(sqlite3.connect(folder / "hub.sqlite")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
