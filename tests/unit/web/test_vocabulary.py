"""The words of the console are complete: stix2's own tables are what they are held against."""

from __future__ import annotations

import ast
import inspect
import unicodedata
from collections import Counter
from collections.abc import Iterator

import pytest
import stix2.registry
import stix2.v21.vocab
from babel import Locale

from hub import policy
from hub.config import settings
from hub.language.fields import FIELDS
from hub.model.party import Role
from hub.model.tlp import Tlp
from hub.web.vocabulary import field_name, order, readable, relation, tables, type_name, word

# Without what other packages have added to it.
CLASSES = {
    kind: {name: cls for name, cls in found.items() if not name.startswith("x-")}
    for kind, found in stix2.registry.STIX2_OBJ_MAPS["2.1"].items()
}
# What stix2 calls the tables that have another name in section 10 of the specification.
NAMES = {
    "ACCOUNT_TYPE": "account-type-ov",
    "HASHING_ALGORITHM": "hash-algorithm-ov",
    "INDUSTRY_SECTOR": "industry-sector-ov",
    "MALWARE_RESULT": "malware-result-ov",
}
ENUMS = {
    "ENCRYPTION_ALGORITHM",
    "EXTENSION_TYPE",
    "NETWORK_SOCKET_ADDRESS_FAMILY",
    "NETWORK_SOCKET_TYPE",
    "OPINION",
    "WINDOWS_INTEGRITY_LEVEL",
    "WINDOWS_PEBINARY_TYPE",
    "WINDOWS_REGISTRY_DATATYPE",
    "WINDOWS_SERVICE_START_TYPE",
    "WINDOWS_SERVICE_STATUS",
    "WINDOWS_SERVICE_TYPE",
}
# Section 3.2 of the specification and the tables of relationships of each object.
RELATIONSHIPS = [
    "analysis-of",
    "attributed-to",
    "authored-by",
    "av-analysis-of",
    "based-on",
    "beacons-to",
    "characterizes",
    "communicates-with",
    "compromises",
    "consists-of",
    "controls",
    "delivers",
    "derived-from",
    "downloads",
    "drops",
    "duplicate-of",
    "dynamic-analysis-of",
    "exfiltrates-to",
    "exploits",
    "has",
    "hosts",
    "impersonates",
    "indicates",
    "investigates",
    "located-at",
    "mitigates",
    "originates-from",
    "owns",
    "related-to",
    "remediates",
    "static-analysis-of",
    "targets",
    "uses",
    "variant-of",
]


def vocabularies() -> dict[str, list[str]]:
    found = {}
    for name, values in vars(stix2.v21.vocab).items():
        if name.isupper() and not name.startswith("_") and isinstance(values, list):
            plain = name.lower().replace("_", "-")
            found[NAMES.get(name, plain + ("-enum" if name in ENUMS else "-ov"))] = values
    return found


def labels() -> Iterator[tuple[str, str, list[str]]]:
    for table, entries in tables().items():
        for key, label in entries.items():
            yield table, key, [label] if isinstance(label, str) else label


def properties() -> set[str]:
    return {
        name
        for kind in ("objects", "observables", "extensions")
        for cls in CLASSES[kind].values()
        for name in getattr(cls, "_properties", ())
    }


def test_the_oracle_has_what_the_specification_has():
    assert len(vocabularies()) == 32
    assert len(properties()) > 200


@pytest.mark.parametrize("name", sorted(vocabularies()))
def test_a_vocabulary_of_the_specification_is_whole(name):
    assert set(vocabularies()[name]) <= set(tables()[name])


@pytest.mark.parametrize("name", sorted(set(CLASSES["objects"]) | set(CLASSES["observables"])))
def test_a_type_of_the_specification_has_a_name(name):
    assert name in tables()["type"]


@pytest.mark.parametrize("name", RELATIONSHIPS)
def test_a_relationship_of_the_specification_has_both_directions(name):
    assert name in tables()["relation"]


def test_every_reference_reads_as_a_relation():
    references = {name for name in properties() if name.endswith(("_ref", "_refs"))}
    assert references - set(tables()["relation"]) == set()


def test_every_property_and_every_field_of_the_query_language_has_a_name():
    assert (properties() | set(FIELDS)) - set(tables()["field"]) == set()


def test_the_words_of_the_hub_are_whole():
    assert {role.value for role in Role} == set(tables()["role"]) == set(tables()["role-meaning"])
    for table in ("tlp", "tlp-who", "tlp-pass", "tlp-short"):
        assert {tlp.text for tlp in Tlp} == set(tables()[table])
    assert {n: f.meaning for n, f in FIELDS.items()} == {
        key: word("query-field", key, "en") for key in tables()["query-field"]
    }


def test_every_label_has_both_languages():
    sizes = {"type": {3}, "relation": {4}}
    wrong = [
        (table, key)
        for table, key, label in labels()
        if len(label) not in sizes.get(table, {1, 2})
    ]
    assert wrong == []


def test_labels_are_composed_and_without_blanks_around():
    wrong = [
        (table, key, text)
        for table, key, label in labels()
        for text in label
        if text != unicodedata.normalize("NFC", text).strip() or not text or "  " in text
    ]
    assert wrong == []


@pytest.mark.parametrize("lang", ["en", "vi"])
@pytest.mark.parametrize("name", sorted(set(tables()) - {"field", "kind", "relation", "type"}))
def test_no_two_words_of_a_vocabulary_look_alike(name, lang):
    counts = Counter(word(name, key, lang) for key in tables()[name])
    assert [label for label, n in counts.items() if n > 1] == []


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_no_two_types_look_alike(lang):
    counts = Counter(type_name(key, lang) for key in tables()["type"])
    assert [label for label, n in counts.items() if n > 1] == []


def test_words_are_found_by_the_short_name_of_their_vocabulary_too():
    assert word("malware-type-ov", "ransomware", "vi") == "mã độc tống tiền"
    assert word("malware-type", "ransomware", "en") == "ransomware"
    assert word("opinion", "strongly-agree", "en") == "strongly agree"
    assert word("hash-algorithm-ov", "SHA-256", "vi") == "SHA-256"


def test_an_unknown_word_is_shown_and_made_readable():
    assert word("malware-type-ov", "cash-out_kit", "vi") == "cash out kit"
    assert word("no-such-vocabulary", "Big-Value", "en") == "Big-Value"
    assert word("malware-type-ov", "<script>", "vi") == "<script>"
    assert type_name("x-new-thing", "en", 2) == "x new thing"
    assert field_name("x_new_thing", "vi") == "X new thing"
    assert readable("") == ""


def test_types_have_a_plural_in_english_alone():
    assert [type_name("vulnerability", "en", n) for n in (0, 1, 2)] == [
        "vulnerabilities",
        "vulnerability",
        "vulnerabilities",
    ]
    assert {type_name("vulnerability", "vi", n) for n in (0, 1, 2)} == {"lỗ hổng"}


def test_a_relation_reads_from_both_ends():
    assert relation("uses", "en") == "uses"
    assert relation("uses", "en", inverse=True) == "is used by"
    assert relation("uses", "vi") == "dùng"
    assert relation("uses", "vi", inverse=True) == "được dùng bởi"
    assert relation("hangs-around", "en", inverse=True) == "← hangs around"
    assert relation("x_thing_refs", "vi") == "x thing"


def test_every_country_has_a_name_in_both_languages():
    assert word("country", "vn", "vi") == "Việt Nam"
    assert word("country", "LA", "en") == "Laos"
    asean = ["BN", "KH", "ID", "LA", "MY", "MM", "PH", "SG", "TH", "TL", "VN"]
    for lang in ("vi", "en"):
        assert all(word("country", code, lang) == Locale(lang).territories[code] for code in asean)
    assert word("country", "zz-top", "vi") == "zz top"


def test_tactics_stand_in_the_order_of_the_kill_chain():
    found = order("mitre-attack")
    assert found[0] == "reconnaissance"
    assert found[-1] == "impact"
    assert found.index("initial-access") < found.index("execution") < found.index("exfiltration")


def test_settings_are_said_as_the_schema_says_them():
    given = {name: row[2] for name, row in settings().items() if "taxii.roots" not in name}
    found = {name: word("setting", name, "en") for name in tables()["setting"]}
    assert found.pop("taxii.roots") == "API roots"
    assert found == given


def test_every_rule_that_is_one_text_has_its_words():
    source = ast.parse(inspect.getsource(policy._obstacle))
    said = {
        node.value.value
        for node in ast.walk(source)
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant)
    }
    assert said - {""} == set(tables()["rule"])
