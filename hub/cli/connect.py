"""Reaching another server: as whom, and trusting which certificates."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from hub.cli.base import Exit, fail, read_secret, say, together
from hub.config.checks import is_loopback

if TYPE_CHECKING:
    from connectors.search.client import Client
    from connectors.taxii.client import Session
    from connectors.taxii.messages import Credentials

_NO_PASSWORD = "other users of this machine can read arguments: leave the password out of it"  # noqa: S105
connection_options = together(
    click.option("--account", default="", help="Log in with this account and its password."),
    click.option(
        "--password-stdin",
        is_flag=True,
        help="Read the password from standard input instead of asking for it.",
    ),
    click.option(
        "--ca-file",
        type=click.Path(exists=True, dir_okay=False),
        help="Certificates to trust, PEM, in place of the usual ones.",
    ),
    click.option(
        "--cert",
        type=click.Path(exists=True, dir_okay=False),
        help="Client certificate, PEM; the file may hold its key as well.",
    ),
    click.option(
        "--key",
        type=click.Path(exists=True, dir_okay=False),
        help="Key of the client certificate, PEM, if it is in a file of its own.",
    ),
    click.option(
        "--dangerously-skip-tls-check",
        is_flag=True,
        help="Talk to whoever answers, credentials included.",
    ),
)
"""How to reach the other side, and as whom"""

audience_option = click.option(
    "--to",
    "audience",
    multiple=True,
    metavar="SUBJECT",
    help="Only for org:NAME, community:NAME or group:NAME; repeatable. Default: all who may read.",
)


def checked(url: str) -> str:
    """The address, when it can be that of a collection and holds no password."""
    return _checked(url, "a collection: https://host/root/collections/ID/", "URL")


def checked_hub(url: str) -> str:
    """The address, when it can be that of a hub and holds no password."""
    example = "a hub: https://hub.example.org"
    return _checked(url, example, "--url", is_wrong=bool(urlsplit(url).query))


def _checked(url: str, example: str, param: str, *, is_wrong: bool = False) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or is_wrong:
        raise click.BadParameter(f"give the address of {example}", param_hint=param)
    if parts.username or parts.password:
        raise click.BadParameter(_NO_PASSWORD, param_hint=param)
    return url


def connect(url: str, **options: Any) -> Session:
    """A session with the TAXII server at an address, by the values of `connection_options`."""
    # requests, which taxii2-client is built on, takes a quarter of a second to import.
    from connectors.taxii.client import Session

    credentials, verify = trust(url, options)
    audience = options.get("audience", ())
    return Session(credentials, verify=verify, notice=say, audience=audience)


def connect_hub(url: str, **options: Any) -> Client:
    """A session with the JSON door of the hub at an address, by the same values."""
    from connectors.search.client import Client  # slow to import, as all that knows requests

    credentials, verify = trust(url, options)
    return Client(url, credentials, verify=verify)


def trust(url: str, options: dict[str, Any]) -> tuple[Credentials, bool | str]:
    """Whom to appear as, and whose certificates to believe."""
    from connectors.taxii.messages import Credentials  # slow to import

    account = options["account"]
    token = "" if account else os.environ.get("HUB_TOKEN", "")
    password = _password(from_stdin=options["password_stdin"]) if account else ""
    if (account or token) and not _is_private(url):
        say(f"warning: {url} is not https: the credentials can be read on the way")
    verify = options["ca_file"] or not options["dangerously_skip_tls_check"]
    certificate = _certificate(url, options.get("cert"), options.get("key"))
    if verify is False:
        say(f"warning: nothing proves that it is {urlsplit(url).hostname} who answers")
    return Credentials(account, password, token, certificate), verify


def _certificate(url: str, cert: str | None, key: str | None) -> tuple[str, str] | None:
    """The files of certificate and key, when they can be used together."""
    if key and not cert:
        raise click.UsageError("--key belongs to a certificate: give --cert as well")
    if not cert:
        return None
    if urlsplit(url).scheme != "https":
        raise click.UsageError("--cert needs an address with https: certificates are part of TLS")
    pair = cert, key or cert
    try:
        # An empty passphrase: else OpenSSL asks for one on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(*pair, password="")
    except OSError as error:
        fail(
            f"{' and '.join(dict.fromkeys(pair))} cannot be used as client certificate and key: "
            f"{error}. Both must be PEM, belong together, and the key must not be encrypted.",
            Exit.USAGE,
        )
    return pair


def _is_private(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


def _password(*, from_stdin: bool) -> str:
    password = read_secret("password", "Password", from_stdin=from_stdin, new=False)
    if not password:
        fail("give the password on standard input with --password-stdin", Exit.USAGE)
    return password
