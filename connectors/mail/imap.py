"""A session with an IMAP server, by way of imaplib, over a connection that was checked.

- TLS always: from the first byte, or by STARTTLS before anything else is said.
- The session has a time limit and each answer a size limit, whatever the server says of its length.
- Only the errors of `connectors.errors` come out, and no credentials in them: a server may send
  back what it was told.
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import NamedTuple, Self

from connectors.errors import LoginNeeded, NotUnderstood, Refused, TooLarge, Unreachable
from connectors.net import Net

_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_UID = re.compile(rb"UID (\d+)")
_MOST_LINES = 200_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Login(NamedTuple):
    """Whom to appear as."""

    user: str
    password: str = ""
    token: str = ""
    """Of OAuth 2.0, in place of a password"""


class Place(NamedTuple):
    """Which mailbox."""

    host: str
    port: int
    starttls: bool
    mailbox: str
    writable: bool
    """Flags may be set."""


class _Connection(imaplib.IMAP4):
    """imaplib opens its own sockets and believes every length; this one does neither."""

    def __init__(self, net: Net, place: Place) -> None:
        self._net = net
        self._place = place
        self._lines = 0
        self.late = False
        """A time limit has ended it."""
        with self.watched():
            super().__init__(place.host, place.port)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """A limit to the time of what is inside, however slowly bytes keep coming."""
        watch = Timer(self._net.limits.whole_s, self._cut)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def _cut(self) -> None:
        self.late = True
        made: socket.socket | None = getattr(self, "sock", None)
        if made is not None:
            with suppress(OSError):
                made.shutdown(socket.SHUT_RDWR)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        del timeout
        made = self._net.connect(self._place.host, self._place.port)
        if self._place.starttls:
            return made
        try:
            return self._net.tls().wrap_socket(made, server_hostname=self._place.host)
        except BaseException:
            made.close()
            raise

    def read(self, size: int) -> bytes:
        """A literal of the length that the server names."""
        most = self._net.limits.most_bytes
        if size > most:
            raise TooLarge(f"{self._place.host} sends {size} bytes at once; {most} are the most")
        return super().read(size)

    def readline(self) -> bytes:
        """One line of an answer."""
        self._lines += 1
        if self._lines > _MOST_LINES:
            raise TooLarge(f"{self._place.host} answers without end")
        return super().readline()


class Mailbox:
    """One mailbox of a server, open."""

    def __init__(self, net: Net, place: Place, login: Login) -> None:
        for text in (place.host, place.mailbox, login.user):
            if _CONTROL.search(text):
                raise Refused("the name of the server, account or mailbox has control characters")
        self._place = place
        with _translated(place.host):
            self._imap = _Connection(net, place)
        try:
            self._begin(net, login)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def validity(self) -> int:
        """UIDVALIDITY: numbers of mails hold as long as it stays the same."""
        with self._asking():
            _, found = self._imap.response("UIDVALIDITY")
        text = found[0] if found and found[0] else b""
        return int(text) if isinstance(text, bytes) and text.isdigit() else 0

    def after(self, uid: int) -> list[int]:
        """The numbers of mails behind this one, in their order."""
        with self._asking():
            _, found = self._imap.uid("SEARCH", "UID", f"{uid + 1}:*")
        words = b" ".join(part for part in found if isinstance(part, bytes)).split()
        # `n:*` names the last mail even if its number is below n.
        return sorted({int(word) for word in words if word.isdigit() and int(word) > uid})

    def size(self, uid: int) -> int:
        """Bytes of a mail; 0: it is not there any more."""
        for line in self._fetched(uid, "(UID RFC822.SIZE)"):
            found = _SIZE.search(line)
            if found:
                return int(found[1])
        return 0

    def raw(self, uid: int) -> bytes:
        """A mail, without setting it to seen; empty: it is not there any more."""
        with self._asking():
            _, found = self._imap.uid("FETCH", str(uid), "(UID BODY.PEEK[])")
        for part in found:
            if isinstance(part, tuple) and len(part) > 1:
                number = _UID.search(part[0])
                if number is None or int(number[1]) == uid:
                    return bytes(part[1])
        return b""

    def seen(self, uid: int) -> None:
        """Set a mail to seen."""
        with self._asking():
            self._imap.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def close(self) -> None:
        """Say goodbye, or just go."""
        try:
            with self._imap.watched():
                self._imap.logout()
        except (imaplib.IMAP4.error, OSError, Unreachable, TooLarge):
            # A connection that is gone cannot be shut down, either.
            with suppress(OSError):
                self._imap.shutdown()

    def _fetched(self, uid: int, what: str) -> Iterator[bytes]:
        with self._asking():
            _, found = self._imap.uid("FETCH", str(uid), what)
        for part in found:
            yield part if isinstance(part, bytes) else b""

    def _begin(self, net: Net, login: Login) -> None:
        with self._asking():
            if self._place.starttls:
                if "STARTTLS" not in self._imap.capabilities:
                    raise Refused(
                        f"{self._place.host} offers no TLS; nothing was sent",
                        remedy='Take port 993 with `security = "tls"`.',
                    )
                self._imap.starttls(net.tls())
        self._log_in(login)
        with self._asking():
            name = '"{}"'.format(self._place.mailbox.replace("\\", "\\\\").replace('"', '\\"'))
            status, _ = self._imap.select(name, readonly=not self._place.writable)
        if status != "OK":
            raise Refused(f"{self._place.host} has no mailbox {self._place.mailbox}")

    def _log_in(self, login: Login) -> None:
        """Log in; what the server answers is not repeated."""
        try:
            with self._asking():
                self._authenticate(login)
        except (NotUnderstood, LoginNeeded) as error:
            raise LoginNeeded(
                f"{self._place.host} does not take the credentials of {login.user}",
                remedy="Look at `user`, and at what `password` or `token` refers to.",
            ) from error

    def _authenticate(self, login: Login) -> None:
        if login.token:
            said = f"user={login.user}\x01auth=Bearer {login.token}\x01\x01".encode()
            # To the reasons of a refusal, the second question, the answer is empty.
            answers = iter((said,))
            self._imap.authenticate("XOAUTH2", lambda _: next(answers, b""))
        elif "AUTH=PLAIN" in self._imap.capabilities:
            said = f"\0{login.user}\0{login.password}".encode()
            self._imap.authenticate("PLAIN", lambda _: said)
        else:
            self._imap.login(login.user, login.password)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        with _translated(self._place.host), self._imap.watched():
            try:
                yield
            except (imaplib.IMAP4.error, OSError) as error:
                if self._imap.late:
                    raise Unreachable(f"{self._place.host} does not answer in time") from error
                raise


@contextmanager
def _translated(host: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", "") or error.reason or "it breaks off"
        raise Unreachable(
            f"{host}: its TLS does not hold: {why}",
            remedy="Name the authority that issued its certificate in `ca_file`.",
            passing=False,
        ) from error
    except imaplib.IMAP4.abort as error:
        raise Unreachable(f"{host} broke off the session") from error
    except imaplib.IMAP4.error as error:
        raise NotUnderstood(f"{host} does not answer as an IMAP server") from error
    except TimeoutError as error:
        raise Unreachable(f"{host} does not answer in time") from error
    except OSError as error:
        raise Unreachable(f"{host} broke off: {error.strerror or 'connection lost'}") from error
    except (ValueError, AttributeError, TypeError, IndexError) as error:
        # What imaplib does with answers that no server should give.
        raise NotUnderstood(f"{host} does not answer as an IMAP server") from error
