"""What can go wrong, in the hub's own words; `hub.http.errors` maps it to HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Fault(StrEnum):
    """Stable names of errors. Clients may rely on them; texts may change."""

    BAD_REQUEST = "bad-request"
    BAD_FILTER = "bad-filter"
    BAD_CURSOR = "bad-cursor"
    BAD_BODY = "bad-body"
    UNAUTHENTICATED = "unauthenticated"
    DENIED = "denied"
    ABSENT = "absent"
    METHOD = "method-not-allowed"
    NOT_ACCEPTABLE = "not-acceptable"
    UNSUPPORTED_MEDIA = "unsupported-media"
    TOO_LARGE = "too-large"
    TOO_MANY = "too-many-requests"
    INTERNAL = "internal"
    BUSY = "busy"
    STORE_DOWN = "store-down"
    PROVIDER_DOWN = "provider-down"
    BAD_QUERY = "bad-query"
    SEARCH_DOWN = "search-down"


class HubError(Exception):
    """An expected failure that a caller can understand and act upon.

    Args:
        fault: The stable name.
        reason: One sentence: what is wrong. It may be shown to any client.
        field: The field, parameter or header the reason speaks of, where there is one.
        remedy: One sentence: the way out.
        details: What a program needs to know beside `field`, such as a position.
    """

    def __init__(
        self,
        fault: Fault,
        reason: str,
        *,
        field: str = "",
        remedy: str = "",
        details: Mapping[str, str | int] = MappingProxyType({}),
    ) -> None:
        super().__init__(reason)
        self.fault = fault
        self.reason = reason
        self.field = field
        self.remedy = remedy
        self.details = details

    def text(self) -> str:
        """Reason and remedy as sentences."""
        reason = self.reason if self.reason.endswith(".") else f"{self.reason}."
        return " ".join(filter(None, [reason, self.remedy]))


class StoreDown(HubError):
    """The store cannot answer now: disk full, locked, corrupt or unreachable.

    Nothing of the failed call was kept.
    """

    def __init__(self, reason: str, *, fault: Fault = Fault.STORE_DOWN) -> None:
        super().__init__(fault, reason, remedy="Nothing was stored; send the request again later.")


class Throttled(HubError):
    """The caller has to wait.

    Args:
        reason: What there was too much of.
        wait_us: Microseconds until the same request can succeed, if nobody else takes the room.
        remedy: The way out.
    """

    def __init__(self, reason: str, wait_us: int, *, remedy: str) -> None:
        super().__init__(Fault.TOO_MANY, reason, remedy=remedy)
        self.retry_after_s = max(1, -(-wait_us // 1_000_000))


class ConfigError(Exception):
    """The configuration cannot be used; the text names the setting, the place and the way out."""
