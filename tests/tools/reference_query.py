"""The page on the query language. Every error on it was produced by the parser."""

from __future__ import annotations

from hub.language import parser, resolve
from hub.language.fields import ALIASES, FIELDS, Kind
from hub.language.messages import MESSAGES
from hub.language.parser import Setting, parse
from hub.language.problem import QueryError
from tests.tools.markdown import codes, filled, table, verbatim
from tests.tools.reference_policy import meanings

# A query for each error. Those that would fill the page are described instead.
SAMPLES: dict[str, str] = {
    "too-long": "a" * (parser.MAX_LENGTH + 1),
    "too-deep": "(" * (parser.MAX_DEPTH + 1) + "a",
    "too-many-clauses": "a " * (parser.MAX_CLAUSES + 1),
    "too-many-values": "1.1.1.1\n" * (parser.MAX_VALUES + 1),
    "too-many-words": f'"{"a " * (resolve.MAX_WORDS + 1)}"',
    "bad-character": "a\ud800",
    "unclosed-quote": '"lừa đảo',
    "unclosed-group": "type:(tool OR malware",
    "unopened-group": "tool OR malware)",
    "empty-group": "type:()",
    "missing-operand": "tool AND",
    "foreign-operator": "tool && malware",
    "missing-value": "type:",
    "nested-field": "ip:(domain:evil.example)",
    "unknown-field": "subject:invoice",
    "similar-field": "domian:evil.example",
    "bad-field": "has:ioc",
    "no-word": "...",
    "leading-wildcard": "*evil",
    "inner-wildcard": "ev*il",
    "short-prefix": "e*",
    "long-prefix": f"label:{'a' * 201}*",
    "no-prefix": "domain:evil*",
    "bad-value": "cve:log4shell",
    "bad-hash": "md5:5d41402abc4b2a76",
    "wide-network": "10.0.0.0/7",
    "not-ordered": "label>phishing",
    "bad-range": "created:[2026-01",
    "backwards": "created:[2027 TO 2026]",
    "any-text": "name:*",
}
_LONGEST = 40


def page() -> str:
    """Fields and errors as the code has them; the rest is written by hand."""
    return filled(
        "query.md",
        fields=_fields(),
        kinds=table(("type", "meaning"), [(f"`{kind}`", text) for kind, text in meanings(Kind)]),
        errors=_errors(),
        most_characters=f"{parser.MAX_LENGTH:,}",
        most_clauses=parser.MAX_CLAUSES,
        most_values=parser.MAX_VALUES,
        most_words=resolve.MAX_WORDS,
        most_depth=parser.MAX_DEPTH,
    )


def _fields() -> str:
    rows = [
        (
            f"`{name}`",
            codes(alias for alias, of in ALIASES.items() if of == name),
            f"`{field.kind}`",
            field.meaning,
            "yes" if field.facet else "",
        )
        for name, field in FIELDS.items()
    ]
    return table(("field", "also", "type", "meaning", "counted beside results"), rows)


def _errors() -> str:
    return table(
        ("`key`", "query", "English", "Tiếng Việt"),
        [(f"`{key}`", _written(SAMPLES[key]), *_said(key)) for key in MESSAGES],
    )


def _written(text: str) -> str:
    if len(text) > _LONGEST:
        return f"({len(text):,} characters)"
    return verbatim(text) if text.isprintable() else "(half of a surrogate pair)"


def _said(key: str) -> tuple[str, str]:
    try:
        parse(SAMPLES[key], Setting(0))
    except QueryError as error:
        if error.key != key:
            raise TypeError(f"{SAMPLES[key]!r} is {error.key}") from error
        return error.say("en"), error.say("vi")
    raise TypeError(f"accepted: {SAMPLES[key]!r}")
