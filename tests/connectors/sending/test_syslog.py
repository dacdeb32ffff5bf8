"""Lines for a SIEM: framed, escaped, one for each value, and nothing that breaks out of its place."""

from __future__ import annotations

import re
import socket

import pytest

from connectors.errors import Unreachable, Unsafe
from connectors.syslog.cef import events
from connectors.syslog.send import SENDER, Syslog
from tests import fakes
from tests.connectors.sending.parcels import freight, parcel, trip
from tests.connectors.sending.receivers import syslog
from tests.e2e.certificates import write_certificate
from tests.tools.ports import free_port

NASTY = "a|b\\c=d\r\ne\x00 CEF:0|x \u2028<134>1 - é"
PARCEL = parcel(freight(1), freight(2, name=NASTY, confidence=87))
_HEADER = re.compile(r"<(\d+)>1 (\S+) (\S+) incident-hub - (\S+) - (CEF:0\|.*)", re.DOTALL)


def parsed(text: str) -> tuple[list[str], dict[str, str]]:
    """Header and extension of an event, by the rules of the format alone."""
    fields, rest = [], text
    for _ in range(7):
        field = re.match(r"((?:[^|\\]|\\.)*)\|", rest, re.DOTALL)
        assert field, rest
        fields.append(re.sub(r"\\(.)", r"\1", field[1]))
        rest = rest[field.end() :]
    pairs = re.findall(r"(\w+)=((?:[^\\=]|\\.)*?)(?=\s\w+=|$)", rest, re.DOTALL)
    unescaped = {
        key: re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r"}.get(m[1], m[1]), value)
        for key, value in pairs
    }
    return fields, unescaped


def to(port, transport, **changes):
    return Syslog(host="127.0.0.1", port=port, transport=transport, **changes)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_lines_arrive_framed_by_octets(transport, tmp_path):
    certificate = write_certificate(tmp_path)
    with syslog(certificate if transport == "tls" else None) as (lines, port):
        receipt = SENDER.send(
            to(port, transport), PARCEL, trip(tmp_path, ca_file=str(certificate))
        )
        assert lines.closed.wait(60)
    assert receipt.accepted == 2
    first, second = lines.frames()
    head = _HEADER.fullmatch(first)
    assert head
    assert head.groups()[:4] == (
        "133",
        "2023-11-14T22:13:20.000001Z",
        "hub.example.org",
        "indicator",
    )
    fields, said = parsed(head[5])
    assert fields == ["CEF:0", "Incident hub", "incident-hub", "1", "indicator", "Sample 1", "5"]
    assert said["dst"] == said["cs6"] == "192.0.2.1"
    assert said["externalId"] == PARCEL.freight[0].object_id
    assert (said["cs1Label"], said["cs1"]) == ("TLP", "TLP:GREEN")
    assert parsed(_HEADER.fullmatch(second)[5])[0][6] == "8"


def test_a_name_cannot_break_out_of_its_field(tmp_path):
    [event] = events(PARCEL.freight[1])
    assert not re.search(r"[\x00-\x1f\x7f\u2028]", event.text)
    fields, said = parsed(event.text)
    assert fields[5] == "a|b\\c=d e⟨U+0000⟩ CEF:0|x <134>1 - é"
    assert said["dst"] == "192.0.2.2"


def test_values_are_escaped_in_the_extension():
    url = "http://bad.example/a?b=c|d\\\\e"
    [event] = events(freight(1, pattern=f"[url:value = '{url}']"))
    _, said = parsed(event.text)
    assert said["request"] == "http://bad.example/a?b=c|d\\e"
    assert "a?b\\=c|d" in event.text


def test_each_value_is_an_event_and_the_host_of_a_url_is_none():
    pattern = (
        "[domain-name:value = 'Evil.Example.com' OR url:value = 'http://other.example.com/x' OR "
        "file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e' OR ipv6-addr:value = '2001:db8::1']"
    )
    found = [parsed(event.text)[1] for event in events(freight(1, pattern=pattern))]
    assert sorted((said["cs5"], said["cs6"]) for said in found) == [
        ("domain", "evil.example.com"),
        ("hash", "d41d8cd98f00b204e9800998ecf8427e"),
        ("ip", "2001:db8::1"),
        ("url", "http://other.example.com/x"),
    ]


@pytest.mark.parametrize(
    "more",
    [
        lambda url: {"pattern": f"[url:value = '{url}']"},
        lambda url: {"type": "url", "id": f"url--{fakes.uuid_of(1)}", "value": url},
    ],
)
@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/Path?T=aGk=",
        "http://evil.example/a)",
        f"http://evil.example/{'A' * 500}",
    ],
)
def test_a_url_is_told_as_it_was_published(url, more):
    [said] = [parsed(event.text)[1] for event in events(freight(1, **more(url)))]
    assert (said["request"], said["cs6"]) == (url, url)


def test_what_is_cut_stands_in_no_key_of_the_dictionary():
    pattern = f"[file:name = '{'b' * 300}.exe']"
    [said] = [parsed(event.text)[1] for event in events(freight(1, pattern=pattern))]
    assert said["cs5"] == "file"
    assert "fname" not in said


def test_what_has_no_value_is_one_event_and_what_is_revoked_says_so():
    report = freight(1, type="report", name="Báo cáo", pattern="", revoked=True)
    [event] = events(report)
    fields, said = parsed(event.text)
    assert fields[4:6] == ["report.revoked", "Báo cáo"]
    assert "cs5" not in said


def test_udp_takes_short_lines_and_refuses_long_ones(tmp_path):
    long = freight(3, pattern=f"[url:value = 'http://evil.example/{'a' * 1500}']")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(60)
        told = to(receiver.getsockname()[1], "udp")
        receipt = SENDER.send(told, parcel(freight(1), long), trip(tmp_path))
        text = receiver.recv(65536).decode()
    assert _HEADER.fullmatch(text)
    assert receipt.accepted == 1
    assert [item.object_id for item in receipt.refused] == [long.object_id]
    assert "UDP" in receipt.refused[0].reason


def test_a_receiver_that_breaks_off_has_not_taken_it(tmp_path):
    many = parcel(*(freight(n) for n in range(500)))
    with syslog(breaks=True) as (_, port), pytest.raises(Unreachable):
        SENDER.send(to(port, "tcp"), many, trip(tmp_path))


def test_a_port_where_nobody_listens_and_a_certificate_of_nobody(tmp_path):
    certificate = write_certificate(tmp_path)
    with pytest.raises(Unreachable):
        SENDER.send(to(free_port(), "tcp"), PARCEL, trip(tmp_path))
    with syslog(certificate) as (lines, port), pytest.raises(Unreachable):
        SENDER.send(to(port, "tls"), PARCEL, trip(tmp_path))
    assert not lines.data


def test_lines_framing_has_a_line_for_each(tmp_path):
    with syslog() as (lines, port):
        SENDER.send(to(port, "tcp", framing="lines"), PARCEL, trip(tmp_path))
        assert lines.closed.wait(60)
    assert len(lines.data.decode().splitlines()) == 2


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_private_address_is_refused_unless_it_is_named(transport, tmp_path):
    with pytest.raises(Unsafe):
        SENDER.send(to(6514, transport), PARCEL, trip(tmp_path, networks=()))
