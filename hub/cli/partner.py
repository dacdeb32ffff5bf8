"""Letting a partner in with one command: hub partner invite."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from hub.cli.base import (
    Context,
    Exit,
    clearance_option,
    fail,
    pass_context,
    say,
    since_option,
)
from hub.cli.vault import Vault, authority_options
from hub.model.party import Organisation
from hub.model.tlp import Tlp
from hub.service.handover import Handover, text

if TYPE_CHECKING:
    from hub.service.admin import Admin
    from hub.service.authority import Authority
    from hub.service.invite import Invitation

_CERTIFICATES = re.compile(
    rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----"
)


@click.group()
def partner() -> None:
    """Partners that poll and publish."""


@partner.command("invite")
@click.argument("slug")
@click.option(
    "--collection", "collections", multiple=True, required=True, help="Alias; repeatable."
)
@click.option("--name-en", default="", help="Its name in English, if it is new here.")
@click.option("--name-vi", default="", help="Its name in Vietnamese.")
@click.option("--country", default="VN", show_default=True, help="ISO 3166-1 code.")
@click.option("--publish", "publishes", is_flag=True, help="It may publish there, too.")
@clearance_option("--clearance", "The strictest marking its account sees.", Tlp.AMBER_STRICT)
@since_option("It sees what was added", "all")
@click.option(
    "--days", default=365, show_default=True, type=click.IntRange(1, 1826), help="Of the secret."
)
@click.option(
    "--certificate",
    is_flag=True,
    help="A client certificate of the hub's CA in place of a token.",
)
@click.option(
    "--ca-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM of the authority of the hub's certificate, if it is a private one.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file that is written, for its owner alone. Default: SLUG-access.md.",
)
@authority_options
@pass_context
def invite(context: Context, /, slug: str, out: Path | None, **fields: Any) -> None:
    """Let the organisation SLUG in: account, rights, a secret, and one file to hand over.

    The file has the address, the collections, a token or a client certificate, and ready lines
    for curl, taxii2-client, hub, MISP, OpenCTI, Elastic and Sentinel. What is there already
    stays; a new invitation makes a new secret.
    """
    from hub.service.invite import invite as let_in  # slow to import

    config, store, target = context.config(), context.store(), out or Path(f"{slug}-access.md")
    wanted = _wanted(slug, fields, store.now())
    authority = _authority(context, fields) if fields["certificate"] else None
    trusted = _trusted(fields["ca_file"]) if fields["ca_file"] else ""
    secret: dict[str, Any] = {}
    what = ""
    with _reserved(target) as file:
        admin = context.admin()
        made = let_in(admin, store.directory(), wanted)
        if made.issued:
            secret = {"token": made.issued.secret, "expires_us": made.issued.token.expires_us}
            what = f"the token {made.issued.token.id}"
        elif authority:
            secret, what = _issued(admin, authority, wanted)
        roots = {root.name: root.title for root in config.taxii.roots}
        file.write(
            text(
                Handover(
                    url=config.url,
                    title=config.taxii.title,
                    account=made.account,
                    collections=made.collections,
                    root_titles=roots,
                    authority=trusted,
                    **secret,
                )
            )
        )
    if authority and not config.server.client_ca:
        say("warning: server.client_ca is not set; the hub asks nobody for a certificate")
    if not config.server.public_url:
        say(f"warning: server.public_url is not set; the file says {config.url}")
    say(f"{target} is for {slug} alone: it holds {what}")


def _wanted(slug: str, fields: dict[str, Any], now: int) -> Invitation:
    from hub.service.invite import Invitation  # slow to import

    name, since_us = fields["name_en"] or slug, fields["since_us"]
    return Invitation(
        Organisation(slug, "", fields["name_vi"] or name, name, "cert", fields["country"]),
        fields["collections"],
        fields["publishes"],
        fields["clearance"],
        fields["days"],
        now if since_us is None else since_us,
        token=not fields["certificate"],
    )


def _trusted(file: Path) -> str:
    """The certificates of a PEM file, and nothing else that may stand in it."""
    found = _CERTIFICATES.findall(file.read_bytes())
    if not found:
        fail(f"{file} holds no certificate in PEM", Exit.USAGE)
    return b"\n".join(found).decode("ascii")


def _authority(context: Context, fields: dict[str, Any]) -> Authority:
    return Vault(context, fields["folder"]).open(passphrase_stdin=fields["passphrase_stdin"])


def _issued(admin: Admin, authority: Authority, wanted: Invitation) -> tuple[dict[str, Any], str]:
    """A certificate with its key, as the hand-over file takes it, and what it is."""
    # slow to import: X.509
    from cryptography.hazmat.primitives.serialization import Encoding

    from hub.service.authority import identifier_of, issue
    from hub.service.certificates import Certificates, new_record
    from hub.service.keys import new_key, pem_of_key

    key = new_key()
    made = issue(authority, wanted.account, key.public_key(), days=wanted.days)
    record = new_record(
        made, wanted.account, authority=identifier_of(authority), label="invitation"
    )
    Certificates(admin).add(record, "certificate.issue")
    pem = (pem_of_key(key) + made.public_bytes(Encoding.PEM)).decode("ascii")
    return {"certificate": pem, "expires_us": record.expires_us}, f"the certificate {record.id}"


@contextmanager
def _reserved(target: Path) -> Iterator[TextIO]:
    """The file, made before anything else is, for its owner alone; never one that is there."""
    try:
        handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        reason = f"{target} is there already; nothing was changed. Move it away, or give --out"
        fail(reason, Exit.ERROR)
    except OSError as error:
        fail(f"{target}: {error.strerror}", Exit.ERROR)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            yield file
    except BaseException:
        target.unlink(missing_ok=True)
        raise


COMMANDS = (partner,)
