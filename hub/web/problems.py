"""Errors in the language of a page.

Programs get the English text as it is raised; people get the catalogue's sentence with the same
values. `locale/errors/vi.po` has the texts of the source as templates, `there is no group {name}`,
and a text is recognised by them (docs/adr/0034). What stands in a text may be made of others:

* `objects[3].pattern: it is missing; write a text`: a place, and parts with semicolons between;
* `this collection is strict: {found}`: a value called `found`, `reason` or `remedy` is a text;
* `there is no {kind} {name}`: a value whose name begins with `kind` is one of the table `kind`;
  `{host} is {why}`: so is one of the table `why`, which says what an address is;
* `it is on a warning list: {doubts}`: a list of words of the table `doubt`;
* `{host} broke off: {wire}`: what the system or the other side said stays as it is, unless the table
  `wire` has it;
* `the address is wrong. Check it.`: a reason and its remedy, as they are kept of a run.

A text that nobody has translated is shown in English behind the translated name of its fault.

What it costs does not grow beyond a text's length times the catalogue, and no text is looked at
twice: a text of other hubs is hostile until it is known.
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
_MOST_SENTENCES = 40
_PLACED = re.compile(
    r"([^\s`;][^`;]{0,300}\.toml(?::\d+)?: `[^`]{1,100}`|https?://[^\s;]{1,300}|[^\s:;]{1,200}|\w+(?:, \w+)*|the object): (.+)",
    re.DOTALL,
)
_BETWEEN = re.compile(r"\. (?=\w)")
_WORDS = re.compile(r"kind|why")
_DEEPEST = 6
_WORD = re.compile(r"[a-zà-ỹđ]+[\s,]")


class _Form(NamedTuple):
    """A template with values."""

    pieces: tuple[str, ...]
    """What is written in it, before, between and behind its values"""
    names: tuple[str, ...]
    """Of the values"""
    vi: str

    @property
    def is_nested(self) -> bool:
        """Whether a value is a text of its own."""
        return not _TEXTS.isdisjoint(self.names)

    @property
    def weight(self) -> int:
        """Its own characters: of two that fit, the one that says more is meant."""
        return sum(map(len, self.pieces))

    def values(self, text: str) -> dict[str, str] | None:
        """What stands in a text in place of the names, each as short as can be; None: no fit.

        Each piece is looked for once, behind the one before it: nothing is tried again.
        """
        first, *between, last = self.pieces
        end = len(text) - len(last)
        if not (text.startswith(first) and text.endswith(last)):
            return None
        found = []
        start = len(first)
        for piece in between:
            at = text.find(piece, start + 1, end)
            if at < 0:
                return None
            found.append(text[start:at])
            start = at + len(piece)
        return (
            dict(zip(self.names, [*found, text[start:end]], strict=True)) if start < end else None
        )


class _Catalogue(NamedTuple):
    """All texts, so that few are looked at for one that came."""

    plain: Mapping[str, str]
    """Those without values"""
    by_word: Mapping[str, tuple[_Form, ...]]
    """Templates, each under the longest whole word that is written in it"""

    def forms(self, text: str) -> list[_Form]:
        """The templates that a text may be of, those that say most first."""
        found = [form for word in {*text.split(" "), ""} for form in self.by_word.get(word, ())]
        return sorted(found, key=lambda form: (-form.weight, form.pieces))


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
    reader = _Reader(_catalogue())
    tries = (reader.closed, reader.sentences, reader.all)
    return next(filter(None, (look(text) for look in tries)), None)


class _Reader:
    """Reads one text: a part of it that was looked at is known from then on."""

    def __init__(self, catalogue: _Catalogue) -> None:
        self._catalogue = catalogue
        self._known: dict[tuple[str, int], str | None] = {}

    def closed(self, text: str) -> str | None:
        """A text that is written with its full stop."""
        found = self._catalogue.plain.get(text)
        forms = (form for form in self._catalogue.forms(text) if form.pieces[-1].endswith("."))
        return found or next(filter(None, (_plain(form, text) for form in forms)), None)

    def all(self, text: str) -> str | None:
        """Any text; a full stop behind it, as behind what is kept of a run, is no part of a value."""
        return self.parts(text.removesuffix("."), 0) or self.parts(text, 0)

    def one(self, text: str, depth: int) -> str | None:
        """A text that is no list of others."""
        place = text, depth
        if place not in self._known:
            self._known[place] = self._looked_up(text, depth)
        return self._known[place]

    def _looked_up(self, text: str, depth: int) -> str | None:
        plain = self._catalogue.plain.get(text)
        if plain is not None:
            return plain
        forms = list(self._catalogue.forms(text))
        for form in forms:
            if form.is_nested and (found := self._nested(form, text, depth)):
                return found
        if placed := _PLACED.fullmatch(text):
            rest = self.parts(placed[2], depth + 1)
            if rest:
                return f"{placed[1]}: {rest}"
        return next(
            filter(None, (_plain(form, text) for form in forms if not form.is_nested)), None
        )

    def _nested(self, form: _Form, text: str, depth: int) -> str | None:
        values = form.values(text)
        if values is None:
            return None
        inner = {name: self.parts(values[name], depth + 1) for name in values.keys() & _TEXTS}
        found = {name: value for name, value in inner.items() if value}
        return _filled(form.vi, values | found) if len(found) == len(inner) else None

    def parts(self, text: str, depth: int) -> str | None:
        """Texts with semicolons between, of which some have semicolons of their own."""
        parts = text.split("; ")
        if len(parts) > _MOST_PARTS or depth > _DEEPEST:
            return None
        # What the first n parts are together; None: nobody can tell.
        known: list[str | None] = ["", *[None] * len(parts)]
        for end in range(1, len(parts) + 1):
            for start in range(end - 1, max(-1, end - 1 - _LONGEST_PART), -1):
                before = known[start]
                found = None if before is None else self.one("; ".join(parts[start:end]), depth)
                if found:
                    known[end] = f"{before}; {found}" if before else found
                    break
        return known[-1]

    def sentences(self, text: str) -> str | None:
        """A reason and the remedy behind it."""
        for match in list(_BETWEEN.finditer(text))[:_MOST_SENTENCES]:
            remedy = self.one(text[match.end() :], 0)
            reason = self.parts(text[: match.start()], 0) if remedy else None
            if reason:
                return f"{reason}. {remedy}"
        return None


def _plain(form: _Form, text: str) -> str | None:
    values = form.values(text)
    if values is None:
        return None
    for name in values:
        if name == "doubts":
            values[name] = ", ".join(map(_doubt, values[name].split(", ")))
        label = tables()["wire"].get(values[name]) if name == "wire" else None
        if kept := _WORDS.match(name):
            label = tables()[kept[0]].get(values[name])
            if label is None:
                return None
        if label is not None:
            values[name] = label if isinstance(label, str) else label[-1]
    return _filled(form.vi, values)


def _doubt(name: str) -> str:
    label = tables()["doubt"].get(name, name)
    return label if isinstance(label, str) else label[-1]


def _filled(template: str, values: Mapping[str, str]) -> str:
    """In one pass: a value may hold braces."""
    return _VALUE.sub(lambda match: values[match[1]], template)


@cache
def _catalogue() -> _Catalogue:
    with files("hub.web").joinpath("locale/errors/vi.po").open("rb") as source:
        texts = {str(m.id): str(m.string) for m in read_po(source, locale=VI) if m.id}
    forms: dict[str, list[_Form]] = {}
    for en, vi in texts.items():
        if _VALUE.search(en):
            forms.setdefault(_word(en), []).append(_form(en, vi))
    plain = {en: vi for en, vi in texts.items() if not _VALUE.search(en)}
    return _Catalogue(plain, {word: tuple(found) for word, found in forms.items()})


def _word(template: str) -> str:
    """The longest word that a text of the template has for certain; nothing: there is none."""
    return max((word for word in template.split(" ") if "{" not in word), key=len, default="")


def _form(en: str, vi: str) -> _Form:
    pieces = _VALUE.split(en)
    return _Form(tuple(pieces[::2]), tuple(pieces[1::2]), vi)


def _wait(error: Throttled, lang: str) -> str:
    """Programs are told to look at a header; people are told how long."""
    span = format_timedelta(error.retry_after_s, threshold=2, locale=lang)
    return f"Hãy thử lại sau {span}." if lang == VI else f"Try again in {span}."


def _sentence(text: str) -> str:
    """With a capital letter, where it begins with a word."""
    return text[:1].upper() + text[1:] if _WORD.match(text) else text


def _closed(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."
