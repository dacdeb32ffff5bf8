"""What was made harmless to click on, as it was: `hxxps[:]//evil[.]com` is `https://evil.com`."""

from __future__ import annotations

import re
import unicodedata

from hub.language.fold import INVISIBLE

# Quotes and the signs of a sentence, which stand around a value and are not of it.
_AROUND = " \t\r\n\"'`,;!|=\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a"
_AFTER = _AROUND + ".?\\([{<"
_AFTER_NO_ADDRESS = _AFTER + ":"
_MOST_LAYERS = 24
_PARTNER = {"[": "]", "(": ")", "{": "}", "<": ">"}
_CLOSERS = {closer: opener for opener, closer in _PARTNER.items()}

_SUSPECT = re.compile(r"[\[\](){}<>\\\u3002]|hx|htx|h\*|meow|fxp|\s(?:dot|at)\s", re.IGNORECASE)
_SCHEME = re.compile(
    r"^(?:(?P<http>h(?:xx|tx|xt|\*\*)p|meow)(?P<s>s?)|(?P<ftp>f[x*]p))(?=\W*[:/])", re.IGNORECASE
)
_TIDY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9./:@%&=_-]*[A-Za-z0-9/])?")
_SLASHES = re.compile(r"^(\w{2,10})\W{0,3}:\W{0,3}[/\\]{2}[\s\])}>]{0,2}(?=[\w\[])")
# White space is looked at from its beginning alone: from each of its places costs its square.
_SIGN = re.compile(
    r"(?<!\s)\s*+[\[({<]{1,2}\s*+(?:(?P<dot>\.|dot|d0t|punkt|cham)|(?P<at>@|at)|(?P<sign>:|/|-))"
    r"\s*+[\])}>]{1,2}\s*+",
    re.IGNORECASE,
)
_SPELLED = re.compile(r"(?<!\s)\s++(?:(dot)|at)\s++", re.IGNORECASE)
_HALF = re.compile(r"[\[({]\.|\.[\])}]|\\\.")


def clean(text: str) -> str:
    """The text in compatibility form (full width is plain), without what cannot be seen."""
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFKC", INVISIBLE.sub("", text))


def refang(text: str) -> str:
    """A value as it was before it was defanged, without what stands around it."""
    if _TIDY.fullmatch(text) and not _SCHEME.match(text):
        return text
    bare = _bare(clean(text))
    if not _SUSPECT.search(bare):
        return bare
    bare = _SPELLED.sub(lambda m: "." if m[1] else "@", bare.replace("\u3002", "."))
    bare = _HALF.sub(".", _SIGN.sub(_plain, bare))
    bare = _SCHEME.sub(lambda m: "http" + m["s"] if m["http"] else "ftp", bare)
    return _bare(_SLASHES.sub(r"\1://", bare))


def unquote(text: str) -> str:
    """A name or path as it was: `setup[.]exe` is `setup.exe`; its own backslashes stay."""
    return _bare(_SIGN.sub(_plain, _bare(clean(text))))


def _plain(match: re.Match[str]) -> str:
    return "." if match["dot"] else "@" if match["at"] else match["sign"]


def _bare(text: str) -> str:
    """Without what stands around it; a bracket whose partner is inside stays.

    Nothing is left of what is wrapped more often than anybody does.
    """
    for _ in range(_MOST_LAYERS):
        before = text
        if _is_wrapped(text):
            text = text[1:-1]
        text = text.strip(_AROUND)
        if text[:1] in _PARTNER and _PARTNER[text[0]] not in text:
            text = text[1:]
        if text[-1:] in _CLOSERS and text.count(_CLOSERS[text[-1]]) < text.count(text[-1]):
            text = text[:-1]
        text = text.rstrip(_AFTER)
        if not text.endswith("::"):
            text = text.rstrip(_AFTER_NO_ADDRESS)
        if text == before:
            return text
    return ""


def _is_wrapped(text: str) -> bool:
    """Whether the first and the last character are a pair of brackets."""
    opener = text[:1]
    closer = _PARTNER.get(opener)
    if closer is None or text[-1:] != closer:
        return False
    depth = 0
    for place, char in enumerate(text):
        depth += (char == opener) - (char == closer)
        if depth == 0:
            return place == len(text) - 1
    return False
