"""Who takes part: organisations, communities, accounts, tokens, and the rights between them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Literal, cast

import msgspec

from hub.model.tlp import Tlp

Purpose = Literal["", "export"]
"""What a token is for: everything, or the lists that devices pull and nothing else."""

Subject = tuple[Literal["org", "community", "group"], str]
"""Whom a right or an object is given to: an organisation's slug, or the name of a circle."""


def subject_of(text: str) -> Subject:
    """The subject of a text such as `org:grid`.

    Raises:
        ValueError: It is of another form.
    """
    kind, _, name = text.partition(":")
    if name and kind in {"org", "community", "group"}:
        return cast("Subject", (kind, name))
    raise ValueError(text)


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
    OFFICER = "officer"
    """May ask why an account sees an object or not, and read the audit log. Sees no more data for it."""


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


class Member(msgspec.Struct, frozen=True):
    """One member of a circle."""

    subject: Subject
    """An organisation, or a circle whose members all belong."""
    since_us: int = 0
    """It receives what was added from this instant on; 0: all that is there."""


class Community(msgspec.Struct, frozen=True):
    """A standing, named set of organisations with terms of its own, such as a sector."""

    name: str
    title: str
    members: tuple[Member, ...] = ()
    terms: str = ""
    """What members agree to."""


class Group(msgspec.Struct, frozen=True):
    """An ad-hoc sharing group of named organisations. Without members it is nobody."""

    name: str
    title: str
    owner: str
    """Slug of the organisation that decides about it"""
    members: tuple[Member, ...] = ()
    terms: str = ""


Circle = Community | Group


class Account(msgspec.Struct, frozen=True):
    """A person or a machine that acts for an organisation."""

    name: str
    org: str
    roles: frozenset[Role] = frozenset({Role.READER})
    password: str = ""
    """Argon2id in PHC form; empty: no log-in by password."""
    disabled: bool = False
    clearance: Tlp = Tlp.AMBER_STRICT
    """The strictest marking it may see and publish. TLP:RED is given to persons by name."""
    certificate_only: bool = False
    """No password or token counts without a client certificate of the account."""
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
    ceiling: Tlp = Tlp.RED
    """The strictest marking it works for, such as GREEN for a firewall."""
    purpose: Purpose = ""


class Certificate(msgspec.Struct, frozen=True):
    """A client certificate that stands for an account. Its private key is never stored."""

    id: str
    account: str
    digest: bytes
    """SHA-256 of the certificate in DER."""
    serial: str
    """In hex; up to 40 digits (RFC 5280 section 4.1.2.2)."""
    issuer: str
    """Name of the CA that issued it (RFC 4514)."""
    not_before_us: int
    expires_us: int
    authority: str = ""
    """Key identifier of the hub's own CA, in hex; empty: a CA of somebody else issued it."""
    label: str = ""
    revoked_us: int = 0
    """When it was revoked; 0: it was not. Kept until it would have expired, for the CRL."""


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
    """Anybody may read what is TLP:CLEAR in it, without credentials."""
    strict: bool = False
    """Objects must follow the STIX specification to the letter and carry a TLP marking."""
    screened: bool = False
    """Indicators that look for nothing but values of warning lists are refused."""
    ceiling: Tlp = Tlp.AMBER_STRICT
    """The strictest marking that it takes."""
    default: Tlp = Tlp.GREEN
    """How an object without a TLP marking is treated."""
    media_types: tuple[str, ...] = (
        "application/stix+json;version=2.0",
        "application/stix+json;version=2.1",
    )


class WarningList(msgspec.Struct, frozen=True):
    """Values that are no indicators, as an organisation keeps them for itself."""

    owner: str
    """Slug of the organisation; empty: the hub's own, which counts for everybody"""
    lines: tuple[str, ...] = ()
    """Values and networks as they were written; what follows ` # ` is a comment."""


class Grant(msgspec.Struct, frozen=True):
    """The rights of one subject in one collection."""

    collection: int
    subject: Subject
    read: bool = False
    write: bool = False
    ceiling: Tlp = Tlp.RED
    """The strictest marking that is read by this grant."""
    since_us: int = 0
    """Only what was added from this instant on is read by this grant."""


Party = (
    Organisation
    | Community
    | Group
    | Account
    | Token
    | Certificate
    | Collection
    | Grant
    | WarningList
)


class Directory(msgspec.Struct, frozen=True):
    """Everything about parties and rights at one moment; small, and read as a whole."""

    epoch: int
    orgs: dict[str, Organisation]
    """By slug"""
    communities: dict[str, Community]
    groups: dict[str, Group]
    accounts: dict[str, Account]
    tokens: dict[bytes, Token]
    """By digest"""
    collections: dict[int, Collection]
    grants: tuple[Grant, ...]
    certificates: dict[bytes, Certificate] = {}
    """By digest, without the revoked ones"""
    revoked: dict[bytes, Certificate] = {}
    """Revoked certificates, by digest"""
    warnings: dict[str, WarningList] = {}
    """By slug of the organisation; "" for the hub's own"""

    @classmethod
    def of(cls, epoch: int, parties: Iterable[Party]) -> Directory:
        """Sort parties into a directory."""
        found: dict[type[Party], list[Any]] = {}
        for party in parties:
            found.setdefault(type(party), []).append(party)
        certificates: list[Certificate] = found.get(Certificate, [])
        return cls(
            epoch,
            orgs={org.slug: org for org in found.get(Organisation, ())},
            communities={item.name: item for item in found.get(Community, ())},
            groups={item.name: item for item in found.get(Group, ())},
            accounts={account.name: account for account in found.get(Account, ())},
            tokens={token.digest: token for token in found.get(Token, ())},
            collections={item.key: item for item in found.get(Collection, ())},
            grants=tuple(found.get(Grant, ())),
            certificates={item.digest: item for item in certificates if not item.revoked_us},
            revoked={item.digest: item for item in certificates if item.revoked_us},
            warnings={item.owner: item for item in found.get(WarningList, ())},
        )

    def circles(self) -> dict[Subject, Circle]:
        """Communities and groups by what they are called in rights and audiences."""
        communities: dict[Subject, Circle] = {
            ("community", name): item for name, item in self.communities.items()
        }
        return communities | {("group", name): item for name, item in self.groups.items()}


class Caller(msgspec.Struct, frozen=True):
    """Who asks, as the credential proved it."""

    account: str
    org: str
    roles: frozenset[Role]
    read_only: bool = False
    credential: str = "password"
    """"password", "token:<id>", "certificate:<id>", "session:<id>", "console" or "anonymous"; never
    a secret.

    What came with a certificate: both, with a `+` between them."""
    ceiling: Tlp = Tlp.RED
    """The strictest marking that the credential works for."""
    purpose: Purpose = ""
    """What the credential is for: one that is for something opens no other door."""


ANONYMOUS = Caller("", "", frozenset(), read_only=True, credential="anonymous")
