"""One line of a pasted list: a value with what reports put around it.

| in a report | is |
| --- | --- |
| `- 198.51.100.7`, `2) 198.51.100.7` | the value behind the bullet or number |
| `SHA-256: 5d41 402a ...`, `ip = 198.51.100.7` | the value of the field that is named |
| `5D41402A BC4B2A76 ...`, `5d:41:40:2a:...` | a hash in groups |
"""

from __future__ import annotations

import re

from hub.language.fields import FIELDS, Kind
from hub.language.lexer import known
from hub.language.values import detect, read
from hub.model.search import Term

BULLET = r"(?:[-*+\u2022\u2013]|[0-9]{1,4}[.)])"
"""A regular expression of what stands before the entries of a list, with a blank behind it"""

_ENTRY = re.compile(rf"\s*{BULLET}\s+(\S.*)")
_NAMED = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]{1,15})\s?[:=]\s*(\S.*)")
_GROUPS = re.compile(r"[0-9a-f]{2,}(?: +[0-9a-f]{2,})+|[0-9a-f]{2}(?::[0-9a-f]{2})+")
_LONGEST_GROUPS = 400


def pasted(text: str) -> list[Term]:
    """What a line may be, the most likely first; nothing when it is no value."""
    entry = _ENTRY.fullmatch(text)
    for line in (text, entry[1]) if entry else (text,):
        found = detect(line) or grouped(line) or _named(line)
        if found:
            return found
    return []


def grouped(text: str) -> list[Term]:
    """A hash whose digits stand in groups; nothing for any other text."""
    low = text.strip().lower()
    if len(low) > _LONGEST_GROUPS or not _GROUPS.fullmatch(low):
        return []
    digits = re.sub("[ :]", "", low)
    # Of a number of digits that no hash has, the key keeps what is between them.
    return [Term("hash", digits)] if read("hash", low) == digits else []


def _named(text: str) -> list[Term]:
    match = _NAMED.fullmatch(text)
    field = known(match[1].replace("-", "")) if match else ""
    if not match or not field or FIELDS[field].kind is not Kind.VALUE:
        return []
    key = read(field, match[2])
    return [Term(field, key)] if key else []
