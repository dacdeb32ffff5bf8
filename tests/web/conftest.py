"""The console over the sample directory; one hub for all tests that only read it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.model.party import Role
from tests import fakes
from tests.http.asking import Hub
from tests.web.surfing import Surfer

SETTINGS = """
# What is limited is tested elsewhere.
[limits]
requests_per_minute = 0
anonymous_per_minute = 0
failed_logins = 0
failed_logins_per_minute = 0
guesses_per_day = 0
"""


@contextmanager
def opened(folder: Path) -> Iterator[Hub]:
    """A hub in a folder, with the parties of `tests.fakes`."""
    config = fakes.make_config(folder, SETTINGS)
    store = fakes.open_store(config.store_path)
    fakes.populate(store)
    yield Hub(config, store)
    store.close()


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with opened(tmp_path_factory.mktemp("console")) as made:
        yield made


Person = Callable[..., str]


@pytest.fixture
def person(hub: Hub) -> Person:
    """Makes accounts with `fakes.PASSWORD` that no other test uses."""

    def make(*roles: Role, org: str = "ministry") -> str:
        name = f"person-{secrets.token_hex(4)}"
        hub.put(fakes.Account(name, org, frozenset(roles or {Role.READER}), fakes.password_hash()))
        return name

    return make


@pytest.fixture
def surfer(hub: Hub) -> Surfer:
    """A browser that nobody has logged in with, in English."""
    return Surfer(hub)


@pytest.fixture
def inside(surfer: Surfer, person: Person) -> Surfer:
    """The browser of a reader of the ministry, logged in."""
    surfer.account = person()
    assert surfer.log_in(surfer.account).status in {200, 404}
    return surfer
