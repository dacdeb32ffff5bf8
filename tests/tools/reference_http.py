"""The page on HTTP: addresses and filters as the application declares them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from flask import Flask
from werkzeug.routing import Rule

from hub.app import create_app, open_store
from hub.config import TaxiiSettings, load, write_secret
from hub.http.errors import MEDIA_TYPE, RETRY_AFTER_S
from hub.model.party import Collection
from hub.server import _LONGEST_LINE
from hub.stix import terms
from hub.stix.terms import MATCH_FIELDS, Kind
from hub.store import database
from hub.store.records import _PAGE_BYTES
from hub.taxii import door, filters, wire
from hub.worker import _PATIENCE_S
from tests.http.differences import KNOWN_DIFFERENCES
from tests.tools.markdown import codes, filled, table
from tests.tools.reference_json import PREFIX, method_of, shown


class Use(NamedTuple):
    """What an endpoint is for; the rest is read from the application."""

    section: str
    """Of TAXII 2.1; empty outside of it."""
    purpose: str
    parameters: str = ""
    status: int = 200


CONSOLE = "web."
"""How the endpoints of the console begin; they have a page of their own."""

_PAGING = "`added_after`, `limit`, `next`"
_OF_OBJECT = codes(f"match[{name}]" for name in sorted(door._OF_OBJECT))
_OF_VERSIONS = codes(f"match[{name}]" for name in sorted(door._OF_VERSIONS))
_EVERY = f"{_PAGING}, every `match[...]`"

USES: dict[str, Use] = {
    "taxii.discovery": Use("4.1", "What this hub is, and its API roots"),
    "taxii.api_root": Use("4.2", "One API root: title, versions, largest body"),
    "taxii.status": Use("4.3", "What became of a publish, for the account that published"),
    "taxii.collections": Use("5.1", "The collections that the caller may use"),
    "taxii.collection": Use("5.2", "One collection and the caller's rights in it"),
    "taxii.manifest": Use("5.3", "Ids, versions and dates added", _EVERY),
    "taxii.objects": Use("5.4", "Objects, in the order they were added", _EVERY),
    "taxii.add": Use("5.5", "Publish: an envelope or a bundle", status=202),
    "taxii.one_object": Use("5.6", "The versions of one object", f"{_PAGING}, {_OF_OBJECT}"),
    "taxii.delete": Use("5.7", "Delete versions of one object", _OF_OBJECT),
    "taxii.versions": Use("5.8", "The versions of one object", f"{_PAGING}, {_OF_VERSIONS}"),
    "export.of_collection": Use("", "[A file for devices](export.md) of a collection"),
    "export.of_search": Use("", "[A file for devices](export.md) of a saved search"),
    "observe.live": Use("", "The process answers. No credentials"),
    "observe.ready": Use("", "The store writes and reads. No credentials"),
    "observe.metrics": Use("", "[Metrics](metrics.md). No credentials; by address of the caller"),
}

_KINDS = {
    Kind.STRING: "Text, exactly as it is written in the object, case included.",
    Kind.INTEGER: "A whole number of 64 bits. `-gte` and `-lte` are bounds; of several values "
    "the weakest counts.",
    Kind.BOOLEAN: "`true` or `false`. An object that leaves `revoked` out counts as `false`.",
    Kind.TLP: "A colour of TLP 1.0 or 2.0 in any case: `clear` (`white`), `green`, `amber`, "
    "`amber+strict`, `red`. It looks at the markings of the object and of its parts.",
    Kind.TIMESTAMP: "A UTC timestamp; of several values the weakest counts.",
}


def page() -> str:
    """Addresses, filters, headers, limits."""
    by_kind = {kind: sorted(n for n, k in MATCH_FIELDS.items() if k is kind) for kind in Kind}
    fields = [(kind.value, codes(by_kind[kind]), _KINDS[kind]) for kind in Kind]
    return filled(
        "http.md",
        addresses=_addresses(),
        match_fields=table(("kind", "fields", "values"), fields),
        longest_value=terms._LONGEST_VALUE,
        nested=codes(sorted(terms.NESTED)),
        media_type=f"`{MEDIA_TYPE}`",
        audience=f"`{wire.AUDIENCE}`",
        gzip_least=f"{wire._GZIP_LEAST:,}",
        retry_after=RETRY_AFTER_S,
        limits=_limits(),
        collection_types=codes(Collection(0, "", "", "", "").media_types),
    )


def medallion_page() -> str:
    """What the tests of HTTP expect otherwise from the medallion front."""
    reasons = dict.fromkeys(KNOWN_DIFFERENCES.values())
    return filled("medallion.md", differences="\n".join(f"- {reason}." for reason in reasons))


def application(folder: Path) -> Flask:
    """The application with default settings."""
    (folder / "hub.toml").write_text('secret_file = "secret.key"\n', encoding="utf-8")
    write_secret(folder / "secret.key")
    config = load(folder / "hub.toml")
    store = open_store(config)
    app = create_app(config, store)
    store.close()
    return app


def rules(*, own: bool = False) -> list[Rule]:
    """The addresses of the application: those of the hub's own JSON door, or all others."""
    with tempfile.TemporaryDirectory() as folder:
        found = application(Path(folder)).url_map.iter_rules()
    return [rule for rule in found if rule.rule.startswith(PREFIX) is own]


def _addresses() -> str:
    rows = []
    for rule in rules():
        if rule.endpoint.startswith(CONSOLE):
            continue
        use = USES[rule.endpoint]
        address = f"`{shown(rule)}`"
        rows.append(
            (method_of(rule), address, use.status, use.purpose, use.parameters, use.section)
        )
    rows.sort(key=lambda row: (not row[5], row[5], row[1]))
    columns = ("method", "address", "success", "what it gives", "parameters", "TAXII 2.1 section")
    return table(columns, rows)


def _limits() -> str:
    taxii = TaxiiSettings()
    refused, bad = "the object is refused", "400 `bad-filter`"
    pages = f"{taxii.page_size:,}; at most {taxii.max_page_size:,}"
    rows = [
        ("request body, unpacked", f"{taxii.max_content_length:,} bytes", "413 `too-large`"),
        ("objects of one envelope", f"{taxii.max_objects:,}", "413 `too-large`"),
        ("CPU time for one envelope", f"{taxii.max_check_seconds} s", "413 `too-large`"),
        ("one object", f"{taxii.max_object_bytes:,} bytes", refused),
        ("nesting of one object", f"{taxii.max_depth} levels", refused),
        ("objects per page", pages, "the page is cut"),
        (
            "objects of one page",
            f"about {_PAGE_BYTES:,} bytes",
            "the page ends early, with a `next`",
        ),
        ("values of all filters together", filters._MOST_VALUES, bad),
        ("values of one extended filter", filters._MOST_TERMS, bad),
        ("query string without `next`", f"{filters._LONGEST:,} characters", bad),
        ("request line", f"{_LONGEST_LINE:,} bytes", "414 by the HTTP server"),
        ("one header", "8,190 bytes", "431 by the HTTP server"),
        ("time for a request to arrive", f"{_PATIENCE_S} s", "the connection ends"),
        ("time for a read of the store", f"{database._PATIENCE_S:.0f} s", bad),
    ]
    settings = [
        "`taxii.max_content_length`",
        "`taxii.max_objects`",
        "`taxii.max_check_seconds`",
        "`taxii.max_object_bytes`",
        "`taxii.max_depth`",
        "`taxii.page_size`, `taxii.max_page_size`",
        *[""] * 8,
    ]
    joined = [(*row[:2], name, row[2]) for row, name in zip(rows, settings, strict=True)]
    return table(("limit", "default", "setting", "beyond it"), joined)
