"""Values in running text: reports, mails, tables in any markup.

A value that was defanged was meant as one. What was not has to look like one beyond doubt: a name
with a dot is a domain only below a top level domain that exists, and an ending that names files
makes it the name of a file. Names of files in a text say little, so they are `weak`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import NamedTuple

from hub.language.hosts import domain_of, host_of
from hub.language.pasted import grouped
from hub.language.refang import clean, refang
from hub.language.values import BOTH_ENDINGS, FILE_ENDINGS, detect, key_of, read
from hub.model.search import Term

LONGEST_TOKEN = 4_000
"""Characters; what is longer is no value"""

_BREAKS = re.compile(
    r"[\s|\"`\u201c\u201d\u00ab\u00bb<>\u2022]+|\*\*+|\+\++|\]\(|'(?=\s|,|$)|(?<=\s)'"
)
_LISTED = re.compile(r"[,;](?=\w|\[|$)")
_WEB = re.compile(r"://|:\]?//|\[:|hxxp", re.IGNORECASE)
# A bracket that opens the text of a link, not one that defangs or holds an IPv6 address.
_LINK_TEXT = re.compile(r"\[(?!\s*(?:\.|:|@|/|-|dot\b|at\b|d0t\b|[0-9a-f]{0,4}:))", re.IGNORECASE)
_BLANKS_INSIDE = re.compile(
    r"(?<=\w)[ \t]?([\[({])[ \t]?(\.|dot|@|at|:)[ \t]?([\])}])[ \t]?(?=[\w/])", re.IGNORECASE
)
_DEFANGED = re.compile(
    r"[\[({]{1,2}(?:\.|dot|d0t|@|at|:|:?//)[\])}]{0,2}|(?:\.|:|@)[\])}]|h(?:xx|tx|\*\*)ps?|meow"
    r"|\\\.",
    re.IGNORECASE,
)
_FOUR_NUMBERS = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,10}){3}(?:[/:][0-9]{1,9})?")
_LONG_HEX = re.compile(r"(?=.*[0-9])(?=.*[a-f])[0-9a-f]{30,140}", re.IGNORECASE)
_LIKE_CVE = re.compile(r"cve-[0-9-]+", re.IGNORECASE)
# A number has zeros before it up to four digits, and no more.
_PADDED_CVE = re.compile(r"[0-9]{4}-0[0-9]{4,}$")
_TECHNIQUE = re.compile(r"T[0-9]{4}(?:\.[0-9]{3})?")
# What begins like an address of a network card is no name with a value behind it.
_NAMED = re.compile(r"(?!(?:[0-9A-Fa-f]{2}:){2})[A-Za-z0-9 _-]{1,24}[:=](?!/)(\S{3,})")
# `AS 400` is a machine.
_SPACED_ASN = re.compile(r"\b(AS)(?:N (?=[0-9])| (?=[0-9]{4}))(?=[0-9]{1,10}\b)")
# A sign that markup would take for its own: `\_name.exe`, `\who@evil.com`.
_ESCAPED = re.compile(r"\\(?=\w)")
_RESERVED_ASNS = frozenset({"0", "65535", "4294967295"})
# Names of domains far more often than of sources in C++.
_RATHER_DOMAINS = (".cc",)
_HEX_GROUPS = re.compile(r"[0-9a-f]{1,4}", re.IGNORECASE)
# Letters and their accents, as most of a text is: looked at no further. Digests are longer.
_WORD = re.compile(r"[(']*(?:[^\W\d_]|[\u0300-\u036f]){1,29}[)'.,;:!?\u2026]*")
_LEAST_IPV6_DIGITS = 4
_NEVER = frozenset({"id", "value"})


class Sighted(NamedTuple):
    """A value, or what looked like one."""

    field: str
    """Of the query language; empty: it is no value after all."""
    key: str
    """Its canonical spelling"""
    value: str
    """As it is written, refanged: the path of a URL keeps its case."""
    given: str
    """As it stood in the text"""
    line: int
    """From 1 on"""
    weak: bool = False
    """It may well be something else, or says little."""


def harvest(text: str, endings: Container[str]) -> Iterator[Sighted]:
    """Every value of a text, in order, as often as it stands there.

    Args:
        text: Any text; lines end with a line feed alone.
        endings: Top level domains that exist, in lower case.
    """
    for number, raw in enumerate(text.split("\n"), start=1):
        line = _SPACED_ASN.sub(r"\1", _BLANKS_INSIDE.sub(r"\1\2\3", clean(raw)))
        together = grouped(line) if " " in line else []
        if together:
            [term] = together
            yield Sighted(term.field, term.key, term.key, raw.strip(), number)
            continue
        for token in _tokens(line):
            yield from _of_token(token, number, endings)


def _tokens(line: str) -> Iterator[str]:
    for piece in _BREAKS.split(line):
        if _WEB.search(piece):
            # A comma in a URL is rarer than one between columns.
            for part in piece.split(","):
                yield _LINK_TEXT.split(part, maxsplit=1)[0] or part
        else:
            yield from _LISTED.split(piece)


def _of_token(token: str, line: int, endings: Container[str]) -> Iterator[Sighted]:
    if not 3 <= len(token) <= LONGEST_TOKEN:  # noqa: PLR2004 - the shortest value is like `::1`
        return
    if _WORD.fullmatch(token):
        return
    found = read_value(token, endings)
    named = None if found or _WEB.search(token) else _NAMED.fullmatch(token)
    if named:
        found = read_value(named[1], endings)
    if found:
        yield found._replace(given=token, line=line)
    elif _looks_like_one(token):
        yield Sighted("", "", "", token.strip("()[]{}.,;:*_"), line)


def read_value(token: str, endings: Container[str]) -> Sighted | None:
    """What a token without blanks is; None: no value."""
    token = _ESCAPED.sub("", token, count=1) if token.startswith("\\") else token
    defanged = is_defanged(token)
    terms = [term for term in detect(token.strip("*_")) if term.field not in _NEVER]
    if not terms:
        return None
    term = _chosen(terms, token, defanged=defanged)
    bare = refang(token.strip("*_"))
    value = shown_value(term, bare)
    if term.field == "url" and "://" not in bare:
        term = Term("url", read("url", bare) or key_of(bare.lower()))
    if not defanged and _is_doubtful(term, bare, endings):
        return None
    return Sighted(term.field, term.key, value, token, 0, weak=term.field == "file")


def is_defanged(token: str) -> bool:
    """Whether a value, as it stood in a text, was made harmless to click on."""
    return _DEFANGED.search(token) is not None


def shown_value(term: Term, bare: str) -> str:
    """The value of a term as patterns hold it."""
    if term.field == "domain":
        return domain_of(term.key)
    if term.field in {"url", "file"}:
        # Their case may matter to whoever compares.
        return re.split(r"[\\/]", bare)[-1] if term.field == "file" else bare
    return term.key.upper() if term.field in {"cve", "attack"} else term.key


def _chosen(terms: list[Term], token: str, *, defanged: bool) -> Term:
    """Of a name that may be a domain or a file, the file, if nothing speaks for the domain."""
    by_field = {term.field: term for term in reversed(terms)}
    if "domain" in by_field and "file" in by_field and not defanged and token.count(".") == 1:
        return by_field["domain" if by_field["file"].key.endswith(_RATHER_DOMAINS) else "file"]
    return terms[0]


def _is_doubtful(term: Term, bare: str, endings: Container[str]) -> bool:
    """Whether a value that was not defanged may be a plain word as well."""
    match term.field:
        case "domain" | "email" | "url":
            return _ending(term, bare) not in endings
        case "ip":
            return (
                ":" in term.key and sum(map(len, _HEX_GROUPS.findall(bare))) < _LEAST_IPV6_DIGITS
            )
        case "attack":
            return not _TECHNIQUE.fullmatch(bare)
        case "asn" | "cve":
            return _is_misnumbered(term, bare)
        case "file":
            return bare.rpartition(".")[2].lower() not in FILE_ENDINGS | BOTH_ENDINGS
        case _:
            return False


def _is_misnumbered(term: Term, bare: str) -> bool:
    """Whether what is written like a number of a registry is none."""
    if term.field == "asn":
        return not bare.startswith("AS") or term.key in _RESERVED_ASNS
    return _PADDED_CVE.search(bare) is not None


def _ending(term: Term, bare: str) -> str:
    """The top level domain of a value; one that always exists for an address."""
    if term.field == "url":
        host = host_of(bare if "://" in bare else f"http://{bare}").rpartition("@")[2]
    else:
        host = bare.rpartition("@")[2]
    found = detect(host)
    if any(term.field == "ip" for term in found):
        return "com"
    return host.rstrip("./").rpartition(".")[2].lower()


def _looks_like_one(token: str) -> bool:
    bare = token.strip("()[]{}.,;:*_'")
    if _FOUR_NUMBERS.fullmatch(bare) or _LONG_HEX.fullmatch(bare) or _LIKE_CVE.fullmatch(bare):
        return True
    return "://" in bare or ("[.]" in token and any(c.isalnum() for c in bare))
