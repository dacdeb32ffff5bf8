"""Log-in in one or two steps, log-out, language and theme: what needs nobody who is logged in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Request, Response, request

from hub.errors import Fault, HubError
from hub.http.goal import is_here
from hub.http.session import Current
from hub.service.login import Opened
from hub.web import carry
from hub.web.address import ADDRESSES, link
from hub.web.frame import Answer, Console
from hub.web.visit import THEMES, Guest
from hub.web.words import LANGS

_YEAR_S = 31_536_000
_MOST = 4_000_000
"""Bytes of a log-in: it may carry a form that came too late."""


class Entrance:
    """One short method per address."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._doorman = console.doorman

    def register(self, made: Blueprint) -> None:
        """Add the addresses to the console."""
        addresses: list[tuple[str, Callable[[Guest], Answer], tuple[str, ...]]] = [
            ("login", self.login, ("GET", "POST")),
            ("code", self.code, ("GET", "POST")),
            ("logout", self.logout, ("POST",)),
            ("preferences", self.preferences, ("POST",)),
        ]
        for name, view, methods in addresses:

            def serve(view: Callable[[Guest], Answer] = view) -> Response:
                request.max_content_length = request.max_form_memory_size = _MOST
                self._doorman.require_own_page(request)
                guest = Guest(self._console, request)
                return guest.answer(view(guest))

            made.add_url_rule(ADDRESSES[name], name, serve, methods=list(methods))

    def turn_away(self, guest: Guest, current: Current | None) -> Answer:
        """A request without a session, or with one that waits: log in first."""
        if guest.request.method in {"GET", "HEAD"}:
            path = guest.request.full_path.rstrip("?")
            name = "code" if current and current.session.waits else "login"
            return guest.to(link(name, next=path if path != "/" and is_here(path) else None))
        form = carry.carried(guest.request)
        if current and current.session.waits:
            return self._ask_code(guest, form.text(), 401)
        return self._ask(guest, form.text(), 401, late=True)

    def login(self, guest: Guest) -> Answer:
        """The first step."""
        if guest.request.method != "POST":
            return self._ask(guest)
        account, password = guest.form.get("account", ""), guest.form.get("password", "")
        try:
            client = self._doorman.client(guest.request)
            opened = self._console.logins.by_password(account.strip(), password, client)
        except HubError as error:
            if error.fault not in {Fault.UNAUTHENTICATED, Fault.TOO_MANY, Fault.BUSY}:
                raise
            status = 401 if error.fault is Fault.UNAUTHENTICATED else 429
            return self._ask(guest, guest.form.get(carry.FIELD, ""), status, error=error)
        return self._entered(guest, opened)

    def code(self, guest: Guest) -> Answer:
        """The second step."""
        current = self._doorman.find(guest.request)
        if current is None or not current.session.waits:
            return guest.to(link("login", next=_goal(guest.request)))
        if guest.request.method != "POST":
            return self._ask_code(guest)
        try:
            opened = self._console.factors.give(
                current.session, guest.form.get("code", "").strip()
            )
        except HubError as error:
            status = 401 if error.fault is Fault.UNAUTHENTICATED else 403
            return self._ask_code(guest, guest.form.get(carry.FIELD, ""), status, error=error)
        return self._entered(guest, opened)

    def logout(self, guest: Guest) -> Answer:
        """End the session; whoever has none is where this leads to anyway."""
        current = self._doorman.find(guest.request)
        if current and self._doorman.is_token(current, guest.form.get(carry.TOKEN, "")):
            self._console.logins.end(current.session, current.session.id)
        elif current:
            return guest.to(link("overview"))
        guest.say(guest.text("You are logged out."))
        response = guest.to(link("login"))
        self._doorman.cookies.write(guest.request, response, "")
        response.headers["Clear-Site-Data"] = '"cache"'
        return response

    def preferences(self, guest: Guest) -> Answer:
        """Language and theme, kept in the browser."""
        back = guest.form.get("back", "/")
        response = guest.to(back if is_here(back) else "/")
        for name, allowed in (("lang", LANGS), ("theme", THEMES)):
            value = guest.form.get(name, "")
            if value in allowed:
                self._doorman.cookies.write(guest.request, response, value, name, _YEAR_S)
        return response

    def _ask(
        self,
        guest: Guest,
        form: str = "",
        status: int = 200,
        *,
        late: bool = False,
        error: HubError | None = None,
    ) -> Answer:
        page = guest.render(
            "login.html",
            carried=form,
            late=late,
            problem=guest.problem(error) if error else "",
            account=guest.form.get("account", "") if not late else "",
            goal=_goal(guest.request),
            provider=self._console.provider is not None,
        )
        return page, status

    def _ask_code(
        self, guest: Guest, form: str = "", status: int = 200, *, error: HubError | None = None
    ) -> Answer:
        problem = guest.problem(error) if error else ""
        page = guest.render("code.html", carried=form, problem=problem, goal=_goal(guest.request))
        return page, status

    def _entered(self, guest: Guest, opened: Opened) -> Response:
        """After a step: to the next one, to the form that waited, or to the page."""
        form = carry.read(guest.form.get(carry.FIELD, ""))
        goal = _goal(guest.request)
        made: Answer
        if opened.session.waits:
            made = (
                guest.render("code.html", carried=form.text(), problem="", goal=goal)
                if form
                else guest.to(link("code", next=goal or None))
            )
        elif form:
            made = resume(guest, form, Current(opened.secret, opened.session))
        else:
            made = guest.to(goal or "/")
        response = guest.answer(made)
        self._doorman.cookies.write(guest.request, response, opened.secret)
        return response


def resume(guest: Guest, form: carry.Carried, current: Current) -> str:
    """Ask whether a form that came too late shall be sent now."""
    context: dict[str, Any] = {"form": form, "token": current.token}
    return guest.render("resume.html", **context)


def _goal(asked: Request) -> str:
    """Where to go after the log-in."""
    goal = asked.form.get("next", "") or asked.args.get("next", "")
    return goal if is_here(goal) else ""
