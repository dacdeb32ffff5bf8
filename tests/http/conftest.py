"""The application with either protocol layer in front; one for all tests of a front.

Tests that write take a `room`, a collection of their own; `seed` is filled and only read.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from hub.model.party import Role
from tests import fakes
from tests.http import sample
from tests.http.asking import Hub, Room
from tests.http.browser import Browser
from tests.http.differences import KNOWN_DIFFERENCES

FRONTS = ("hub", "medallion")
SETTINGS = """
[taxii]
views = "{front}"
description = "Chia sẻ sự cố"
contact = "cert@example.org"
page_size = 50
max_page_size = 100
max_content_length = 300000
max_objects = 2000
max_object_bytes = 100000

# What is limited is tested by test_limits.py; the others may ask as often as they like.
[limits]
requests_per_minute = 0
anonymous_per_minute = 0
failed_logins = 0
failed_logins_per_minute = 0
guesses_per_day = 0
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what the medallion front is known to do otherwise."""
    for item in items:
        spec = getattr(item, "callspec", None)
        if spec is None or spec.params.get("front") != "medallion":
            continue
        for name in (item.originalname, item.name.replace("medallion-", "")):
            if reason := KNOWN_DIFFERENCES.get(name):
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
                break


@pytest.fixture(scope="session", params=FRONTS)
def front(request: pytest.FixtureRequest) -> str:
    """Which protocol layer serves TAXII."""
    return str(request.param)


def _open(front: str, factory: pytest.TempPathFactory) -> Hub:
    folder = factory.mktemp(front)
    config = fakes.make_config(folder, SETTINGS.format(front=front))
    store = fakes.open_store(config.store_path)
    fakes.populate(store)
    return Hub(config, store)


@pytest.fixture(scope="session")
def hub(front: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The application over the sample directory."""
    made = _open(front, tmp_path_factory)
    yield made
    made.store.close()


@pytest.fixture(scope="session")
def closed(front: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The application over a directory in which nothing is public."""
    made = _open(front, tmp_path_factory)
    made.put(fakes.collection("public", public=False))
    yield made
    made.store.close()


@pytest.fixture
def room(hub: Hub) -> Room:
    """An empty collection that both organisations read and write."""
    return hub.room()


@pytest.fixture(scope="session")
def seed(hub: Hub) -> Room:
    """A collection with the objects of `sample`; tests only read it."""
    made = hub.room()
    for envelope in sample.ENVELOPES:
        status = made.add(*envelope)
        assert status["failure_count"] == 0, status
    return made


@pytest.fixture(scope="session")
def addresses(hub: Hub, seed: Room) -> dict[str, str]:
    """Each address that is read with GET, by the requirement that names it."""
    status = hub.room().add(fakes.indicator(1))["id"]
    one = f"{seed.url}objects/{sample.MALWARE['id']}/"
    return {
        "CN-01": "/taxii2/",
        "CN-02": "/hub/",
        "CN-03": "/hub/collections/",
        "CN-04": seed.url,
        "CN-05": f"{seed.url}manifest/",
        "CN-06": f"{seed.url}objects/",
        "CN-07": one,
        "CN-08": f"{one}versions/",
        "CN-09": f"/hub/status/{status}/",
    }


@pytest.fixture
def person(hub: Hub) -> fakes.Account:
    """An account of the ministry with `fakes.PASSWORD` that no other test uses."""
    name = f"person-{secrets.token_hex(4)}"
    made = fakes.Account(name, "ministry", frozenset({Role.READER}), fakes.password_hash())
    hub.put(made)
    return made


@pytest.fixture
def browser(hub: Hub) -> Browser:
    """A browser that nobody has logged in with."""
    return Browser(hub)


@pytest.fixture
def inside(browser: Browser, person: fakes.Account) -> Browser:
    """The browser of the person, logged in."""
    assert browser.log_in(person.name).status_code == 200
    return browser
