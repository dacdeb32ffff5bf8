"""The page on the console: its addresses, as the application declares them."""

from __future__ import annotations

from tests.tools.markdown import filled, table
from tests.tools.reference_http import CONSOLE, rules
from tests.tools.reference_json import shown

PAGES: dict[str, str] = {
    "login": "The first step of a log-in; `next` is where it leads to",
    "code": "The second step, for accounts with a second factor",
    "logout": "Ends the session",
    "preferences": "Language and colours, kept in the browser",
    "help": "Help for a page",
    "style": "The parts that pages are made of",
    "static": "Style sheet, script and sign; no log-in",
    "overview": "What is new, from whom, and how fast it was shared",
    "search": "Search; `q` is a query of the [query language](query.md)",
    "searches": "Saved searches",
    "object": "One object: summary, marking, versions, relations, places",
    "object_versions": "What two versions differ in, field by field",
    "object_graph": "What an object is related to, drawn and as a table",
    "object_raw": "The bytes of an object as they came",
    "lookup": "Many values at once: known, unknown, not understood",
    "submit": "Begin to share: paste, drop a file, or fill in a form",
    "draft": "A draft: values, warnings, marking, audience, who will receive it",
    "receipt": "What became of each object of a publish",
    "techniques": "ATT&CK matrix of what a query finds",
    "collections": "What the account may read and publish, and why",
    "collection": "One collection: counts, rights, how to connect",
    "partners": "Who shares and who pulls",
    "partner": "One organisation: what it shared, and how it pulls",
    "admin": "Administration",
    "account": "One's own account: sessions, second factor, password",
}
"""By endpoint; a page without an entry fails the test of the documents."""


def page() -> str:
    """Addresses and what they show."""
    rows = []
    for rule in rules():
        if rule.endpoint.startswith(CONSOLE):
            name = rule.endpoint.removeprefix(CONSOLE)
            methods = ", ".join(sorted(rule.methods - {"HEAD", "OPTIONS"}))
            rows.append((f"`{shown(rule)}`", methods, PAGES[name]))
    return filled(
        "console.md", addresses=table(("address", "methods", "what it shows"), sorted(rows))
    )
