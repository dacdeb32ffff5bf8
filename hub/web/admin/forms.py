"""Forms of the administration: what was sent, what is wrong with it, and whether it is outdated."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from hub.errors import HubError
from hub.model.clock import parse_us
from hub.model.party import Directory, Organisation, Party
from hub.model.tlp import Tlp
from hub.service.changes import Guard, Outdated
from hub.web.frame import Answer
from hub.web.visit import Visit

SEEN = "seen"
"""Hidden field: what the form was made from"""

_BAD, _CONFLICT = 400, 409


class Form:
    """The fields that were sent, read one by one; what is wrong is collected by field."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.errors: dict[str, str] = {}
        self.status = _BAD
        self.source: Mapping[str, str] = visit.form
        """What is read: the form, or the query parameters"""

    def field(self, name: str, *, most: int = 200, required: bool = False) -> str:
        """A text without spaces around it."""
        found = self.source.get(name, "").strip().replace("\r\n", "\n")
        if required and not found:
            self.fail(name, self.visit.text("Fill this in."))
        if len(found) > most:
            self.fail(
                name,
                self.visit.plural(
                    "At most %(num)s character.", "At most %(num)s characters.", most
                ),
            )
        return found

    def number(self, name: str, least: int, most: int) -> int:
        """A whole number."""
        found = self.field(name)
        if re.fullmatch(r"[0-9]{1,9}", found) and least <= int(found) <= most:
            return int(found)
        text = self.visit.text("Give a whole number from %(least)s to %(most)s.")
        self.fail(name, text % {"least": least, "most": self.visit.words.number(most)})
        return least

    def tlp(self, name: str) -> Tlp:
        """A marking by its name."""
        try:
            return Tlp.named(self.field(name))
        except ValueError:
            self.fail(name, self.visit.text("Choose one of the list."))
            return Tlp.CLEAR

    def one_of(self, name: str, known: Mapping[str, Any] | set[str]) -> str:
        """One of some keys."""
        found = self.field(name)
        if found not in known:
            self.fail(name, self.visit.text("Choose one of the list."))
        return found

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return bool(self.visit.form.get(name))

    def since(self, name: str = "since") -> int:
        """An instant from `all`, `now` or a day; 0: everything."""
        choice = self.visit.form.get(name, "all")
        if choice == "all":
            return 0
        if choice == "now":
            return self.visit.console.store.now()
        return day_us(self, f"{name}_day")

    def fail(self, name: str, text: str) -> None:
        """Note what is wrong with a field; the first thing counts."""
        self.errors.setdefault(name, text)

    def refuse(self, error: HubError, **names: str) -> None:
        """Note what the service refused.

        Args:
            error: Of the service.
            names: What the form calls the service's fields, where that differs.
        """
        field = names.get(error.field.replace("-", "_"), error.field)
        self.errors.setdefault(field or "form", self.visit.problem(error))
        self.status = _CONFLICT if isinstance(error, Outdated) else _BAD

    def again(self, template: str, **context: Any) -> Answer:
        """The form once more, as it was filled in, with what is wrong."""
        given = {"given": self.visit.form, "errors": self.errors}
        return self.visit.render(template, **(given | context)), self.status


def day_us(form: Form, name: str) -> int:
    """The beginning of a day (UTC) that was given as YYYY-MM-DD."""
    text = form.field(name)
    try:
        return parse_us(f"{date.fromisoformat(text).isoformat()}T00:00:00Z")
    except ValueError:
        form.fail(name, form.visit.text("Give a day such as 2026-01-31."))
        return 0


def day_of(at_us: int) -> str:
    """The day (UTC) of an instant, as forms give it; empty for 0."""
    return datetime.fromtimestamp(at_us / 1_000_000, UTC).date().isoformat() if at_us else ""


def mark(party: Party | None) -> str:
    """What a form was made from, in short; another one after every change of it."""
    if party is None:
        return "none"
    return hashlib.sha256(msgspec.json.encode(party, order="sorted")).hexdigest()[:20]


def unchanged(visit: Visit, pick: Callable[[Directory], Party | None]) -> Guard:
    """Refuses a change when the form was made from something that is not there any more.

    Args:
        visit: Its form has the field `seen`.
        pick: Finds the party in a directory.
    """
    seen = visit.form.get(SEEN, "")

    def guard(directory: Directory) -> None:
        if mark(pick(directory)) != seen:
            raise Outdated

    return guard


def org_choices(visit: Visit) -> list[tuple[str, str]]:
    """Organisations for a list to choose from, by name."""
    orgs: list[Organisation] = list(visit.directory.orgs.values())
    found = [(org.slug, f"{visit.org_name(org.slug)} ({org.slug})") for org in orgs]
    return sorted(found, key=lambda pair: pair[1].casefold())


def tlp_choices() -> list[tuple[str, str]]:
    """Markings for a list to choose from."""
    return [(level.text, str(level)) for level in Tlp]
