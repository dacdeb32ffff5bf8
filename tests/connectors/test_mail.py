"""A mailbox: a real IMAP server on loopback with TLS, and one that does what no real one does."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import LoginNeeded, NotUnderstood, Refused, TooLarge, Unreachable, Unsafe
from connectors.mail import inbox
from connectors.mail.trust import is_from, is_vouched
from connectors.net import Limits
from hub.errors import ConfigError
from hub.model.clock import parse_us
from tests.connectors.post_box import USER, PostBox, Scripted, post_box
from tests.connectors.taxii.driving import LOOPBACK, Driver
from tests.unit.cli.certificate import Certificate
from tests.unit.test_documents import archive, mail, pdf

SENDERS = ["soc@cert.example", "@partner.example"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def box(tmp_path: Path) -> Iterator[PostBox]:
    with post_box(tmp_path) as server:
        yield server


def limits(ca_file: str, **more: Any) -> Limits:
    said: dict[str, Any] = {"networks": LOOPBACK, "ca_file": ca_file, "whole_s": 20} | more
    return Limits(**said)


def driver(port: int, ca_file: str, allowed: dict[str, Any] | None = None, **said: Any) -> Driver:
    source = {"host": "127.0.0.1", "port": port, "user": USER, "password": "env:PASSWORD"}
    source |= {"senders": SENDERS} | said
    made = Driver(inbox.CONNECTOR, (inbox.SETTINGS, source), limits(ca_file, **(allowed or {})))
    made.now_us = parse_us("2026-11-20T00:00:00Z")
    return made


def from_(sender: str, text: str, number: int = 1, **fields: str) -> bytes:
    made = EmailMessage()
    made["From"], made["Subject"] = sender, f"Mail {number}"
    made["Message-ID"], made["Date"] = f"<{number}@x.example>", "Mon, 02 Nov 2026 10:00:00 +0700"
    for name, value in fields.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


def titles(made: Driver) -> list[str]:
    return [obj["name"] for obj in map(json.loads, made.raws) if obj["type"] == "report"]


def values(made: Driver) -> set[str]:
    return {obj["name"] for obj in map(json.loads, made.raws) if obj["type"] == "indicator"}


def reasons(made: Driver) -> list[str]:
    return [left.reason for batch in made.batches() for left in batch.left]


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mails_of_known_senders_become_reports(box: PostBox, security: str) -> None:
    attached = (
        ("a.pdf", pdf("pdf[.]com")),
        ("b.zip", archive(c__csv=b"ip,note\n203.0.114.9,x\n")),
    )
    box.put(mail("C2 evil[.]com", *attached), from_("stranger@evil.example", "own[.]goal[.]com"))
    port = box.tls_port if security == "tls" else box.port
    made = driver(port, box.ca_file, security=security)
    assert "its sender is none of those that are read" in reasons(made)
    made.run()
    assert titles(made) == ["Cảnh báo số 7"]
    assert values(made) == {"evil.com", "pdf.com", "203.0.114.9"}
    assert made.origins[0].startswith("mail ")
    [report] = [obj for obj in map(json.loads, made.raws) if obj["type"] == "report"]
    assert report["published"] == "2026-11-02T03:00:00.000Z"
    read = made.read
    assert made.run().read == read
    box.put(from_("who@partner.example", "laterevil[.]com", 2))
    assert titles(made.run()) == ["Cảnh báo số 7", "Mail 2"]
    assert not any(b"Seen" in flags for flags in box.flags())


def test_mails_are_set_to_seen_once_they_are_published(box: PostBox) -> None:
    box.put(mail("C2 evil[.]com"), from_("stranger@evil.example", "no[.]com"))
    made = driver(box.tls_port, box.ca_file, seen=True).run()
    assert not any(b"Seen" in flags for flags in box.flags())
    made.run()
    assert [b"Seen" in flags for flags in box.flags()] == [True, False]
    assert made.run().state["uid"] > 0


def test_a_run_that_is_cut_off_goes_on_where_it_was(box: PostBox) -> None:
    box.put(*(from_("soc@cert.example", f"a{i}[.]com", i) for i in range(4)))
    whole = driver(box.tls_port, box.ca_file).run()
    cut = driver(box.tls_port, box.ca_file, most=3).run(stop_after=1).run().run()
    assert cut.raws == whole.raws
    assert len(titles(whole)) == 4


def test_a_mailbox_that_is_numbered_anew_publishes_nothing_twice(box: PostBox) -> None:
    box.put(mail("C2 evil[.]com"))
    made = driver(box.tls_port, box.ca_file).run()
    before, raws = made.state["validity"], list(made.raws)
    box.stop()
    box.start()
    box.put(mail("C2 evil[.]com"), from_("soc@cert.example", "new[.]com", 9))
    made.run()
    assert made.state["validity"] != before
    assert made.raws[: len(raws)] == raws
    assert titles(made) == ["Cảnh báo số 7", "Mail 9"]
    assert "anew" in made.notices[0]


def test_a_mail_that_is_too_large_or_broken_stops_no_other(box: PostBox) -> None:
    box.put(
        from_("soc@cert.example", "x" * 70 + "\n" + ("y" * 70 + "\n") * 30_000, 1),
        b"From: soc@cert.example\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n",
        from_("soc@cert.example", "good[.]com", 3),
    )
    made = driver(box.tls_port, box.ca_file, {"most_bytes": 1_000_000})
    assert "it has more than 1000000 bytes" in reasons(made)
    assert titles(made.run()) == ["Mail 3"]


def test_a_wrong_password_is_said_without_it(box: PostBox) -> None:
    made = driver(box.tls_port, box.ca_file, password="env:TOKEN")
    error = made.fails()
    assert isinstance(error, LoginNeeded)
    assert "s3cret" not in error.reason + error.remedy
    assert isinstance(driver(box.tls_port, box.ca_file, mailbox="None").fails(), Refused)


def test_a_server_whose_certificate_nobody_vouches_for(box: PostBox, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Certificate(tmp_path / "other")
    for port, security in ((box.tls_port, "tls"), (box.port, "starttls")):
        error = driver(port, str(other.cert), security=security).fails()
        assert isinstance(error, Unreachable)
        assert not error.passing


def test_a_private_address_is_not_asked(certificate: Certificate) -> None:
    made = Driver(
        inbox.CONNECTOR,
        (
            inbox.SETTINGS,
            {"host": "127.0.0.1", "user": "u", "password": "env:PASSWORD", "senders": SENDERS},
        ),
        Limits(ca_file=str(certificate.cert)),
    )
    assert isinstance(made.fails(), Unsafe)


@pytest.fixture
def script(certificate: Certificate) -> Iterator[Any]:
    servers: list[Scripted] = []

    def make(greeting: bytes = b"* OK hello\r\n", **answers: bytes) -> tuple[Scripted, Driver]:
        server = Scripted(certificate, answers, greeting)
        servers.append(server)
        allowed = {"whole_s": 2, "read_s": 1, "most_bytes": 1_000_000}
        return server, driver(server.port, str(certificate.cert), allowed)

    yield make
    for server in servers:
        server.close()


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"greeting": b"HTTP/1.1 400 Bad Request\r\n\r\n"}, (NotUnderstood, Unreachable)),
        ({"greeting": b"* BYE no\r\n"}, (NotUnderstood, Unreachable)),
        ({"greeting": b"* OK " + b"x" * 2_000_000}, (NotUnderstood, Unreachable)),
        ({"greeting": b"* O" + b"SLOWK" * 30}, (Unreachable,)),
        ({"LOGIN": b"TAG NO s3cret-password is wrong\r\n"}, (LoginNeeded,)),
        (
            {"SELECT": b"* 1 EXISTS\r\n" * 250_000, "EXAMINE": b"* 1 EXISTS\r\n" * 250_000},
            (TooLarge, Unreachable),
        ),
        (
            {
                "SEARCH": b"* SEARCH 1\r\nTAG OK done\r\n",
                "FETCH": b"* 1 FETCH (UID 1 RFC822.SIZE 5 BODY[] {99999999999}\r\nabc",
            },
            (TooLarge, Unreachable),
        ),
        (
            {
                "SEARCH": b"* SEARCH 1\r\nTAG OK done\r\n",
                "FETCH": b"* 1 FETCH (UID 1 BODY[] {500000}\r\n" + b"aSLOW" * 40,
            },
            (Unreachable,),
        ),
    ],
)
def test_a_hostile_server_stops_the_run_with_a_reason(
    script: Any, answers: dict[str, bytes], kind: tuple[type, ...]
) -> None:
    _, made = script(**answers)
    error = made.fails()
    assert isinstance(error, kind), error
    assert "s3cret" not in repr((error.reason, error.remedy, made.state))


def test_numbers_that_cannot_be_are_no_mails(script: Any) -> None:
    _, made = script(
        SEARCH=b"* SEARCH x y z\r\n* SEARCH 1 18446744073709551616\r\nTAG OK done\r\n",
        FETCH=b"* 9 FETCH (UID 99 BODY[] {3}\r\nabc)\r\nTAG OK done\r\n",
    )
    assert made.run().raws == []


def test_a_token_is_shown_as_xoauth2_asks(script: Any, certificate: Certificate) -> None:
    server, _ = script(
        CAPABILITY=b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\nTAG OK done\r\n",
        **{"AUTHENTICATE": b"+ \r\n", "": b"TAG NO no\r\n"},
    )
    made = driver(
        server.port, str(certificate.cert), {"whole_s": 3}, password="", token="env:TOKEN"
    )
    assert isinstance(made.fails(), LoginNeeded)
    said = [base64.b64decode(line) for line in server.heard if len(line.split()) == 1]
    assert said[:1] == [b"user=advisories\x01auth=Bearer s3cret-token\x01\x01"]


@pytest.mark.parametrize(
    "said",
    [
        {"senders": []},
        {"anyone": True},
        {"password": ""},
        {"token": "env:TOKEN"},
    ],
)
def test_settings_that_do_not_go_together(certificate: Certificate, said: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        driver(1, str(certificate.cert), **said).run()


def test_control_characters_reach_no_server(script: Any, certificate: Certificate) -> None:
    server, _ = script()
    made = driver(server.port, str(certificate.cert), mailbox="a\r\nX LOGOUT")
    assert isinstance(made.fails(), Refused)
    assert server.heard == []


def test_whom_a_mail_is_from() -> None:
    assert is_from("soc@cert.example", SENDERS)
    assert is_from("any@partner.example", SENDERS)
    assert not is_from("soc@cert.example.evil.com", SENDERS)
    assert not is_from("a@sub.partner.example", SENDERS)
    assert not is_from("", ["", "@"])


@pytest.mark.parametrize(
    ("fields", "vouched"),
    [
        (["mx.me; dmarc=pass header.from=cert.example"], True),
        (["mx.me; spf=pass; dkim=pass header.d=cert.example"], True),
        (["mx.me 1; dkim=pass (2048-bit) header.i=@cert.example"], True),
        (["mx.me; dkim=pass header.d=evil.com"], False),
        (["mx.me; dkim=fail header.d=cert.example; dmarc=fail"], False),
        (["mx.evil; dmarc=pass"], False),
        (["mx.me; none", "mx.me; dmarc=pass"], False),
        (["mx.me; spf=fail (dmarc=pass)"], False),
        ([], False),
    ],
)
def test_what_the_own_server_says_of_a_sender(fields: list[str], vouched: bool) -> None:
    assert is_vouched(fields, "soc@cert.example", "MX.me") is vouched


def test_only_vouched_mails_are_read(box: PostBox) -> None:
    good, bad = "mx.me; dmarc=pass header.from=cert.example", "mx.me; dmarc=fail"
    box.put(
        from_("soc@cert.example", "good[.]com", 1, Authentication_Results=good),
        from_("soc@cert.example", "forged[.]com", 2, Authentication_Results=bad),
        from_("soc@cert.example", "bare[.]com", 3),
    )
    made = driver(box.tls_port, box.ca_file, vouched_by="mx.me")
    assert reasons(made) == ["mx.me does not say that it comes from its sender"] * 2
    assert values(made.run()) == {"good.com"}
