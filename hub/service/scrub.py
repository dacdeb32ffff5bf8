"""Finds what tells of the victim or of who sends: names, people, hosts and places of its own.

It proposes and changes nothing: whoever publishes chooses what is replaced. The same text has the
same replacement everywhere, so that what is left can be followed.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from hub.language.hosts import ip_key

Kind = Literal["organisation", "email", "host", "address", "user", "path", "ticket", "phone"]

MOST = 200
"""Findings of one submission"""
LONGEST = 400_000
"""Characters that are looked at"""
_CONTEXT = 60
_SHORTEST = 2
_MOST_SHOWN = 3

_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@((?:[\w-]{1,63}\.){1,6}[a-z]{2,24})\b", re.IGNORECASE
)
_HOST = re.compile(
    r"(?<![\w@.-])(?:[\w-]{1,63}\.){1,6}(?:local|localdomain|lan|internal|intranet|corp)\b"
    r"|(?<![\w.-])(?:DESKTOP|LAPTOP|WIN|PC|WS|SRV|SVR|SERVER|DC|MAY|MAYCHU)-[A-Z0-9][A-Z0-9-]{1,30}\b"
)
_DOTTED = re.compile(r"(?<![\w.@-])(?:[a-z0-9_-]{1,63}\.){1,6}[a-z]{2,24}\b", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:[0-9]{1,3}(?:\[?\.\]?[0-9]{1,3}){3}|f[cde][0-9a-f:]{4,37})(?![\w:])"
)
_USER = re.compile(
    r"(?<![\w\\:])[A-Z][A-Z0-9-]{1,14}\\[A-Za-z][\w.-]{1,63}(?![\w\\])"
    r"|(?<=\buser )[\w.-]{3,64}|(?<=\buser: )[\w.-]{3,64}|(?<=\busername: )[\w.-]{3,64}"
    r"|(?<=\btài khoản )[\w-]+\.[\w.-]{1,64}"
)
_PATH = re.compile(
    r"[A-Za-z]:\\(?:Users|Documents and Settings)\\(?!Public\\|Default\\|All Users\\)[^\\/:*?\"<>|\r\n]{1,64}"
    r"|/(?:home|Users)/[\w.-]{1,64}"
)
_TICKET = re.compile(
    r"(?<![\w-])(?:INC|REQ|CHG|TASK|SR|CASE|TICKET|HD|RITM)[-_ #]?[0-9]{3,12}(?:-[0-9]{2,8})?\b"
)
_PHONE = re.compile(
    r"(?<![\w.+/-])(?:\+84|0084|\(?0)[ .-]?\(?[1-9][0-9]{0,2}\)?(?:[ .-]?[0-9]{2,4}){2,3}(?![\w.-]*[\w@])"
)
_PHONE_DIGITS = range(9, 13)
# Nobody reads these, or they must stay what they are.
_UNTOUCHED = frozenset(
    [
        "type",
        "id",
        "spec_version",
        "created",
        "modified",
        "valid_from",
        "valid_until",
        "first_seen",
        "last_seen",
        "published",
        "first_observed",
        "last_observed",
        "pattern",
        "pattern_type",
        "pattern_version",
        "hashes",
        "payload_bin",
        "relationship_type",
        "revoked",
        "lang",
        "granular_markings",
        "extension_type",
        "external_id",
    ]
)


class Own(NamedTuple):
    """What is the publisher's own."""

    names: tuple[str, ...] = ()
    """Of its organisation"""
    domains: tuple[str, ...] = ()
    """In lower case"""


class Finding(NamedTuple):
    """One text that may tell too much."""

    kind: Kind
    found: str
    replacement: str
    places: int
    """How often it stands there"""
    shown: tuple[tuple[str, str], ...]
    """What stands before and behind it, of the first places"""


def find(texts: Iterable[str], own: Own) -> list[Finding]:
    """What may be replaced in texts, in the order in which it stands there."""
    kept = list(texts)
    seen: dict[str, Kind] = {}
    for text in kept:
        for kind, found in _matches(text[:LONGEST], own):
            if len(seen) < MOST:
                seen.setdefault(found, kind)
    numbers: dict[Kind, int] = {}
    findings = []
    for found, kind in seen.items():
        numbers[kind] = numbers.get(kind, 0) + 1
        findings.append(_finding(kept, kind, found, numbers[kind]))
    return findings


def replaced(text: str, chosen: Mapping[str, str]) -> str:
    """The text with what was chosen replaced, the longest first.

    Args:
        text: Any text.
        chosen: What stands there, and what takes its place.
    """
    if not chosen:
        return text
    longest_first = sorted(chosen, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda m: chosen[m[0]], text)


def object_texts(raw: str) -> list[str]:
    """The texts of a STIX object that people write."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    _mapped(msgspec.json.decode(raw), note)
    return found


def object_replaced(raw: str, chosen: Mapping[str, str]) -> str:
    """A STIX object with what was chosen replaced; its very bytes where nothing was."""
    if not any(found in text for text in object_texts(raw) for found in chosen):
        return raw
    changed = _mapped(msgspec.json.decode(raw), lambda text: replaced(text, chosen))
    return msgspec.json.encode(changed).decode()


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """A decoded value with each text that people write changed; nested at most as the gate lets."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    if isinstance(value, dict):
        return {
            name: item
            if name in _UNTOUCHED or name.endswith(("_ref", "_refs"))
            else _mapped(item, change)
            for name, item in value.items()
        }
    return value


def _matches(text: str, own: Own) -> Iterator[tuple[Kind, str]]:
    # Shorter names are in every word.
    yield from (("organisation", n) for n in own.names if len(n) > _SHORTEST and n in text)
    for kind, pattern, is_one in _RULES:
        for match in pattern.finditer(text):
            if is_one(match[0], own):
                yield kind, match[0]


def _is_own(found: str, own: Own) -> bool:
    """Whether a host or an e-mail address is below a domain of the publisher."""
    host = found.rpartition("@")[2].lower()
    return any(host == domain or host.endswith(f".{domain}") for domain in own.domains)


def _is_phone(found: str, _: Own) -> bool:
    return sum(char.isdigit() for char in found) in _PHONE_DIGITS


def _always(_: str, __: Own) -> bool:
    return True


def _is_internal(text: str, _: Own) -> bool:
    key = ip_key(text)
    if key is None or "/" in key:
        return False
    address = ipaddress.ip_address(key)
    documentation = key.startswith(("192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"))
    return address.is_private and not address.is_loopback and not documentation


_RULES: tuple[tuple[Kind, re.Pattern[str], Callable[[str, Own], bool]], ...] = (
    ("email", _EMAIL, _is_own),
    ("address", _ADDRESS, _is_internal),
    ("host", _DOTTED, _is_own),
    ("path", _PATH, _always),
    ("host", _HOST, _always),
    ("user", _USER, _always),
    ("ticket", _TICKET, _always),
    ("phone", _PHONE, _is_phone),
)


def _finding(texts: list[str], kind: Kind, found: str, number: int) -> Finding:
    shown: list[tuple[str, str]] = []
    places = 0
    for text in texts:
        places += text.count(found)
        for match in re.finditer(re.escape(found), text):
            if len(shown) < _MOST_SHOWN:
                before = text[max(0, match.start() - _CONTEXT) : match.start()]
                shown.append((before, text[match.end() : match.end() + _CONTEXT]))
    return Finding(kind, found, _stand_in(kind, found, number), places, tuple(shown))


def _stand_in(kind: Kind, found: str, number: int) -> str:
    """What takes the place of a finding."""
    if kind == "path":
        # The name of the user alone goes; where the file lay stays of use.
        head = re.split(r"(?<=[\\/])(?=[^\\/]+\Z)", found, maxsplit=1)[0]
        return f"{head}[user-{number}]"
    return f"[{kind}-{number}]"
