"""Reads the table of a draft again, otherwise; and remembers how, for the next one like it.

What somebody typed or ticked stays: a value that was there before is chosen or not as it was. How a
table was read is remembered with the account's own drafts, so for as long as one of them is kept.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import msgspec

from hub.errors import HubError
from hub.intake.benign import Benign
from hub.intake.table import read_again
from hub.model.intake import Table, Taken, Wish
from hub.model.query import Scope
from hub.service.screening import looked_through
from hub.store.drafting import Drafts


class _Heading(msgspec.Struct, frozen=True):
    """What is looked at of another draft's table."""

    heading: str = ""
    wish: Wish = Wish()
    said: str = ""


class _Kept(msgspec.Struct, frozen=True):
    table: _Heading | None = None


class _Draft(msgspec.Struct, frozen=True):
    taken: _Kept


def reread(taken: Taken, wish: Wish, own_domains: Collection[str], benign: Benign) -> Taken:
    """What is found in the table of a draft when it is read otherwise.

    Args:
        taken: Of the draft, with a table.
        wish: How it shall be read now.
        own_domains: As `hub.intake.table.read_again` has them.
        benign: Warning lists in force.

    Raises:
        HubError: BAD_BODY. There is no table, or the wish does not fit it.
    """
    found = looked_through(read_again(taken.table, wish, own_domains), benign)
    known = {(item.field, item.key): item.keep for item in taken.items}
    items = tuple(
        msgspec.structs.replace(item, keep=known.get((item.field, item.key), item.keep))
        for item in found.items
    )
    return msgspec.structs.replace(
        taken, items=items, left=found.left, table=_said(found.table, "now")
    )


def as_before(
    store: Drafts, scope: Scope, taken: Taken, own_domains: Collection[str], benign: Benign
) -> Taken:
    """A table that was just submitted, read as the account said of the last one with its heading.

    Args:
        store: Where drafts are kept.
        scope: Who submits: the account's own drafts are looked at, and no others.
        taken: What was submitted, be it a table or not.
        own_domains: As `hub.intake.table.read_again` has them.
        benign: Warning lists in force.
    """
    table = taken.table
    if table is None or not table.heading or not table.packed:
        return taken
    wish = _remembered(store, scope, table.heading)
    if wish is None:
        return taken
    # The same list may come with another separator the next time.
    wish = msgspec.structs.replace(wish, separator=table.wish.separator)
    try:
        found = reread(taken, wish, own_domains, benign)
    except HubError:
        # It has columns without a heading, and not as many as the one before.
        return taken
    return msgspec.structs.replace(found, table=_said(found.table, "before"))


def _remembered(store: Drafts, scope: Scope, heading: str) -> Wish | None:
    for head in store.drafts(scope):
        found = store.draft(scope, head.id)
        table = msgspec.json.decode(found.body, type=_Draft).taken.table if found else None
        if table and table.said and table.heading == heading:
            return table.wish
    return None


def _said(table: Table | None, said: Literal["now", "before"]) -> Table | None:
    return msgspec.structs.replace(table, said=said) if table else None
