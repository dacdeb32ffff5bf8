"""What is wrong with a query: where, and in words that say the way out."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

from hub.errors import Fault, HubError
from hub.language.messages import LOOKS, MESSAGES

Language = Literal["vi", "en"]

_SHOWN = 60


class QueryError(HubError):
    """A query that cannot be understood or is over a limit.

    Args:
        key: Of `messages.MESSAGES`; stable, clients may rely on it.
        start: Where the fault begins, in characters of the text as it was given.
        end: Where it ends.
        params: What the message speaks of; what comes from the text is cut short. `looks` names a field or kind of `messages.LOOKS`, in
            whose place the message says what a value of it looks like.
    """

    def __init__(self, key: str, start: int, end: int, **params: str) -> None:
        self.key = key
        self.start = start
        self.end = end
        cut = {name: text if name == "fields" else shown(text) for name, text in params.items()}
        self.params = MappingProxyType(cut)
        details: dict[str, str | int] = {
            "key": key,
            "position": start,
            "length": end - start,
            "en": self.say("en"),
            "vi": self.say("vi"),
        }
        reason, remedy = self._texts("en")
        super().__init__(Fault.BAD_QUERY, reason, field="q", remedy=remedy, details=details)

    def say(self, language: Language) -> str:
        """What is wrong and the way out."""
        return " ".join(self._texts(language))

    def _texts(self, language: Language) -> tuple[str, str]:
        texts = getattr(MESSAGES[self.key], language)
        params = dict(self.params)
        if "looks" in params:
            params["looks"] = getattr(LOOKS[params["looks"]], language)
        reason, remedy = (text.format_map(params) for text in texts)
        return reason, remedy


def shown(text: str) -> str:
    """A part of a query as it can stand in a message: short, in one line, without controls."""
    cut = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return "".join(char if char.isprintable() else "\ufffd" for char in cut)
