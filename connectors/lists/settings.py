"""What the settings of all lists of values have in common."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from connectors.lists.streaming import Way
from connectors.source import Source


class ValuesSource(Source, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[source] of a list of values."""

    types: Annotated[
        tuple[str, ...],
        Meta(description="indicator_types of what is made, such as malicious-activity"),
    ] = ()
    file_names: Annotated[bool, Meta(description="Also take bare names of files")] = False
    deletions_most: Annotated[
        int,
        Meta(
            ge=0,
            le=100,
            description="What the feed has published and its list has no more is deleted here, as "
            "long as that is at most so many percent at once: a list that lost more is rather "
            "broken. 0: nothing is deleted, and values end with their life time. Not for folders.",
        ),
    ] = 0

    def way(self, unit: str = "line") -> Way:
        """How values are made into objects.

        Args:
            unit: What a number in an origin counts.
        """
        return Way(self.file_names, self.types, unit, self.deletions_most)
