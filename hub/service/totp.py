"""One-time codes: TOTP (RFC 6238) with SHA-1, six digits and steps of 30 seconds.

These are the parameters that every authenticator app understands.
"""

from __future__ import annotations

import base64
import hmac
import os
import re

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

_STEP_S = 30
_DIGITS = 6
_WINDOW = 1
"""Steps by which the clock of a phone may differ (RFC 6238 section 5.2)."""

_SECRET_BYTES = 20
"""As long as the hash (RFC 4226 section 4, R6)."""

_RECOVERY_BYTES = 10
_RECOVERY_CODES = 10
_CODE = re.compile(rf"[0-9]{{{_DIGITS}}}", re.ASCII)


def new_secret() -> bytes:
    """A secret for a new authenticator."""
    return os.urandom(_SECRET_BYTES)


def as_text(secret: bytes) -> str:
    """The secret in base32, for typing it into an app."""
    return base64.b32encode(secret).decode()


def uri(secret: bytes, account: str, issuer: str) -> str:
    """The `otpauth:` address that an app reads from a QR code."""
    return _totp(secret).get_provisioning_uri(account, issuer)


def step_of(secret: bytes, code: str, now_s: int) -> int:
    """The time step that the text is the code of, now or a step beside; 0 when it is none.

    The latest one counts: a code that fits two steps must not fit again in the second.
    """
    given = compact(code)
    totp, now = _totp(secret), now_s // _STEP_S
    steps = range(max(0, now - _WINDOW), now + _WINDOW + 1)
    # Each of them is compared, so that the time says nothing about which one it was.
    found = [step for step in steps if _matches(totp.generate(step * _STEP_S), given)]
    return max(found) if found and _CODE.fullmatch(given) else 0


def is_code(text: str) -> bool:
    """Whether it has the form of a one-time code, not of a recovery code."""
    return bool(_CODE.fullmatch(compact(text)))


def new_recovery_codes() -> list[str]:
    """Ten codes of 80 random bits, such as `mfrg-gzdf-mztw-q2lk`."""
    return [_grouped(os.urandom(_RECOVERY_BYTES)) for _ in range(_RECOVERY_CODES)]


def compact(text: str) -> str:
    """A code as it was meant: people add spaces, hyphens and capitals."""
    return re.sub(r"[\s-]", "", text).lower()


def _grouped(random: bytes) -> str:
    text = base64.b32encode(random).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _matches(code: bytes, given: str) -> bool:
    return hmac.compare_digest(code, given.encode("utf-8", "surrogatepass"))


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, _DIGITS, SHA1(), _STEP_S)  # noqa: S303 - HMAC-SHA-1 is not broken; apps know no other
