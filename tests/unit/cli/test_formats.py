"""hub export list: what devices can pull, by the tables that the door itself reads."""

from __future__ import annotations

import json

import pytest

from hub.service.outlet import misp
from hub.service.outlet.table import FORMATS
from tests.unit.cli.conftest import Run


def test_every_format_is_listed_with_its_ceiling_and_addresses(run: Run) -> None:
    rows = {row["format"]: row for row in json.loads(run("export", "list", "-o", "json").stdout)}
    assert list(rows) == [*FORMATS, *misp.NAMES]
    for name, form in FORMATS.items():
        assert (rows[name]["up_to"], rows[name]["meaning"]) == (form.ceiling.text, form.meaning)
    assert rows["rpz.zone"]["up_to"] == "green"
    assert rows["bundle.json"]["media_type"] == "application/stix+json"
    assert rows["misp/UUID.json"]["addresses"] == [
        "/export/collections/NAME/misp/UUID.json",
        "/export/searches/NAME/misp/UUID.json",
    ]


def test_people_get_a_line_for_each(run: Run) -> None:
    lines = run("export", "list").stdout.splitlines()
    assert len(lines) == len(FORMATS) + len(misp.NAMES)
    [zone] = [line for line in lines if line.startswith("rpz.zone\t")]
    assert "/export/collections/NAME/rpz.zone" in zone


def test_a_collection_of_that_name_is_written_out_as_ever(run: Run) -> None:
    found = run("export", "list", "--account", "reader")
    assert found.exit_code == 5
    assert "list" in found.stderr
    assert found.stdout == ""
    assert run("collection", "create", "list", "--title", "A list").exit_code == 0
    assert run("collection", "grant", "list", "--org", "ministry", "--read").exit_code == 0
    assert "0 objects" in run("export", "list", "--account", "reader").stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--out", "formats"],
        ["list", "--with-secrets"],
        ["shared", "--account", "reader", "-o", "json"],
        ["--all", "-o", "json"],
    ],
)
def test_what_does_not_go_together_is_refused(run: Run, arguments: list[str]) -> None:
    assert run("export", *arguments).exit_code == 2
