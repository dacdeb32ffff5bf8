"""The search page, as somebody uses it whose browser runs no scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import Fault, HubError
from hub.language.edit import Draft
from hub.model.query import Scope
from hub.model.search import AllOf, Between, Has, Node, Survey
from hub.model.tlp import Tlp
from hub.store.finder import SqliteFinder
from tests import fakes
from tests.http.asking import Hub, Room
from tests.http.searching import indicator, opened
from tests.web.surfing import Sheet, Surfer

HOUR_S = 3600
EVIL = "<script>alert(1)</script>\u202e\u200b" + "x" * 5000


@pytest.fixture
def clock() -> fakes.Clock:
    return fakes.Clock()


@pytest.fixture
def hub(tmp_path: Path, clock: fakes.Clock) -> Iterator[Hub]:
    with opened(tmp_path, clock) as found:
        yield found


@pytest.fixture
def room(hub: Hub, clock: fakes.Clock) -> Room:
    made = hub.room()
    made.add(
        indicator(1, "[domain-name:value = 'login.evil.example']", name="Lừa đảo", confidence=80),
        indicator(2, "[ipv4-addr:value = '198.51.100.7']", labels=["c2", "two words"]),
    )
    clock.advance(2 * HOUR_S)
    made.add(
        indicator(3, "[ipv4-addr:value = '198.51.100.0/24']", name="=SUM(A1)", labels=["c2"]),
        {
            "type": "malware",
            "spec_version": "2.1",
            "id": f"malware--{fakes.uuid_of(4)}",
            "created": "2026-01-01T00:00:00.000Z",
            "modified": "2026-01-01T00:00:00.000Z",
            "name": "Emotet",
            "is_family": True,
        },
    )
    return made


@pytest.fixture
def surfer(hub: Hub, request: pytest.FixtureRequest) -> Surfer:
    if "room" in request.fixturenames:
        # In which time passes: a session would end.
        request.getfixturevalue("room")
    found = Surfer(hub)
    found.log_in("publisher")
    return found


def search(surfer: Surfer, q: str = "", **query: Any) -> Sheet:
    more = "".join(
        f"&{name}={quote(str(each))}"
        for name, value in query.items()
        for each in (value if isinstance(value, list) else [value])
    )
    return surfer.get(f"/search?q={quote(q)}{more}")


def ids(page: Sheet) -> str:
    """The last digits of the ids of the rows, in their order."""
    assert page.status == 200, page.text
    return "".join(re.findall(r'name="id" value="[a-z-]+--[0-9a-f-]+([0-9a-f])"', page.html))


def query_of(href: str) -> str:
    return parse_qs(urlsplit(href).query).get("q", [""])[0]


def facet(page: Sheet, field: str) -> str:
    return page.html.split(f'id="facet-{field}"')[1].split("</section>")[0]


def links(html: str) -> dict[str, str]:
    """Addresses by the text behind which they stand."""
    found = re.findall(
        r'<a href="([^"]+)"[^>]*>(.*?)</a>\s*(?:<span class="num">([\d,.]*))?', html
    )
    return {re.sub("<[^>]+>", "", text): href.replace("&amp;", "&") for href, text, _ in found}


class TestResult:
    @pytest.mark.parametrize(
        ("q", "found"),
        [
            ("", "4321"),
            ("lua dao", "1"),
            ("evil[.]example", "1"),
            ("198.51.100.7", "32"),
            ("type:malware OR label:c2", "432"),
            ("198.51.100.7\nlogin.evil.example", "321"),
        ],
    )
    def test_a_query_finds(self, surfer: Surfer, room: Room, q: str, found: str) -> None:
        page = search(surfer, q)
        assert ids(page) == found
        assert f"{len(found)} object" in page.text

    def test_the_oldest_may_come_first(self, surfer: Surfer, room: Room) -> None:
        page = search(surfer)
        assert ids(surfer.get(page.link("Added ▼"))) == "1234"
        assert 'aria-sort="ascending"' in surfer.get(page.link("Added ▼")).html

    def test_values_are_shown_harmless(self, surfer: Surfer, room: Room) -> None:
        page = search(surfer, "has:domain")
        assert "login.evil[.]example" in page.text
        assert "login.evil.example" not in page.text

    def test_what_was_asked_for_is_marked(self, surfer: Surfer, room: Room) -> None:
        assert "<mark>198.51.100[.]7</mark>" in search(surfer, "198.51.100.7").html
        assert "same network" in search(surfer, "198.51.100.7").text
        assert "in the text: lua in the text: dao" in search(surfer, "lua dao").text
        assert "in the name: lua" in search(surfer, "name:lua").text
        # As they were typed.
        assert "in the text: Lừa in the text: đảo" in search(surfer, "Lừa, đảo").text
        assert "in the text: lừa đảo" in search(surfer, '"lừa đảo"').text

    def test_every_cell_is_a_filter(self, surfer: Surfer, room: Room) -> None:
        page = search(surfer, "has:ip", cols=["added", "type", "tlp", "publisher", "label"])
        made = {query_of(href) for href, _ in page.links if href.startswith("/search?q=has:ip+")}
        day = "2023-11-15"
        assert {
            "has:ip type:indicator",
            "has:ip publisher:ministry",
            "has:ip label:c2",
            'has:ip label:"two words"',
            "has:ip ip:198.51.100.7",
            'has:ip ip:"198.51.100.0/24"',
            f"has:ip added:{day}",
        } <= made
        for each in made:
            assert search(surfer, each).status == 200

    def test_columns_are_chosen(self, surfer: Surfer, room: Room) -> None:
        form = search(surfer, "lua dao", sort="oldest").form("cols", "q")
        page = surfer.send(form, cols=["confidence", "id"])
        assert "sort=oldest" in page.path or dict(form.fields)["sort"] == "oldest"
        assert "80" in page.html.split("<tbody>")[-1]
        assert "Published by" not in page.html.split("<thead>")[1].split("</thead>")[0]

    def test_the_address_of_an_object_is_in_its_row(self, surfer: Surfer, room: Room) -> None:
        page = search(surfer, "emotet")
        assert page.link("Emotet") == f"/objects/malware--{fakes.uuid_of(4)}"


class TestPages:
    @pytest.fixture
    def many(self, room: Room) -> Room:
        for number in range(5, 130):
            room.add(indicator(number, "[ipv4-addr:value = '192.0.2.1']"))
        return room

    @pytest.mark.parametrize(
        ("sort", "on", "back"), [("newest", "Older", "Newer"), ("oldest", "Newer", "Older")]
    )
    def test_one_goes_on_and_back(
        self, surfer: Surfer, many: Room, sort: str, on: str, back: str
    ) -> None:
        page = search(surfer, "type:indicator", sort=sort)
        seen = [rows(page)]
        assert back not in [text for _, text in page.links]
        while on in [text for _, text in page.links]:
            page = surfer.get(page.link(on))
            seen.append(rows(page))
        assert [len(part) for part in seen] == [40, 40, 40, 8]
        assert len({each for part in seen for each in part}) == 128
        for part in reversed(seen[:-1]):
            page = surfer.get(page.link(back))
            assert rows(page) == part
        assert back not in [text for _, text in page.links]

    def test_what_is_behind_the_end_leads_back(self, surfer: Surfer, room: Room) -> None:
        page = search(surfer, "has:ip", before="2001-01-01T00:00:00Z")
        assert "nothing on this page" in page.text
        assert ids(surfer.get(page.link("To the beginning"))) == "32"


def rows(page: Sheet) -> list[str]:
    return re.findall(r'name="id" value="([^"]+)"', page.html)


class TestFacets:
    def test_they_add_to_the_query_and_take_away(self, surfer: Surfer, room: Room) -> None:
        page = search(surfer, "198.51.100.7 OR emotet")
        assert re.search(r"indicators</a><span class=\"num\">2<", facet(page, "type"))
        chosen = surfer.get(links(facet(page, "type"))["indicators"])
        assert query_of(chosen.path) == "(198.51.100.7 OR emotet) type:indicator"
        assert ids(chosen) == "32"
        left = links(facet(chosen, "type"))["indicators \u00d7"]
        assert ids(surfer.get(left)) == "432"

    def test_they_are_counted_in_scope(self, hub: Hub, room: Room, surfer: Surfer) -> None:
        other = hub.room()
        hub.put(
            drop=[g for g in hub.store.directory().grants if g.collection == other.collection.key]
        )
        other_page = search(surfer)
        assert other.collection.title not in facet(other_page, "collection")
        assert room.collection.title in facet(other_page, "collection")

    def test_more_is_counted_when_asked_for(self, surfer: Surfer, room: Room) -> None:
        page = search(surfer)
        assert 'id="facet-has"' not in page.html
        page = surfer.get(page.link("Holds values"))
        assert "IP address" in facet(page, "has")

    def test_what_takes_too_long_is_not_counted(self, surfer: Surfer, room: Room) -> None:
        with mock.patch.object(SqliteFinder, "_counted", return_value=None):
            page = search(surfer)
            assert "not counted" in facet(page, "type")
            # All hits are on the page: so they are counted.
            assert "4 objects" in page.text
            opened = surfer.get(links(facet(page, "type"))["Count"])
            assert "takes too long" in facet(opened, "type")
        assert "indicators" in facet(surfer.get(opened.path), "type")

    def test_a_list_becomes_conditions(self, surfer: Surfer, room: Room) -> None:
        page = search(surfer, "198.51.100.7, login.evil.example")
        narrowed = query_of(links(facet(page, "label"))["c2"])
        assert narrowed == "(ip:198.51.100.7 OR domain:login.evil.example) label:c2"
        assert ids(search(surfer, narrowed)) == "32"

    def test_a_facet_of_many_values_says_that_it_shows_the_first(
        self, surfer: Surfer, room: Room
    ) -> None:
        labels = [f"label-{n}" for n in range(60)]
        room.add(indicator(9, "[ipv4-addr:value = '198.51.100.9']", labels=labels))
        shelf = facet(search(surfer, "id:" + indicator(9, "")["id"], open="label"), "label")
        assert shelf.count("<li>") == 50
        assert "The 50 most frequent." in shelf
        assert "most frequent" not in facet(search(surfer, "has:ip", open="type"), "type")


class TestRows:
    def test_a_name_that_is_a_value_is_said_once_and_defanged(
        self, surfer: Surfer, room: Room
    ) -> None:
        address, domain = "198.51.100.9", "bad.example"
        both = f"[domain-name:value = '{domain}' AND ipv4-addr:value = '{address}']"
        room.add(
            indicator(8, f"[domain-name:value = '{domain}']", name="hxxp://bad.example/"),
            indicator(9, both, name=address),
        )
        html = search(surfer, f"{domain} has:ip").html.split("<tbody>")[-1]
        assert ">198.51.100[.]9</bdi></a>" in html
        assert f">{address}<" not in html
        assert html.count("198.51.100[.]9</bdi>") == 1
        assert "bad[.]example" in html


class TestTime:
    def test_dates_that_are_ages_away_are_counted_beside_the_picture(
        self, surfer: Surfer, room: Room
    ) -> None:
        pattern = "[ipv4-addr:value = '198.51.100.9']"
        room.add(
            indicator(7, pattern, valid_from="0001-01-01T00:00:00Z"),
            indicator(8, pattern, valid_from="9999-12-31T23:59:59Z"),
            indicator(9, pattern, valid_from="9998-01-01T00:00:00Z"),
        )
        page = search(surfer, "type:indicator", by="valid_from")
        chart = page.html.split('class="chart"')[1].split("</svg>")[0]
        assert sum(int(n) for n in re.findall(r": (\d+)</title>", chart)) == 3
        assert "0001" not in chart
        assert "999" not in chart
        assert ids(surfer.get(page.link("1 earlier"))) == "7"
        assert ids(surfer.get(page.link("2 later"))) == "98"
        with mock.patch.object(SqliteFinder, "survey", return_value=Survey(None, [], None)):
            page = search(surfer, "type:indicator", by="valid_from", open="time")
        assert page.link("1 earlier")
        # Where all are far away, they are what is drawn.
        page = search(surfer, "valid_from:>9000", by="valid_from")
        assert "Far from" not in page.text
        assert page.html.count("data-from=") == 2

    def test_a_bar_leads_to_its_period(self, surfer: Surfer, room: Room) -> None:
        page = search(surfer, "type:indicator")
        chart = page.html.split('class="chart"')[1].split("</svg>")[0]
        found = re.findall(r'<a href="([^"]+)"', chart)
        assert len(found) == 2
        first = surfer.get(found[0].replace("&amp;", "&"))
        assert ids(first) == "21"
        assert ids(surfer.get(first.link("All dates"))) == "321"

    def test_it_has_a_table_that_says_the_same(self, surfer: Surfer, room: Room) -> None:
        page = search(surfer, by="created")
        chart = page.html.split('class="chart"')[1].split("</svg>")[0]
        twin = page.html.split('class="twin"')[1].split("</table>")[0]
        links = re.compile(r'<a href="([^"]+)"')
        assert links.findall(chart) == links.findall(twin)
        titles = [int(n) for n in re.findall(r": (\d+)</title>", chart)]
        assert titles == [int(n) for n in re.findall(r'"num">(\d+)</td>', twin)]
        assert sum(titles) == 4

    def test_a_range_takes_the_place_of_the_one_before(self, surfer: Surfer, room: Room) -> None:
        page = search(surfer, 'added:2023 -"FROM here TO there" has:ip')
        brush = re.search(r'data-brush="([^"]+)"', page.html)[1].replace("&amp;", "&")
        assert brush.count("FROM") == brush.count("TO") == 1
        made = brush.replace("FROM", "2023-11-14").replace("TO", "2023-11-15")
        assert query_of(made) == '-"FROM here TO there" has:ip added:(>=2023-11-14 <=2023-11-15)'


class TestChips:
    def test_each_is_taken_away_by_a_link(self, surfer: Surfer, room: Room) -> None:
        page = search(surfer, 'type:indicator -label:"two words" has:ip')
        assert ids(page) == "3"
        assert ids(surfer.get(page.link('Remove -label:"two words"'))) == "32"
        assert ids(surfer.get(page.link("Remove all"))) == "4321"

    def test_nothing_found_says_what_to_do(self, surfer: Surfer, room: Room) -> None:
        page = search(surfer, "type:malware label:c2")
        assert "Nothing was found" in page.text
        assert ids(surfer.get(page.link("Without type:malware"))) == "32"
        assert query_of(page.link("c2 in all fields")) == "type:malware c2"
        assert page.link("Look many values up at once") == "/lookup"
        page = search(surfer, "203.0.113.1 type:malware bad[.]example")
        found = surfer.get(page.link("Look many values up at once"))
        assert "203.0.113.1" in found.html
        assert "Unknown 2" in found.text

    def test_who_may_not_publish_is_not_asked_to(self, surfer: Surfer, hub: Hub) -> None:
        assert search(surfer, "nothing").link("Share what you know of it") == "/submit"
        reader = Surfer(hub)
        reader.log_in("reader")
        assert "Share what you know of it" not in search(reader, "nothing").text

    def test_an_empty_hub_says_so(self, surfer: Surfer) -> None:
        page = search(surfer)
        assert page.status == 200
        assert page.link("What I may read") == "/collections"


class TestTaking:
    def test_the_whole_result_as_a_file(self, surfer: Surfer, room: Room) -> None:
        page = search(surfer, "has:ip", before="2023-11-16T00:00:00Z")
        for text in ("CSV table", "STIX bundle", "JSON", "Text"):
            answer = surfer.client.get(page.link(text))
            assert answer.status_code == 200
            assert b"198.51.100.7" in answer.data
            assert b"198.51.100.0/24" in answer.data

    def test_some_of_it(self, surfer: Surfer, room: Room) -> None:
        page = search(surfer, "type:indicator")
        form = next(each for each in page.forms if ("take", "csv", "CSV table") in each.buttons)
        chosen = rows(page)[:2]
        answer = surfer.send(form, ("take", "csv"), id=chosen)
        assert answer.headers["Content-Type"].startswith("text/csv")
        assert [each in answer.html for each in rows(page)] == [True, True, False]
        only = surfer.send(form, ("take", "page"), id=chosen)
        assert sorted(rows(only)) == sorted(chosen)

    def test_of_nothing_is_said(self, surfer: Surfer, room: Room) -> None:
        page = search(surfer, "type:indicator")
        form = next(each for each in page.forms if ("take", "csv", "CSV table") in each.buttons)
        again = surfer.send(form, ("take", "csv"))
        assert "Nothing is selected." in again.text
        assert ids(again) == "321"

    @pytest.mark.parametrize("given", ["x) OR type:malware OR id:(y", "x" * 5000, "a b"])
    def test_an_id_is_an_id(self, surfer: Surfer, room: Room, given: str) -> None:
        page = surfer.get(f"/search?take=page&id={quote(given)}")
        assert page.status == 400
        assert "id" in page.text


class TestErrors:
    def test_the_place_is_marked_in_the_language_of_the_page(self, hub: Hub, room: Room) -> None:
        reader = Surfer(hub, "vi")
        reader.log_in("publisher")
        page = search(reader, 'type:malware AND (domian:"<b>x')
        assert page.status == 400
        assert "Dấu ngoặc kép mở ở đây chưa được đóng" in page.text
        assert "domian:<mark>&#34;</mark>&lt;b&gt;x" in page.html
        assert 'aria-describedby="q-fault"' in page.html
        assert 'value="type:malware AND (domian:&#34;&lt;b&gt;x"' in page.html

    @pytest.mark.parametrize(
        ("address", "says"),
        [
            ("?sort=up", "sort"),
            ("?before=yesterday", "before"),
            ("?before=2026-01-01T00:00:00Z&after=2026-01-01T00:00:00Z", "after"),
            ("?cols=secret", "cols"),
            ("?by=label", "by"),
            ("?open=ip", "open"),
            ("?match[type]=x", "parameter"),
            ("?take=exe&id=x", "take"),
        ],
    )
    def test_wrong_parameters_are_named(
        self, surfer: Surfer, room: Room, address: str, says: str
    ) -> None:
        page = surfer.get(f"/search{address}")
        assert page.status == 400
        assert says in page.text

    @given(
        given_=st.dictionaries(
            st.sampled_from(
                ["q", "sort", "before", "after", "cols", "by", "open", "id", "take", "x"]
            ),
            st.one_of(st.text(max_size=40), st.sampled_from(["oldest", "label", "csv", "time"])),
        )
    )
    @settings(
        max_examples=150,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    def test_no_address_breaks_it(
        self, surfer: Surfer, room: Room, given_: dict[str, str]
    ) -> None:
        answer = surfer.client.get("/search", query_string=given_)
        assert answer.status_code in {200, 303, 400}

    def test_search_that_is_down_says_so(self, surfer: Surfer, room: Room) -> None:
        down = HubError(Fault.SEARCH_DOWN, "it does not answer")
        with mock.patch.object(SqliteFinder, "find", side_effect=down):
            page = search(surfer, "has:ip")
        assert page.status == 503
        assert "Search does not answer now" in page.text
        assert ids(surfer.get(page.link("Try again"))) == "32"

    def test_a_query_that_takes_too_long_says_so(self, surfer: Surfer, room: Room) -> None:
        late = HubError(Fault.BAD_QUERY, "this takes the hub too long", remedy="Narrow it.")
        with mock.patch.object(SqliteFinder, "find", side_effect=late):
            page = search(surfer, "has:ip")
        assert page.status == 400
        assert "takes the hub too long" in page.text

    def test_hostile_content_is_inert(self, surfer: Surfer, room: Room) -> None:
        room.add(
            indicator(9, "[url:value = 'javascript:alert(1)//\"><b>']", name=EVIL, labels=[EVIL])
        )
        page = search(surfer, cols=["label", "confidence"])
        assert page.status == 200
        assert "<script>alert" not in page.html
        assert not [href for href, _ in page.links if not href.startswith(("/", "#"))]
        title = page.html.split("data-open>")[1].split("</a>")[0]
        assert '<span class="unseen">U+202E</span><span class="unseen">U+200B</span>' in title


class TestSaved:
    def test_one_is_saved_shared_and_deleted(self, hub: Hub, room: Room, surfer: Surfer) -> None:
        form = search(surfer, "has:ip").form("/searches")
        page = surfer.send(form, name="Addresses", shared="yes")
        assert "Saved: Addresses" in page.text
        assert ids(surfer.get(page.link("Addresses"))) == "32"
        assert query_of(page.link("a week")) == "has:ip added:7d"
        colleague = Surfer(hub)
        colleague.log_in("reader")
        seen = colleague.get("/searches")
        assert "Addresses" in seen.text
        assert "Delete" not in seen.text
        stranger = Surfer(hub)
        stranger.log_in("partner")
        assert "Addresses" not in stranger.get("/searches").text
        drop = next(form for form in page.forms if form.buttons and form.buttons[0][0] == "drop")
        after = surfer.send(drop, drop.buttons[0][:2])
        assert "The search is deleted." in after.text
        assert "No saved search yet" in after.text

    @pytest.mark.parametrize(
        ("name", "query", "says"),
        [
            ("", "x", "name has 1 to"),
            ("n" * 101, "x", "name has 1 to"),
            ("ok", "(x", "opens here is not closed"),
        ],
    )
    def test_what_is_wrong_stands_at_its_field(
        self, surfer: Surfer, name: str, query: str, says: str
    ) -> None:
        form = surfer.get("/searches").form("name", "query")
        page = surfer.send(form, name=name, query=query)
        assert page.status == 400
        assert says in page.text
        again = dict(page.form("name", "query").fields)
        assert (again["name"], again["query"]) == (name, query)
        assert 'class="fault"' in page.html

    def test_somebody_else_s_cannot_be_deleted(self, hub: Hub, surfer: Surfer) -> None:
        form = surfer.get("/searches").form("name", "query")
        surfer.send(form, name="Mine", query="x", shared="yes")
        [item] = hub.store.saved_searches(_scope(hub, "publisher"))
        colleague = Surfer(hub)
        colleague.log_in("reader")
        form = colleague.get("/searches").form("name", "query")
        assert colleague.send(form, ("drop", item.id)).status == 403
        assert hub.store.saved_searches(_scope(hub, "publisher")) == [item]


def _scope(hub: Hub, name: str) -> Any:
    from hub import policy
    from hub.model.party import Caller

    directory = hub.store.directory()
    account = directory.accounts[name]
    return policy.scope(Caller(name, account.org, account.roles), directory)


def test_the_pages_are_in_vietnamese_too(hub: Hub, room: Room) -> None:
    reader = Surfer(hub, "vi")
    reader.log_in("publisher")
    assert "4 đối tượng" in search(reader).text
    assert "Tìm kiếm đã lưu" in reader.get("/searches").text
    assert "Trợ giúp" in reader.get("/help/search").text
    assert Tlp.GREEN.text.upper() in search(reader).text


class TestWhatAPageCosts:
    """Looks are counted, not time."""

    @pytest.fixture
    def counted(self, room: Room) -> Iterator[list[Node]]:
        """What was counted beside the rows."""
        del room
        asked: list[Node] = []
        true = SqliteFinder.survey

        def survey(finder: SqliteFinder, scope: Scope, node: Node, *rest: Any, **how: Any) -> Any:
            asked.append(node)
            return true(finder, scope, node, *rest, **how)

        with mock.patch.object(SqliteFinder, "survey", survey):
            yield asked

    def test_a_whole_result_is_counted_by_its_ids(
        self, surfer: Surfer, counted: list[Node]
    ) -> None:
        page = search(surfer, "created:>=2020")
        (node,) = counted
        assert isinstance(node, AllOf)
        (known,) = (part for part in node.nodes if isinstance(part, Has))
        assert (known.field, len(known.keys), len(ids(page))) == ("id", 4, 4)
        assert "4 objects" in page.text

    def test_a_part_of_a_result_says_nothing_of_the_rest(
        self, surfer: Surfer, counted: list[Node], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("hub.web.search.ROWS", 3)
        page = search(surfer, "created:>=2020")
        assert [type(node) for node in counted] == [Between]
        assert len(ids(page)) == 3
        assert "4 objects" in page.text

    def test_the_dates_of_rows_read_the_query_once_for_each_day(
        self, surfer: Surfer, room: Room
    ) -> None:
        del room
        asked: list[str] = []
        true = Draft.within

        def within(draft: Draft, field: str, period: str) -> str:
            asked.append(period)
            return true(draft, field, period)

        with mock.patch.object(Draft, "within", within):
            search(surfer, "added:>=2020")
        assert asked
        assert len(asked) == len(set(asked))
