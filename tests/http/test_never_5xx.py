"""Whatever a client sends: never a 5xx, never half of an envelope, and the collection stays readable."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model.clock import parse_us
from hub.stix.terms import MATCH_FIELDS
from tests import fakes
from tests.http import sample
from tests.http.asking import MEDIA_TYPE, Hub, Room, data

EVERY = {"version": "all", "spec_version": "2.0,2.1"}
RAW_OBJECTS = msgspec.json.Decoder(dict[str, list[msgspec.Raw] | bool | str])

# --- JSON, and what looks like it -------------------------------------------------------------

wild_text = st.text(st.characters(codec=None), max_size=12)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**30),
    st.floats(),
    wild_text,
    st.sampled_from(["", "2.1", "2.0", "3.0", "indicator", "bundle", "stix", "\0", "\ud800"]),
    st.sampled_from(
        [sample.CREATED, "2024-02-30T00:00:00Z", "9999-12-31T23:59:60Z", "0001-01-01T00:00:00Z"]
    ),
    st.sampled_from([sample.VERSIONED, "x--y", "indicator--", sample.TLP_AMBER, "[a:b = 'c']"]),
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(wild_text, inner, max_size=3),
    max_leaves=6,
)


def written(value: Any, *, ascii_only: bool = True) -> bytes:
    """The value as the most careless of producers would write it: NaN, half surrogates and all."""
    return json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


nested = st.integers(1, 3000).map(lambda depth: b"[" * depth + b"]" * depth)
raw_values = st.one_of(
    st.builds(written, json_values, ascii_only=st.booleans()),
    nested,
    st.sampled_from([b"NaN", b"-Infinity", b"1e999", b"-0.0", b"1.0", b'"\\ud800"', b'"\\u0000"']),
)
FIELDS = [
    *("id", "type", "created", "modified", "spec_version", "name", "pattern", "pattern_type"),
    *("valid_from", "valid_until", "revoked", "labels", "confidence", "extensions", "objects"),
    *("x_one", "x_two", "description", "lang", "kill_chain_phases", "aliases"),
    *("object_marking_refs", "granular_markings", "created_by_ref", "source_ref", "x_ref"),
    *("external_references", "hashes", "object_refs", "definition", "version", "_ref", ""),
]


@st.composite
def raw_objects(draw: Callable[..., Any]) -> bytes:
    """An object of each kind, with members changed, lost, added or named twice."""
    members = [
        (written(name), written(value))
        for name, value in draw(st.sampled_from(sample.EVERY)).items()
    ]
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2, 3]))):
        place = draw(st.integers(0, len(members)))
        name = written(draw(st.sampled_from(FIELDS) | wild_text))
        change = draw(st.sampled_from(["change", "drop", "add"]))
        if change == "add" or place == len(members):
            members.insert(place, (name, draw(raw_values)))
        elif change == "change":
            members[place] = (members[place][0], draw(raw_values))
        elif len(members) > 1:
            del members[place]
    return b"{" + b",".join(b"%b:%b" % member for member in members) + b"}"


def envelope(raws: list[bytes]) -> bytes:
    return b'{"objects":[%b]}' % b",".join(raws)


# Mostly objects, and sometimes something else.
entries = st.sampled_from([raw_objects()] * 6 + [raw_values]).flatmap(lambda kind: kind)
envelopes = st.lists(entries, min_size=1, max_size=6)


def strict(response) -> Any:
    """The JSON of an answer, as the strictest of clients reads it."""
    msgspec.json.decode(response.data)
    return data(response)


def holdings(room: Room) -> set[tuple[str, int]]:
    """What the collection holds, read through all its pages; objects and manifest agree."""
    records = [
        (record["id"], parse_us(record["version"])) for record in room.manifest(limit=2, **EVERY)
    ]
    objects: list[bytes] = []
    for page in room.pages(limit=3, **EVERY):
        objects += [item["id"] for item in page.get("objects", [])]
    assert [record[0] for record in records] == objects
    assert len(set(records)) == len(records)
    return set(records)


def check_publish(room: Room, body: bytes, raws: list[bytes] | None = None) -> None:
    """Publish, and compare what the status says with what is there."""
    answer = room.post(body)
    assert answer.status_code in {202, 400}, answer.data
    status = strict(answer)
    if answer.status_code == 400:
        assert holdings(room) == set()
        return
    done, failed = status.get("successes", []), status.get("failures", [])
    assert (len(done), len(failed)) == (status["success_count"], status["failure_count"])
    assert holdings(room) == {(item["id"], parse_us(item["version"])) for item in done}
    if raws is not None:
        assert status["total_count"] == len(raws)
        page = RAW_OBJECTS.decode(room.get(**EVERY).data)
        assert {bytes(raw) for raw in page.get("objects", [])} <= set(raws)


@settings(max_examples=150)
@given(raws=envelopes)
def test_envelopes_of_damaged_objects(hub: Hub, raws: list[bytes]) -> None:
    check_publish(hub.room(), envelope(raws), raws)


@settings(max_examples=40)
@given(raws=envelopes)
def test_damaged_objects_in_a_strict_collection(hub: Hub, raws: list[bytes]) -> None:
    check_publish(hub.room(strict=True), envelope(raws), raws)


@settings(max_examples=60)
@given(raws=envelopes, place=st.integers(0, 10_000), bad=st.binary(max_size=3))
def test_envelopes_with_damaged_bytes(hub: Hub, raws: list[bytes], place: int, bad: bytes) -> None:
    body = envelope(raws)
    place %= len(body)
    check_publish(hub.room(), body[:place] + bad + body[place + 1 :])


@settings(max_examples=60)
@given(value=json_values, ascii_only=st.booleans())
def test_arbitrary_json(room: Room, value: Any, ascii_only: bool) -> None:
    answer = room.post(written(value, ascii_only=ascii_only))
    assert answer.status_code == 400
    strict(answer)


class Slow(BaseException):
    """It takes far longer than it should."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raises Slow in the middle of whatever takes longer."""

    def stop(*_: object) -> None:
        raise Slow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("fault", [b"NaN", b'"\\u0000"', b'"\\ud800"', b"1e999", b"1"])
@pytest.mark.parametrize("shape", [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":[', b"]}]")])
def test_nesting_takes_no_time(room: Room, fault: bytes, shape: tuple[bytes, bytes]) -> None:
    """The reason for a refusal is looked for in time that grows with the body, not faster."""
    inner = shape[0] * 300 + b"1" + shape[1] * 300
    with within(10):
        answer = room.post(b'{"objects":[{"a":%b,"b":%b}]}' % (fault, inner))
    assert data(answer)["failure_count"] == 1


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("[a:b = '" + "\\'" * 30_000, id="an unclosed string"),
        pytest.param("[a:b = '" + "\\'" * 2_400, id="a shorter one"),
        pytest.param("[" * 30_000, id="brackets"),
        pytest.param("[" + "(" * 3000 + "a:b = 'c'" + ")" * 3000 + "]", id="parentheses"),
        pytest.param(" OR ".join(["[a:b = 'c']"] * 4000), id="alternatives"),
        pytest.param("[a:b" + "[*]" * 15_000 + " = 'c']", id="steps"),
        pytest.param("[a:b IN (" + ",".join(["'x'"] * 10_000) + ")]", id="values"),
    ],
)
def test_a_hostile_pattern_takes_no_time(room: Room, pattern: str) -> None:
    with within(10):
        assert room.add(fakes.indicator(1, pattern=pattern))["failure_count"] == 1


@settings(max_examples=60)
@given(body=st.binary(max_size=200), packed=st.booleans())
def test_arbitrary_bytes(room: Room, body: bytes, packed: bool) -> None:
    answer = room.post(body, headers={"Content-Encoding": "gzip"} if packed else {})
    assert answer.status_code == 400
    strict(answer)


# --- Requests ---------------------------------------------------------------------------------

NAMES = [
    *("added_after", "limit", "next", "match[type]", "match[id]", "match[version]"),
    *("match[spec_version]", "match[]", "match[", "match", "x"),
    *(f"match[{name}]" for name in sorted(MATCH_FIELDS)),
]
VALUES = st.one_of(
    st.text(max_size=20),
    st.integers().map(str),
    st.sampled_from(
        ["all", "last", "first,last", "2.0,2.1", "indicator,malware", "red", "true", ","]
    ),
    st.sampled_from([sample.VERSIONED, sample.V1, f"{sample.V2},last", "1e5", "-1", "٣", "\0"]),
    st.lists(st.text(max_size=3), max_size=150).map(",".join),
)
queries = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=8), VALUES), max_size=5)
latin = st.text(st.characters(max_codepoint=255, exclude_characters="\0\r\n"), max_size=60)
paths = st.sampled_from(["objects/", "manifest/", f"objects/{sample.VERSIONED}/"]) | st.just(
    f"objects/{sample.VERSIONED}/versions/"
)


def assert_sane(answer) -> None:
    assert answer.status_code < 500, answer.data
    if answer.status_code != 308 and answer.request.method != "HEAD":
        strict(answer)


@settings(max_examples=150)
@given(tail=paths, fields=queries)
def test_any_filters(seed: Room, hub: Hub, tail: str, fields: list[tuple[str, str]]) -> None:
    made: dict[str, list[str]] = {}
    for name, value in fields:
        made.setdefault(name, []).append(value)
    assert_sane(hub.get(seed.url + tail, query_string=made))


@settings(max_examples=60)
@given(tail=paths, text=st.binary(max_size=80))
def test_any_query_string(seed: Room, hub: Hub, tail: str, text: bytes) -> None:
    raw = text.decode("latin-1").translate({ord(c): None for c in "# \r\n\0"})
    assert_sane(hub.get(seed.url + tail, environ_overrides={"QUERY_STRING": raw}))


@settings(max_examples=60)
@given(fields=queries)
def test_any_delete(hub: Hub, fields: list[tuple[str, str]]) -> None:
    room = hub.room()
    room.add(fakes.indicator(1, 1), fakes.indicator(1, 2))
    path = f"{room.url}objects/{sample.VERSIONED}/"
    answer = hub.ask("DELETE", path, query_string=dict(fields))
    assert answer.status_code in {200, 400, 404}
    assert (answer.status_code == 200) == (len(holdings(room)) < 2)
    strict(answer)


@settings(max_examples=80)
@given(
    parts=st.lists(
        st.one_of(
            st.sampled_from(["hub", "taxii2", "collections", "objects", "manifest", "versions"]),
            st.sampled_from(["status", "shared", "metrics", "health", "live", "..", "", "%"]),
            st.sampled_from(["api", "v1", "search", "facets", "lookup", "searches", "same"]),
            latin,
        ),
        max_size=7,
    ),
    method=st.sampled_from(["GET", "POST", "DELETE", "PUT", "OPTIONS", "X"]),
)
def test_any_path(hub: Hub, parts: list[str], method: str) -> None:
    path = "/" + "/".join(parts)
    answer = hub.ask(method, "/", environ_overrides={"PATH_INFO": path})
    assert answer.status_code < 500


HEADERS = [
    *("Accept", "Accept-Encoding", "Authorization", "Content-Encoding", "Content-Type"),
    *("Cookie", "Expect", "Host", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range"),
    *("Range", "Transfer-Encoding", "X-Forwarded-For", "X-Request-ID", "X-HTTP-Method-Override"),
]
SNIPPETS = st.sampled_from(
    [
        *(
            MEDIA_TYPE,
            "*/*",
            "*/*;q=",
            ";q=nan",
            "q=0",
            '"',
            ",",
            ";",
            "=",
            "gzip",
            "Basic ",
            "Bearer ",
        ),
        *(
            "hub_",
            "Token ",
            "====",
            "charset=utf-7",
            ";version=",
            "items 0-1",
            "bytes=0-",
            "chunked",
        ),
    ]
)
header_values = st.lists(SNIPPETS | latin, max_size=6).map("".join)


@settings(max_examples=120)
@given(
    headers=st.dictionaries(st.sampled_from(HEADERS), header_values, max_size=4),
    method=st.sampled_from(["GET", "POST", "HEAD", "DELETE"]),
)
def test_any_headers(hub: Hub, room: Room, headers: dict[str, str], method: str) -> None:
    path = f"{room.url}objects/" + (f"{sample.VERSIONED}/" if method == "DELETE" else "")
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    if "HTTP_CONTENT_TYPE" in environ:
        environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE")
    body = fakes.body(fakes.indicator(1)) if method == "POST" else None
    answer = hub.ask(method, path, body=body, environ_overrides=environ)
    assert answer.status_code < 500, answer.data


@settings(max_examples=40)
@given(length=latin | st.integers().map(str))
def test_any_content_length(hub: Hub, room: Room, length: str) -> None:
    body = fakes.body(fakes.indicator(1))
    answer = hub.ask(
        "POST", f"{room.url}objects/", body=body, environ_overrides={"CONTENT_LENGTH": length}
    )
    assert answer.status_code in {202, 400, 413}
