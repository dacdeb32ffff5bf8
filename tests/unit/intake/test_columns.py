"""What columns are taken for, dates, records, and the preview of a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Fault, HubError
from hub.intake.columns import columns_of
from hub.intake.dates import date_us, is_date, order_of
from hub.intake.lines import listed
from hub.intake.preview import preview
from hub.intake.records import layout_of, records
from hub.intake.rows import Told, told
from hub.intake.text import decoded, lines_of

DAY_US = 86_400_000_000


def uses(text: str, **how) -> dict[str, str]:
    return {c.name: c.use for c in columns_of(layout_of(text, **how))}


def rows(text: str, columns=None):
    layout = layout_of(text)
    return list(told(text, layout, columns_of(layout, columns)))


class TestColumns:
    @pytest.mark.parametrize(
        ("heading", "cell", "use"),
        [
            ("Reference", "https://blog.vendor.vn/apt", "reference"),
            ("permalink", "https://blog.vendor.vn/apt", "reference"),
            ("comments", "https://blog.vendor.vn/apt", "reference"),
            ("source_url", "https://blog.vendor.vn/apt", "reference"),
            ("phish_detail_url", "https://tracker.vn/1", "reference"),
            ("url", "https://evil.vn/apt", "value"),
            ("reporter", "analyst@cert.vn", "ignore"),
            ("Victim", "bank.vn", "ignore"),
            ("sinkhole_ip", "1.2.3.4", "ignore"),
            ("victim_domain", "bank.vn", "ignore"),
            ("ip_port", "1.2.3.4:443", "value"),
            ("agent version", "10.2.3.4", "ignore"),
            ("Địa chỉ IP", "1.2.3.4", "value"),
            ("Chỉ dấu", "evil[.]vn", "value"),
            ("Mã độc", "Emotet", "note"),
            ("confidence_level", "75", "confidence"),
            ("confidence", "high", "ignore"),
            ("last_seen", "2026-03-04", "seen"),
            ("dateAdded", "2026-03-04", "seen"),
            ("Ngày thêm", "25/12/2025", "seen"),
            ("first_seen", "1767225600", "seen"),
            ("compile time", "2026-03-04", "ignore"),
            ("first_seen", "03/04/2026", "ignore"),
            ("size", "1767225600", "ignore"),
            ("port", "443", "ignore"),
        ],
    )
    def test_one_column_beside_values(self, heading, cell, use):
        text = f"{heading};domain\n{cell};a{1}.vn\n{cell};b.vn\n"
        assert uses(text)[heading] == use
        assert uses(text)["domain"] == "value"

    def test_what_is_in_doubt_is_said(self):
        text = (
            "first_seen,comments,ioc\n03/04/2026,https://x.vn/a,evil.vn\n,,rubbish\n,,evil2.vn\n"
        )
        assert preview(text).doubts == (
            "first_seen: day and month cannot be told apart",
            "comments: its addresses may be values",
            "ioc: 1 of 3 cells are no values",
        )

    def test_of_several_dates_the_last_one(self):
        text = "last_seen,first_seen,added,ioc\n,2020-01-01,2021-01-01,evil.vn\n2026-01-01,2020-01-01,,a.vn\n"
        assert [entry.seen_us for entry in rows(text)] == [
            date_us("2021-01-01", "ymd"),
            date_us("2026-01-01", "ymd"),
        ]

    def test_the_pages_of_the_source_itself(self):
        lines = [f"http://evil{at}.vn/x,https://tracker.example.org/{at}" for at in range(6)]
        text = "url,page_url\n" + "\n".join(lines)
        assert uses(text) == {"url": "value", "page_url": "reference"}
        doubts = [column.doubt for column in columns_of(layout_of(text))]
        assert doubts == ["", "its addresses are all at tracker.example.org; they may be values"]
        alone = "url,note\n" + "\n".join(f"http://evil.vn/{at},x" for at in range(6))
        assert uses(alone)["url"] == "value"

    def test_what_somebody_says(self):
        text = "a,b,c\nevil.vn,1.2.3.4,x\n"
        given_ = columns_of(layout_of(text, heading=True), {"b": "value", "3": "detail"})
        assert [c.use for c in given_] == ["ignore", "value", "detail"]
        layout = layout_of(text, heading=True)
        [entry] = told(text, layout, given_)
        assert (entry.item.value, entry.item.note) == ("1.2.3.4", "c: x")

    @pytest.mark.parametrize("given_", [{"d": "value"}, {"4": "value"}, {"a": "victim"}])
    def test_what_nobody_can_mean(self, given_):
        with pytest.raises(HubError) as caught:
            columns_of(layout_of("a,b,c\nevil.vn,1.2.3.4,x\n"), given_)
        assert (caught.value.fault, caught.value.field) == (Fault.BAD_BODY, "columns")

    def test_what_a_row_says_of_its_values(self):
        text = (
            "ioc,tags,confidence,reference\n"
            '"evil[.]vn, 1.2.3.4",a,80,"https://x.vn/a; https://y.vn/b"\n'
            "hxxp://evil[.]vn/A,N/A,-,\n"
        )
        first, second, third = rows(text)
        assert (first.item.value, second.item.value) == ("evil.vn", "1.2.3.4")
        assert first[1:] == second[1:] == (0, 80, ("https://x.vn/a", "https://y.vn/b"))
        assert (third.item.value, third.item.note, third.confidence) == (
            "http://evil.vn/A",
            "",
            None,
        )
        assert [entry.item.line for entry in (first, second, third)] == [2, 2, 3]


class TestRecords:
    @pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
    def test_any_separator(self, separator):
        text = "\n".join(separator.join(row) for row in (["ip", "note"], ["1.2.3.4", "x"]))
        assert layout_of(text).separator == separator
        assert [entry.item.value for entry in rows(text)] == ["1.2.3.4"]

    def test_comments_and_the_heading_in_them(self):
        text = (
            '################\n# abuse.ch; "licence": CC0\n#\n'
            '# "first_seen_utc","ioc_value","malware"\n'
            '"2026-01-01 10:00:00", "evil.vn", "win.x"\n'
            '"2026-01-01 11:00:00", "evil2.vn", "win.y"\n# Number of entries: 2\n'
        )
        assert uses(text) == {"first_seen_utc": "seen", "ioc_value": "value", "malware": "note"}
        assert [(e.item.value, e.item.line) for e in rows(text)] == [
            ("evil.vn", 5),
            ("evil2.vn", 6),
        ]

    def test_a_quote_that_nobody_closes_costs_its_line(self):
        lines = [f"evil{at}.vn,x" for at in range(100)]
        lines[50] = 'evil50.vn,"x'
        found = [
            e.item.value for e in rows("ioc,note\n" + "\n".join(lines)) if isinstance(e, Told)
        ]
        assert len(found) == 100

    def test_cells_over_several_lines(self):
        text = 'ioc,note\n"evil.vn\nevil2.vn","a\nb"\nevil3.vn,c\n'
        assert [(e.item.value, e.item.note, e.item.line) for e in rows(text)] == [
            ("evil.vn", "a b", 2),
            ("evil2.vn", "a b", 2),
            ("evil3.vn", "c", 5),
        ]

    def test_a_carriage_return_in_the_middle(self):
        text = "ioc,note\nevil.vn,a\rb\nevil2.vn,c\n"
        assert [e.item.value for e in rows(text)] == ["evil.vn", "evil2.vn"]

    @given(st.text(alphabet='a.v,;|\t"\n\r#\0 \u2028', max_size=200))
    def test_any_text(self, text):
        layout = layout_of(text)
        for separator in (layout.separator, ",", ""):
            for record in records(text, separator):
                assert any(cell.strip() for cell in record.cells)
        columns_of(layout)

    @given(st.text(alphabet="ab\n\r\u2028", max_size=50))
    def test_lines_are_the_text(self, text):
        found = list(lines_of(text))
        assert "".join(line for _, line in found) == text
        assert [number for number, _ in found] == list(range(1, len(found) + 1))


class TestDates:
    @pytest.mark.parametrize(
        ("cell", "order", "expected"),
        [
            ("2026-01-02", "ymd", "2026-01-02 00:00:00Z"),
            ("2026/1/2 3:04", "ymd", "2026-01-02T03:04:00Z"),
            ("2026-01-02T03:04:05.250+07:00", "ymd", "2026-01-01 20:04:05.25"),
            ("2026-01-02 03:04:05 UTC", "ymd", "2026-01-02 03:04:05"),
            ("02/01/2026", "dmy", "2026-01-02"),
            ("1/2/26 11:30:05pm", "mdy", "2026-01-02 23:30:05"),
            ("2.1.2026", "dmy", "2026-01-02"),
            ("1767323045", "ymd", "2026-01-02 03:04:05"),
            ("1767323045000", "ymd", "2026-01-02 03:04:05"),
            ("Fri, 02 Jan 2026 03:04:05 GMT", "ymd", "2026-01-02 03:04:05"),
        ],
    )
    def test_ways_to_write_one(self, cell, order, expected):
        assert date_us(cell, order) == date_us(expected, "ymd") > 0

    def test_the_epoch(self):
        assert date_us("2026-01-02", "ymd") - date_us("2026-01-01", "ymd") == DAY_US
        assert date_us("1970-01-02", "ymd") == DAY_US

    @pytest.mark.parametrize(
        "cell", ["", "x", "2026-13-01", "2026-02-30", "31/31/2026", "1.2.3.4"]
    )
    def test_none(self, cell):
        assert date_us(cell, "dmy") == 0

    def test_the_order_is_that_of_the_column(self):
        assert order_of(["01/02/2026", "13/02/2026"]) == "dmy"
        assert order_of(["01/02/2026", "02/13/2026"]) == "mdy"
        assert order_of(["01/02/2026"]) == ""
        assert order_of(["13/02/2026", "02/13/2026"]) == ""
        assert date_us("01/02/2026", "") == 0

    @given(st.text(max_size=45))
    def test_any_text(self, text):
        is_date(text)
        assert date_us(text, "dmy") >= 0


class TestLines:
    def test_what_lists_are_like(self):
        text = (
            "# a list\n; more\n// and more\n! filter\n[Adblock Plus]\n\n1.2.3.4\n5.6.7.0/24 ; SBL1\n"
            "evil.vn # seen often\n0.0.0.0 evil2.vn evil3.vn\n127.0.0.1 localhost\n"
            "||evil4.vn^$third-party\nhxxp://evil[.]vn/a#b\nrubbish\n"
        )
        found = list(listed(text))
        said = [(e.item.value, e.item.note) for e in found if isinstance(e, Told)]
        assert said == [
            ("1.2.3.4", ""),
            ("5.6.7.0/24", "SBL1"),
            ("evil.vn", "seen often"),
            ("evil2.vn", ""),
            ("evil3.vn", ""),
            ("evil4.vn", ""),
            ("http://evil.vn/a#b", ""),
        ]
        assert [(e.given, e.line) for e in found if not isinstance(e, Told)] == [("rubbish", 14)]


class TestPreview:
    def test_it_shows_what_would_be_read(self):
        text = "Loại;Giá trị;Mô tả\r\nIP;1.2.3.4;máy chủ\r\nIP;1.2.3.4;\r\nIP;x;y\r\n"
        found = preview(text)
        assert (found.separator, found.has_heading) == (";", True)
        first, _, third = found.rows
        assert (first.line, first.cells) == (2, ("IP", "1.2.3.4", "máy chủ"))
        assert [(item.value, item.note) for item in first.items] == [("1.2.3.4", "máy chủ")]
        assert (third.items, third.left) == ((), ("x",))
        assert found.counts == {"ip": 1}
        assert {m.reason: m.examples for m in found.left} == {
            "duplicate": ("1.2.3.4 (line 3)",),
            "invalid": ("x (line 4)",),
        }
        assert [c.fields for c in found.columns] == [(), ("ip",), ()]

    def test_old_vietnamese_and_utf_16(self):
        text = "Tên miền,Ghi chú\nevil.vn,Đặt\n"
        for encoding, shown in (("cp1258", "windows-1258"), ("utf-16", "utf-16")):
            raw = text.replace("ề", "ê").replace("ặ", "ă").replace("ú", "u").encode(encoding)
            read, found = decoded(raw)
            assert found == shown
            assert preview(read).counts == {"domain": 1}
