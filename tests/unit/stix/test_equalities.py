"""Which patterns a device can act on, and on which of their values."""

from __future__ import annotations

import pytest

from hub.stix.equalities import equalities

DIGEST = "0123456789abcdef0123456789abcdef"


def found(pattern: str, **more: str) -> list[tuple[str, str]] | None:
    equals = equalities({"pattern": pattern, "pattern_type": "stix"} | more)
    return None if equals is None else [(item.field, item.text) for item in equals]


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        ("[domain-name:value = 'a.test']", [("domain", "a.test")]),
        ("([domain-name:value = 'a.test'])", [("domain", "a.test")]),
        (
            "[domain-name:value = 'a.test' OR ipv4-addr:value IN ('192.0.2.1', '192.0.2.2')]",
            [("domain", "a.test"), ("ip", "192.0.2.1"), ("ip", "192.0.2.2")],
        ),
        (
            f"[file:hashes.MD5 = '{DIGEST}'] OR [url:value = 'http://a.test/x']",
            [("hash", DIGEST), ("url", "http://a.test/x")],
        ),
        # The same value twice is one.
        ("[domain-name:value = 'a.test' OR domain-name:value = 'A.TEST']", [("domain", "a.test")]),
        # What is behind a reference is known by its look.
        ("[network-traffic:dst_ref.value = '192.0.2.1']", [("ip", "192.0.2.1")]),
        # A port alone is no value.
        ("[network-traffic:dst_port = 4444]", []),
        (r"[url:value = 'http://a.test/it\'s']", [("url", "http://a.test/it's")]),
        *(
            (f"[{path} = '{DIGEST}']", [(field, DIGEST)])
            for path, field in {
                "file:hashes.md5": "hash",
                "artifact:hashes.MD5": "hash",
                "process:binary_ref.hashes.MD5": "hash",
                # What looks like the hash of a file and is none.
                "file:hashes.IMPHASH": "value",
                "file:extensions.'windows-pebinary-ext'.sections[*].hashes.MD5": "value",
                "x509-certificate:hashes.MD5": "value",
            }.items()
        ),
        (f"[file:hashes.'SHA-256' = '{DIGEST * 2}']", [("hash", DIGEST * 2)]),
        (f"[file:hashes.'SHA3-256' = '{DIGEST * 2}']", [("value", DIGEST * 2)]),
    ],
)
def test_values_of_which_one_is_enough(pattern: str, values: list[tuple[str, str]]) -> None:
    assert found(pattern) == values


@pytest.mark.parametrize(
    "pattern",
    [
        "[domain-name:value = 'a.test' AND domain-name:value = 'b.test']",
        "[domain-name:value = 'a.test'] AND [domain-name:value = 'b.test']",
        "[domain-name:value = 'a.test'] FOLLOWEDBY [domain-name:value = 'b.test']",
        "[domain-name:value = 'a.test'] REPEATS 5 TIMES",
        "[domain-name:value = 'a.test'] WITHIN 5 SECONDS",
        "[domain-name:value != 'a.test']",
        "[domain-name:value NOT = 'a.test']",
        "[domain-name:value NOT IN ('a.test')]",
        "[domain-name:value LIKE 'a.test']",
        "[domain-name:value MATCHES 'a.test']",
        "[ipv4-addr:value ISSUBSET '192.0.2.0/24']",
        "[domain-name:value = 'a.test' OR domain-name:value != 'b.test']",
        "[EXISTS domain-name:value]",
        "[domain-name:value =",
        "",
    ],
)
def test_patterns_that_say_more(pattern: str) -> None:
    assert found(pattern) is None


def test_a_pattern_of_stix_2_0() -> None:
    equals = equalities({"pattern": "[domain-name:value = 'a.test']"})
    assert equals is not None
    assert [item.key for item in equals] == ["test.a."]


@pytest.mark.parametrize("pattern", [None, 5, ["[domain-name:value = 'a.test']"]])
def test_what_is_no_text(pattern: object) -> None:
    assert equalities({"pattern": pattern}) is None
