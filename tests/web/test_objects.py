"""The pages of an object: what they say, to whom, and that nothing in them is alive."""

from __future__ import annotations

import itertools
import json
import re
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest

from hub.model.party import Group, Role
from hub.web.objects import _VERSIONS
from hub.web.relations import STEP
from tests import fakes
from tests.http.asking import Hub, Room
from tests.web.conftest import Person
from tests.web.surfing import Surfer

HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202e\u200b"
_numbers = itertools.count(700_000)


def made(kind: str, **more: Any) -> dict[str, Any]:
    """An object with an id that no other test has."""
    head = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{fakes.uuid_of(next(_numbers))}"}
    return head | {"created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z"} | more


def related(source: dict[str, Any], verb: str, target: dict[str, Any]) -> dict[str, Any]:
    ends = {"source_ref": source["id"], "target_ref": target["id"]}
    return made("relationship", relationship_type=verb, **ends)


def later(obj: dict[str, Any], day: int, **more: Any) -> dict[str, Any]:
    return obj | {"modified": f"2026-01-{day:02d}T00:00:00Z"} | more


def address(obj: dict[str, Any], tail: str = "") -> str:
    return f"/objects/{obj['id']}{tail}"


@pytest.fixture
def room(hub: Hub) -> Room:
    return hub.room()


@pytest.fixture
def malware(room: Room) -> dict[str, Any]:
    """Malware with something of everything around it."""
    own = made("malware", name="Sample bot", is_family=True, malware_types=["bot"])
    bank = made("identity", name="Sample bank", identity_class="organization")
    scouts = [
        made(
            "indicator",
            name=f"C2 {n}",
            pattern=f"[ipv4-addr:value = '192.0.2.{n}']",
            pattern_type="stix",
            valid_from="2026-01-01T00:00:00Z",
        )
        for n in range(20)
    ]
    sightings = [
        made("sighting", sighting_of_ref=own["id"], where_sighted_refs=[bank["id"]], count=4),
        made("sighting", sighting_of_ref=own["id"], last_seen="2026-03-01T00:00:00Z"),
    ]
    opinions = [
        made("opinion", opinion=word, object_refs=[own["id"]])
        for word in ("agree", "strongly-agree", "disagree")
    ]
    links = [related(scout, "indicates", own) for scout in scouts]
    links.append(related(own, "targets", bank))
    status = room.add(own, bank, *scouts, *sightings, *opinions, *links)
    assert status["failure_count"] == 0, status
    return own


class TestSummary:
    def test_it_says_what_the_object_says(self, inside: Surfer, malware: dict[str, Any]) -> None:
        page = inside.get(address(malware))
        assert page.status == 200
        assert "<title>Sample bot · " in page.html
        for text in ("Sample bot", "bot", "yes", "1 Jan 2026", malware["id"], "TLP:GREEN"):
            assert text in page.text
        assert "Members of the community may see it" in page.text

    def test_sightings_are_summed_and_opinions_weighed(
        self, inside: Surfer, malware: dict[str, Any]
    ) -> None:
        page = inside.get(address(malware))
        assert "Seen 5 times, in 2 sightings." in page.text
        assert "1 Mar 2026" in page.text
        assert "2 of 3 agree" in page.text

    def test_what_is_in_several_collections_is_counted_once(
        self, inside: Surfer, hub: Hub, room: Room
    ) -> None:
        own = made("malware", name="Twice", is_family=False)
        seen = made("sighting", sighting_of_ref=own["id"], count=3)
        link = related(own, "drops", own | {"id": made("tool")["id"]})
        tool = made("tool", name="Dropped") | {"id": link["target_ref"]}
        for place in (room, hub.room()):
            place.add(own, seen, link, tool)
        page = inside.get(address(own))
        assert "Seen 3 times, in 1 sighting." in page.text
        listed = inside.get(address(own, "/graph")).html.partition('<div id="relations">')[2]
        assert listed.count("Dropped") == 1

    def test_values_are_defanged_and_lead_to_the_search(self, inside: Surfer, room: Room) -> None:
        pattern = "[url:value = 'http://evil.example/a?b=1' AND file:name = 'say \"x\".exe']"
        obj = made("indicator", name="x", pattern=pattern, pattern_type="stix") | {
            "valid_from": "2026-01-01T00:00:00Z"
        }
        room.add(obj)
        page = inside.get(address(obj))
        hrefs = {said: unescape(href) for href, said in page.links}
        assert hrefs["hxxp://evil[.]example/a?b=1"].startswith("/search?q=url:")
        assert hrefs["evil[.]example"] == "/search?q=domain:evil.example"
        found = inside.client.get(
            "/api/v1/search",
            query_string=hrefs["hxxp://evil[.]example/a?b=1"].partition("?")[2],
            headers={"Accept": "application/json"},
        )
        assert obj["id"] in found.get_data(as_text=True)
        assert 'data-copy="http://evil.example/a?b=1"' in unescape(page.html)

    @pytest.mark.parametrize("kind", ["indicator", "url"])
    def test_a_value_longer_than_its_key_is_whole(
        self, inside: Surfer, room: Room, kind: str
    ) -> None:
        """Files and copies have the value; the key, cut and with a digest, is nobody's address."""
        long = "https://long.example/it's?" + "p" * 300
        own = made(kind, value=long, name="Long")
        if kind == "indicator":
            quoted = long.replace("'", "\\'")
            more = {"pattern": f"[url:value = '{quoted}']", "pattern_type": "stix"}
            own = made(kind, name="Long", valid_from="2026-01-01T00:00:00Z", **more)
        assert room.add(own)["failure_count"] == 0
        html = unescape(inside.get(address(own)).html)
        assert f'data-copy="{long}"' in html
        assert not re.search('data-copy="[^"]*p~', html)
        for form in ("text", "csv"):
            said = inside.get(f"/api/v1/search?q=id:{own['id']}&format={form}").html
            assert long in said
            assert "p~" not in said
        found = unescape(inside.get(f"/search?q=id:{own['id']}").html)
        assert 'data-copy="hxxps://long[.]example/' not in found
        for form in ("csv", "txt"):
            said = inside.get(f"/lookup?v={quote(long)}&download=known.{form}").html
            assert long in said
            assert "p~" not in said

    def test_no_link_leads_out(self, inside: Surfer, room: Room) -> None:
        references = [
            {"source_name": "a", "url": "https://vendor.example/report"},
            {"source_name": "b", "url": "javascript:alert(1)"},
            {"source_name": "c", "url": "data:text/html,x"},
        ]
        text = "see https://other.example/x"
        obj = made("malware", name="x", is_family=False, external_references=references)
        room.add(obj | {"description": text})
        page = inside.get(address(obj))
        hrefs = re.findall(r'(?:href|src|action)="([^"]*)"', page.html)
        assert all(href.startswith(("/", "#")) for href in hrefs), hrefs
        assert "hxxps://vendor[.]example/report" in page.text
        assert "hxxps://other.example/x" in page.text

    def test_another_object_with_the_same_value(self, inside: Surfer, room: Room) -> None:
        one = {"type": "domain-name", "spec_version": "2.1", "value": "twin.example"} | {
            "id": f"domain-name--{fakes.uuid_of(next(_numbers))}"
        }
        other = made("indicator", name="Twin", pattern="[domain-name:value='twin.example']") | {
            "pattern_type": "stix",
            "valid_from": "2026-01-01T00:00:00Z",
        }
        room.add(one, other)
        assert inside.get(address(one)).link("Twin") == address(other)

    def test_an_older_version_says_so(self, inside: Surfer, room: Room) -> None:
        obj = made("malware", name="old name", is_family=False)
        room.add(obj)
        room.add(later(obj, 2, name="new name"))
        page = inside.get(address(obj, f"?version={obj['modified']}"))
        assert "<title>old name · " in page.html
        assert "This is an older version." in page.text
        assert "This is an older version." not in inside.get(address(obj)).text


class TestWhoMaySee:
    """The law: nobody is told other recipients than itself, but who named them."""

    @pytest.fixture
    def partner(self, hub: Hub, person: Person) -> Surfer:
        surfer = Surfer(hub)
        surfer.log_in(person(org="grid"))
        return surfer

    def test_hidden_and_absent_are_answered_alike(
        self, inside: Surfer, partner: Surfer, room: Room
    ) -> None:
        hidden = made("malware", name="x", is_family=False)
        room.post(fakes.body(hidden), headers={"Hub-Audience": "org:ministry"})
        absent = made("malware")
        assert inside.get(address(hidden)).status == 200
        for tail in ("", "/versions", "/graph", "/raw", "/raw?download=1"):
            pages = [partner.get(address(obj, tail)) for obj in (hidden, absent)]
            texts = [
                re.sub(r"number [0-9a-f-]+", "", page.text.replace(obj["id"], "ID"))
                for page, obj in zip(pages, (hidden, absent), strict=True)
            ]
            assert [page.status for page in pages] == [404, 404]
            assert texts[0] == texts[1]
            assert "may not see it" in texts[0]

    def test_a_recipient_is_told_itself_alone(
        self, hub: Hub, inside: Surfer, partner: Surfer, room: Room
    ) -> None:
        members = fakes.members("ministry", "grid")
        hub.put(Group("case-web", "Case Web", "ministry", members))
        obj = made("malware", name="x", is_family=False)
        audience = {"Hub-Audience": "org:grid, group:case-web, community:partners"}
        assert room.post(fakes.body(obj), headers=audience).status_code == 202
        told = partner.get(address(obj)).text
        assert "your own organisation" in told
        assert "Case Web, to which your organisation belongs" in told
        own = inside.get(address(obj)).text
        assert "Your organisation published it for:" in own
        assert "Sample Grid Company" in own
        hub.put(Group("case-web", "Case Web", "ministry", fakes.members("ministry")))
        assert "Case Web" not in partner.get(address(obj)).text
        assert "Case Web" in inside.get(address(obj)).text

    def test_neighbours_that_are_hidden_are_not_counted(
        self, inside: Surfer, partner: Surfer, room: Room, malware: dict[str, Any]
    ) -> None:
        before = partner.get(address(malware)).html
        graph = partner.get(address(malware, "/graph")).html
        opinion = made("opinion", opinion="agree", object_refs=[malware["id"]])
        scout = made("tool", name="Hidden tool")
        room.post(
            fakes.body(opinion, scout, related(malware, "drops", scout)),
            headers={"Hub-Audience": "org:ministry"},
        )
        assert partner.get(address(malware)).html == before
        assert partner.get(address(malware, "/graph")).html == graph
        assert "3 of 4 agree" in inside.get(address(malware)).text
        assert "Hidden tool" in inside.get(address(malware, "/graph")).text


class TestVersions:
    def test_field_by_field(self, inside: Surfer, room: Room) -> None:
        obj = made("malware", name="a", is_family=False, aliases=["p", "q"], x_gone="g")
        new = later(obj, 2, name="b", aliases=["q", "r"], labels=["l"])
        del new["x_gone"]
        room.add(obj)
        room.add(new)
        page = inside.get(address(obj, "/versions"))
        href = unescape(page.link("with the one before"))
        told = inside.get(href)
        rows = re.findall(r'data-change="(\w+)">.*?<code><bdi>(.*?)</bdi>', told.html, re.DOTALL)
        assert set(rows) == {
            ("changed", "modified"),
            ("changed", "name"),
            ("list", "aliases"),
            ("added", "labels"),
            ("removed", "x_gone"),
        }
        form = page.form("old", "new")
        assert inside.send(form).text.count("x_gone") == 1

    def test_all_of_them_page_by_page(self, inside: Surfer, hub: Hub) -> None:
        room = hub.room()
        obj = made("malware", name="a", is_family=False)
        days = [
            obj | {"modified": f"2026-01-01T00:{n // 60:02d}:{n % 60:02d}Z"} for n in range(70)
        ]
        room.add(*days)
        first = inside.get(address(obj, "/versions"))
        second = inside.get(unescape(first.link("Older")))
        seen = [
            version
            for page in (first, second)
            for version in re.findall(r'type="radio" name="new" value="([^"]+)"', page.html)
        ]
        assert seen == [each["modified"] for each in days[::-1]]
        assert len(re.findall('name="new"', first.html)) == _VERSIONS

    def test_a_version_that_is_not_there(self, inside: Surfer, malware: dict[str, Any]) -> None:
        tail = "/versions?old=2001-01-01T00:00:00Z&new=2026-01-01T00:00:00Z"
        assert inside.get(address(malware, tail)).status == 404
        assert inside.get(address(malware, "?version=x")).status == 404

    def test_one_of_the_two_is_enough_where_the_other_is_on_another_page(
        self, inside: Surfer, room: Room
    ) -> None:
        own = made("malware", name="First", is_family=True)
        room.add(own, later(own, 2, name="Second"), later(own, 3, name="Third"))
        said = inside.get(address(own, "/versions?old=2026-01-01T00:00:00Z")).text
        assert "2026-01-01T00:00:00Z → 2026-01-03T00:00:00Z" in said
        said = inside.get(address(own, "/versions?new=2026-01-02T00:00:00Z")).text
        assert "2026-01-01T00:00:00Z → 2026-01-02T00:00:00Z" in said
        said = inside.get(address(own, "/versions?new=2026-01-01T00:00:00Z")).text
        assert "What changed" not in said


class TestGraph:
    def test_what_leads_nowhere_is_still_a_relation(self, inside: Surfer, room: Room) -> None:
        own, gone = made("malware", name="Here", is_family=True), made("indicator")
        room.add(own, related(gone, "indicates", own))
        page = inside.get(address(own))
        assert "What it is related to is not here, or not visible to you." in page.text
        assert gone["id"] in inside.get(page.link("All relations as a list")).text

    def test_picture_and_list_say_the_same(self, inside: Surfer, malware: dict[str, Any]) -> None:
        page = inside.get(address(malware, "/graph"))
        picture, _, table = page.html.partition('<div id="relations">')
        drawn = set(re.findall(r'class="spot" href="(/objects/[^"]+)"', picture))
        listed = set(re.findall(r'href="(/objects/[^"]+)"', table))
        assert drawn <= listed
        assert "+ 15 indicators" in page.text
        only = inside.get(unescape(page.link("+ 15 indicators")).partition("#")[0])
        assert only.text.count("is indicated by") == 20
        assert "Sample bank" not in only.html.partition('<div id="relations">')[2]

    def test_a_node_is_opened_by_its_address(
        self, inside: Surfer, malware: dict[str, Any]
    ) -> None:
        page = inside.get(address(malware, "/graph"))
        opened = [unescape(h) for h in re.findall(r'class="more" href="([^"]+)"', page.html)]
        assert opened
        after = inside.get(opened[0])
        assert after.html.count("<rect") >= page.html.count("<rect")
        assert 'aria-label="Close:' in after.html
        nowhere = inside.get(address(malware, f"/graph?open={made('tool')['id']}&open=%3Cx%3E"))
        assert nowhere.status == 200
        assert "2 objects that should be opened are not in the picture" in nowhere.text

    def test_ten_thousand_references_and_as_many_neighbours(
        self, inside: Surfer, hub: Hub
    ) -> None:
        room = hub.room()
        centre = made("malware", name="Centre", is_family=False)
        ids = [f"tool--{fakes.uuid_of(9_000_000 + n)}" for n in range(10_000)]
        big = made("report", name="Big", published="2026-01-01T00:00:00Z", object_refs=ids)
        assert room.add(centre, big)["failure_count"] == 0
        for start in range(0, 600, 300):
            room.add(*(made("note", content="c", object_refs=[centre["id"]]) for _ in range(300)))
            assert start < 600
        for obj in (big, centre):
            for tail in ("", "/graph", "/raw", "/versions"):
                page = inside.get(address(obj, tail))
                assert page.status == 200
                assert len(page.html) < 100_000
        seen: list[str] = []
        page = inside.get(address(centre, "/graph"))
        while True:
            seen += re.findall(r"/objects/(note--[^\"?]+)", page.html.partition("relations")[2])
            older = [unescape(href) for href, said in page.links if said == "Older"]
            if not older:
                break
            page = inside.get(older[0].partition("#")[0])
        assert len(set(seen)) == 600
        refs = inside.get(address(big, f"/graph?from={STEP}"))
        assert ids[STEP] in refs.html
        assert ids[STEP - 1] not in refs.html
        assert "not here, or not visible to you" in refs.text

    @pytest.mark.parametrize("tail", ["from=x", "from=-1", "before=1e5", f"from={'9' * 30}"])
    def test_a_number_that_is_none(
        self, inside: Surfer, malware: dict[str, Any], tail: str
    ) -> None:
        page = inside.get(address(malware, f"/graph?{tail}"))
        assert page.status == 400
        assert "is no whole number" in page.text


class TestRaw:
    def test_the_exact_bytes(self, inside: Surfer, room: Room) -> None:
        raw = json.dumps(made("malware", name="Mã độc", is_family=False), indent=3).encode()
        obj = json.loads(raw)
        room.post(b'{"objects":[' + raw + b"]}")
        answer = inside.client.get(address(obj, "/raw?download=1"))
        assert answer.data == raw
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Mã độc" in inside.get(address(obj, "/raw")).text

    def test_a_large_one_is_cut_and_says_so(self, inside: Surfer, room: Room) -> None:
        obj = made("malware", name="x", is_family=False, description="d" * 90_000)
        room.add(obj)
        page = inside.get(address(obj, "/raw"))
        assert "the file has all of it" in page.text
        assert len(page.html) < 100_000


@pytest.fixture(scope="module")
def hostile(hub: Hub) -> dict[str, Any]:
    obj = made("x-evil", name=HOSTILE + "A" * 5000, valid_from="broken")
    obj |= {
        HOSTILE: HOSTILE,
        "labels": [HOSTILE] * 60,
        "x_deep": json.loads("[" * 40 + "]" * 40),
    }
    obj |= {"confidence": 10**400, "x_number": -(10**30), "x_real": 1e300}
    obj |= {"external_references": [{"source_name": HOSTILE, "url": f"javascript:{HOSTILE}"}]}
    obj |= {"description": HOSTILE * 50, "x_refs": ["tool--" + str(fakes.uuid_of(1))] * 3000}
    indicator = made("indicator", name=HOSTILE, pattern="[a:b = '" + "x" * 20_000 + "']")
    indicator |= {"pattern_type": HOSTILE, "valid_from": "2026-01-01T00:00:00Z"}
    verb = related(indicator, HOSTILE, obj)
    room = hub.room()
    status = room.add(obj, later(obj, 2, name=HOSTILE), indicator, verb)
    assert status["failure_count"] == 0, status
    return {"evil": obj, "indicator": indicator, "verb": verb}


class TestHostile:
    @pytest.mark.parametrize("which", ["evil", "indicator", "verb"])
    @pytest.mark.parametrize(
        "tail",
        [
            "",
            "/versions",
            "/versions?old=2026-01-01T00:00:00Z&new=2026-01-02T00:00:00Z",
            "/graph",
            "/raw",
        ],
    )
    def test_it_is_inert_and_legible(
        self, inside: Surfer, hostile: dict[str, Any], which: str, tail: str
    ) -> None:
        page = inside.get(address(hostile[which], tail))
        if which != "evil" and "old=" in tail:
            assert page.status == 404
            return
        assert page.status == 200
        assert len(page.html) < 100_000
        assert "<script>alert" not in page.html
        assert "<img" not in page.html
        assert len(re.findall("<script", page.html)) == 1
        assert not re.search(r"\son\w+=\"", re.sub(r"&[#\w]+;", "", page.html))
        # Outside of attributes nothing turns the text or hides in it.
        shown = re.sub(r"<[^>]*>", "", page.html)
        assert "\u202e" not in shown
        assert "\u200b" not in shown
        if which == "evil":
            assert "U+202E" in page.text

    def test_long_texts_in_every_property_have_a_bound(self, inside: Surfer, room: Room) -> None:
        texts = {f"x_{n}": "&\u202e" * 300 if n else "lừa đảo " * 9000 for n in range(30)}
        obj = made("malware", name="x", is_family=False, **texts)
        assert room.add(obj, later(obj, 2, **dict.fromkeys(texts, "new")))["failure_count"] == 0
        for tail in (
            f"?version={obj['modified']}",
            f"/versions?old={obj['modified']}&new=2026-01-02T00:00:00Z",
        ):
            page = inside.get(address(obj, tail))
            assert page.status == 200
            assert "the raw object has all of it" in page.text
            assert page.text.count("&U+202E") >= 29
            assert len(page.html.encode()) < 400_000

    @pytest.mark.parametrize("name", ["x", "..%2f", "a" * 3000, quote(HOSTILE, safe=""), "%00"])
    def test_ids_that_are_none(self, inside: Surfer, name: str) -> None:
        page = inside.get(f"/objects/{name}")
        assert page.status in {404, 414}
        assert "<script>alert" not in page.html


def test_pages_are_for_people_who_are_logged_in(surfer: Surfer, malware: dict[str, Any]) -> None:
    assert surfer.get(address(malware)).path.startswith("/login")


def test_vietnamese(hub: Hub, person: Person, malware: dict[str, Any]) -> None:
    surfer = Surfer(hub, lang="vi")
    surfer.log_in(person(Role.READER))
    page = surfer.get(address(malware))
    assert "Ai được xem và chuyển tiếp" in page.text
    assert "Đã ghi nhận 5 lần" in page.text
