"""One request of a person: who asks, in which language, and how the answer is made."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec
from flask import Request, Response
from markupsafe import Markup
from werkzeug.datastructures import FileStorage, MultiDict

from hub.errors import HubError
from hub.http.caller import Admitted
from hub.http.session import Cookies, Current
from hub.model.party import Role
from hub.web.address import changed, link
from hub.web.carry import TOKEN
from hub.web.frame import Answer, Console
from hub.web.problems import say
from hub.web.render import environment
from hub.web.words import LANGS, Lang, words

THEMES = ("auto", "light", "dark")
_NOTICE = "notice"
_MOST_NOTICE = 1200
"""Bytes: a cookie has 4096 at most, and what is quoted takes more."""


class Guest:
    """Somebody whom the hub does not know yet, or whose request cannot be served.

    Args:
        console: The services.
        request: What is asked.
    """

    def __init__(self, console: Console, request: Request) -> None:
        self.console = console
        self.request = request
        self.cookies: Cookies = console.doorman.cookies
        self.lang = _language(request, self.cookies)
        theme = self.cookies.read(request, "theme")
        self.theme = theme if theme in THEMES else "auto"
        self.words = words(self.lang)
        self.now_us = console.clock()
        self._notice: tuple[str, str] | None = None

    @property
    def args(self) -> MultiDict[str, str]:
        """The query parameters."""
        return self.request.args

    @property
    def form(self) -> MultiDict[str, str]:
        """The fields of a form that was sent."""
        return self.request.form

    @property
    def files(self) -> MultiDict[str, FileStorage]:
        """The files of a form that was sent."""
        return self.request.files

    def text(self, text: str, /, **values: object) -> str:
        """See `Words.text`."""
        return self.words.text(text, **values)

    def plural(self, one: str, many: str, num: int, /, **values: object) -> str:
        """See `Words.plural`."""
        return self.words.plural(one, many, num, **values)

    def problem(self, error: HubError) -> str:
        """What is wrong and the way out, in the language of the page."""
        return say(error, self.lang)

    def render(self, template: str, /, **context: Any) -> str:
        """A page."""
        given = {
            "guest": self,
            "me": None,
            "section": "",
            "help_page": "",
            "here": self.here,
            "notice": self.noticed(),
        }
        return environment(self.lang).get_template(template).render(given | context)

    def here(self, **changes: Any) -> str:
        """The address of this page with some of its query parameters changed; None: without."""
        return changed(self.request.path, self.args.to_dict(flat=False), changes)

    def to(self, address: str) -> Response:
        """Go on there, with GET."""
        return Response(status=303, headers={"Location": address})

    def say(self, text: str, kind: str = "done") -> None:
        """Show a sentence on the next page, once. Kinds: done, warn."""
        self._notice = (kind, text)

    def noticed(self) -> tuple[str, str] | None:
        """What the page before this one had to say."""
        if self._notice:
            return self._notice
        try:
            data = base64.urlsafe_b64decode(self.cookies.read(self.request, _NOTICE))
            return msgspec.json.decode(data, type=tuple[str, str])
        except (binascii.Error, msgspec.MsgspecError, ValueError):
            return None

    def answer(self, made: Answer) -> Response:
        """The answer of a view as a response."""
        if isinstance(made, Response):
            response = made
        else:
            text, status = made if isinstance(made, tuple) else (made, 200)
            response = Response(text, status, content_type="text/html; charset=utf-8")
        self._keep_notice(response)
        response.vary.add("Accept-Language")
        return response

    def _keep_notice(self, response: Response) -> None:
        if self._notice and response.status_code in {303, 302}:
            kind, text = self._notice
            short = text.encode("utf-8", "replace")[:_MOST_NOTICE].decode("utf-8", "ignore")
            value = base64.urlsafe_b64encode(msgspec.json.encode((kind, short))).decode()
            self.cookies.write(self.request, response, value, _NOTICE)
        elif self.cookies.read(self.request, _NOTICE):
            self.cookies.write(self.request, response, "", _NOTICE)


class Visit(Guest):
    """A person who is logged in.

    Args:
        console: The services.
        request: What is asked.
        current: The session.
        admitted: Whom it belongs to, and what that account may see.
        section: The part of the navigation that is open.
    """

    def __init__(
        self,
        console: Console,
        request: Request,
        current: Current,
        admitted: Admitted,
        section: str,
    ) -> None:
        super().__init__(console, request)
        self.section = section
        self.current = current
        self.session = current.session
        self.caller = admitted.caller
        self.scope = admitted.scope
        self.directory = admitted.directory

    def render(self, template: str, /, **context: Any) -> str:
        """A page with the navigation of this account."""
        own = {"me": self, "section": self.section, "form_token": self._form_token}
        return super().render(template, **(own | context))

    def _form_token(self) -> Markup:
        """The field that every form of a change carries."""
        return Markup('<input type="hidden" name="{}" value="{}">').format(
            TOKEN, self.current.token
        )

    def has(self, *roles: str) -> bool:
        """Whether the account has one of these roles."""
        return any(Role(role) in self.caller.roles for role in roles)

    def org_name(self, slug: str) -> str:
        """An organisation in the language of the page; its short name when it is not known."""
        org = self.directory.orgs.get(slug)
        if org is None:
            return slug
        names = (org.name_vi, org.name_en) if self.lang == "vi" else (org.name_en, org.name_vi)
        return names[0] or names[1] or slug

    def collection_name(self, key: int) -> str:
        """The title of a collection that the account reads."""
        return self.directory.collections[key].title if key in self.scope.readable else ""

    def collection_alias(self, key: int) -> str:
        """How its address and queries name a collection that the account reads."""
        return self.directory.collections[key].alias if key in self.scope.readable else ""

    def go(self, name: str, /, **given: Any) -> Response:
        """Go on to a page of the console, with GET."""
        return self.to(link(name, **given))


def _language(request: Request, cookies: Cookies) -> Lang:
    """What was chosen, else what the browser likes best of ours, else Vietnamese."""
    liked = [tag.partition("-")[0].lower() for tag, _ in request.accept_languages]
    known = (
        each for name in (cookies.read(request, "lang"), *liked) for each in LANGS if each == name
    )
    return next(known, "vi")
