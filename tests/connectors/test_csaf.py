"""CSAF providers: feeds and directories on loopback, good ones and broken ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.csaf import provider
from connectors.errors import Absent, NotUnderstood, Unreachable
from hub.errors import ConfigError
from hub.model.clock import parse_us
from hub.stix.marking import COLOUR_OF
from tests.connectors.site import Page, Site, site
from tests.connectors.taxii.driving import Driver

NOW_US = parse_us("2026-11-20T00:00:00Z")
JSON = "application/json"


@pytest.fixture
def web() -> Iterator[Site]:
    with site() as server:
        yield server


def document(number: str, *cves: str, **said: Any) -> bytes:
    branches = {
        "name": "Example",
        "category": "vendor",
        "branches": [
            {
                "category": "product_name",
                "name": "Router",
                "branches": [
                    {
                        "category": "product_version",
                        "name": "1.0",
                        "product": {"product_id": "P1", "name": "Example Router 1.0"},
                    }
                ],
            }
        ],
    }
    head = {
        "category": "csaf_security_advisory",
        "csaf_version": "2.0",
        "title": f"Flaw {number} in Example Router",
        "publisher": {
            "name": "Example PSIRT",
            "category": "vendor",
            "namespace": "https://x.example",
        },
        "tracking": {
            "id": number,
            "initial_release_date": "2026-10-01T08:00:00.000Z",
            "current_release_date": "2026-10-02T08:00:00.000Z",
            "status": "final",
            "version": "1",
        },
        "notes": [
            {"category": "legal_disclaimer", "text": "As is."},
            {"category": "summary", "text": "An attacker may log in without a password."},
        ],
        "references": [{"summary": "Advisory", "url": "https://x.example/a", "category": "self"}],
    } | said
    flaws = [
        {
            "cve": cve,
            "title": "Missing check",
            "scores": [
                {
                    "products": ["P1"],
                    "cvss_v3": {"baseScore": 9.8, "vectorString": "CVSS:3.1/AV:N"},
                }
            ],
            "product_status": {"known_affected": ["P1"]},
        }
        for cve in cves
    ]
    return json.dumps(
        {"document": head, "product_tree": {"branches": [branches]}, "vulnerabilities": flaws}
    ).encode()


def serve(web: Site, path: str, raw: bytes, *, digest: str = "") -> None:
    web.pages[path] = Page(raw, JSON)
    said = digest or hashlib.sha512(raw).hexdigest()
    web.pages[f"{path}.sha512"] = Page(f"{said}  {path}\n".encode(), "text/plain")


def rolie(web: Site, *entries: tuple[str, str]) -> None:
    """A provider with one feed of (path, updated)."""
    feed = [
        {
            "id": path,
            "updated": updated,
            "link": [
                {"rel": "self", "href": f"{web.url}{path}"},
                {"rel": "hash", "href": f"{web.url}{path}.sha512"},
                {"rel": "signature", "href": f"{web.url}{path}.asc"},
            ],
        }
        for path, updated in entries
    ]
    about = {
        "canonical_url": f"{web.url}/.well-known/csaf/provider-metadata.json",
        "distributions": [
            {"rolie": {"feeds": [{"url": f"{web.url}/white.json", "tlp_label": "WHITE"}]}}
        ],
    }
    web.pages["/.well-known/csaf/provider-metadata.json"] = Page(json.dumps(about).encode(), JSON)
    web.pages["/white.json"] = Page(json.dumps({"feed": {"entry": feed}}).encode(), JSON)


def driver(url: str, **said: Any) -> Driver:
    made = Driver(provider.CONNECTOR, (provider.SETTINGS, {"url": url, **said}))
    made.now_us = NOW_US
    return made


def of_type(made: Driver, kind: str) -> list[dict[str, Any]]:
    return [obj for obj in map(json.loads, made.raws) if obj["type"] == kind]


def titles(made: Driver) -> list[str]:
    return [obj["name"] for obj in of_type(made, "report")]


def reasons(made: Driver) -> set[str]:
    return {left.reason for batch in made.batches() for left in batch.left}


def test_a_provider_with_a_feed(web: Site) -> None:
    serve(web, "/1.json", document("EX-1", "CVE-2026-1000", "CVE-2026-1001"))
    rolie(web, ("/1.json", "2026-10-02T08:00:00.000Z"))
    made = driver(web.url).run()
    [report] = of_type(made, "report")
    assert report["name"] == "Flaw EX-1 in Example Router"
    assert report["published"] == "2026-10-01T08:00:00.000Z"
    assert "log in without a password" in report["description"]
    assert "Products: Example Router 1.0" in report["description"]
    assert report["external_references"] == [
        {"source_name": "Example PSIRT", "url": f"{web.url}/1.json", "external_id": "EX-1"},
        {"source_name": "Advisory", "url": "https://x.example/a"},
    ]
    flaws = of_type(made, "vulnerability")
    assert [flaw["name"] for flaw in flaws] == ["CVE-2026-1000", "CVE-2026-1001"]
    assert flaws[0]["description"] == (
        "Missing check\nCVSS 9.8 CVSS:3.1/AV:N\nAffected: Example Router 1.0"
    )
    assert report["object_refs"] == [flaw["id"] for flaw in flaws]
    assert made.notices == ["signatures (OpenPGP) of the documents are not checked, digests are"]
    read = made.read
    assert made.run(late_h=1).read == read
    assert web.times("/1.json") == 1


def test_a_directory(web: Site) -> None:
    serve(web, "/csaf/2026/1.json", document("EX-1", "CVE-2026-1000"))
    serve(web, "/csaf/2026/2.json", document("EX-2", "CVE-2026-1002"))
    lines = b'"2026/2.json","2026-10-03T00:00:00Z"\n"2026/1.json","2026-10-02T00:00:00Z"\n"../../x.json","2026-10-02T00:00:00Z"\n'
    web.pages["/csaf/changes.csv"] = Page(lines, "text/csv")
    made = driver(f"{web.url}/csaf/").run()
    assert titles(made) == ["Flaw EX-1 in Example Router", "Flaw EX-2 in Example Router"]
    assert web.times("/x.json") == 0
    del web.pages["/csaf/changes.csv"]
    web.pages["/csaf/index.txt"] = Page(b"2026/1.json\n2026/2.json\n", "text/plain")
    assert len(titles(driver(f"{web.url}/csaf/").run())) == 2
    assert titles(driver(f"{web.url}/csaf/", since="2026-10-02").run())


def test_a_document_that_changes_is_a_new_version(web: Site) -> None:
    serve(web, "/1.json", document("EX-1", "CVE-2026-1000"))
    rolie(web, ("/1.json", "2026-10-02T08:00:00.000Z"))
    made = driver(web.url).run()
    serve(web, "/1.json", document("EX-1", "CVE-2026-1000", "CVE-2026-1001"))
    rolie(web, ("/1.json", "2026-10-04T08:00:00.000Z"))
    made.run(late_h=1)
    assert len({obj["id"] for obj in of_type(made, "report")}) == 1
    assert len(of_type(made, "report")) == 2


@pytest.mark.parametrize(
    ("label", "colour"), [("AMBER", "amber"), ("WHITE", "green"), ("RED", "red")]
)
def test_the_stricter_marking_holds(web: Site, label: str, colour: str) -> None:
    raw = document("EX-1", "CVE-2026-1000", distribution={"tlp": {"label": label}})
    serve(web, "/1.json", raw)
    rolie(web, ("/1.json", "2026-10-02T08:00:00.000Z"))
    for obj in map(json.loads, driver(web.url).run().raws):
        [marking] = obj["object_marking_refs"]
        assert COLOUR_OF[marking].text == colour


def test_one_bad_document_stops_no_other_and_is_asked_for_again(web: Site) -> None:
    days = [f"2026-10-{day:02}T00:00:00Z" for day in range(1, 8)]
    serve(web, "/1.json", document("EX-1", "CVE-2026-1000"))
    serve(web, "/2.json", document("EX-2", "CVE-2026-1002"), digest="0" * 128)
    serve(web, "/3.json", b'{"document": ')
    serve(web, "/4.json", b"<html>log in</html>")
    serve(
        web, "/5.json", document("EX-5", "CVE-2026-1005", distribution={"tlp": {"label": "BLUE"}})
    )
    serve(web, "/6.json", document("EX-6"))
    rolie(web, *((f"/{i}.json", day) for i, day in enumerate(days, 1)))
    made = driver(web.url)
    assert reasons(made) == {
        "its digest is not the one that the provider names",
        "the document is no JSON but broken JSON, or only a part of it",
        "the document is no JSON but a web page",
        "its marking is none of TLP: BLUE",
        "it names no vulnerability with a CVE number",
    } | {reason for reason in reasons(made) if "404" in reason}
    assert titles(made.run()) == ["Flaw EX-1 in Example Router"]
    for number in (2, 3, 4, 5):
        serve(web, f"/{number}.json", document(f"EX-{number}", f"CVE-2026-200{number}"))
    assert len(titles(made.run(late_h=1))) == 5


def test_a_run_that_is_cut_off_goes_on_where_it_was(web: Site) -> None:
    for i in range(6):
        serve(web, f"/{i}.json", document(f"EX-{i}", f"CVE-2026-100{i}"))
    rolie(web, *((f"/{i}.json", f"2026-10-0{9 - i}T00:00:00Z") for i in range(6)))
    whole, cut = driver(web.url).run(), driver(web.url, most=2)
    cut.run(stop_after=1).run().run().run()
    assert sorted(cut.raws) == sorted(whole.raws)
    assert cut.read == whole.read
    assert "5 documents wait; this run reads 2" in cut.notices


def test_a_provider_that_goes_away_stops_the_run(web: Site) -> None:
    for i in range(6):
        serve(web, f"/{i}.json", document(f"EX-{i}", f"CVE-2026-100{i}"))
    rolie(web, *((f"/{i}.json", f"2026-10-0{i + 1}T00:00:00Z") for i in range(6)))
    good = dict(web.pages)
    for i in range(2, 6):
        web.pages[f"/{i}.json"] = Page(b"", status=503)
    made = driver(web.url)
    assert isinstance(made.fails(), Unreachable)
    assert len(titles(made)) == 2
    web.pages.update(good)
    assert len(titles(made.run(late_h=1))) == 6


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (Page(b"<html>log in</html>"), NotUnderstood),
        (Page(b"[]", JSON), NotUnderstood),
        (Page(b'{"a": 1}', JSON), NotUnderstood),
        (Page(b'{"canonical_url": "x", "distributions": [5, {"rolie": 7}]}', JSON), NotUnderstood),
        (Page(b"[" * 100_000, JSON), NotUnderstood),
        (Page(b"", status=404), Absent),
    ],
)
def test_what_is_no_provider_stops_with_a_reason(web: Site, page: Page, kind: type) -> None:
    web.pages["/.well-known/csaf/provider-metadata.json"] = page
    assert isinstance(driver(web.url).fails(), kind)


def test_products_may_be_nested_without_harm(web: Site) -> None:
    deep: dict[str, Any] = {"product": {"product_id": "D", "name": "Deep"}}
    for _ in range(150):
        deep = {"branches": [deep]}
    made = json.loads(document("EX-1", "CVE-2026-1000"))
    made["product_tree"] = deep
    made["vulnerabilities"].append(
        {"cve": "CVE-1", "product_status": 5, "scores": [{"cvss_v3": 1}]}
    )
    serve(web, "/1.json", json.dumps(made).encode())
    rolie(web, ("/1.json", "2026-10-02T08:00:00.000Z"))
    [report] = of_type(driver(web.url).run(), "report")
    assert "Products: Deep" in report["description"]


def test_credentials_go_to_the_provider_alone(web: Site) -> None:
    with site() as other:
        serve(other, "/1.json", document("EX-1", "CVE-2026-1000"))
        rolie(web, ("/1.json", "2026-10-02T08:00:00.000Z"))
        feed = web.pages["/white.json"].body.replace(web.url.encode(), other.url.encode())
        web.pages["/white.json"] = Page(feed, JSON)
        made = driver(web.url, token="env:TOKEN").run()
        assert titles(made)
        assert {said for _, said in web.asked} == {"Bearer s3cret-token"}
        assert {said for _, said in other.asked} == {""}
    assert "s3cret" not in repr((made.state, made.raws, made.origins, made.notices))


def test_settings_that_cannot_be(web: Site) -> None:
    with pytest.raises(ConfigError, match="since"):
        driver(web.url, since="yesterday").run()
    with pytest.raises(ConfigError, match="url"):
        Driver(provider.CONNECTOR, (provider.SETTINGS, {"path": "x"})).run()
