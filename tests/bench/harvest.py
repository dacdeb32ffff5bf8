"""Measure how well values are found in running text, on the development corpus.

`python -m tests.bench.harvest` prints the recall of `hub.language.harvest` by set and kind of value
and, on txt2stix, how many of the good entries are found and how many of the bad ones are taken for
values. With `--beside PYTHON`, an interpreter that has ioc-finder, the same is measured of it.

Both are asked for values and compared by the hub's keys. Texts above 150,000 characters are left
out of the comparison, as in the figures that the hub is held to; `--whole` takes them, too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from hub.intake.lists import endings
from hub.language.harvest import harvest
from hub.language.values import read
from tests.corpus import FOLDER

Values = set[tuple[str, str]]
"""Field and key of what was found in one text"""
Finder = Callable[[Sequence[str]], list[Values]]

MOST_CHARS = 150_000
SETS = ("eset", "unit42")
KINDS = {
    "domain": "domain",
    "email": "email",
    "email-dst": "email",
    "ip-dst": "ip",
    "ipv4": "ip",
    "link": "url",
    "md5": "hash",
    "sha1": "hash",
    "sha256": "hash",
    "url": "url",
    "url-no-scheme": "url",
}
"""Kinds of the expected lists that values of the hub can be; names of files are not compared"""
SECTIONS = {
    "asn": ("autonomous_system_number",),
    "attack": ("mitre_attack_enterprise", "mitre_attack_ics", "mitre_attack_mobile"),
    "cve": ("cve_id",),
    "domain": ("domain_name_only", "domain_name_subdomain", "host_name_subdomain"),
    "email": ("email_address",),
    "hash": tuple(f"file_hash_{n}" for n in ("md5", "sha_1", "sha_224", "sha_256", "sha_512")),
    "ip": tuple(f"ipv{v}_address_{n}" for v in (4, 6) for n in ("only", "cidr", "port")),
    "mac": ("mac_address",),
    "url": ("url", "url_path", "url_file"),
}
_OF_ANOTHER_KIND = """
    subdomain.google.com microsoft.com 1.1.1.2 1.1.1.3 1.1.1.2:80 1.1.1.3:80 1.1.1.3/8 1.1.1.3/24
    2001:db8:: 2001:0db8:85a3:0000:0000:8a2e:0370:7335 2001:0db8:85a3:0000:0000:8a2e:0370:7336
    2001:0db8:85a3:0000:0000:8a2e:0370:7335/32 [2001:0db8:85a3:0000:0000:8a2e:0370:7336]:80
    https://amazon.co.uk/path/index.html http://3.3.3.3/path/ https://example.com/path/index.html
    https://isbaseurl.com/ https://www.amazon.co.uk https://www.fakedomain.co.uk/badfile.wtf
"""
OF_ANOTHER_KIND = frozenset(_OF_ANOTHER_KIND.split())
"""Bad entries that are values all the same: txt2stix tells apart what is one field here, such as an
address with a port from one without. They are not counted."""
_FROM_IOC_FINDER = """
import json, sys
from ioc_finder import find_iocs
for line in sys.stdin:
    print(json.dumps({kind: list(found) for kind, found in find_iocs(json.loads(line)).items()}))
"""
_FIELDS_OF_IOC_FINDER = {
    "asns": "asn",
    "cves": "cve",
    "domains": "domain",
    "email_addresses": "email",
    "email_addresses_complete": "email",
    "ipv4_cidrs": "ip",
    "ipv4s": "ip",
    "ipv6s": "ip",
    "mac_addresses": "mac",
    "md5s": "hash",
    "sha1s": "hash",
    "sha256s": "hash",
    "sha512s": "hash",
    "urls": "url",
}


class Score(NamedTuple):
    """One line of the table."""

    name: str
    got: int
    of: int


def ours(texts: Sequence[str]) -> list[Values]:
    """What the hub finds."""
    return [{(v.field, v.key) for v in harvest(text, endings()) if v.field} for text in texts]


def beside(python: str) -> Finder:
    """What ioc-finder finds, in an interpreter that has it."""

    def find(texts: Sequence[str]) -> list[Values]:
        lines = "".join(json.dumps(text) + "\n" for text in texts)
        done = subprocess.run(
            [python, "-c", _FROM_IOC_FINDER],
            input=lines,
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        return [set(_keys(json.loads(line))) for line in done.stdout.splitlines()]

    return find


def _keys(found: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    for kind, values in found.items():
        field = _FIELDS_OF_IOC_FINDER.get(kind, "")
        for key in filter(None, (read(field, value) for value in values if field)):
            yield field, key


def recall(name: str, find: Finder, most_chars: int = MOST_CHARS) -> list[Score]:
    """How much of what is expected of a set is found, by kind."""
    lines = (FOLDER / f"text/{name}_expected.jsonl").read_text(encoding="utf-8").splitlines()
    texts, wanted = [], []
    for entry in map(json.loads, lines):
        text = (FOLDER / entry["file"]).read_text(encoding="utf-8")
        if len(text) <= most_chars:
            texts.append(text)
            wanted.append(entry["expected"])
    got: Counter[str] = Counter()
    of: Counter[str] = Counter()
    for values, expected in zip(find(texts), wanted, strict=True):
        for entry in expected:
            kind = entry["type"]
            if field := KINDS.get(kind):
                of[kind] += 1
                got[kind] += (field, read(field, entry["value"])) in values
    return [Score(f"{name} {kind}", got[kind], of[kind]) for kind in sorted(of)]


def precision(find: Finder) -> list[Score]:
    """Of txt2stix: good entries that are found, and bad ones that are taken for values."""
    scores = []
    for field, names in SECTIONS.items():
        good, bad = [], []
        for name in names:
            more_good, more_bad = _sections(name)
            good += more_good
            bad += [entry for entry in more_bad if entry not in OF_ANOTHER_KIND]
        for word, entries in (("good", good), ("bad", bad)):
            found = find(entries)
            got = sum(any(f == field for f, _ in values) for values in found)
            scores.append(Score(f"txt2stix {field} {word}", got, len(entries)))
    return scores


def _sections(name: str) -> tuple[list[str], list[str]]:
    """The entries behind `====Good====` and `====Bad====`."""
    text = (FOLDER / f"text/txt2stix/generic_{name}.txt").read_text(encoding="utf-8")
    good, _, bad = text.partition("====Bad====")
    good = good.partition("====Good====")[2]
    return _entries(good), _entries(bad)


def _entries(part: str) -> list[str]:
    return [line.strip() for line in part.split("\n") if line.strip()]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beside", default="", metavar="PYTHON")
    parser.add_argument("--whole", action="store_true")
    chosen = parser.parse_args(arguments)
    finders = {"hub": ours} | ({"ioc-finder": beside(chosen.beside)} if chosen.beside else {})
    for who, find in finders.items():
        begun = time.perf_counter()
        most = 10**9 if chosen.whole else MOST_CHARS
        scores = [score for name in SETS for score in recall(name, find, most)]
        print(f"{who}: recall in {time.perf_counter() - begun:.1f} s")
        for score in (*scores, *precision(find)):
            print(f"  {score.name:24} {score.got:5} / {score.of}")


if __name__ == "__main__":
    main()
