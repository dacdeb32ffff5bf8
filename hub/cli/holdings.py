"""What `hub doctor` asks about the store: records, accounts, rights, tokens, certificates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from hub import policy
from hub.cli.surroundings import Finding
from hub.config import Config
from hub.errors import HubError
from hub.model.clock import format_us, now_us
from hub.model.party import Caller, Directory
from hub.service.certificates import has_valid
from hub.store.checks import OF_SEARCH
from hub.store.database import schema_version, version
from hub.store.sqlite import SqliteStore

_DAY_US = 86_400_000_000
_TOKEN_DAYS = 14


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
    found = [
        *_accounts(directory),
        *_circles(directory),
        *_collections(directory),
        *_tokens(directory),
    ]
    found += _certificates(directory)
    yield from found
    if not found:
        detail = f"{len(directory.accounts)} accounts, {len(directory.collections)} collections"
        yield Finding("ok", "parties", detail)


def _accounts(directory: Directory) -> Iterator[Finding]:
    for account in directory.accounts.values():
        if account.org not in directory.orgs:
            yield Finding(
                "warn",
                "account",
                f"{account.name} belongs to {account.org}, which is not there: it has no rights",
                f"hub org add {account.org}",
            )


def _circles(directory: Directory) -> Iterator[Finding]:
    for (kind, name), circle in directory.circles().items():
        if not circle.members:
            yield Finding(
                "warn",
                kind,
                f"{name} has no members: what is shared with it is seen by its publisher only",
                f"hub {kind} join {name} SLUG",
            )


def _collections(directory: Directory) -> Iterator[Finding]:
    readable: set[int] = set()
    for account in directory.accounts.values():
        if not account.disabled:
            caller = Caller(account.name, account.org, account.roles)
            readable.update(policy.scope(caller, directory).readable)
    for collection in directory.collections.values():
        if collection.key not in readable and not collection.public:
            yield Finding(
                "warn",
                "collection",
                f"no account may read {collection.alias}",
                f"hub collection grant {collection.alias} --org SLUG --read",
            )


def _tokens(directory: Directory) -> Iterator[Finding]:
    now = now_us()
    for token in directory.tokens.values():
        if token.expires_us - now < _TOKEN_DAYS * _DAY_US:
            word = "expired" if token.expires_us <= now else "expires"
            yield Finding(
                "warn",
                "token",
                f"{token.id} of {token.account} {word} {format_us(token.expires_us)}",
                f"hub token create {token.account}, and hub token revoke {token.id}",
            )


def _certificates(directory: Directory) -> Iterator[Finding]:
    now = now_us()
    for item in directory.certificates.values():
        if item.expires_us - now < _TOKEN_DAYS * _DAY_US:
            word = "expired" if item.expires_us <= now else "expires"
            yield Finding(
                "warn",
                "certificate",
                f"{item.id} of {item.account} {word} {format_us(item.expires_us)}",
                f"hub ca renew {item.id}"
                if item.authority
                else f"hub ca bind {item.account} FILE",
            )
    for account in directory.accounts.values():
        if account.certificate_only and not has_valid(directory, account.name):
            yield Finding(
                "warn",
                "certificate",
                f"{account.name} needs a client certificate and has none that is valid",
                f"hub ca issue {account.name}, or hub ca require {account.name} --off",
            )
