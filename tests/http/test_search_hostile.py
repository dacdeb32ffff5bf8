"""Whatever is asked for at the doors of search: an answer or an error in the end, never a 5xx."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.language.fields import ALIASES, FIELDS
from tests import fakes
from tests.http.asking import Hub, data
from tests.http.searching import indicator, opened

LONGEST_S = 60.0
"""It comes to an end, on a slow machine with much else to do, too"""
HOSTILE = {
    "10,000 letters": "a" * 10_000,
    "10,000 words": "a " * 5_000,
    "10,000 of four bytes": "\U0001f600" * 10_000,
    "1,000 parentheses": "(" * 1_000 + "a" + ")" * 1_000,
    "1,000 open ones": "(" * 1_000,
    "1,000 closed ones": ")" * 1_000,
    "1,000 times NOT": "NOT " * 900 + "a",
    "minus signs": "-" * 3_000 + "a",
    "quotes": '"' * 3_999,
    "many alternatives": " OR ".join(f"w{n}" for n in range(600)),
    "control characters": "".join(map(chr, range(32))) + "\x7f\x85\u2028\ufeff",
    "direction and invisible": "\u202eabc\u2066\u200b\u200d\u061c",
    "a regular expression": "/(a+)+$/ [a-z]* (?:x|y)++ \\d{1,1000}",
    "leading wildcards": "*a *evil.com domain:*com name:*x ?a",
    "wildcards alone": "* ** type:* -* name:*",
    "SQL": "' OR 1=1; DROP TABLE record; -- \" UNION SELECT raw FROM record",
    "FTS5": 'words MATCH "a" NEAR(a b, 10) ^a {names texts}: x + y "a" * AND',
    "JSON": '{"query": {"match_all": {}}, "size": 10000}',
    "Lucene": "_exists_:raw AND _id:[* TO *] OR a~2 b^9 \\",
    "ranges": "added:[* TO *] confidence:[-1 TO 99999999999999999999] tlp:[red TO clear]",
    "odd dates": "added:9999-12-31 created:0000-00-00 added:>99999w modified:2023-02-30",
    "odd addresses": "0.0.0.0/0 ::/0 ip:999.1.1.1 ip:1.2.3.4/33 2001:db8::/129",
    "huge CIDR pieces": " OR ".join(f"10.{n}.0.0/11" for n in range(60)),
    "nul": "a\0b",
    "a long field": "x" * 3_000 + ":a",
    "nested fields": "type:type:type:(name:(x))",
    "a list of 300": "\n".join(f"192.0.2.{n % 256}" for n in range(300)),
    "all of time": "added:[0001 TO 9999] created:[0001-01-01 TO 9999-12-31] -added:0001",
    "years that are none": "added:0000 OR created:10000 OR modified:-0001 OR valid_from:99999",
    "numbers beyond all": f"confidence:>={2**63} OR confidence:<=-{2**63 + 1} OR confidence:NaN",
    "infinity": "confidence:inf OR confidence:1e999 OR confidence:[-Infinity TO 0x10]",
    "phrases that begin": '"evil super"* OR "a b c d supercalifragilisticexpialidocious"*',
    "beginnings of one letter": " OR ".join(
        f"{letter}*" for letter in "abcdefghijklmnopqrstuvwxyz"
    ),
    "many networks": " OR ".join(f"2001:db8:{n:x}::1/{n + 33}" for n in range(60)),
    "deep alternatives": "(a OR (b AND " * 15 + "-added:2023" + "))" * 15,
    "an expression in words": "ctx._source painless {{mustache}} <script>alert(1)</script>",
    "a header": "a\r\nSet-Cookie: hub=1\r\n\r\n",
    "a terminal": "\x1b]0;title\x07\x9b2J",
}
PATHS = ("search", "facets", "histogram")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with opened(tmp_path_factory.mktemp("hostile"), fakes.Clock()) as made:
        secret = indicator(
            7, "[domain-name:value = 'secret.example']", name="secret", labels=["secret"]
        )
        room = made.room()
        room.post(fakes.body(secret), headers={"Hub-Audience": "org:ministry"})
        room.add(indicator(1, "[domain-name:value = 'evil.example']", name="evil"))
        yield made


def ask(hub: Hub, path: str, **query: Any) -> Any:
    """As somebody from whom the secret is hidden."""
    begun = time.perf_counter()
    answer = hub.get(f"/api/v1/{path}", account="partner", query_string=query)
    assert time.perf_counter() - begun < LONGEST_S
    assert answer.status_code in {200, 400, 404}, answer.data
    assert b"secret" not in answer.data.replace(query.get("q", "-").encode(errors="replace"), b"")
    return answer


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_query(hub: Hub, path: str, text: str) -> None:
    answer = ask(hub, path, q=text)
    if answer.status_code == 400:
        said = data(answer)
        assert said["error_code"] in {"bad-query", "bad-request"}
        assert said["details"]["field"] == "q" or said["error_code"] == "bad-request"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_value_looked_up(hub: Hub, text: str) -> None:
    headers = {"Content-Type": "text/plain"}
    body = text.encode(errors="replace")
    answer = hub.ask("POST", "/api/v1/lookup", account="partner", headers=headers, body=body)
    assert answer.status_code == 200


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_beginning(hub: Hub, text: str) -> None:
    for field in ("type", "label", "publisher", "collection", "cve", "has", "tlp"):
        ask(hub, "suggest", field=field, begin=text)


@pytest.mark.parametrize("tail", ["", "/related", "/same"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_id(hub: Hub, text: str, tail: str) -> None:
    path = f"/api/v1/objects/{text.replace('/', '')}{tail}"
    answer = hub.ask(
        "GET",
        "/",
        environ_overrides={"PATH_INFO": path.encode(errors="replace").decode("latin-1")},
    )
    assert answer.status_code in {200, 404}


WORDS = st.one_of(
    st.sampled_from([*FIELDS, *ALIASES]).map(lambda name: f"{name}:"),
    st.sampled_from(["AND", "OR", "NOT", "-", "(", ")", '"', "*", "[", "TO", "]", "{", "}", ">="]),
    st.sampled_from(["evil.example", "192.0.2.0/24", "2023", "red", "secret", "CVE-2026-1", "7d"]),
    st.text(max_size=6),
)


@settings(max_examples=300)
@given(words=st.lists(WORDS, max_size=12), glue=st.sampled_from(["", " ", " ", " ", "\n"]))
def test_any_query(hub: Hub, words: list[str], glue: str) -> None:
    text = glue.join(words)
    begun = time.perf_counter()
    answer = hub.get("/api/v1/search", account="partner", query_string={"q": text})
    assert time.perf_counter() - begun < LONGEST_S
    assert answer.status_code in {200, 400}
    if answer.status_code == 200:
        assert all("secret" not in hit["name"] for hit in data(answer)["hits"])


@pytest.mark.parametrize("raw", ["q=%ed%a0%80", "q=%ff%fe", "q=%", "q=%zz", "&&=&q", "q=a&q"])
def test_text_that_is_no_utf_8(hub: Hub, raw: str) -> None:
    for path in (*PATHS, "suggest"):
        answer = hub.get(f"/api/v1/{path}", environ_overrides={"QUERY_STRING": raw})
        assert answer.status_code in {200, 400}


@settings(max_examples=100)
@given(text=st.binary(max_size=60))
def test_any_query_string(hub: Hub, text: bytes) -> None:
    raw = text.decode("latin-1").translate({ord(c): None for c in "# \r\n\0"})
    for path in (*PATHS, "suggest"):
        answer = hub.get(f"/api/v1/{path}", environ_overrides={"QUERY_STRING": raw})
        assert answer.status_code in {200, 400}
