"""Client certificates and the hub's own CA for them: hub ca."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hub.cli import issuing
from hub.cli.base import Context, output_option, pass_context, say, show
from hub.cli.intake import STDIN
from hub.cli.sink import disk_faults
from hub.cli.vault import Vault, authority_options, read_input, read_passphrase, replaced
from hub.model.clock import format_us, now_us
from hub.model.party import Certificate

if TYPE_CHECKING:
    from hub.service.certificates import Certificates


@click.group()
def ca() -> None:
    """Client certificates, and the hub's own certificate authority for them."""


@ca.command("init")
@click.option("--name", default="", help="Common name. Default: the hub's title and client CA.")
@click.option(
    "--days",
    default=3650,
    show_default=True,
    type=click.IntRange(1, 7300),
    help="How long it lasts.",
)
@click.option("--encrypt", is_flag=True, help="Ask for a passphrase for the key.")
@authority_options
@pass_context
def ca_init(context: Context, /, name: str, days: int, *, encrypt: bool, **options: Any) -> None:
    """Make a certificate authority. Its key is readable by its owner alone.

    With --encrypt or --passphrase-stdin the key is also encrypted.
    """
    from hub.service.authority import new_authority  # slow to import: X.509

    title = name or f"{context.config().taxii.title} client CA"
    from_stdin = options["passphrase_stdin"]
    passphrase = ""
    if encrypt or from_stdin:
        passphrase = read_passphrase(from_stdin=from_stdin, new=True)
    vault = Vault(context, options["folder"])
    with disk_faults():
        vault.keep(new_authority(title, days), passphrase)
    place = os.path.relpath(vault.certificate, context.path.parent)
    say(
        f"wrote {vault.certificate} and {vault.key}. Keep a copy of the key in a safe place. Next:"
    )
    say(f'  in [server] of {context.path}: client_ca = ["{place}"]; then HUP, and hub ca issue')


@ca.command("bind")
@click.argument("account")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--label", default="", help="What it is for.")
@pass_context
def ca_bind(context: Context, /, account: str, file: str, label: str) -> None:
    """Let a certificate of another CA stand for ACCOUNT. FILE is the certificate, without key."""
    from hub.config.authorities import client_authorities, vouched
    from hub.service.certificates import new_record, read_chain

    with disk_faults():
        chain = read_chain(read_input(file))
    record = new_record(chain.leaf, account, label=label)
    _certificates(context).add(record, "certificate.bind")
    say(f"certificate {record.id} for {account}, until {format_us(record.expires_us)}")
    authorities = client_authorities(context.config())
    if authorities and not vouched(authorities, chain.leaf, chain.others):
        say("warning: no CA of server.client_ca vouches for it: the hub's TLS will not take it")


@ca.command("revoke")
@click.argument("certificate_id")
@pass_context
def ca_revoke(context: Context, /, certificate_id: str) -> None:
    """Make a certificate useless at once, on connections that are open as well."""
    _certificates(context).revoke(certificate_id)
    say(f"certificate {certificate_id} revoked. If a proxy checks certificates: hub ca crl")


@ca.command("list")
@output_option
@pass_context
def ca_list(context: Context, /, output: str) -> None:
    """List client certificates, revoked ones until they would have expired."""
    directory = context.store().directory()
    columns = ["id", "account", "state", "expires", "label", "issuer", "serial", "sha256"]
    found = [*directory.certificates.values(), *directory.revoked.values()]
    rows = (
        {name: getattr(item, name, "") for name in columns}
        | {"state": _state(item), "expires": format_us(item.expires_us)}
        | {"sha256": item.digest.hex()}
        for item in sorted(found, key=lambda item: (item.account, item.expires_us))
    )
    show(rows, columns, output)


def _state(certificate: Certificate) -> str:
    now = now_us()
    if certificate.revoked_us:
        return "revoked"
    if certificate.expires_us <= now:
        return "expired"
    return "valid" if certificate.not_before_us <= now else "not yet valid"


@ca.command("require")
@click.argument("account")
@click.option("--off", is_flag=True, help="A password or token is enough again.")
@pass_context
def ca_require(context: Context, /, account: str, *, off: bool) -> None:
    """Let ACCOUNT in with its client certificate only; a password or token alone is refused."""
    has_one = _certificates(context).require(account, required=not off)
    say(
        f"account {account} is let in {'without certificate, too' if off else 'by certificate only'}"
    )
    if not (off or has_one):
        say(f"warning: it has none that is valid now: hub ca issue {account}")


@ca.command("crl")
@click.option(
    "--days",
    default=7,
    show_default=True,
    type=click.IntRange(1, 366),
    help="When the next list is due.",
)
@click.option(
    "--out",
    default=STDIN,
    type=click.Path(dir_okay=False, allow_dash=True),
    help="File that is replaced. Default: standard output.",
)
@authority_options
@pass_context
def ca_crl(context: Context, /, days: int, out: str, **options: Any) -> None:
    """Write the list of revoked certificates (CRL, PEM) for proxies that check them.

    The hub itself needs none. It lists what the CA issued and `hub ca revoke` revoked.
    """
    # slow to import: X.509
    from cryptography.hazmat.primitives.serialization import Encoding

    from hub.service.authority import revocation_list

    revoked = context.store().directory().revoked.values()
    with disk_faults():
        authority = Vault(context, options["folder"]).open(
            passphrase_stdin=options["passphrase_stdin"]
        )
        pem = revocation_list(authority, revoked, days).public_bytes(Encoding.PEM)
        if out == STDIN:
            click.echo(pem, nl=False)
        else:
            replaced(Path(out), pem)


def _certificates(context: Context) -> Certificates:
    from hub.service.certificates import Certificates  # slow to import: X.509

    return Certificates(context.admin())


for command in issuing.COMMANDS:
    ca.add_command(command)
COMMANDS = (ca,)
