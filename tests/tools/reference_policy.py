"""The page on acceptance and rights. Every reason and warning on it was produced by the check."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from hub import policy
from hub.errors import HubError
from hub.model import party, record, tlp
from hub.model.party import Collection, Directory, Organisation, Subject
from hub.model.query import Scope
from hub.model.record import Candidate, Refusal
from hub.model.tlp import Tlp
from hub.service.publish import _marked as graded
from hub.stix import advice, grading, pattern, plan
from hub.stix.check import check
from hub.stix.envelope import split
from hub.stix.grading import Terms
from hub.stix.strict import faults
from tests.tools.markdown import filled, table, verbatim

_ID = "0c7e22ad-b099-4dc3-b0df-2ea3f49ae2e6"
_ID5 = "5a3e0b52-5d3f-5a3c-9c3e-0f4d2c1b7a66"
_WHEN = "2026-01-31T08:00:00.000Z"
TLP_GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
TLP_AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
TLP_RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
_GONE: Any = object()
INDICATOR = {
    "type": "indicator",
    "spec_version": "2.1",
    "id": f"indicator--{_ID}",
    "created": _WHEN,
    "modified": _WHEN,
    "name": "Sample",
    "pattern": "[domain-name:value = 'sample.example']",
    "pattern_type": "stix",
    "valid_from": _WHEN,
}


def sent(**changes: Any) -> bytes:
    """A sample indicator with changes, as JSON; `_GONE` takes a member away."""
    merged = {k: v for k, v in (INDICATOR | changes).items() if v is not _GONE}
    return json.dumps(merged, ensure_ascii=False).encode("utf-8", "surrogatepass")


def of_type(kind: str, **changes: Any) -> bytes:
    """A sample object of another type, with versions unless they are taken away."""
    gone = dict.fromkeys(("pattern", "pattern_type", "valid_from"), _GONE)
    return sent(type=kind, **(gone | {"id": f"{kind}--{_ID}"} | changes))


def observable(kind: str, **changes: Any) -> bytes:
    """A sample observable."""
    gone = dict.fromkeys(("created", "modified", "name"), _GONE)
    return of_type(kind, **(gone | {"id": f"{kind}--{_ID5}"} | changes))


def _with(text: str) -> bytes:
    """A sample indicator with one more member, written by hand."""
    return b"{" + text.encode() + b"," + sent()[1:]


def _nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def _marked(kind: str, **changes: Any) -> bytes:
    return of_type(kind, object_marking_refs=[TLP_GREEN], **changes)


REFUSALS: list[tuple[str, bytes]] = [
    ("It is a JSON object", b"17"),
    ("It is UTF-8", b'{"type":"\xff"}'),
    ("It is valid JSON", b'{"type":indicator}'),
    ("Numbers are JSON numbers", _with('"x_score":NaN')),
    ("No half surrogate pairs", _with('"x_note":"\\ud800"')),
    ("No character U+0000", _with('"x_note":"\\u0000"')),
    ("Each member once", _with('"name":"Other"')),
    ("At most `taxii.max_object_bytes`", sent(description="x" * 2_000_000)),
    ("At most `taxii.max_depth` levels", sent(x_deep=_nested(64))),
    ("`type` is there", sent(type=_GONE)),
    ("`type` is a type name", sent(type="Indicator")),
    ("A bundle is taken apart by the sender", of_type("bundle")),
    ("`id` is there", sent(id=_GONE)),
    ("`id` fits `type`; the UUID may be of any version", sent(id=f"malware--{_ID}")),
    ("`spec_version`, if given, is 2.0 or 2.1", sent(spec_version="2.2")),
    ("`created` and `modified` are there, on all that has versions", sent(modified=_GONE)),
    ("`created` and `modified` are real UTC instants", sent(modified="2026-02-30T08:00:00Z")),
    ("Each `*_ref` and `*_refs` holds ids", sent(created_by_ref="me")),
    (
        "A relationship has `relationship_type`, `source_ref`, `target_ref`",
        of_type("relationship", relationship_type="uses", source_ref=f"tool--{_ID}"),
    ),
    ("A sighting has `sighting_of_ref`", of_type("sighting")),
    ("An indicator has `pattern`; of 2.1 also the next two", sent(pattern=_GONE)),
    ("`pattern_type`", sent(pattern_type=_GONE)),
    ("`valid_from`", sent(valid_from=_GONE)),
    ("A STIX pattern follows its grammar", sent(pattern="[domain-name:value = sample]")),
]

ENVELOPES: list[tuple[str, bytes]] = [
    ("It is JSON", b"objects"),
    ("It is UTF-8", b'\xff\xfe{\x00"\x00'),
    ("It is a JSON object", b"[]"),
    ("It has `objects`", b"{}"),
    ("`objects` is a list", b'{"objects":{}}'),
    ("With at least one entry", b'{"objects":[]}'),
    ("Each member once", b'{"objects":[1],"objects":[2]}'),
]

WARNINGS: dict[str, tuple[str, bytes]] = {
    "unknown-type": ("a type that STIX does not know, without an extension", of_type("x-note")),
    "custom-property": (
        "a property that STIX does not know, without an extension",
        sent(x_score=3),
    ),
    "…-expected": ("a value of another type than the one named", sent(labels="botnet")),
    "missing": ("a required property that the hub can do without", of_type("malware")),
    "missing-name": ("no `name`", sent(name=_GONE)),
    "empty-list": ("a list without entries", sent(labels=[])),
    "empty-ref": ("a reference of the sender's own that is empty", sent(x_author_ref="")),
    "vocabulary": ("a word outside of the vocabulary", sent(indicator_types=["bad"])),
    "uuid-version": (
        "a UUID that is not of version 4, or of 5 for observables",
        sent(id=f"indicator--{_ID5}"),
    ),
    "long-fraction": (
        "more than six digits after the second; the hub compares six",
        sent(valid_from="2026-01-31T08:00:00.123456789Z"),
    ),
    "modified-before-created": (
        "`modified` before `created`",
        sent(created="2026-02-01T08:00:00.000Z"),
    ),
    "last-before-first": (
        "an end before its beginning, such as `last_seen` before `first_seen`",
        of_type("campaign", first_seen=_WHEN, last_seen="2025-01-31T08:00:00.000Z"),
    ),
    "valid-until-before-from": (
        "`valid_until` not after `valid_from`",
        sent(valid_until="2025-01-31T08:00:00.000Z"),
    ),
    "bare-host": ("a `url` without a scheme", observable("url", value="sample.example/a")),
    "unknown-marking": (
        "a marking that calls itself TLP and is not one of the standard ones",
        of_type("marking-definition", modified=_GONE, name="TLP:PURPLE"),
    ),
    "hash-key": (
        "a hash algorithm spelled otherwise than in STIX",
        observable("file", hashes={"sha256": "0" * 64}),
    ),
    "pattern-path": (
        "a pattern that compares what STIX does not know",
        sent(pattern="[app:id = 'sample']"),
    ),
    "more-warnings": (
        f"how many there were beyond the first {advice.MOST}",
        sent(**{f"x_{n}": n for n in range(30)}),
    ),
}


STRICT: list[tuple[str, bytes]] = [
    ("Exactly one TLP marking on the whole object, but for marking-definitions", sent()),
    (
        "No properties that STIX does not know, without an extension",
        sent(object_marking_refs=[TLP_GREEN], x_score=3),
    ),
    ("No types that STIX does not know, without an extension", _marked("x-note")),
    ("Every required property", _marked("malware")),
    (
        "No list without entries",
        _marked("malware", is_family=True, aliases=[]),
    ),
    ("No value of another type", _marked("malware", is_family=True, confidence="5")),
    ("`confidence` from 0 to 100", _marked("malware", is_family=True, confidence=101)),
    (
        "`modified` not before `created`",
        _marked("malware", is_family=True, created="2026-02-01T08:00:00.000Z"),
    ),
]


def _parts(*parts: tuple[str, list[str]]) -> bytes:
    return sent(granular_markings=[{"marking_ref": ref, "selectors": of} for ref, of in parts])


def _whole(*refs: str) -> bytes:
    return sent(object_marking_refs=refs)


# The last two: what the collection takes, and what the account is cleared for.
MARKINGS: list[tuple[str, bytes, Tlp, Tlp]] = [
    ("One colour for the whole object", _whole(TLP_GREEN, TLP_RED), Tlp.RED, Tlp.RED),
    (
        "One colour for each part",
        _parts((TLP_GREEN, ["name"]), (TLP_RED, ["name"])),
        Tlp.RED,
        Tlp.RED,
    ),
    ("`granular_markings` is a list", sent(granular_markings={}), Tlp.RED, Tlp.RED),
    (
        "Each entry of it has selectors",
        sent(granular_markings=[{"marking_ref": TLP_RED}]),
        Tlp.RED,
        Tlp.RED,
    ),
    (
        "At most 1000 selectors",
        _parts((TLP_RED, [f"labels.[{n}]" for n in range(1001)])),
        Tlp.RED,
        Tlp.RED,
    ),
    ("Up to the ceiling of the collection", _whole(TLP_RED), Tlp.AMBER, Tlp.RED),
    ("Up to the clearance of the account", _whole(TLP_AMBER), Tlp.AMBER, Tlp.GREEN),
    ("TLP:RED has named recipients", _whole(TLP_RED), Tlp.RED, Tlp.RED),
    (
        "Markings that are no TLP are statements, and their definitions are at hand",
        _whole(f"marking-definition--{_ID}"),
        Tlp.AMBER,
        Tlp.RED,
    ),
]
_EVERYBODY: frozenset[Subject] = frozenset()
AUDIENCES: list[tuple[str, str]] = [
    ("Names are of one of three forms", "grid"),
    ("The organisation is there", "org:nobody"),
    ("It may read the collection", "org:grid"),
    ("The community is there, and the publisher belongs to it", "community:energy"),
    ("The group is there, and the publisher owns it or belongs to it", "group:case-12"),
]


def reason(raw: bytes) -> str:
    """Why the check refuses an object."""
    verdict = check(raw, "objects[0]")
    if not isinstance(verdict, Refusal):
        raise TypeError(f"accepted: {raw[:200]!r}")
    return verdict.reason


def objection(raw: bytes, ceiling: Tlp, clearance: Tlp) -> str:
    """Why an object is refused for its marking."""
    collection = Collection(1, "", "", "", "", ceiling=ceiling)
    plan = Scope("publisher", "ministry", clearance=clearance), collection, _EVERYBODY
    verdict = graded(check(raw, ""), "objects[0]", Terms(collection.default, ()), plan)
    if not isinstance(verdict, Refusal):
        raise TypeError(f"accepted: {raw[:200]!r}")
    return verdict.reason


def unheard(name: str) -> str:
    """Why an audience cannot be addressed."""
    scope = Scope("publisher", "ministry", subjects={("org", "ministry"): 0})
    directory = Directory.of(1, [Organisation("grid", "", "", "")])
    try:
        policy.audience(scope, directory, Collection(1, "", "", "", ""), [name])
    except HubError as error:
        return f"{error.reason}. {error.remedy}"
    raise TypeError(f"accepted: {name}")


def warnings(raw: bytes) -> tuple[str, ...]:
    """What the check warns about in an object."""
    verdict = check(raw, "objects[0]")
    if not isinstance(verdict, Candidate):
        raise TypeError(verdict.reason)
    return verdict.warnings


def letter(raw: bytes) -> str:
    """Why a strict collection refuses an object that others keep."""
    warnings(raw)
    found = faults(json.loads(raw), "2.1")
    if not found:
        raise TypeError(f"accepted: {raw[:200]!r}")
    return "; ".join(found)


def code_of(warning: str) -> str:
    """The code of a warning: what stands before the colon."""
    code = warning.partition(":")[0]
    return "…-expected" if code.endswith("-expected") else code


def declared_codes() -> set[str]:
    """The warnings that stand in the code, found in its texts."""
    found = set()
    for module in (advice, plan):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.JoinedStr):
                found.add(_start(node))
            elif isinstance(node, ast.Yield | ast.IfExp):
                inner = node.value if isinstance(node, ast.Yield) else node.body
                found.add(getattr(inner, "value", ""))
    return {code_of(text) for text in found if re.match(r"…?-?[a-z]+(-[a-z]+)*(: |$)", str(text))}


def _start(text: ast.JoinedStr) -> str:
    first, *rest = text.values
    if isinstance(first, ast.Constant):
        return str(first.value)
    return f"…{rest[0].value}" if rest and isinstance(rest[0], ast.Constant) else ""


def meanings(holder: type) -> Iterator[tuple[str, str]]:
    """Values of an enumeration with the texts below them."""
    body = ast.parse(inspect.getsource(holder)).body[0].body  # type: ignore[attr-defined]
    for value, text in pairwise(body):
        if isinstance(value, ast.Assign) and isinstance(text, ast.Expr):
            yield ast.literal_eval(value.value), " ".join(ast.literal_eval(text.value).split())


def page() -> str:
    """Acceptance first, then rights."""
    rule = ("rule", "what the hub says otherwise")
    return filled(
        "policy.md",
        outcomes=_named("outcome", record.Outcome),
        envelopes=table(rule, [(text, verbatim(whole(body))) for text, body in ENVELOPES]),
        refusals=table(rule, [(text, verbatim(reason(raw))) for text, raw in REFUSALS]),
        pattern_length=f"{pattern.MAX_LENGTH:,}",
        pattern_tokens=f"{pattern.MAX_TOKENS:,}",
        pattern_comparisons=pattern.MAX_COMPARISONS,
        pattern_nesting=pattern.MAX_NESTING,
        warnings=_warnings(),
        strict=table(rule, [(text, verbatim(letter(raw))) for text, raw in STRICT]),
        colours=_colours(),
        grading=(inspect.getdoc(grading) or "").partition("\n\n")[2],
        markings=table(rule, [(text, verbatim(objection(*item))) for text, *item in MARKINGS]),
        audiences=table(rule, [(text, verbatim(unheard(name))) for text, name in AUDIENCES]),
        roles=_named("role", party.Role),
        rights=(inspect.getdoc(policy) or "").partition("\n\n")[2],
    )


def _named(column: str, holder: type) -> str:
    return table((column, "meaning"), [(f"`{name}`", text) for name, text in meanings(holder)])


def _colours() -> str:
    found = []
    for node, text in pairwise(ast.parse(inspect.getsource(tlp.Tlp)).body[0].body):  # type: ignore[attr-defined]
        if isinstance(node, ast.Assign) and isinstance(text, ast.Expr):
            colour = Tlp(ast.literal_eval(node.value))
            found.append((str(colour), f"`{colour.text}`", ast.literal_eval(text.value)))
    return table(("marking", "in commands and filters", "who may see it"), found)


def _warnings() -> str:
    rows = [
        (f"`{code}`", meaning, verbatim(sample(code, raw)))
        for code, (meaning, raw) in WARNINGS.items()
    ]
    return table(("code", "meaning", "sample"), rows)


def sample(code: str, raw: bytes) -> str:
    """The warning with this code that the check gives about an object."""
    return next(text for text in warnings(raw) if code_of(text) == code)


def whole(body: bytes) -> str:
    """Why a whole request is refused."""
    try:
        split(body)
    except HubError as error:
        return f"{error.reason} {error.remedy}"
    raise TypeError(f"accepted: {body!r}")
