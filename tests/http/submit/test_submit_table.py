"""The step between a table and its draft: what is read otherwise, what stays, what is refused."""

from __future__ import annotations

import html
import io
import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.service.drafts import Content
from tests.http.asking import Hub
from tests.http.submit.test_submit import NASTY, Person, field, form_of, scope_of, stored

TABLE = """Source IP,Destination IP,Malware,When,Trust,Link
203.0.113.10,45.77.1.1,Emotet,25/12/2025,80,https://blog.vendor.vn/a
203.0.113.11,45.77.1.2,Emotet,26/12/2025,70,https://blog.vendor.vn/b
"""
ONLY_DESTINATION = {"use-1": "ignore", "use-2": "value"}


def begin(person: Person, text: str = TABLE) -> str:
    return person.begin(form="text", text=text)


def mapping(page: str) -> dict[str, str]:
    """What a browser would send of the form with the columns."""
    [form] = re.findall(r'<form method="post" class="mapping".*?</form>', page, re.DOTALL)
    fields = dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', re.sub("<button.*?>", "", form)))
    for name, options in re.findall(
        r'<select[^>]* name="([\w-]+)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        [fields[name]] = re.findall(r'value="([^"]*)" selected', options) or [""]
    return {name: html.unescape(value) for name, value in fields.items()}


def press(person: Person, path: str, action: str, page: str = "", **changes: str) -> Any:
    page = page or person.page(f"{path}/columns")
    return person.send(f"{path}/columns", mapping(page) | {"action": action} | changes)


def values(hub: Hub) -> dict[str, bool]:
    """The values of the one draft, and whether each is ticked."""
    return {item.value: item.keep for item in content(hub).taken.items}


def content(hub: Hub) -> Content:
    [head] = hub.store.drafts(scope_of(hub))
    return json_of(hub, head.id)


def json_of(hub: Hub, draft_id: str) -> Content:
    found = hub.store.draft(scope_of(hub), draft_id)
    assert found is not None
    return msgspec.json.decode(found.body, type=Content)


class TestReading:
    def test_doubts_come_first_and_the_button_leads_to_the_step(self, person: Person) -> None:
        path = begin(person)
        page = person.page(path)
        assert "The hub is not sure about 2 columns" in page
        assert page.index("not sure about") < page.index("203.0.113[.]10")
        answer = person.act(path, "columns", page, title="Typed before")
        assert answer.headers["Location"] == f"{path}/columns"
        step = person.page(f"{path}/columns")
        assert step.index("not sure about") < step.index('id="use-1"')
        assert "another column has values of the same kind" in step.lower()
        assert {k: v for k, v in mapping(step).items() if k.startswith("use-")} == {
            "use-1": "value",
            "use-2": "value",
            "use-3": "note",
            "use-4": "ignore",
            "use-5": "ignore",
            "use-6": "reference",
        }
        assert 'value="Typed before"' in person.page(path)

    def test_a_preview_changes_nothing(self, hub: Hub, person: Person) -> None:
        path = begin(person)
        before = content(hub)
        answer = press(person, path, "look", **ONLY_DESTINATION)
        assert answer.status_code == 200
        assert "This is a preview" in answer.text
        [rows] = re.findall(r'<table class="data firsts">.*?</table>', answer.text, re.DOTALL)
        assert "45.77.1[.]1" in rows
        assert "203.0.113" not in rows
        assert mapping(answer.text)["use-1"] == "ignore"
        assert content(hub) == before

    def test_the_same_table_is_read_again_and_what_was_typed_stays(
        self, hub: Hub, person: Person
    ) -> None:
        path = begin(person)
        page = person.page(path)
        rows = re.findall(r'value="(\d+)" data-select.*?id="v\d+">([^<]*)<', page)
        places = {value: place for place, value in rows}
        kept = [place for value, place in places.items() if value != "45.77.1[.]2"]
        person.act(path, "columns", page, keep=kept, title="Typed", labels="a, b", tlp="green")
        answer = press(person, path, "apply", **ONLY_DESTINATION)
        assert (answer.status_code, answer.headers["Location"]) == (303, path)
        assert values(hub) == {"45.77.1.1": True, "45.77.1.2": False}
        now = content(hub)
        assert (now.title, now.labels, now.tlp) == ("Typed", ("a", "b"), "green")
        assert "The table was read again" in person.page(path)
        press(person, path, "apply", **{"use-1": "value"})
        assert values(hub) == {
            "203.0.113.10": True,
            "45.77.1.1": True,
            "203.0.113.11": True,
            "45.77.1.2": False,
        }

    def test_only_the_right_values_are_published_with_what_their_rows_say(
        self, hub: Hub, person: Person
    ) -> None:
        path = begin(person)
        said = {"use-4": "seen", "use-5": "confidence"}
        press(person, path, "apply", order="dmy", **ONLY_DESTINATION, **said)
        page = person.page(path)
        assert "https[:]//blog.vendor[.]vn/a" in page or "hxxps" in page
        assert person.act(path, "publish", page).status_code == 303
        first, second = sorted(stored(hub), key=lambda found: found["name"])
        assert [first["name"], second["name"]] == ["45.77.1.1", "45.77.1.2"]
        assert first["valid_from"] == "2025-12-25T00:00:00.000Z"
        assert (first["confidence"], second["confidence"]) == (80, 70)
        assert first["description"] == "Emotet"
        assert first["external_references"] == [
            {"source_name": "blog.vendor.vn", "url": "https://blog.vendor.vn/a"}
        ]
        assert "203.0.113" not in json.dumps([first, second])

    def test_an_address_that_tells_of_the_sender_is_left_out_when_ticked(
        self, hub: Hub, person: Person
    ) -> None:
        path = begin(person, "domain,link\nevil.vn,https://wiki.bank.vn/INC-20260042\n")
        page = person.page(path)
        found = re.findall(r'name="scrub" value="([^"]*)"', page)
        assert "INC-20260042" in found
        person.act(path, "save", page, scrub=found)
        person.act(path, "publish")
        [made] = stored(hub)
        assert "external_references" not in made

    def test_the_heading_and_the_separator_may_be_wrong(self, hub: Hub, person: Person) -> None:
        path = begin(person, "domain;note,more\nevil.vn;a,b\nevil2.vn;c,d\n")
        step = person.page(f"{path}/columns")
        assert field(step, "separated") == ","
        answer = press(person, path, "look", step, separator=";")
        assert mapping(answer.text)["separated"] == ";"
        assert (mapping(answer.text)["use-1"], mapping(answer.text)["use-2"]) == (
            "value",
            "note",
        )
        fields = mapping(answer.text) | {"action": "apply"}
        person.send(f"{path}/columns", fields)
        assert values(hub) == {"evil.vn": True, "evil2.vn": True}
        assert content(hub).taken.left == ()
        person.send(
            f"{path}/columns",
            mapping(person.page(f"{path}/columns")) | {"action": "apply", "heading": "no"},
        )
        assert [item.given for item in content(hub).taken.left] == ["domain"]

    def test_what_was_found_out_comes_back(self, hub: Hub, person: Person) -> None:
        path = begin(person)
        press(person, path, "apply", **ONLY_DESTINATION)
        answer = press(person, path, "guess")
        assert mapping(answer.text)["use-1"] == "value"
        assert "203.0.113.10" not in values(hub)


class TestRemembered:
    def test_the_next_table_with_the_same_heading_is_read_the_same_way(
        self, hub: Hub, person: Person
    ) -> None:
        first = begin(person)
        press(person, first, "apply", **ONLY_DESTINATION)
        heading = TABLE.partition("\n")[0].replace(",", ";")
        other = begin(person, f"{heading}\n1.9.9.9;45.77.1.9;x;;;\n1.9.9.8;45.77.1.8;x;;;\n")
        page = person.page(other)
        assert "as you chose for the last table with this heading" in page
        found = json_of(hub, other.rpartition("/")[2]).taken.items
        assert [item.value for item in found] == ["45.77.1.9", "45.77.1.8"]
        assert begin(person, TABLE.replace("Trust", "Trusted")) != other
        latest = hub.store.drafts(scope_of(hub))[0].id
        assert len(json_of(hub, latest).taken.items) == 4, "another heading is another table"

    def test_sending_the_first_form_again_makes_one_draft(self, hub: Hub, person: Person) -> None:
        fields = {"form": "text", "text": TABLE, "draft": person.new()}
        first = person.send("/submit", fields).headers["Location"]
        press(person, first, "apply", **ONLY_DESTINATION)
        assert person.send("/submit", fields).headers["Location"] == first
        assert len(hub.store.drafts(scope_of(hub))) == 1

    def test_nobody_else_reads_as_somebody_chose(self, hub: Hub, person: Person) -> None:
        press(person, begin(person), "apply", **ONLY_DESTINATION)
        other = Person(hub).enter("coordinator")
        page = other.page(begin(other))
        assert "as you chose" not in page
        assert "203.0.113[.]10" in page

    def test_a_guess_is_not_remembered_as_a_choice(self, person: Person) -> None:
        begin(person)
        assert "as you chose" not in person.page(begin(person, f"{TABLE}1.9.9.9,45.77.1.9,,,,\n"))


class TestTampering:
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"use-99": "value"}, "There is no column 99 in this table"),
            ({"use-<b>": "value"}, "There is no column <b> in this table"),
            ({"use-7": "value"}, "The table has 6 columns, and 7 were given"),
            ({"use-1": "victim"}, "not as 'victim'"),
            ({"use-1": "x" * 5000}, "A column is read as one of"),
            ({"use-1": "note", "use-2": "note"}, "No column is read as values"),
            ({"separator": "x", "separated": "x"}, "No table has this separator"),
            ({"order": "ydm"}, "No date is written in this order"),
            ({"heading": "perhaps"}, "it does not"),
        ],
    )
    @pytest.mark.parametrize("action", ["apply", "look"])
    def test_it_is_said_and_nothing_changes(
        self, hub: Hub, person: Person, changes: dict[str, str], reason: str, action: str
    ) -> None:
        path = begin(person)
        before = content(hub)
        answer = press(person, path, action, **changes)
        if action == "look" and "No column" in reason:
            assert answer.status_code == 200
            return
        assert answer.status_code == 400, answer.text
        [fault] = re.findall(r'id="columns-fault">([^<]*)<', answer.text)
        assert reason in html.unescape(fault)
        assert content(hub) == before

    def test_columns_of_another_table(self, hub: Hub, person: Person) -> None:
        path = begin(person)
        small = begin(person, "ip,note\n1.9.9.9,x\n")
        other = mapping(person.page(f"{small}/columns"))
        answer = person.send(f"{path}/columns", other | {"action": "apply"})
        assert answer.status_code == 400
        assert "The table has 6 columns, and 2 were given" in html.unescape(answer.text)

    def test_a_draft_that_has_no_table(self, person: Person) -> None:
        path = person.begin()
        for answer in (
            person.get(f"{path}/columns"),
            person.send(f"{path}/columns", {"action": "apply"}),
        ):
            assert (answer.status_code, answer.headers["Location"]) == (303, path)
        assert "Change how columns are read" not in person.page(path)

    def test_the_draft_of_somebody_else(self, hub: Hub, person: Person) -> None:
        path = begin(person)
        other = Person(hub).enter("coordinator")
        assert other.get(f"{path}/columns").status_code == 404
        assert other.send(f"{path}/columns", {"action": "apply"}).status_code == 404
        assert person.get("/submit/none/columns").status_code == 404

    def test_a_draft_that_was_published(self, person: Person) -> None:
        path = begin(person)
        step = person.page(f"{path}/columns")
        receipt = person.act(path, "publish").headers["Location"]
        assert person.get(f"{path}/columns").headers["Location"] == receipt
        assert press(person, path, "apply", step).headers["Location"] == receipt


class TestTwoWindows:
    def test_a_step_of_before_changes_nothing(self, hub: Hub, person: Person) -> None:
        path = begin(person)
        step = person.page(f"{path}/columns")
        person.act(path, "save", title="Of the other window")
        answer = press(person, path, "apply", step, **ONLY_DESTINATION)
        assert answer.status_code == 409
        assert "changed in another window" in answer.text
        assert len(values(hub)) == 4
        again = person.send(f"{path}/columns", mapping(answer.text) | {"action": "apply"})
        assert again.status_code == 303
        assert set(values(hub)) == {"45.77.1.1", "45.77.1.2"}
        assert content(hub).title == "Of the other window"

    def test_ticks_of_another_reading_tick_no_other_values(self, hub: Hub, person: Person) -> None:
        path = begin(person)
        page = person.page(path)
        press(person, path, "apply", **ONLY_DESTINATION)
        answer = person.act(path, "publish", page, keep=["0"])
        assert answer.status_code == 409
        assert len(form_of(answer.text)["keep"]) == 2
        assert stored(hub) == []


class TestHostile:
    HEADINGS = (
        "<img src=x onerror=alert(1)>",
        "\u202etxt.exe\u2066",
        "x" * 30_000,
        "3",
        "2",
        "{{ 7*7 }}",
        '"" autofocus',
    )

    def test_headings_are_inert_and_a_column_is_its_place(self, hub: Hub, person: Person) -> None:
        heading = ";".join(self.HEADINGS)
        path = begin(person, f"{heading}\n" + "evil.vn;a;b;1.9.9.9;c;d;e\n" * 2)
        press(
            person,
            path,
            "apply",
            **{f"use-{n}": "ignore" for n in (1, 2, 3, 5, 6, 7)},
            **{"use-4": "value"},
        )
        assert values(hub) == {"1.9.9.9": True}
        press(person, path, "apply", **{"use-3": "detail", "use-1": "detail"})
        for page in (person.page(path), person.page(f"{path}/columns")):
            assert "<img src=x" not in page
            assert "\u202e" not in page
            assert "\u2066" not in page
            assert "x" * 300 not in page
            assert len(page) < 100_000

    def test_a_table_that_is_too_long_to_keep_is_read_all_the_same(
        self, hub: Hub, person: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("hub.intake.table._MOST_PACKED", 10)
        path = begin(person)
        page = person.page(path)
        assert "too long to be read otherwise" in page
        assert 'value="columns"' not in page
        assert person.get(f"{path}/columns").headers["Location"] == path
        assert len(values(hub)) == 4

    def test_a_file_in_an_old_encoding(self, hub: Hub, person: Person) -> None:
        raw = "Nguồn;Đích\n1.9.9.9;45.77.1.1\n1.9.9.8;45.77.1.2\n".encode("utf-16")
        path = person.begin(form="text", file=(io.BytesIO(raw), "a.csv"))
        step = person.page(f"{path}/columns")
        assert "Read as utf-16." in step
        assert "Đích" in step
        press(person, path, "apply", step, **ONLY_DESTINATION)
        assert set(values(hub)) == {"45.77.1.1", "45.77.1.2"}
        assert "Read as utf-16." in person.page(path)


NAMES = ("use-1", "use-2", "use-", "use-0", "use-1e9", "separator", "separated", "order")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    fields=st.dictionaries(st.sampled_from((*NAMES, "heading", "version")), NASTY, max_size=8),
    action=st.sampled_from(["apply", "look", "guess", ""]),
)
def test_any_form_has_an_answer(
    hub: Hub, person: Person, fields: dict[str, str], action: str
) -> None:
    for head in hub.store.drafts(scope_of(hub)):
        hub.store.drop_draft(scope_of(hub), head.id)
    path = begin(person)
    answer = person.send(f"{path}/columns", fields | {"action": action})
    assert answer.status_code < 500, answer.text
    assert b"<script>alert" not in answer.data
    assert person.get(f"{path}/columns").status_code == 200
