"""What a source or another hub can answer instead of what was asked for.

Every connector raises these alone: a person reads the reason, the runner of feeds reads the kind.
"""

from __future__ import annotations

from hub.errors import Fault, HubError


class RemoteError(HubError):
    """The other side did not do what was asked."""

    fault = Fault.INTERNAL

    def __init__(self, reason: str, *, remedy: str = "") -> None:
        super().__init__(type(self).fault, reason, remedy=remedy)


class Unreachable(RemoteError):
    """It cannot be reached, or is not available now.

    Args:
        reason: What happened.
        remedy: The way out.
        passing: Whether the same request may succeed a little later.
        wait_s: How long the other side asks to wait.
    """

    fault = Fault.BUSY

    def __init__(
        self, reason: str, *, remedy: str = "", passing: bool = True, wait_s: float = 0.0
    ) -> None:
        super().__init__(reason, remedy=remedy)
        self.passing = passing
        self.wait_s = wait_s


class Interrupted(Unreachable):
    """It went away between two pages. Where it goes on is for the caller to say.

    Some servers forget a page once they have given it out, so asking for it again could skip it.
    """


class LoginNeeded(RemoteError):
    """Credentials are missing or wrong."""

    fault = Fault.UNAUTHENTICATED


class Absent(RemoteError):
    """It does not exist, or not for these credentials."""

    fault = Fault.ABSENT


class Refused(RemoteError):
    """The request was understood and is not allowed or not acceptable."""

    fault = Fault.DENIED


class TooLarge(Refused):
    """There is more of it than the other side takes, or than is taken from it."""

    fault = Fault.TOO_LARGE
    status: int = 0
    """Of the answer, where it is the answer that is too large"""


class Unsafe(Refused):
    """The address leads to where this hub may not go: a private network, or no web at all."""


class NotUnderstood(RemoteError):
    """What came is not what it should be, or only a part of it."""

    fault = Fault.BAD_BODY
