"""Programs that are not of this project and read what leaves it.

Each gives what is wrong with a file; nothing: it loads. Where a program is missing, its test is
skipped with the reason, or fails where `HUB_TEST_REQUIRE` names `checkers`.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import stix2
import suricataparser
import yaml
import yara
from idstools import rule as idstools
from msgspec import json

from tests.required import not_run

_WHERE = "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/bin:/usr/local/sbin"
_LIMIT_S = 120


def program(name: str) -> str:
    """The path of a program."""
    found = shutil.which(name) or shutil.which(name, path=_WHERE)
    if not found:
        not_run("checkers", f"there is no {name}")
    return str(found)


def server(name: str) -> str:
    """The path of a program that no machine has to have."""
    found = shutil.which(name, path=_WHERE)
    if not found:
        pytest.skip(f"{name} tests: NOT RUN (there is no {name})")
    return str(found)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    return "" if done.returncode == 0 else f"{done.stdout}{done.stderr}"


def _suricata() -> tuple[str, ...] | None:
    """The sensor with its own configuration; a stable Debian has it only among its backports."""
    found = shutil.which("suricata", path=_WHERE)
    configuration = "/etc/suricata/suricata.yaml"
    return (found, "-c", configuration) if found and Path(configuration).exists() else None


SURICATA = _suricata()


def zone(file: Path) -> str:
    """BIND."""
    return _run(program("named-checkzone"), "-k", "ignore", "rpz.hub", str(file))


def unbound(file: Path) -> str:
    return _run(program("unbound-checkconf"), str(file))


def dnsmasq(file: Path) -> str:
    return _run(program("dnsmasq"), "--test", "-C", str(file))


def xml(file: Path) -> str:
    return _run(program("xmllint"), "--noout", str(file))


def yara_rules(file: Path) -> str:
    """The library; the program reads the same."""
    try:
        yara.compile(filepath=str(file), includes=False)
    except yara.Error as error:
        return str(error)
    return ""


def sigma(file: Path) -> str:
    """Every document is a rule."""
    try:
        found = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        return str(error)
    whole = ("title", "logsource", "detection")
    return "".join(f"{doc!r}" for doc in found if doc and not all(part in doc for part in whole))


def ids_rules(file: Path) -> str:
    """Two parsers see the same rules, whole, each with a number of its own."""
    lines = [line for line in file.read_text(encoding="ascii").split("\n") if line]
    rules = [line for line in lines if not line.startswith("#")]
    parsed = suricataparser.parse_file(str(file))
    active = [item for item in parsed if item.enabled]
    others = [idstools.parse(line) for line in rules]
    if not len(active) == len(rules) == len([item for item in others if item]):
        return f"{len(rules)} lines, {len(active)} rules, {len(others)} by idstools"
    sids = [item.sid for item in active]
    if len(set(sids)) < len(sids) or not all(1_000_000 <= sid < 2_000_000 for sid in sids):
        return f"numbers: {sids}"
    wrong = [item for item in others if item["action"] != "alert" or not item["msg"]]
    return f"{wrong}" if wrong else _contents(rules)


def suricata_rules(file: Path) -> str:
    """Whether the parsers take all rules, and the sensor itself where it is installed."""
    said = ids_rules(file)
    if said or SURICATA is None:
        return said
    return _run(*SURICATA, "-T", "-S", str(file), "-l", str(file.parent))


_CONTENT = re.compile(r'content:"([^"]*)"')


def _contents(rules: list[str]) -> str:
    """What stands between the quotes of contents is escaped as the languages ask for."""
    for line in rules:
        for found in _CONTENT.findall(line):
            plain = re.sub(r"\|[0-9A-F]{2}(?: [0-9A-F]{2})*\|", "", found)
            if re.search(r'[|;:\\"]', plain):
                return line
    return ""


_INTEL = frozenset(
    f"Intel::{name}" for name in ["ADDR", "SUBNET", "URL", "EMAIL", "DOMAIN", "FILE_HASH"]
)


def zeek(file: Path) -> str:
    """As Zeek's reader for ASCII splits it."""
    lines = file.read_bytes().decode().split("\n")
    if lines[0] != "#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc" or lines[-1]:
        return f"{lines[0]!r} ... {lines[-1]!r}"
    wrong = [
        line
        for line in lines[1:-1]
        if len(cells := line.split("\t")) != 4 or not all(cells) or cells[1] not in _INTEL
    ]
    return "".join(map(repr, wrong))


def table(file: Path) -> str:
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline="")))
    return "".join(f"{row}" for row in rows if len(row) != len(rows[0]))


def bundle(file: Path) -> str:
    """The library of OASIS."""
    found = json.decode(file.read_bytes())
    if not found["objects"]:
        return "it is empty"
    stix2.parse(found | {"objects": found["objects"][:50]}, allow_custom=True)
    ids = [item["id"] for item in found["objects"]]
    return "" if len(set(ids)) == len(ids) else "an object stands there twice"


def ndjson(file: Path) -> str:
    lines = file.read_bytes().split(b"\n")
    return "".join("" if json.decode(line)["id"] else "no id" for line in lines[:-1])


_LINES: Mapping[str, re.Pattern[str]] = {
    "ips.txt": re.compile(r"[0-9a-f.:]+(?:/\d+)?"),
    "domains.txt": re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+"),
    "urls.txt": re.compile(r"(?:https?|ftps?)://[!-~]+"),
    "hashes.txt": re.compile(r"[0-9a-f]{32,128}"),
    "md5.txt": re.compile(r"[0-9a-f]{32}"),
    "sha1.txt": re.compile(r"[0-9a-f]{40}"),
    "sha256.txt": re.compile(r"[0-9a-f]{64}"),
    "emails.txt": re.compile(r"[!-~]+@[a-z0-9._-]+"),
}


def _lines_of(name: str) -> Callable[[Path], str]:
    def check(file: Path) -> str:
        lines = file.read_bytes().decode("ascii").split("\n")
        values = [line for line in lines[:-1] if not line.startswith("#")]
        twice = "" if len(set(values)) == len(values) else "a value stands there twice"
        return twice + "".join(line for line in values if not _LINES[name].fullmatch(line))

    return check


CHECKERS: Mapping[str, Callable[[Path], str]] = {
    **{name: _lines_of(name) for name in _LINES},
    "values.csv": table,
    "bundle.json": bundle,
    "objects.ndjson": ndjson,
    "suricata.rules": suricata_rules,
    "snort.rules": ids_rules,
    "zeek.intel": zeek,
    "rpz.zone": zone,
    "unbound.conf": unbound,
    "dnsmasq.conf": dnsmasq,
    "yara.yar": yara_rules,
    "sigma.yml": sigma,
    "atom.xml": xml,
}
"""By format; a test holds it to the table of formats"""
