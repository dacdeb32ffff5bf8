"""Every file loads in a program that is not of this project: 0 errors.

From what the demonstration hub holds, and from the real objects of the development corpus.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.cli.stage import build
from hub.config import load
from hub.service.outlet.table import FORMATS
from tests import corpus, fakes
from tests.checkers import CHECKERS
from tests.http.asking import Hub

TOGETHER = 400
"""Objects of one publish"""

GROUPS = (
    "amnesty",
    "misp-eset",
    "oasis-documentation",
    "oasis-examples",
    "capec-2.1.bundles.ndjson.gz",
)
EMPTY_OF_DEMO = {"sigma.yml", "sha1.txt"}


def test_every_format_has_a_checker() -> None:
    assert CHECKERS.keys() == FORMATS.keys()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, dict[str, str]]]:
    """The demonstration hub, and the header of one who sees much of it."""
    folder = tmp_path_factory.mktemp("demo")
    stage = build(folder, 8421)
    config = load(folder / "hub.toml")
    store = fakes.open_store(config.store_path)
    yield Hub(config, store), {"Authorization": f"Bearer {stage.tokens['analyst']}"}
    store.close()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub with the indicators and rules of the corpus in the collection `real`."""
    if not corpus.FOLDER.is_dir():
        pytest.skip("the development corpus is not there")
    folder = tmp_path_factory.mktemp("real")
    more = "[limits]\nrequests_per_minute = 0\n[taxii]\nmax_content_length = 100000000\n"
    config = fakes.make_config(folder, more)
    store = fakes.open_store(config.store_path)
    fakes.populate(store)
    hub = Hub(config, store)
    room = hub.room()
    objects = [*indicators(), *rules()]
    for start in range(0, len(objects), TOGETHER):
        room.add(*objects[start : start + TOGETHER])
    hub.put(fakes.collection("real", key=room.collection.key, id=room.collection.id))
    yield hub
    store.close()


def indicators() -> list[dict[str, Any]]:
    """Each indicator and report of the corpus once."""
    found: dict[str, dict[str, Any]] = {}
    for group in GROUPS:
        for _, raw in corpus.bundles(f"stix21/{group}"):
            for item in msgspec.json.decode(raw)["objects"]:
                if item.get("type") in {"indicator", "report", "incident"}:
                    found[item["id"]] = item
    return list(found.values())


def rules() -> Iterator[dict[str, Any]]:
    """The YARA and Sigma rules of the corpus as indicators; two names are taken twice."""
    folder = corpus.FOLDER / "rules" / "eset"
    files = [*sorted(folder.glob("*.yar")), *sorted(folder.glob("*.yml"))]
    for number, path in enumerate([*files, files[0]], start=5000):
        text = path.read_text(encoding="utf-8", errors="replace")
        kind = "yara" if path.suffix == ".yar" else "sigma"
        again = "\n// once more\n" if number == 5000 + len(files) else ""
        yield fakes.indicator(number, pattern=text + again, pattern_type=kind, name=path.stem)


def pulled(hub: Hub, path: str, headers: dict[str, str], file: Path, **query: object) -> bytes:
    answer = hub.app.test_client().get(path, headers=headers, query_string=query)
    assert answer.status_code == 200, answer.data
    file.write_bytes(answer.data)
    return answer.data


def cases() -> list[tuple[str, int]]:
    return [(name, n) for name, form in FORMATS.items() for n in range(1 + bool(form.sign))]


@pytest.mark.parametrize(("name", "comments"), cases())
def test_the_demonstration(
    demo: tuple[Hub, dict[str, str]], tmp_path: Path, name: str, comments: int
) -> None:
    hub, headers = demo
    query = {"comments": comments} if comments else {}
    body = pulled(hub, f"/export/collections/national/{name}", headers, tmp_path / name, **query)
    assert CHECKERS[name](tmp_path / name) == ""
    assert body.count(b"\n") >= 5 or name in {*EMPTY_OF_DEMO, "bundle.json"}


@pytest.mark.parametrize(("name", "comments"), cases())
def test_the_real_corpus(real: Hub, tmp_path: Path, name: str, comments: int) -> None:
    query: dict[str, object] = {"comments": comments} if comments else {}
    headers = fakes.bearer("publisher")
    body = pulled(
        real, f"/export/collections/real/{name}", headers, tmp_path / name, days=0, **query
    )
    assert CHECKERS[name](tmp_path / name) == ""
    lines = [line for line in body.split(b"\n") if line and not line.startswith((b"#", b";"))]
    assert len(lines) >= LEAST_OF_CORPUS.get(name, 1), len(lines)


LEAST_OF_CORPUS = {"domains.txt": 3000, "suricata.rules": 9000, "rpz.zone": 6000, "yara.yar": 500}
