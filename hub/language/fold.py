"""Text as words, in one way for what is stored and for what is searched.

* Case, accents, full width and compatibility forms make no difference: `lua dao` finds `Lừa đảo`.
  What cannot be seen (zero width, direction, soft hyphen, control) is nothing, not even a border.
* A word is a run of letters, digits and marks; everything else parts words: `evil.com` is `evil`,
  `com`. Decimal digits of every script are 0 to 9. A word is cut after `MAX_WORD` characters.
* Marks that are an accent, a stress or an optional vowel (Latin, Greek, Cyrillic, Hebrew, Arabic)
  are dropped. All others make a different word, as the vowel signs of Thai, Lao, Khmer, Burmese
  and the scripts of India do, and stay: without them those words are only their consonants.
* Scripts that put no space between words (`_DENSE`) are cut into pairs of code points that
  overlap: `abcd` is `ab`, `bc`, `cd`. So any part of two code points or more, searched as a
  phrase, is found wherever it stands. One alone stays alone: it finds where it stands alone and,
  as the beginning of a word, where another follows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

GAP = "|"
"""Stands between two texts; no text has it as a word"""
MAX_WORD = 64
"""Characters"""
MAX_WORDS = 20_000
"""How many of several texts are kept by `join`"""

INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
"""Controls that part nothing, and what Unicode calls default ignorable"""

# Combining marks of no script in particular, then of Cyrillic, Hebrew, Arabic and Syriac.
_ACCENT = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    "\u0483-\u0489\u2de0-\u2dff\ua66f-\ua67d"
    "\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u08ca-\u08ff\u0711\u0730-\u074a]"
)
# Thai and Lao, Burmese, Khmer, Tai and its neighbours, Balinese and Javanese, then Chinese
# characters and kana.
_DENSE = (
    "\u0e00-\u0eff\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf"
    "\uaa80-\uaadf\u1b00-\u1b7f\ua980-\ua9df"
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u303c\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\U0001aff0-\U0001b16f\U00020000-\U0003ffff"
)
_RUN = re.compile(f"([{_DENSE}]+)|[^{_DENSE}\\s]+")
# Letters with a stroke, which no decomposition takes off.
_STROKES = {"đ": "d", "ð": "d", "ħ": "h", "\u0131": "i", "ł": "l", "ø": "o", "ŧ": "t"}
_CODES = map(chr, range(128))
_PLAIN = "".join(c.lower() if c.isalnum() else " " for c in _CODES).encode().ljust(256)
# Texts are joined by a sign that is white space to `fold`, and translated at one go.
_BETWEEN_CODE = "\x1d"
_BETWEEN = f" {_BETWEEN_CODE} "
_PLAIN_OR_GAP = bytes(
    ord(GAP) if code == ord(_BETWEEN_CODE) else _PLAIN[code] for code in range(256)
)
_TWO_GAPS = f"{GAP} {GAP}"
_NOTHING = bytes(code for code in range(128) if INVISIBLE.match(chr(code)))


class _Letters(dict[int, str]):
    """What `str.translate` puts in place of a code point; each is looked at once."""

    def __missing__(self, code: int) -> str:
        self[code] = letter = _letter(chr(code))
        return letter


def _letter(char: str) -> str:
    if _ACCENT.match(char):
        return ""
    group = unicodedata.category(char)
    if group == "Nd":
        return str(unicodedata.decimal(char))
    return _STROKES.get(char, char) if group[0] in "LMN" else " "


_LETTERS = _Letters()


def fold(text: str) -> list[str]:
    """The words of a text in order, each of 1 to `MAX_WORD` characters."""
    if text.isascii():
        plain = text.encode().translate(_PLAIN, _NOTHING).decode()
        words = plain.split()
        return [word[:MAX_WORD] for word in words] if _has_long(plain) else words
    pieces = text.split()
    if max(map(len, pieces), default=0) <= MAX_WORD:
        return [word for piece in pieces for word in _of_short(piece)]
    return [word for piece in pieces for word in _words(piece)]


def _has_long(plain: str) -> bool:
    """Whether a word is longer than `MAX_WORD`; goes from blank to blank in the longest steps."""
    start, last = 0, len(plain) - MAX_WORD
    while start < last:
        blank = plain.rfind(" ", start, start + MAX_WORD + 1)
        if blank < 0:
            return True
        start = blank + 1
    return False


def join(texts: Iterable[str]) -> str:
    """The words of several texts with a blank between; `GAP` stands between two texts."""
    listed = [text for text in texts if text]
    whole = _BETWEEN.join(listed)
    if whole.isascii() and whole.count(_BETWEEN_CODE) == len(listed) - 1:
        plain = whole.encode().translate(_PLAIN_OR_GAP, _NOTHING).decode()
        words = plain.split()
        joined = " ".join(words)
        # A text without words leaves a gap too many.
        spare = joined.strip(GAP) != joined or _TWO_GAPS in joined
        if not (spare or len(words) > MAX_WORDS or _has_long(plain)):
            return joined
    several: list[str] = []
    for text in listed:
        folded = fold(text)
        if folded and several:
            several.append(GAP)
        several += folded
    return " ".join(several[:MAX_WORDS])


def _words(piece: str) -> tuple[str, ...]:
    """The words of a piece of text without white space."""
    if piece.isascii():
        plain = piece.encode().translate(_PLAIN, _NOTHING).decode()
        return tuple([word[:MAX_WORD] for word in plain.split()])
    plain = unicodedata.normalize("NFKD", INVISIBLE.sub("", piece))
    plain = unicodedata.normalize("NFKD", plain.casefold()).translate(_LETTERS)
    words: list[str] = []
    for run in _RUN.finditer(unicodedata.normalize("NFC", plain)):
        word = run[0]
        if run[1] and len(word) > 1:
            words += [word[i : i + 2] for i in range(len(word) - 1)]
        else:
            words.append(word[:MAX_WORD])
    return tuple(words)


_of_short = lru_cache(maxsize=16_384)(_words)
