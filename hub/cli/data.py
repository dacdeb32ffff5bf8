"""Files into and out of this hub's own store: hub import, hub export."""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, cast

import click
from click.core import ParameterSource

from hub import policy
from hub.cli import formats
from hub.cli.base import (
    Context,
    output_option,
    pass_context,
    program_version,
    say,
    show,
)
from hub.cli.connect import audience_option
from hub.cli.intake import STDIN, Piece, batches, pieces
from hub.cli.sink import Sink, disk_faults, form_option, versions_option
from hub.cli.tally import Tally, placed, progress
from hub.errors import Fault, HubError
from hub.model.clock import format_us, now_us
from hub.model.party import Caller, Directory
from hub.model.query import BOTH_STIX, Query, Scope
from hub.model.record import KEPT, Status

_PAGE = 1000
_LIST = "list"
"""In place of a collection it asks for the formats; with an account it is one like all others."""
_FORMAT_COLUMNS = ["format", "up_to", "media_type", "meaning", "values", "addresses"]


@click.command("import")
@click.argument("alias")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
)
@click.option("--account", required=True, help="The account that publishes.")
@audience_option
@output_option
@pass_context
def import_files(
    context: Context, /, alias: str, files: tuple[str, ...], account: str, **how: Any
) -> None:
    """Publish the objects of FILES in the collection ALIAS of this hub.

    A file is a bundle, an envelope or NDJSON, plain or gzipped; - is standard input. The rights
    and the organisation are those of the account, as over TAXII. A refused object does not keep
    the others from being published, and makes the exit code 6. A file can be imported again:
    what is there already is unchanged.
    """
    from hub.service.changes import by_alias  # slow to import, as all that knows the store
    from hub.service.publish import Publisher
    from hub.service.screening import benign_for
    from hub.stix.check import Limits

    store, taxii = context.store(), context.config().taxii
    directory = store.directory()
    collection, scope = by_alias(directory, alias), scope_of(directory, account)
    named = policy.audience(scope, directory, collection, how["audience"])
    publisher = Publisher(
        store,
        Limits(taxii.max_object_bytes, taxii.max_depth),
        benign=lambda: benign_for(directory, ""),
    )
    tally = Tally("new", "version", "replaced", "unchanged")
    with tally.shown(how["output"]), progress(files) as move:
        for batch in batches(chain.from_iterable(map(pieces, files)), _PAGE):
            status = publisher.publish(scope, collection, [p.raw for p in batch], named)
            _count(status, batch, tally)
            move(batch)


def _count(status: Status, batch: Sequence[Piece], tally: Tally) -> None:
    for verdict in status.verdicts:
        if verdict.outcome in KEPT:
            tally.add(verdict.outcome)
        else:
            tally.refuse(verdict.id, verdict.version, placed(verdict.message, batch))


@click.command("export")
@click.argument("alias", required=False)
@click.option("--account", help="The account whose rights apply; needed with ALIAS.")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="The whole hub in place of a collection: parties and change log, for `hub restore`.",
)
@click.option(
    "--with-secrets", is_flag=True, help="With --all: password hashes and digests of tokens, too."
)
@click.option(
    "--out",
    default=STDIN,
    type=click.Path(dir_okay=False, allow_dash=True),
    help="File that is written, gzipped if it ends in .gz. Default: standard output.",
)
@form_option
@versions_option
@output_option
@pass_context
def export(
    context: Context, /, alias: str | None, account: str | None, out: str, **how: Any
) -> None:
    """Write the objects of the collection ALIAS of this hub, as the bytes in which they came.

    Or, with --all, everything: one consistent state, while the hub goes on writing.

    `hub export list` writes nothing out: it lists the formats that devices can pull, each with its
    meaning, the strictest marking that it may hold, and its addresses; --output is for this alone.
    """
    source = click.get_current_context().get_parameter_source
    names = ("alias", "account", "form", "versions", "with_secrets", "out", "output")
    given = {name for name in names if source(name) is ParameterSource.COMMANDLINE}
    if alias == _LIST and not how["everything"] and given <= {"alias", "output"}:
        show(formats.rows(), _FORMAT_COLUMNS, how["output"])
        return
    if "output" in given:
        raise click.UsageError("--output goes with `hub export list` alone.")
    given -= {"out"}
    if how["everything"]:
        if given - {"with_secrets"}:
            raise click.UsageError("--all goes with --out and --with-secrets alone.")
        _export_all(context, out, with_secrets=how["with_secrets"])
    elif alias and account and "with_secrets" not in given:
        _export_one(context, alias, account, out, how)
    else:
        raise click.UsageError("Give ALIAS and --account; or --all, perhaps --with-secrets.")


def _export_one(
    context: Context, alias: str, account: str, out: str, how: Mapping[str, Any]
) -> None:
    from hub.service.changes import by_alias  # slow to import, as all that knows the store
    from hub.service.fetch import Reader

    store = context.store()
    directory = store.directory()
    collection, scope = by_alias(directory, alias), scope_of(directory, account)
    stix = BOTH_STIX if how["versions"] == "all" else ()
    query = Query(collection.key, edges=(how["versions"],), stix=stix)
    reader, after_us, more = Reader(store), -1, True
    with disk_faults(), _target(out) as file:
        sink = Sink(file, how["form"])
        while more:
            page = reader.objects(scope, collection, query, (after_us, _PAGE))
            sink.add(page.raws)
            after_us, more = page.last_us, page.more
        sink.finish()
    say(f"{sink.count} objects")


def _export_all(context: Context, out: str, *, with_secrets: bool) -> None:
    from hub.cli.ledger import FORMAT, Head  # slow to import, as all that knows the store
    from hub.cli.transfer import export_all

    store = context.store()
    head = Head(FORMAT, program_version(), format_us(now_us()), with_secrets)
    with disk_faults(), _target(out, private=True) as file:
        counts = export_all(store, file, head)
    say(f"{counts.changes} changes, {counts.parties} parties; NOT encrypted")
    if not with_secrets:
        say("Passwords and tokens are not inside: nobody could log in to a hub made from it.")


def scope_of(directory: Directory, name: str) -> Scope:
    """What an account may do, when the hub's operator acts for it.

    Raises:
        HubError: ABSENT when there is none, DENIED when it is switched off.
    """
    from hub.service.changes import find  # slow to import, as all that knows the store

    account = find(directory.accounts, name, "account")
    if account.disabled:
        raise HubError(Fault.DENIED, f"account {name} is switched off")
    caller = Caller(account.name, account.org, account.roles, credential="console")
    return policy.scope(caller, directory)


@contextmanager
def _target(out: str, *, private: bool = False) -> Iterator[BinaryIO]:
    """Where an export goes. A file appears under its name when it is complete.

    Args:
        out: Its name, or `-`.
        private: Only its owner can read it.
    """
    if out == STDIN:
        yield sys.stdout.buffer
        return
    draft = Path(f"{out}.part")
    try:
        with draft.open("wb") as plain:
            if private:
                draft.chmod(0o600)
            if out.endswith(".gz"):
                with gzip.open(plain, "wb") as file:
                    yield cast("BinaryIO", file)
            else:
                yield plain
            plain.flush()
            os.fsync(plain.fileno())
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


COMMANDS = (import_files, export)
