"""The languages of the console: catalogues, dates and numbers.

The texts in code and templates are English; `locale/vi/*.po` has the Vietnamese ones, a file for
each part of the console, all read at the start.
"""

from __future__ import annotations

import gettext
import io
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal

from babel.dates import format_date, format_datetime, format_timedelta
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

Lang = Literal["vi", "en"]
LANGS: tuple[Lang, ...] = ("vi", "en")
NAMES = {"vi": "Tiếng Việt", "en": "English"}

_MICROS = 1_000_000
_LARGEST = 10**15
"""Numbers from here on are shown digit by digit."""


class Words:
    """Texts, dates and numbers in one language."""

    def __init__(self, lang: Lang, translations: gettext.NullTranslations) -> None:
        self.lang = lang
        self.translations = translations

    def text(self, text: str, /, **values: object) -> str:
        """A text of the catalogue with its `%(name)s` filled in."""
        found = self.translations.gettext(text)
        return found % values if values else found

    def plural(self, one: str, many: str, num: int, /, **values: object) -> str:
        """A text that depends on a number, which it may show as `%(num)s`."""
        found = self.translations.ngettext(one, many, num)
        return found % {"num": self.number(num), **values}

    def number(self, number: float) -> str:
        """With the separators of the language; one that is no count of anything is bare."""
        # Partners write numbers of any length, and Babel refuses those above its own.
        if abs(number) >= _LARGEST:
            return str(number)
        return format_decimal(number, locale=self.lang)

    def instant(self, at_us: int) -> str:
        """Date and minute, UTC."""
        form = "dd/MM/yyyy HH:mm" if self.lang == "vi" else "d MMM yyyy HH:mm"
        return format_datetime(date_of(at_us), form, locale=self.lang)

    def day(self, at_us: int) -> str:
        """The date, UTC."""
        form = "dd/MM/yyyy" if self.lang == "vi" else "d MMM yyyy"
        return format_date(date_of(at_us), form, locale=self.lang)

    def ago(self, at_us: int, now_us: int) -> str:
        """How long it is since, or until, an instant, such as "3 hours ago"."""
        distance = date_of(at_us) - date_of(now_us)
        return format_timedelta(distance, add_direction=True, locale=self.lang)

    def lasts(self, time_us: int) -> str:
        """How long something takes, such as "3 hours"."""
        # From two of a unit on: "33 days" says more than "1 month".
        return format_timedelta(timedelta(microseconds=time_us), threshold=2, locale=self.lang)


def date_of(at_us: int) -> datetime:
    """An instant in microseconds; what no calendar has is the nearest that one has."""
    last = 253_402_300_799 * _MICROS
    whole, rest = divmod(min(max(at_us, -62_135_596_800 * _MICROS), last), _MICROS)
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest)


@cache
def words(lang: Lang) -> Words:
    """The catalogue of a language."""
    if lang == "en":
        return Words(lang, gettext.NullTranslations())
    whole = Catalog(locale=lang)
    for file in sorted(files("hub.web").joinpath("locale", lang).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".po"):
            with file.open("rb") as source:
                for message in read_po(source, locale=lang):
                    if message.id:
                        whole.add(message.id, message.string)
    binary = io.BytesIO()
    write_mo(binary, whole)
    binary.seek(0)
    return Words(lang, gettext.GNUTranslations(binary))
