"""Folders of advisories and lists of pages become reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from connectors.documents import folder
from connectors.errors import Absent, Unsafe
from tests.connectors.site import Page, Site, site
from tests.connectors.taxii.driving import Driver
from tests.unit.test_documents import archive, mail, pdf


@pytest.fixture
def web() -> Iterator[Site]:
    with site() as server:
        yield server


def driver(**said: object) -> Driver:
    return Driver(folder.CONNECTOR, (folder.SETTINGS, said))


def reports(made: Driver) -> dict[str, int]:
    """Titles of reports and how many values each has."""
    found = [obj for obj in map(json.loads, made.raws) if obj["type"] == "report"]
    return {obj["name"]: len(obj["object_refs"]) for obj in found}


def reasons(made: Driver) -> set[tuple[str, str]]:
    return {(left.origin, left.reason) for batch in made.batches() for left in batch.left}


def test_a_folder_of_advisories(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("Advisory A\nC2 evil[.]com"))
    (tmp_path / "b.md").write_bytes("# Bản tin B\n\nxau[.]vn và 203.0.114.7\n".encode())
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.eml").write_bytes(
        mail("deep[.]com", ("x.zip", archive(a__txt=b"zip[.]com")))
    )
    (tmp_path / "d.pdf").write_bytes(pdf("locked", password="x"))
    (tmp_path / "e.adoc").write_bytes(b"= Nothing\n\nno value at all\n")
    made = driver(path=str(tmp_path))
    assert ("d.pdf", "the PDF has a password") in reasons(made)
    made.run()
    assert reports(made) == {"Advisory A": 1, "Bản tin B": 2, "Cảnh báo số 7": 2}
    assert set(made.origins) == {"a.pdf", "b.md", "sub/c.eml"}
    read = made.read
    assert made.run(late_h=1).read == read


def test_a_file_that_changes_is_a_new_version(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("# A\n\nevil[.]com\n")
    made = driver(path=str(tmp_path))
    made.run()
    file.write_text("# A\n\nevil[.]com, more[.]com\n")
    made.run(late_h=1)
    found = [obj for obj in map(json.loads, made.raws) if obj["type"] == "report"]
    assert len(found) == 2
    assert len({obj["id"] for obj in found}) == 1
    file.unlink()
    made.run(late_h=1)
    assert made.gone == []
    assert made.state == {"documents": {}}


def test_a_run_that_is_cut_off_goes_on_where_it_was(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text(f"Title\n\na{number}[.]com\n")
    whole, cut = driver(path=str(tmp_path)), driver(path=str(tmp_path))
    whole.run()
    cut.run(stop_after=2).run()
    assert cut.raws == whole.raws
    assert cut.read == whole.read


def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "secret.txt").write_text("secret[.]com")
    (inside / "link.txt").symlink_to(tmp_path / "secret.txt")
    made = driver(path=str(inside))
    made.run()
    assert made.raws == []
    assert isinstance(driver(path=str(tmp_path / "no")).fails(), Absent)
    assert isinstance(driver(path="../..").fails(), Unsafe)


def test_pages_of_a_list(web: Site) -> None:
    web.pages["/a"] = Page(b"<html><h1>A</h1><p>evil[.]com</p></html>")
    web.pages["/b.pdf"] = Page(pdf("B\nxau[.]vn"), "application/pdf")
    made = driver(
        urls=[f"{web.url}/a", f"{web.url}/gone", f"{web.url}/b.pdf"],
        user="u",
        password="env:PASSWORD",
    )
    made.run()
    assert reports(made) == {"A": 1, "B": 1}
    read = made.read
    assert made.run(late_h=1).read == read
    web.pages["/a"] = Page(b"<html><h1>A</h1><p>evil[.]com more[.]com</p></html>")
    made.run(late_h=1)
    assert reports(made) == {"A": 2, "B": 1}
    assert {reason for _, reason in reasons(made) if "404" in reason or "not" in reason}
    assert "s3cret" not in repr((made.state, made.raws, made.origins, made.notices))
    assert all(said for _, said in web.asked)


def test_a_list_of_which_nothing_can_be_had_stops(web: Site) -> None:
    assert isinstance(driver(urls=[f"{web.url}/x", f"{web.url}/y"]).fails(), Absent)


def test_settings_that_do_not_go_together() -> None:
    for said in (
        {},
        {"path": "x", "urls": ["http://x.com/"]},
        {"url": "http://x.com/", "path": "x"},
    ):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(said, folder.SETTINGS)
