"""Rules of Snort 3: DNS, HTTP and addresses."""

from __future__ import annotations

from hub.service.outlet.entries import Entry
from hub.service.outlet.rules import Draft, content, regex, target

FIELDS = ("ip", "domain", "url")


def drafts(entry: Entry) -> list[Draft]:
    """The rules of a value."""
    return _BY_FIELD[entry.field](entry)


def _of_address(entry: Entry) -> list[Draft]:
    return [Draft(f"snort ip {entry.key}", f"alert ip any any -> [{entry.value}] any", ())]


def _of_domain(entry: Entry) -> list[Draft]:
    """As the question of a DNS packet has it: each label behind its length, so below it as well."""
    labels = entry.value.split(".")
    wire = "".join(f"|{len(label):02X}|{label}" for label in labels)
    found = content(entry.value)
    if not found:
        return []
    dns = Draft(
        f"snort dns domain {entry.key}",
        "alert udp any any -> any 53",
        (f'content:"{wire}|00|",nocase',),
    )
    return [dns, _http(entry, _host(found, rf"(^|\x2e){regex(entry.value)}"))]


def _of_url(entry: Entry) -> list[Draft]:
    found = target(entry.value)
    host = content(found.host) if found else ""
    if found is None or not host:
        return []
    path = content(found.path, 1)  # however short: it comes with the host
    if not path:
        return []
    options = (
        *_host(host, f"^{regex(found.host)}"),
        *("http_raw_uri", f"content:{path}", f"bufferlen:{len(found.path)}"),
    )
    return [_http(entry, options, found.port)]


def _host(found: str, expression: str) -> tuple[str, ...]:
    """The header, which may have a port; the content is what Snort is quick with."""
    whole = f'pcre:"/{expression}(\\x3a[0-9]+)?$/i"'
    return "http_header:field host", f"content:{found},nocase", whole


def _http(entry: Entry, options: tuple[str, ...], port: str = "any") -> Draft:
    options = ("flow:to_server,established", "service:http", *options)
    head = f"alert tcp any any -> any {port}"
    return Draft(f"snort http {entry.field} {entry.key}", head, options)


_BY_FIELD = {"ip": _of_address, "domain": _of_domain, "url": _of_url}
