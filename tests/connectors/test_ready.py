"""The ready definitions: each can be read with its connector, is switched off, and names its terms."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hub.service.feeds.definition import Feed, load
from hub.service.feeds.library import enable, ready, text_of

NAMES = sorted(path.stem for path in Path("feeds").glob("*.toml"))


@pytest.fixture(scope="module")
def found() -> dict[str, Feed]:
    return ready()


def test_there_are_some(found: dict[str, Feed]) -> None:
    assert sorted(found) == NAMES
    assert len(NAMES) > 10


@pytest.mark.parametrize("name", NAMES)
def test_each_is_off_and_says_on_what_terms(name: str, found: dict[str, Feed]) -> None:
    said = found[name].said
    assert not said.enabled
    assert (said.account, said.collection) == ("", "")
    assert said.title
    assert said.licence
    assert urlsplit(said.terms).scheme == "https"
    assert urlsplit(said.source["url"]).scheme == "https"
    assert (said.networks, said.proxy, said.mapping) == ((), "", "")


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("circl-osint", "https://www.circl.lu/doc/misp/feed-osint"),
        ("botvrij", "https://www.botvrij.eu/data/feed-osint"),
    ],
)
def test_public_feeds_of_misp_are_among_them(
    name: str, folder: str, found: dict[str, Feed]
) -> None:
    said = found[name].said
    assert (said.connector, said.source["url"]) == ("misp-feed", folder)
    # Nobody is told a licence that nobody has read.
    assert said.licence.startswith("not checked: ")


@pytest.mark.parametrize("name", NAMES)
def test_each_can_be_put_to_use(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "feeds"
    path = enable(folder, name, {"enabled": True, "account": "reader", "collection": "shared"})
    feed = load(path)
    assert (feed.said.enabled, feed.said.account, feed.said.collection) == (
        True,
        "reader",
        "shared",
    )
    assert len(path.read_text().splitlines()) == len(text_of(name).splitlines())
    assert load(enable(folder, name, {"enabled": False})).said.enabled is False
    assert [item.name for item in folder.iterdir()] == [f"{name}.toml"]
