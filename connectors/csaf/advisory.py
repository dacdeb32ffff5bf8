"""What a CSAF document says, as far as the hub has a place for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from connectors.advisory import Advisory, instant_us
from connectors.csaf.listing import dicts, text
from connectors.errors import NotUnderstood
from connectors.found import Left
from hub.language.values import read
from hub.model.intake import Item
from hub.model.tlp import Tlp

_VERSIONS = frozenset({"2.0", "2.1"})
_TEXTS = ("summary", "description", "general")
_AFFECTED = ("known_affected", "first_affected", "last_affected", "recommended")
_MOST_PRODUCTS = 50
_MOST_NAMES = 20_000
_LONGEST_TEXT = 15_000
_LONGEST_NOTE = 2_000
_MOST_LINKS = 100


class Read(NamedTuple):
    """One document."""

    advisory: Advisory
    items: tuple[Item, ...]
    """Its vulnerabilities"""
    left: tuple[Left, ...]


def read_document(document: Mapping[str, Any], url: str) -> Read:
    """What it says.

    Args:
        document: Decoded.
        url: Where it came from.

    Raises:
        NotUnderstood: It is no CSAF document, or one that lacks what has to be there.
    """
    head = _dict(document.get("document"))
    tracking = _dict(head.get("tracking"))
    number, title = text(tracking.get("id")), text(head.get("title"))
    if text(head.get("csaf_version")) not in _VERSIONS or not number or not title:
        raise NotUnderstood("it is no CSAF document of version 2")
    names = _products(_dict(document.get("product_tree")))
    publisher = text(_dict(head.get("publisher")).get("name"))
    items, left = [], []
    for vulnerability in dicts(document.get("vulnerabilities")):
        item = _item(vulnerability, names)
        if item:
            items.append(item)
        else:
            left.append(
                Left(_named(vulnerability), "a vulnerability without a CVE number", number)
            )
    advisory = Advisory(
        f"{publisher} {number}",
        title,
        _text(head, names),
        number,
        tuple(_links(head, publisher, number, url))[:_MOST_LINKS],
        instant_us(text(tracking.get("initial_release_date"))),
        _marking(head),
    )
    return Read(advisory, tuple({item.key: item for item in items}.values()), tuple(left))


def _item(vulnerability: Mapping[str, Any], names: Mapping[str, str]) -> Item | None:
    number = text(vulnerability.get("cve"))
    key = read("cve", number) if number.upper().startswith("CVE-") else None
    if key is None:
        return None
    said = [text(vulnerability.get("title")), *_notes(vulnerability), _score(vulnerability)]
    status = _dict(vulnerability.get("product_status"))
    ids = [i for name in _AFFECTED[:3] for i in _texts(status.get(name))]
    fixed = list(_texts(status.get("fixed")))
    said += [_list("Affected", ids, names), _list("Fixed", fixed, names)]
    note = "\n".join(dict.fromkeys(filter(None, said)))[:_LONGEST_NOTE]
    return Item("cve", key, key.upper(), note=note)


def _score(vulnerability: Mapping[str, Any]) -> str:
    """The highest base score, with its version and vector."""
    scores = []
    for entry in dicts(vulnerability.get("scores")):
        for name in ("cvss_v4", "cvss_v3", "cvss_v2"):
            found = _dict(entry.get(name))
            base = found.get("baseScore")
            if isinstance(base, int | float):
                scores.append((float(base), text(found.get("vectorString"))))
    if not scores:
        return ""
    base, vector = max(scores)
    return f"CVSS {base:g} {vector}".strip()


def _text(head: Mapping[str, Any], names: Mapping[str, str]) -> str:
    parts = [*_notes(head), _list("Products", list(names), names)]
    return "\n\n".join(filter(None, parts))[:_LONGEST_TEXT]


def _notes(of: Mapping[str, Any]) -> list[str]:
    """Summary and description, in this order; legal texts are left out."""
    by_kind: dict[str, str] = {}
    for note in dicts(of.get("notes")):
        by_kind.setdefault(text(note.get("category")), text(note.get("text")))
    return [by_kind[kind] for kind in _TEXTS if by_kind.get(kind)][:1]


def _list(word: str, ids: list[str], names: Mapping[str, str]) -> str:
    shown = list(dict.fromkeys(names.get(i, i) for i in ids))
    if not shown:
        return ""
    more = f" and {len(shown) - _MOST_PRODUCTS} more" if len(shown) > _MOST_PRODUCTS else ""
    return f"{word}: {'; '.join(shown[:_MOST_PRODUCTS])}{more}"


def _products(tree: Mapping[str, Any]) -> dict[str, str]:
    """The names of products by their ids, however deep the branches are."""
    names: dict[str, str] = {}
    waiting: list[Any] = [tree]
    while waiting and len(names) < _MOST_NAMES:
        node = waiting.pop()
        for product in (*dicts(node.get("full_product_names")), _dict(node.get("product"))):
            if text(product.get("product_id")) and text(product.get("name")):
                names[text(product["product_id"])] = text(product["name"])
        for relationship in dicts(node.get("relationships")):
            full = _dict(relationship.get("full_product_name"))
            if text(full.get("product_id")) and text(full.get("name")):
                names[text(full["product_id"])] = text(full["name"])
        waiting.extend(reversed(list(dicts(node.get("branches")))))
    return names


def _links(
    head: Mapping[str, Any], publisher: str, number: str, url: str
) -> Iterator[tuple[str, str, str]]:
    yield publisher or "csaf", url, number
    for reference in dicts(head.get("references")):
        at = text(reference.get("url"))
        if at and at != url:
            yield text(reference.get("summary")) or publisher or "csaf", at, ""


def _marking(head: Mapping[str, Any]) -> Tlp | None:
    label = text(_dict(_dict(head.get("distribution")).get("tlp")).get("label"))
    if not label:
        return None
    try:
        return Tlp.named(label)
    except ValueError as error:
        raise NotUnderstood(f"its marking is none of TLP: {label[:40]}") from error


def _named(vulnerability: Mapping[str, Any]) -> str:
    ids = [text(entry.get("text")) for entry in dicts(vulnerability.get("ids"))]
    return next(filter(None, ids), "") or text(vulnerability.get("title"))


def _texts(found: Any) -> Iterator[str]:
    return (x for x in found if isinstance(x, str)) if isinstance(found, list) else iter(())


def _dict(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}
