"""When a job is due again: a little uneven, so that jobs and hubs do not all ask at once."""

from __future__ import annotations

import secrets

from hub.model.clock import DAY_US, HOUR_US

_FIRST_US = 60_000_000
_DOUBLINGS = 20
_PARTS = 1_000_000


def after_success(every_us: int) -> int:
    """Microseconds until the next run, within 5 % of what was asked for."""
    return _spread(every_us, 0.05)


def after_failure(every_us: int, failures: int, *, passing: bool, asked_us: int = 0) -> int:
    """Microseconds until a job that failed is tried again: longer each time, up to a day.

    What may pass by itself is tried soon and then more and more seldom; what somebody has to mend
    not before it would be due anyway.

    Args:
        every_us: Its usual interval.
        failures: How often in a row it failed before.
        passing: It may succeed without anybody's doing.
        asked_us: How long the other side asks to wait.
    """
    first = min(_FIRST_US, every_us) if passing else every_us
    most = max(every_us, HOUR_US) if passing else max(every_us, DAY_US)
    wait = min(most, first << min(failures, _DOUBLINGS))
    return max(_spread(wait, 0.2), asked_us)


def _spread(span_us: int, part: float) -> int:
    by = 1 + part * (2 * secrets.randbelow(_PARTS) / _PARTS - 1)
    return int(span_us * by)
