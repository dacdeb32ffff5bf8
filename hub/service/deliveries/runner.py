"""Does deliveries, one process at a time: take the job, send, and say how it ended.

A failure waits, longer each time, and as long as the other side asks. Nothing but what was said here
leaves a run: no secret, and no trace.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb

import msgspec

from connectors.errors import Unreachable
from connectors.net import Net
from connectors.sending import Trip
from hub.errors import ConfigError, Fault, HubError
from hub.model.job import Ending, Job
from hub.service.deliveries.definition import Delivery, Recipient
from hub.service.deliveries.run import Depot, Run
from hub.service.jobs.backoff import after_failure, after_success
from hub.service.jobs.declared import keys_in, limits_of
from hub.service.jobs.keeper import HOLD_US, Keeper, hold_on
from hub.service.jobs.secrets import Secrets
from hub.store.jobs import LeaseLost

_PASSING = frozenset({Fault.BUSY, Fault.STORE_DOWN, Fault.TOO_MANY})
_LONGEST = 1000
_SECOND_US = 1_000_000
_SOON_US = _SECOND_US


class Deliverer:
    """Does deliveries, one at a time.

    Args:
        depot: What runs work with.
        stop: Asked between parcels: why the run is to end; empty: it goes on.
        notice: Told what an operator may want to know.
        hold_us: How long a hold lasts without being renewed, in microseconds.
    """

    def __init__(
        self,
        depot: Depot,
        *,
        stop: Callable[[], str] = str,
        notice: Callable[[str], None] = lambda _: None,
        hold_us: int = HOLD_US,
    ) -> None:
        self._depot = depot
        self._stop = stop
        self._notice = notice
        self._hold_us = hold_us

    def run(
        self, delivery: Delivery, recipient: Recipient | None = None, *, only_due: bool = True
    ) -> Ending | None:
        """Do a delivery, or what of it is for one reader.

        Args:
            delivery: Which.
            recipient: For whom.
            only_due: False: also if it is not due, or is paused.

        Returns:
            How it ended; None: it is not due, or another process does it.

        Raises:
            StoreDown: The store cannot be asked.
        """
        store = self._depot.store
        hold = hold_on(delivery.job(recipient.account if recipient else ""), self._hold_us)
        job = store.take_job(hold, only_due=only_due)
        if job is None:
            return None
        secrets = Secrets(delivery.folder, keys_in(delivery.said.target))
        one = Run(self._depot, delivery, (hold, job, recipient), self._stop)
        try:
            with Keeper(store, hold):
                ending = self._attempt(delivery, one, job, secrets)
            words = secrets.scrub(ending.words)[:_LONGEST]
            ending = ending._replace(counts=msgspec.json.encode(one.totals), words=words)
            store.end_job(hold, ending)
        except LeaseLost:
            return None
        return ending

    def _attempt(self, delivery: Delivery, one: Run, job: Job, secrets: Secrets) -> Ending:
        """How the run ends, whatever happens in it."""
        try:
            halted = one.go(self._trip(delivery, job, secrets))
        except LeaseLost:
            raise
        except HubError as error:
            return _failed(delivery, job, error)
        except ConfigError as error:
            return _failed(delivery, job, HubError(Fault.BAD_REQUEST, str(error)))
        except Exception as error:  # noqa: BLE001 - one sender must not stop the others
            return _failed(delivery, job, _broken(delivery, error))
        if halted:
            return Ending("stopped", _SOON_US, words=halted)
        wait_us = _SOON_US if one.unfinished else after_success(delivery.every_us)
        return Ending("well", wait_us, words=one.words())

    def _trip(self, delivery: Delivery, job: Job, secrets: Secrets) -> Trip:
        return Trip(
            delivery.name,
            delivery.title,
            job.started_us,
            Net(limits_of(delivery.said, delivery.folder)),
            secrets,
            delivery.folder,
            self._depot.console,
            lambda text: self._notice(secrets.scrub(text)),
        )


def _failed(delivery: Delivery, job: Job, error: HubError) -> Ending:
    passing, asked_s = error.fault in _PASSING, 0.0
    if isinstance(error, Unreachable):
        passing, asked_s = error.passing, error.wait_s
    wait_us = after_failure(
        delivery.every_us, job.failures, passing=passing, asked_us=int(asked_s * _SECOND_US)
    )
    return Ending("failed", wait_us, words=error.text())


def _broken(delivery: Delivery, error: Exception) -> HubError:
    """A fault of the program. What the error says may hold a secret; where it stands does not."""
    place = extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    said = delivery.said.connector
    return HubError(Fault.INTERNAL, f"sending by {said} broke: {type(error).__name__} at {where}")
