"""The real objects of the development corpus, and the validator's own cases."""

import json
from collections import Counter

import pytest
from stix2patterns.validator import run_validator

from hub.errors import HubError
from hub.model.record import Candidate, Refusal
from hub.stix.check import check
from hub.stix.envelope import split
from hub.stix.pattern import judge
from hub.stix.strict import faults
from tests.corpus import bundles

# The only refusals: an example of OASIS whose date cannot be.
REFUSED = {
    (
        "stix21/oasis-common-objects/using-tlp2.0-green.json",
        "relationship--1621d4d4-b67d-11e3-9670-f01faf20d111",
    ): 'objects[2].created: "2022-101-27T13:49:54.326Z" is not a UTC timestamp',
}


@pytest.fixture(scope="module")
def judged(corpus):
    """Every object of the corpus: (file, raw, what the gate says)."""
    return [
        (name, raw, check(raw, f"objects[{index}]"))
        for name, bundle in bundles()
        for index, raw in enumerate(split(bundle))
    ]


def test_no_real_object_is_refused_without_a_reason(judged):
    refused = {
        (name, item.object_id): item.reason for name, _, item in judged if type(item) is Refusal
    }
    assert refused.keys() == REFUSED.keys()
    assert all(refused[key].startswith(reason) for key, reason in REFUSED.items())


def test_all_real_objects_are_counted(judged):
    kept = Counter(item.stix for _, _, item in judged if type(item) is Candidate)
    assert len(judged) == 34_043
    assert kept == {"2.0": 2_093, "2.1": 31_949}


def test_real_objects_keep_their_bytes_and_tell_their_versions(judged):
    for _, raw, item in judged:
        if type(item) is Candidate:
            obj = json.loads(raw)
            assert item.raw is raw
            assert item.object_id == obj["id"]
            assert item.version == obj.get("modified", obj.get("created", item.version))


def test_equal_content_has_one_digest_and_other_content_another(judged):
    digests = {
        json.dumps(json.loads(raw), sort_keys=True): item.digest
        for _, raw, item in judged
        if type(item) is Candidate
    }
    assert len(set(digests.values())) == len(digests)


def test_warnings_about_real_objects(judged):
    codes = Counter(
        warning.split(":")[0]
        for _, _, item in judged
        if type(item) is Candidate
        for warning in item.warnings
    )
    for code, count in codes.most_common():
        print(f"{count:7} {code}")
    assert codes == {
        "custom-property": 81_920,
        "missing-name": 4_815,
        "uuid-version": 2_132,
        "unknown-type": 1_299,
        "pattern-path": 99,
        "vocabulary": 33,
        "empty-ref": 10,
        "hash-key": 10,
        "bare-host": 8,
        "empty-list": 3,
    }


def test_all_real_patterns_are_right(judged):
    patterns = {
        (obj["pattern"], item.stix)
        for _, raw, item in judged
        if type(item) is Candidate and item.type == "indicator"
        for obj in [json.loads(raw)]
        if obj.get("pattern_type", "stix") == "stix"
    }
    assert len(patterns) > 4_800
    assert all(judge(*pattern).ok and not run_validator(*pattern) for pattern in patterns)


def test_strict_mode_has_an_answer_for_real_objects(judged):
    answers = Counter(
        text.split(":")[0]
        for _, raw, item in judged[::40]
        if type(item) is Candidate
        for text in faults(json.loads(raw), item.stix)
    )
    # Nearly nothing that is public carries a TLP marking.
    assert answers["object_marking_refs"] > 800


def cases(corpus, stix):
    """Inputs of the validator's own tests, and whether they are valid under their options."""
    path = corpus / "invalid" / f"validator_v{stix}.jsonl"
    for line in path.read_bytes().split(b"\n"):
        if line:
            case = json.loads(line)
            yield case["input"], case["valid"]


def objects_of(given):
    """The raw objects of one input; a bundle gives several, a broken text stays as it is."""
    raw = given.encode() if isinstance(given, str) else json.dumps(given).encode()
    try:
        return split(raw)
    except HubError:
        return [raw]


# Of the valid ones the gate refuses ten whose `src_ref` lacks a digit, and two that are lists.
# Of the invalid ones it keeps what the policy keeps with a warning.
@pytest.mark.parametrize(
    ("stix", "kept", "refused"),
    [
        ("21", {True: 217, False: 264}, {True: 11, False: 63}),
        ("20", {True: 143, False: 204}, {True: 1, False: 39}),
    ],
)
def test_counts_of_the_validators_own_cases(corpus, stix, kept, refused):
    counts = {Candidate: Counter(), Refusal: Counter()}
    for given, valid in cases(corpus, stix):
        items = [check(raw, "here") for raw in objects_of(given)]
        bad = any(type(item) is Refusal for item in items)
        counts[Refusal if bad else Candidate][valid] += 1
    assert (counts[Candidate], counts[Refusal]) == (kept, refused)


RAW = {
    "invalid_braces": "here: it is not valid JSON (JSON is malformed: invalid character",
    "invalid_comma": "here: it is not valid JSON (JSON is malformed: trailing comma in object",
    "invalid_identity": "here.modified: it is missing",
    "invalid_timestamp": "modified-before-created",
}


@pytest.mark.parametrize("name", RAW)
@pytest.mark.parametrize("stix", ["v20", "v21"])
def test_raw_files_of_the_validator(corpus, stix, name):
    item = check(
        (corpus / "invalid" / "raw" / f"{stix}__test_examples__{name}.json").read_bytes(), "here"
    )
    found = [item.reason] if type(item) is Refusal else item.warnings
    assert [text[: len(RAW[name])] for text in found] == [RAW[name]]
