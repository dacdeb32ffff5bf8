"""Values as people write and paste them, in one canonical spelling, the key.

Engines compare keys and never interpret them. A key is read from every usual spelling, and from
what `show` gives. It has at most `MAX_KEY` characters, or is cut and closed with a digest.

| field | key |
| --- | --- |
| ip | `198.51.100.7`, `198.51.100.0/24`, `2001:db8::1` (`hub.language.hosts`) |
| domain | `com.evil.www.` |
| url | lower case; no default port, no slash at the end, punycode, `%xx` for what is not ASCII |
| hash | lower case hex, whatever the algorithm; others in lower case |
| email | lower case |
| file | base name in lower case |
| cve | `cve-2026-0001`: at least four digits |
| attack | `t1566.001` |
| asn | `64500` |
| mac | `00:00:5e:00:53:01` |
| value and keywords | lower case, one blank for any white space |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import blake2b
from types import MappingProxyType
from urllib.parse import quote

from hub.language.hosts import (
    Span,
    ascii_name,
    domain_key,
    domain_of,
    host_of,
    ip_key,
    span,
)
from hub.language.refang import clean, refang, unquote
from hub.model.search import Term

__all__ = [
    "MAX_KEY",
    "Span",
    "derived",
    "detect",
    "is_cut",
    "key_of",
    "read",
    "refang",
    "show",
    "span",
]

MAX_KEY = 200
"""Characters of a value that its key keeps"""
_DIGEST = 16
_CUT = re.compile(rf".{{{MAX_KEY}}}~[0-9a-f]{{{2 * _DIGEST}}}", re.DOTALL)
_NEVER_CUT = frozenset({"ip", "cve", "attack", "asn", "mac"})
_LONGEST = MAX_KEY + 1 + 2 * _DIGEST

_PLAIN_URL = re.compile(
    r"(?:https?|ftp)://[a-z0-9.-]*[a-z0-9](?:/[a-z0-9/._~%&=+?@-]*[a-z0-9=_-])?"
)
_URL = re.compile(r"(?:([a-z][a-z0-9+.-]{1,30}):/{2,3})?([^/?#]*)(.*)", re.DOTALL)
_NO_SCHEME = re.compile(r"[^\s/?#@]+[/?#]\S*")
_PORTS = {"http": ":80", "https": ":443", "ftp": ":21"}
_HOST = re.compile(r"[^@]*[.:][^@]*")
_MOST_ROUNDS = 4
_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F))
_PLAIN_FILE = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_HASH_NAME = re.compile(r"\A\s*(?:md5|sha-?[0-9]{1,3}|sha3-[0-9]{3})\s*[:=]\s*", re.IGNORECASE)
_HEX = re.compile(
    r"[0-9a-f]{32}(?:[0-9a-f]{8}|[0-9a-f]{24}|[0-9a-f]{32}|[0-9a-f]{64}|[0-9a-f]{96})?"
)
_BETWEEN_HEX = re.compile(r"[\s:-]+")
_CVE = re.compile(r"(?:cve[\s_:\u2010-\u2015-]*)?([0-9]{4})[\s_\u2010-\u2015-]+([0-9]{1,12})")
_ATTACK = re.compile(r"((?:ta|ds|dc|an|det|[tgsmca])[0-9]{4})(?:[./]([0-9]{3}))?")
_ASN = re.compile(r"(?:asn?[\s:_-]*)?([0-9]{1,10})(?:\.([0-9]{1,5}))?")
_MAX_ASN, _MAX_ASN_PART = 2**32, 2**16
_MAC = re.compile(r"[0-9a-f]{2}(?:([:.\s-]?)[0-9a-f]{2}(?:\1[0-9a-f]{2})*)")
_MAC_GROUPS = re.compile(r"(?:[0-9a-f]{4}[.:-]){2,3}[0-9a-f]{4}")
_MAC_DIGITS = (12, 16)
_EMAIL = re.compile(r"(?:.*<)?(?:mailto:)?([^\s@<>]+)@([^@<>?]+)(?:\?.*|>)?", re.DOTALL)
_STIX_ID = re.compile(r"[a-z][a-z0-9-]*--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MARKED_MAC = re.compile(
    r"[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}(?:(?:\1[0-9a-f]{2}){2})?"
)

_FILES = (
    "apk asp aspx bak bat bin bmp cfg class cmd conf cpl csv dat db deb dex dll dmg doc docm docx"
    " dotm drv efi elf eml eps exe gif gz hta htm html ico img inf ini ipa iso jar jpeg jpg js jse"
    " json jsp kext lnk log macho msc msi msp ocx odt ole pdb pdf pem php pif plist png potm ppam"
    " ppt pptm pptx psd pyc pyd rar reg rpm rtf scr sct swf sys tar tgz tif tmp txt url vba vbe"
    " vbs vhd vhdx vmdk war wim wsc wsf xlam xls xlsb xlsm xlsx xml xsl yaml yml"
)
_BOTH = "app bz cab cc md mov pl ps pub py rs sh so zip"
FILE_ENDINGS = frozenset(_FILES.split())
"""What ends names of files and no domain: none of them is a top level domain"""
BOTH_ENDINGS = frozenset(_BOTH.split())
"""What ends names of files and domains alike"""


def read(field: str, text: str) -> str | None:
    """The key of a value of a field of kind value or keyword, in any spelling.

    None: it is no value of this field.
    """
    if len(text) == _LONGEST and field not in _NEVER_CUT and _CUT.fullmatch(text):
        return text
    return _READERS.get(field, _keyword)(text)


def key_of(text: str) -> str:
    """The text as a key: whole, or its first `MAX_KEY` characters, `~` and a digest of it."""
    if len(text) <= MAX_KEY or is_cut(text):
        return text
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST).hexdigest()
    return f"{text[:MAX_KEY]}~{digest}"


def is_cut(key: str) -> bool:
    """Whether it is the beginning of a longer value, with a digest: it finds it, and is not it."""
    return len(key) == _LONGEST and _CUT.fullmatch(key) is not None


def show(term: Term) -> str:
    """A term as people write it; `read` gives its key again."""
    if len(term.key) == _LONGEST:
        return term.key
    if term.field == "domain":
        return domain_of(term.key)
    if term.field in {"cve", "attack"}:
        return term.key.upper()
    return f"AS{term.key}" if term.field == "asn" else term.key


def derived(term: Term) -> tuple[Term, ...]:
    """The host of a URL, the domain of an e-mail address."""
    if term.field == "url":
        authority = _URL.fullmatch(term.key)
        return _host(host_of(authority[2].rpartition("@")[2])) if authority else ()
    return _host(term.key.rpartition("@")[2]) if term.field == "email" else ()


def detect(text: str) -> list[Term]:
    """What a pasted value may be, the most likely first; nothing for a plain word."""
    if len(text) > _LONGEST_PASTED:
        return []
    bare = refang(text)
    low = bare.lower()
    for field, pattern in _MARKED:
        if pattern.fullmatch(low):
            key = read(field, bare)
            return [Term(field, key)] if key else []
    return _address(bare) or _path(text) or _name(bare)


def _address(bare: str) -> list[Term]:
    if "://" in bare:
        key = _url(bare)
        return [Term("url", key)] if key else []
    key = ip_key(bare)
    if key:
        return [Term("ip", key)]
    key = _email(bare) if "@" in bare else None
    if key:
        return [Term("email", key)]
    if _NO_SCHEME.fullmatch(bare) and _host(host_of(re.split("[/?#]", bare, maxsplit=1)[0])):
        if not re.search(r"[?#]|/.", bare):
            return _name(bare.rstrip("/"))
        found = (_url(f"{scheme}{bare}") for scheme in ("http://", "https://", ""))
        return [Term("url", key) for key in found if key]
    return []


def _path(text: str) -> list[Term]:
    """A path, a registry key or another name with slashes."""
    whole = unquote(text)
    if "\\" not in whole.replace("\\.", "") and not whole.startswith("/"):
        return []
    file = _file(whole)
    found = [Term("file", file)] if file and "." in file else []
    # The key of a value is the text itself, with all its signs.
    keys = dict.fromkeys(_keyword(form) for form in (text.strip(" \t\r\n\"'`"), whole))
    return found + [Term("value", key) for key in keys if key]


def _name(bare: str) -> list[Term]:
    """A domain or the name of a file."""
    domain, file = domain_key(bare), _file(bare)
    ending = (file or "").rpartition(".")[2]
    found = []
    if domain and ending not in FILE_ENDINGS:
        found.append(Term("domain", domain))
    if file and "." in file and ending in FILE_ENDINGS | BOTH_ENDINGS:
        found.append(Term("file", file))
    return found


def _host(text: str) -> tuple[Term, ...]:
    ip = ip_key(text)
    if ip:
        return (Term("ip", ip),)
    domain = domain_key(text)
    return (Term("domain", domain),) if domain else ()


def _domain(text: str) -> str | None:
    key = domain_key(text)
    return key and key_of(key)


def _settled(once: Callable[[str], str | None], text: str) -> str | None:
    """What is read again and again until nothing changes; None: nothing, or it never rests."""
    for _ in range(_MOST_ROUNDS):
        key = once(text)
        if key is None or key == text:
            return key and key_of(key)
        text = key
    return None


def _url(text: str) -> str | None:
    low = text.lower()
    return key_of(low) if _PLAIN_URL.fullmatch(low) else _settled(_url_once, text)


def _url_once(text: str) -> str | None:
    parts = _URL.fullmatch(refang(text).lower())
    if not parts or not parts[2] or not (parts[1] or _HOST.fullmatch(parts[2])):
        return None
    scheme = f"{parts[1]}://" if parts[1] else ""
    user, at, place = parts[2].rpartition("@")
    host = host_of(place)
    port = place[len(host) :] if place.startswith(host) else ""
    port = "" if port in {":", _PORTS.get(parts[1])} else port
    ip = ip_key(host)
    name = (f"[{ip}]" if ":" in ip else ip) if ip else ascii_name(host) or host
    rest = parts[3].rstrip("/") if set(parts[3]) != {"?"} else ""
    whole = f"{scheme}{user}{at}{name}{port}{rest}"
    return quote(whole, safe=_PRINTABLE).lower()


def _hash(text: str) -> str | None:
    low = text.lower()
    return low if _HEX.fullmatch(low) else _settled(_hash_once, text)


def _hash_once(text: str) -> str | None:
    plain = _HASH_NAME.sub("", refang(text).lower(), count=1)
    joined = _BETWEEN_HEX.sub("", plain.removeprefix("0x"))
    return joined if _HEX.fullmatch(joined) else _plain(plain)


def _email(text: str) -> str | None:
    return _settled(_email_once, text)


def _email_once(text: str) -> str | None:
    match = _EMAIL.fullmatch(refang(text).lower())
    if not match:
        return None
    place = match[2].strip("[] ")
    domain = ip_key(place) or ascii_name(place)
    return f"{match[1]}@{domain}" if domain else None


def _file(text: str) -> str | None:
    low = text.lower()
    return key_of(low) if _PLAIN_FILE.fullmatch(low) else _settled(_file_once, text)


def _file_once(text: str) -> str | None:
    return _plain(re.split(r"[\\/]", unquote(text).rstrip("\\/ "))[-1])


def _cve(text: str) -> str | None:
    match = _CVE.fullmatch(text.lower()) or _CVE.fullmatch(refang(text).lower())
    return f"cve-{match[1]}-{int(match[2]):04d}" if match else None


def _attack(text: str) -> str | None:
    match = _ATTACK.fullmatch(refang(text).lower())
    return ".".join(filter(None, match.groups())) if match else None


def _asn(text: str) -> str | None:
    match = _ASN.fullmatch(refang(text).lower())
    if not match:
        return None
    high, low = (0, int(match[1])) if match[2] is None else (int(match[1]), int(match[2]))
    if low >= (_MAX_ASN if match[2] is None else _MAX_ASN_PART) or high >= _MAX_ASN_PART:
        return None
    return str((high << 16) + low)


def _mac(text: str) -> str | None:
    low = refang(text).lower()
    digits = re.sub(r"[:.\s-]", "", low)
    if len(digits) not in _MAC_DIGITS or not (_MAC.fullmatch(low) or _MAC_GROUPS.fullmatch(low)):
        return None
    return ":".join(digits[i : i + 2] for i in range(0, len(digits), 2))


def _keyword(text: str) -> str | None:
    return _settled(_plain, text)


def _plain(text: str) -> str | None:
    """The text in lower case, one blank for any white space."""
    low = text.lower() if text.isascii() else clean(text).casefold()
    return " ".join(clean(low).split()) or None


_READERS: Mapping[str, Callable[[str], str | None]] = MappingProxyType(
    {
        "ip": ip_key,
        "domain": _domain,
        "url": _url,
        "hash": _hash,
        "email": _email,
        "file": _file,
        "cve": _cve,
        "attack": _attack,
        "asn": _asn,
        "mac": _mac,
    }
)
_LONGEST_PASTED = 10_000
# What is told by its form alone, in this order.
_MARKED = (
    ("hash", _HEX),
    ("id", _STIX_ID),
    ("cve", re.compile(r"cve[\s_:\u2010-\u2015-]*[0-9]{4}[\s_\u2010-\u2015-]+[0-9]{1,12}")),
    ("attack", _ATTACK),
    ("asn", re.compile(r"asn?[\s:_-]*[0-9]{1,10}(?:\.[0-9]{1,5})?")),
    ("mac", _MARKED_MAC),
    ("mac", _MAC_GROUPS),
)
