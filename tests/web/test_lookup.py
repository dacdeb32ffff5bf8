"""Looking up many values: what is counted, what stands in the files, what can go wrong."""

from __future__ import annotations

import csv
import io
import re
import secrets

import pytest

from hub.model.party import Role
from hub.service.lookup import MOST_VALUES
from tests import fakes
from tests.http.asking import Hub
from tests.web.conftest import Person
from tests.web.surfing import Sheet, Surfer

OTHERS = ["nothing.example", "203.0.113.99"]


def indicator(value: str) -> dict[str, object]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{secrets.token_hex(4)}-1111-4111-8111-111111111111",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "pattern": f"[domain-name:value = '{value}']",
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
    }


@pytest.fixture
def known(hub: Hub) -> str:
    """A domain that everybody knows who reads the collection `shared`."""
    return published(hub, "shared")


def published(hub: Hub, alias: str) -> str:
    value = f"{secrets.token_hex(6)}.example"
    path = f"/{fakes.ROOT}/collections/{alias}/objects/"
    answer = hub.ask("POST", path, account="publisher", body=fakes.body(indicator(value)))
    assert answer.status_code == 202, answer.text
    return value


def look_up(surfer: Surfer, text: str, **more) -> Sheet:
    return surfer.send(surfer.get("/lookup").form("values"), values=text, **more)


def counts(page: Sheet) -> list[int]:
    found = re.search(
        r"All ([\d,]+) Known ([\d,]+) Unknown ([\d,]+) Not understood ([\d,]+)", page.text
    )
    assert found, page.text
    return [int(number.replace(",", "")) for number in found.groups()]


def many(known: str, unknown: int) -> str:
    return "\n".join([known, *(f"host{n}.evil.example" for n in range(unknown)), "no value"])


class TestAFew:
    def test_a_form_of_a_few_values_becomes_an_address(self, inside: Surfer, known: str) -> None:
        page = look_up(inside, f"{known}, {OTHERS[0]}")
        assert page.path == f"/lookup?v={known}&v={OTHERS[0]}"
        assert counts(page) == [2, 1, 1, 0]

    def test_the_address_takes_values_as_people_write_them(
        self, inside: Surfer, known: str
    ) -> None:
        page = inside.get(f"/lookup?v={known.replace('.', '[.]')}%20203.0.113.99&v=oh+no")
        assert counts(page) == [3, 1, 1, 1]

    def test_a_known_value_is_shown_defanged_and_leads_to_its_objects(
        self, inside: Surfer, known: str
    ) -> None:
        page = inside.get(f"/lookup?v={known}")
        assert known.replace(".", "[.]") in page.text
        assert any(href == f"/search?q=domain:%22{known}%22" for href, _ in page.links), page.links
        assert "TLP:" in page.text

    def test_the_host_of_an_unknown_url_is_named_where_it_is_known(
        self, inside: Surfer, known: str
    ) -> None:
        page = inside.get(f"/lookup?v=http://www.{known}/a")
        assert counts(page) == [1, 0, 1, 0]
        assert any(f"domain:%22{known}%22" in href for href, _ in page.links)

    def test_two_spellings_are_one_value(self, inside: Surfer, known: str) -> None:
        page = inside.get(f"/lookup?v={known}&v={known.replace('.', '[.]')}&v={known.upper()}")
        assert counts(page) == [1, 1, 0, 0]
        assert "2 more spellings" in page.text

    def test_files_of_an_address_are_links(self, inside: Surfer, known: str) -> None:
        page = inside.get(f"/lookup?v={known}&v={OTHERS[0]}")
        assert inside.get(page.link("Text Unknown")).html == f"{OTHERS[0]}\n"

    def test_what_the_scope_does_not_see_is_unknown(self, inside: Surfer, hub: Hub) -> None:
        hidden = published(hub, "dropbox")
        assert counts(inside.get(f"/lookup?v={hidden}")) == [1, 0, 1, 0]
        # Nor does the host of a URL say anything.
        assert "/search?q=" not in inside.get(f"/lookup?v=http://{hidden}/").html


class TestMany:
    def test_the_page_shows_a_part_and_counts_all(self, inside: Surfer, known: str) -> None:
        page = look_up(inside, many(known, 400))
        assert page.path == "/lookup"
        assert counts(page) == [402, 1, 400, 1]
        assert "100 of 400 are shown" in page.text
        assert page.html.count("<tr data-row>") == 102

    def test_the_rest_is_on_further_pages(self, inside: Surfer, known: str) -> None:
        page = look_up(inside, many(known, 400))
        first = inside.send(page.form("exact"), button=("show", "unknown-1"))
        assert counts(first) == [402, 1, 400, 1]
        assert "1\u2013250 / 400" in first.text
        second = inside.send(first.form("exact"), button=("show", "unknown-2"))
        assert "251\u2013400 / 400" in second.text
        rows = re.findall(r"host\d+\.evil\[\.\]example</bdi>", first.html + second.html)
        assert len(set(rows)) == 400

    @pytest.mark.parametrize(
        ("part", "count"), [("known", 1), ("unknown", 400), ("not-understood", 1)]
    )
    def test_files_have_as_many_rows_as_the_page_says(
        self, inside: Surfer, known: str, part: str, count: int
    ) -> None:
        page = look_up(inside, many(known, 400))
        sheet = inside.send(page.form("exact"), button=("download", f"{part}.csv"))
        assert sheet.headers["Content-Disposition"] == f'attachment; filename="lookup-{part}.csv"'
        rows = list(csv.DictReader(io.StringIO(sheet.html.removeprefix("\ufeff"))))
        assert len(rows) == count
        assert {row["state"] for row in rows} == {part}
        plain = inside.send(page.form("exact"), button=("download", f"{part}.txt"))
        assert len(plain.html.splitlines()) == count

    def test_the_values_of_a_page_are_not_read_as_a_text_again(
        self, inside: Surfer, known: str
    ) -> None:
        # In a text, a line that begins with # would be a comment.
        page = look_up(inside, many(known, 200) + "\nfoo.example, #tag")
        assert counts(page) == [204, 1, 201, 2]
        again = inside.send(page.form("exact"), button=("show", "not-understood-1"))
        assert counts(again) == [204, 1, 201, 2]

    def test_values_can_be_changed(self, inside: Surfer, known: str) -> None:
        page = look_up(inside, many(known, 400))
        form = inside.send(page.form("exact"), button=("edit", "1")).form("values")
        assert dict(form.fields)["values"] == many(known, 400)

    def test_unknown_values_can_be_submitted_by_who_may(
        self, surfer: Surfer, person: Person, known: str
    ) -> None:
        surfer.log_in(person(Role.PUBLISHER))
        form = look_up(surfer, many(known, 20)).form("text", "form")
        assert (form.action, form.method) == ("/submit", "POST")
        assert len(dict(form.fields)["text"].splitlines()) == 20

    def test_and_not_by_who_may_not(self, inside: Surfer, known: str) -> None:
        page = look_up(inside, many(known, 20))
        assert not [form for form in page.forms if form.action == "/submit"]

    def test_ten_thousand_are_taken_and_one_more_is_not(self, inside: Surfer) -> None:
        values = [f"host{n}.evil.example" for n in range(MOST_VALUES + 1)]
        assert counts(look_up(inside, "\n".join(values[1:])))[0] == MOST_VALUES
        page = look_up(inside, "\n".join(values))
        assert page.status == 400
        assert "These are 10001 values; one look-up takes 10000." in page.text
        assert dict(page.form("values").fields)["values"].count("\n") == MOST_VALUES


class TestFiles:
    def upload(self, inside: Surfer, data: bytes, name: str = "list.csv") -> Sheet:
        return look_up(inside, "", file=(io.BytesIO(data), name))

    def test_a_table_is_read_and_what_was_left_out_is_said(
        self, inside: Surfer, known: str
    ) -> None:
        rows = ["value,seen", f"{known},2026-01-01", *(f"203.0.113.{n},x" for n in range(200))]
        page = self.upload(inside, "\r\n".join(rows).encode("utf-8-sig"))
        assert counts(page) == [201, 1, 200, 0]
        assert "Columns read: value. Columns left out: seen." in page.text

    def test_of_a_few_values_the_notes_are_on_the_page_of_the_address(
        self, inside: Surfer, known: str
    ) -> None:
        page = self.upload(inside, f"value,seen\n{known},x\n{known},x\n".encode())
        assert page.path == f"/lookup?v={known}"
        assert "Columns left out: seen. 1 repetition." in page.text

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1258"])
    def test_text_of_any_usual_encoding_is_read(
        self, inside: Surfer, known: str, encoding: str
    ) -> None:
        page = self.upload(inside, f"{known}\nđã thấy\n".encode(encoding, "replace"))
        assert counts(page)[:2] == [2, 1]

    @pytest.mark.parametrize("data", [b"PK\x03\x04rest", b"%PDF-1.7", b"ab\x00c"])
    def test_what_is_no_text_is_refused_at_its_field(self, inside: Surfer, data: bytes) -> None:
        page = self.upload(inside, data, "list.xlsx")
        assert page.status == 400
        assert 'id="file-fault">This is no text file.' in page.html

    def test_a_file_that_is_too_large_is_refused_at_its_field(self, inside: Surfer) -> None:
        page = self.upload(inside, b"x" * ((8 << 20) + 1))
        assert page.status == 400
        assert 'id="file-fault">The file is larger than 8 MB.' in page.html


class TestBadInput:
    def test_nothing_at_all(self, inside: Surfer) -> None:
        page = look_up(inside, " \n ")
        assert page.status == 400
        assert 'id="values-fault">There is no value in it.' in page.html

    def test_in_vietnamese(self, hub, person: Person) -> None:
        surfer = Surfer(hub, "vi")
        surfer.log_in(person())
        values = "\n".join(f"host{n}.evil.example" for n in range(MOST_VALUES + 1))
        page = look_up(surfer, values)
        assert "Có 10001 giá trị; mỗi lần tra cứu nhận tối đa 10000." in page.text

    @pytest.mark.parametrize(
        "path",
        ["show=x", "show=unknown-0", "show=unknown-9999", "show=known-1", "show=unknown-99999"],
    )
    def test_strange_views_are_pages_too(self, inside: Surfer, path: str) -> None:
        assert inside.get(f"/lookup?v=203.0.113.99&{path}").status == 200

    def test_a_strange_file_is_not_there(self, inside: Surfer) -> None:
        assert inside.get("/lookup?v=203.0.113.99&download=../x.csv").status == 404

    def test_hostile_values_are_inert(self, inside: Surfer) -> None:
        hostile = [
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "\u202eexe.doc",
            "=cmd|x",
        ]
        page = look_up(inside, "\n".join(hostile * 30 + ["x" * 2000]))
        assert "<script>alert" not in page.html
        assert "<img" not in page.html
        text = "\n".join(hostile) + "\n" + "y " * 800
        sheet = inside.send(
            look_up(inside, text).form("exact"), button=("download", "not-understood.csv")
        )
        assert '"\'=cmd|x"' in sheet.html

    def test_a_session_that_ended_loses_nothing(self, inside: Surfer, hub, known: str) -> None:
        form = inside.get("/lookup").form("values")
        inside.send(inside.get("/help/start").form("/logout"))
        page = inside.send(form, values=f"{known}\n{OTHERS[0]}")
        assert page.status == 401
        back = inside.send(page.form("account"), account=inside.account, password=fakes.PASSWORD)
        assert f"{known}\n{OTHERS[0]}" in back.html.replace("\r", "")
