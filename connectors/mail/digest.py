"""Digests by SMTP (RFC 5321): one message for each reader, over TLS.

The message is handed to the mail server of the organisation; its acceptance is the receipt. A
message that may have been accepted, before the connection broke, is sent again with the same
Message-ID, by which mail programs know it as the same.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email.headerregistry import Address
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from connectors.deadline import within
from connectors.errors import LoginNeeded, Refused, RemoteError, Unreachable
from connectors.mail.letter import letter
from connectors.net import Net
from connectors.sending import Channel, Parcel, Receipt, Trip
from hub.language.legible import line
from hub.model.tlp import Tlp

_TEMPORARY = 4
_LONGEST = 200


class Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[target] of a delivery with `connector = "mail"`."""

    host: Annotated[str, Meta(min_length=1, description="mail server that takes messages")]
    sender: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$",
            description="address that the messages are from",
        ),
    ]
    port: Annotated[
        int, Meta(ge=1, le=65535, description="its port; 587 for starttls, 465 for tls")
    ] = 587
    security: Annotated[
        Literal["starttls", "tls", "none"],
        Meta(description="none: everybody on the way can read the messages and the password"),
    ] = "starttls"
    user: Annotated[str, Meta(description="name to log in with; empty: none")] = ""
    password: Annotated[str, Meta(description="reference to its password")] = ""
    sender_name: Annotated[str, Meta(description="what is shown as the sender")] = "Incident hub"


class _Digests:
    def send(self, settings: Mail, parcel: Parcel, trip: Trip) -> Receipt:
        """See `Sender.send`.

        Raises:
            RemoteError: One of its kinds.
        """
        if parcel.reader is None:
            raise Refused("a digest is for a reader, and none is named")
        user, host = settings.sender.rsplit("@", 1)
        sender = Address(settings.sender_name, user, host)
        message = letter(sender, parcel.reader, parcel, trip)
        with _said(settings), _logged_in(settings, trip) as server:
            server.send_message(message, settings.sender, [parcel.reader.address])
        return Receipt(len(parcel.freight) + parcel.more, note=str(message["Message-ID"]))


class _Checked(smtplib.SMTP):
    """A client whose connection is one that was checked, and ends in time.

    Args:
        net: Connects.
        settings: Where to.
        ending: Ends the connection when it is over.
    """

    def __init__(self, net: Net, settings: Mail, ending: ExitStack) -> None:
        self._net = net
        self._ending = ending
        self._secured = settings.security == "tls"
        super().__init__(settings.host, settings.port, local_hostname="incident-hub")

    def _get_socket(self, host: str, port: int, timeout: object) -> socket.socket:
        del timeout  # the limits are those of `net`
        wire = self._net.connect(host, port)
        self._ending.enter_context(within(wire, self._net.limits.whole_s))
        return self._net.tls().wrap_socket(wire, server_hostname=host) if self._secured else wire


@contextmanager
def _logged_in(settings: Mail, trip: Trip) -> Iterator[smtplib.SMTP]:
    with ExitStack() as ending:
        server = _Checked(trip.net, settings, ending)
        # `quit` would wait for an answer, and change nothing of what was accepted.
        ending.callback(server.close)
        server.ehlo()
        if settings.security == "starttls":
            server.starttls(context=trip.net.tls())
            server.ehlo()
        if settings.user:
            password = trip.secret(settings.password) if settings.password else ""
            server.login(settings.user, password)
        yield server


@contextmanager
def _said(settings: Mail) -> Iterator[None]:
    """Failures of smtplib and of the connection in the words of `connectors.errors`."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        raise _answered(settings, code, text) from error
    except smtplib.SMTPAuthenticationError as error:
        raise LoginNeeded(
            f"{settings.host} does not take the login: {_words(error.smtp_error)}",
            remedy="Check `user` and `password`.",
        ) from error
    except smtplib.SMTPResponseException as error:
        raise _answered(settings, error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Unreachable(
            f"{settings.host} does not offer what `security` or `user` ask for: {error}",
            remedy="Nothing was sent. Ask who runs it which port and security it has.",
            passing=False,
        ) from error
    except ssl.SSLError as error:
        raise Unreachable(
            f"{settings.host}: no TLS with it that holds: {error.reason or type(error).__name__}",
            remedy="Name the authority that issued its certificate in `ca_file`.",
            passing=False,
        ) from error
    except (smtplib.SMTPException, OSError) as error:
        raise Unreachable(f"{settings.host} broke off: {type(error).__name__}") from error


def _answered(settings: Mail, code: int, text: bytes | str) -> RemoteError:
    reason = f"{settings.host} answers {code}: {_words(text)}"
    return Unreachable(reason) if code // 100 == _TEMPORARY else Refused(reason)


def _words(text: bytes | str) -> str:
    return line(text if isinstance(text, str) else text.decode("utf-8", "replace"), _LONGEST)


SETTINGS = Mail
SENDER = _Digests()
CHANNEL = Channel(ceiling=Tlp.GREEN, highest=Tlp.AMBER, personal=True)
