"""Clients that begin a request and never end it do not keep the hub from others."""

import socket
import time
from urllib.parse import urlsplit

import pytest
import requests

from tests.e2e.serving import serving

HEADS = {
    "half a header": b"GET /taxii2/ HTTP/1.1\r\nHost: x\r\n",
    "a body that never comes": (
        b"POST /hub/collections/x/objects/ HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n{"
    ),
}


def is_alive(url):
    try:
        return requests.get(f"{url}/health/live", timeout=3).status_code == 200
    except requests.RequestException:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_others_are_served_again_soon(tmp_path, head):
    with serving(tmp_path) as server:
        address = urlsplit(server.url)
        held = []
        for _ in range(60):
            connection = socket.create_connection((address.hostname, address.port))
            connection.sendall(head)
            held.append(connection)
            time.sleep(0.02)
        time.sleep(1)
        assert not is_alive(server.url), "the threads are not held"
        begin = time.monotonic()
        while not is_alive(server.url):
            assert time.monotonic() - begin < 60
        for connection in held:
            connection.close()
        assert is_alive(server.url)
