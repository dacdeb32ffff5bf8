"""What was made harmless to click on, as it was: `hxxps[:]//evil[.]com` is `https://evil.com`."""

from __future__ import annotations

import re
import unicodedata

from hub.language.fold import INVISIBLE

# Quotes and the signs of a sentence, which stand around a value and are not of it.
_AROUND = " \t\r\n\"'`,;!|=\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a"
_AFTER = _AROUND + ".:?\\([{<"
_PARTNER = {"[": "]", "(": ")", "{": "}", "<": ">"}
_CLOSERS = {closer: opener for opener, closer in _PARTNER.items()}

_SUSPECT = re.compile(r"[\[\](){}<>\\\u3002]|hx|htx|h\*|meow|fxp|\s(?:dot|at)\s", re.IGNORECASE)
_SCHEME = re.compile(
    r"^(?:(?P<http>h(?:xx|tx|xt|\*\*)p|meow)(?P<s>s?)|(?P<ftp>f[x*]p))(?=\W*[:/])", re.IGNORECASE
)
_SLASHES = re.compile(r"^(\w{2,10})\W{0,3}:\W{0,3}[/\\]{2}[\s\])}>]{0,2}(?=[\w\[])")
_SIGN = re.compile(
    r"\s*[\[({<]{1,2}\s*(?:(?P<dot>\.|dot|d0t|punkt|cham)|(?P<at>@|at)|(?P<sign>:|/|-))"
    r"\s*[\])}>]{1,2}\s*",
    re.IGNORECASE,
)
_SPELLED = re.compile(r"\s+(?:(dot)|at)\s+", re.IGNORECASE)
_HALF = re.compile(r"[\[({]\.|\.[\])}]|\\\.")


def clean(text: str) -> str:
    """The text in compatibility form (full width is plain), without what cannot be seen."""
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFKC", INVISIBLE.sub("", text))


def refang(text: str) -> str:
    """A value as it was before it was defanged, without what stands around it."""
    bare = _bare(clean(text))
    if not _SUSPECT.search(bare):
        return bare
    bare = _SPELLED.sub(lambda m: "." if m[1] else "@", bare.replace("\u3002", "."))
    bare = _HALF.sub(".", _SIGN.sub(_plain, bare))
    bare = _SCHEME.sub(lambda m: "http" + m["s"] if m["http"] else "ftp", bare)
    return _bare(_SLASHES.sub(r"\1://", bare))


def unquote(text: str) -> str:
    """The text without blanks and quotes around it, and with plain dots: `setup[.]exe`."""
    return _SIGN.sub(_plain, clean(text)).strip(" \t\r\n\"'`\u2018\u2019\u201c\u201d")


def _plain(match: re.Match[str]) -> str:
    return "." if match["dot"] else "@" if match["at"] else match["sign"]


def _bare(text: str) -> str:
    """Without what stands around it; a bracket whose partner is inside stays."""
    while True:
        before = text
        if text[:1] in _PARTNER and text[-1:] == _PARTNER[text[:1]]:
            text = text[1:-1]
        text = text.strip(_AROUND)
        if text[:1] in _PARTNER and _PARTNER[text[0]] not in text:
            text = text[1:]
        if text[-1:] in _CLOSERS and text.count(_CLOSERS[text[-1]]) < text.count(text[-1]):
            text = text[:-1]
        text = text.rstrip(_AFTER if not text.endswith("::") else _AROUND)
        if text == before:
            return text
