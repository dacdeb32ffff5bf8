"""Asking a hub: hub search, hub lookup."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from hub.cli.base import Exit, fail, say, show, show_json
from hub.cli.connect import checked_hub, connect_hub, connection_options
from hub.cli.intake import STDIN
from hub.cli.pointing import explained
from hub.errors import Fault, HubError

if TYPE_CHECKING:
    from connectors.search.client import Client

_PAGE = 200
_VALUES = 10_000
_TITLE = 80
_ENDS = ("source", "target")
_HITS = ("added", "tlp", "type", "name", "matched", "publisher", "collection", "id")
_COUNTS = ("field", "value", "count")
_LOOKED = ("state", "value", "count", "first", "last", "tlp", "publishers", "given")

_url_option = click.option(
    "--url", required=True, envvar="HUB_URL", show_envvar=True, help="The address of the hub."
)
_raw_option = click.option(
    "--raw", is_flag=True, help="Show addresses as they are; else they are defanged in tables."
)


class _Pasted(click.Command):
    """A command whose arguments are pasted, and may begin with a dash."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; what is wrong with a single dash is said in words of this command."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name.startswith("--"):
                raise
            raise click.UsageError(
                "What begins with - is taken for an option. Put -- before it: "
                f"{ctx.command_path} -- '- 198.51.100.7'",
                ctx,
            ) from None


@click.command(cls=_Pasted)
@click.argument("query")
@_url_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "stix", "text"]),
    default="table",
    show_default=True,
    help="Hits in a table or as JSON; or the whole result as a file: CSV, a STIX bundle, or its "
    "values as text, one in each line.",
)
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=50,
    show_default=True,
    help="Of a table or JSON: hits at most; 0: all.",
)
@click.option(
    "--field", "fields", multiple=True, help="Of text: values of this field; repeatable."
)
@click.option(
    "--facets", multiple=True, metavar="FIELD", help="Count values of FIELD; repeatable."
)
@_raw_option
@connection_options
def search(query: str, url: str, form: str, **options: Any) -> None:
    """Find objects in a hub, newest first.

    QUERY is the query language of the hub: pasted values, defanged or not, words, field:value,
    AND, OR, NOT; "" is everything. Credentials: a token in the environment variable HUB_TOKEN, or
    --account. Without either, what is public.
    """
    whole = form in {"csv", "stix", "text"}
    given = click.get_current_context().get_parameter_source("limit")
    if whole and (options["facets"] or (given and given.name == "COMMANDLINE")):
        raise click.UsageError(f"--format {form} is the whole result: no --limit, no --facets")
    if options["fields"] and form != "text":
        raise click.UsageError("--field goes with --format text")
    with connect_hub(checked_hub(url), **options) as client:
        try:
            if whole:
                _write(client, query, form, options["fields"])
            elif options["facets"]:
                _count(client, query, form, options["facets"])
            else:
                _list(client, query, form, options)
        except HubError as error:
            if error.fault is Fault.BAD_QUERY:
                fail(explained(query, error), Exit.USAGE)
            raise


def _write(client: Client, query: str, form: str, fields: Sequence[str]) -> None:
    params = {"q": query, "format": form} | ({"field": list(fields)} if fields else {})
    for piece in client.stream("search", params):
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def _count(client: Client, query: str, form: str, fields: Sequence[str]) -> None:
    found = client.get("facets", {"q": query, "field": list(fields), "limit": 100})
    rows = []
    for facet in found["facets"]:
        if facet["values"] is None:
            say(f"{facet['field']}: not counted, it takes too long")
        rows += [{"field": facet["field"], **item} for item in facet["values"] or ()]
    show(rows, _COUNTS, form)


def _list(client: Client, query: str, form: str, options: dict[str, Any]) -> None:
    limit = options["limit"]
    hits = _hits(client, query, min(limit + 1, _PAGE) if limit else _PAGE)
    found = list(islice(hits, limit + 1 if limit else None))
    shown = found[:limit] if limit else found
    if form == "json":
        show_json(shown)
    else:
        show((_row(hit, raw=options["raw"]) for hit in shown), _HITS, form)
    more = len(found) > len(shown)
    say(f"{len(shown)} objects{'; there are more: --limit 0 gives all' if more else ''}")
    if not shown and len(query.split()) > 1:
        say("All of it must hold. For any of several values put commas between, or: hub lookup")


def _hits(client: Client, query: str, size: int) -> Iterator[dict[str, Any]]:
    params: dict[str, str | int | Sequence[str]] = {"q": query, "limit": size}
    while True:
        page = client.get("search", params)
        yield from page["hits"]
        if not page["more"]:
            return
        params["next"] = page["next"]


def _row(hit: dict[str, Any], *, raw: bool) -> dict[str, Any]:
    from hub.language.defang import defang, harmless  # slow to import: unicode tables

    same: Callable[[str, str], str] = (lambda _, text: text) if raw else defang
    # Words are in many texts: they say something where no value does.
    values = [item for item in hit["matched"] if item["how"] not in {"name", "words"}]
    matched = (same(item["field"], item["value"]) for item in values or hit["matched"])
    return {
        "added": _minute(hit["date_added"]),
        "tlp": hit["tlp"],
        "type": hit["type"],
        "name": _title(hit) if raw else harmless(_title(hit)),
        "matched": ", ".join(dict.fromkeys(matched)),
        "publisher": hit["publisher"],
        "collection": hit["collection"]["alias"],
        "id": hit["id"],
    }


def _title(hit: dict[str, Any]) -> str:
    """The name; of what has none, what it says: `indicator indicates malware`."""
    obj = hit["object"]
    source, target = (str(obj.get(f"{end}_ref", "")).partition("--")[0] for end in _ENDS)
    linked = f"{source} {obj.get('relationship_type', '')} {target}" if source and target else ""
    content = str(obj.get("content", ""))
    begun = content if len(content) <= _TITLE else f"{content[: _TITLE - 1]}…"
    return hit["name"] or linked or begun


def _minute(instant: str | None) -> str:
    return (instant or "")[:16].replace("T", " ")


@click.command(cls=_Pasted)
@click.argument("values", nargs=-1)
@click.option(
    "--file",
    type=click.File("rb"),
    help="Values from this file, one in each line; - is standard input.",
)
@_url_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How data is printed.",
)
@_raw_option
@connection_options
def lookup(
    values: tuple[str, ...], file: BinaryIO | None, url: str, form: str, **options: Any
) -> None:
    """Say which of many values a hub knows.

    VALUES are addresses, domains, URLs, hashes, e-mail addresses, CVE ids and the like, defanged or
    not; - takes them from standard input, one in each line. The exit code is 10 when one of them is
    known and 0 when none is.
    """
    given = list(values)
    if given == [STDIN]:
        given = _lines("standard input", sys.stdin.buffer.read())
    if file:
        given += _lines(file.name, file.read())
    given = [value for value in given if value.strip()]
    if not given:
        raise click.UsageError("Give values, --file, or - for standard input.")
    with connect_hub(checked_hub(url), **options) as client:
        batches = (given[at : at + _VALUES] for at in range(0, len(given), _VALUES))
        found = [item for batch in batches for item in client.lookup(batch)["values"]]
    if form == "json":
        show_json(found)
    else:
        show((_looked(item, raw=options["raw"]) for item in found), _LOOKED, form)
    states = [item["state"] for item in found]
    known, unknown = states.count("known"), states.count("unknown")
    say(f"{known} known, {unknown} unknown, {len(states) - known - unknown} not understood")
    if known:
        sys.exit(Exit.FOUND)


def _lines(name: str, data: bytes) -> list[str]:
    """The lines of a text file, as Linux and Windows write them."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if wide else "utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        place = data.count(b"\n", 0, error.start) + 1
        fail(f"{name}: line {place} is no text in UTF-8; save it as UTF-8", Exit.USAGE)


def _looked(item: dict[str, Any], *, raw: bool) -> dict[str, Any]:
    from hub.language.defang import defang, harmless  # slow to import

    field, value = item["field"], item["value"] or ""
    return {name: "" if item[name] is None else item[name] for name in _LOOKED} | {
        "value": value if raw or not field else defang(field, value),
        "first": _minute(item["first"]),
        "last": _minute(item["last"]),
        # What was understood stands in its own column already.
        "given": "" if field else harmless(item["given"]),
    }


COMMANDS = (search, lookup)
