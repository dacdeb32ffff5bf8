"""All formats: the doors, the documents and the tests read this table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hub.language.fields import VALUES
from hub.model.tlp import Tlp
from hub.service.outlet import atom, lists, names, objects, sigma, snort, suricata, table_csv, yara
from hub.service.outlet import zeek as intel
from hub.service.outlet.press import Format
from hub.service.outlet.rules import SIGN, writer

_TEXT = "text/plain; charset=utf-8"

# How far a marking may go follows from who holds the file. A device is its organisation's, and who
# looks after it may be a supplier: a client of the recipient, as AMBER allows. What a resolver
# refuses can be found out by whoever asks it, so that is for the community, as is what a feed
# reader shows. What analysts load into a platform of their own organisation goes up to
# AMBER+STRICT. RED is for persons by name, and never in a file.
_DEVICE, _OPEN, _ANALYST = Tlp.AMBER, Tlp.GREEN, Tlp.AMBER_STRICT


def _list(name: str, meaning: str, field: str) -> Format:
    write = lists.urls if field == "url" else lists.values
    return Format(name, meaning, _TEXT, _DEVICE, write, (field,), sign=lists.SIGN)


def _hashes(name: str, algorithm: str) -> Format:
    meaning = f"Hashes of files by {algorithm.upper()}, one in each line"
    write = lists.hashes_of(algorithm)
    return Format(name, meaning, _TEXT, _DEVICE, write, ("hash",), sign=lists.SIGN)


_ALL = (
    _list("ips.txt", "Addresses and networks, one in each line", "ip"),
    _list("domains.txt", "Domains, one in each line", "domain"),
    _list("urls.txt", "URLs, one in each line", "url"),
    _list("hashes.txt", "Hashes of files, whatever the algorithm, one in each line", "hash"),
    _hashes("md5.txt", "md5"),
    _hashes("sha1.txt", "sha1"),
    _hashes("sha256.txt", "sha256"),
    _list("emails.txt", "E-mail addresses, one in each line", "email"),
    Format(
        "values.csv",
        "All values with who says so: a row for each value and source",
        table_csv.MEDIA_TYPE,
        _ANALYST,
        table_csv.write,
        VALUES,
    ),
    Format(
        "bundle.json",
        "The objects as they were published, as a STIX bundle",
        "application/stix+json;version=2.1",
        _ANALYST,
        objects.bundle,
        query="",
    ),
    Format(
        "objects.ndjson",
        "The objects as they were published, one in each line",
        "application/x-ndjson",
        _ANALYST,
        objects.ndjson,
        query="",
    ),
    Format(
        "suricata.rules",
        "Rules for Suricata 6 and newer: DNS, TLS, HTTP, addresses; files if asked for",
        _TEXT,
        _DEVICE,
        writer(suricata.drafts),
        suricata.FIELDS,
        suricata.MORE,
        sign=SIGN,
    ),
    Format(
        "snort.rules",
        "Rules for Snort 3: DNS, HTTP, addresses",
        _TEXT,
        _DEVICE,
        writer(snort.drafts),
        snort.FIELDS,
        sign=SIGN,
    ),
    Format(
        "zeek.intel",
        "The file of Zeek's intelligence framework",
        _TEXT,
        _DEVICE,
        intel.write,
        intel.FIELDS,
        ("file",),
        head=intel.head,
    ),
    Format(
        "rpz.zone",
        "A response policy zone: names and what is below them do not exist",
        _TEXT,
        _OPEN,
        names.zone,
        ("domain", "ip"),
        sign=names.ZONE_SIGN,
        head=names.zone_head,
    ),
    Format(
        "unbound.conf",
        "Local zones for unbound",
        _TEXT,
        _OPEN,
        names.unbound,
        ("domain",),
        sign=names.SIGN,
    ),
    Format(
        "dnsmasq.conf",
        "Names that dnsmasq does not ask for",
        _TEXT,
        _OPEN,
        names.dnsmasq,
        ("domain",),
        sign=names.SIGN,
    ),
    Format(
        "yara.yar",
        "YARA rules as they came, in one file that compiles",
        _TEXT,
        _DEVICE,
        yara.write,
        language=yara.LANGUAGE,
        sign=yara.SIGN,
    ),
    Format(
        "sigma.yml",
        "Sigma rules as they came, each a document of one YAML stream",
        "application/yaml; charset=utf-8",
        _DEVICE,
        sigma.write,
        language=sigma.LANGUAGE,
        sign=sigma.SIGN,
    ),
    Format(
        "atom.xml",
        "The newest reports and incidents as an Atom feed",
        "application/atom+xml; charset=utf-8",
        _OPEN,
        atom.write,
        query=atom.QUERY,
    ),
)

FORMATS: Mapping[str, Format] = MappingProxyType({form.name: form for form in _ALL})
"""By name"""
