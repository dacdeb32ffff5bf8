"""A person at the console without scripts: opens pages, fills in forms, presses buttons."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import msgspec
from werkzeug.test import TestResponse

from hub.model.party import Account, Party
from hub.store.base import Act
from tests import fakes
from tests.http.asking import Hub

SHARED = str(fakes.uuid_of(fakes.KEYS["shared"]))
"""Id of the collection `shared`"""

_FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
_FIELD = re.compile(
    r"<(input|textarea|select|button)\b([^>]*)>(.*?)(?=<(?:input|textarea|select|button|/form)\b|$)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')
_SETTINGS = """
[limits]
requests_per_minute = 0
anonymous_per_minute = 0
failed_logins = 3
failed_logins_per_minute = 0
"""
_OPTION = re.compile(r'<option value="([^"]*)"( selected)?')


def own_hub(folder: Path) -> Hub:
    """A hub of the sample directory for one test; nobody has to wait."""
    config = fakes.make_config(folder, _SETTINGS)
    store = fakes.open_store(config.store_path)
    fakes.populate(store)
    return Hub(config, store)


def put(hub: Hub, *parties: Party) -> None:
    """Somebody else changes something."""
    hub.store.write(parties, [], Act("console", "", "test", "test"), epoch=hub.store.epoch())


def changed(hub: Hub, name: str, **changes: Any) -> Account:
    """Somebody else changes an account."""
    account = msgspec.structs.replace(hub.store.directory().accounts[name], **changes)
    put(hub, account)
    return account


class Person:
    """Logged in as an account of the sample directory, in English.

    Args:
        hub: The application.
        account: Who logs in.
        lang: Of the pages.
    """

    def __init__(self, hub: Hub, account: str = "administrator", lang: str = "en") -> None:
        self.hub = hub
        self.client = hub.app.test_client()
        self.client.set_cookie("hub-lang", lang)
        self.account = account
        answer = self.post("/login", account=account, password=fakes.PASSWORD)
        assert answer.status_code == 303, answer.text

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers={"Sec-Fetch-Site": "same-origin"})

    def post(self, path: str, **fields: Any) -> TestResponse:
        """Exactly these fields."""
        return self.client.post(path, data=fields, headers={"Sec-Fetch-Site": "same-origin"})

    def form(self, path: str, number: int = 0) -> Form:
        """The forms of a page that change something, without those of the frame."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return forms(answer.text, path)[number]

    def send(self, form: Form, **changes: Any) -> TestResponse:
        """Fill in and send; None takes a field away."""
        given = {k: v for k, v in (form.fields | changes).items() if v is not None}
        return self.post(form.action, **given)

    def fill(self, path: str, number: int = 0, **changes: Any) -> TestResponse:
        """Open a page, fill its form in, send it."""
        return self.send(self.form(path, number), **changes)

    def after(self, answer: TestResponse) -> str:
        """The text of the page that an answer leads to."""
        assert answer.status_code == 303, answer.text
        page = self.get(answer.headers["Location"])
        assert page.status_code == 200
        return text(page)


class Form:
    """A form as a page shows it."""

    def __init__(self, action: str, fields: dict[str, Any]) -> None:
        self.action = action
        self.fields = fields


def text(answer: TestResponse) -> str:
    """What a page says, without its marks."""
    main = re.search(r"<main.*?</main>", answer.text, re.DOTALL)
    assert main
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main[0])).split())


def fault(answer: TestResponse, field: str) -> str:
    """What a page says is wrong with a field."""
    found = re.search(rf'id="{field}-fault">(.*?)</p>', answer.text, re.DOTALL)
    return html.unescape(found[1]) if found else ""


def forms(page: str, path: str) -> list[Form]:
    """The forms inside of `main` that change something."""
    main = page[page.index("<main") :]
    found = []
    for head, body in _FORM.findall(main):
        if 'method="post"' in head and 'name="token"' in body:
            action = html.unescape(_attributes(head).get("action", path))
            found.append(Form(action, _fields(body)))
    return found


def _fields(body: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind, head, rest in _FIELD.findall(body):
        given = _attributes(head)
        name = given.get("name", "")
        if not name or kind == "button":
            continue
        if kind == "select":
            options = _OPTION.findall(rest)
            chosen = [value for value, on in options if on] or [value for value, _ in options][:1]
            found[name] = html.unescape(chosen[0]) if chosen else ""
        elif kind == "textarea":
            found[name] = html.unescape(rest.partition("</textarea>")[0].removeprefix("\n"))
        elif given.get("type") not in {"checkbox", "radio"} or "checked" in given:
            found[name] = html.unescape(given.get("value", ""))
    return found


def _attributes(head: str) -> dict[str, str]:
    return dict(_ATTRIBUTE.findall(head))
