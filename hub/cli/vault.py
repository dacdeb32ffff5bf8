"""The files of the hub's certificate authority and of what it issues."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from hub.cli.base import Context, Exit, fail, read_secret, together

if TYPE_CHECKING:
    from hub.service.authority import Authority

_LEAST_PASSPHRASE = 12
_MOST_BYTES = 1 << 20
_SECRET, _PUBLIC = 0o600, 0o644

authority_options = together(
    click.option(
        "--folder",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="HUB_CA_FOLDER",
        show_envvar=True,
        help="Folder of the CA. Default: ca, beside the configuration.",
    ),
    click.option(
        "--passphrase-stdin",
        is_flag=True,
        help="Read the passphrase of the CA's key from standard input.",
    ),
)
"""Where the CA is, and how its passphrase comes in"""


class Item(NamedTuple):
    """A file to be written."""

    path: Path
    content: bytes
    secret: bool


class Vault:
    """The CA's certificate and key in a folder of their own.

    Args:
        context: Says where the configuration is.
        folder: Another folder than the one beside it.
    """

    def __init__(self, context: Context, folder: Path | None) -> None:
        self.folder = folder or context.path.parent / "ca"
        self.certificate = self.folder / "ca.pem"
        self.key = self.folder / "ca-key.pem"

    def open(self, *, passphrase_stdin: bool) -> Authority:
        """The CA; asks for the passphrase if its key has one.

        Raises:
            HubError: See `hub.service.authority.opened`.
        """
        from hub.service.authority import opened  # slow to import: X.509
        from hub.service.keys import is_encrypted

        if not self.key.exists():
            fail(f"there is no CA in {self.folder}; make one with `hub ca init`", Exit.ABSENT)
        if self.key.stat().st_mode & 0o077:
            fail(f"others may read {self.key}. Run: chmod 600 {self.key}", Exit.USAGE)
        key = self.key.read_bytes()
        needed = is_encrypted(key)
        passphrase = read_passphrase(from_stdin=passphrase_stdin, new=False) if needed else ""
        return opened(self.certificate.read_bytes(), key, passphrase)

    def keep(self, authority: Authority, passphrase: str) -> None:
        """Write a new CA; never overwrites one."""
        # slow to import: X.509
        from cryptography.hazmat.primitives.serialization import Encoding

        from hub.service.keys import pem_of_key

        key = pem_of_key(authority.key, passphrase)
        certificate = authority.certificate.public_bytes(Encoding.PEM)
        with written(
            [Item(self.key, key, secret=True), Item(self.certificate, certificate, secret=False)]
        ):
            pass


@contextmanager
def written(items: Sequence[Item]) -> Iterator[None]:
    """Files that stay if what follows succeeds; nothing is overwritten.

    Leaves the program when one of them is there already or cannot be written.
    """
    made: list[Path] = []
    try:
        for item in items:
            item.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            handle = os.open(item.path, flags, _SECRET if item.secret else _PUBLIC)
            made.append(item.path)
            with os.fdopen(handle, "wb") as file:
                file.write(item.content)
        yield
    except BaseException as error:
        for path in made:
            path.unlink(missing_ok=True)
        if isinstance(error, FileExistsError):
            fail(f"{error.filename} is there already; nothing was changed", Exit.ERROR)
        raise


def replaced(path: Path, content: bytes) -> None:
    """Write a file that others read at any moment: they find the old one or the new one."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with written([Item(fresh, content, secret=False)]):
        fresh.replace(path)


def read_input(name: str) -> bytes:
    """A small file; `-` is standard input."""
    with click.open_file(name, "rb") as file:
        content: bytes = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        fail(f"{name} is too large to be a certificate", Exit.USAGE)
    return content


def read_passphrase(*, from_stdin: bool, new: bool) -> str:
    """The passphrase of the CA's key."""
    text = read_secret("passphrase", "Passphrase of the CA's key", from_stdin=from_stdin, new=new)
    if new and len(text) < _LEAST_PASSPHRASE:
        fail(f"a passphrase needs at least {_LEAST_PASSPHRASE} characters", Exit.USAGE)
    return text
