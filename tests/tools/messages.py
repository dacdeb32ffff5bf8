"""The texts of the console and their Vietnamese: what is missing, unused, or not right.

Run at the top of the checkout: `python -m tests.tools.messages`.

- A text is what templates and modules below `hub/web` hand to `_`, `ngettext`, `trans`, `text` and
  `plural`; it is its own name.
- Its Vietnamese stands in one file of `hub/web/locale/vi`.
- Bare text is text of a template that is handed to none of them.
"""

from __future__ import annotations

import ast
import html
import io
import re
import string
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from hub.config import settings

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "hub" / "web"
CALLS = {
    "_": None,
    "gettext": None,
    "N_": None,
    "text": None,
    "ngettext": (1, 2),
    "plural": (1, 2),
}

_EXTENSIONS = ["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"]
_FIELD = re.compile(r"%(?:\((\w+)\))?[a-zA-Z]")
_HOLE = "\N{OBJECT REPLACEMENT CHARACTER}"
_WORD = re.compile(r"[^\W\d_]{2,}")
_SPOKEN = {"title", "aria-label", "aria-description", "placeholder", "alt", "label"}
_NEUTRAL = {"code", "kbd", "samp", "pre", "script", "style"}
_SENTENCE = re.compile(r"^[A-ZÀ-Ỹ][^\W\d_]+(?:[ ,.:;!?].*)?$|\w+ \w+.*[.?!]$", re.DOTALL)


class Text(NamedTuple):
    """A text of the console in English."""

    one: str
    many: str = ""


class Entry(NamedTuple):
    """A text in a catalogue."""

    file: str
    text: Text
    vietnamese: tuple[str, ...]
    fuzzy: bool


def texts(web: Path = WEB) -> dict[Text, list[str]]:
    """Everything that is translated, and where."""
    found: dict[Text, list[str]] = defaultdict(list)
    for path in sorted(web.rglob("*")):
        method = {".py": "python", ".html": "jinja2"}.get(path.suffix)
        if method is None:
            continue
        with path.open("rb") as file:
            options = {"extensions": ",".join(_EXTENSIONS), "silent": "false", "encoding": "utf-8"}
            for line, message, _, _ in extract(method, file, CALLS, options=options):
                one, many = message if isinstance(message, tuple) else (message, "")
                found[Text(one, many or "")].append(f"{path.relative_to(web)}:{line}")
    if web == WEB:
        for text, place in elsewhere():
            found[Text(text)].append(place)
    return dict(found)


def elsewhere() -> Iterator[tuple[str, str]]:
    """Texts that are made below the console and translated in it, and where they stand."""
    for name, (_, _, meaning) in settings().items():
        if not name.startswith("taxii.roots"):
            yield meaning, f"the setting {name}"
    yield "API roots", "the setting taxii.roots"
    tree = ast.parse((ROOT / "hub" / "policy.py").read_text("utf-8"))
    (rules,) = (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "_obstacle")
    for node in ast.walk(rules):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant):
            rule = str(node.value.value)
            if rule:
                yield f"{rule[0].upper()}{rule[1:]}.", f"policy.py:{node.lineno}"


def entries(web: Path = WEB) -> list[Entry]:
    """Everything in the catalogues."""
    return [
        _entry(path.name, message)
        for path in catalogues(web)
        for message in read(path)
        if message.id
    ]


def catalogues(web: Path = WEB) -> list[Path]:
    """The files with Vietnamese."""
    return sorted((web / "locale" / "vi").glob("*.po"))


def read(path: Path) -> Catalog:
    """One catalogue; a line that cannot be read is an error."""
    return read_po(io.BytesIO(path.read_bytes()), locale="vi", abort_invalid=True)


def _entry(file: str, message: Message) -> Entry:
    one, many = message.id if isinstance(message.id, (tuple, list)) else (message.id, "")
    said = message.string
    vietnamese = tuple(said) if isinstance(said, (tuple, list)) else (said,)
    return Entry(file, Text(one, many), vietnamese, message.fuzzy)


def faults(web: Path = WEB) -> list[str]:
    """What is wrong between the texts and the catalogues."""
    wanted, held = texts(web), entries(web)
    known = defaultdict(list)
    for entry in held:
        known[entry.text.one].append(entry)
    found = [
        f"missing: {text.one!r} ({', '.join(places)})"
        for text, places in wanted.items()
        if not any(entry.text.many == text.many or not text.many for entry in known[text.one])
    ]
    used = {text.one for text in wanted}
    found += [f"{e.file}: unused: {e.text.one!r}" for e in held if e.text.one not in used]
    found += [
        f"{', '.join(e.file for e in several)}: repeated: {one!r}"
        for one, several in known.items()
        if len(several) > 1
    ]
    return found + [fault for entry in held for fault in _wrong(entry)]


def _wrong(entry: Entry) -> Iterator[str]:
    place = f"{entry.file}: {entry.text.one!r}"
    if entry.fuzzy:
        yield f"{place}: fuzzy"
    if len(entry.vietnamese) != 1:
        yield f"{place}: Vietnamese has one form, not {len(entry.vietnamese)}"
    for said in entry.vietnamese:
        if not said:
            yield f"{place}: empty"
        elif fields(said) != fields(entry.text.many or entry.text.one):
            yield f"{place}: other placeholders: {said!r}"
        if said != unicodedata.normalize("NFC", said):
            yield f"{place}: not NFC: {said!r}"
        if said and _ends(said) != _ends(entry.text.many or entry.text.one):
            yield f"{place}: begins or ends with other white space: {said!r}"


def fields(text: str) -> set[str]:
    """The names of its placeholders."""
    return {match[1] or match[0] for match in _FIELD.finditer(text.replace("%%", ""))}


def _ends(text: str) -> tuple[bool, bool]:
    return text[:1].isspace(), text[-1:].isspace()


def bare(path: Path) -> list[str]:
    """Text of a template that no reader of another language would understand, with its line."""
    environment = Environment(extensions=_EXTENSIONS)
    source = path.read_text("utf-8")
    page = _Page()
    page.feed(_skeleton(environment, source))
    page.close()
    return page.found + [
        f"{node.lineno}: {node.value!r}"
        for node in _literals(environment.parse(source))
        if _SENTENCE.search(node.value)
    ]


def _skeleton(environment: Environment, source: str) -> str:
    """The template with a hole for each expression, without statements and translated blocks."""
    kept: list[str] = []
    inside, words = "", []
    translated = False
    for _, kind, value in environment.lex(source):
        if kind == "data":
            kept.append("\n" * value.count("\n") if translated else value)
        elif kind in {"block_begin", "variable_begin"}:
            inside, words = kind, []
        elif kind in {"block_end", "variable_end"}:
            if words[:1] == ["trans"] or words[:1] == ["endtrans"]:
                translated = words[0] == "trans"
            kept.append(_HOLE if inside == "variable_begin" and not translated else "")
            inside = ""
        elif inside and kind != "whitespace":
            words.append(value)
        if kind != "data":
            kept.append("\n" * value.count("\n"))
    return "".join(kept)


def _literals(node: nodes.Node) -> Iterator[nodes.Const]:
    """Strings of expressions, but for those that are translated or compared."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Const) and isinstance(child.value, str):
            yield child
        elif not (
            isinstance(child, (nodes.Compare, nodes.Test, nodes.Getitem))
            or (isinstance(child, nodes.Call) and getattr(child.node, "name", "") in CALLS)
        ):
            yield from _literals(child)


class _Page(HTMLParser):
    """Collects what a reader sees or hears."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _NEUTRAL:
            self._open.append(tag)
        given = dict(attrs)
        spoken = _SPOKEN | ({"value"} if given.get("type") in {"submit", "button"} else set())
        for name, value in attrs:
            if name in spoken and value:
                self._look(value)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            self._open.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self._open:
            self._look(data)

    def _look(self, text: str) -> None:
        shown = html.unescape(text).replace(_HOLE, " ").strip(string.whitespace)
        if _WORD.search(shown):
            self.found.append(f"{self.getpos()[0]}: {' '.join(shown.split())!r}")


def main() -> None:
    """Print what is wrong; the exit code says whether anything is."""
    found = faults()
    for path in sorted(WEB.rglob("*.html")):
        found += [f"{path.relative_to(WEB)}:{text}: not translated" for text in bare(path)]
    print("\n".join(found))
    print(f"{len(texts())} texts, {len(entries())} in catalogues, {len(found)} faults")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
