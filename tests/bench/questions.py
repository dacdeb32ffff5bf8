"""What the benchmark of search asks: a fixed mix of queries, and values to look up.

The texts of `tests.bench.objects` are few, so that common words stand in a tenth of all objects
and more, as in a feed of one campaign. What is rare is named by the number of an object.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from .objects import BLOCK, INDICATORS, KIND_OF_SLOT, Feed

PAGE = 50
"""Results of one page"""

ALL = 100_000
"""From this size on every question finds something."""

FAR = 10_000_000
"""From this number on no object is ever published."""

_VALUE = re.compile(r"'([^']+)'\]$")
_EXACT = ("domain", "url", "sha256", "email")
_STRICT = "939a9414-2ddd-4d32-a0cd-375ea402b003"


class Question(NamedTuple):
    """One query of the mix."""

    group: str
    text: str


FIXED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("common word", ("phishing", "lừa đảo", "mật khẩu", "analysis")),
    ("phrase", ('"scheduled task"', '"máy chủ điều khiển"', '"remote desktop gateways"')),
    ("prefix", ("beacon*", "name:mon*", "creden*")),
    (
        "type, marking, word",
        (
            "type:indicator tlp:green phishing",
            "type:malware tlp:>=amber web",
            "type:indicator label:ransomware tlp:clear workstations",
        ),
    ),
    (
        "range",
        (
            "confidence:>=95 type:indicator",
            "created:[2023-01-10 TO 2023-01-12] phishing",
            "valid_from:>=2023-02 scanner",
            "modified:<2023-01-20 type:campaign",
        ),
    ),
    ("network", ("192.0.2.0/24", "ip:198.51.100.64/28", "ip:2001:db8:a00::/40")),
    (
        "OR, NOT, groups",
        (
            "ransomware OR loader",
            "phishing NOT type:indicator",
            "(label:c2 OR label:botnet) tlp:amber -confidence:<60",
        ),
    ),
)
"""By group; they mean the same at every size."""

BROAD = ("", "type:indicator", "phishing")
"""Counted queries: everything, three fifths, and a common word"""


def mix(feed: Feed, size: int) -> list[Question]:
    """The queries whose results are read newest first."""
    found = [Question(group, text) for group, texts in FIXED for text in texts]
    numbers = [next(feed.numbers(kind, size), 0) for kind in ("incident", "report", "campaign")]
    found += [Question("rare word", f"name:{number}") for number in numbers]
    malware = feed.object_id(next(feed.numbers("malware", size)))
    return [*found, Question("who refers to it", f"ref:{malware}")]


def values(feed: Feed, size: int, most: int) -> list[str]:
    """Different values of indicators from all over the store that every reader may see."""
    found = list(dict.fromkeys(_values(feed, 0, size, max(1, size // (4 * most)))))
    count = min(most, len(found))
    return [found[place * len(found) // count] for place in range(count)]


def strangers(feed: Feed, most: int) -> list[str]:
    """Values like them that no object holds; without addresses, which all stores share."""
    return list(itertools.islice(_values(feed, FAR, FAR + 20 * most, 1, _EXACT), most))


def exact(feed: Feed, size: int, most: int) -> list[str]:
    """Values that stand in one object each, or in one and its new version."""
    step = max(1, size // (8 * most))
    found = dict.fromkeys(_values(feed, 0, size, step, _EXACT))
    return list(itertools.islice(found, most))


def pasted(texts: list[str]) -> list[str]:
    """Two of every four as they come in a report: defanged."""
    return [
        text.replace("https://", "hxxps://").replace(".", "[.]") if place % 4 > 1 else text
        for place, text in enumerate(texts)
    ]


def _values(
    feed: Feed, start: int, stop: int, step: int, kinds: tuple[str, ...] = tuple(INDICATORS)
) -> Iterator[str]:
    # A step that has a factor in common with the block would meet the same kinds again and again.
    while math.gcd(step, BLOCK) > 1:
        step += 1
    for number in range(start, stop, step):
        if KIND_OF_SLOT[number % BLOCK] in kinds:
            raw = json.loads(feed.raw(number))
            marked = raw["object_marking_refs"][0].endswith(_STRICT)
            if not marked and (value := _VALUE.search(raw["pattern"])):
                yield value[1]
