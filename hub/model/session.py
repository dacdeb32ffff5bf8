"""Log-in sessions and second factors, as the store keeps them."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec


class Session(msgspec.Struct, frozen=True):
    """One log-in of a person, until it ends. Its secret is in a cookie and nowhere else."""

    id: str
    """Short public name, for lists and for ending it."""
    digest: bytes
    """SHA-256 of the secret, which has 256 random bits."""
    account: str
    method: str
    """"password" or "oidc"."""
    created_us: int
    used_us: int
    """Noted at most once a minute."""
    expires_us: int
    """It ends then, however much it is used."""
    idle_us: int
    """It ends when it was not used for so long."""
    label: str
    """The browser or program, as it names itself."""
    address: str
    waits: bool
    """A second factor is outstanding: it admits to nothing but giving that."""


class Opening(NamedTuple):
    """A session that is about to begin; the store adds the instants and whether it waits."""

    id: str
    digest: bytes
    account: str
    method: str
    lasts_us: int
    idle_us: int
    label: str = ""
    address: str = ""
    instead_of: bytes = b""
    """Digest of a session that ends by this one."""


class Factor(msgspec.Struct, frozen=True):
    """The second factor of an account."""

    account: str
    sealed: bytes
    """The TOTP secret, encrypted; it also tells one enrolment from the next."""
    confirmed: bool
    """False: offered, and without effect until a code of it was given."""
    step: int
    """The last time step of which a code was taken; that one and earlier ones are refused."""
    recovery: int
    """Recovery codes left."""


class Proof(NamedTuple):
    """What somebody gave as second factor, looked at and not yet accepted."""

    account: str
    sealed: bytes
    """Of the factor that it was compared with."""
    step: int = 0
    """The time step that it is the code of; 0: of none."""
    recovery: bytes = b""
    """Digest of what was given as a recovery code; empty: it was a TOTP code."""


class Renewal(NamedTuple):
    """Another secret for a session: digests of the old one and of the new one."""

    old: bytes
    new: bytes


class Outcome(StrEnum):
    """What became of a proof."""

    PASSED = "passed"
    WRONG = "wrong"
    """Not the right code, or one that was used before."""
    WAIT = "wait"
    """Too many wrong ones: it was not looked at."""
    GONE = "gone"
    """There is no such factor, or no such session, or the session ended by this attempt."""


class Trial(NamedTuple):
    """The answer to a proof."""

    outcome: Outcome
    session: Session | None = None
    """As it is after a proof that passed."""
    wait_us: int = 0
    """How long no proof is looked at."""
