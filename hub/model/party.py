"""Who takes part: organisations, communities, accounts, tokens, and the rights between them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Literal

import msgspec


class Role(StrEnum):
    """What an account may do beyond what its organisation may see."""

    READER = "reader"
    """Reads what the organisation may read."""
    PUBLISHER = "publisher"
    """Also publishes, and deletes what its organisation published."""
    COORDINATOR = "coordinator"
    """Also deletes what others published, in collections it may write."""
    ADMINISTRATOR = "administrator"
    """Manages organisations, accounts and collections. Sees no more data for it."""


class Organisation(msgspec.Struct, frozen=True):
    """A member of the hub, known to others by its STIX identity."""

    slug: str
    """Short name that never changes; other parties refer to it."""
    id: str
    """identity--UUID"""
    name_vi: str
    name_en: str
    kind: str = "agency"
    country: str = "VN"
    """ISO 3166-1 alpha-2"""
    sector: str = ""
    """STIX industry-sector-ov"""


class Community(msgspec.Struct, frozen=True):
    """A standing, named set of organisations."""

    name: str
    title: str
    members: frozenset[str] = frozenset()
    """Slugs of organisations"""


class Account(msgspec.Struct, frozen=True):
    """A person or a machine that acts for an organisation."""

    name: str
    org: str
    roles: frozenset[Role] = frozenset({Role.READER})
    password: str = ""
    """Argon2id in PHC form; empty: no log-in by password."""
    disabled: bool = False
    oidc: tuple[str, str] | None = None
    """Issuer and subject at the OpenID provider that may log in as this account."""


class Token(msgspec.Struct, frozen=True):
    """An API key of an account. The secret itself is never stored."""

    id: str
    account: str
    digest: bytes
    """SHA-256 of the secret, which has 256 random bits of its own."""
    expires_us: int
    read_only: bool = False
    addresses: tuple[str, ...] = ()
    """Networks the token works from; empty: any."""
    label: str = ""


class Collection(msgspec.Struct, frozen=True):
    """A TAXII collection."""

    key: int
    """Short internal number; 0 for one that is not stored yet."""
    id: str
    """UUID"""
    root: str
    alias: str
    title: str
    description: str = ""
    public: bool = False
    """Anybody may read it, without credentials."""
    strict: bool = False
    """Objects must follow the STIX specification to the letter and carry a TLP marking."""
    media_types: tuple[str, ...] = (
        "application/stix+json;version=2.0",
        "application/stix+json;version=2.1",
    )


Subject = tuple[Literal["org", "community"], str]
"""Whom a right is given to: the slug of an organisation or the name of a community."""


class Grant(msgspec.Struct, frozen=True):
    """The rights of one subject in one collection."""

    collection: int
    subject: Subject
    read: bool = False
    write: bool = False


Party = Organisation | Community | Account | Token | Collection | Grant


class Directory(msgspec.Struct, frozen=True):
    """Everything about parties and rights at one moment; small, and read as a whole."""

    epoch: int
    orgs: dict[str, Organisation]
    """By slug"""
    communities: dict[str, Community]
    accounts: dict[str, Account]
    tokens: dict[bytes, Token]
    """By digest"""
    collections: dict[int, Collection]
    grants: tuple[Grant, ...]

    @classmethod
    def of(cls, epoch: int, parties: Iterable[Party]) -> Directory:
        """Sort parties into a directory."""
        found: dict[type[Party], list[Any]] = {}
        for party in parties:
            found.setdefault(type(party), []).append(party)
        return cls(
            epoch,
            orgs={org.slug: org for org in found.get(Organisation, ())},
            communities={item.name: item for item in found.get(Community, ())},
            accounts={account.name: account for account in found.get(Account, ())},
            tokens={token.digest: token for token in found.get(Token, ())},
            collections={item.key: item for item in found.get(Collection, ())},
            grants=tuple(found.get(Grant, ())),
        )


class Caller(msgspec.Struct, frozen=True):
    """Who asks, as the credential proved it."""

    account: str
    org: str
    roles: frozenset[Role]
    read_only: bool = False
    credential: str = "password"
    """"password", "token:<id>", "session:<id>", "console" or "anonymous"; never a secret."""


ANONYMOUS = Caller("", "", frozenset(), read_only=True, credential="anonymous")
