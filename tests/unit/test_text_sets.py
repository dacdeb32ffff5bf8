"""Recall and precision on the texts of the corpus: never below what a kept library reaches.

The figures to reach are those of ioc-finder 9.4.1 (docs/adr/0039); `python -m tests.bench.harvest`
prints all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hub.intake.documents.kinds import Document
from hub.intake.documents.values import values_of
from hub.intake.reading import take
from tests.bench.harvest import Values, ours, precision, recall

IOC_FINDER = {
    "eset domain": 95,
    "eset email-dst": 6,
    "eset ip-dst": 48,
    "eset sha1": 403,
    "eset url": 78,
    "unit42 domain": 411,
    "unit42 ipv4": 301,
    "unit42 sha256": 3986,
    "unit42 url": 1146,
}
HARMLESS = """\
Bản tin về mã độc, xem https://www.google.com và https://www.microsoft.com.
DNS 8.8.8.8, 1.1.1.1; máy nạn nhân 192.168.1.10, 10.0.0.5, 127.0.0.1, fe80::1
tệp rỗng d41d8cd98f00b204e9800998ecf8427e
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
liên hệ soc@agency.example.vn, cổng dns.agency.example.vn, google.com, facebook[.]com
explorer.exe, svchost.exe, readme.txt, 0.0.0.0, 255.255.255.255
mayin.local, localhost
"""


@pytest.mark.usefixtures("corpus")
@pytest.mark.parametrize("name", ["eset", "unit42"])
def test_as_much_is_found_as_by_the_library(name: str) -> None:
    scores = {score.name: score for score in recall(name, ours)}
    for kind, least in IOC_FINDER.items():
        if kind.startswith(name):
            assert scores[kind].got >= least, scores[kind]


def published(texts: Sequence[str]) -> list[Values]:
    """What a feed would publish of documents with these texts, without being asked for doubts."""
    found = []
    for text in texts:
        values = values_of(Document(text.encode(), "advisory.txt"))
        found.append({(item.field, item.key) for item in values.items if item.keep})
    return found


@pytest.mark.usefixtures("corpus")
@pytest.mark.parametrize(
    ("name", "harmless"),
    # Private addresses, resolvers and popular sites, which the sources list by mistake.
    [("eset", {}), ("unit42", {"unit42 domain": 3, "unit42 url": 5})],
)
def test_as_much_is_published_but_for_what_is_harmless(
    name: str, harmless: dict[str, int]
) -> None:
    for score in recall(name, published):
        least = IOC_FINDER.get(score.name, 0) - harmless.get(score.name, 0)
        assert score.got >= least, score


@pytest.mark.usefixtures("corpus")
def test_no_bad_entry_is_taken_for_a_value() -> None:
    wrong = [s for s in precision(ours) if s.name.endswith("bad") and s.got]
    assert wrong == []


def test_no_harmless_value_is_published_of_itself() -> None:
    taken = take(HARMLESS.encode(), own_domains={"agency.example.vn"})
    assert len(taken.items) >= 18
    assert [item for item in taken.items if item.keep] == []
