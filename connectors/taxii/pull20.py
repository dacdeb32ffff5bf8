"""Pulls collections of a TAXII 2.0 server. What is STIX 2.0 stays STIX 2.0.

A pull that was cut off goes on at the place where it stood; places hold as long as objects are only
added, which is all that 2.0 knows. So that nothing is missed for long where they do not, everything
is read from the beginning once a day, which publishes nothing twice.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from connectors.found import Batch
from connectors.taxii.client20 import Session20
from connectors.taxii.markings import Markings
from connectors.taxii.places import Place
from connectors.taxii.pull import Pull, TaxiiConnector
from connectors.taxii.settings import Settings20
from connectors.taxii.walk import later
from hub.model.clock import HOUR_US


class _Pull20(Pull[Session20, Settings20]):
    """Of TAXII 2.0."""

    discovery = "/taxii/"

    def batches(self) -> Iterator[Batch]:
        """As of 2.1; now and then from the beginning."""
        every_us = self._settings.again_hours * HOUR_US
        standing = self._standing
        if every_us and self._run.started_us - standing.read_us >= every_us:
            standing.after = dict.fromkeys(standing.after, self._settings.start(self._run))
            standing.start.clear()
            standing.read_us = self._run.started_us
        yield from super().batches()

    def _objects(self, place: Place) -> Generator[Batch, None, bool]:
        standing, settings = self._standing, self._settings
        after = standing.after.setdefault(place.url, settings.start(self._run))
        at = standing.start.get(place.url, 0)
        read, last = 0, after
        query = settings.query() | ({"added_after": after} if after else {})
        places = range(at, at + settings.page)
        markings = Markings(self._session, place.url)
        for part in self._session.slices(place.url, places, query):
            if read >= settings.most:
                return False
            raws = markings.first(part.raws)
            read += len(part.raws)
            last = later(part.added_last, last)
            standing.start[place.url] = at + read
            yield self._batch(raws, place)
        standing.after[place.url] = last
        standing.start.pop(place.url, None)
        yield self._batch((), place)
        return True


SETTINGS = Settings20
CONNECTOR = TaxiiConnector(Session20, _Pull20)
