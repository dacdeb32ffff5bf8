"""Every text of the console has its Vietnamese, and no template has a text that goes past it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools import messages

SAME_IN_ALL_LANGUAGES = {
    "CSV": "the name of a format",
    "JSON": "the name of a format",
    "TLP:": "a marking is written so in every language (TLP 2.0)",
    "UTC": "the name of the time scale",
}
"""Bare text that is right, and why; all else is translated."""

HEAD = 'msgid ""\nmsgstr ""\n"Language: vi\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
GOOD = HEAD + (
    'msgid "Search"\nmsgstr "Tìm kiếm"\n\n'
    'msgid "%(num)s object of %(org)s"\nmsgid_plural "%(num)s objects of %(org)s"\n'
    'msgstr[0] "%(num)s đối tượng của %(org)s"\n'
)


def test_the_catalogues_are_complete():
    assert messages.faults() == []


def test_there_is_something_to_translate():
    assert len(messages.texts()) > 80
    assert {path.name for path in messages.catalogues()} >= {"frame.po"}


def test_each_catalogue_says_that_vietnamese_has_one_plural_form():
    for path in messages.catalogues():
        found = messages.read(path)
        assert (found.num_plurals, str(found.locale)) == (1, "vi"), path.name


@pytest.mark.parametrize("path", sorted(messages.WEB.rglob("*.html")), ids=lambda p: p.name)
def test_no_template_has_bare_text(path):
    found = [fault for fault in messages.bare(path) if not _is_excused(fault)]
    assert found == []


def _is_excused(fault: str) -> bool:
    return fault.partition(": ")[2].strip("'\"") in SAME_IN_ALL_LANGUAGES


def site(folder: Path, template: str, catalogue: str = GOOD, code: str = "") -> Path:
    for name, text in (
        ("templates/part/page.html", template),
        ("part.py", code),
        ("locale/vi/part.po", catalogue),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


TEMPLATE = '{{ _("Search") }} {{ ngettext("%(num)s object of %(org)s", "%(num)s objects of %(org)s", n, org=x) }}'


def test_a_complete_site_has_no_faults(tmp_path):
    assert messages.faults(site(tmp_path, TEMPLATE)) == []
    code = (
        'visit.text("Search")\n'
        'visit.plural(\n    "%(num)s object of %(org)s", "%(num)s objects of %(org)s", n, org=x)\n'
    )
    assert messages.faults(site(tmp_path, "", code=code)) == []


def test_a_translated_block_is_found(tmp_path):
    template = "{% trans num=n, org=x %}%(num)s{% endtrans %}{% trans %}Look up{% endtrans %}"
    found = messages.texts(site(tmp_path, template))
    assert [text.one for text in found if "Look" in text.one] == ["Look up"]


FAULTY = {
    "missing: 'Look up' (templates/part/page.html:1)": ('{{ _("Look up") }}', ""),
    "missing: 'Log in' (part.py:1)": ("", 'visit.say(visit.text("Log in"))'),
    "missing: 'one %(num)s' (part.py:1)": ("", 'visit.plural("one %(num)s", "many %(num)s", 2)'),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_what_is_missing_is_named(tmp_path, fault):
    template, code = FAULTY[fault]
    assert messages.faults(site(tmp_path, TEMPLATE + template, code=code)) == [fault]


WRONG = {
    "part.po: unused: 'Look up'": GOOD + '\nmsgid "Look up"\nmsgstr "Tra cứu"\n',
    "part.po: 'Search': fuzzy": GOOD.replace('msgid "Search"', '#, fuzzy\nmsgid "Search"'),
    "part.po: 'Search': empty": GOOD.replace("Tìm kiếm", ""),
    "part.po: 'Search': not NFC": GOOD.replace("ế", "e\u0302\u0301"),
    "part.po: 'Search': begins or ends with other white space": GOOD.replace("kiếm", "kiếm "),
    "part.po: '%(num)s object of %(org)s': other placeholders": GOOD.replace(
        "đối tượng của %(org)s", "đối tượng của %(name)s"
    ),
    "part.po: '%(num)s object of %(org)s': Vietnamese has one form, not 2": GOOD.replace(
        "nplurals=1; plural=0", "nplurals=2; plural=(n != 1)"
    )
    + 'msgstr[1] "%(num)s đối tượng của %(org)s"\n',
}


@pytest.mark.parametrize("fault", WRONG)
def test_what_is_wrong_is_named(tmp_path, fault):
    (found,) = messages.faults(site(tmp_path, TEMPLATE, WRONG[fault]))
    assert found.startswith(fault)


def test_a_text_stands_in_one_catalogue(tmp_path):
    site(tmp_path, TEMPLATE)
    (tmp_path / "locale/vi/more.po").write_text(HEAD + 'msgid "Search"\nmsgstr "Tìm"\n')
    assert messages.faults(tmp_path) == ["more.po, part.po: repeated: 'Search'"]


BARE = {
    "<h1>Search</h1>": "1: 'Search'",
    "<p>\n{{ n }} objects\n</p>": "1: 'objects'",
    '<a title="Go on" href="/">{{ x }}</a>': "1: 'Go on'",
    '<input placeholder="a value">': "1: 'a value'",
    '<button aria-label="Close"></button>': "1: 'Close'",
    '<img alt="A map" src="/x">': "1: 'A map'",
    '<input type="submit" value="Send">': "1: 'Send'",
    "<svg><title>May</title></svg>": "1: 'May'",
    "{% trans %}Known{% endtrans %}\n<p>Not known</p>": "2: 'Not known'",
    '{{ empty("Nothing here", _("Known")) }}': "1: 'Nothing here'",
    '{{ field("q", label="a word of yours.") }}': "1: 'a word of yours.'",
    '{% set title = "Overview" %}': "1: 'Overview'",
    "<p>&#84;ext</p>": "1: 'Text'",
}
CLEAN = (
    '<h1>{{ _("Search") }}</h1>',
    "{% trans n=1 %}{{ n }} known word{% endtrans %}",
    "{# A word for developers #}<p>{{ x }} · 12 — …</p>",
    '<p class="notice warn" id="main-part"><a href="/search?q=type:malware">{{ x }}</a></p>',
    "<p><kbd>Enter</kbd> <code>type:malware</code></p>",
    '{% if kind == "Grouping" %}{{ link("search", q="type:report") }}{% endif %}',
    '{{ _("One") if x else _("Other") }}',
    '{{ ngettext("One thing", "%(num)s things", n) }}',
    '<input type="hidden" name="back" value="Here">',
    '<button name="lang" value="Vi">{{ x }}</button>',
    '{{ types["Malware Analysis"] }}',
)


@pytest.mark.parametrize("template", BARE)
def test_bare_text_is_found(tmp_path, template):
    page = tmp_path / "page.html"
    page.write_text(template)
    assert messages.bare(page) == [BARE[template]]


@pytest.mark.parametrize("template", CLEAN)
def test_what_needs_no_translation_is_left_alone(tmp_path, template):
    page = tmp_path / "page.html"
    page.write_text(template)
    assert messages.bare(page) == []
