"""Errors in the language of a page.

Programs get the English text as it is raised; people get the catalogue's sentence with the same
values. `locale/errors/vi.po` has the texts of the source as templates, `there is no group {name}`,
and a text is recognised by them (docs/adr/0034). What stands in a text may be made of others:

* `objects[3].pattern: it is missing; write a text`: a place, and parts with semicolons between;
* `this collection is strict: {found}`: a value called `found`, `reason` or `remedy` is a text;
* `there is no {kind} {name}`: a value whose name begins with `kind` is one of the table `kind`.

A text that nobody has translated is shown in English behind the translated name of its fault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from babel.dates import format_timedelta
from babel.messages.pofile import read_po

from hub.errors import Fault, HubError, Throttled
from hub.language.problem import QueryError
from hub.web.vocabulary import VI, tables

_TEXTS = frozenset({"found", "reason", "remedy"})
_LONGEST = 2_000
_MOST_PARTS = 60
_LONGEST_PART = 4
_VALUE = re.compile(r"\{(\w+)\}")
_PLACED = re.compile(r"([^\s:;]{1,200}|\w+(?:, \w+)*|the object): (.+)", re.DOTALL)
_DEEPEST = 6
_WORD = re.compile(r"[a-zà-ỹđ]+[\s,]")


class _Form(NamedTuple):
    """A template with values."""

    pattern: re.Pattern[str]
    vi: str
    is_nested: bool
    weight: int
    """Its own characters: of two that fit, the one that says more is meant."""


def say(error: HubError, lang: str) -> str:
    """What is wrong and the way out, as sentences."""
    if isinstance(error, QueryError):
        return error.say("vi" if lang == VI else "en")
    texts = [text for text in (error.reason, error.remedy) if text]
    if isinstance(error, Throttled):
        texts[1:] = []
    if lang == VI:
        found = [translated(text) for text in texts]
        if None in found:
            return f"{title(error.fault, lang)}: {error.text()}"
        texts = [text for text in found if text]
    wait = [_wait(error, lang)] if isinstance(error, Throttled) else []
    return " ".join([_closed(_sentence(text)) for text in texts] + wait)


def say_text(text: str, lang: str) -> str:
    """A text alone, such as the reason why an object was refused; unknown ones stay English."""
    found = translated(text) if lang == VI else None
    return _sentence(found or text)


def title(fault: Fault, lang: str) -> str:
    """The name of a fault."""
    found = tables()["fault"][fault.value]
    return found if isinstance(found, str) else found[lang == VI]


def warning(text: str, lang: str) -> str:
    """A warning about an object, such as `custom-property: x_foo`, as a sentence."""
    code, _, about = text.partition(": ")
    found = tables()["warning"].get(code)
    return found[lang == VI].replace("{}", about) if isinstance(found, list) else text


def translated(text: str) -> str | None:
    """A text of the source in Vietnamese; None: it is not in the catalogue."""
    if len(text) > _LONGEST:
        return None
    return _element(text, 0) or _parts(text, 0)


def _element(text: str, depth: int) -> str | None:
    plain, forms = _catalogue()
    if text in plain:
        return plain[text]
    for form in forms:
        if form.is_nested and (found := _nested(form, text, depth)):
            return found
    if placed := _PLACED.fullmatch(text):
        rest = _parts(placed[2], depth + 1)
        if rest:
            return f"{placed[1]}: {rest}"
    return next(filter(None, (_plain(form, text) for form in forms if not form.is_nested)), None)


def _plain(form: _Form, text: str) -> str | None:
    match = form.pattern.fullmatch(text)
    if match is None:
        return None
    values = match.groupdict()
    for name in values:
        if name.startswith("kind"):
            label = tables()["kind"].get(values[name])
            if not isinstance(label, list):
                return None
            values[name] = label[1]
    return _filled(form.vi, values)


def _nested(form: _Form, text: str, depth: int) -> str | None:
    match = form.pattern.fullmatch(text)
    if match is None:
        return None
    values = match.groupdict()
    inner = {name: _parts(values[name], depth + 1) for name in values.keys() & _TEXTS}
    found = {name: value for name, value in inner.items() if value}
    return _filled(form.vi, values | found) if len(found) == len(inner) else None


def _parts(text: str, depth: int) -> str | None:
    """Texts with semicolons between, of which some have semicolons of their own."""
    parts = text.split("; ")
    if len(parts) > _MOST_PARTS or depth > _DEEPEST:
        return None
    # What the first n parts are together; None: nobody can tell.
    known: list[str | None] = ["", *[None] * len(parts)]
    for end in range(1, len(parts) + 1):
        for start in range(end - 1, max(-1, end - 1 - _LONGEST_PART), -1):
            before = known[start]
            found = None if before is None else _element("; ".join(parts[start:end]), depth)
            if found:
                known[end] = f"{before}; {found}" if before else found
                break
    return known[-1]


def _filled(template: str, values: Mapping[str, str]) -> str:
    """In one pass: a value may hold braces."""
    return _VALUE.sub(lambda match: values[match[1]], template)


@cache
def _catalogue() -> tuple[Mapping[str, str], tuple[_Form, ...]]:
    """Texts without values, and templates, those that say most first."""
    with files("hub.web").joinpath("locale/errors/vi.po").open("rb") as source:
        texts = {str(m.id): str(m.string) for m in read_po(source, locale=VI) if m.id}
    forms = [_form(en, vi) for en, vi in texts.items() if _VALUE.search(en)]
    plain = {en: vi for en, vi in texts.items() if not _VALUE.search(en)}
    return plain, tuple(sorted(forms, key=lambda form: -form.weight))


def _form(en: str, vi: str) -> _Form:
    pieces = _VALUE.split(en)
    names = pieces[1::2]
    pieces[::2] = [re.escape(piece) for piece in pieces[::2]]
    pieces[1::2] = [f"(?P<{name}>.+?)" for name in names]
    weight = sum(len(piece) for piece in _VALUE.split(en)[::2])
    return _Form(re.compile("".join(pieces), re.DOTALL), vi, bool(_TEXTS & {*names}), weight)


def _wait(error: Throttled, lang: str) -> str:
    """Programs are told to look at a header; people are told how long."""
    span = format_timedelta(error.retry_after_s, threshold=2, locale=lang)
    return f"Hãy thử lại sau {span}." if lang == VI else f"Try again in {span}."


def _sentence(text: str) -> str:
    """With a capital letter, where it begins with a word."""
    return text[:1].upper() + text[1:] if _WORD.match(text) else text


def _closed(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."
