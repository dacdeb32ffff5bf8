"""The real objects of the development corpus, for tests and benchmarks.

The corpus is not part of the product; the fixture `corpus` skips a test where it is absent.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"


def bundles(*parts: str) -> Iterator[tuple[str, bytes]]:
    """Each STIX file of the corpus as (name, raw bytes of a bundle), in the order of the names.

    Args:
        parts: Folders or files below the corpus; by default all of its STIX objects.
    """
    for part in parts or ("stix20", "stix21"):
        top = FOLDER / part
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file():
                yield from _in_file(path)


def _in_file(path: Path) -> Iterator[tuple[str, bytes]]:
    name = path.relative_to(FOLDER).as_posix()
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if not name.endswith(".ndjson.gz"):
        # A file may hold one object by itself.
        yield name, raw if "objects" in json.loads(raw) else b'{"objects":[%s]}' % raw
        return
    # Text inside may hold U+2028, so bytes.splitlines() and its like are wrong here.
    for line in raw.split(b"\n"):
        if line:
            entry = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
            yield f"{name}:{json.loads(bytes(entry['path']))}", bytes(entry["bundle"])
