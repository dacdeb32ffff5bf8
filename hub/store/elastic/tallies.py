"""Counting in Elasticsearch: what is asked, and what of the answer is certain."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub.model.search import Bar, Count, Summary, Term
from hub.model.tlp import Tlp

LONGEST_BEGINNING = 200
"""Characters of what a suggestion begins with; keys are hardly longer"""

_TLP = "tlp"
_OF_SHARD = 5000
"""Values that each shard counts; where there are more, the sum may be wrong and is not given."""

_PUBLISHERS = 1000
_EXACT = 1 << 52
"""Elasticsearch counts steps in floating point, which is exact up to here: the year 2112"""

Answer = Mapping[str, Any]


def most_frequent(field: str, most: int, beginning: str = "") -> dict[str, Any]:
    """Ask for the `most` frequent values of a field that begin so."""
    if field == _TLP:
        return {"found": {"terms": {"field": _TLP, "size": len(Tlp)}}}
    asked: dict[str, Any] = {
        "field": field,
        "size": most,
        "shard_size": max(most, _OF_SHARD),
        "order": [{"_count": "desc"}, {"_key": "asc"}],
    }
    if beginning:
        asked["include"] = f"{_escaped(beginning)}.*"
    return {"found": {"terms": asked}}


def read_counts(field: str, answer: Answer, most: int, beginning: str = "") -> list[Count] | None:
    """The counts, the greatest first, then by key; None: they are not certain."""
    found = answer["aggregations"]["found"]
    if found["doc_count_error_upper_bound"]:
        return None
    counts = [
        Count(Tlp(bucket["key"]).text if field == _TLP else bucket["key"], bucket["doc_count"])
        for bucket in found["buckets"]
    ]
    if field == _TLP:
        counts = [count for count in counts if count.key.startswith(beginning)]
        counts.sort(key=lambda count: (-count.records, count.key))
    return counts[:most]


def steps(field: str, step_us: int) -> dict[str, Any]:
    """Ask for the records in each step of time."""
    near = {"range": {field: {"gte": -_EXACT, "lt": _EXACT}}}
    asked = {"field": field, "interval": step_us, "min_doc_count": 1}
    return {
        "near": {"filter": near, "aggs": {"found": {"histogram": asked}}},
        "far": {
            "filter": {"bool": {"must_not": [near]}},
            "aggs": {"found": {"terms": {"field": field, "size": _OF_SHARD}}},
        },
    }


def read_bars(answer: Answer, step_us: int) -> list[Bar] | None:
    """The bars, oldest first; None: there are too many instants in the far future or past."""
    parts = answer["aggregations"]
    far = parts["far"]["found"]
    if far["sum_other_doc_count"] or far["doc_count_error_upper_bound"]:
        return None
    bars: Counter[int] = Counter()
    for bucket in (*parts["near"]["found"]["buckets"], *far["buckets"]):
        bars[int(bucket["key"]) // step_us * step_us] += bucket["doc_count"]
    return [Bar(*bar) for bar in sorted(bars.items())]


def chunks(terms: Sequence[Term], size: int) -> Iterator[tuple[str, list[str]]]:
    """The different terms in parts of one field each."""
    by_field: dict[str, list[str]] = defaultdict(list)
    for field, key in dict.fromkeys(terms):
        by_field[field].append(key)
    for field, keys in by_field.items():
        for start in range(0, len(keys), size):
            yield field, keys[start : start + size]


def summed(field: str, keys: Sequence[str]) -> dict[str, Any]:
    """Ask what is known of each of the keys."""
    return {
        "found": {
            "terms": {
                "field": field,
                "include": list(keys),
                "size": len(keys),
                "shard_size": len(keys),
            },
            "aggs": {
                "first": {"min": {"field": "added"}},
                "last": {"max": {"field": "added"}},
                "tlp": {"max": {"field": _TLP}},
                "by": {
                    "terms": {
                        "field": "publisher",
                        "size": _PUBLISHERS,
                        "order": {"_key": "asc"},
                    }
                },
            },
        }
    }


def read_summaries(field: str, answer: Answer) -> list[Summary] | None:
    """What is known of the keys that anything has; None: there was more than could be counted."""
    buckets = answer["aggregations"]["found"]["buckets"]
    if any(bucket["by"]["sum_other_doc_count"] for bucket in buckets):
        return None
    return [_summary(field, bucket) for bucket in buckets]


def _summary(field: str, bucket: Answer) -> Summary:
    return Summary(
        Term(field, bucket["key"]),
        bucket["doc_count"],
        # Exact in floating point, as those instants are below 2^53.
        int(bucket["first"]["value"]),
        int(bucket["last"]["value"]),
        Tlp(int(bucket["tlp"]["value"])),
        tuple(part["key"] for part in bucket["by"]["buckets"]),
    )


def _escaped(text: str) -> str:
    """A text as a regular expression of Lucene that means itself."""
    return "".join(char if char.isalnum() else f"\\{char}" for char in text)
