"""Digests: one message for each reader, defanged, over TLS, the same each time."""

from __future__ import annotations

import email
import email.policy
import html
import re
import socket

import pytest

from connectors.errors import LoginNeeded, Refused, RemoteError, Unreachable
from connectors.mail.digest import SENDER, Mail
from connectors.mail.letter import LISTED
from connectors.sending import Reader
from tests.connectors.sending.parcels import READER, freight, parcel, trip
from tests.connectors.sending.receivers import post_office

PARCEL = parcel(
    freight(1, name="Tên miền độc hại evil.example và http://bad.example/a?b=1"),
    freight(2, name="198.51.100.7"),
    freight(3, name="<script>alert(1)</script>\r\nBcc: x@y.example\u202e"),
    freight(4, type="malware", id="malware--11111111-1111-4111-8111-111111111111", name="Mã X"),
    reader=READER,
)


def to(port, **changes):
    values = {"user": "hub", "password": "env:PASSWORD", "security": "starttls"} | changes
    return Mail(host="127.0.0.1", port=port, sender="hub@hub.example.org", **values)


def sent(office, folder, what=PARCEL, **changes):
    receipt = SENDER.send(to(office.port, **changes), what, trip(folder, ca_file=office.ca_file))
    [raw] = office.post.messages[-1:]
    return receipt, email.message_from_bytes(raw, policy=email.policy.default)


def texts(message) -> tuple[str, str]:
    plain = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    return plain, html.unescape(message.get_body(("html",)).get_content())


@pytest.mark.parametrize("way", [{"starttls": True}, {"tls": True}])
def test_a_digest_arrives_over_tls_with_a_log_in(way, tmp_path):
    security = "tls" if way.get("tls") else "starttls"
    with post_office(tmp_path, **way) as office:
        receipt, message = sent(office, tmp_path, security=security)
    assert receipt.accepted == 4
    assert office.post.recipients == ["lan@agency.example"]
    assert message["To"] == "lan@agency.example"
    assert message["From"] == "Incident hub <hub@hub.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] == "<https://hub.example.org/account>"


def test_both_forms_say_the_same_and_nothing_in_them_can_be_followed(tmp_path):
    with post_office(tmp_path) as office:
        _, message = sent(office, tmp_path)
    assert message["Subject"] == "[Bản tin tuần] TLP:GREEN: 4 đối tượng mới hoặc vừa thay đổi"
    for text in texts(message):
        assert "Chỉ dấu: 3" in text
        assert "Mã độc: 1" in text
        assert "evil[.]example" in text
        assert "hxxp://bad[.]example/a" in text
        assert "198[.]51[.]100[.]7" in text
        assert "⟨U+202E⟩" in text
        assert "https://hub.example.org/account" in text
        links = re.findall(r"https?://[^\s\"<]+", text)
        assert {link.split("/")[2] for link in links} == {"hub.example.org"}
    assert "<script>" not in message.get_body(("html",)).get_content()
    assert message["Bcc"] is None


def test_english_for_whoever_reads_english(tmp_path):
    what = parcel(freight(1), reader=Reader("john", "john@agency.example", "en"))
    with post_office(tmp_path) as office:
        _, message = sent(office, tmp_path, what)
    assert message["Subject"].endswith("TLP:GREEN: 1 object is new or changed")
    assert "Switch it off" in texts(message)[0]
    assert message["Content-Language"] == "en"


def test_the_same_parcel_is_the_same_message(tmp_path):
    with post_office(tmp_path) as office:
        first, second = (sent(office, tmp_path)[1] for _ in range(2))
        other = sent(office, tmp_path, PARCEL._replace(key="f" * 32))[1]
    assert first["Message-ID"] == second["Message-ID"] != other["Message-ID"]
    assert texts(first) == texts(second)


def test_a_long_digest_names_the_newest_and_counts_the_others(tmp_path):
    what = parcel(*(freight(n) for n in range(1, LISTED + 11)), reader=READER, more=1000)
    with post_office(tmp_path) as office:
        receipt, message = sent(office, tmp_path, what)
    plain, _ = texts(message)
    assert receipt.accepted == LISTED + 1010
    assert "1.060 đối tượng" in plain
    assert "Chưa liệt kê ở đây: 1.010" in plain
    assert f"Sample {LISTED + 10}\n" in plain
    assert "Sample 10\n" not in plain


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("550 no such user", Refused), ("451 try later", Unreachable)],
)
def test_an_address_that_is_not_taken(answer, kind, tmp_path):
    with post_office(tmp_path) as office:
        office.post.refuse["lan@agency.example"] = answer
        with pytest.raises(RemoteError, match=answer[4:]) as caught:
            SENDER.send(to(office.port), PARCEL, trip(tmp_path, ca_file=office.ca_file))
    assert type(caught.value) is kind


@pytest.mark.parametrize(("answer", "kind"), [("554 spam", Refused), ("452 full", Unreachable)])
def test_a_message_that_is_not_taken(answer, kind, tmp_path):
    with post_office(tmp_path) as office:
        office.post.answer = answer
        with pytest.raises(kind, match=answer[4:]):
            SENDER.send(to(office.port), PARCEL, trip(tmp_path, ca_file=office.ca_file))
    assert not office.post.messages


def test_a_wrong_password_is_no_failure_of_the_digest(tmp_path, monkeypatch):
    monkeypatch.setitem(trip.__globals__["SECRETS"], "env:WRONG", "hunter2")
    with post_office(tmp_path) as office:
        told = to(office.port, password="env:WRONG")
        with pytest.raises(LoginNeeded) as caught:
            SENDER.send(told, PARCEL, trip(tmp_path, ca_file=office.ca_file))
    assert "hunter2" not in caught.value.text()


def test_without_tls_nothing_is_sent_unless_it_was_asked_for(tmp_path):
    with post_office(tmp_path, starttls=False) as office:
        with pytest.raises(Unreachable, match="STARTTLS"):
            SENDER.send(to(office.port), PARCEL, trip(tmp_path))
        assert not office.post.messages
        sent(office, tmp_path, security="none", user="")
    assert len(office.post.messages) == 1


def test_a_certificate_of_nobody_stops_it(tmp_path):
    with post_office(tmp_path) as office, pytest.raises(Unreachable, match="TLS") as caught:
        SENDER.send(to(office.port), PARCEL, trip(tmp_path))
    assert not caught.value.passing
    assert not office.post.messages


def test_a_server_that_says_nothing_is_left(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told = to(silent.getsockname()[1])
        with pytest.raises(Unreachable):
            SENDER.send(told, PARCEL, trip(tmp_path))
