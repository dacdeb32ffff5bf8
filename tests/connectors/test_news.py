"""News feeds: a real server on loopback, good feeds and hostile ones."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
import pytest

from connectors.errors import Absent, NotUnderstood, TooLarge, Unreachable, Unsafe
from connectors.net import Limits
from connectors.news import entries, feed
from connectors.news.entries import MOST_BYTES, feed_of
from hub.model.clock import parse_us
from tests.connectors.site import Page, Site, site
from tests.connectors.taxii.driving import Driver

ATOM = "application/atom+xml"
NOW_US = parse_us("2026-11-20T00:00:00Z")


@pytest.fixture
def web() -> Iterator[Site]:
    with site() as server:
        yield server


def rss(*items: tuple[str, str, str], title: str = "CERT") -> bytes:
    """A feed of (id, text, link), the newest first as usual."""
    made = "".join(
        f"<item><guid>{i}</guid><title>Cảnh báo {i}</title><link>{link}</link>"
        f"<pubDate>Mon, 02 Nov 2026 10:00:00 +0700</pubDate>"
        f"<description>{text.replace('<', '&lt;')}</description></item>"
        for i, text, link in reversed(items)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>{made}</channel></rss>'.encode()


def driver(web: Site, **said: object) -> Driver:
    web.pages.setdefault("/feed", Page(b"", "application/rss+xml"))
    made = Driver(feed.CONNECTOR, (feed.SETTINGS, {"url": f"{web.url}/feed", **said}))
    made.now_us = NOW_US
    return made


def objects(made: Driver, kind: str) -> list[dict[str, object]]:
    return [obj for obj in map(json.loads, made.raws) if obj["type"] == kind]


def names(made: Driver) -> set[object]:
    return {obj["name"] for obj in objects(made, "indicator")}


def test_each_entry_is_a_report_with_its_values(web: Site) -> None:
    made = driver(web)
    text = f"<p>C2 là evil[.]com</p><a href='{web.url}/ref'>bài viết</a>"
    web.pages["/feed"] = Page(rss(("1", text, "https://cert.example/1"), ("2", "no value", "")))
    made.run()
    [report] = objects(made, "report")
    assert report["name"] == "Cảnh báo 1"
    assert report["published"] == "2026-11-02T03:00:00.000Z"
    assert report["external_references"] == [
        {"source_name": "cert.example", "url": "https://cert.example/1"}
    ]
    [indicator] = objects(made, "indicator")
    assert indicator["name"] == "evil.com"
    assert indicator["valid_from"] == "2026-11-02T03:00:00.000Z"
    assert str(indicator["valid_until"]) > "2026-11-03"
    assert report["object_refs"] == [indicator["id"]]
    assert made.origins == ["https://cert.example/1"] * 2


def test_a_run_that_finds_nothing_new_gives_nothing(web: Site) -> None:
    made = driver(web)
    web.pages["/feed"] = Page(rss(("1", "evil[.]com", "")))
    made.run()
    read = made.read
    assert made.run(late_h=1).read == read
    assert web.times("/feed") == 2
    web.pages["/feed"] = Page(rss(("1", "evil[.]com", ""), title="another title"))
    assert made.run(late_h=1).read == read


def test_an_entry_that_changes_is_a_new_version_and_renews_no_value(web: Site) -> None:
    made = driver(web)
    web.pages["/feed"] = Page(rss(("1", "evil[.]com", ""), ("2", "xau[.]vn", "")))
    made.run()
    web.pages["/feed"] = Page(rss(("1", "evil[.]com và more[.]com", ""), ("2", "xau[.]vn", "")))
    made.run(late_h=1)
    reports = [obj for obj in objects(made, "report") if obj["name"] == "Cảnh báo 1"]
    assert len({obj["id"] for obj in reports}) == 1
    assert len({obj["modified"] for obj in reports}) == 2
    assert names(made) == {"evil.com", "more.com", "xau.vn"}


def test_what_did_not_change_keeps_its_digest(web: Site) -> None:
    made = driver(web)

    def digests() -> dict[str, bytes]:
        return {json.loads(f.raw)["name"]: f.digest for b in made.batches() for f in b.found}

    web.pages["/feed"] = Page(rss(("1", "evil[.]com", "")))
    before = digests()
    made.now_us += 3_600_000_000
    assert digests() == before
    web.pages["/feed"] = Page(rss(("1", "evil[.]com, and more is said", "")))
    after = digests()
    assert after["evil.com"] == before["evil.com"]
    assert after["Cảnh báo 1"] != before["Cảnh báo 1"]


def test_the_page_behind_an_entry(web: Site) -> None:
    made = driver(web, follow=True)
    web.pages["/feed"] = Page(
        rss(("1", "teaser", f"{web.url}/a"), ("2", "xau[.]vn", f"{web.url}/gone"))
    )
    web.pages["/a"] = Page(b"<html><body><h1>A</h1><p>hxxp://evil[.]com/x</p></body></html>")
    made.run()
    assert names(made) == {"http://evil.com/x", "xau.vn"}


def test_a_page_that_is_away_is_asked_for_again(web: Site) -> None:
    made = driver(web, follow=True)
    web.pages["/feed"] = Page(rss(("1", "xau[.]vn", f"{web.url}/a"), ("2", "evil[.]com", "")))
    web.pages["/a"] = Page(b"", status=503)
    made.run()
    assert names(made) == {"xau.vn", "evil.com"}
    web.pages["/a"] = Page(b"<html><body>late[.]com</body></html>")
    assert names(made.run()) == {"xau.vn", "evil.com", "late.com"}
    read = made.read
    assert made.run().read == read


def test_a_run_that_is_cut_off_goes_on_where_it_was(web: Site) -> None:
    whole, cut = driver(web), driver(web)
    web.pages["/feed"] = Page(rss(*((str(i), f"a{i}[.]com", "") for i in range(5))))
    whole.run()
    cut.run(stop_after=2).run()
    assert sorted(cut.raws) == sorted(whole.raws)
    assert cut.read == whole.read


def test_atom_and_json_feeds(web: Site) -> None:
    made = driver(web)
    web.pages["/feed"] = Page(
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><id>urn:1</id><title>A</title>'
        b'<updated>2026-11-02T10:00:00Z</updated><content type="html">evil[.]com</content></entry></feed>',
        ATOM,
    )
    assert names(made.run()) == {"evil.com"}
    other = driver(web)
    items = [
        {
            "id": 7,
            "title": "J",
            "content_text": "1 < 2 & xau[.]vn",
            "date_published": "2026-11-02T10:00:00+07:00",
        }
    ]
    said = {"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [*items, 5, {}]}
    web.pages["/feed"] = Page(json.dumps(said).encode(), "application/feed+json")
    assert names(other.run()) == {"xau.vn"}
    [report] = objects(other, "report")
    assert report["published"] == "2026-11-02T03:00:00.000Z"


def test_doubts_are_left_out_and_published_when_asked_for(web: Site) -> None:
    text = "evil[.]com, 8.8.8.8, 192.168.1.4, https://blog.vendor.com/post, mine[.]vn"
    web.pages["/feed"] = Page(rss(("1", text, "")))
    careful, open_ = driver(web, own_domains=["mine.vn"]), driver(web, flagged=True)
    left = [item for batch in careful.batches() for item in batch.left]
    assert names(careful.run()) == {"evil.com"}
    assert {item.reason for item in left} == {
        "a public resolver",
        "an address or name of a private network",
        "a link or a name of a file, and perhaps no indicator",
        "a name of one's own",
    }
    assert len(names(open_.run())) == 5


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">'
    + b"".join(b'<!ENTITY l%d "%b">' % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 10))
    + b']><rss version="2.0"><channel><item><guid>1</guid><title>&l9;</title></item></channel></rss>'
)
FILE = (
    b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0">'
    b"<channel><item><guid>1</guid><title>evil[.]com</title><description>&x; evil[.]com</description></item></channel></rss>"
)


@pytest.mark.parametrize("raw", [BOMB, FILE])
def test_entities_do_no_harm(web: Site, raw: bytes) -> None:
    made = driver(web)
    web.pages["/feed"] = Page(raw, "text/xml")
    made.run()
    assert b"root:" not in b"".join(made.raws)
    assert sum(map(len, made.raws)) < 10_000


@pytest.mark.parametrize(
    ("page", "kind", "word"),
    [
        (Page(b"<!doctype html><html><p>Log in</p></html>"), NotUnderstood, "a web page"),
        (Page(b'{"items": [', "application/json"), NotUnderstood, "broken JSON"),
        (Page(b'{"a": 1}', "application/json"), NotUnderstood, "no JSON feed"),
        (Page(b"hello", "text/plain"), NotUnderstood, "something else"),
        (Page(b"x" * (MOST_BYTES + 1), "text/xml"), TooLarge, str(MOST_BYTES)),
        (Page(b"", status=404), Absent, ""),
        (Page(b"", status=503), Unreachable, ""),
        (Page(b"<rss/>", short=500), NotUnderstood, "a part"),
        (Page(b"", status=302, location="http://10.0.0.1/"), Unsafe, ""),
        (Page(b"<rss/>", wait_s=10), Unreachable, ""),
    ],
)
def test_what_is_no_feed_stops_with_a_reason(web: Site, page: Page, kind: type, word: str) -> None:
    made = driver(web)
    web.pages["/feed"] = page
    usual = made.limits
    if page.wait_s:
        made.limits = usual._replace(read_s=1)
    error = made.fails()
    made.limits = usual
    assert isinstance(error, kind), error
    assert word in error.reason
    web.pages["/feed"] = Page(rss(("1", "evil[.]com", "")))
    assert names(made.run()) == {"evil.com"}


def test_half_a_feed_gives_the_half_that_is_there(web: Site) -> None:
    made = driver(web)
    whole = rss(*((str(i), f"a{i}[.]com", "") for i in range(6)))
    web.pages["/feed"] = Page(whole[: int(len(whole) * 0.7)], "application/rss+xml")
    made.run()
    assert {"a5.com", "a4.com"} <= names(made)
    assert made.notices == ["the feed is not well formed"]
    web.pages["/feed"] = Page(whole)
    assert names(made.run()) == {f"a{i}.com" for i in range(6)}


def test_a_feed_that_keeps_the_parser_busy_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    # As it is it takes the parser many seconds on any machine.
    monkeypatch.setattr(entries, "_LIMITS", msgspec.structs.replace(entries._LIMITS, cpu_s=1))
    with pytest.raises(NotUnderstood):
        feed_of(b"<rss>" + b"<a " * 1_300_000, "text/xml", "")


def test_a_feed_on_a_private_network_is_not_asked(web: Site) -> None:
    made = Driver(feed.CONNECTOR, (feed.SETTINGS, {"url": f"{web.url}/feed"}), Limits())
    assert isinstance(made.fails(), Unsafe)
    assert web.asked == []


def test_secrets_go_to_the_feed_and_nowhere_else(web: Site) -> None:
    made = driver(web, follow=True, token="env:TOKEN")
    web.pages["/feed"] = Page(rss(("1", "evil[.]com", f"{web.url}/a")))
    made.run()
    assert web.asked == [("/feed", "Bearer s3cret-token"), ("/a", "")]
    told = repr((made.state, made.raws, made.origins, made.notices))
    assert "s3cret" not in told


def test_a_state_stays_small(web: Site) -> None:
    made = driver(web)
    web.pages["/feed"] = Page(rss(*((f"{i}" * 50, "none", "") for i in range(900))))
    made.run()
    assert len(json.dumps(made.state)) < 65_536
