"""Resolvers that serve a name or refuse it, started on loopback with an exported file.

What they do not refuse they ask of a server of ours, which knows every name.
"""

from __future__ import annotations

import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

from tests.checkers import program, server
from tests.tools.ports import free_port

NXDOMAIN = 3
_LOCAL = "127.0.0.1"
_PATIENCE_S = 60
_TRY_S = 2.0
_ANSWER = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4)
"""Points at the question; an address follows"""


def question(name: str) -> bytes:
    """A query for the address of a name."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    head = struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0)
    return head + labels + b"\0" + struct.pack(">HH", 1, 1)


class World:
    """A server that gives every name an address.

    Args:
        addresses: By name; the others have 192.0.2.1.
    """

    def __init__(self, addresses: dict[str, str]) -> None:
        self._addresses = {question(name)[12:-4]: ip for name, ip in addresses.items()}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((_LOCAL, 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # An empty datagram ends it.
        self._socket.sendto(b"", (_LOCAL, self.port))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            asked, who = self._socket.recvfrom(4096)
            if not asked:
                return
            end = asked.index(b"\0", 12) + 1
            name, kind = asked[12:end].lower(), asked[end : end + 2]
            knows = kind == b"\0\x01"
            head = asked[:2] + struct.pack(">HHHHH", 0x8180, 1, int(knows), 0, 0)
            found = _ANSWER + socket.inet_aton(self._addresses.get(name, "192.0.2.1"))
            self._socket.sendto(head + asked[12 : end + 4] + found * knows, who)


class Resolver(NamedTuple):
    """A resolver that serves."""

    port: int

    def code(self, name: str) -> int:
        """The code of its answer; 0: it gives an address.

        Raises:
            TimeoutError: It says nothing.
        """
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(_TRY_S)
            asking.sendto(question(name), (_LOCAL, self.port))
            answer = asking.recv(4096)
        code = answer[3] & 15
        assert code or answer[7], "neither an error nor an address"
        return code


@contextmanager
def started(kind: str, file: Path, world: World) -> Iterator[Resolver]:
    """A resolver that loaded the file.

    Args:
        kind: Of `KINDS`.
        file: As it is exported.
        world: What it asks.
    """
    port = free_port()
    command = KINDS[kind](file, port, world.port)
    log = file.with_suffix(".log")
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=file.parent)
    try:
        resolver = Resolver(port)
        _wait(resolver, process, log)
        yield resolver
    finally:
        process.kill()
        process.wait()


def _wait(resolver: Resolver, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        try:
            if resolver.code("are-you.there.example") == 0:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8"))


def _named(file: Path, port: int, world: int) -> list[str]:
    text = f"""
    options {{
        directory "{file.parent}"; pid-file none; session-keyfile none;
        listen-on port {port} {{ {_LOCAL}; }}; listen-on-v6 {{ none; }};
        forwarders {{ {_LOCAL} port {world}; }}; forward only;
        dnssec-validation no; recursion yes;
        response-policy {{ zone "rpz.hub" policy given; }};
    }};
    controls {{ }};
    zone "rpz.hub" {{ type primary; file "{file}"; allow-query {{ localhost; }}; }};
    """
    return [server("named"), "-g", "-c", str(_written(file, "named.conf", text))]


def _unbound(file: Path, port: int, world: int) -> list[str]:
    text = f"""
    server:
        interface: {_LOCAL}@{port}
        do-daemonize: no
        chroot: ""
        username: ""
        pidfile: ""
        directory: "{file.parent}"
        use-syslog: no
        module-config: "iterator"
        do-not-query-localhost: no
    include: "{file}"
    forward-zone:
        name: "."
        forward-addr: {_LOCAL}@{world}
    remote-control:
        control-enable: no
    """
    return [program("unbound"), "-d", "-c", str(_written(file, "main.conf", text))]


def _dnsmasq(file: Path, port: int, world: int) -> list[str]:
    own = ["--keep-in-foreground", "--no-resolv", "--no-hosts", "--bind-interfaces", "--pid-file"]
    where = [f"--listen-address={_LOCAL}", f"--port={port}", f"--server={_LOCAL}#{world}"]
    return [program("dnsmasq"), *own, *where, f"--conf-file={file}", "--user=", "--group="]


def _written(file: Path, name: str, text: str) -> Path:
    made = file.parent / name
    made.write_text(text, encoding="utf-8")
    return made


KINDS: dict[str, Callable[[Path, int, int], list[str]]] = {
    "rpz.zone": _named,
    "unbound.conf": _unbound,
    "dnsmasq.conf": _dnsmasq,
}
