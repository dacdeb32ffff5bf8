"""Overview, collections and partners: every number leads to what it counts, and to nothing else."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator

import pytest

from hub.model.clock import format_us
from hub.model.party import Grant, Role
from hub.model.tlp import Tlp
from hub.store.pulse import SqlitePulse, beside
from tests import fakes
from tests.http.asking import Hub, data
from tests.web.conftest import SETTINGS, Person
from tests.web.surfing import Sheet, Surfer

PATHS = ("/", "/collections", "/partners", "/collections/shared", "/partners/ministry")
MARKINGS = {
    Tlp.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
}
_NUMBER = re.compile(r"[\d,]+")


def thing(kind: str, tlp: Tlp = Tlp.GREEN, **members: object) -> dict[str, object]:
    now = format_us(time.time_ns() // 1000)
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{fakes.uuid_of(secrets.randbits(100))}",
        "created": now,
        "modified": now,
        "name": f"A {kind}",
        "object_marking_refs": [MARKINGS[tlp]],
    } | members


def indicator(**members: object) -> dict[str, object]:
    made = fakes.indicator(secrets.randbits(60), object_marking_refs=[MARKINGS[Tlp.GREEN]])
    return made | members


def publish(hub: Hub, alias: str, *objects: object, account: str = "publisher") -> None:
    path = f"/{fakes.ROOT}/collections/{alias}/objects/"
    answer = hub.ask("POST", path, account=account, body=fakes.body(*objects))
    assert answer.status_code == 202
    assert data(answer)["failure_count"] == 0, answer.data


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub in which something was shared."""
    config = fakes.make_config(tmp_path_factory.mktemp("overview"), SETTINGS)
    store = fakes.open_store(config.store_path)
    fakes.populate(store)
    hub = Hub(config, store)
    sector = thing("identity", identity_class="organization", sectors=["energy"])
    publish(hub, "shared", *(indicator() for _ in range(12)), thing("incident"), sector)
    publish(hub, "shared", thing("campaign"), thing("report", **_report()), account="partner")
    publish(hub, "notices", *(indicator() for _ in range(3)), thing("malware", is_family=False))
    hidden = thing("incident", Tlp.AMBER, name="Hidden from those who see green")
    publish(hub, "shared", hidden)
    yield hub
    store.close()


def _report() -> dict[str, object]:
    reference = f"indicator--{fakes.uuid_of(5)}"
    return {"published": "2026-01-01T00:00:00Z", "object_refs": [reference]}


@pytest.fixture
def look(busy: Hub) -> Surfer:
    """A reader of the ministry, logged in."""
    return logged_in(busy, "reader")


def logged_in(hub: Hub, account: str, lang: str = "en") -> Surfer:
    surfer = Surfer(hub, lang)
    assert surfer.log_in(account).status == 200
    return surfer


def total(hub: Hub, query: str, account: str) -> int:
    """How many a search finds, asked at another door."""
    answer = hub.get(
        "/api/v1/facets",
        account=account,
        headers={"Accept": "application/json"},
        query_string={"q": query, "field": "type"},
    )
    assert answer.status_code == 200, answer.data
    return int(data(answer)["total"])


def numbers(page: Sheet) -> list[tuple[int, str]]:
    """The numbers of a page that are links into the search, with their queries."""
    from urllib.parse import parse_qs, urlsplit

    found = []
    for href, said in page.links:
        words = said.split()
        # The number stands at the end of what a link says, or before "objects".
        shown = words[0] if words and words[-1] == "objects" else (words or [""])[-1]
        parts = urlsplit(href)
        if parts.path == "/search" and _NUMBER.fullmatch(shown):
            found.append((int(shown.replace(",", "")), parse_qs(parts.query)["q"][0]))
    return found


class TestNumbers:
    @pytest.mark.parametrize("account", ["reader", "partner", "coordinator"])
    @pytest.mark.parametrize("path", ["/", "/?since=day", "/collections", "/partners"])
    def test_each_is_what_its_search_finds(self, busy: Hub, account: str, path: str) -> None:
        found = numbers(logged_in(busy, account).get(path))
        assert len(found) >= 3
        for shown, query in found:
            assert shown == total(busy, query, account), query

    @pytest.mark.parametrize("slug", ["ministry", "grid"])
    def test_of_an_organisation_too(self, busy: Hub, look: Surfer, slug: str) -> None:
        found = numbers(look.get(f"/partners/{slug}"))
        assert len(found) >= 4
        for shown, query in found:
            assert shown == total(busy, query, "reader"), query

    def test_accounts_that_see_less_count_less(self, busy: Hub) -> None:
        name = f"green-{secrets.token_hex(4)}"
        roles = frozenset({Role.READER})
        busy.put(
            fakes.Account(name, "ministry", roles, fakes.password_hash(), clearance=Tlp.GREEN)
        )
        page = logged_in(busy, name).get("/")
        assert "Hidden from those" not in page.html
        assert "Hidden from those" in logged_in(busy, "reader").get("/").html
        every = total(busy, "added:7d", "reader")
        assert f"{every} objects" not in page.text
        assert f"{every - 1} objects" in page.text


class TestOverview:
    def test_the_first_visit_shows_the_last_week(self, busy: Hub, person: Person) -> None:
        name = f"new-{secrets.token_hex(4)}"
        busy.put(fakes.Account(name, "ministry", frozenset({Role.READER}), fakes.password_hash()))
        page = logged_in(busy, name).get("/")
        assert "in 7 days" in page.text
        assert "since your last visit" not in page.text

    def test_later_what_came_since_the_visit_before(self, busy: Hub) -> None:
        name = f"back-{secrets.token_hex(4)}"
        busy.put(fakes.Account(name, "ministry", frozenset({Role.READER}), fakes.password_hash()))
        seen_us = time.time_ns() // 1000 - 2 * 3_600_000_000
        kept = SqlitePulse(beside(busy.config.store_path))
        kept.add([], [], {name: seen_us})
        surfer = logged_in(busy, name)
        for _ in range(2):
            page = surfer.get("/")
            assert "since your last visit" in page.text
            assert f"added>={format_us(seen_us)[:19]}Z" in [q for _, q in numbers(page)]
        time.sleep(2.5)  # it is written down meanwhile
        assert "since your last visit" in surfer.get("/").text
        # Logging in anew ends no visit.
        assert f"added>={format_us(seen_us)[:19]}Z" in [
            query for _, query in numbers(logged_in(busy, name).get("/"))
        ]

    @pytest.mark.parametrize("since", ["", "x", "visit", "month\0", "0"])
    def test_another_span_is_the_usual_one(self, look: Surfer, since: str) -> None:
        assert look.get(f"/?since={since}").status == 200

    def test_much_is_not_broken_down_unless_asked_for(
        self, look: Surfer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("hub.service.overview.MOST_COUNTED", 5)
        page = look.get("/?since=month")
        assert "By type" not in page.text
        assert "By type" in look.get(page.link("Count them now")).text

    def test_what_was_not_counted_in_time_says_so(
        self, busy: Hub, look: Surfer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from hub.store.finder import SqliteFinder

        monkeypatch.setattr(SqliteFinder, "_counted", lambda *_: None)
        for path in ("/", "/collections", "/partners", "/partners/ministry"):
            page = look.get(path)
            assert page.status == 200
            assert "not counted" in page.text


class TestFirst:
    @pytest.fixture
    def empty(self, tmp_path) -> Iterator[Hub]:
        config = fakes.make_config(tmp_path, SETTINGS)
        store = fakes.open_store(config.store_path)
        fakes.populate(store)
        yield Hub(config, store)
        store.close()

    @pytest.mark.parametrize(
        ("account", "steps"),
        [
            ("administrator", ["Enter the organisations", "Make a collection", "Connect"]),
            ("publisher", ["Share the first indicator", "Connect your tools"]),
            ("reader", ["Connect your tools"]),
        ],
    )
    def test_an_empty_hub_says_what_to_do(
        self, empty: Hub, account: str, steps: list[str]
    ) -> None:
        page = logged_in(empty, account).get("/")
        for step in steps:
            assert step in page.text
        assert ("Share the first indicator" in page.text) == (account == "publisher")

    @pytest.mark.parametrize(
        ("step", "path"),
        [
            ("Enter the organisations", "/admin/new/organisation"),
            ("Make a collection", "/admin/new/collection"),
            ("Invite a partner", "/admin/new/invitation"),
            ("Add somebody who publishes", "/admin/new/account"),
        ],
    )
    def test_a_step_leads_to_its_form(self, empty: Hub, step: str, path: str) -> None:
        page = logged_in(empty, "administrator").get("/").html
        assert f'href="{path}"' in page.partition(step)[2].partition("</li>")[0]

    def test_who_has_no_rights_is_told_whom_to_ask(self, hub: Hub) -> None:
        slug = f"far-{secrets.token_hex(3)}"
        org = fakes.Organisation(slug, f"identity--{fakes.uuid_of(777)}", "Xa", "Far")
        roles = frozenset({Role.READER})
        account = fakes.Account(f"{slug}-x", slug, roles, fakes.password_hash())
        public = fakes.collection("public", public=False)
        hub.put(org, account, public)
        try:
            surfer = logged_in(hub, account.name)
            assert "Nothing was shared with your organisation yet" in surfer.get("/").text
            assert "No collection yet" in surfer.get("/collections").text
            assert surfer.get("/partners").status == 200
        finally:
            hub.put(fakes.collection("public"))


class TestCollections:
    def test_only_those_with_a_right(self, look: Surfer) -> None:
        page = look.get("/collections")
        assert "Shared" in page.text
        assert "Hidden" not in page.text
        assert "Dropbox" not in page.text

    @pytest.mark.parametrize("alias", ["hidden", "dropbox", "nowhere", "..", "%00", "x" * 500])
    def test_hidden_and_missing_look_the_same(self, look: Surfer, alias: str) -> None:
        page = look.get(f"/collections/{alias}")
        assert page.status == 404
        assert "Hidden" not in page.text

    def test_says_why(self, busy: Hub) -> None:
        busy.put(
            Grant(1, ("org", "ministry"), read=True, ceiling=Tlp.GREEN, since_us=fakes.START_US)
        )
        page = logged_in(busy, "publisher").get("/collections/shared")
        assert "the community Partners read and publish" in page.text
        assert "your organisation read TLP:GREEN 14 Nov 2023" in page.text
        assert (
            "everybody: it is public" in logged_in(busy, "reader").get("/collections/public").text
        )
        busy.put(drop=[Grant(1, ("org", "ministry"))])

    def test_lines_have_the_address_and_no_secret(self, busy: Hub, look: Surfer) -> None:
        page = look.get("/collections/shared")
        item = fakes.collection("shared")
        assert f"/hub/collections/{item.id}/objects/" in page.html
        assert "YOUR_TOKEN" in page.html
        assert "hub_" not in page.html
        for token in busy.store.directory().tokens.values():
            assert token.digest.hex() not in page.html

    def test_who_only_writes_gets_no_lines_to_read(self, busy: Hub) -> None:
        page = logged_in(busy, "publisher").get("/collections/dropbox")
        assert "publish, not read" in page.text
        assert "Connect your tools" not in page.text
        assert "Share something here" in page.text


class TestPartners:
    def test_health_is_for_those_who_look_after_it(self, busy: Hub) -> None:
        hint = "Its own people and those who look after this hub see that."
        assert hint in logged_in(busy, "reader").get("/partners/grid").text
        for account in ("coordinator", "administrator", "partner"):
            page = logged_in(busy, account).get("/partners/grid")
            assert hint not in page.text
            assert "partner-works" in page.text
        assert "partner-works" not in logged_in(busy, "reader").get("/partners/grid").html

    def test_a_pull_shows(self, busy: Hub) -> None:
        path = f"/{fakes.ROOT}/collections/shared/objects/"
        assert busy.get(path, account="partner").status_code == 200
        publish(busy, "shared", indicator())
        assert busy.get(f"{path}?next=xyz", account="partner").status_code == 400
        page = logged_in(busy, "coordinator").get("/partners/grid")
        assert "failing" in page.text
        assert "bad-cursor" in page.text
        assert busy.get(path, account="partner").status_code == 200
        page = logged_in(busy, "coordinator").get("/partners/grid")
        assert "▲" not in page.html.partition("<table")[0]
        assert re.search(r"Shared ?● up ?\d+ seconds? ago", page.text)

    @pytest.mark.parametrize("slug", ["nobody", "..", "%00", "GRID", "x" * 500, "<script>"])
    def test_who_is_not_known_is_not_there(self, look: Surfer, slug: str) -> None:
        assert look.get(f"/partners/{slug}").status == 404

    def test_names_stand_in_both_languages(self, busy: Hub, look: Surfer) -> None:
        assert "Công ty Lưới điện Mẫu" in look.get("/partners/grid").text
        page = logged_in(busy, "reader", "vi").get("/partners/grid")
        assert "Sample Grid Company" in page.text
        assert "Tình hình lấy dữ liệu" in page.text


def test_hostile_names_are_text(busy: Hub) -> None:
    evil = '"><script>alert(1)</script>\u202e\u200b'
    publish(busy, "shared", thing("incident", name=evil), thing("campaign", name="x" * 50_000))
    item = fakes.collection("notices", title=evil, description=evil)
    circle = fakes.Community("evil", evil, fakes.members("ministry"), evil)
    grant = Grant(item.key, ("community", "evil"), read=True)
    org = fakes.Organisation("evil", f"identity--{fakes.uuid_of(9)}", evil, evil)
    busy.put(item, circle, grant, org)
    try:
        surfer = logged_in(busy, "coordinator")
        for path in (*PATHS, "/collections/notices", "/partners/evil"):
            page = surfer.get(path)
            assert page.status == 200
            assert "<script>alert" not in page.html
            assert len(page.html.encode()) < 100_000
        events = surfer.get("/").html.split("Incidents, reports, campaigns")[1].split("</ul>")[0]
        assert "\u202e" not in events
        assert "U+202E" in events
    finally:
        busy.put(fakes.collection("notices"), drop=[circle, grant, org])


@pytest.mark.parametrize("page", ["overview", "collections", "partners"])
@pytest.mark.parametrize("lang", ["en", "vi"])
def test_every_page_has_its_help(busy: Hub, page: str, lang: str) -> None:
    assert logged_in(busy, "reader", lang).get(f"/help/{page}").status == 200


def test_pages_are_small(busy: Hub) -> None:
    surfer = logged_in(busy, "coordinator")
    for path in PATHS:
        assert len(surfer.get(path).html.encode()) < 100_000
