"""What each TAXII 2.1 address does, without HTTP: a caller and arguments in, a body out.

Two protocol layers stand before it: the hub's own views and, if so configured, medallion's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from werkzeug.datastructures import MultiDict

from hub import policy
from hub.config import Config
from hub.errors import Fault, HubError
from hub.http.caller import Admitted, require_login
from hub.model.clock import format_us
from hub.model.party import Collection
from hub.model.query import EntryPage, Query
from hub.policy import require_read, require_write, rights
from hub.service import fetch
from hub.service.fetch import Reader
from hub.service.limits import Quota
from hub.service.publish import MeteredPublisher, Publisher
from hub.stix.envelope import split
from hub.taxii import filters, resources
from hub.taxii.cursor import Cursor, Cursors
from hub.taxii.wire import AUDIENCE

_OF_OBJECT = frozenset({"version", "spec_version"})
_OF_VERSIONS = frozenset({"spec_version"})

Args = MultiDict[str, str]


class Place(NamedTuple):
    """Where a request points: an API root, a collection by id or alias, perhaps an object."""

    root: str
    collection: str
    object_id: str = ""


class Answer(NamedTuple):
    """A resource and the dates added that its headers carry (section 3.2)."""

    body: bytes
    first_us: int = 0
    last_us: int = 0

    def headers(self) -> dict[str, str]:
        """The date headers; none on an empty page."""
        if not self.last_us:
            return {}
        return {
            "X-TAXII-Date-Added-First": format_us(self.first_us),
            "X-TAXII-Date-Added-Last": format_us(self.last_us),
        }


class _Ask(NamedTuple):
    """One paged request, understood."""

    admitted: Admitted
    collection: Collection
    query: Query
    bounds: tuple[int, int]
    """Date added to start after, page size."""


class Door:
    """The TAXII resources over the services."""

    def __init__(
        self,
        config: Config,
        reader: Reader,
        publisher: Publisher,
        quota: Quota,
        cursors: Cursors,
    ) -> None:
        self._config = config
        self._taxii = config.taxii
        self._roots = {root.name: root for root in config.taxii.roots}
        self._reader = reader
        self._publisher = publisher
        self._quota = quota
        self._cursors = cursors

    def discovery(self) -> bytes:
        """Section 4.1."""
        return resources.discovery(self._config)

    def api_root(self, root: str) -> bytes | None:
        """Section 4.2; None when there is no such API root."""
        found = self._roots.get(root)
        return resources.api_root(found, self._taxii.max_content_length) if found else None

    def collections(self, admitted: Admitted, root: str) -> bytes:
        """Section 5.1."""
        found = fetch.collections(admitted.scope, admitted.directory, root)
        return resources.collections(
            [resources.collection(item, rights(admitted.scope, item)) for item in found]
        )

    def collection(self, admitted: Admitted, place: Place) -> bytes:
        """Section 5.2."""
        item = self.find(admitted, place)
        return resources.one_collection(resources.collection(item, rights(admitted.scope, item)))

    def find(self, admitted: Admitted, place: Place) -> Collection:
        """The collection of a place.

        Raises:
            HubError: ABSENT; for a caller without credentials UNAUTHENTICATED, as hidden and
                missing must look the same and a log-in may help.
        """
        try:
            return fetch.collection(
                admitted.scope, admitted.directory, place.root, place.collection
            )
        except HubError:
            require_login(admitted)
            raise

    def writable(self, admitted: Admitted, place: Place) -> Collection:
        """The collection of a place that the caller may write to.

        Raises:
            HubError: as `find`, and DENIED; UNAUTHENTICATED for a caller without credentials, who
                may get further with them.
        """
        require_login(admitted)
        item = self.find(admitted, place)
        require_write(admitted.scope, item)
        return item

    def may_add(self, admitted: Admitted, place: Place) -> None:
        """What can be said against a publish before its body is read.

        Raises:
            HubError: as `writable`, and TOO_MANY when the organisation's quota is used up.
        """
        self.writable(admitted, place)
        self._quota.require_room(admitted.scope.org)

    def objects(self, admitted: Admitted, place: Place, args: Args) -> Answer:
        """Sections 5.4 and, with an object id, 5.6."""
        allowed = _OF_OBJECT if place.object_id else None
        ask = self._ask(admitted, place, args, allowed)
        page = self._reader.objects(admitted.scope, ask.collection, ask.query, ask.bounds)
        cursor = self._next(ask, page.last_us, more=page.more)
        return Answer(resources.envelope(page, cursor), page.first_us, page.last_us)

    def manifest(self, admitted: Admitted, place: Place, args: Args) -> Answer:
        """Section 5.3."""
        return self._entries(self._ask(admitted, place, args, None), resources.manifest)

    def versions(self, admitted: Admitted, place: Place, args: Args) -> Answer:
        """Section 5.8."""
        ask = self._ask(admitted, place, args, _OF_VERSIONS, every=True)
        return self._entries(ask, resources.versions)

    def add(self, admitted: Admitted, place: Place, body: bytes, audience: str | None) -> bytes:
        """Section 5.5.

        Args:
            admitted: Who publishes.
            place: Where.
            body: An envelope.
            audience: Whom it is for, as the header `Hub-Audience` says it; None: it is not there.

        Raises:
            HubError: BAD_REQUEST for an audience that is empty or cannot be addressed.
        """
        item = self.writable(admitted, place)
        names = _names(audience) if audience is not None else ()
        named = policy.audience(admitted.scope, admitted.directory, item, names)
        raws = split(body, self._taxii.max_objects)
        door = MeteredPublisher(self._publisher, self._quota)
        status = door.publish(admitted.scope, item, raws, named)
        return resources.status(status)

    def delete(self, admitted: Admitted, place: Place, args: Args) -> bytes:
        """Section 5.7. Without match[version], every version goes."""
        item = self.writable(admitted, place)
        require_read(admitted.scope, item)
        base = Query(item.key, ids=(place.object_id,), edges=("all",))
        query = filters.matches(args, base, _OF_OBJECT).query
        self._reader.require_object(admitted.scope, query)
        self._publisher.delete(admitted.scope, item, query)
        return resources.EMPTY

    def status(self, admitted: Admitted, root: str, status_id: str) -> bytes:
        """Section 4.3."""
        require_login(admitted)
        return resources.status(self._reader.status(admitted.scope, root, status_id))

    def _ask(
        self,
        admitted: Admitted,
        place: Place,
        args: Args,
        allowed: frozenset[str] | None,
        *,
        every: bool = False,
    ) -> _Ask:
        """What is asked for, from where: filters, or the `next` that carries them."""
        item = self.find(admitted, place)
        require_read(admitted.scope, item)
        ids = (place.object_id,) if place.object_id else ()
        base = Query(item.key, ids=ids, edges=("all",) if every else ("last",))
        asked = filters.matches(args, base, allowed)
        paging = filters.paging(
            args, default=self._taxii.page_size, most=self._taxii.max_page_size
        )
        if ids:
            self._reader.require_object(admitted.scope, base)
        if paging.next:
            cursor = self._cursors.read(paging.next)
            # A widely used client sends the `next` of one collection to the others: there it
            # says nothing, and the request is answered as if it had none.
            if cursor.query.collection == item.key:
                # What the address says counts as asked for, too.
                named = asked.given | ({"ids"} if ids else set()) | ({"edges"} if every else set())
                query = filters.continued(asked._replace(given=named), cursor.query)
                # An `added_after` beside it does not move the position: clients send stale ones,
                # and one that went ahead would skip what they have not read.
                return _Ask(admitted, item, query, (cursor.after_us, paging.limit))
        return _Ask(admitted, item, asked.query, (paging.added_after_us, paging.limit))

    def _entries(self, ask: _Ask, write: Callable[[EntryPage, str], bytes]) -> Answer:
        page = self._reader.entries(ask.admitted.scope, ask.collection, ask.query, ask.bounds)
        if not page.entries:
            return Answer(resources.EMPTY)
        first, last = page.entries[0].added_us, page.entries[-1].added_us
        return Answer(write(page, self._next(ask, last, more=page.more)), first, last)

    def _next(self, ask: _Ask, last_us: int, *, more: bool) -> str:
        return self._cursors.write(Cursor(ask.query, last_us)) if more else ""


def _names(audience: str) -> list[str]:
    names = audience.replace(",", " ").split()
    if not names:
        raise HubError(
            Fault.BAD_REQUEST,
            "the audience names nobody",
            field=AUDIENCE,
            remedy="Name somebody, such as org:grid, or leave the header out.",
        )
    return names
