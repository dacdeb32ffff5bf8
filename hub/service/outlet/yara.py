"""YARA rules as they came, in one file that compiles.

Each pattern is read into its tokens, and left out unless it is whole rules that stand alone: strings
closed, braces paired, every string of a condition defined and every one defined used, imports of
modules that YARA brings. `include` would read files of whoever compiles, and a `global` rule would
decide over all others. A rule whose name is taken already gets another one, also where the rules
of the same pattern speak of it. Whether what is left compiles in every detail is up to `yara`: where
the package is installed, each pattern is compiled alone first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from hashlib import blake2b
from itertools import pairwise
from typing import NamedTuple

from hub.service.outlet.press import Press, Selection, remark, said
from hub.service.outlet.wish import Left

LANGUAGE = "yara"
SIGN = "//"
LONGEST = 262_144
"""Characters of a pattern"""

MODULES = ("elf", "hash", "math", "pe", "time")
"""Every YARA of the last years has these."""

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)
    |(?P<open>/\*)
    |(?P<text>"(?:[^"\\\n]|\\.)*")
    |(?P<variable>[$\#@!]\w*\*?)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<number>[0-9][\w.]*)
    |(?P<regex>/(?:[^/\\\n]|\\.)+/[is]*)
    |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_WORDS = (
    "all and any ascii at base64 base64wide contains defined endswith entrypoint false filesize for"
    " fullword icontains iendswith iequals in int16 int16be int32 int32be int8 int8be istartswith"
    " matches nocase none not of or startswith them true uint16 uint16be uint32 uint32be uint8"
    " uint8be wide xor"
)
_KEYWORDS = frozenset(_WORDS.split())
# No `/`: YARA divides by `\`.
_SIGNS = frozenset("{}()[]:=,.<>+-*\\%&|^~?")
_TOO_LONG_NAME = 120
_RESERVED = frozenset(
    {"condition", "global", "import", "include", "meta", "private", "rule", "strings"}
)


class Token(NamedTuple):
    """A piece of a pattern."""

    kind: str
    text: str


class Pattern(NamedTuple):
    """Some rules that belong together."""

    names: tuple[str, ...]
    body: tuple[Token, ...]
    """All but the imports"""


class Unfit(Exception):
    """The pattern would keep the file from compiling; the text says why."""


def write(selection: Selection, press: Press) -> Iterator[bytes]:
    """All rules, each once, behind the modules that they need."""
    yield "".join(f'import "{name}"\n' for name in MODULES).encode()
    taken: set[str] = set()
    seen: set[bytes] = set()
    for rule in selection.rules():
        digest = blake2b(rule.text.encode("utf-8", "replace"), digest_size=16).digest()
        if digest in seen:
            continue
        seen.add(digest)
        try:
            text = _renamed(read(rule.text), taken, digest.hex()[:8])
        except Unfit:
            press.left[Left.RULE] += 1
            continue
        if press.wish.comments:
            yield remark(SIGN, said(rule.source))
        yield text.encode("utf-8", "replace") + b"\n"


def read(text: str) -> Pattern:
    """The rules of a pattern.

    Raises:
        Unfit: They would not compile, or do more than look for something.
    """
    if len(text) > LONGEST or "\x00" in text:
        raise Unfit("too long, or not text")
    body = _without_imports(list(_tokens(text)))
    names = tuple(_rules([token for token in body if token.kind != "space"]))
    others = _KEYWORDS | _RESERVED.union(MODULES)
    if not names or len(set(names)) < len(names) or not others.isdisjoint(names):
        raise Unfit("no rule, or two of one name, or one that is called like something else")
    if (compiled := _compiler()) and not compiled(text):
        raise Unfit("it does not compile")
    return Pattern(names, tuple(body))


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Unfit("it has a character that no rule has")
        token = Token(match.lastgroup or "", match[0])
        # What is open is looked for to the end of the text: once, and not at each of its signs.
        if token.kind == "open" or (token.kind == "sign" and token.text not in _SIGNS):
            raise Unfit("it has a character that no rule has, or a comment without an end")
        if token.kind == "variable" and len(token.text) > _TOO_LONG_NAME:
            raise Unfit("a name is too long")
        at += len(token.text)
        yield token


def _without_imports(tokens: list[Token]) -> list[Token]:
    """The tokens but for imports: the file names all modules at its top."""
    body: list[Token] = []
    imports = False
    before = ""
    for token in tokens:
        if token.kind == "word" and before != "." and token.text in {"include", "global"}:
            raise Unfit(f"it has {token.text}")
        if imports and token.kind == "text":
            if token.text.strip('"') not in MODULES:
                raise Unfit(f"it needs the module {token.text}")
            imports = False
        elif token.kind == "word" and token.text == "import" and before != ".":
            imports = True
        elif not imports or token.kind == "space":
            body.append(token)
        else:
            raise Unfit("an import names no module")
        before = before if token.kind == "space" else token.text
    return body


def _rules(body: Sequence[Token]) -> Iterator[str]:
    """The names; each rule is looked at on the way."""
    at, known = 0, set[str]()
    while at < len(body):
        while at < len(body) and body[at].text == "private":
            at += 1
        if at + 2 >= len(body) or body[at].text != "rule" or body[at + 1].kind != "word":
            raise Unfit("something is not a rule")
        name, opened = body[at + 1].text, _until(body, at + 2, "{")
        if len(name) > _TOO_LONG_NAME:
            raise Unfit("a name is too long")
        closed = _closing(body, opened)
        _check(body[opened + 1 : closed], known)
        known.add(name)
        yield name
        at = closed + 1


def _until(body: Sequence[Token], at: int, sign: str) -> int:
    """The place of a sign; before it stand the tags alone."""
    start = at
    while at < len(body) and body[at].text != sign:
        is_tag = body[at].kind == "word" if at > start else body[at].text == ":"
        if not is_tag:
            raise Unfit("a rule does not begin as one")
        at += 1
    if at >= len(body):
        raise Unfit("a rule has no body")
    return at


def _closing(body: Sequence[Token], opened: int) -> int:
    depth = 0
    for at in range(opened, len(body)):
        if body[at].kind == "sign":
            depth += (body[at].text == "{") - (body[at].text == "}")
        if depth == 0:
            return at
    raise Unfit("a brace is not closed")


def _check(inside: Sequence[Token], known: AbstractSet[str]) -> None:
    """What a rule says of its strings and of rules before it, and that it has a condition."""
    places = {
        token.text: at
        for at, token in enumerate(inside[:-1])
        if token.text in {"strings", "condition"} and inside[at + 1].text == ":"
    }
    condition = places.get("condition")
    if condition is None or len(inside) <= condition + 2:
        raise Unfit("a rule has no condition")
    strings = inside[places["strings"] : condition] if "strings" in places else ()
    defined = [
        token.text
        for token, after in pairwise(strings)
        if token.kind == "variable" and after.text == "="
    ]
    named = [text for text in defined if text != "$"]
    if len(set(named)) < len(named):
        raise Unfit("a string is defined twice")
    _check_used(inside[condition + 2 :], defined)
    _check_words(inside[condition + 2 :], known)


def _check_words(condition: Sequence[Token], known: AbstractSet[str]) -> None:
    """Every name is that of a rule before, of a module or of a loop."""
    looped: set[str] = set()
    in_loop, before = False, ""
    for token in condition:
        if token.kind == "word" and before != ".":
            in_loop = token.text == "for" or (in_loop and token.text != "in")
            if in_loop and token.text not in _KEYWORDS:
                looped.add(token.text)
            if token.text not in _KEYWORDS | known | looped and token.text not in MODULES:
                raise Unfit(f"nothing is called {token.text}")
        before = token.text


def _check_used(condition: Sequence[Token], defined: Sequence[str]) -> None:
    spoken = {f"${token.text[1:]}" for token in condition if token.kind == "variable"}
    words = {token.text for token in condition if token.kind == "word"}
    # Sets, since there may be thousands: how a name begins, with `*` behind it.
    begun = {name: {f"{name[:end]}*" for end in range(1, len(name) + 1)} for name in defined}
    if not spoken <= {"$"}.union(defined, *begun.values()):
        raise Unfit("a condition speaks of a string that is not there")
    everything = "them" in words or "$*" in spoken
    for name in defined:
        used = everything or name in spoken or name.startswith("$_")
        if not (used or not spoken.isdisjoint(begun[name])):
            raise Unfit("a string is not used")


def _renamed(pattern: Pattern, taken: set[str], suffix: str) -> str:
    """The text of rules, under names that are not taken; these are taken from now on."""
    names = {name: f"{name}_{suffix}" if name in taken else name for name in pattern.names}
    if not taken.isdisjoint(names.values()):
        raise Unfit("its name is taken twice")
    taken.update(names.values())
    parts: list[str] = []
    before = ""
    for token in pattern.body:
        is_name = token.kind == "word" and before != "."
        parts.append(names.get(token.text, token.text) if is_name else token.text)
        before = before if token.kind == "space" else token.text
    return "".join(parts).strip()


@cache
def _compiler() -> Callable[[str], bool] | None:
    """Whether a pattern compiles alone; None where the package is not installed."""
    try:
        import yara
    except ImportError:
        return None

    def compiles(text: str) -> bool:
        try:
            yara.compile(source=text, includes=False)
        except (yara.Error, UnicodeEncodeError):
            return False
        return True

    return compiles
