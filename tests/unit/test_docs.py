"""What the code declares is documented, and what the documents name exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from hub import config
from hub.cli.check import Defaulting
from hub.cli.main import main
from hub.http import errors
from hub.language.fields import ALIASES, FIELDS
from hub.language.messages import MESSAGES
from hub.language.parser import Setting, parse
from hub.language.problem import QueryError
from hub.stix.terms import MATCH_FIELDS
from tests.tools import reference, reference_http, reference_json, reference_policy

ROOT = reference.ROOT
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SHELL = {"sh", "bash", "shell", "console"}
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?)(?: +<!--.*-->)?$", re.MULTILINE)
# Where a word of a shell line starts a command: at its beginning, or behind these.
_STARTS = re.compile(r"\$\(|&&|\|\||[|;&]")
_WORDS = re.compile(r"hub(?: [a-z][a-z-]*)*(?= |$)")
_HOME = re.compile(r"(?<![\w.-])/(?:home|mnt|root|Users|work|workspace)\b")
_REGISTRY = re.compile(
    r"\b(?:[\w-]+\.)*(?:pypi|pythonhosted|npmjs|docker|ghcr|quay|artifactory|nexus)\.[a-z]+\b"
    r"|--(?:extra-)?index-url|--trusted-host",
    re.IGNORECASE,
)


class Block(NamedTuple):
    document: Path
    language: str
    text: str

    @property
    def place(self) -> str:
        return str(self.document.relative_to(ROOT))


@cache
def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def page(name: str) -> str:
    return text_of(reference.FOLDER / name)


def blocks() -> list[Block]:
    return [
        Block(document, language, text)
        for document in DOCUMENTS
        for language, text in _FENCE.findall(text_of(document))
    ]


def prose(document: Path) -> str:
    return _FENCE.sub("", text_of(document))


def spans() -> list[tuple[str, str]]:
    return [
        (str(d.relative_to(ROOT)), span) for d in DOCUMENTS for span in _CODE.findall(prose(d))
    ]


def commands_of(script: str) -> Iterator[str]:
    """The simple commands of a shell script, without comments and with lines joined."""
    for line in script.replace("\\\n", " ").splitlines():
        for part in _STARTS.split(line):
            if (command := part.strip()) and not command.startswith("#"):
                yield command


def hub_lines() -> list[tuple[str, str]]:
    return [
        (block.place, command)
        for block in blocks()
        if block.language in SHELL
        for command in commands_of(block.text)
        if re.match(r"(?:\w+=\S+ +)*hub\b", command)
    ]


def problems(line: str) -> str:
    """What `hub` would not understand of a line; empty when it would."""
    words = shlex.split(line.partition(")")[0], comments=True)
    words = words[words.index("hub") + 1 :]
    for index, word in enumerate(words):
        if re.match(r"\d?[<>]", word):
            words = words[:index]
            break
    try:
        walk(main, "hub", words)
    except click.UsageError as error:
        return error.format_message()
    return ""


def walk(command: click.Command, name: str, words: list[str]) -> None:
    """Parse as click would, without looking at values and without running anything."""
    context = click.Context(command, info_name=name)
    if isinstance(command, Defaulting):
        words = command.completed(words)
    given, rest, _ = command.make_parser(context).parse_args(list(words))
    if isinstance(command, click.Group):
        if not rest:
            raise click.UsageError(f"{name} needs a command")
        inner = command.commands.get(rest[0])
        if inner is None:
            raise click.UsageError(f"no command {name} {rest[0]}")
        walk(inner, rest[0], rest[1:])
        return
    if rest:
        raise click.UsageError(f"unexpected {rest}")
    for param in command.params:
        check(param, given.get(param.name), context)


def check(param: click.Parameter, value: object, context: click.Context) -> None:
    # What can come from the environment need not stand in the line.
    if param.required and not value and not param.envvar:
        raise click.UsageError(f"{param.name} is missing")
    if isinstance(param.type, click.Choice):
        for choice in [value] if isinstance(value, str) else value or []:
            param.type.convert(choice, param, context)


def anchors(document: Path) -> set[str]:
    """What can stand behind `#`, by the rule of the documents' builder."""
    found = set()
    for title in _HEADING.findall(prose(document)):
        plain = re.sub(r"[^\w\s-]", "", title.replace("`", "")).strip().lower()
        found.add(re.sub(r"[-\s]+", "-", plain))
    return found


def test_no_generated_page_is_stale():
    assert reference.stale() == []


def test_every_setting_is_in_the_reference():
    sections = page("settings.md").split("\n## ")
    for name in config.settings():
        section, _, last = name.rpartition(".")
        titles = {f"`[{section}]`", f"`[[{section}]]`"} if section else {"At the top"}
        part = next(part for part in sections if part.partition("\n")[0] in titles)
        assert f"\n| `{last}` |" in part, name


def test_every_setting_is_in_the_example():
    example = text_of(ROOT / "config" / "hub.example.toml")
    section, found = "", set()
    for line in example.splitlines():
        if header := re.match(r"#? ?\[\[?([\w.]+)\]\]?", line):
            section = f"{header[1]}."
        elif setting := re.match(r"#? ?(\w+) *=", line):
            found.add(section + setting[1])
    assert found == set(config.settings())


@pytest.mark.parametrize(("name", "own"), [("http.md", False), ("json.md", True)])
def test_every_address_is_in_the_reference(name, own):
    rules = reference_http.rules(own=own)
    assert rules
    for rule in rules:
        row = f"\n| {reference_json.method_of(rule)} | `{reference_json.shown(rule)}` |"
        if rule.endpoint.startswith(reference_http.CONSOLE):
            row, where = f"\n| `{reference_json.shown(rule)}` |", "console.md"
        else:
            where = name
        assert row in page(where), rule


@pytest.mark.parametrize("section", reference_json.MEANINGS)
def test_every_member_of_an_answer_is_in_the_reference(section):
    assert reference_json.members(section) == set(reference_json.MEANINGS[section])


def test_every_filter_is_in_the_reference():
    assert [name for name in MATCH_FIELDS if f"`{name}`" not in page("http.md")] == []


def test_every_command_and_option_is_in_the_reference():
    for name, command in reference.commands():
        part = page("cli.md").partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert f"\n    {name} " in part, name
        for option in (p for p in command.params if isinstance(p, click.Option)):
            assert all(word in part for word in option.opts), (name, option.opts)


def test_every_error_is_in_the_reference():
    for fault, row in errors.TABLE.items():
        assert f"| `{fault.value}` | {row.status} |" in page("errors.md"), fault


def test_every_metric_is_in_the_reference():
    assert reference.collectors()
    for collector in reference.collectors():
        assert f"`{reference.metric_name(collector)}`" in page("metrics.md")


def test_every_warning_has_a_meaning_and_every_meaning_a_warning():
    assert reference_policy.declared_codes() == set(reference_policy.WARNINGS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document):
    dead = []
    for link in _LINK.findall(prose(document)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def test_pages_of_the_site_link_to_each_other_alone():
    # The site is built from docs/ alone: a link that leaves it is dead there.
    for document in (ROOT / "docs").rglob("*.md"):
        for link in _LINK.findall(prose(document)):
            assert ":" in link or ROOT / "docs" in (document.parent / link).resolve().parents


@pytest.mark.parametrize("start", [ROOT / "docs" / "index.md", ROOT / "README.md"])
def test_every_page_is_reached_from_where_readers_start(start):
    linked = {
        (start.parent / link.partition("#")[0]).resolve() for link in _LINK.findall(prose(start))
    }
    pages = set((ROOT / "docs").rglob("*.md")) - {ROOT / "docs" / "index.md"}
    if start.name == "README.md":
        pages = {page for page in pages if page.parent.name != "adr"}
    assert sorted(map(str, pages - linked)) == []


def test_the_architecture_names_every_part_of_the_hub():
    parts = [path for path in (ROOT / "hub").iterdir() if path.suffix in {"", ".py"}]
    names = {path.name for path in parts} - {
        "__pycache__",
        "__init__.py",
        "__main__.py",
        "language",
    }
    text = text_of(ROOT / "docs" / "explanation" / "architecture.md")
    assert [name for name in sorted(names) if f"`hub/{name}`" not in text] == []


def test_operators_are_told_of_the_newest_schema():
    newest = max(path.name[:4] for path in (ROOT / "hub/store/migrations").glob("*.sql"))
    assert f"The store has schema {int(newest)} now" in text_of(ROOT / "NEWS.md")


def test_the_hub_is_installed_from_its_source():
    # It is on no index: a line that asks one for it fails, or brings something else.
    wanted = re.compile(r"pip install [\"']?incident-hub")
    assert [str(document) for document in DOCUMENTS if wanted.search(text_of(document))] == []


def test_no_package_of_others_lies_in_the_checkout():
    assert [path.name for path in ROOT.iterdir() if path.suffix in {".whl", ".gz", ".zip"}] == []


def test_make_targets_that_are_named_exist():
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = [(place, span) for place, span in spans() if span.startswith("make ")]
    named += [
        (block.place, command)
        for block in blocks()
        for command in commands_of(block.text)
        if block.language in SHELL and command.startswith("make ")
    ]
    assert named
    for place, command in named:
        words = [word for word in shlex.split(command, comments=True)[1:] if "=" not in word]
        assert set(words) - {"..."} <= targets, (place, command)


def test_commands_that_are_named_exist():
    known = {name for name, _ in reference.commands()}
    for place, span in spans():
        if match := _WORDS.match(span):
            words = match[0].split()
            assert any(" ".join(words[:n]) in known for n in range(2, len(words) + 1)) or (
                span == "hub"
            ), (place, span)


def test_command_lines_are_understood():
    found = {(place, line): problems(line) for place, line in hub_lines()}
    assert found
    assert {key: problem for key, problem in found.items() if problem} == {}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hub init --porto 1", "--porto"),
        ("hub org ad x", "no command"),
        ("hub org", "needs a command"),
        ("hub org add x", "name_en"),
        ("hub status -o xml", "xml"),
        ("hub serve now", "unexpected"),
    ],
)
def test_a_wrong_command_line_is_found(line, said):
    assert said in problems(line)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_document_knows_the_machine_it_was_written_on(document):
    text = text_of(document)
    assert _HOME.findall(text) == []
    assert _REGISTRY.findall(text) == []


def test_every_test_that_a_page_names_exists() -> None:
    named = [span for _, span in spans() if span.startswith("tests/") and ".py" in span]
    assert any("::" in span for span in named)
    for span in named:
        path, _, name = span.partition("::")
        assert (ROOT / path).is_file(), span
        assert f"def {name}(" in text_of(ROOT / path) or not name, span


def examples(column: str) -> list[list[str]]:
    """The code in the cells of each row of the tables of queries with this second column."""
    tables = re.findall(
        rf"^\| query \| {column} \|\n\| --- \| --- \|\n((?:\|.*\n)+)",
        page("query.md"),
        re.MULTILINE,
    )
    rows = [re.split(r" (?<!\\)\| ", line[2:-2]) for rows in tables for line in rows.splitlines()]
    return [[cell.strip("`").replace("\\|", "|") for cell in row] for row in rows]


def test_every_query_of_the_reference_is_understood() -> None:
    found = examples("finds")
    assert len(found) > 40
    for query, finds in found:
        if finds.startswith("no:"):
            with pytest.raises(QueryError):
                parse(query, Setting(0))
        else:
            assert parse(query, Setting(0)).parts


def test_queries_that_the_reference_calls_the_same_are() -> None:
    found = examples("the same as")
    assert len(found) > 8
    for query, same in found:
        assert parse(query, Setting(0)).node == parse(same, Setting(0)).node, query


def test_every_field_and_error_of_a_query_is_in_the_reference() -> None:
    names = [*FIELDS, *ALIASES, *MESSAGES]
    assert [name for name in names if f"`{name}`" not in page("query.md")] == []
