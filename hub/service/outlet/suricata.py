"""Rules of Suricata 6 and newer: DNS, TLS, HTTP, addresses, and names of files if asked for."""

from __future__ import annotations

import re

from hub.service.outlet.entries import Entry
from hub.service.outlet.rules import Draft, content, regex, target

FIELDS = ("ip", "domain", "url")
MORE = ("file",)
_FOLDER = re.compile(r"[\\/]")
_LEAST_FILE = 8
"""Characters of a file's name: shorter ones are those of all the world"""


def drafts(entry: Entry) -> list[Draft]:
    """The rules of a value."""
    return _BY_FIELD[entry.field](entry)


def _of_address(entry: Entry) -> list[Draft]:
    # `[]` around an address of IPv6 is a group of one.
    return [Draft(f"suricata ip {entry.key}", f"alert ip any any -> [{entry.value}] any", ())]


def _of_domain(entry: Entry) -> list[Draft]:
    found = content(f".{entry.value}")
    if not found:
        return []
    below = (f"content:{found}", "endswith")
    return [
        _to(entry, "dns", ("dns.query", "dotprefix", below[0], "nocase", below[1])),
        _to(entry, "tls", ("tls.sni", "dotprefix", below[0], "nocase", below[1])),
        # Suricata gives this buffer in lower case, and refuses `nocase` there.
        _to(entry, "http", ("http.host", "dotprefix", *below)),
    ]


def _of_url(entry: Entry) -> list[Draft]:
    found = target(entry.value)
    host = content(found.host) if found else ""
    if found is None or not host:
        return []
    # However short: it is all of the path, and behind the host.
    path = content(found.path, 1)
    if not path:
        return []
    whole = ("startswith", "endswith")
    options = ("http.host", f"content:{host}", *whole, "http.uri.raw", f"content:{path}", *whole)
    return [_to(entry, "http", options, found.port)]


def _of_file(entry: Entry) -> list[Draft]:
    name = content(entry.key) if len(entry.key) >= _LEAST_FILE and "." in entry.key else ""
    # Who names a folder as well does not mean every file of that name.
    if not name or all(_FOLDER.search(source.spelling) for source in entry.sources):
        return []
    # Suricata knows a file by its address, or by what the server calls it.
    whole = f'pcre:"/(?:^|\\x2f){regex(entry.key)}$/i"'
    return [_to(entry, "http", ("file.name", f"content:{name}", "nocase", "endswith", whole))]


def _to(entry: Entry, protocol: str, options: tuple[str, ...], port: str = "any") -> Draft:
    name = f"suricata {protocol} {entry.field} {entry.key}"
    return Draft(name, f"alert {protocol} any any -> any {port}", options)


_BY_FIELD = {"ip": _of_address, "domain": _of_domain, "url": _of_url, "file": _of_file}
