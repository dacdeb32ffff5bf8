"""From a credential to a caller: passwords, tokens, and what is remembered between requests."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_network
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from hub.errors import Fault, HubError
from hub.model.address import is_within
from hub.model.clock import now_us
from hub.model.party import Account, Caller, Directory, Token
from hub.service.lockout import Attempt, Lockout

_REMEMBER_S = 300
_REMEMBER_MOST = 4096
_HASHES_AT_ONCE = 2
_PREFIX = "hub_"
_LEAST_PASSWORD = 12

# OWASP's second recommended setting: 19 MiB, two passes, one lane.
_MEMORY_KIB, _PASSES, _LANES = 19 * 1024, 2, 1

V = TypeVar("V")


def hash_password(password: str) -> str:
    """The password in PHC form, by Argon2id."""
    kdf = Argon2id(
        salt=os.urandom(16),
        length=32,
        iterations=_PASSES,
        lanes=_LANES,
        memory_cost=_MEMORY_KIB,
    )
    return kdf.derive_phc_encoded(password.encode())


def hashed(password: str, field: str = "password") -> str:
    """What is stored of a new password; of an empty one nothing: it opens nothing.

    Args:
        password: As it was chosen.
        field: What it is called where it was given.

    Raises:
        HubError: BAD_REQUEST when it is too short.
    """
    if password and len(password) < _LEAST_PASSWORD:
        raise HubError(
            Fault.BAD_REQUEST,
            f"a password needs at least {_LEAST_PASSWORD} characters",
            field=field,
        )
    return hash_password(password) if password else ""


def new_secret() -> str:
    """A token's secret: 256 random bits, printed once and never stored."""
    return _PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored of a token. A secret of 256 random bits needs no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def is_token(secret: str) -> bool:
    """Whether the text looks like one of the hub's tokens."""
    return secret.startswith(_PREFIX)


def by_token(directory: Directory, secret: str, address: str) -> Caller | None:
    """The caller behind a token, or None. Expiry and address are looked at every time."""
    token = directory.tokens.get(digest(secret))
    if token is None or token.expires_us <= now_us() or not _from_allowed(token, address):
        return None
    account = directory.accounts.get(token.account)
    read_only = token.read_only or bool(token.purpose)
    caller = _caller(account, f"token:{token.id}", read_only=read_only)
    if caller is None:
        return None
    return msgspec.structs.replace(caller, ceiling=token.ceiling, purpose=token.purpose)


def _from_allowed(token: Token, address: str) -> bool:
    return not token.addresses or is_within(address, map(ip_network, token.addresses))


def _caller(account: Account | None, credential: str, *, read_only: bool) -> Caller | None:
    if account is None or account.disabled:
        return None
    return Caller(account.name, account.org, account.roles, read_only, credential)


class Passwords:
    """Verifies passwords; remembers a verdict for minutes, so that a poll costs no Argon2.

    What is remembered is keyed by an HMAC of network, name, password and stored hash under a key
    that only this process knows: a changed password or a disabled account takes effect at once.
    The network belongs to it, so that nobody elsewhere can try passwords against the memory.

    Args:
        lockout: Counts what fails.
        most: Threads that may verify passwords, or wait to, at once.
        clock: Seconds that only rise.
    """

    def __init__(
        self, lockout: Lockout, most: int = 3, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lockout = lockout
        self._key = os.urandom(32)
        self._clock = clock
        self._verdicts: OrderedDict[bytes, tuple[float, bool]] = OrderedDict()
        # What was right stays trusted when its verdict is too old: see `Attempt.begin`.
        self._trusted: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()
        # A flood of wrong passwords must not take memory, every core, or every thread: tokens
        # are answered meanwhile.
        self._room = threading.BoundedSemaphore(most)
        self._turns = threading.BoundedSemaphore(_HASHES_AT_ONCE)
        self._nobody = hash_password(secrets.token_urlsafe(16))

    def caller(
        self, directory: Directory, name: str, password: str, address: str
    ) -> Caller | None:
        """The caller behind a name and password, or None.

        An unknown or disabled name costs and counts as much as a wrong password, so that neither
        time nor answers tell anything.

        Raises:
            HubError: BUSY when too many passwords are being verified already; TOO_MANY when too
                many log-ins failed before, whatever the password is.
        """
        account = directory.accounts.get(name)
        usable = account is not None and not account.disabled
        stored = account.password if account and usable and account.password else self._nobody
        attempt = self._lockout.attempt(name, address)
        if not self._verify(stored, name, password, attempt):
            return None
        return _caller(account, "password", read_only=False)

    def _verify(self, stored: str, name: str, password: str, attempt: Attempt) -> bool:
        text = repr((stored, name, password, attempt.network)).encode("utf-8", "surrogatepass")
        key = hmac.digest(self._key, text, "sha256")
        verdict = self._remembered(key)
        if verdict is None:
            verdict = self._hash(stored, password, attempt, trusted=key in self._trusted)
            self._remember(key, verdict=verdict)
        elif not verdict:
            attempt.repeated()
        return verdict

    def _hash(self, stored: str, password: str, attempt: Attempt, *, trusted: bool) -> bool:
        if not self._room.acquire(blocking=False):
            raise HubError(
                Fault.BUSY,
                "too many log-ins by password at once",
                remedy="Use a token, or try again in some seconds.",
            )
        try:
            attempt.begin(trusted=trusted)
            with self._turns:
                right = _matches(stored, password)
        finally:
            self._room.release()
        if right:
            attempt.succeeded()
        return right

    def _remembered(self, key: bytes) -> bool | None:
        with self._lock:
            until, verdict = self._verdicts.get(key, (0.0, False))
            return verdict if until > self._clock() else None

    def _remember(self, key: bytes, *, verdict: bool) -> None:
        with self._lock:
            _put(self._verdicts, key, (self._clock() + _REMEMBER_S, verdict))
            if verdict:
                _put(self._trusted, key, None)


def _put(memory: OrderedDict[bytes, V], key: bytes, value: V) -> None:
    """Add to a memory of bounded size; the oldest goes."""
    memory[key] = value
    while len(memory) > _REMEMBER_MOST:
        memory.popitem(last=False)


def _matches(stored: str, password: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(password.encode("utf-8", "surrogatepass"), stored)
    except (InvalidKey, ValueError):
        # ValueError: what is stored is no hash that the library takes. It admits nobody.
        return False
    return True
