"""Letting a partner in with one command: hub partner invite."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import click

from hub.cli.base import (
    SINCE,
    Context,
    Exit,
    clearance_option,
    fail,
    guarded,
    pass_context,
    say,
)
from hub.cli.handover import Handover, text
from hub.model.clock import now_us
from hub.model.party import Organisation
from hub.model.tlp import Tlp


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
@click.option(
    "--since",
    "since_us",
    type=SINCE,
    default="all",
    show_default=True,
    help="It sees what was added from this instant on: now, all or a timestamp.",
)
@click.option(
    "--days", default=365, show_default=True, type=click.IntRange(1, 3650), help="Of the token."
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
@pass_context
@guarded
def invite(context: Context, /, slug: str, out: Path | None, **fields: Any) -> None:
    """Let the organisation SLUG in: account, rights, a token, and one file to hand over.

    The file has the address, the collections, the token, and ready lines for curl,
    taxii2-client, hub, MISP, OpenCTI, Elastic and Sentinel. What is there already stays; a new
    invitation makes a new token.
    """
    from hub.service.invite import Invitation  # slow to import
    from hub.service.invite import invite as let_in

    config, store, target = context.config(), context.store(), out or Path(f"{slug}-access.md")
    authority = fields["ca_file"].read_text(encoding="ascii") if fields["ca_file"] else ""
    name = fields["name_en"] or slug
    since_us = fields["since_us"]
    wanted = Invitation(
        Organisation(slug, "", fields["name_vi"] or name, name, "cert", fields["country"]),
        fields["collections"],
        fields["publishes"],
        fields["clearance"],
        fields["days"],
        now_us() if since_us is None else since_us,
    )
    with _reserved(target) as file:
        made = let_in(context.admin(), store.directory(), wanted)
        file.write(
            text(
                Handover(
                    config.url,
                    config.taxii.title,
                    made.account,
                    made.issued.secret,
                    made.issued.token.expires_us,
                    made.collections,
                    {root.name: root.title for root in config.taxii.roots},
                    authority,
                )
            )
        )
    if not config.server.public_url:
        say(f"warning: server.public_url is not set; the file says {config.url}")
    say(f"{target} is for {slug} alone: it holds the token {made.issued.token.id}")


@contextmanager
def _reserved(target: Path) -> Iterator[TextIO]:
    """The file, made before anything else is, for its owner alone; never one that is there."""
    try:
        handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        fail(f"{target} is there already; nothing was changed", Exit.ERROR)
    except OSError as error:
        fail(f"{target}: {error.strerror}", Exit.ERROR)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            yield file
    except BaseException:
        target.unlink(missing_ok=True)
        raise


COMMANDS = (partner,)
