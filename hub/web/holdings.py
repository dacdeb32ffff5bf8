"""`/collections`: what the account may read and publish, why, and how programs connect."""

from __future__ import annotations

from hub.language.edit import clause
from hub.service import connecting, sharing
from hub.service.connecting import Lines, Target
from hub.service.sharing import Holding
from hub.web.frame import Answer, Console, Page
from hub.web.visit import Visit


def pages(console: Console) -> list[Page]:
    """`/collections` and `/collections/<alias>`."""
    views = _Holdings(console)
    return [
        Page("collections", views.all),
        Page("collection", views.one, section="collections"),
    ]


class _Holdings:
    def __init__(self, console: Console) -> None:
        self._console = console

    def all(self, visit: Visit) -> Answer:
        """All that exist for the account."""
        held = self._held(visit)
        queries = {item.collection.key: _query(held, item) for item in held}
        return visit.render("collections/collections.html", held=held, queries=queries)

    def one(self, visit: Visit, alias: str) -> Answer:
        """One of them."""
        every = self._held(visit)
        held = sharing.named(every, alias)
        return visit.render(
            "collections/collection.html",
            held=held,
            item=held.collection,
            query=_query(every, held),
            address=self._target(visit, held).address,
            circles=sharing.circles(visit.directory, visit.scope, held),
            lines=self._lines(visit, held),
            secret=connecting.PLACEHOLDER,
            tokens=_tokens(visit),
        )

    def _held(self, visit: Visit) -> list[Holding]:
        return sharing.holdings(self._console.finder, visit.scope, visit.caller, visit.directory)

    def _lines(self, visit: Visit, held: Holding) -> list[Lines]:
        """What programs have to be told; nothing where nothing may be read."""
        return connecting.lines(self._target(visit, held)) if held.rights.read else []

    def _target(self, visit: Visit, held: Holding) -> Target:
        item, config = held.collection, self._console.config
        titles = {root.name: root.title for root in config.taxii.roots}
        return Target(
            config.url,
            visit.caller.account,
            item,
            titles.get(item.root, item.root),
            connecting.PLACEHOLDER,
        )


def _query(every: list[Holding], held: Holding) -> str:
    """What finds the objects of the collection: by alias, or by id where several have it."""
    alias = held.collection.alias
    same = sum(item.collection.alias.casefold() == alias.casefold() for item in every)
    return clause("collection", alias if same == 1 else held.collection.id)


def _tokens(visit: Visit) -> int:
    """How many tokens of the account work now."""
    return sum(
        token.account == visit.caller.account and token.expires_us > visit.now_us
        for token in visit.directory.tokens.values()
    )
