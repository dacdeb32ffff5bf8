"""Objects that follow STIX to the letter, with parts worth marking, and ways to look into them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hub.model.tlp import Tlp
from hub.stix.marking import COLOUR_OF
from tests.unit.stix.samples import (
    LATER,
    MOMENT,
    SCO_UUID,
    UUID,
    indicator,
    observable,
    relationship,
    versioned,
)

OF = {tlp: ref for ref, tlp in COLOUR_OF.items()}
"""The TLP 2.0 marking of each colour; TLP 1.0 has the same meaning."""

OLD = {tlp: ref for ref, tlp in reversed(COLOUR_OF.items())}
UNKNOWN = f"marking-definition--{UUID}"
STATEMENT = f"marking-definition--{SCO_UUID}"
REFERENCES = [
    {"source_name": "cve", "external_id": "CVE-2026-0001"},
    {"source_name": "report", "url": "https://sample.example/r", "description": "Bản gốc"},
    {"source_name": "ticket", "external_id": "17"},
]
PHASES = [
    {"kill_chain_name": "sample-chain", "phase_name": name} for name in ("deliver", "install")
]


def part(colour: Tlp | str, *selectors: str, **more: Any) -> dict[str, Any]:
    """An entry of `granular_markings`."""
    ref = OF[colour] if isinstance(colour, Tlp) else colour
    return {"marking_ref": ref, "selectors": list(selectors)} | more


def marked(obj: dict[str, Any], *parts: dict[str, Any], whole: Any = ()) -> dict[str, Any]:
    """The object with markings for all of it (colours or ids), and for parts."""
    refs = [OF[item] if isinstance(item, Tlp) else item for item in whole]
    return (
        obj
        | ({"object_marking_refs": refs} if refs else {})
        | ({"granular_markings": list(parts)} if parts else {})
    )


def _ids(*kinds: str) -> list[str]:
    return [f"{kind}--{UUID}" for kind in kinds]


SAMPLES: dict[str, dict[str, Any]] = {
    "tool": versioned(
        "tool",
        description="Công cụ",
        aliases=["one", "two", "three"],
        kill_chain_phases=PHASES,
        external_references=REFERENCES,
        created_by_ref=f"identity--{UUID}",
        confidence=70,
        tool_version="1.2",
    ),
    "malware": versioned(
        "malware", is_family=True, malware_types=["bot", "worm"], first_seen=MOMENT
    ),
    "indicator": indicator(
        description="Trang giả", indicator_types=["benign"], valid_until=LATER, labels=["a", "b"]
    ),
    "relationship": relationship(description="Dùng", start_time=MOMENT, stop_time=LATER),
    "sighting": versioned(
        "sighting",
        name=None,
        sighting_of_ref=f"indicator--{UUID}",
        where_sighted_refs=_ids("identity", "location"),
        count=3,
        summary=True,
    ),
    "report": versioned(
        "report", published=MOMENT, object_refs=_ids("indicator", "malware", "tool")
    ),
    "note": versioned(
        "note", name=None, content="Xin chào", abstract="Tóm tắt", object_refs=_ids("tool")
    ),
    "opinion": versioned(
        "opinion", name=None, opinion="agree", explanation="Vì", object_refs=_ids("tool")
    ),
    "place": versioned(
        "location", latitude=21.03, longitude=105.85, precision=10.5, city="Hà Nội"
    ),
    "country": versioned("location", country="VN", postal_code="100000"),
    "region": versioned("location", region="south-eastern-asia", country="LA"),
    "identity": versioned(
        "identity", identity_class="group", sectors=["energy"], contact_information="a@b.example"
    ),
    "observed data": versioned(
        "observed-data",
        name=None,
        first_observed=MOMENT,
        last_observed=LATER,
        number_observed=2,
        object_refs=[f"file--{SCO_UUID}", f"url--{SCO_UUID}"],
    ),
    "analysis": versioned(
        "malware-analysis",
        name=None,
        product="sandbox",
        result="malicious",
        analysis_started=MOMENT,
        modules=["one", "two"],
    ),
    "translation": versioned(
        "language-content",
        name=None,
        object_ref=f"tool--{UUID}",
        contents={"vi": {"name": "Công cụ"}, "en": {"name": "Tool"}},
    ),
    "statement": versioned(
        "marking-definition",
        name=None,
        modified=None,
        definition_type="statement",
        definition={"statement": "Sao chép tự do"},
    ),
    "file": observable(
        "file",
        name="a.exe",
        hashes={"MD5": "0" * 32, "SHA-256": "1" * 64},
        size=17,
        mime_type="application/x",
        parent_directory_ref=f"directory--{SCO_UUID}",
    ),
    "artifact": observable(
        "artifact", url="https://sample.example/x", hashes={"MD5": "2" * 32}, mime_type="a/b"
    ),
    "locked artifact": observable(
        "artifact",
        payload_bin="AAAA",
        encryption_algorithm="mime-type-indicated",
        decryption_key="secret",
    ),
    "traffic": observable(
        "network-traffic",
        src_ref=f"ipv4-addr--{SCO_UUID}",
        protocols=["ipv4", "tcp"],
        src_port=1024,
        src_byte_count=99,
        start=MOMENT,
    ),
    "mail": observable(
        "email-message",
        is_multipart=True,
        subject="Hoá đơn",
        body_multipart=[{"body": "Chào", "content_type": "text/plain"}],
        additional_header_fields={"Reply-To": ["a@b.example"], "X-Mailer": ["c"]},
        to_refs=[f"email-addr--{SCO_UUID}"],
    ),
    "process": observable("process", command_line="run --all"),
    "large process": observable(
        "process", pid=4, cwd="/tmp", environment_variables={"A": "1", "B": "2"}
    ),
    "certificate": observable("x509-certificate", issuer="Sample", subject="CN=sample"),
    "registry key": observable(
        "windows-registry-key",
        key="HKLM\\Sample",
        values=[{"name": "one", "data": "1"}, {"name": "two", "data": "2"}],
    ),
    "user": observable("user-account", user_id="1001", display_name="Lan", account_login="lan"),
}
"""Each passes `hub.stix.strict` when it is marked as a whole."""

FREE = {
    "type": "x-case",
    "id": f"x-case--{UUID}",
    "created": MOMENT,
    "modified": MOMENT,
    "x_one": "first",
    "x_null": None,
    "x_list": ["zero", "one", {"deep": ["a-deep", "b-deep"]}, ["in", "ner"]],
    "x_map": {"north": "up", "south": {"pole": "cold", "sea": "warm"}, "[0]": "odd"},
    "x_empty": [],
    "x_number": 4711,
    "x_truth": True,
}
"""A type of somebody's own, of which the hub knows nothing."""


def paths(value: Any, at: str = "") -> Iterator[str]:
    """Every selector that selects something, below a value."""
    steps: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        steps = [(key, item) for key, item in value.items() if "." not in key]
    elif isinstance(value, list):
        steps = [(f"[{place}]", item) for place, item in enumerate(value)]
    for step, item in steps:
        yield (here := f"{at}.{step}".removeprefix("."))
        yield from paths(item, here)


def selected(obj: Any, selector: str) -> Any:
    """What a selector selects."""
    for step in selector.split("."):
        obj = obj[int(step[1:-1]) if isinstance(obj, list) else step]
    return obj


def leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every plain value with its selector, the markings of parts left out."""
    if isinstance(value, dict):
        for key, item in value.items():
            if at or key != "granular_markings":
                yield from leaves(item, f"{at}.{key}".removeprefix("."))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from leaves(item, f"{at}.[{place}]")
    else:
        yield at, value
