"""Rules: numbers that stay, contents that are escaped, and files that compile whatever came."""

from __future__ import annotations

import re
import time

import pytest
import yaml
import yara
from hypothesis import given
from hypothesis import strategies as st

from hub.service.outlet import rules, sigma
from hub.service.outlet import yara as outlet
from hub.service.outlet.wish import Left, LeftOut
from tests.unit.service.outlet.fakes import Chosen, entry, written

SOON_S = 5
"""CPU for the largest rule: quadratic readers take minutes"""

GOOD = 'rule good { strings: $a = "abc" $b = { 4D ?? 5A } condition: any of them }'
PAIR = """import "pe"
private rule first { strings: $x = /a\\/b[}]{1,2}/i condition: $x and pe.is_pe }
rule second : tag { meta: a = "}" condition: first and filesize < 1MB }
"""
BAD = (
    "",
    "not a rule",
    "rule x {",
    "rule x { condition: }",
    'rule x { strings: $a = "abc condition: $a }',
    'rule x { strings: $a = "abc" condition: $b }',
    'rule x { strings: $a = "abc" condition: true }',
    'rule x { strings: $a = "a" $a = "b" condition: all of them }',
    "rule x { condition: other }",
    "rule x { condition: filename }",
    "rule pe { condition: true }",
    "rule x { condition: true } rule x { condition: true }",
    'include "/etc/passwd" rule x { condition: true }',
    "global rule x { condition: false }",
    'import "cuckoo" rule x { condition: cuckoo.network.http_request(/a/) }',
    "rule x { condition: true } }",
    "rule x { condition: true } garbage",
    "rule \u1eefng { condition: true }",
    "/* rule x { condition: true }",
    f"rule {'x' * 300} {{ condition: true }}",
    "rule r\u00e8gle { condition: true }",
    'rule x { strings: $\u00e9 = "abc" condition: $\u00e9 }',
    "rule\u00a0x { condition: true }",
    "rule x { condition: true }\x0crule y { condition: true }",
    "rule rule { condition: true }",
    "rule x { condition: 4 / 2 == 2 }",
    "/* " * 80_000,
    "/\\" * 100_000,
)


def compiled(texts: list[str], left: LeftOut | None = None) -> list[str]:
    """The names of the rules of a file of all these."""
    body = written("yara.yar", Chosen(rules=texts), left).decode()
    return [rule.identifier for rule in yara.compile(source=body, includes=False)]


class TestYara:
    @pytest.mark.parametrize("bad", BAD)
    @pytest.mark.parametrize("compiler", [True, False])
    def test_a_bad_rule_does_not_break_the_file(
        self, monkeypatch: pytest.MonkeyPatch, bad: str, *, compiler: bool
    ) -> None:
        if not compiler:
            monkeypatch.setattr(outlet, "_compiler", lambda: None)
        left = LeftOut()
        began_s = time.process_time()
        assert compiled([GOOD, bad, PAIR], left) == ["good", "first", "second"]
        assert left == {Left.RULE: 1}
        assert time.process_time() - began_s < SOON_S

    def test_names_that_are_taken_are_changed_where_they_are_spoken_of(self) -> None:
        other = PAIR.replace("1MB", "2MB")
        names = compiled([PAIR, other])
        assert names[:2] == ["first", "second"]
        assert len(set(names)) == 4
        body = written("yara.yar", Chosen(rules=[PAIR, other])).decode()
        assert f"condition: {names[2]} and filesize < 2MB" in body

    def test_the_same_rule_of_two_sources_is_there_once(self) -> None:
        assert compiled([GOOD, GOOD]) == ["good"]

    def test_a_string_with_the_name_of_a_rule_stays_as_it_is(self) -> None:
        text = 'rule a { strings: $a = "a a" condition: $a }'
        body = written("yara.yar", Chosen(rules=[text, text.replace('"a a"', '"a b"')])).decode()
        assert '$a = "a b" condition: $a }' in body

    def test_thousands_of_strings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(outlet, "_compiler", lambda: None)
        began_s, many = time.process_time(), 12_000
        strings = " ".join(f'$a{n}="a"' for n in range(many))
        found = outlet.read(f"rule x {{ strings: {strings} condition: any of ($a*) }}")
        assert found.names == ("x",)
        spoken = " or ".join(f"$a{n}" for n in range(many // 2))
        strings = " ".join(f'$a{n}="a"' for n in range(many // 2))
        assert outlet.read(f"rule x {{ strings: {strings} condition: {spoken} }}").names == ("x",)
        with pytest.raises(outlet.Unfit, match="not used"):
            outlet.read(f"rule x {{ strings: {strings} condition: any of ($a1*) }}")
        assert time.process_time() - began_s < SOON_S

    @given(
        at=st.integers(0, len(PAIR)),
        junk=st.text(st.sampled_from('{}"/\\*:$#@!rule condition\n='), max_size=8),
    )
    def test_whatever_stands_in_a_rule(self, at: int, junk: str) -> None:
        names = compiled([GOOD, PAIR[:at] + junk + PAIR[at:]])
        assert names[0] == "good"


SIGMA = """title: One
id: 11111111-1111-4111-8111-111111111111
logsource:
  category: process_creation
detection:
  selection:
    Image|endswith: '\\x.exe'
  condition: selection
"""
NO_SIGMA = (
    "",
    "just text",
    "title: x",
    SIGMA + "---\ntitle: two\n",
    "%YAML 1.1\n---\n" + SIGMA,
    SIGMA.replace("  condition: selection\n", ""),
    SIGMA.replace("title: One", "title: &a One\nx: *a"),
    SIGMA + "...\n",
    SIGMA.replace("selection:\n", "selection: [\n"),
    SIGMA + "x: !!python/object/apply:os.system ['true']\n",
    "[" * 5000,
    SIGMA + "x: !!bool foo\n",
    SIGMA + "x: !!timestamp foo\n",
    SIGMA + f"x: {'[' * 60_000}\n",
    # What would change the rules behind it, or is another kind of document.
    "action: global\n" + SIGMA,
    "correlation:\n  type: event_count\n" + SIGMA,
    "filter: {}\n" + SIGMA,
    # What pySigma raises an error for, and then has none of the file.
    SIGMA.replace("id: 1", "id: x1"),
    SIGMA.replace("11111111-1111-4111-8111-111111111111", f"0x{'F' * 5_000}"),
    SIGMA.replace("title: One", "title: ''"),
    SIGMA.replace("title: One", f"title: {'x' * 257}"),
    SIGMA + "title: Again\n",
    SIGMA + "level: extreme\n",
    SIGMA + "status: ''\n",
    SIGMA + "date: 2024-1-1\n",
    SIGMA + "tags: [attack]\n",
    SIGMA + "tags: attack.t1\n",
    SIGMA + "references: http://evil.test/\n",
    SIGMA + "related: [{id: x, type: derived}]\n",
    SIGMA.replace("category: process_creation", "other: x"),
    SIGMA.replace("category: process_creation", "category: [x]"),
    SIGMA.replace("Image|endswith", "Image|unheard"),
    SIGMA.replace("Image|endswith: '\\x.exe'", "Image: {a: b}"),
    SIGMA.replace("Image|endswith: '\\x.exe'", "Image: [[a]]"),
    SIGMA.replace("Image|endswith: '\\x.exe'", "5: x"),
    SIGMA.replace("    Image|endswith: '\\x.exe'\n", "    {}\n"),
    SIGMA.replace("condition: selection", "condition: []"),
)
FULL_SIGMA = f"""\ufeff{SIGMA}name: one
taxonomy: sigma
related: [{{id: 22222222-2222-4222-8222-222222222222, type: Derived}}]
status: experimental
level: High
tags: [attack.t1059.001, tlp.green]
date: 2024/1/31
modified: 2024-02-01
fields: [Image]
falsepositives: [none]
references: [http://example.org/]
author: A
description: B
license: MIT
custom: {{a: [b]}}
"""


class TestSigma:
    @pytest.mark.parametrize("bad", NO_SIGMA)
    def test_a_bad_rule_does_not_break_the_stream(self, bad: str) -> None:
        left = LeftOut()
        other = SIGMA.replace("1111-1111", "2222-1111").replace("One", "Two")
        began_s = time.process_time()
        body = written("sigma.yml", Chosen(rules=[SIGMA, bad, other]), left, comments=True)
        assert time.process_time() - began_s < SOON_S
        found = [doc for doc in yaml.safe_load_all(body) if doc]
        assert [doc["title"] for doc in found] == ["One", "Two"]
        assert left == {Left.RULE: 1}

    def test_an_id_stands_there_once(self) -> None:
        body = written("sigma.yml", Chosen(rules=[SIGMA, SIGMA.replace("One", "Again")]))
        assert [doc["title"] for doc in yaml.safe_load_all(body)] == ["One"]

    def test_another_rule_of_that_id_is_counted(self) -> None:
        left = LeftOut()
        again = SIGMA.replace("One", "Again")
        written("sigma.yml", Chosen(rules=[SIGMA, f"\n{SIGMA}", again]), left)
        assert left == {Left.RULE: 1}

    def test_every_member_that_sigma_knows_and_others(self) -> None:
        """A byte order mark is the beginning of a file, and not of a document in it."""
        left = LeftOut()
        other = SIGMA.replace("1111-1111", "2222-1111").replace("One", "Two")
        body = written("sigma.yml", Chosen(rules=[other, FULL_SIGMA]), left)
        assert [doc["title"] for doc in yaml.safe_load_all(body)] == ["Two", "One"]
        assert not left

    def test_windows_line_ends(self) -> None:
        assert sigma.rule_id(SIGMA) is not None
        body = written("sigma.yml", Chosen(rules=[SIGMA.replace("\n", "\r\n")]))
        assert b"\r" not in body


class TestContent:
    @pytest.mark.parametrize(
        ("text", "content"),
        [
            ("evil.test", '"evil.test"'),
            ('/a";b|c', '"/a|22 3B|b|7C|c"'),
            ("/a:b\\c", '"/a|3A|b|5C|c"'),
            ("/ữab", '"/|E1 BB AF|ab"'),
            ("abc", ""),
            ("a" * 300, ""),
        ],
    )
    def test_all_but_harmless_signs_are_hex(self, text: str, content: str) -> None:
        assert rules.content(text) == content

    def test_what_is_too_short_is_left_out(self) -> None:
        left = LeftOut()
        found = [entry("url", "http://a.co/abc", "http://a.co/abc")]
        assert written("suricata.rules", Chosen(found), left) == b""
        assert left == {Left.FORM: 1}

    def test_a_short_path_behind_a_host_is_not(self) -> None:
        found = [entry("url", "http://evil.test/a", "http://evil.test/A")]
        body = written("suricata.rules", Chosen(found)).decode()
        assert 'http.uri.raw; content:"/A"; startswith; endswith;' in body

    @pytest.mark.parametrize("end", ["", "/", "/#page"])
    def test_the_first_page_of_a_site_is_not_the_whole_site(self, end: str) -> None:
        found = [entry("url", "http://evil.test:8080", f"http://evil.test:8080{end}")]
        body = written("suricata.rules", Chosen(found)).decode()
        assert body.startswith("alert http any any -> any 8080 (")
        assert 'http.host; content:"evil.test"; startswith; endswith;' in body
        assert 'http.uri.raw; content:"/"; startswith; endswith;' in body
        body = written("snort.rules", Chosen(found)).decode()
        assert 'http_raw_uri; content:"/"; bufferlen:1;' in body

    def test_a_query_behind_the_host(self) -> None:
        found = rules.target("http://evil.test?x=/a#b")
        assert found == ("evil.test", "any", "/?x=/a")

    def test_an_address_of_ipv6_is_in_brackets_as_requests_have_it(self) -> None:
        found = [entry("url", "http://[2001:db8::1]/a", "http://[2001:db8::1]/a")]
        body = written("suricata.rules", Chosen(found)).decode()
        assert 'http.host; content:"|5B|2001|3A|db8|3A 3A|1|5D|"; startswith; endswith;' in body

    @pytest.mark.parametrize(
        ("name", "seen", "others"),
        [
            (
                ("domain", "test.evil.", "evil.test"),
                ("evil.test", "WWW.evil.test", "a.evil.test:8080"),
                ("notevil.test", "evil.test.example", "evilxtest", "evil.test:x"),
            ),
            (
                ("url", "http://evil.test/a", "http://evil.test/a"),
                ("evil.test", "EVIL.test:80"),
                ("www.evil.test", "notevil.test", "evil.test.example"),
            ),
            (
                ("url", "http://[2001:db8::1]/a", "http://[2001:db8::1]/a"),
                ("[2001:db8::1]", "[2001:db8::1]:80"),
                ("2001:db8::1", "[2001:db8::11]"),
            ),
        ],
    )
    def test_hosts_for_snort(
        self, name: tuple[str, str, str], seen: tuple[str, ...], others: tuple[str, ...]
    ) -> None:
        body = written("snort.rules", Chosen([entry(*name)])).decode()
        [expression] = re.findall(
            r'http_header:field host; content:"[^"]+",nocase; pcre:"/(.*?)/i"', body
        )
        look = re.compile(expression, re.IGNORECASE)
        assert [host for host in (*seen, *others) if look.search(host)] == list(seen)

    def test_a_path_for_snort_is_all_of_it(self) -> None:
        found = [entry("url", "http://evil.test/a;b", "http://evil.test/a;b")]
        body = written("snort.rules", Chosen(found)).decode()
        assert 'http_raw_uri; content:"/a|3B|b"; bufferlen:4;' in body

    def test_a_file_is_called_so_and_not_only_at_the_end(self) -> None:
        body = written("suricata.rules", Chosen([entry("file", "up|date.exe", "Up|date.exe")]))
        [expression] = re.findall(r'endswith; pcre:"/(.*?)/i"', body.decode())
        look = re.compile(expression, re.IGNORECASE)
        names = ("up|date.exe", "/dl/UP|date.exe", "/dl/myup|date.exe", "up|date_exe", "date.exe")
        assert [name for name in names if look.search(name)] == list(names[:2])

    @pytest.mark.parametrize("path", ["C:\\Windows\\svchost.exe", "/tmp/svchost.exe"])
    def test_a_path_does_not_mean_every_file_of_that_name(self, path: str) -> None:
        left = LeftOut()
        assert written("suricata.rules", Chosen([entry("file", "svchost.exe", path)]), left) == b""
        assert left == {Left.FORM: 1}

    def test_a_domain_is_a_rule_for_each_protocol(self) -> None:
        body = written("suricata.rules", Chosen([entry("domain", "test.evil.", "evil.test")]))
        lines = body.decode().split("\n")[:-1]
        assert [line.split()[1] for line in lines] == ["dns", "tls", "http"]
        assert [f"sid:{n};" in line for n, line in enumerate(lines, 1_000_000)] == [True] * 3

    def test_dns_labels_for_snort(self) -> None:
        body = written("snort.rules", Chosen([entry("domain", "test.evil.", "evil.test")]))
        assert b'content:"|04|evil|04|test|00|",nocase;' in body


@pytest.mark.parametrize(
    ("field", "value", "seen"),
    [
        ("url", "http://evil.test", "evil.test/"),
        ("url", "http://evil.test?x=1", "evil.test/?x=1"),
        ("url", "http://evil.test:8080/a#b", "evil.test:8080/a"),
        ("url", "http://[2001:db8::1]/a", "[2001:db8::1]/a"),
        ("url", r"http://evil.test/a\x41", r"evil.test/a\x5cx41"),
        ("url", f"http://evil.test/{'a' * 900}", f"evil.test/{'a' * 900}"),
        ("file", "two  blanks.exe", "two  blanks.exe"),
        ("file", "-", r"\x2d"),
        ("file", "(empty)", r"\x28empty)"),
    ],
)
def test_values_for_zeek_are_whole(field: str, value: str, seen: str) -> None:
    body = written("zeek.intel", Chosen([entry(field, value, value)])).decode()
    assert body.split("\n")[1].split("\t")[0] == seen


def test_ipv6_in_a_zone() -> None:
    texts = ("2001:db8::1", "2001:db8::/32", "2001:db8:1:2:3:4:5:6", "2001:0:0:1::/64")
    found = [entry("ip", text, text) for text in texts]
    lines = written("rpz.zone", Chosen(found)).decode().split("\n")[3:-1]
    assert lines == [
        "128.1.zz.db8.2001.rpz-ip CNAME .",
        "32.zz.db8.2001.rpz-ip CNAME .",
        "128.6.5.4.3.2.1.db8.2001.rpz-ip CNAME .",
        "64.zz.1.0.0.2001.rpz-ip CNAME .",
    ]
