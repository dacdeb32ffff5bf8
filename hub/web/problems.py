"""Errors in the language of a page."""

from __future__ import annotations

from hub.errors import HubError
from hub.web.words import Lang


def say(error: HubError, lang: Lang) -> str:
    """Reason and way out of an error."""
    del lang
    return error.text()
