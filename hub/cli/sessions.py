"""Log-ins of people: their sessions, second factors and identities at a provider."""

from __future__ import annotations

import click

from hub.cli.admin import account
from hub.cli.base import (
    CONSOLE,
    Context,
    Exit,
    fail,
    output_option,
    pass_context,
    say,
    show,
)
from hub.errors import Fault, HubError
from hub.model.clock import format_us
from hub.model.session import Outcome
from hub.store.base import Act

_COLUMNS = ["id", "account", "method", "created", "used", "expires", "waits", "address", "label"]


@click.group()
def session() -> None:
    """Log-ins of people that are still open."""


@session.command("list")
@click.option("--account", "name", default="", help="Only those of this account.")
@output_option
@pass_context
def session_list(context: Context, /, name: str, output: str) -> None:
    """List sessions, oldest first. One that waits has not given its second factor yet."""
    rows = (
        {column: getattr(item, column, "") for column in _COLUMNS}
        | {
            "created": format_us(item.created_us),
            "used": format_us(item.used_us),
            "expires": format_us(item.expires_us),
        }
        for item in context.store().list_sessions(name)
    )
    show(rows, _COLUMNS, output)


@session.command("revoke")
@click.argument("session_ids", metavar="[ID]...", nargs=-1)
@click.option("--account", "name", default="", help="All sessions of this account.")
@click.option("--all", "every", is_flag=True, help="All sessions of the hub.")
@pass_context
def session_revoke(
    context: Context, /, session_ids: tuple[str, ...], name: str, *, every: bool
) -> None:
    """End sessions at once: some by their id, those of an account, or all."""
    if bool(session_ids) + bool(name) + every != 1:
        raise click.UsageError("give ids, --account or --all")
    store = context.store()
    count = 0
    for session_id in session_ids or ("",):
        found = store.end_sessions(
            _act("session.end", session_id or name or "all"), account=name, session_id=session_id
        )
        if session_id and not found:
            fail(f"there is no session {session_id}", Exit.ABSENT)
        count += found
    say(f"{count} sessions ended")


@account.command("reset-second-factor")
@click.argument("name")
@pass_context
def account_reset(context: Context, /, name: str) -> None:
    """Remove an account's second factor, when its phone and recovery codes are lost.

    All sessions of the account end. Whoever has its password can log in and set up another second
    factor: make sure that it is the right person who asks.
    """
    trial = context.store().drop_factor(name, _act("second-factor.reset", name))
    if trial.outcome is not Outcome.PASSED:
        raise HubError(Fault.ABSENT, f"there is no second factor of an account {name}")
    say(f"second factor of {name} removed; its sessions have ended")


@account.command("link")
@click.argument("name")
@click.option("--oidc-subject", "subject", required=True, help="Its `sub` at the provider.")
@click.option("--oidc-issuer", "issuer", default="", help="The provider; that of oidc.issuer.")
@pass_context
def account_link(context: Context, /, name: str, subject: str, issuer: str) -> None:
    """Let an identity of the OpenID provider log in as the account."""
    from hub.service.identities import Identities  # slow to import

    issuer = issuer or context.config().oidc.issuer
    if not issuer:
        raise click.UsageError("set oidc.issuer, or give --oidc-issuer")
    Identities(context.store(), CONSOLE).link(name, issuer, subject)
    say(f"{subject} of {issuer} logs in as {name}")


@account.command("unlink")
@click.argument("name")
@pass_context
def account_unlink(context: Context, /, name: str) -> None:
    """Let no identity of an OpenID provider log in as the account."""
    from hub.service.identities import Identities  # slow to import

    Identities(context.store(), CONSOLE).unlink(name)
    say(f"no identity logs in as {name}")


def _act(action: str, target: str) -> Act:
    return Act(CONSOLE.account, CONSOLE.org, action, target)


COMMANDS = (session,)
