"""Lines of a laid-out page, with values that were broken at the end of a line joined again.

A fragment is joined when nothing else makes sense of it: digits of a hash whose sum is the length of
one while the parts are none, an address that ends in the middle, a defanged dot.
"""

from __future__ import annotations

import re

_LENGTHS = (32, 40, 64, 96, 128)
_MOST_LINES = 4
_TAIL = re.compile(r"(?:^|(?<=[\s:|=]))([0-9a-fA-F]{4,126})-?$")
_HEAD = re.compile(r"([0-9a-fA-F]{2,126})(?=$|[\s,;|.])")
_NAME_OF_LONG = re.compile(r"sha-?_?(256|384|512)", re.IGNORECASE)
_OPEN_DOT = re.compile(r"\S(?:\[\.?|\[?\.\]|\[dot\]|\(\.\)|\{\.\})$", re.IGNORECASE)
_BEGINS_DOT = re.compile(r"(?:\[\.\]|\[dot\]|\.\])\S", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?:h(?:tt|xx|\*\*)ps?|s?ftp)\W{0,3}:\W{0,3}//?\S*[/_=&?%~.\-]$", re.IGNORECASE
)
_ADDRESS_GOES_ON = re.compile(r"(?=\S*[0-9./_=&?%-]\S)[\w./=&?%~#+\[\]-]+(?=$|\s)")


def joined(text: str) -> str:
    """The text with broken values whole; other lines stay as they are."""
    lines = [line.rstrip() for line in text.replace("\u00ad\n", "").split("\n")]
    made: list[str] = []
    at = 0
    while at < len(lines):
        line, took = _hash_from(lines, at)
        while at + took < len(lines) and _goes_on(line, lines[at + took]):
            line += lines[at + took].lstrip()
            took += 1
        made.append(line)
        at += took
    return "\n".join(made)


def _hash_from(lines: list[str], at: int) -> tuple[str, int]:
    """The line with the hash that begins at its end, and how many lines that took."""
    line = lines[at]
    tail = _TAIL.search(line)
    if not tail:
        return line, 1
    digits, rest = tail[1], ""
    for took in range(1, min(_MOST_LINES, len(lines) - at)):
        head = _HEAD.match(lines[at + took].lstrip())
        if not head or not _may_join(line, digits, head[1]):
            break
        digits += head[1]
        rest = lines[at + took].lstrip()[head.end() :]
        if len(digits) in _LENGTHS and not _needs_more(line, digits):
            return f"{line[: tail.start(1)]}{digits}{rest}", took + 1
        if rest:
            break
    return line, 1


def _may_join(line: str, digits: str, more: str) -> bool:
    """Two whole hashes below each other are two, unless the line names a longer one."""
    return not (len(digits) in _LENGTHS and len(more) in _LENGTHS) or _needs_more(line, digits)


def _needs_more(line: str, digits: str) -> bool:
    named = _NAME_OF_LONG.search(line)
    return named is not None and len(digits) * 4 < int(named[1])


def _goes_on(line: str, following: str) -> bool:
    """Whether the value at the end of a line goes on at the beginning of the next."""
    bare = following.lstrip()
    if not bare or not line:
        return False
    last = line.rsplit(maxsplit=1)[-1]
    if _OPEN_DOT.search(last) or (_BEGINS_DOT.match(bare) and not line.endswith((".", ":"))):
        return True
    return _ADDRESS.match(last) is not None and _ADDRESS_GOES_ON.match(bare) is not None
