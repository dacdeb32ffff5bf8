"""A browser without JavaScript: opens pages, follows links, fills in forms as they are shown."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from werkzeug.test import TestResponse

from tests import fakes
from tests.http.asking import Hub


class Form:
    """A form of a page, with what its fields hold."""

    def __init__(self, attributes: dict[str, str]) -> None:
        self.action = attributes.get("action", "")
        self.method = attributes.get("method", "get").upper()
        self.encoding = attributes.get("enctype", "")
        self.fields: list[tuple[str, str]] = []
        self.buttons: list[tuple[str, str, str]] = []
        """Name, value and text of each"""

    def names(self) -> set[str]:
        return {name for name, _ in self.fields}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.title = ""
        self._open: list[tuple[str, dict[str, str]]] = []
        self._heard: list[str] = []
        self._inside: Form | None = None
        self._select = ("", [])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = Form(given)
            self.forms.append(self._inside)
        elif tag == "input" and self._inside and given.get("name"):
            checked = given.get("type") not in {"checkbox", "radio"} or "checked" in given
            if checked and given.get("type") not in {"submit", "file"}:
                self._inside.fields.append(
                    (
                        given["name"],
                        given.get(
                            "value",
                            "on" if checked and given.get("type") in {"checkbox", "radio"} else "",
                        ),
                    )
                )
        elif tag == "option" and self._inside and (not self._select[1] or "selected" in given):
            self._select = (self._select[0], [given.get("value", "")])
        elif tag == "select":
            self._select = (given.get("name", ""), [])
        if tag in {"a", "textarea", "button", "title"}:
            self._heard = []
            self._open.append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        elif tag == "select" and self._inside and self._select[0] and self._select[1]:
            self._inside.fields.append((self._select[0], self._select[1][0]))
        elif self._open and self._open[-1][0] == tag:
            _, given = self._open.pop()
            self._closed(tag, given, "".join(self._heard))

    def _closed(self, tag: str, given: dict[str, str], heard: str) -> None:
        if tag == "a":
            self.links.append((given.get("href", ""), heard.strip()))
        elif tag == "title":
            self.title = heard.strip()
        elif self._inside and tag == "textarea" and given.get("name"):
            self._inside.fields.append((given["name"], heard.removeprefix("\n")))
        elif self._inside and tag == "button":
            self._inside.buttons.append(
                (given.get("name", ""), given.get("value", ""), heard.strip())
            )

    def handle_data(self, data: str) -> None:
        self._heard.append(data)
        self.words.append(data)


class Sheet:
    """A page as it was answered."""

    def __init__(self, answer: TestResponse, path: str) -> None:
        self.status = answer.status_code
        self.headers = answer.headers
        self.path = path
        self.html = answer.get_data(as_text=True)
        reader = _Reader()
        reader.feed(self.html)
        self.forms, self.links, self.title = reader.forms, reader.links, reader.title
        self.text = " ".join("".join(reader.words).split())

    def form(self, *names: str) -> Form:
        """The form that has these fields, or that leads to this address."""
        for form in self.forms:
            if set(names) <= form.names() or (len(names) == 1 and form.action == names[0]):
                return form
        raise AssertionError(f"no form with {names} in {[f.names() for f in self.forms]}")

    def link(self, text: str) -> str:
        """The address behind a text."""
        return next(href for href, said in self.links if text in said)


class Surfer:
    """Somebody with a browser.

    Args:
        hub: The application.
        lang: What the browser prefers.
    """

    def __init__(self, hub: Hub, lang: str = "en") -> None:
        self.client = hub.app.test_client()
        self._headers = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": lang}

    def get(self, path: str) -> Sheet:
        return self._go("GET", path)

    def send(self, form: Form, button: tuple[str, str] | None = None, **changes: Any) -> Sheet:
        """Send a form with some fields filled in; None leaves a field out, lists repeat it."""
        pairs = [(name, value) for name, value in form.fields if name not in changes]
        for name, value in changes.items():
            values = value if isinstance(value, list) else [value]
            pairs += [(name, each) for each in values if each is not None]
        pairs += [button] if button else []
        return self._go(form.method, form.action, pairs, form.encoding)

    def log_in(self, account: str, password: str = fakes.PASSWORD) -> Sheet:
        form = self.get("/login").form("account", "password")
        return self.send(form, account=account, password=password)

    def _go(
        self,
        method: str,
        path: str,
        pairs: list[tuple[str, Any]] | None = None,
        encoding: str = "",
    ) -> Sheet:
        from werkzeug.datastructures import MultiDict

        for _ in range(6):
            headers = self._headers | (
                {"Sec-Fetch-Site": "same-origin"} if method == "POST" else {}
            )
            how = "data" if method == "POST" else "query_string"
            more: dict[str, Any] = {how: MultiDict(pairs)} if pairs else {}
            more |= {"content_type": encoding} if encoding and method == "POST" else {}
            answer = self.client.open(path, method=method, headers=headers, **more)
            # A large file is sent out of a temporary one.
            answer.request.environ["wsgi.input"].close()
            if answer.status_code not in {302, 303}:
                return Sheet(answer, path)
            path, method, pairs = urljoin(path, answer.headers["Location"]), "GET", None
        raise AssertionError("too many redirects")
