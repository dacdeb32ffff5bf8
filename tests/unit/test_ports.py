"""The ports that servers of the tests are told: tests/tools/ports.py."""

from __future__ import annotations

import socket

import pytest

from tests.tools import ports
from tests.tools.ports import BEYOND, LOWEST, free_port

HERE = "127.0.0.1"


def test_each_is_given_once_and_is_none_of_those_of_clients() -> None:
    given = [free_port() for _ in range(50)]
    assert len(set(given)) == 50
    assert all(LOWEST <= port < BEYOND for port in given)


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_one_that_is_taken_is_passed_over(
    kind: socket.SocketKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = free_port()
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind((HERE, 0))
        taken = other.getsockname()[1]
        monkeypatch.setattr(ports, "_OURS", iter([taken, free]))
        assert free_port() == free
        with pytest.raises(OSError, match="no free port"):
            free_port()


def test_processes_of_one_run_share_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "2")
    shares = []
    for worker in ("gw0", "gw1"):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
        shares.append(set(ports._of_this_process()))
    assert not shares[0] & shares[1]
    assert shares[0] | shares[1] == set(range(LOWEST, BEYOND))
