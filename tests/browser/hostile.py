"""Objects whose every text is meant to break a page, and that the hub takes all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests import fakes

TEXTS = {
    "a script": "<script>document.title='owned'</script>",
    "an image": "<img src=x onerror=\"document.title='owned'\">",
    "out of an attribute": "\"'><svg onload=document.title='owned'>",
    "out of a title": "</title></textarea></style><h1>owned</h1>",
    "a template": "{{ 7*7 }} {% raw %} %(name)s %s ${7*7}",
    "an address": "javascript:document.title='owned'",
    "one long word": "w" * 20_000,
    "one long sentence": "lừa đảo chuyển tiền " * 2_000,
    "the other direction": "\u202ekcatta\u202c \u2067abc\u2066 مرحبا",
    "nothing to be seen": "a\u200bb\u200d\u2060c\u00ad\ufeff",
    "white space alone": "\u00a0\u3000\u2003",
    "many marks": "e" + "\u0301\u0323\u0489" * 300,
    "control characters": "a\u0001b\u001b[31mc\u0085d\r\ne\tf",
    "entities": "&lt;b&gt; &amp;amp; &#x3c;script&#x3e;",
    "other planes": "\U0001f9ff" * 400,
}
"""By what they try"""

_LONGEST_VALUE = 10_000


def objects() -> list[dict[str, Any]]:
    """All of them."""
    return list(_objects())


def _objects() -> Iterator[dict[str, Any]]:
    for number, text in enumerate(TEXTS.values(), 1):
        yield _indicator(number, text)
        yield _malware(number, text)
        yield _relationship(number, text)
        yield _note(number, text)
    yield _report()


def _common(kind: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{fakes.uuid_of(9_000 + number)}",
        "created": "2024-01-01T00:00:00.000Z",
        "modified": "2024-01-01T00:00:00.000Z",
        **more,
    }


def _texts(text: str) -> dict[str, Any]:
    """What any object may carry."""
    reference = {"source_name": text, "description": text, "url": text, "external_id": text}
    return {
        "name": text,
        "description": text,
        "labels": [text, "x"],
        "external_references": [reference],
        "x_hub_test": {text: [text, {"deep": text}]},
    }


def _indicator(number: int, text: str) -> dict[str, Any]:
    quoted = text[:_LONGEST_VALUE].replace("\\", "\\\\").replace("'", "\\'")
    return _common(
        "indicator",
        number,
        **_texts(text),
        pattern=f"[url:value = '{quoted}' OR file:name = '{quoted}']",
        pattern_type="stix",
        valid_from="0001-01-01T00:00:00Z",
        valid_until="9999-12-31T23:59:59.999999Z",
        indicator_types=[text],
        kill_chain_phases=[{"kill_chain_name": text, "phase_name": text}],
    )


def _malware(number: int, text: str) -> dict[str, Any]:
    return _common(
        "malware", number, **_texts(text), is_family=True, aliases=[text], malware_types=[text]
    )


def _relationship(number: int, text: str) -> dict[str, Any]:
    return _common(
        "relationship",
        number,
        relationship_type="indicates",
        description=text,
        source_ref=f"indicator--{fakes.uuid_of(9_000 + number)}",
        target_ref=f"malware--{fakes.uuid_of(9_000 + number)}",
    )


def _note(number: int, text: str) -> dict[str, Any]:
    return _common(
        "note",
        number,
        abstract=text,
        content=text,
        authors=[text],
        object_refs=[f"indicator--{fakes.uuid_of(9_000 + number)}"],
    )


def _report() -> dict[str, Any]:
    known = [f"indicator--{fakes.uuid_of(9_000 + n)}" for n in range(1, len(TEXTS) + 1)]
    unknown = [f"indicator--{fakes.uuid_of(100_000 + n)}" for n in range(10_000)]
    return _common(
        "report", 1, name="10,000", published="2024-01-01T00:00:00Z", object_refs=known + unknown
    )
