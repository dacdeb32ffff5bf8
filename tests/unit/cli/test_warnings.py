"""Warning lists and screened collections from the command line."""

from __future__ import annotations

import json

from tests import fakes
from tests.unit.cli.conftest import Run


def test_a_list_is_stored_shown_and_taken_away(run: Run) -> None:
    text = "# ours\nagency.example\n203.0.113.0/24 # office\n"
    assert run("warning-list", "put", "-", "--org", "grid", stdin=text).exit_code == 0
    assert run("warning-list", "show", "--org", "grid").stdout == text
    assert run("warning-list", "show").stdout == ""
    assert run("warning-list", "put", "-", "--org", "grid", stdin="").exit_code == 0
    assert run("warning-list", "show", "--org", "grid").stdout == ""


def test_what_is_wrong_is_named(run: Run) -> None:
    found = run("warning-list", "put", "-", stdin="a.example\nno value\n")
    assert found.exit_code == 2
    assert "line 2: 'no value'" in found.stderr
    assert run("warning-list", "put", "-", "--org", "nobody", stdin="a.example").exit_code == 5
    assert run("warning-list", "show", "--org", "nobody").exit_code == 5


def test_a_collection_is_screened_by_the_list_of_the_hub(run: Run, tmp_path) -> None:
    assert run("warning-list", "put", "-", stdin="everybody.attacker.net").exit_code == 0
    assert run("collection", "set", "shared", "--screened").exit_code == 0
    objects = [
        fakes.indicator(n, pattern=f"[domain-name:value = '{name}.attacker.net']")
        for n, name in enumerate(("x.everybody", "other"))
    ]
    file = tmp_path / "found.json"
    file.write_text(json.dumps({"objects": objects}))
    found = run("import", "shared", str(file), "--account", "publisher")
    assert found.exit_code == 6
    assert "x.everybody.attacker.net (listed)" in found.stderr + found.stdout
    assert run("collection", "set", "shared", "--unscreened").exit_code == 0
    assert run("import", "shared", str(file), "--account", "publisher").exit_code == 0
