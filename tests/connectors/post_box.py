"""An IMAP server on loopback with TLS: pymap in a process of its own, and a door with TLS before it."""

from __future__ import annotations

import imaplib
import select
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

from tests.tools.ports import free_port
from tests.unit.cli.certificate import Certificate

USER, PASSWORD = "advisories", "s3cret-password"


class Door:
    """How the door behaves."""

    port = 0
    mode = "open"
    """Or "stalls": it takes a connection and says nothing; or "spoils": it says garbage."""
    asked = 0


class PostBox:
    """The server.

    Args:
        folder: For its certificate.
        password: Of its one account.
    """

    def __init__(self, folder: Path, password: str) -> None:
        self._password = password
        self.certificate = Certificate(folder)
        self.port = free_port()
        self.door = Door()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def ca_file(self) -> str:
        return str(self.certificate.cert)

    @property
    def tls_port(self) -> int:
        return self.door.port

    def start(self) -> None:
        """Begin, with an empty mailbox that is numbered anew."""
        command = [sys.executable, "-c", "from pymap.main import main; main()"]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--cert", str(self.certificate.cert), "--key", str(self.certificate.key)]
        command += ["dict", "--demo-data", "--demo-user", USER, "--demo-password", self._password]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(300):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                break
            assert self._process.poll() is None, "pymap does not start"
            time.sleep(0.1)
        self.empty()

    def empty(self) -> None:
        """Delete all mails."""
        with self.client() as client:
            client.select("INBOX")
            client.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
            client.expunge()

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(60)

    @contextmanager
    def client(self) -> Iterator[imaplib.IMAP4]:
        """Another client, of the person whose mailbox it is."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=60)
        client.login(USER, self._password)
        try:
            yield client
        finally:
            client.logout()

    def put(self, *mails: bytes) -> None:
        """Mails that arrive."""
        with self.client() as client:
            for mail in mails:
                # An IMAP literal has line ends of the internet.
                raw = mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
                client.append("INBOX", None, None, raw)

    def flags(self) -> list[bytes]:
        """The flags of each mail."""
        with self.client() as client:
            client.select("INBOX", readonly=True)
            _, found = client.fetch("1:*", "(FLAGS)")
            return [part for part in found if isinstance(part, bytes)]


@contextmanager
def post_box(folder: Path, password: str = PASSWORD) -> Iterator[PostBox]:
    """A server that runs, with STARTTLS at `port` and TLS from the first byte at `tls_port`."""
    box = PostBox(folder, password)
    try:
        box.start()
        with tls_door(box.certificate, box.port) as door:
            box.door = door
            yield box
    finally:
        box.stop()


@contextmanager
def tls_door(certificate: Certificate, to_port: int) -> Iterator[Door]:
    """A port where TLS ends, before a server that speaks without."""
    door = Door()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        door.port = listening.getsockname()[1]
        thread = Thread(target=_serve, args=(door, listening, certificate, to_port), daemon=True)
        thread.start()
        try:
            yield door
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(60)


def _serve(door: Door, listening: socket.socket, certificate: Certificate, to_port: int) -> None:
    waiting: list[socket.socket] = []
    while True:
        try:
            outside, _ = listening.accept()
        except OSError:
            break
        door.asked += 1
        if door.mode == "stalls":
            waiting.append(outside)
        else:
            _let_in(door, outside, certificate, to_port)
    for one in waiting:
        one.close()


def _let_in(door: Door, outside: socket.socket, certificate: Certificate, to_port: int) -> None:
    try:
        wrapped = certificate.context().wrap_socket(outside, server_side=True)
    except OSError:
        outside.close()
        return
    if door.mode == "spoils":
        with suppress(OSError), wrapped:
            wrapped.sendall(b"<html>log in</html>\r\n" * 9)
        return
    inside = socket.create_connection(("127.0.0.1", to_port))
    Thread(target=_relay, args=(wrapped, inside), daemon=True).start()


def _relay(outside: ssl.SSLSocket, inside: socket.socket) -> None:
    """Both directions in one thread: a TLS connection may not be read and written at once."""
    with suppress(OSError, ValueError), outside, inside:
        while True:
            waits = [outside] if outside.pending() else [outside, inside]
            ready, _, _ = select.select(waits, [], [], 60)
            if not ready:
                return
            for one in ready:
                data = one.recv(65_536)
                if not data:
                    return
                (inside if one is outside else outside).sendall(data)


class Scripted:
    """A server that says what it is told to, line by line, over TLS: for what no real one does.

    Args:
        certificate: Its own.
        answers: By the first word of a command in capitals; the tag stands where `TAG` is.
        greeting: What it says first.
    """

    def __init__(
        self,
        certificate: Certificate,
        answers: dict[str, bytes],
        greeting: bytes = b"* OK hello\r\n",
    ) -> None:
        self._context = certificate.context()
        self._answers = {"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n"} | answers
        self._greeting = greeting
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.heard: list[bytes] = []
        Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                outside, _ = self._listening.accept()
                Thread(target=self._talk, args=(outside,), daemon=True).start()

    def _talk(self, outside: socket.socket) -> None:
        with suppress(OSError), self._context.wrap_socket(outside, server_side=True) as talk:
            tag = b"*"
            self._say(talk, self._greeting)
            for line in talk.makefile("rb"):
                self.heard.append(line)
                words = line.split()
                tag = words[0] if len(words) > 1 else tag
                name = words[1].decode().upper() if len(words) > 1 else ""
                if name == "UID":
                    name = words[2].decode().upper()
                answer = self._answers.get(name, b"TAG OK done\r\n")
                self._say(talk, answer.replace(b"TAG", tag))

    def _say(self, talk: ssl.SSLSocket, answer: bytes) -> None:
        for part in answer.split(b"SLOW"):
            talk.sendall(part)
            time.sleep(0.3 if b"SLOW" in answer else 0)
