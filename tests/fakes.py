"""Sample parties, objects and settings for the tests, as plain functions; nothing here is mocked.

The directory of `parties()`: organisations `ministry` and `grid`, together the community
`partners`. Accounts and their organisation:

    reader, publisher, coordinator, administrator: ministry        partner (a publisher): grid
    disabled (a publisher that was switched off): ministry

Every account has the password `PASSWORD` and the token `token_of(name)`; `publisher` also has a
token that only reads, `token_of("publisher", read_only=True)`. Collections, by alias:

    shared      both organisations read and write        hidden   nobody has a right
    bulletins   both read; ministry also writes          public   anybody reads; ministry writes
    dropbox     both write, nobody reads                 strict   like shared, and strict
    notices     ministry reads and writes; grid only reads
"""

from __future__ import annotations

import base64
import json
import uuid
from functools import cache
from pathlib import Path
from typing import Any

from hub.config import Config, LimitSettings, load, write_secret
from hub.errors import Fault, StoreDown
from hub.model.audit import Sought
from hub.model.clock import format_us
from hub.model.party import (
    Account,
    Collection,
    Community,
    Directory,
    Grant,
    Member,
    Organisation,
    Party,
    Role,
    Token,
)
from hub.model.tlp import Tlp
from hub.service.credentials import digest, hash_password
from hub.service.lockout import Lockout
from hub.store.base import Act, Registry, Store
from hub.store.database import migrate
from hub.store.local import LocalCounters
from hub.store.sqlite import SqliteStore

ROOT = "hub"
"""The only API root of `make_config()`."""

PASSWORD = "correct horse battery staple"
BOTH_STIX = ("2.0", "2.1")
START_US = 1_700_000_000_000_000
_FAR_US = START_US + 50 * 365 * 86_400_000_000

ROLES = {
    "reader": frozenset({Role.READER}),
    "publisher": frozenset({Role.READER, Role.PUBLISHER}),
    "coordinator": frozenset({Role.READER, Role.COORDINATOR}),
    "administrator": frozenset({Role.ADMINISTRATOR}),
    "partner": frozenset({Role.READER, Role.PUBLISHER}),
    "disabled": frozenset({Role.READER, Role.PUBLISHER}),
}
KEYS = {
    "shared": 1,
    "bulletins": 2,
    "dropbox": 3,
    "hidden": 4,
    "public": 5,
    "strict": 6,
    "notices": 7,
}


def uuid_of(number: int) -> uuid.UUID:
    """A UUID of version 4 for each number, always the same."""
    return uuid.UUID(int=number, version=4)


def collection(alias: str, /, **changes: Any) -> Collection:
    """A collection of the sample directory; `changes` override its fields."""
    values = {
        "key": KEYS.get(alias, 99),
        "id": str(uuid_of(KEYS.get(alias, 99))),
        "root": ROOT,
        "alias": alias,
        "title": alias.capitalize(),
        "public": alias == "public",
        "strict": alias == "strict",
        "default": Tlp.CLEAR if changes.get("public", alias == "public") else Tlp.GREEN,
    }
    return Collection(**(values | changes))


def organisations() -> list[Organisation]:
    """Two agencies."""
    return [
        Organisation("ministry", f"identity--{uuid_of(101)}", "Bộ Mẫu", "Sample Ministry"),
        Organisation(
            "grid",
            f"identity--{uuid_of(102)}",
            "Công ty Lưới điện Mẫu",
            "Sample Grid Company",
            kind="operator",
            sector="energy",
        ),
    ]


@cache
def password_hash() -> str:
    """`PASSWORD`, hashed once for all accounts: hashing is slow by design."""
    return hash_password(PASSWORD)


def accounts() -> list[Account]:
    """One account for each kind of rights."""
    return [
        Account(
            name,
            "grid" if name == "partner" else "ministry",
            roles,
            password_hash(),
            disabled=name == "disabled",
        )
        for name, roles in ROLES.items()
    ]


def token_of(account: str, *, read_only: bool = False) -> str:
    """The secret of an account's token."""
    return f"hub_{account}-{'reads' if read_only else 'works'}-".ljust(47, "x")


def _token(account: str, *, read_only: bool = False) -> Token:
    secret = token_of(account, read_only=read_only)
    name = f"{account}-{'reads' if read_only else 'works'}"
    return Token(name, account, digest(secret), _FAR_US, read_only)


def grants() -> list[Grant]:
    """The rights that the head of this file describes."""
    partners = ("community", "partners")
    ministry = ("org", "ministry")
    return [
        Grant(KEYS["shared"], partners, read=True, write=True),
        Grant(KEYS["bulletins"], partners, read=True),
        Grant(KEYS["bulletins"], ministry, write=True),
        Grant(KEYS["dropbox"], partners, write=True),
        Grant(KEYS["public"], ministry, write=True),
        Grant(KEYS["strict"], partners, read=True, write=True),
        Grant(KEYS["notices"], ministry, read=True, write=True),
        Grant(KEYS["notices"], ("org", "grid"), read=True),
    ]


def parties() -> list[Party]:
    """Everybody and everything of the sample directory."""
    return [
        *organisations(),
        Community("partners", "Partners", members("ministry", "grid")),
        *accounts(),
        *(_token(name) for name in ROLES),
        _token("publisher", read_only=True),
        *(collection(alias) for alias in KEYS),
        *grants(),
    ]


def members(*slugs: str, since_us: int = 0) -> tuple[Member, ...]:
    """Organisations as members of a circle."""
    return tuple(Member(("org", slug), since_us) for slug in slugs)


def populate(registry: Registry) -> Directory:
    """Write the sample directory into an empty store."""
    return registry.write(
        parties(), [], Act("console", "", "populate", "sample"), epoch=registry.epoch()
    )


def acts(registry: Registry, most: int) -> list[tuple[int, Act]]:
    """The newest lines of the audit log, each with its instant."""
    return [(line.at_us, line.act) for line in registry.audit(Sought(), 0, most)]


def open_store(path: Path, **options: Any) -> SqliteStore:
    """A store on a file, with its schema."""
    store = SqliteStore(path, **options)
    migrate(store.database)
    return store


def make_config(folder: Path, text: str = "") -> Config:
    """Write `hub.toml` and its secret into a folder, and load it.

    Args:
        folder: An existing folder.
        text: More TOML, beginning with a section header.
    """
    path = folder / "hub.toml"
    path.write_text(f'secret_file = "secret.key"\n{text}\n', encoding="utf-8")
    if not (folder / "secret.key").exists():
        write_secret(folder / "secret.key")
    return load(path)


def bearer(account: str, *, read_only: bool = False) -> dict[str, str]:
    """Headers of a request with the account's token."""
    return {"Authorization": f"Bearer {token_of(account, read_only=read_only)}"}


def basic(account: str, password: str = PASSWORD) -> dict[str, str]:
    """Headers of a request with name and password. The first check of each costs some 30 ms."""
    pair = base64.b64encode(f"{account}:{password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def indicator(number: int, version: int = 0, **changes: Any) -> dict[str, Any]:
    """A valid STIX 2.1 indicator; each `version` is one second newer than the one before."""
    created = format_us(START_US)
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{uuid_of(number)}",
        "created": created,
        "modified": format_us(START_US + version * 1_000_000),
        "name": f"Sample {number}",
        "pattern": f"[ipv4-addr:value = '192.0.2.{number % 256}']",
        "pattern_type": "stix",
        "valid_from": created,
    } | changes


def body(*objects: Any) -> bytes:
    """An envelope that holds the objects."""
    return json.dumps({"objects": objects}, ensure_ascii=False).encode()


def unlimited() -> Lockout:
    """A lock-out that never comes: tests/unit/service/test_lockout.py is about failed log-ins."""
    off = LimitSettings(failed_logins=0, failed_logins_per_minute=0, guesses_per_day=0)
    return Lockout(LocalCounters(), off, b"key")


class Clock:
    """A clock in microseconds that moves only when told to."""

    def __init__(self, now: int = START_US) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: float) -> None:
        """Move forward, or back when negative."""
        self.now += int(seconds * 1_000_000)


class Outage:
    """A store that works, until `fault` is set: then every method of it fails.

    Args:
        store: The store behind it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.fault: Fault | None = None

    def __getattr__(self, name: str) -> Any:
        if self.fault is not None and name != "close":
            raise StoreDown("the store cannot read or write now", fault=self.fault)
        return getattr(self._store, name)
