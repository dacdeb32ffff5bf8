"""Words for feeds and deliveries."""

from __future__ import annotations

from hub.web.visit import Visit

Word = tuple[str, str]


def conditions(visit: Visit) -> dict[str, Word]:
    """How a feed or delivery does: the class of its sign, and the word."""
    return {
        "well": ("good", visit.text("well")),
        "running": ("good", visit.text("running")),
        "waiting": ("dim", visit.text("has not run yet")),
        "new": ("dim", visit.text("has not run yet")),
        "off": ("dim", visit.text("switched off")),
        "paused": ("warn", visit.text("paused")),
        "late": ("warn", visit.text("late")),
        "failing": ("bad", visit.text("failing")),
        "broken": ("bad", visit.text("its file cannot be read")),
    }


def outcomes(visit: Visit) -> dict[str, Word]:
    """How a run ended."""
    return {
        "well": ("good", visit.text("well")),
        "failed": ("bad", visit.text("failed")),
        "stopped": ("warn", visit.text("stopped")),
        "broken off": ("warn", visit.text("broken off")),
    }


def connectors(visit: Visit) -> dict[str, str]:
    """Kinds of sources, by the names of `connectors.registry`."""
    return {
        "taxii": visit.text("TAXII 2.1 server"),
        "taxii20": visit.text("TAXII 2.0 server"),
        "misp": visit.text("MISP"),
        "misp-feed": visit.text("MISP feed"),
        "stix": visit.text("STIX files"),
        "csv": visit.text("Table (CSV)"),
        "text": visit.text("List of values"),
        "json": visit.text("JSON records"),
        "news": visit.text("News (RSS, Atom)"),
        "mail": visit.text("Mailbox"),
        "documents": visit.text("Documents"),
        "csaf": visit.text("CSAF advisories"),
    }


def senders(visit: Visit) -> dict[str, str]:
    """Kinds of receivers, by the names of the registry of senders."""
    return {
        "taxii": visit.text("TAXII 2.1 server"),
        "webhook": visit.text("Webhook"),
        "mail": visit.text("E-mail digest"),
        "syslog": visit.text("Syslog"),
        "misp": visit.text("MISP"),
    }


def counts(visit: Visit) -> dict[str, str]:
    """Numbers of a run of a feed, by the names of `hub.service.feeds.counts`."""
    return {
        "read": visit.text("objects read"),
        "known": visit.text("nothing new"),
        "new": visit.text("new"),
        "versions": visit.text("new versions"),
        "replaced": visit.text("replaced"),
        "unchanged": visit.text("here already"),
        "conflicts": visit.text("of others"),
        "refused": visit.text("refused"),
        "filtered": visit.text("filtered"),
        "deleted": visit.text("deleted here"),
        "left": visit.text("not understood"),
        "gone": visit.text("taken back"),
        "held": visit.text("still in another feed"),
    }
