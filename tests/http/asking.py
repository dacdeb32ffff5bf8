"""How the tests speak to the hub: accounts by name, TAXII media types unless told otherwise."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from hub.app import create_app
from hub.config import Config
from hub.model.party import Collection, Grant, Party, Subject
from hub.store.base import Act, Store
from tests import fakes

MEDIA_TYPE = "application/taxii+json;version=2.1"
PARTNERS: Subject = ("community", "partners")
_PLAIN = frozenset({"added_after", "limit", "next"})


def data(response: TestResponse) -> Any:
    """The JSON of an answer; the application's own JSON settings play no part."""
    return json.loads(response.data.decode("utf-8"))


def query(filters: Mapping[str, object]) -> dict[str, str]:
    """`type="malware"` as `match[type]=malware`; added_after, limit and next as they are."""
    return {
        name if name in _PLAIN else f"match[{name}]": str(value) for name, value in filters.items()
    }


class Hub:
    """One application, over a store that tests may change as an administrator would."""

    def __init__(self, config: Config, store: Store, secret: bytes = b"") -> None:
        self.config = config
        self.store = store
        self.app: Flask = create_app(config, store, secret)
        self._keys = itertools.count(1000)

    def ask(
        self,
        method: str,
        path: str,
        *,
        account: str = "publisher",
        headers: Mapping[str, str | None] | None = None,
        body: bytes | None = None,
        **more: Any,
    ) -> TestResponse:
        """One request.

        Args:
            method: GET, POST, …
            path: From the root of the host.
            account: Whose token goes along; empty: none.
            headers: On top of the usual ones; None takes one away.
            body: Sent as a TAXII envelope.
            more: For werkzeug's EnvironBuilder.
        """
        sent: dict[str, str | None] = {"Accept": MEDIA_TYPE}
        sent |= fakes.bearer(account) if account else {}
        sent |= {"Content-Type": MEDIA_TYPE} if body is not None else {}
        sent |= headers or {}
        given = {name: value for name, value in sent.items() if value is not None}
        return self.app.test_client().open(path, method=method, headers=given, data=body, **more)

    def get(self, path: str, **how: Any) -> TestResponse:
        """GET."""
        return self.ask("GET", path, **how)

    def room(self, *, read: bool = True, write: bool = True, **changes: Any) -> Room:
        """A new collection; both organisations of the sample directory have the rights."""
        key = next(self._keys)
        alias = f"room-{key}"
        values = {"key": key, "id": str(fakes.uuid_of(key)), "title": f"Room {key}"}
        made = fakes.collection(alias, **(values | changes))
        self.put(made, Grant(key, PARTNERS, read, write))
        return Room(self, made)

    def put(self, *parties: Party, drop: Sequence[Party] = ()) -> None:
        """Write parties into the directory, or drop them from it."""
        act = Act("console", "", "test", "test")
        self.store.write(parties, drop, act, epoch=self.store.epoch())


class Room:
    """One collection, as the tests use it."""

    def __init__(self, hub: Hub, collection: Collection) -> None:
        self.hub = hub
        self.collection = collection
        self.url = f"/{fakes.ROOT}/collections/{collection.id}/"

    def get(
        self,
        tail: str = "objects/",
        *,
        account: str = "publisher",
        headers: Mapping[str, str | None] | None = None,
        **filters: object,
    ) -> TestResponse:
        """GET an address of the collection; `type="malware"` stands for `match[type]`."""
        return self.hub.get(
            self.url + tail, account=account, headers=headers, query_string=query(filters)
        )

    def post(self, body: bytes, **how: Any) -> TestResponse:
        """POST to the collection's objects."""
        return self.hub.ask("POST", f"{self.url}objects/", body=body, **how)

    def add(self, *objects: Any, account: str = "publisher") -> dict[str, Any]:
        """Publish objects and give the status."""
        response = self.post(fakes.body(*objects), account=account)
        assert response.status_code == 202, response.data
        status: dict[str, Any] = data(response)
        return status

    def delete(self, object_id: str, *, account: str = "publisher", **filters: object) -> Any:
        """DELETE an object."""
        return self.hub.ask(
            "DELETE",
            f"{self.url}objects/{object_id}/",
            account=account,
            query_string=query(filters),
        )

    def objects(self, **filters: object) -> list[dict[str, Any]]:
        """All matching objects, page by page."""
        return [item for page in self.pages(**filters) for item in page.get("objects", [])]

    def manifest(self, **filters: object) -> list[dict[str, Any]]:
        """All matching manifest records, page by page."""
        pages = self.pages("manifest/", **filters)
        return [item for page in pages for item in page.get("objects", [])]

    def versions(self, object_id: str, **filters: object) -> list[str]:
        """All versions of an object, page by page."""
        pages = self.pages(f"objects/{object_id}/versions/", **filters)
        return [item for page in pages for item in page.get("versions", [])]

    def pages(self, tail: str = "objects/", **filters: object) -> Iterator[dict[str, Any]]:
        """Pages, following `next`; every one is answered 200."""
        while True:
            response = self.get(tail, **filters)
            assert response.status_code == 200, response.data
            page = data(response)
            yield page
            if "next" not in page:
                return
            filters = filters | {"next": page["next"]}


def ids(objects: list[dict[str, Any]]) -> list[str]:
    """Their ids, in order."""
    return [item["id"] for item in objects]
