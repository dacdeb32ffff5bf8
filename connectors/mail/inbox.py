"""A mailbox: each mail of a known sender becomes a report with its values and attachments.

Nothing in the mailbox is deleted, moved or marked, unless the feed asks for mails to be set to seen.
Mails are told apart by UIDVALIDITY and UID; when the server numbers them anew, they are all looked at
once more, and nothing is published twice, as a report is known by the Message-ID.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from connectors.advisory import (
    Advisory,
    chosen,
    mark,
    of_datetime,
    own,
    published,
    stix_of,
)
from connectors.base import Run
from connectors.found import Batch, Found, Left, State
from connectors.mail.imap import Login, Mailbox, Place
from connectors.mail.trust import is_from, is_vouched
from hub.errors import ConfigError
from hub.intake.documents.kinds import Document, Unreadable
from hub.intake.documents.mail import Mail, mail_of
from hub.intake.documents.parse import Limits
from hub.intake.documents.values import MOST_UNPACKED, values_of

_Made = tuple[tuple[Found, ...], tuple[Left, ...]]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of a mailbox."""

    host: Annotated[str, Meta(description="Name of the IMAP server", min_length=1)]
    user: Annotated[str, Meta(description="Name of the account", min_length=1)]
    port: Annotated[
        int, Meta(description="Port; 0: 993 or, with STARTTLS, 143", ge=0, le=65_535)
    ] = 0
    security: Annotated[
        Literal["tls", "starttls"], Meta(description="How the connection is encrypted")
    ] = "tls"
    password: Annotated[str, Meta(description="Its password: `env:NAME` or `file:PATH`")] = ""
    token: Annotated[
        str, Meta(description="Token of OAuth 2.0 (XOAUTH2): `env:NAME` or `file:PATH`")
    ] = ""
    mailbox: Annotated[str, Meta(description="Which mailbox")] = "INBOX"
    senders: Annotated[
        tuple[str, ...],
        Meta(description='Whose mails are read: addresses, or domains such as `"@cert.example"`'),
    ] = ()
    anyone: Annotated[bool, Meta(description="Read mails of everybody; not with `senders`")] = (
        False
    )
    vouched_by: Annotated[
        str,
        Meta(
            description="Own mail server by its name in `Authentication-Results`: only mails that"
            " it says come from the domain of their sender are read; empty: that is not checked"
        ),
    ] = ""
    seen: Annotated[
        bool, Meta(description="Set mails to seen, in the run after they were published")
    ] = False
    most: Annotated[int, Meta(description="Mails of one run", ge=1, le=5_000)] = 500
    flagged: Annotated[bool, Meta(description="Publish values with a doubt, too")] = False
    own_domains: Annotated[
        tuple[str, ...], Meta(description="Domains of one's own, of which nothing is published")
    ] = ()


class Inbox:
    """Mailboxes."""

    def collect(self, settings: Settings, state: State, run: Run) -> Iterator[Batch]:
        """New mails, each in a batch of its own."""
        if bool(settings.senders) == settings.anyone:
            raise ConfigError("`source.senders` names whose mails are read, or `anyone` is true")
        with Mailbox(run.net, _place(settings), _login(settings, run)) as box:
            validity = box.validity
            last = int(state.get("uid", 0)) if state.get("validity") == validity else 0
            if state and not last and state.get("uid"):
                run.notice(f"{settings.host} numbers its mails anew: all are looked at once more")
            # These were published by the runs before.
            for uid in state.get("read", []) if settings.seen and last else []:
                box.seen(uid)
            read: list[int] = []
            waiting = box.after(last)
            if len(waiting) > settings.most:
                run.notice(f"{len(waiting)} mails wait; this run reads {settings.most}")
            for uid in waiting[: settings.most]:
                found, left = _looked_at(settings, run, box, uid)
                read += [uid] if settings.seen and found else []
                yield Batch(found, {"validity": validity, "uid": uid, "read": read}, left)
            if not waiting and state.get("read"):
                yield Batch(state={"validity": validity, "uid": last})


def _looked_at(settings: Settings, run: Run, box: Mailbox, uid: int) -> _Made:
    """What becomes of a mail."""
    origin = f"mail {uid} in {settings.mailbox}"
    size, most = box.size(uid), min(run.net.limits.most_bytes, MOST_UNPACKED)
    if size > most:
        return (), (Left(origin, f"it has more than {most} bytes", origin),)
    raw = box.raw(uid)
    if not raw:
        # Somebody has moved it away in the meantime.
        return (), ()
    try:
        mail = mail_of(raw, Limits())
        if refused := _refused(settings, mail):
            return (), (Left(mail.sender, refused, origin),)
        values = values_of(
            Document(raw, "mail.eml", "message/rfc822"), own_domains=own(settings.own_domains)
        )
    except Unreadable as error:
        return (), (Left(origin, error.reason, origin),)
    items, left = chosen(values, origin, flagged=settings.flagged)
    advisory = Advisory(
        mail.message_id or mark(raw),
        values.title or origin,
        values.text,
        origin,
        dated_us=of_datetime(mail.sent),
    )
    found = (*published(run, advisory, items), *stix_of(values, origin))
    if not found and not left:
        left = (Left(origin, "there is no value in it", origin),)
    return found, left


def _refused(settings: Settings, mail: Mail) -> str:
    """Why a mail is not read; empty: it is."""
    if settings.senders and not is_from(mail.sender, settings.senders):
        return "its sender is none of those that are read"
    server = settings.vouched_by
    if server and not is_vouched(mail.vouchers, mail.sender, server):
        return f"{server} does not say that it comes from its sender"
    return ""


def _place(settings: Settings) -> Place:
    starttls = settings.security == "starttls"
    port = settings.port or (143 if starttls else 993)
    return Place(settings.host, port, starttls, settings.mailbox, settings.seen)


def _login(settings: Settings, run: Run) -> Login:
    if bool(settings.password) == bool(settings.token):
        raise ConfigError(
            "`source` needs a reference in `password` or in `token`, and not in both"
        )
    if settings.token:
        return Login(settings.user, token=run.secret(settings.token))
    return Login(settings.user, run.secret(settings.password))


SETTINGS: type[msgspec.Struct] = Settings
CONNECTOR = Inbox()
