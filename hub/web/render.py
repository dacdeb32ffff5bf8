"""Templates: one environment for each language, with what every page needs."""

from __future__ import annotations

import re
from functools import cache, partial
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from hub.language.defang import defang, harmless
from hub.language.values import is_cut, show
from hub.model.clock import format_us
from hub.model.search import Term
from hub.web import vocabulary
from hub.web.address import link
from hub.web.inert import called, fitted, legible
from hub.web.static import asset
from hub.web.words import LANGS, NAMES, Lang, words


@cache
def topics() -> tuple[str, ...]:
    """The names of the help pages."""
    folder = files("hub.web").joinpath("templates", "help")
    names = (file.name.removesuffix(".html") for file in folder.iterdir())
    return tuple(sorted(name for name in names if not name.startswith("_")))


def coded(text: str) -> Markup:
    """A text of the console with its commands, which stand between backticks, as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704  # it is escaped


@cache
def environment(lang: Lang) -> Environment:
    """The templates in a language."""
    found = words(lang)
    made = Environment(
        loader=PackageLoader("hub.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # It comes with the extension.
    made.install_gettext_translations(found.translations, newstyle=True)  # type: ignore[attr-defined]
    made.filters["coded"] = coded
    made.globals |= {
        "lang": lang,
        "languages": {each: NAMES[each] for each in LANGS},
        "link": link,
        "asset": asset,
        "topics": topics(),
        "number": found.number,
        "instant": found.instant,
        "day": found.day,
        "ago": found.ago,
        "lasts": found.lasts,
        "iso": format_us,
        "defang": lambda field, key: defang(field, show(Term(field, key))),
        "raw_value": lambda field, key: show(Term(field, key)),
        "harmless": harmless,
        "is_cut": is_cut,
        "called": called,
        "legible": legible,
        "fitted": fitted,
        "vocab": partial(vocabulary.word, lang=lang),
        "type_name": partial(vocabulary.type_name, lang=lang),
        "field_name": partial(vocabulary.field_name, lang=lang),
        "relation": partial(vocabulary.relation, lang=lang),
    }
    return made
