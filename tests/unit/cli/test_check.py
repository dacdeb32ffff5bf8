"""hub check on the hub of the sample directory, and what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import fakes
from tests.check.partner import LeaksTypes, Partner, serving
from tests.tools.ports import free_port
from tests.unit.cli.conftest import Run


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("HUB_CHECK_KEY", raising=False)


def test_the_hub_is_checked_and_written_to(run: Run, hub_url: str, folder: Path) -> None:
    names = ("--write", "shared", "--race", 1, "--json", "report.json", "--markdown", "report.md")
    found = run("check", hub_url, *names, token="publisher")
    assert found.exit_code == 0, found.output
    assert "level     full marks\n" in found.stdout
    assert "FAIL" not in found.stdout
    assert "at most 800 requests in 300 s\n" in found.stderr
    report = json.loads((folder / "report.json").read_bytes())["report"]
    assert report["collection"] == report["written"] == str(fakes.uuid_of(1))
    assert report["left_behind"] == []
    page = (folder / "report.md").read_text(encoding="utf-8")
    assert page.count("\n| ") > 150
    key = folder / "config" / "incident-hub" / "check.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    assert fakes.token_of("publisher") not in json.dumps(report)


def test_an_account_with_its_password(run: Run, hub_url: str) -> None:
    account = ("--account", "reader", "--password-stdin")
    found = run("check", "--fast", hub_url, *account, stdin=f"{fakes.PASSWORD}\n")
    assert found.exit_code == 0, found.output
    assert "at most 200 requests" in found.stderr
    wrong = run("check", hub_url, *account, stdin="wrong\n")
    assert wrong.exit_code == 4
    assert "does not take these credentials" in wrong.stderr


def test_a_fault_is_explained_and_ends_with_6(run: Run) -> None:
    with serving(LeaksTypes()) as url:
        found = run("check", url)
    assert found.exit_code == 6
    assert "  FAIL  FI-01 MUST 3.4.1: `match[type]` gives objects of that type" in found.stdout
    assert "        malware: 1 others came, 0 are missing\n" in found.stdout
    assert "Why it matters: A firewall that asks for indicators" in found.stdout
    assert "level     does not conform\n" in found.stdout


def test_all_shows_what_passed(run: Run) -> None:
    with serving(Partner()) as url:
        found = run("check", url, "--all")
    assert found.exit_code == 0
    assert "  pass  PG-02 MUST 3.5: " in found.stdout
    assert "  not applicable  AD-01 MUST 5.5: " in found.stdout


def test_nobody_there(run: Run) -> None:
    found = run("check", f"http://127.0.0.1:{free_port()}/")
    assert found.exit_code == 7
    assert "cannot be reached" in found.stderr


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "https://me:secret@127.0.0.1/"])
def test_an_address_that_cannot_be_asked(run: Run, url: str) -> None:
    assert run("check", url).exit_code == 2


def test_a_file_that_is_there_is_not_replaced_and_nothing_is_asked(run: Run, folder: Path) -> None:
    (folder / "old.json").write_text("mine", encoding="ascii")
    found = run("check", f"http://127.0.0.1:{free_port()}/", "--json", "old.json")
    assert found.exit_code == 6
    assert "is there already" in found.stderr
    assert (folder / "old.json").read_text(encoding="ascii") == "mine"


def test_a_report_is_verified(run: Run, folder: Path) -> None:
    made = run("check", "keygen", "mine.pem")
    assert made.exit_code == 0
    public = made.stdout.strip()
    with serving(Partner()) as url:
        options = ("--json", "r.json", "--signing-key", "mine.pem")
        assert run("check", url, *options).exit_code == 0
    found = run("check", "verify", "r.json", "--public-key", public)
    assert found.exit_code == 0
    assert "level     full marks" in found.stdout
    assert run("check", "verify", "r.json").stderr.startswith("unchanged since it was signed")
    other = run("check", "keygen", "other.pem").stdout.strip()
    assert run("check", "verify", "r.json", "--public-key", other).exit_code == 6
    assert run("check", "verify", "r.json", "--public-key", "AAAA").exit_code == 2
    body = (folder / "r.json").read_text(encoding="utf-8")
    (folder / "r.json").write_text(body.replace("full marks", "conforms"), encoding="utf-8")
    changed = run("check", "verify", "r.json", "--public-key", public)
    assert changed.exit_code == 6
    assert "was changed after it was signed" in changed.stderr
    again = run("check", "keygen", "mine.pem")
    assert again.exit_code == 6
