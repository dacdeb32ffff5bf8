"""What a store must keep of exports; `hub.store.base.Store` includes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.model.exporting import Kept, Made, Numbered
from hub.model.query import Scope


class Exports(Protocol):
    """Numbers of rules and states of files: of one account and clearance, gone with the account.

    What another account or a credential with another ceiling pulls changes nothing of them.
    """

    def export_state(self, scope: Scope, what: str) -> Kept | None:
        """The file that was made last; None: none, or so long ago that it was forgotten."""

    def keep_export(self, scope: Scope, what: str, made: Made) -> Kept:
        """Remember a file. Serial and date rise if its content is another than before."""

    def number_rules(
        self, scope: Scope, rules: Sequence[tuple[str, bytes]], numbers: range
    ) -> list[Numbered | None]:
        """The numbers of rules, the same for ever; of new ones the next that are free.

        Args:
            scope: Whose they are.
            rules: Name of each, and digest of its text: with another one its revision rises.
            numbers: What may be given out.

        Returns:
            In the order of the rules; None: no number is left.
        """
