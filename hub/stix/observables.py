"""Which properties of observables are values, of which field, and their terms.

A value that cannot be read in its field is taken for what it looks like, and else as it is, in
`value`: nothing that an observable says is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from hub.language.values import derived, detect, read
from hub.model.search import Term
from hub.stix.literals import Compared, Path, Sense

_ANY = ""
_FIELDS: Mapping[str, Mapping[str, str]] = {
    "artifact": {"url": "url"},
    "autonomous-system": {"number": "asn"},
    "directory": {"path": "value"},
    "domain-name": {"value": "domain"},
    "email-addr": {"value": "email"},
    "email-message": {"message_id": "value"},
    "file": {"name": "file"},
    "ipv4-addr": {"value": "ip"},
    "ipv6-addr": {"value": "ip"},
    "mac-addr": {"value": "mac"},
    "mutex": {"name": "value"},
    "network-traffic": {},
    "process": {"name": "file"},
    "software": {"cpe": "value", "swid": "value"},
    "url": {"value": "url"},
    "user-account": {"user_id": "value", "account_login": "value", "display_name": "value"},
    "windows-registry-key": {"key": "value"},
    "x509-certificate": {"serial_number": "value"},
}
"""By type, then by property; what stands in `hashes` is a hash everywhere"""
# Steps behind a reference, whose type is not known: `network-traffic:dst_ref.value`.
_BEHIND = {"value": _ANY, "name": "file", "path": "value", "number": "asn", "key": "value"}
_EXTENDED = {
    "windows-service-ext": {"service_name": "value"},
    "unix-account-ext": {"home_dir": "value"},
}
_OF_OTHERS = {"value": _ANY}
_DERIVING = frozenset({"url", "email"})
_WILDCARDS = frozenset("%_")


def of_object(found: set[Term], obj: Mapping[str, Any], kind: str) -> None:
    """Adds the values of an observable, hashes apart."""
    for name, field in _FIELDS.get(kind, _OF_OTHERS).items():
        if name in obj:
            _add_member(found, field, obj[name])
    extensions = obj.get("extensions")
    if type(extensions) is dict:
        for extension in _EXTENDED.keys() & extensions.keys():
            inside = extensions[extension]
            for name, field in _EXTENDED[extension].items():
                if type(inside) is dict and name in inside:
                    _add_member(found, field, inside[name])


def of_hashes(found: set[Term], value: Any) -> None:
    """Adds what stands in a member `hashes`."""
    if type(value) is dict:
        for item in value.values():
            _add_member(found, "hash", item)


def of_pattern(found: set[Term], literals: Iterable[tuple[Compared, str]]) -> None:
    """Adds the values that a pattern looks for; not those that it excludes or describes."""
    for (path, sense), text in literals:
        if sense is Sense.IS or (sense is Sense.LIKE and _WILDCARDS.isdisjoint(text)):
            field = field_at(path)
            if field is not None:
                add(found, field, text)


@lru_cache(maxsize=256)
def field_at(path: Path) -> str | None:
    """The field of what a pattern compares; "": it shows in the value; None: it is no value."""
    kind, *rest = path
    steps = [step for step in rest if step != "*"]
    if "hashes" in steps:
        return "hash"
    if len(steps) == 1:
        return _FIELDS.get(kind, _OF_OTHERS).get(steps[0])
    if len(steps) > 1 and steps[-2].endswith(("_ref", "_refs")):
        return _BEHIND.get(steps[-1])
    if len(steps) == 3 and steps[0] == "extensions":  # noqa: PLR2004 - extensions.NAME.PROPERTY
        return _EXTENDED.get(steps[1], {}).get(steps[2])
    return None


def add(found: set[Term], field: str, text: str) -> None:
    """Adds a value, and those that follow from it."""
    key = read(field, text) if field else None
    terms = [Term(field, key)] if key else detect(text)[:1] or _as_it_is(text)
    if field == "file" and ("\\" in text or "/" in text):
        terms += _as_it_is(text)
    for term in terms:
        found.add(term)
        if term.field in _DERIVING:
            found.update(derived(term))


def _add_member(found: set[Term], field: str, value: Any) -> None:
    if type(value) is str and value:
        add(found, field, value)
    elif type(value) is int:
        add(found, field, str(value))


def _as_it_is(text: str) -> list[Term]:
    key = read("value", text)
    return [Term("value", key)] if key else []
