"""What search finds an object by."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.record import Candidate
from hub.model.search import Document
from hub.model.tlp import Tlp
from hub.stix.check import check
from hub.stix.grading import Terms, grade
from tests.corpus import bundles
from tests.unit.stix.samples import (
    LATER,
    MOMENT,
    RED,
    SHA1,
    UUID,
    accepted,
    encoded,
    indicator,
    judged,
    observable,
    relationship,
    versioned,
)

MD5 = "d41d8cd98f00b204e9800998ecf8427e"
IDENTITY = f"identity--{UUID}"
VALUE_FIELDS = {
    "ip",
    "domain",
    "url",
    "hash",
    "email",
    "file",
    "cve",
    "attack",
    "asn",
    "mac",
    "value",
}


def document(obj):
    return accepted(obj).document


def values(obj):
    return {tuple(t) for t in document(obj).terms if t.field in VALUE_FIELDS}


def keys(obj, field):
    return {t.key for t in document(obj).terms if t.field == field}


OBSERVABLES = {
    "ipv4-addr": ({"value": "198.51.100.7"}, {("ip", "198.51.100.7")}),
    "ipv6-addr": ({"value": "2001:DB8::0:1"}, {("ip", "2001:db8::1")}),
    "domain-name": ({"value": "WWW.Evil.com"}, {("domain", "com.evil.www.")}),
    "url": (
        {"value": "http://Evil.com:8080/A"},
        {("url", "http://evil.com:8080/a"), ("domain", "com.evil.")},
    ),
    "email-addr": (
        {"value": "Bad@Evil.com"},
        {("email", "bad@evil.com"), ("domain", "com.evil.")},
    ),
    "email-message": ({"is_multipart": False, "message_id": "<A@b>"}, {("value", "<a@b>")}),
    "file": (
        {"name": "Evil.exe", "hashes": {"MD5": MD5.upper(), "SHA-1": SHA1}},
        {("file", "evil.exe"), ("hash", MD5), ("hash", SHA1)},
    ),
    "artifact": (
        {"url": "http://evil.com/a", "hashes": {"MD5": MD5}},
        {("hash", MD5), ("url", "http://evil.com/a"), ("domain", "com.evil.")},
    ),
    "autonomous-system": ({"number": 64500}, {("asn", "64500")}),
    "mac-addr": ({"value": "00-00-5E-00-53-01"}, {("mac", "00:00:5e:00:53:01")}),
    "mutex": ({"name": "Global\\Foo"}, {("value", "global\\foo")}),
    "windows-registry-key": ({"key": "HKLM\\Run"}, {("value", "hklm\\run")}),
    "user-account": (
        {"user_id": "1001", "account_login": "Root"},
        {("value", "1001"), ("value", "root")},
    ),
    "x509-certificate": (
        {"serial_number": "02:08:87", "hashes": {"SHA-1": SHA1}},
        {("value", "02:08:87"), ("hash", SHA1)},
    ),
    "directory": ({"path": "C:\\Temp"}, {("value", "c:\\temp")}),
    "software": ({"name": "x", "cpe": "cpe:2.3:a:X"}, {("value", "cpe:2.3:a:x")}),
    "process": ({"command_line": "powershell -enc AAA"}, set()),
    "network-traffic": ({"protocols": ["tcp"]}, set()),
}


@pytest.mark.parametrize(("kind", "case"), OBSERVABLES.items())
def test_values_of_observables(kind, case):
    members, found = case
    assert values(observable(kind, **members)) == found
    inside = {"0": {"type": kind, **members}}
    observed = versioned(
        "observed-data",
        name=None,
        first_observed=MOMENT,
        last_observed=LATER,
        number_observed=1,
        objects=inside,
    )
    assert values(observed) == found
    assert keys(observed, "has") == {field for field, _ in found}


def test_hashes_and_names_inside_of_extensions():
    extensions = {
        "windows-pebinary-ext": {
            "pe_type": "exe",
            "sections": [{"name": "s", "hashes": {"MD5": MD5}}],
        },
        "windows-service-ext": {"service_name": "EvilSvc"},
    }
    assert values(observable("file", name="a", extensions=extensions)) == {
        ("file", "a"),
        ("hash", MD5),
        ("value", "evilsvc"),
    }


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("domain-name", "198.51.100.7", {("ip", "198.51.100.7")}),
        ("domain-name", "localhost", {("value", "localhost")}),
        ("ipv4-addr", "evil.com", {("domain", "com.evil.")}),
        ("url", "not a url", {("value", "not a url")}),
        ("x-wallet", "1A1zP1", {("value", "1a1zp1")}),
        ("x-host", "evil.com", {("domain", "com.evil.")}),
    ],
)
def test_nothing_that_an_observable_says_is_lost(kind, value, found):
    assert values(observable(kind, value=value)) == found


PATTERNS = {
    "[domain-name:value = 'Evil.com']": {("domain", "com.evil.")},
    "[ipv4-addr:value ISSUBSET '198.51.100.0/24']": {("ip", "198.51.100.0/24")},
    "[ipv4-addr:value ISSUPERSET '198.51.100.7/32']": {("ip", "198.51.100.7")},
    "[ipv4-addr:value IN ('192.0.2.1', '192.0.2.2')]": {("ip", "192.0.2.1"), ("ip", "192.0.2.2")},
    f"[file:hashes.'SHA-1' = '{SHA1}' OR file:hashes.MD5 = '{MD5}']": {
        ("hash", SHA1),
        ("hash", MD5),
    },
    "[file:name LIKE 'evil.exe']": {("file", "evil.exe")},
    "[file:name LIKE 'evil%']": set(),
    "[file:name MATCHES 'evil.exe']": set(),
    "[file:name != 'evil.exe']": set(),
    "[domain-name:value NOT = 'evil.com']": set(),
    "[domain-name:value NOT IN ('evil.com')]": set(),
    "[autonomous-system:number = 64500]": {("asn", "64500")},
    "[network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 443]": {
        ("ip", "198.51.100.7")
    },
    "[network-traffic:src_ref.value = 'evil.com']": {("domain", "com.evil.")},
    "[email-message:from_ref.value = 'bad@evil.com']": {
        ("email", "bad@evil.com"),
        ("domain", "com.evil."),
    },
    "[file:name = 'C:\\\\a\\\\it\\'s.exe']": {("file", "it's.exe"), ("value", "c:\\a\\it's.exe")},
    "[url:value = 'http://evil.com/a' AND a:b = 1.5]": {
        ("url", "http://evil.com/a"),
        ("domain", "com.evil."),
    },
    "[file:extensions.'windows-pebinary-ext'.sections[*].hashes.MD5 = '" + MD5 + "']": {
        ("hash", MD5)
    },
    "[x-wallet:value = 'Abc']": {("value", "abc")},
    "[process:command_line = 'evil.exe -x']": set(),
}


@pytest.mark.parametrize(("pattern", "found"), PATTERNS.items())
def test_values_of_patterns(pattern, found):
    for stix in ("2.1", "2.0"):
        made = indicator(pattern=pattern, spec_version=stix)
        if stix == "2.0":
            made |= {"pattern_type": None}
            made = {name: value for name, value in made.items() if value is not None}
        assert values(made) == found


def test_a_pattern_is_words_by_its_literals_alone():
    held = document(indicator(pattern="[process:command_line MATCHES 'evil -x' AND a:b != 'C d']"))
    assert held.words == "evil x | c d"


@pytest.mark.parametrize("language", ["yara", "sigma", "snort", "pcre"])
def test_a_rule_in_another_language_is_text(language):
    rule = 'rule Evil { strings: $a = "evil.com" }'
    made = indicator(pattern=rule, pattern_type=language)
    assert values(made) == set()
    assert keys(made, "language") == {language}
    assert document(made).words == "rule evil strings a evil com"


def test_keywords():
    made = indicator(
        created_by_ref=IDENTITY.replace("8e2e", "8E2E"),
        labels=["APT-X", "phishing"],
        indicator_types=["Malicious-Activity"],
        revoked=True,
        object_marking_refs=[RED],
        external_references=[{"source_name": "Some Site", "url": "https://a.example/x"}],
    )
    assert keys(made, "id") == {f"indicator--{UUID}"}
    assert keys(made, "type") == {"indicator"}
    assert keys(made, "label") == {"apt-x", "phishing", "malicious-activity"}
    assert keys(made, "creator") == {IDENTITY}
    assert keys(made, "ref") == {IDENTITY, RED}
    assert keys(made, "revoked") == {"true"}
    assert keys(made, "source") == {"some site"}
    assert keys(made, "language") == {"stix"}
    assert keys(made, "has") == {"file"}


def test_keywords_of_other_types():
    assert keys(versioned("identity", sectors=["Energy"], roles=["CERT"]), "sector") == {"energy"}
    assert keys(versioned("identity", roles=["CERT"]), "label") == {"cert"}
    assert keys(versioned("identity"), "revoked") == {"false"}
    linked = relationship()
    assert keys(linked, "relation") == {"uses"}
    assert keys(linked, "ref") == {f"indicator--{UUID}", f"malware--{UUID}"}


def test_white_space_is_no_keyword():
    references = [{"source_name": " "}]
    made = versioned("tool", labels=["", " "], tool_types=["\t"], external_references=references)
    assert keys(made, "label") == set()
    assert keys(made, "source") == set()


def test_references_at_any_depth_once():
    made = versioned("x-thing", a=[{"b_ref": IDENTITY, "c_refs": [IDENTITY, RED]}], d_ref="")
    assert keys(made, "ref") == {IDENTITY, RED}


def test_ids_of_attack_and_vulnerabilities():
    references = [
        {"source_name": "mitre-attack", "external_id": "T1566.001"},
        {"source_name": "mitre-mobile-attack", "external_id": "T1660"},
        {"source_name": "cve", "external_id": "CVE-2026-1234"},
        {"source_name": "capec", "external_id": "CAPEC-163"},
        {"source_name": 5, "external_id": ["x"]},
        7,
    ]
    made = versioned("attack-pattern", external_references=references)
    assert values(made) == {
        ("attack", "t1566.001"),
        ("attack", "t1660"),
        ("cve", "cve-2026-1234"),
    }
    assert values(versioned("vulnerability", name="CVE-2026-7")) == {("cve", "cve-2026-0007")}
    assert values(versioned("tool", x_mitre_id="S0001")) == {("attack", "s0001")}


def test_numbers():
    made = indicator(valid_until=LATER, confidence=80)
    moment = int(datetime(2026, 1, 31, 8, tzinfo=UTC).timestamp()) * 1_000_000
    assert document(made).numbers == {
        "created": moment,
        "modified": moment,
        "valid_from": moment,
        "valid_until": moment + 86_400_000_000,
        "confidence": 80,
    }


@pytest.mark.parametrize("junk", [True, "80", 8.5, None, [1], 10**30])
def test_no_number_of_another_shape(junk):
    made = indicator() | {"confidence": junk, "valid_until": junk}
    assert not document(made).numbers.keys() & {"confidence", "valid_until"}


def test_names_and_words():
    made = versioned(
        "malware",
        name="Lừa đảo",
        aliases=["Fake Bank", "X"],
        description="Steals money.",
        x_more=[{"note": "Deep", "when": MOMENT, "other_ref": IDENTITY, "payload_bin": "QUJD"}],
        hashes={"MD5": MD5},
        x_hash=MD5,
        x_code="QUJD" * 100,
        external_references=[{"source_name": "Site", "description": "Read on"}],
    )
    held = document(made)
    assert held.name == "lua dao | fake bank | x"
    assert held.words == "steals money | deep | site | read on"


def test_a_view_knows_nothing_of_what_was_taken_out():
    secret = {
        "description": "topsecret words",
        "labels": ["hidden-label"],
        "x_secret": {"value": "s3cr3t"},
    }
    marking = [
        {"marking_ref": RED, "selectors": ["description", "labels.[1]", "x_secret", "aliases"]}
    ]
    made = versioned(
        "malware",
        is_family=True,
        name="Open",
        aliases=["covert"],
        granular_markings=marking,
        **secret | {"labels": ["shown", "hidden-label"]},
    )
    item = grade(accepted(made), "x", Terms(Tlp.GREEN, ()))
    assert isinstance(item, Candidate)
    (view,) = item.views
    assert "topsecret" in item.document.words
    text = repr(view.document)
    assert "shown" in text
    for word in ("topsecret", "hidden", "s3cr3t", "covert"):
        assert word not in text
    assert view.document == accepted(json.loads(view.raw)).document


def test_every_object_of_the_corpus_has_a_document(corpus):
    count = 0
    for name, raw in bundles():
        for obj in json.loads(raw)["objects"]:
            item = check(encoded(obj), name)
            if isinstance(item, Candidate):
                count += 1
                assert obj["id"].lower() in {t.key for t in item.document.terms if t.field == "id"}
    assert count > 10_000


def invalid_objects(folder):
    for path in sorted(folder.glob("*.jsonl")):
        for line in filter(None, path.read_text("utf-8").split("\n")):
            case = json.loads(line)["input"]
            found = case if type(case) is dict else json.loads(case) if type(case) is str else None
            if type(found) is dict:
                yield from found.get("objects") if type(found.get("objects")) is list else [found]


def test_objects_that_break_the_specification_have_one_or_are_refused(corpus):
    found = [judged(obj) for obj in invalid_objects(corpus / "invalid")]
    assert sum(isinstance(item, Candidate) for item in found) > 100


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(
        ["evil.com", "hxxp://a[.]b/c", SHA1, MOMENT, "[", "1.2.3.4/99", "CVE-1", "a@b.c"]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["value", "name", "hashes", "type", "x", "extensions"]), inner
        )
    ),
    max_leaves=12,
)
PLACES = st.sampled_from(
    [
        "value",
        "name",
        "hashes",
        "number",
        "key",
        "path",
        "labels",
        "roles",
        "sectors",
        "aliases",
        "objects",
        "extensions",
        "external_references",
        "url",
        "user_id",
        "confidence",
        "valid_until",
        "revoked",
        "relationship_type",
        "x_mitre_id",
        "indicator_types",
        "extension_types",
        "description",
        "pattern_type",
        "x-custom",
        "windows-service-ext",
    ]
)
KINDS = st.sampled_from([*OBSERVABLES, "x-thing", "observed-data", "vulnerability", "identity"])


@given(KINDS, st.dictionaries(PLACES, JUNK, max_size=6))
def test_junk_in_any_place_is_no_error(kind, members):
    item = judged(
        members | {"type": kind, "id": f"{kind}--{UUID}", "created": MOMENT, "modified": MOMENT}
    )
    if isinstance(item, Candidate):
        assert isinstance(item.document, Document)
        assert all(type(t.key) is str and t.key for t in item.document.terms)
        assert all(len(t.key) <= 300 for t in item.document.terms)


@given(st.dictionaries(PLACES, JUNK, max_size=6))
def test_an_indicator_takes_junk_beside_its_pattern(members):
    members.pop("pattern_type", None)
    item = judged(indicator(pattern="[domain-name:value = 'evil.com']") | members)
    if isinstance(item, Candidate):
        assert ("domain", "com.evil.") in item.document.terms
