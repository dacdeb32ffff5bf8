"""What every inbound connector is: it reads a source step by step, and knows neither store nor door.

The laws, for every connector (`tests/connectors/laws.py` is run over each of them):

- A run is repeatable: from the same state, with the same `Run.started_us`, the same source gives
  the same bytes. So a run that was cut off is begun again, and publishes nothing twice.
- A batch is complete: what it holds can be published without what comes after it, and its state is
  where the next run goes on once it was published.
- What is already read stays good: what is wrong with one row, file or mail is left out and said,
  and the rest goes on. Only errors of `connectors.errors` come out.
- Every way out leads through `Run.net`, with time limits and the address checked.
- No secret stands in an error, a notice, an origin or a state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from connectors.found import Batch, State
from connectors.making import Maker
from connectors.net import Net

S_contra = TypeVar("S_contra", bound=msgspec.Struct, contravariant=True)


class Run(NamedTuple):
    """One run of a feed: what a connector is given beside its settings and state."""

    feed: str
    """Its name"""
    started_us: int
    """The instant of the run; a run that is begun again keeps it."""
    net: Net
    maker: Maker
    """Makes indicators of values, on the terms of the feed"""
    secret: Callable[[str], str]
    """The secret behind a reference such as `env:NAME` or `file:PATH`; raises ConfigError."""
    folder: Path
    """Relative paths of the settings start here."""
    known: Callable[[], Iterable[str]] = tuple
    """Ids of the objects that this feed itself brought and that stand here now, in any order"""
    notice: Callable[[str], None] = lambda _: None
    """Told what an operator may want to know while it runs"""


class Connector(Protocol[S_contra]):
    """One kind of source."""

    def collect(self, settings: S_contra, state: State, run: Run) -> Iterator[Batch]:
        """What the source has and this state does not know yet.

        Args:
            settings: The feed's [source], decoded.
            state: Of the last batch that was published; empty: there was none.
            run: What it works with.

        Raises:
            RemoteError: One of its kinds, in words for people. Batches before it stay good.
        """
