"""What the next run of a delivery would send first: nothing is sent, and nothing is kept."""

from __future__ import annotations

from hub.service.deliveries.definition import Delivery
from hub.service.deliveries.gather import Load
from hub.service.deliveries.look import gatherer
from hub.service.deliveries.run import Depot
from hub.service.deliveries.standing import standing_of


def trial(depot: Depot, delivery: Delivery, reader: str = "", *, again: bool = False) -> Load:
    """The next parcel.

    Args:
        depot: What runs work with.
        delivery: Which.
        reader: Account of the reader, of what is for people.
        again: As if it had never sent anything, and were to send what is there already.

    Raises:
        HubError: Its account may not act, or what its file names is not there.
    """
    job = depot.store.job(delivery.job(reader))
    standing = standing_of(job.state if job else b"")
    if again or standing.cursor < 0:
        after, until = 0, 0
    else:
        after, until = standing.cursor, standing.until
    directory = depot.parties.now().directory
    eyes = gatherer(depot.store, directory, delivery, reader, depot.clock())
    return eyes.next(after, until)
