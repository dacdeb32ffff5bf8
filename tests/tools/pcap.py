"""Recorded traffic: what a sensor would have seen, without a network.

Packets have no link layer (LINKTYPE_RAW) and no checksums; sensors have to be told not to ask for them.
"""

from __future__ import annotations

import ssl
import struct
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from itertools import count
from pathlib import Path

_MAGIC, _RAW, _LONGEST = 0xA1B2C3D4, 101, 65_535
_TCP, _UDP = 6, 17
_SYN, _ACK, _PUSH_ACK, _FIN_ACK = 2, 16, 24, 17
_PORTS = count(20_000)
CLIENT, SERVER = "192.168.1.10", "192.168.1.80"


def write(file: Path, packets: Sequence[bytes]) -> None:
    """A file of packets, a millisecond apart."""
    head = struct.pack("<IHHiIII", _MAGIC, 2, 4, 0, 0, _LONGEST, _RAW)
    lines = [
        struct.pack("<IIII", 1_700_000_000, number * 1000, len(packet), len(packet)) + packet
        for number, packet in enumerate(packets)
    ]
    file.write_bytes(head + b"".join(lines))


def query(name: str) -> list[bytes]:
    """Somebody asks for the address of a name."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    body = (
        struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)
    )
    head = struct.pack(">HHHH", next(_PORTS), 53, 8 + len(body), 0)
    return [_ip(CLIENT, SERVER, _UDP, head + body)]


def request(url: str, server: str = SERVER) -> list[bytes]:
    """Somebody gets a page; `url` begins with the host."""
    host, _, path = url.partition("/")
    text = f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: test\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    return list(_stream(server, 80, text.encode(), answer))


def hello(name: str) -> list[bytes]:
    """Somebody begins TLS with a server of that name."""
    out = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return list(_stream(SERVER, 443, out.read(), b""))
    raise AssertionError("nobody answers")


def ping(server: str) -> list[bytes]:
    """One packet to an address."""
    return [_ip(CLIENT, server, _UDP, struct.pack(">HHHH", next(_PORTS), 9, 9, 0) + b"x")]


def _stream(server: str, port: int, said: bytes, answer: bytes) -> Iterator[bytes]:
    here, mine, theirs = next(_PORTS), 1000, 5000

    def tcp(*, out: bool, flags: int, body: bytes = b"") -> bytes:
        nonlocal mine, theirs
        ports = (here, port) if out else (port, here)
        numbers = (mine, theirs) if out else (theirs, mine)
        head = struct.pack(">HHIIBBHHH", *ports, *numbers, 0x50, flags, 65_000, 0, 0)
        more = len(body) + (flags in {_SYN, _SYN | _ACK, _FIN_ACK})
        mine, theirs = (mine + more, theirs) if out else (mine, theirs + more)
        ends = (CLIENT, server) if out else (server, CLIENT)
        return _ip(*ends, _TCP, head + body)

    yield tcp(out=True, flags=_SYN)
    yield tcp(out=False, flags=_SYN | _ACK)
    yield tcp(out=True, flags=_ACK)
    yield tcp(out=True, flags=_PUSH_ACK, body=said)
    yield tcp(out=False, flags=_PUSH_ACK, body=answer)
    yield tcp(out=True, flags=_FIN_ACK)
    yield tcp(out=False, flags=_FIN_ACK)
    yield tcp(out=True, flags=_ACK)


def _ip(source: str, goal: str, protocol: int, body: bytes) -> bytes:
    ends = ip_address(source).packed + ip_address(goal).packed
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0) + ends + body
