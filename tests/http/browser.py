"""A browser with a page of the hub open, and the app on a phone that makes codes."""

from __future__ import annotations

import base64
import hmac
import struct
import time
from typing import Any

from werkzeug.test import TestResponse

from tests import fakes
from tests.http.asking import Hub, data

URL = "/api/v1/session"


class Browser:
    """Keeps cookies, says where its requests come from, and shows the token of its session."""

    def __init__(self, hub: Hub, **environ: Any) -> None:
        self.hub = hub
        self.client = hub.app.test_client()
        self.token = ""
        self._environ = environ

    def ask(
        self,
        method: str,
        path: str,
        json: Any = None,
        headers: dict[str, str | None] | None = None,
    ) -> TestResponse:
        """One request as a page of the hub makes it; None takes a header away."""
        sent: dict[str, str | None] = {"Sec-Fetch-Site": "same-origin", "User-Agent": "Sample/1.0"}
        sent |= {"X-CSRF-Token": self.token} if self.token else {}
        sent |= headers or {}
        given = {name: value for name, value in sent.items() if value is not None}
        more = {} if json is None else {"json": json}
        answer = self.client.open(
            path, method=method, headers=given, environ_overrides=self._environ, **more
        )
        if answer.is_json and "csrf_token" in data(answer):
            self.token = data(answer)["csrf_token"]
        return answer

    def get(self, path: str = URL, **how: Any) -> TestResponse:
        return self.ask("GET", path, **how)

    def post(self, path: str, json: Any = None, **how: Any) -> TestResponse:
        return self.ask("POST", path, json, **how)

    def delete(self, path: str = URL, **how: Any) -> TestResponse:
        return self.ask("DELETE", path, **how)

    def log_in(self, account: str = "reader", password: str = fakes.PASSWORD) -> TestResponse:
        return self.post(URL, {"account": account, "password": password})

    def give(self, code: str) -> TestResponse:
        return self.post(f"{URL}/second-factor", {"code": code})

    def enrol(self) -> Phone:
        """Set up a second factor."""
        offer = self.post(f"{URL}/totp")
        assert offer.status_code == 200, offer.data
        phone = Phone(data(offer)["secret"])
        answer = self.post(f"{URL}/totp/confirm", {"code": phone.code()})
        assert answer.status_code == 200, answer.data
        phone.recovery = data(answer)["recovery_codes"]
        return phone

    @property
    def secret(self) -> str:
        """What is in the cookie of its session; empty when there is none."""
        cookie = self.client.get_cookie("hub-session")
        return cookie.value if cookie else ""

    def is_in(self) -> bool:
        answer = self.get()
        assert answer.status_code in {200, 401}
        return answer.status_code == 200 and data(answer)["second_factor"] != "needed"


class Phone:
    """An authenticator app, written after RFC 4226 and 6238 and not after the hub.

    It gives each code once: that of now, then that of the next step, which the hub takes, too.
    """

    def __init__(self, secret: str) -> None:
        self._key = base64.b32decode(secret)
        self._last = 0
        self.recovery: list[str] = []

    def code(self) -> str:
        now = int(time.time()) // 30
        self._last = max(self._last + 1, now)
        assert self._last <= now + 1, "no third code within a step"
        return self.code_of(self._last)

    def again(self) -> str:
        """The code that it showed last."""
        return self.code_of(self._last)

    def code_of(self, step: int) -> str:
        digest = hmac.digest(self._key, struct.pack(">Q", step), "sha1")
        place = digest[19] & 15
        (number,) = struct.unpack(">I", digest[place : place + 4])
        return f"{(number & 0x7FFFFFFF) % 1_000_000:06d}"

    def wrong(self) -> str:
        """A code that fits none of the steps around now."""
        now = int(time.time()) // 30
        near = {self.code_of(now + beside) for beside in range(-3, 4)}
        return next(f"{n:06d}" for n in range(10) if f"{n:06d}" not in near)
