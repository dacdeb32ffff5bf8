"""The 14 tables of vendors in the corpus, each looked through by a person: what its columns are, how
many values it has (counted apart from the product, with regular expressions), and what is in doubt.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from hub.intake.preview import preview
from hub.intake.text import decoded


class Expected(NamedTuple):
    uses: dict[str, str]
    """Columns that are read; all others are not."""
    counts: dict[str, int]
    doubts: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    """What looks like no value, or like a broken one"""
    has_heading: bool = True


EXPECTED = {
    "ArtraDownloader__AtraDownloader.csv": Expected(
        {"SHA256": "value", "SHA1": "value", "MD5": "value", "C2 Server": "value", "13": "value"}
        # Names such as `report.docx.com` are names of files here, and no domains.
        | {"ITW Filename": "note"},
        {"hash": 128, "domain": 16, "url": 4},
        ("SHA256: 1 of 44 cells are no values", "C2 Server: 1 of 42 cells are no values"),
        ("[CORRUPT] (line 41)", "c6b67f1565243e31bdc9e9972a5c428154b7bb833 (line 42)"),
    ),
    "bitter__iocs.csv": Expected(
        {"SHA256": "value", "SHA1": "value", "MD5": "value", "C2 Server": "value"},
        {"hash": 255, "domain": 33, "ip": 1},
        ("C2 Server: 2 of 84 cells are no values",),
        ("[CORRUPT] (line 41)", "[CORRUPT] (line 45)"),
    ),
    "dearjoohn__dearjoohn_iocs.csv": Expected(
        {"First Seen": "seen", "Hash": "value", "Filename": "note"}
        | {"Remote Template IP": "value", "Remote Template URL": "value"}
        | {"Remote Template Hash": "value", "Payload Hash": "value", "Payload Filename": "note"},
        {"hash": 23, "url": 7, "ip": 4},
    ),
    "henbox__henbox_samples.csv": Expected(
        {"sha256": "value", "first_seen": "seen"}
        | dict.fromkeys(("apk_package_name", "apk_app_name", "apk_app_name_en"), "note"),
        {"hash": 215},
    ),
    "iran_linked_operators__APT33.csv": Expected(
        {"Indicator": "value", "Name": "note"},
        {"hash": 46, "domain": 26, "ip": 21},
        ("Indicator: 1 of 96 cells are no values",),
        ("f5329cf2a829f8840ba6a903f17a1bf (line 52)",),
    ),
    "iran_linked_operators__DarkHydrus.csv": Expected(
        {"Indicator": "value", "Name": "note"}, {"domain": 53, "hash": 32, "ip": 2}
    ),
    "keybase__keybase_ioc.csv": Expected(
        {"SHA256 Hash": "value", "C2 Server": "value"}, {"hash": 320, "url": 173}
    ),
    "prince_of_persia__hashes.csv": Expected({"1": "value"}, {"hash": 238}, has_heading=False),
    "rarog__c2_w_timestamps.csv": Expected(
        {"1": "seen", "2": "value"},
        {"domain": 161},
        ("1: no heading says whose date",),
        has_heading=False,
    ),
    "rarog__sha256_w_timestamps.csv": Expected(
        {"1": "seen", "2": "value"},
        {"hash": 2476},
        ("1: no heading says whose date",),
        has_heading=False,
    ),
    "samsa__samsa_iocs.csv": Expected(
        {"SHA256": "value", "MD5": "value", "C2": "value", "Name": "note"},
        {"hash": 46, "url": 18},
    ),
    "silverterrier__domains.csv": Expected(
        {"Domain": "value", "Domain Use": "note"}, {"domain": 2577}
    ),
    "squirtdanger__squirtdanger_c2.csv": Expected(
        {"First Seen": "seen", "C2": "value"}, {"ip": 119}
    ),
    "squirtdanger__squirtdanger_distribution.csv": Expected(
        {"First Seen": "seen", "Distribution URL Observed": "value"}, {"url": 15}
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_table_of_a_vendor(corpus, name):
    expected = EXPECTED[name]
    found = preview(decoded((corpus / "csv" / "unit42" / name).read_bytes())[0])
    assert found.is_whole
    assert {c.name: c.use for c in found.columns if c.use != "ignore"} == expected.uses
    assert found.counts == expected.counts
    assert found.doubts == expected.doubts
    assert found.has_heading == expected.has_heading
    rest = [missing for missing in found.left if missing.reason != "duplicate"]
    assert tuple(example for missing in rest for example in missing.examples) == expected.left
    assert sum(missing.count for missing in rest) == len(expected.left)


def test_all_of_them_are_known(corpus):
    assert {path.name for path in (corpus / "csv" / "unit42").glob("*.csv")} == set(EXPECTED)
