"""What each file of `hub.service.outlet.table` holds, in words for people."""

from __future__ import annotations

from hub.web.visit import Visit


def meanings(visit: Visit) -> dict[str, str]:
    """By name of the format."""
    return {
        "ips.txt": visit.text("Addresses and networks, one in each line"),
        "domains.txt": visit.text("Domains, one in each line"),
        "urls.txt": visit.text("URLs, one in each line"),
        "hashes.txt": visit.text("File hashes of every kind, one in each line"),
        "md5.txt": visit.text("File hashes by MD5"),
        "sha1.txt": visit.text("File hashes by SHA-1"),
        "sha256.txt": visit.text("File hashes by SHA-256"),
        "emails.txt": visit.text("E-mail addresses, one in each line"),
        "values.csv": visit.text("A table of all values with who says so"),
        "bundle.json": visit.text("The objects as they were published, as a STIX bundle"),
        "objects.ndjson": visit.text("The objects as they were published, one in each line"),
        "suricata.rules": visit.text("Rules for Suricata"),
        "snort.rules": visit.text("Rules for Snort 3"),
        "zeek.intel": visit.text("Intelligence file for Zeek"),
        "rpz.zone": visit.text("DNS response policy zone, for BIND, Unbound, Knot and PowerDNS"),
        "unbound.conf": visit.text("Local zones for Unbound"),
        "dnsmasq.conf": visit.text("Names that dnsmasq answers as not there"),
        "yara.yar": visit.text("YARA rules as they came, in one file"),
        "sigma.yml": visit.text("Sigma rules as they came, in one file"),
        "atom.xml": visit.text("The newest reports and incidents, for feed readers"),
    }
