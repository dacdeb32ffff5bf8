"""Synthetic STIX 2.1 objects, reproducible from (seed, number), for load tests.

The mix in a thousand: 600 indicators (34 % address, 26 % domain, 18 % URL, 16 % SHA-256, 4 %
e-mail, 2 % compound; 12 of them new versions of earlier ones), 140 relationships, 100
observables, 40 observed-data, 30 malware, 30 sightings and 60 of rarer types. Every (id, version)
occurs once. Values come from the ranges and domains set aside for documentation (RFC 2606, 3849,
5737) alone.
"""

from __future__ import annotations

import hashlib
import uuid
from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from . import texts

SHARES = (
    ("address", 200),
    ("domain", 153),
    ("url", 106),
    ("sha256", 94),
    ("email", 23),
    ("compound", 12),
    ("version", 12),
    ("relationship", 140),
    ("domain-name", 30),
    ("ipv6-addr", 25),
    ("file", 20),
    ("url-observable", 15),
    ("email-addr", 10),
    ("observed-data", 40),
    ("malware", 30),
    ("sighting", 30),
    ("incident", 10),
    ("report", 10),
    ("attack-pattern", 8),
    ("vulnerability", 8),
    ("campaign", 6),
    ("infrastructure", 6),
    ("identity", 4),
    ("threat-actor", 4),
    ("note", 4),
)
"""Kinds of objects and how many of each stand in a block of 1,000."""

BLOCK = sum(share for _, share in SHARES)
INDICATORS = frozenset({"address", "domain", "url", "sha256", "email", "compound"})
OBSERVABLES = frozenset({"domain-name", "ipv6-addr", "file", "url-observable", "email-addr"})

_ORDERED = [kind for kind, share in SHARES for _ in range(share)]
# 619 has no factor in common with 1,000: the kinds are spread evenly, and slot 0 is an indicator.
KIND_OF_SLOT = tuple(_ORDERED[slot * 619 % BLOCK] for slot in range(BLOCK))
_TYPE = {kind: kind for kind, _ in SHARES} | dict.fromkeys(INDICATORS, "indicator")

_SLOTS: dict[str, list[int]] = {}
for _slot, _kind in enumerate(KIND_OF_SLOT):
    _SLOTS.setdefault("observable" if _kind in OBSERVABLES else _TYPE[_kind], []).append(_slot)

TLP = (
    *["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"] * 8,  # GREEN
    *["marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"] * 5,  # CLEAR
    *["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"] * 5,  # AMBER
    *["marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"] * 2,  # AMBER+STRICT
)
"""The markings of TLP 2.0, as often as they come in the mix."""

_START = datetime(2023, 1, 1, tzinfo=UTC)
_OBSERVABLE_SPACE = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")  # STIX 2.1 section 2.9


def envelope(raws: list[bytes]) -> bytes:
    """A TAXII 2.1 envelope around objects (section 3.7)."""
    return b'{"objects":[' + b",".join(raws) + b"]}"


def distinct(start: int, stop: int) -> int:
    """How many of the objects of a range are not new versions of earlier ones."""
    return stop - start - sum(KIND_OF_SLOT[i % BLOCK] == "version" for i in range(start, stop))


def _stamp(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds")[:-6] + "Z"


def _ident(kind: str, digest: bytes) -> str:
    """A random (version 4) STIX identifier out of 16 bytes."""
    h = digest.hex()
    return f"{kind}--{h[:8]}-{h[8:12]}-4{h[13:16]}-{'89ab'[digest[8] & 3]}{h[17:20]}-{h[20:32]}"


class Feed:
    """An endless, numbered row of objects: equal seed and number give equal bytes."""

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self._orgs = [
            _ident("identity", hashlib.blake2b(b"org%d/%d" % (seed, n)).digest())
            for n in range(24)
        ]

    def raw(self, i: int) -> bytes:
        """Object number i as compact UTF-8 JSON."""
        kind = KIND_OF_SLOT[i % BLOCK]
        digest = self._digest(i)
        if kind == "version":
            return self._version(i, digest).encode()
        return self._text(i, kind, digest).encode()

    def raws(self, start: int, stop: int) -> list[bytes]:
        """The objects start <= i < stop."""
        return [self.raw(i) for i in range(start, stop)]

    def object_id(self, i: int) -> str:
        """The id of object number i."""
        kind = KIND_OF_SLOT[i % BLOCK]
        if kind == "version":
            return self.object_id(self._earlier(i, "indicator", self._digest(i)))
        if kind in OBSERVABLES:
            return self._observable(i, kind, self._digest(i))[1]
        return _ident(_TYPE[kind], self._digest(i))

    def malware_name(self, i: int) -> str:
        """The name of object number i, which is a malware."""
        return _family(self._digest(i))

    def numbers(self, kind: str, stop: int) -> Iterator[int]:
        """The numbers below stop of the objects of one type ("observable": any of those)."""
        for block in range(0, stop, BLOCK):
            yield from (block + slot for slot in _SLOTS[kind] if block + slot < stop)

    def _digest(self, i: int) -> bytes:
        return hashlib.blake2b(b"%d/%d" % (self.seed, i), digest_size=32).digest()

    def _when(self, i: int, digest: bytes) -> datetime:
        # One object in 61 seconds, so that a million fill two years; never two at one instant.
        return _START + timedelta(seconds=61 * i, milliseconds=digest[16] * 200)

    def _earlier(self, i: int, kind: str, digest: bytes, turn: int = 0) -> int:
        """The number of an object of a type, earlier than i where there is one yet."""
        slots = _SLOTS[kind]
        block, slot = divmod(i, BLOCK)
        count = block * len(slots) + bisect_left(slots, slot)
        draw = int.from_bytes(digest[24:32]) + turn * 0x9E3779B97F4A7C15
        block, slot = divmod(draw % max(count, 1), len(slots))
        return block * BLOCK + slots[slot]

    def _refer(self, i: int, kind: str, digest: bytes, turn: int = 0) -> str:
        return self.object_id(self._earlier(i, kind, digest, turn))

    def _text(self, i: int, kind: str, digest: bytes) -> str:
        if kind in OBSERVABLES:
            return self._observable_text(i, kind, digest)
        stamp = _stamp(self._when(i, digest))
        body = _BODIES[_TYPE[kind]](self, i, digest, stamp)
        return self._common(i, digest, stamp, stamp) + body + "}"

    def _common(self, i: int, digest: bytes, created: str, modified: str) -> str:
        kind = _TYPE[KIND_OF_SLOT[i % BLOCK]]
        return (
            f'{{"type":"{kind}","spec_version":"2.1","id":"{_ident(kind, digest)}",'
            f'"created_by_ref":"{self._orgs[digest[17] % 24]}",'
            f'"created":"{created}","modified":"{modified}",'
            f'"object_marking_refs":["{TLP[digest[18] % 20]}"],'
        )

    def _version(self, i: int, digest: bytes) -> str:
        """A further version of an earlier indicator: only its confidence is another."""
        first = self._earlier(i, "indicator", digest)
        before = self._digest(first)
        created = _stamp(self._when(first, before))
        modified = _stamp(self._when(i, digest))
        body = _indicator(self, first, before, created, confidence=digest[19] % 101)
        return self._common(first, before, created, modified) + body + "}"

    def _observable(self, i: int, kind: str, digest: bytes) -> tuple[str, str, str]:
        """Type, id (STIX 2.1 section 2.9, over its contributing properties) and properties."""
        name, contributing, more = _OBSERVABLE[kind](i, digest)
        ident = uuid.uuid5(_OBSERVABLE_SPACE, "{" + contributing + "}")
        return name, f"{name}--{ident}", contributing + more

    def _observable_text(self, i: int, kind: str, digest: bytes) -> str:
        name, ident, properties = self._observable(i, kind, digest)
        return (
            f'{{"type":"{name}","spec_version":"2.1","id":"{ident}",'
            f'"object_marking_refs":["{TLP[digest[18] % 20]}"],{properties}}}'
        )


def _ipv6(i: int, digest: bytes) -> str:
    return f"2001:db8:{digest[20]:x}{digest[21]:02x}:{i >> 16:x}::{i & 0xFFFF:x}"


def _ipv4(digest: bytes) -> str:
    net = ("192.0.2", "198.51.100", "203.0.113")[digest[21] % 3]
    return f"{net}.{digest[20]}"


def _domain(i: int, digest: bytes) -> str:
    word = texts.HOST_WORDS[digest[20] & 7]
    return f"{word}-{i:x}.{texts.TOP_DOMAINS[digest[21] % 5]}"


def _url(i: int, digest: bytes) -> str:
    return f"https://{_domain(i, digest)}/{digest[22:26].hex()}/login.php?s={digest[26]}"


def _sha256(digest: bytes) -> str:
    return hashlib.sha256(digest).hexdigest()


def _family(digest: bytes) -> str:
    first, last = texts.FIRST_WORDS[digest[20] & 7], texts.LAST_WORDS[digest[21] & 7]
    return f"{first}{last}"


def _long(digest: bytes) -> str:
    return texts.LONG_TEXTS[digest[22] & 3]


def _short(digest: bytes) -> str:
    return texts.SHORT_TEXTS[digest[22] % 6]


def _pattern(i: int, digest: bytes) -> tuple[str, str]:
    """The name and the pattern of an indicator."""
    kind = KIND_OF_SLOT[i % BLOCK]
    if kind == "address":
        if digest[19] < 100:
            value = _ipv4(digest)
            return f"C2 {value}", f"[ipv4-addr:value = '{value}']"
        value = _ipv6(i, digest)
        return f"C2 {value}", f"[ipv6-addr:value = '{value}']"
    if kind == "sha256":
        value = _sha256(digest)
        return f"Mã độc {value[:12]}", f"[file:hashes.'SHA-256' = '{value}']"
    return _named_pattern(i, kind, digest)


def _named_pattern(i: int, kind: str, digest: bytes) -> tuple[str, str]:
    domain = _domain(i, digest)
    if kind == "domain":
        return f"Tên miền giả mạo {domain}", f"[domain-name:value = '{domain}']"
    if kind == "url":
        return f"Phishing page on {domain}", f"[url:value = '{_url(i, digest)}']"
    if kind == "email":
        return f"Sender at {domain}", f"[email-addr:value = 'no-reply@{domain}']"
    return (
        f"Loader from {domain}",
        (
            f"[domain-name:value = '{domain}' OR ipv4-addr:value = '{_ipv4(digest)}'] FOLLOWEDBY "
            f"[file:hashes.'SHA-256' = '{_sha256(digest)}'] WITHIN {60 + digest[19]} SECONDS"
        ),
    )


def _indicator(
    _feed: Feed, i: int, digest: bytes, stamp: str, confidence: int | None = None
) -> str:
    name, pattern = _pattern(i, digest)
    lang, text = texts.INDICATOR_TEXTS[digest[22] & 7]
    if confidence is None:
        confidence = 30 + digest[23] % 70
    return (
        f'"labels":[{texts.INDICATOR_LABELS[digest[24] % 6]}],"confidence":{confidence},'
        f'"lang":"{lang}","name":"{name}",'
        f'"indicator_types":["{texts.INDICATOR_KINDS[digest[25] & 3]}"],'
        f'"pattern":"{pattern}","pattern_type":"stix","valid_from":"{stamp}"'
        f"{_details(i, digest, text)}"
    )


def _details(i: int, digest: bytes, text: str) -> str:
    """What not every indicator says: the sizes of real ones differ by as much."""
    parts = ""
    if digest[27] < 160:
        parts += f',"description":"{text}"'
    if digest[28] < 120:
        parts += (
            ',"kill_chain_phases":[{"kill_chain_name":"lockheed-martin-cyber-kill-chain",'
            f'"phase_name":"{texts.PHASES[digest[26] % 5]}"}}]'
        )
    if digest[29] < 100:
        parts += (
            ',"external_references":[{"source_name":"example-cert",'
            f'"external_id":"EX-{i}","url":"https://cert.example/advisories/{i}"}}]'
        )
    return parts


def _relationship(feed: Feed, i: int, digest: bytes, _stamp: str) -> str:
    verb, source, target = (
        ("indicates", "indicator", "malware"),
        ("based-on", "indicator", "observed-data"),
        ("uses", "malware", "attack-pattern"),
        ("indicates", "indicator", "campaign"),
    )[digest[20] & 3]
    return (
        f'"confidence":{30 + digest[23] % 70},"relationship_type":"{verb}",'
        f'"description":"{_short(digest)}",'
        f'"source_ref":"{feed._refer(i, source, digest)}",'
        f'"target_ref":"{feed._refer(i, target, digest)}"'
    )


def _observed_data(feed: Feed, i: int, digest: bytes, stamp: str) -> str:
    refs = ",".join(f'"{feed._refer(i, "observable", digest, n)}"' for n in range(2))
    return (
        f'"first_observed":"{stamp}","last_observed":"{stamp}",'
        f'"number_observed":{1 + digest[20]},"object_refs":[{refs}]'
    )


def _malware(_feed: Feed, _i: int, digest: bytes, stamp: str) -> str:
    return (
        f'"name":"{_family(digest)}","description":"{_long(digest)}",'
        f'"malware_types":["{texts.MALWARE_TYPES[digest[23] % 7]}"],"is_family":false,'
        f'"first_seen":"{stamp}"'
    )


def _sighting(feed: Feed, i: int, digest: bytes, stamp: str) -> str:
    return (
        f'"description":"{_short(digest)}","first_seen":"{stamp}","last_seen":"{stamp}",'
        f'"count":{1 + digest[20]},"sighting_of_ref":"{feed._refer(i, "indicator", digest)}",'
        f'"where_sighted_refs":["{feed._orgs[digest[21] % 24]}"]'
    )


def _report(feed: Feed, i: int, digest: bytes, stamp: str) -> str:
    kinds = ("indicator", "malware", "indicator", "relationship")
    # A set in the order of entry: the same object may be drawn twice.
    refs = dict.fromkeys(
        feed._refer(i, kinds[n & 3], digest, n) for n in range(digest[20] % 53 + 3)
    )
    listed = ",".join(f'"{ref}"' for ref in refs)
    return (
        f'"name":"Báo cáo {_family(digest)} {i}","description":"{_long(digest)}",'
        f'"report_types":["threat-report"],"published":"{stamp}","object_refs":[{listed}]'
    )


def _note(feed: Feed, i: int, digest: bytes, _stamp: str) -> str:
    return (
        f'"abstract":"{_short(digest)}","content":"{_long(digest)}",'
        f'"object_refs":["{feed._refer(i, "indicator", digest)}"]'
    )


def _named(prefix: str, extra: str = "") -> Callable[[Feed, int, bytes, str], str]:
    """The body of a type that has a name, a description and little else."""

    def body(_feed: Feed, i: int, digest: bytes, _stamp: str) -> str:
        return f'"name":"{prefix} {_family(digest)} {i}","description":"{_long(digest)}"{extra}'

    return body


def _attack_pattern(_feed: Feed, i: int, digest: bytes, _stamp: str) -> str:
    return (
        f'"name":"{texts.TECHNIQUES[digest[20] % 6]}","description":"{_long(digest)}",'
        f'"external_references":[{{"source_name":"example-catalogue","external_id":"EX-{i}"}}]'
    )


def _identity(_feed: Feed, i: int, digest: bytes, _stamp: str) -> str:
    return (
        f'"name":"Đơn vị {i}","description":"{_short(digest)}","identity_class":"organization",'
        f'"sectors":["{texts.SECTORS[digest[20] % 5]}"],'
        f'"contact_information":"cert@don-vi-{i}.example"'
    )


_BODIES: dict[str, Callable[[Feed, int, bytes, str], str]] = {
    "indicator": _indicator,
    "relationship": _relationship,
    "observed-data": _observed_data,
    "malware": _malware,
    "sighting": _sighting,
    "incident": _named("Sự cố"),
    "report": _report,
    "attack-pattern": _attack_pattern,
    "vulnerability": _named("Lỗ hổng trong"),
    "campaign": _named("Chiến dịch"),
    "infrastructure": _named("Hạ tầng", ',"infrastructure_types":["command-and-control"]'),
    "identity": _identity,
    "threat-actor": _named("Nhóm", ',"threat_actor_types":["crime-syndicate"]'),
    "note": _note,
}


def _value(name: str, value: Callable[[int, bytes], str]) -> Callable:
    """An observable that is one value; all of it contributes to the id."""

    def parts(i: int, digest: bytes) -> tuple[str, str, str]:
        return name, f'"value":"{value(i, digest)}"', ""

    return parts


def _file(i: int, digest: bytes) -> tuple[str, str, str]:
    contributing = f'"hashes":{{"SHA-256":"{_sha256(digest)}"}},"name":"hoa-don-{i}.exe"'
    return "file", contributing, f',"size":{4096 + 512 * digest[20]}'


_OBSERVABLE: dict[str, Callable[[int, bytes], tuple[str, str, str]]] = {
    "domain-name": _value("domain-name", _domain),
    "ipv6-addr": _value("ipv6-addr", _ipv6),
    "file": _file,
    "url-observable": _value("url", _url),
    "email-addr": _value("email-addr", lambda i, digest: f"no-reply@{_domain(i, digest)}"),
}
