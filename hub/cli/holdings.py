"""What `hub doctor` asks about the store: records, accounts, rights, tokens, certificates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from hub.cli.surroundings import Finding
from hub.config import Config
from hub.errors import HubError
from hub.model.clock import format_us, now_us
from hub.model.party import Directory
from hub.service.certificates import by_id
from hub.service.condition import Care, Flaw, cares
from hub.store.checks import OF_SEARCH
from hub.store.database import schema_version, version
from hub.store.sqlite import SqliteStore


def of_store(config: Config) -> Iterator[Finding]:
    """The store can be read and written, its laws hold, and so do the parties in it.

    It is neither made nor migrated by asking.
    """
    path = config.store_path
    if not path.exists():
        yield Finding("warn", "store", f"{path} is not there yet", "`hub serve` makes it.")
        return
    with closing(SqliteStore(path, busy_s=config.store.busy_seconds)) as store:
        try:
            yield from _of_open_store(store)
        except HubError as error:
            cause = error.__cause__ or error.reason
            yield Finding(
                "fail",
                "store",
                f"{path}: {cause}",
                "See who may write there and whether the disk is full; else restore a backup.",
            )


def _of_open_store(store: SqliteStore) -> Iterator[Finding]:
    found, needed = version(store.database), schema_version()
    if found > needed:
        remedy = "Install the newer hub again, or restore a backup of the older one."
        yield Finding("fail", "schema", f"{found}; this program knows {needed}", remedy)
        return
    if found < needed:
        remedy = "`hub serve` brings it up to date, after a copy."
        yield Finding("warn", "schema", f"{found}; this program needs {needed}", remedy)
        return
    yield Finding("ok", "schema", str(found))
    store.probe()
    yield Finding("ok", "store", f"{store.database.path} can be read and written")
    yield from _records(store)
    yield from parties(store.directory())


def _records(store: SqliteStore) -> Iterator[Finding]:
    faults = store.faults()
    for fault in faults:
        if "ahead of the clock" in fault:
            remedy = "Set the clock right. Order and cursors stay right meanwhile."
            yield Finding("warn", "clock", fault, remedy)
        elif fault.partition(":")[0] in OF_SEARCH:
            remedy = "The records are whole: `hub index rebuild --embedded` makes search anew."
            yield Finding("fail", "search tables", fault, remedy)
        else:
            remedy = "Keep a copy of the store, then restore the newest backup without this."
            yield Finding("fail", "records", fault, remedy)
    if not faults:
        yield Finding("ok", "records", "consecutive, in order, none missing")


def parties(directory: Directory) -> Iterator[Finding]:
    """Accounts belong somewhere, collections have readers, tokens and certificates last."""
    found = [_told(directory, care) for care in cares(directory, now_us())]
    yield from found
    if not found:
        detail = f"{len(directory.accounts)} accounts, {len(directory.collections)} collections"
        yield Finding("ok", "parties", detail)


def _told(directory: Directory, care: Care) -> Finding:
    name, of = care.name, care.of
    match care.flaw:
        case Flaw.HOMELESS:
            detail = f"{name} belongs to {of}, which is not there: it has no rights"
            return Finding("warn", "account", detail, f"hub org add {of}")
        case Flaw.EMPTY:
            kind, _, name = name.partition(":")
            detail = f"{name} has no members: what is shared with it is seen by its publisher only"
            return Finding("warn", kind, detail, f"hub {kind} join {name} SLUG")
        case Flaw.UNREAD:
            remedy = f"hub collection grant {name} --org SLUG --read"
            return Finding("warn", "collection", f"no account may read {name}", remedy)
        case Flaw.TOKEN:
            remedy = f"hub token create {of}, and hub token revoke {name}"
            return Finding("warn", "token", _ends(care), remedy)
        case Flaw.CERTIFICATE:
            own = by_id(directory, name).authority
            remedy = f"hub ca renew {name}" if own else f"hub ca bind {of} FILE"
            return Finding("warn", "certificate", _ends(care), remedy)
        case Flaw.SHUT_OUT:
            detail = f"{name} needs a client certificate and has none that is valid"
            remedy = f"hub ca issue {name}, or hub ca require {name} --off"
            return Finding("warn", "certificate", detail, remedy)


def _ends(care: Care) -> str:
    word = "expired" if care.until_us <= now_us() else "expires"
    return f"{care.name} of {care.of} {word} {format_us(care.until_us)}"
