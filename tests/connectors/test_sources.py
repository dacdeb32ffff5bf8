"""Lists, STIX and JSON as sources: what is asked again, what is left for later, what is refused."""

from __future__ import annotations

import gzip
import json
import os
from contextlib import suppress

import msgspec
import pytest

from connectors.errors import (
    Absent,
    LoginNeeded,
    NotUnderstood,
    RemoteError,
    TooLarge,
    Unreachable,
    Unsafe,
)
from connectors.found import Left
from connectors.registry import kind
from connectors.source import Source
from hub.web.problems import translated
from tests.connectors import servers
from tests.connectors.running import AT_US, collected, objects, run_of, values
from tests.connectors.servers import serving, text
from tests.connectors.test_list_laws import indicator

HOUR_US = 3_600_000_000
LIST = b"evil.vn\nevil2.vn\n"


def conditional(body: bytes):
    """Answers 304 to who knows it."""

    def route(handler):
        known = handler.headers["If-None-Match"] == '"1"'
        handler.reply(b"" if known else body, 304 if known else 200, ETag='"1"')

    return route


class TestAsking:
    def test_only_what_changed_and_once_a_day_all_of_it(self, tmp_path):
        with serving({"/a.txt": conditional(LIST)}) as server:
            source = {"url": f"{server.url}/a.txt"}
            [first] = collected("text", source, run_of(tmp_path))
            later = run_of(tmp_path, at_us=AT_US + HOUR_US)
            assert collected("text", source, later, first.state) == []
            next_day = run_of(tmp_path, at_us=AT_US + 24 * HOUR_US)
            assert values(collected("text", source, next_day, first.state)) == [
                "evil.vn",
                "evil2.vn",
            ]
        assert [asked.headers.get("if-none-match") for asked in server.asked] == [
            None,
            '"1"',
            None,
        ]

    def test_a_server_that_knows_no_conditions(self, tmp_path):
        with serving({"/a.txt": text(LIST)}) as server:
            source = {"url": f"{server.url}/a.txt"}
            [first] = collected("text", source, run_of(tmp_path))
            later = run_of(tmp_path, at_us=AT_US + HOUR_US)
            assert collected("text", source, later, first.state) == []
            server.routes["/a.txt"] = text(LIST + b"evil3.vn\n")
            assert len(values(collected("text", source, later, first.state))) == 3

    @pytest.mark.parametrize("change", ["source", "terms", "short life"])
    def test_another_definition_reads_all_of_it(self, tmp_path, change):
        with serving({"/a.txt": conditional(LIST)}) as server:
            source = {"url": f"{server.url}/a.txt"}
            life = {"lifetime_us": 2 * HOUR_US} if change == "short life" else {}
            [first] = collected("text", source, run_of(tmp_path, terms=life))
            if change == "source":
                source |= {"types": ["anonymization"]}
            said = {"confidence": 50} if change == "terms" else life
            later = run_of(tmp_path, at_us=AT_US + HOUR_US, terms=said)
            assert len(values(collected("text", source, later, first.state))) == 2

    def test_secrets_go_where_they_belong(self, tmp_path):
        with serving({"/k/s3cret%2Ftoken/a.csv": text(LIST), "/a.csv": text(LIST)}) as server:
            url = f"{server.url}/a.csv"
            collected(
                "text", {"url": url, "user": "ủy", "password": "env:PASSWORD"}, run_of(tmp_path)
            )
            collected("text", {"url": url, "headers": {"X-Key": "env:TOKEN"}}, run_of(tmp_path))
            source = {"url": f"{server.url}/k/{{token}}/a.csv", "token": "env:TOKEN"}
            [batch] = collected("text", source, run_of(tmp_path))
        basic, header, inside = server.asked
        assert basic.headers["authorization"] == "Basic 4buneTpzM2NyZXQtcGFzc3dvcmQ="
        assert header.headers["x-key"] == "s3cret/token"
        assert "authorization" not in inside.headers
        assert "s3cret" not in repr(batch)
        assert batch.found[0].origin == "a.csv line 1"

    @pytest.mark.parametrize(
        "source",
        [
            {},
            {"url": "http://a/", "path": "b"},
            {"url": "http://a/", "user": "x"},
            {"url": "http://a/{token}"},
            {"url": "http://a/", "nonsense": 1},
        ],
    )
    def test_settings_that_do_not_go_together(self, source):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(source, Source)


class TestBadServers:
    @pytest.mark.parametrize("connector", ["csv", "text", "stix", "json"])
    @pytest.mark.parametrize(
        ("route", "error"),
        [
            (servers.page, NotUnderstood),
            (servers.stalls, Unreachable),
            (servers.announces_more, NotUnderstood),
            (servers.bombs, TooLarge),
            (text(b""), NotUnderstood),
            (text(gzip.compress(LIST)[:-9]), NotUnderstood),
            (text(gzip.compress(bytes(9_000_000))), TooLarge),
            (lambda handler: handler.reply(b"", 401), LoginNeeded),
            (lambda handler: handler.reply(b"", 404), Absent),
            (text(b"\x89PNG\r\n\x1a\n\0\0"), NotUnderstood),
        ],
    )
    def test_a_reason_that_people_understand(self, tmp_path, connector, route, error):
        patience_s = 0.5 if route is servers.stalls else 30.0
        run = run_of(tmp_path, most_bytes=1_000_000, read_s=patience_s)
        with serving({"/a": route}) as server, pytest.raises(error) as caught:
            collected(connector, {"url": f"{server.url}/a"}, run)
        assert len(caught.value.reason) > 15

    @pytest.mark.parametrize(
        ("connector", "body", "words"),
        [
            ("stix", b'{"objects": [{"type": "indicator", "id": "indicator--', "no whole JSON"),
            ("stix", b'{"a": 1}', "no STIX object, bundle or list"),
            ("stix", b'"text"', "no STIX object, bundle or list"),
            ("stix", b"[" * 5_000, "nested too deeply"),
            ("json", b'{"vulnerabilities": [{"cveID": "CVE-2026-1', "no whole JSON"),
            ("json", b'[{"a": "b"}]', "no field of .* has values; there are a"),
            ("json", b"[" * 5_000, "nested too deeply"),
            ("csv", b"a,b\nc,d\n", "no column of .* has values; there are"),
            ("text", b"rubbish\nrubbish\n", "no line of .* has a value"),
        ],
    )
    def test_half_a_file_or_another(self, tmp_path, connector, body, words):
        with (
            serving({"/a.x": text(body)}) as server,
            pytest.raises(NotUnderstood, match=words) as caught,
        ):
            collected(connector, {"url": f"{server.url}/a.x"}, run_of(tmp_path))
        assert caught.value.remedy

    @pytest.mark.parametrize("of", ["%s", '{"list": %s}'])
    def test_an_entry_that_is_out_of_range_costs_no_other(self, tmp_path, of):
        entries = b'[{"ip": "45.83.12.9"}, {"ip": %s}, {"ip": "45.83.12.10"}]' % (b"9" * 6_000)
        source = {"items": "list"} if "list" in of else {}
        body = of.encode() % entries
        with serving({"/a": text(body)}) as server:
            found = collected("json", {"url": f"{server.url}/a"} | source, run_of(tmp_path))
        assert values(found) == ["45.83.12.9", "45.83.12.10"]
        [left] = [left for batch in found for left in batch.left]
        assert (left.reason, left.given[:8]) == ("it is no value", '{"ip": 9')


class TestFiles:
    def test_one_file_is_read_when_it_changes(self, tmp_path):
        path = tmp_path / "a.txt"
        path.write_bytes(LIST)
        [first] = collected("text", {"path": "a.txt"}, run_of(tmp_path))
        assert collected("text", {"path": "a.txt"}, run_of(tmp_path), first.state) == []
        path.write_bytes(LIST + b"evil3.vn\n")
        assert (
            len(values(collected("text", {"path": "a.txt"}, run_of(tmp_path), first.state))) == 3
        )

    def test_a_folder_gives_what_is_new(self, tmp_path):
        (tmp_path / "in" / "deep").mkdir(parents=True)
        (tmp_path / "in" / "a.txt.gz").write_bytes(gzip.compress(b"evil.vn\n"))
        (tmp_path / "in" / "deep" / "b.txt").write_bytes(b"evil2.vn\n")
        for other in ("c.txt.part", ".d.txt", "e.exe"):
            (tmp_path / "in" / other).write_bytes(b"evil9.vn\n")
        first = collected("text", {"path": "in"}, run_of(tmp_path))
        assert [f.origin for b in first for f in b.found] == [
            "a.txt.gz line 1",
            "deep/b.txt line 1",
        ]
        (tmp_path / "in" / "f.txt").write_bytes(b"evil3.vn\n")
        again = collected("text", {"path": "in"}, run_of(tmp_path), first[-1].state)
        assert values(again) == ["evil3.vn"]
        (tmp_path / "in" / "a.txt.gz").unlink()
        [last] = collected("text", {"path": "in"}, run_of(tmp_path), again[-1].state) or [
            again[-1]
        ]
        assert len(last.state["files"]) == 24

    def test_a_file_that_is_still_written_is_left_for_later(self, tmp_path):
        whole = json.dumps({"objects": [indicator(1), indicator(2)]}).encode()
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a.json").write_bytes(whole[:-40])
        (tmp_path / "in" / "b.json").write_bytes(json.dumps(indicator(3)).encode())
        source = {"path": "in"}
        first = collected("stix", source, run_of(tmp_path))
        assert [obj["name"] for obj in objects(first)] == ["đ 3"]
        [left] = [left for batch in first for left in batch.left]
        assert left.given == "a.json"
        assert "no whole JSON" in left.reason
        (tmp_path / "in" / "a.json").write_bytes(whole)
        again = collected("stix", source, run_of(tmp_path), first[-1].state)
        assert [obj["name"] for obj in objects(again)] == ["đ 1", "đ 2"]
        assert collected("stix", source, run_of(tmp_path), again[-1].state) == []

    def test_nothing_leads_out_of_the_folder(self, tmp_path):
        secret = tmp_path / "secret.txt"
        secret.write_bytes(b"evil9.vn\n")
        feeds = tmp_path / "feeds"
        (feeds / "in").mkdir(parents=True)
        (feeds / "in" / "a.txt").symlink_to(secret)
        (feeds / "in" / "b").symlink_to(tmp_path)
        (feeds / "in" / "c.txt").write_bytes(b"evil.vn\n")
        (feeds / "in" / "d.txt").symlink_to("c.txt")
        os.mkfifo(feeds / "in" / "e.txt")
        (feeds / "out").symlink_to(tmp_path)
        assert values(collected("text", {"path": "in"}, run_of(feeds))) == ["evil.vn", "evil.vn"]
        for path in ("../secret.txt", "out", "in/a.txt"):
            with pytest.raises(Unsafe):
                collected("text", {"path": path}, run_of(feeds))
        assert values(collected("text", {"path": str(secret)}, run_of(feeds))) == ["evil9.vn"]

    @pytest.mark.parametrize(("path", "error"), [("none.txt", Absent), ("big.txt", TooLarge)])
    def test_what_cannot_be_read(self, tmp_path, path, error):
        (tmp_path / "big.txt").write_bytes(LIST * 10)
        with pytest.raises(error, match=path):
            collected("text", {"path": path}, run_of(tmp_path, most_bytes=100))


class TestLists:
    def test_a_long_list_streams(self, tmp_path):
        (tmp_path / "a.txt").write_text("".join(f"evil{at}.vn\n" for at in range(6_001)))
        run = run_of(tmp_path)
        made = []
        real = run.maker.indicator
        run.maker.indicator = lambda *a, **k: made.append(a) or real(*a, **k)
        found = kind("text")
        settings = msgspec.convert({"path": "a.txt"}, found.settings)
        stream = found.connector.collect(settings, {}, run)
        first = next(stream)
        assert (len(first.found), len(made)) == (2_000, 2_000)
        rest = list(stream)
        assert [len(batch.found) for batch in rest] == [2_000, 2_000, 1]
        assert first.state == rest[0].state == {}
        assert set(rest[-1].state) == {"file", "read_us"}

    def test_each_value_once_and_what_is_none(self, tmp_path):
        (tmp_path / "a.txt").write_text(
            "evil.vn\nEVIL[.]vn\nrubbish\nsetup.exe\nAS13335\n10.0.0.1\n"
        )
        [batch] = collected("text", {"path": "a.txt"}, run_of(tmp_path))
        assert values([batch]) == ["evil.vn", "13335", "10.0.0.1"]
        assert batch.found[2].item.concerns == ("private",)
        assert batch.left == (
            Left("rubbish", "it is no value", "a.txt line 3"),
            Left("setup.exe", "the name of a file says too little", "a.txt line 4"),
        )
        [more] = collected("text", {"path": "a.txt", "file_names": True}, run_of(tmp_path))
        assert "setup.exe" in values([more])

    def test_what_a_table_says_of_a_value(self, tmp_path):
        (tmp_path / "a.csv").write_text(
            "Added,IP,Malware,Confidence,Reference,Comment\n"
            "13/02/2026,1.2.3.4,Emotet,80,https://x.vn/a,\n31/12/2099,1.2.3.5,,,,\n"
        )
        told = []
        source = {"path": "a.csv", "types": ["malicious-activity"]}
        [first, second] = objects(collected("csv", source, run_of(tmp_path, notice=told.append)))
        assert first["valid_from"] == "2026-02-13T00:00:00.000Z"
        assert first["valid_until"] == "2026-03-15T00:00:00.000Z"
        assert (first["confidence"], first["description"]) == (80, "Emotet")
        assert first["external_references"] == [{"source_name": "x.vn", "url": "https://x.vn/a"}]
        assert first["indicator_types"] == ["malicious-activity"]
        # A date that is yet to come is none.
        assert second["valid_from"] == second["created"]
        assert told == []

    def test_columns_that_somebody_named(self, tmp_path):
        (tmp_path / "a.csv").write_text("when;what;of\n03/04/2026;1.2.3.4;bank.vn\n")
        source = {"path": "a.csv", "columns": {"what": "value", "1": "seen"}, "dates": "dmy"}
        [obj] = objects(collected("csv", source, run_of(tmp_path)))
        assert (obj["name"], obj["valid_from"]) == ("1.2.3.4", "2026-04-03T00:00:00.000Z")
        gone = {"path": "a.csv", "columns": {"Indicator": "value"}}
        with pytest.raises(NotUnderstood, match="no column Indicator; there are when, what, of"):
            collected("csv", gone, run_of(tmp_path))

    def test_what_is_listed_no_more_goes_if_that_is_wanted(self, tmp_path):
        def went(listed, before, **said):
            (tmp_path / "a.txt").write_text("".join(f"evil{at}.vn\n" for at in range(listed)))
            told = []
            run = run_of(tmp_path, notice=told.append)._replace(known=lambda: before)
            *_, last = collected("text", {"path": "a.txt"} | said, run)
            return set(last.gone), told

        (tmp_path / "a.txt").write_text("".join(f"evil{at}.vn\n" for at in range(100)))
        ids = [
            obj["id"] for obj in objects(collected("text", {"path": "a.txt"}, run_of(tmp_path)))
        ]
        assert went(90, ids) == (set(), [])
        assert went(90, ids, deletions_most=10) == (set(ids[90:]), [])
        gone, [told] = went(89, ids, deletions_most=10)
        assert gone == set()
        assert told.startswith("11 of 100 values are listed no more")
        assert went(1, ids[:20], deletions_most=10)[0] == set(ids[1:20])

    def test_doubts_are_told(self, tmp_path):
        (tmp_path / "a.csv").write_text("ioc,note\nevil.vn,x\nevil2.vn,y\nrubbish,z\n")
        told = []
        collected("csv", {"path": "a.csv"}, run_of(tmp_path, notice=told.append))
        assert told == ["a.csv: ioc as value: 1 of 3 cells are no values"]


class TestStix:
    ONE = json.dumps(indicator(1), ensure_ascii=False, indent=1).encode()
    TWO = json.dumps(indicator(2)).encode()

    @pytest.mark.parametrize(
        "body",
        [
            b'{"type":"bundle","id":"bundle--1","objects":[%b , %b]}' % (ONE, TWO),
            b'{"objects": [%b,%b]}' % (ONE, TWO),
            b"\xef\xbb\xbf[%b,\n%b]" % (ONE, TWO),
            gzip.compress(b"[%b,%b]" % (ONE, TWO)),
        ],
    )
    def test_every_shape_and_every_byte(self, tmp_path, body):
        with serving({"/a.json": text(body)}) as server:
            [batch] = collected("stix", {"url": f"{server.url}/a.json"}, run_of(tmp_path))
        assert [found.raw for found in batch.found] == [self.ONE, self.TWO]
        assert batch.found[1].origin == "a.json object 2"

    def test_json_lines(self, tmp_path):
        odd = json.dumps(indicator(3) | {"name": "a\u2028b"}, ensure_ascii=False).encode()
        bundle = b'{"path": "x", "bundle": {"type": "bundle", "objects": [%b]}}' % odd
        lines = b"\n".join([self.TWO, b"{broken", odd, b"", bundle])
        (tmp_path / "a.ndjson").write_bytes(lines)
        [batch] = collected("stix", {"path": "a.ndjson"}, run_of(tmp_path))
        assert [found.raw for found in batch.found] == [self.TWO, odd, odd]
        assert [(left.given, left.origin) for left in batch.left] == [
            ("{broken", "a.ndjson line 2")
        ]
        (tmp_path / "a.ndjson").write_bytes(lines[:-20])
        with pytest.raises(NotUnderstood):
            collected("stix", {"path": "a.ndjson"}, run_of(tmp_path))

    def test_a_fault_in_one_object_costs_that_object(self, tmp_path):
        broken = b'{"type": "indicator", "id": "x", "score": NaN}'
        (tmp_path / "a.json").write_bytes(b'{"objects": [%b,\n%b]}' % (broken, self.TWO))
        [batch] = collected("stix", {"path": "a.json"}, run_of(tmp_path))
        assert [found.raw for found in batch.found] == [broken, self.TWO]

    @pytest.mark.parametrize(
        "body", [b'{"type": "bundle", "id": "bundle--1"}', b'{"objects": [ ]}', b"[]"]
    )
    def test_nothing_in_it(self, tmp_path, body):
        (tmp_path / "a.json").write_bytes(body)
        [batch] = collected("stix", {"path": "a.json"}, run_of(tmp_path))
        assert batch.found == batch.left == ()

    def test_large_ones_in_batches(self, tmp_path):
        many = b",".join(json.dumps(indicator(at)).encode() for at in range(2_500))
        (tmp_path / "a.json").write_bytes(b"[%b]" % many)
        found = collected("stix", {"path": "a.json"}, run_of(tmp_path))
        assert [len(batch.found) for batch in found] == [1_000, 1_000, 500]
        assert [bool(batch.state) for batch in found] == [False, False, True]

    def test_the_corpus_as_it_is(self, corpus):
        found = collected("stix", {"path": "stix21"}, run_of(corpus))
        assert sum(len(batch.found) for batch in found) > 30_000
        assert [left for batch in found for left in batch.left] == []


class TestJson:
    def collected(self, folder, document, **said):
        (folder / "a.json").write_text(json.dumps(document), encoding="utf-8")
        return collected("json", {"path": "a.json"} | said, run_of(folder))

    def test_known_exploited_vulnerabilities(self, tmp_path):
        entry = {
            "cveID": "CVE-2021-27104",
            "vendorProject": "Accellion",
            "product": "FTA",
            "vulnerabilityName": "Accellion FTA OS Command Injection Vulnerability",
            "dateAdded": "2021-11-03",
            "shortDescription": "Accellion FTA contains an OS command injection vulnerability.",
            "requiredAction": "Apply updates per vendor instructions.",
            "dueDate": "2021-11-17",
            "knownRansomwareCampaignUse": "Known",
            "notes": "https://example.org/advisory ; https://nvd.nist.gov/vuln/detail/CVE-2021-27104",
            "cwes": ["CWE-78"],
        }
        fields = {
            "cveID": "value",
            "vulnerabilityName": "note",
            "shortDescription": "note",
            "dateAdded": "detail",
            "dueDate": "detail",
            "notes": "reference",
        }
        document = {"title": "Catalogue", "vulnerabilities": [entry]}
        [obj] = objects(self.collected(tmp_path, document, items="vulnerabilities", fields=fields))
        assert (obj["type"], obj["name"]) == ("vulnerability", "CVE-2021-27104")
        assert obj["description"] == (
            "Accellion FTA OS Command Injection Vulnerability · Accellion FTA contains an OS command "
            "injection vulnerability. · dateAdded: 2021-11-03 · dueDate: 2021-11-17"
        )
        assert [ref.get("url", ref.get("external_id")) for ref in obj["external_references"]] == [
            "CVE-2021-27104",
            "https://example.org/advisory",
            "https://nvd.nist.gov/vuln/detail/CVE-2021-27104",
        ]
        # Without a word about its fields no reference becomes an indicator.
        guessed = self.collected(tmp_path, document, items="vulnerabilities")
        assert values(guessed) == ["CVE-2021-27104"]

    def test_of_mixed_values_by_key(self, tmp_path):
        document = {
            "12": [
                {"ioc": "1.2.3.4:443", "confidence_level": 75, "tags": ["a", "b"], "x": {"y": 1}}
            ],
            "13": [{"ioc": "hxxp://evil[.]vn/A", "confidence_level": 50, "tags": None}],
        }
        first, second = objects(self.collected(tmp_path, document, items="*"))
        assert (first["pattern"], first["confidence"], first["description"]) == (
            "[ipv4-addr:value = '1.2.3.4']",
            75,
            "a b",
        )
        assert second["pattern"] == "[url:value = 'http://evil.vn/A']"

    @pytest.mark.parametrize(
        ("document", "said"),
        [
            (["1.2.3.4", "evil[.]vn"], {}),
            ({"data": {"ips": ["1.2.3.4", "evil.vn"]}}, {"items": "data.ips"}),
            ([{"a": {"b": "1.2.3.4"}}, {"a": {"b": "evil.vn"}}], {"fields": {"a.b": "value"}}),
            ([{"list": ["1.2.3.4", "evil.vn"]}], {}),
            ({"1.2.3.4": {}, "evil.vn": {}}, {"items": "*", "fields": {"@key": "value"}}),
        ],
    )
    def test_where_values_may_stand(self, tmp_path, document, said):
        assert values(self.collected(tmp_path, document, **said)) == ["1.2.3.4", "evil.vn"]

    def test_json_lines(self, tmp_path):
        (tmp_path / "a.jsonl").write_bytes(b'{"ip": "1.2.3.4"}\n{"ip": "1.2.3.5"}\n')
        assert values(collected("json", {"path": "a.jsonl"}, run_of(tmp_path))) == [
            "1.2.3.4",
            "1.2.3.5",
        ]

    def test_where_there_is_nothing(self, tmp_path):
        with pytest.raises(NotUnderstood, match=r"nothing at 'b'.*there is a"):
            self.collected(tmp_path, {"a": []}, items="b")
        assert values(self.collected(tmp_path, {"a": []}, items="a")) == []

    def test_every_error_is_one_of_connectors(self, tmp_path):
        for document in (1, None, "x", {"a": 1}, [[1, [2]]], [None, 1.5, True, {}], {"*": []}):
            for said in ({}, {"items": "a"}, {"items": "*"}, {"fields": {"a": "value"}}):
                with suppress(RemoteError):
                    self.collected(tmp_path, document, **said)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"[" * 100_000 + b"]" * 100_000, "a.json is nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "a.json is nested too deeply"),
        (b"null", "a.json has no object in which 'items' could be"),
        (b"{}", "a.json has nothing at 'items', which `items` names; there is -"),
    ],
    ids=["lists", "objects", "nothing", "empty"],
)
def test_json_that_holds_no_entries_says_why(tmp_path, body, said):
    (tmp_path / "a.json").write_bytes(body)
    with pytest.raises(NotUnderstood) as caught:
        collected("json", {"path": "a.json", "items": "items"}, run_of(tmp_path))
    assert said in caught.value.reason
    assert translated(caught.value.text())
