"""What somebody submits, recognised: texts, tables, MISP events, STIX; warnings; what is left out."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Fault, HubError
from hub.intake import reading
from hub.intake.gather import MOST_ITEMS, MOST_LEFT
from hub.intake.lists import entries
from hub.intake.reading import take
from hub.language.values import read
from hub.model.intake import Taken
from tests import fakes
from tests.corpus import FOLDER

EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"


def values(taken: Taken) -> list[str]:
    return [item.value for item in taken.items]


def left(taken: Taken) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for item in taken.left:
        counts[item.reason] += item.count
    return dict(counts)


def take_text(text: str, **how: Any) -> Taken:
    return take(text.encode(), **how)


class TestConcerns:
    @pytest.mark.parametrize(
        ("value", "concern", "keep"),
        [
            ("10.1.2.3", "private", False),
            ("192.168.0.0/24", "private", False),
            ("fe80::1:2", "reserved", False),
            ("127.0.0.1", "reserved", False),
            ("198.51.100.7", "documentation", True),
            ("2001:db8::5", "documentation", True),
            ("http://192.168.1.1/x", "private", False),
            ("evil.example.com", "documentation", True),
            ("may[.]noi-bo[.]lan", "private", False),
            ("8.8.8.8", "resolver", False),
            ("google.com", "popular", False),
            ("www.google.com", "popular", False),
            ("https://www.welivesecurity.com/a", "vendor", False),
            (EMPTY_MD5, "empty-file", False),
            ("x.bo-mau.vn", "own", False),
            ("ai@bo-mau.vn", "own", False),
            ("invoice.exe", "weak", False),
        ],
    )
    def test_is_said_and_decides_what_is_ticked(self, value, concern, keep):
        [item] = take_text(f"{value}\n", own_domains=("bo-mau.vn",)).items
        assert item.concerns == (concern,)
        assert item.keep is keep

    @pytest.mark.parametrize(
        "value", ["93.184.216.34", "evil-domain.vn", "https://github.com/x/y"]
    )
    def test_nothing_is_said_of_others(self, value):
        [item] = take_text(value).items
        assert (item.concerns, item.keep) == ((), True)

    def test_the_lists_are_there(self):
        assert EMPTY_MD5 in entries("empty-hashes")
        assert len(entries("tlds")) > 1000


class TestTexts:
    def test_a_report_goes_along_with_its_values(self):
        text = "# Phishing\n\nIt calls evil[.]vn and 203.0.113.9, evil[.]vn again, 300.1.1.1."
        taken = take_text(text)
        assert (taken.source, taken.title, taken.text) == ("text", "Phishing", text)
        assert values(taken) == ["evil.vn", "203.0.113.9"]
        assert [item.line for item in taken.items] == [3, 3]
        assert left(taken) == {"duplicate": 1, "invalid": 1}

    def test_of_a_list_every_line_is_accounted_for(self):
        taken = take_text("evil[.]vn\nrubbish\n203.0.113.9\n")
        assert (taken.text, taken.title) == ("", "")
        assert values(taken) == ["evil.vn", "203.0.113.9"]
        assert [(item.given, item.line) for item in taken.left] == [("rubbish", 2)]

    def test_more_than_there_may_be_are_counted(self):
        taken = take_text("\n".join(f"a{n}.evil.vn" for n in range(MOST_ITEMS + 7)))
        assert len(taken.items) == MOST_ITEMS
        assert left(taken) == {"over-limit": 7}

    def test_what_was_left_out_is_counted_whole(self):
        taken = take_text("\n".join(["evil.vn", *(f"300.1.1.{n}" for n in range(900))]))
        assert len(taken.left) <= MOST_LEFT + 1
        assert left(taken) == {"invalid": 900}

    @pytest.mark.parametrize(
        ("raw", "encoding"),
        [
            ("mã: evil.vn".encode(), "utf-8"),
            ("mã: evil.vn".encode("utf-8-sig"), "utf-8-sig"),
            ("mã: evil.vn".encode("utf-16"), "utf-16"),
            ("t\xeate: evil.vn".encode("cp1258"), "windows-1258"),
        ],
    )
    def test_encodings(self, raw, encoding):
        taken = take(raw)
        assert (taken.encoding, values(taken)) == (encoding, ["evil.vn"])

    @pytest.mark.parametrize(
        ("raw", "fault"),
        [
            (b"", Fault.BAD_BODY),
            (b" \r\n", Fault.BAD_BODY),
            (b'{"type": "bundle", "objects": [', Fault.BAD_BODY),
            (b"x" * (reading.MOST_BYTES + 1), Fault.TOO_LARGE),
        ],
    )
    def test_what_cannot_be_read_is_said(self, raw, fault):
        with pytest.raises(HubError) as caught:
            take(raw)
        assert (caught.value.fault, caught.value.field) == (fault, "text")
        assert caught.value.remedy

    @given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
    def test_any_input(self, raw):
        with suppress(HubError):
            assert len(take(raw).items) <= len(raw)


def uses(taken):
    return [(column.name, column.use) for column in taken.table.columns]


class TestTables:
    def test_by_its_heading(self):
        taken = take_text(
            "Loại;Giá trị;Mô tả\r\nIP;203.0.113.9;máy chủ C2\r\nDomain;evil[.]vn;\r\nIP;n/a;x\r\n"
        )
        assert taken.source == "csv"
        assert [(item.value, item.note, item.line) for item in taken.items] == [
            ("203.0.113.9", "máy chủ C2", 2),
            ("evil.vn", "", 3),
        ]
        assert uses(taken) == [("Loại", "ignore"), ("Giá trị", "value"), ("Mô tả", "note")]
        assert taken.left == ()

    def test_without_a_heading(self):
        taken = take_text("2026-01-01,evil.vn\n2026-01-02,evil2.vn\n", name="a.csv")
        assert values(taken) == ["evil.vn", "evil2.vn"]
        assert uses(taken) == [("1", "seen"), ("2", "value")]

    def test_a_cell_of_several_and_one_of_none(self):
        taken = take_text('hash,C2\n,"evil.vn, evil2.vn"\n,rubbish\n,evil3.vn\n')
        assert values(taken) == ["evil.vn", "evil2.vn", "evil3.vn"]
        assert [(item.given, item.line) for item in taken.left] == [("rubbish", 3)]

    def test_prose_with_commas_is_no_table(self):
        taken = take_text("First, evil.vn was seen, by us.\nThen, it went away, at last.\n")
        assert taken.source == "text"


def event(*attributes: dict[str, Any], **more: Any) -> str:
    return json.dumps({"Event": {"info": "Campaign", "Attribute": attributes} | more})


class TestMisp:
    @pytest.mark.parametrize(
        ("kind", "value", "expected"),
        [
            ("ip-dst", "203.0.113.9", ["203.0.113.9"]),
            ("ip-dst|port", "203.0.113.9|443", ["203.0.113.9"]),
            ("domain|ip", "evil.vn|203.0.113.9", ["evil.vn", "203.0.113.9"]),
            ("filename|sha1", f"a.exe|{'a' * 40}", ["a" * 40]),
            ("filename", "Bad.EXE", ["Bad.EXE"]),
            ("url", "http://evil.vn/A", ["http://evil.vn/A"]),
            ("vulnerability", "CVE-2026-1234", ["CVE-2026-1234"]),
            ("AS", "AS64500", ["64500"]),
            ("regkey", "HKLM\\Software\\Run", ["HKLM\\Software\\Run"]),
        ],
    )
    def test_an_attribute(self, kind, value, expected):
        taken = take_text(event({"type": kind, "value": value, "to_ids": True, "comment": "c"}))
        assert (taken.source, taken.title) == ("misp", "Campaign")
        assert values(taken) == expected
        assert {item.note for item in taken.items} == {"c"}

    def test_what_is_lost_is_said(self):
        taken = take_text(
            event(
                {"type": "text", "value": "words"},
                {"type": "btc", "value": "1x"},
                {"type": "malware-sample", "value": "a|b"},
                {"type": "md5", "value": "no hash"},
                {"type": "ip-src", "value": "203.0.113.9", "deleted": True},
                Galaxy=[{"name": "Threat Actor"}],
            )
        )
        assert taken.items == ()
        assert left(taken) == {
            "kind": 2,
            "attachment": 1,
            "invalid": 1,
            "deleted": 1,
            "galaxy": 1,
        }

    def test_what_is_not_for_detection_is_not_ticked(self):
        [item] = take_text(event({"type": "md5", "value": "b" * 32, "to_ids": False})).items
        assert (item.concerns, item.keep) == (("no-detection",), False)

    def test_objects_responses_and_markings(self):
        inner = {"Attribute": [{"type": "md5", "value": "b" * 32}]}
        made = {
            "info": "",
            "Object": [inner],
            "Tag": [{"name": "tlp:green"}, {"name": "TLP:AMBER"}],
        }
        taken = take_text(json.dumps({"response": [{"Event": made}]}))
        assert (values(taken), taken.tlp) == (["b" * 32], "amber")

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["Attribute", "Object", "Tag", "Galaxy", "type", "value", "name"]
                    ),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        )
    )
    def test_any_event(self, found):
        assert take_text(json.dumps({"Event": {"Attribute": found}})).source == "misp"
        assert take_text(json.dumps({"Event": {"Object": [found], "Tag": found}})).items == ()


class TestStix:
    def test_objects_keep_their_bytes(self):
        raw = b'{ "objects":[ %s ]}' % json.dumps(fakes.indicator(1), indent=3).encode()
        [item] = take(raw).stix
        assert item.raw == json.dumps(fakes.indicator(1), indent=3)
        assert (item.id, item.name) == (fakes.indicator(1)["id"], "Sample 1")

    @pytest.mark.parametrize("shape", ["%s", "[%s]", '{"type":"bundle","objects":[%s]}'])
    def test_shapes(self, shape):
        text = json.dumps(fakes.indicator(1))
        taken = take_text(shape % text)
        assert [item.id for item in taken.stix] == [fakes.indicator(1)["id"]]

    def test_what_cannot_be_kept_is_left_out_with_the_reason(self):
        objects = [fakes.indicator(1), fakes.indicator(1), fakes.indicator(2, pattern="[")]
        taken = take(fakes.body(*objects))
        assert len(taken.stix) == 1
        assert left(taken) == {"duplicate": 1, "object": 1}
        assert any("pattern" in item.detail for item in taken.left)


@pytest.mark.usefixtures("corpus")
class TestCorpus:
    def test_texts_of_eset(self):
        """Every hash, address and link that its MISP events list, and nearly every domain."""
        fields = {"sha1": "hash", "ip-dst": "ip", "link": "url", "domain": "domain"}
        wanted, missed = 0, []
        for line in (FOLDER / "text" / "eset_expected.jsonl").read_text().strip().split("\n"):
            entry = json.loads(line)
            keys = {item.key for item in take((FOLDER / entry["file"]).read_bytes()).items}
            asked = [one for one in entry["expected"] if one["type"] in fields]
            wanted += len(asked)
            missed += [one for one in asked if read(fields[one["type"]], one["value"]) not in keys]
        assert wanted > 500
        assert len(missed) <= 1, missed

    def test_tables_of_unit42(self):
        paths = sorted((FOLDER / "csv" / "unit42").glob("*.csv"))
        assert len(paths) == 14
        for path in paths:
            raw = path.read_bytes()
            taken = take(raw, name=path.name)
            assert len(taken.items) >= min(0.6 * raw.count(b"\n"), MOST_ITEMS), path.name

    def test_of_events_of_eset_every_attribute_is_accounted_for(self):
        paths = sorted((FOLDER / "misp" / "eset").glob("*event*.json"))
        assert len(paths) > 20
        for path in paths:
            found = json.loads(path.read_text())
            events = [entry["Event"] for entry in found.get("response", [found])]
            count = sum(len(event["Attribute"]) for event in events)
            count += sum(len(o["Attribute"]) for event in events for o in event.get("Object", []))
            taken = take(path.read_bytes())
            lost = left(taken)
            lost.pop("galaxy", 0)
            assert len(taken.items) + sum(lost.values()) >= count, path.name
