"""The small server of `partner`, with publishing and deleting; and what can be wrong there."""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from typing import Any

from hub.model.clock import format_us
from tests.check.partner import ID, Bad, Item, Partner, Reply


class Writable(Partner):
    """Takes objects, dated under the lock under which they become visible."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()
        self.last_us = 0

    def collection(self, name: str) -> dict[str, Any]:
        return super().collection(name) | {"can_write": name == ID}

    def asked(self, method: str, target: str, body: bytes) -> Reply | None:
        path = target.partition("?")[0]
        if method == "DELETE" and (found := re.search(r"/objects/([^/]+)/$", path)):
            with self.lock:
                self.items = [one for one in self.items if one.object["id"] != found[1]]
            return Reply(200, {})
        if method == "POST" and path.endswith(f"{ID}/objects/"):
            return self.publish(body)
        return None

    def publish(self, body: bytes) -> Reply:
        try:
            objects = json.loads(body)["objects"]
        except (ValueError, KeyError, TypeError):
            raise Bad(400) from None
        good = [
            one for one in objects if isinstance(one, dict) and "modified" in one and "id" in one
        ]
        for one in good:
            self.store(one)
        status = {"id": str(uuid.uuid4()), "status": "complete", "total_count": len(objects)}
        counts = {"success_count": len(good), "failure_count": len(objects) - len(good)}
        return Reply(202, status | counts | {"pending_count": 0})

    def store(self, item: dict[str, Any]) -> None:
        with self.lock:
            self.items = [*self.items, Item(self.now_us(), item)]

    def now_us(self) -> int:
        self.last_us = max(time.time_ns() // 1000, self.last_us + 1)
        return self.last_us

    def page(self, items: list[Item], params: dict[str, str], what: str) -> Reply:
        return super().page(sorted(items, key=lambda item: item.added_us), params, what)

    def timestamp(self, text: str) -> tuple[str, int]:
        short, at = super().timestamp(text)
        return (format_us(at) if at % 1000 else short), at


class DatesBeforeItShows(Writable):
    """An object is dated when its request comes, and shown when it is stored: as OpenTAXII does."""

    def store(self, item: dict[str, Any]) -> None:
        with self.lock:
            at = self.now_us()
        time.sleep(0.03 if int(item["id"][-1], 16) % 2 else 0)
        with self.lock:
            self.items = [*self.items, Item(at, item)]


class KeepsWhatItRefuses(Writable):
    """A bad object refuses the request, and what stood before it is stored."""

    def publish(self, body: bytes) -> Reply:
        reply = super().publish(body)
        return self.error(422) if reply.body["failure_count"] else reply


class RewritesObjects(Writable):
    """A property is added to each object."""

    def store(self, item: dict[str, Any]) -> None:
        super().store(item | {"x_stored": True})


class DeletesNothing(Writable):
    """Deletions are answered 200 and forgotten."""

    def asked(self, method: str, target: str, body: bytes) -> Reply | None:
        return Reply(200, {}) if method == "DELETE" else super().asked(method, target, body)
