"""What the headings of tables mean, in English and Vietnamese, as `hub.language.fold.join` writes them."""

from __future__ import annotations

import re

from hub.language.fold import join


def _words(text: str) -> re.Pattern[str]:
    listed = "|".join(word.strip().replace(" ", " ?") for word in text.split("|"))
    return re.compile(rf"(?:^| )(?:{listed})s?(?: |$)")


VALUES = _words(
    r"md5|sha ?\d+|ssdeep|hash|hashe|ip|ipv4|ipv6|domain|hostname|host|fqdn|url|uri|email|cve|ioc"
    r"|indicator|value|c2|c2 server|observable|sample|gia tri|chi dau|ten mien|dia chi ip|ma bam"
)
"""It holds values."""
NOTES = _words(
    "name|description|comment|note|malware|family|campaign|threat|title|tag|label|actor|group"
    "|signature|use|usage|filename|file name|category|context|detail|alias|remark"
    "|ten|mo ta|ghi chu|ma doc|chien dich|nhan|nhom"
)
"""What it says belongs to the values of its row."""
KINDS = _words("type|kind|ioc type|indicator type|threat type|loai|kieu")
"""It says what the values are; the hub sees that itself."""
SEEN = _words(
    "first seen|last seen|firstseen|lastseen|last online|last active|date added|dateadded|added|seen"
    "|date|time|timestamp|observed|detected|reported|submission|submission time|submitted"
    "|verification time|verified at|ngay|thoi gian|ngay them|phat hien|lan dau|lan cuoi"
)
"""When its values were seen or noted; of several dates in a row the last one holds."""
OTHER_DATES = _words(
    "compile|compiled|compilation|created|creation|modified|saved|updated|registered|expire|expires"
    "|expiry|expiration|birth|template"
)
"""Dates of files, domains and rows; they do not say when the value was seen."""
CONFIDENCE = _words("confidence|confidence level|do tin cay")
REFERENCES = _words(
    "reference|ref|source|link|permalink|report|article|blog|detail|analysis|sandbox|virustotal|info"
    "|tham khao|nguon"
)
"""Addresses in it are where to read more, and lead to no attacker."""
OTHERS = _words(
    "reporter|author|contact|analyst|victim|target|whitelist|allowlist|benign|legitimate|sinkhole"
    "|nan nhan|nguoi bao cao|muc tieu"
)
"""Its values are those of victims and of people who report: never to be published as hostile"""
NUMBERS = _words("version|port|size|country|asn name|user agent|build|phien ban")
"""What looks like a value in it is none, unless the heading names one, too: `ip_port`."""


def said(heading: str) -> str:
    """A heading as these patterns read it."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading)
    return join([spaced.replace("_", " ")])
