"""Issuing client certificates by the hub's own CA: hub ca issue, hub ca renew."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hub.cli.base import Context, Exit, fail, output_option, pass_context, say, show, together
from hub.cli.intake import STDIN
from hub.cli.sink import disk_faults
from hub.cli.vault import Item, Vault, authority_options, read_input, written
from hub.model.clock import format_us

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

_options = together(
    click.option(
        "--csr",
        type=click.Path(exists=True, dir_okay=False, allow_dash=True),
        help="Signing request of the client, which keeps its key. Default: a new key.",
    ),
    click.option(
        "--days",
        default=397,
        show_default=True,
        type=click.IntRange(1, 1826),
        help="How long it lasts.",
    ),
    click.option(
        "--out",
        default=".",
        show_default=True,
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder for the new files.",
    ),
    click.option(
        "--p12", is_flag=True, help="Also a PKCS #12 file; its password is printed once."
    ),
    output_option,
)


@click.command("issue")
@click.argument("account")
@click.option("--label", default="", help="What it is for.")
@_options
@authority_options
@pass_context
def issue_command(context: Context, /, account: str, label: str, **options: Any) -> None:
    """Issue a client certificate for ACCOUNT, with a new key or from a signing request.

    The files are named by account and id of the certificate. With a new key, the PEM file holds
    both and is readable by its owner alone: hand it over on a safe way, then delete it.
    """
    _issue(context, account, label, "certificate.issue", options)


@click.command("renew")
@click.argument("certificate_id")
@_options
@authority_options
@pass_context
def renew_command(context: Context, /, certificate_id: str, **options: Any) -> None:
    """Issue another certificate for the account of CERTIFICATE_ID.

    The old one works until it expires or is revoked, so that a client can change over.
    """
    from hub.service.certificates import by_id  # slow to import: X.509

    old = by_id(context.store().directory(), certificate_id)
    if not old.authority:
        fail(f"{old.issuer} issued it: get its successor there, then `hub ca bind`", Exit.USAGE)
    _issue(context, old.account, old.label, "certificate.renew", options)
    say(f"when the client has changed over: hub ca revoke {certificate_id}")


def _issue(
    context: Context, account: str, label: str, action: str, options: dict[str, Any]
) -> None:
    # slow to import: X.509
    from hub.service.authority import identifier_of, issue
    from hub.service.certificates import Certificates, new_record
    from hub.service.changes import find
    from hub.service.keys import new_key, requested_key

    csr = options["csr"]
    if csr and options["p12"]:
        raise click.UsageError("--p12 needs the key, which with --csr the client keeps")
    if csr == STDIN and options["passphrase_stdin"]:
        raise click.UsageError("the request and the passphrase cannot both be standard input")
    certificates = Certificates(context.admin())
    find(context.store().directory().accounts, account, "account")
    with disk_faults():
        authority = Vault(context, options["folder"]).open(
            passphrase_stdin=options["passphrase_stdin"]
        )
        key = None if csr else new_key()
        public = key.public_key() if key else requested_key(read_input(csr))
        made = issue(authority, account, public, days=options["days"])
        record = new_record(made, account, authority=identifier_of(authority), label=label)
        password = secrets.token_urlsafe(15) if options["p12"] else ""
        items = list(_files(str(options["out"] / f"{account}-{record.id}"), made, key, password))
        with written(items):
            certificates.add(record, action)
    row: dict[str, Any] = {
        "id": record.id,
        "account": account,
        "expires": format_us(record.expires_us),
        "files": [str(item.path) for item in items],
    }
    row |= {"password": password} if password else {}
    show([row], list(row), options["output"])


def _files(
    stem: str, made: x509.Certificate, key: ec.EllipticCurvePrivateKey | None, password: str
) -> Iterator[Item]:
    from cryptography.hazmat.primitives.serialization import Encoding

    from hub.service.keys import bundle, pem_of_key

    pem = made.public_bytes(Encoding.PEM)
    if key is None:
        yield Item(Path(f"{stem}.pem"), pem, secret=False)
        return
    yield Item(Path(f"{stem}.pem"), pem_of_key(key) + pem, secret=True)
    if password:
        yield Item(Path(f"{stem}.p12"), bundle(key, made, password), secret=True)


COMMANDS = (issue_command, renew_command)
