"""What the codes of the submit pages are called in the language of a page."""

from __future__ import annotations

from hub.web.submit_form import SEVERITIES
from hub.web.visit import Visit
from hub.web.vocabulary import order

Words = dict[str, str]


def shown(visit: Visit) -> dict[str, Words]:
    """Every table of words, by what it is about."""
    levels = (visit.text("low"), visit.text("medium"), visit.text("high"), visit.text("critical"))
    return {
        "field": _fields(visit),
        "concern": _concerns(visit),
        "reason": _reasons(visit),
        "source": _sources(visit),
        "finding": _findings(visit),
        "use": _uses(visit),
        "unreached": _unreached(visit),
        "severity": dict(zip(SEVERITIES, levels, strict=True)),
        "sector": dict.fromkeys(order("industry-sector-ov"), ""),
        "type": dict.fromkeys(order("indicator-type-ov"), ""),
    }


def _fields(visit: Visit) -> Words:
    """Fields of values."""
    return {
        "ip": visit.text("IP address"),
        "domain": visit.text("domain"),
        "url": visit.text("URL"),
        "hash": visit.text("file hash"),
        "email": visit.text("e-mail address"),
        "file": visit.text("file name"),
        "cve": visit.text("vulnerability"),
        "attack": visit.text("technique"),
        "asn": visit.text("autonomous system"),
        "mac": visit.text("MAC address"),
        "registry": visit.text("registry key"),
        "mutex": visit.text("mutex"),
        "id": visit.text("STIX object"),
        "value": visit.text("other value"),
    }


def _concerns(visit: Visit) -> Words:
    """Why a value may better not be published."""
    return {
        "broad": visit.text("too broad: much else is in it"),
        "private": visit.text("private: inside a network"),
        "reserved": visit.text("reserved: nobody on the Internet has it"),
        "documentation": visit.text("for examples and tests"),
        "resolver": visit.text("public DNS resolver"),
        "popular": visit.text("popular site"),
        "vendor": visit.text("site of a security vendor"),
        "empty-file": visit.text("hash of the empty file"),
        "own": visit.text("belongs to an organisation of this hub"),
        "weak": visit.text("a file name alone says little"),
        "no-detection": visit.text("not for detection, says its source"),
        "listed": visit.text("in a warning list of your organisation or the hub"),
    }


def _reasons(visit: Visit) -> Words:
    """Why something was left out."""
    return {
        "duplicate": visit.text("there already"),
        "invalid": visit.text("not understood"),
        "kind": visit.text("no object can be made of this kind"),
        "over-limit": visit.text("over the limit of one submission"),
        "galaxy": visit.text("MISP galaxy"),
        "attachment": visit.text("attached file"),
        "deleted": visit.text("deleted in MISP"),
        "object": visit.text("not a STIX object that can be kept"),
    }


def _sources(visit: Visit) -> Words:
    """What a submission was recognised as."""
    return {
        "text": visit.text("text"),
        "csv": visit.text("table"),
        "misp": visit.text("MISP event"),
        "stix": visit.text("STIX"),
        "indicator": visit.text("one indicator"),
        "incident": visit.text("incident"),
    }


def _findings(visit: Visit) -> Words:
    """What tells of the sender."""
    return {
        "organisation": visit.text("name of the organisation"),
        "email": visit.text("e-mail address"),
        "host": visit.text("host"),
        "address": visit.text("internal address"),
        "user": visit.text("user name"),
        "path": visit.text("path with a user name"),
        "ticket": visit.text("ticket number"),
        "phone": visit.text("phone number"),
    }


def _uses(visit: Visit) -> Words:
    """What a column of a table is read as."""
    return {
        "value": visit.text("values"),
        "note": visit.text("note"),
        "detail": visit.text("note, behind its heading"),
        "seen": visit.text("date when seen"),
        "confidence": visit.text("confidence, 0 to 100"),
        "reference": visit.text("address to read more"),
        "ignore": visit.text("not read"),
    }


def _unreached(visit: Visit) -> Words:
    """Why an organisation does not receive it."""
    return {
        "ceiling": visit.text("may not read this marking there"),
        "clearance": visit.text("its accounts are not cleared for this marking"),
        "audience": visit.text("is not among the recipients"),
        "later": visit.text("reads only what is added later"),
        "account": visit.text("has no account that is switched on"),
    }
