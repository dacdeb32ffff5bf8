"""Connections to addresses that were checked.

A name is resolved once. All its addresses are checked, and the connection is made to one of these
very addresses: what DNS answers a moment later changes nothing.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Sequence

from connectors.errors import Unreachable, Unsafe
from connectors.net.addresses import refusal
from connectors.net.limits import Limits

_Found = list[str] | OSError | UnicodeError


def checked(host: str, port: int, limits: Limits) -> list[str]:
    """The addresses of a host, all of which may be reached.

    Raises:
        Unsafe: One of them may not.
        Unreachable: There is none.
    """
    found = resolved(host, port, limits)
    for address in found:
        refused = refusal(address, limits.networks)
        if refused is not None:
            leads = host if host == address else f"{host} leads to {address}, which"
            raise Unsafe(f"{leads} is {refused.why}", remedy=_remedy(refused.network))
    return found


def _remedy(network: str) -> str:
    named = f'If the source is really there, name its network: networks = ["{network}"].'
    return named if network else ""


def resolved(host: str, port: int, limits: Limits) -> list[str]:
    """The addresses of a name, each once; they are not checked.

    The resolver has no time limit of its own, so another thread waits for it.

    Raises:
        Unreachable: There is none, or there was no answer in time.
    """
    answers: queue.SimpleQueue[_Found] = queue.SimpleQueue()
    threading.Thread(target=_resolve, args=(host, port, answers), daemon=True).start()
    try:
        found = answers.get(timeout=limits.connect_s)
    except queue.Empty:
        raise Unreachable(
            f"the name {host} was not resolved within {limits.connect_s:g} s"
        ) from None
    if isinstance(found, UnicodeError):
        raise Unreachable(f"{host!r} is no name of a host", passing=False) from found
    if isinstance(found, OSError):
        passing = found.errno == socket.EAI_AGAIN
        raise Unreachable(
            f"the name {host} cannot be resolved", remedy="Check the address.", passing=passing
        ) from found
    return found


def _resolve(host: str, port: int, answers: queue.SimpleQueue[_Found]) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        answers.put(error)
    else:
        answers.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))


def opened(addresses: Sequence[str], port: int, *, host: str, limits: Limits) -> socket.socket:
    """A connection to the first of these addresses that takes it, with the limit of connecting.

    Args:
        addresses: Tried in this order.
        port: On each.
        host: Whose addresses they are, for the error.
        limits: Of time.

    Raises:
        Unreachable: None takes it.
    """
    ends = time.monotonic() + limits.connect_s
    reason = "no address"
    for address in addresses:
        left_s = ends - time.monotonic()
        if left_s <= 0:
            break
        try:
            made = socket.create_connection((address, port), timeout=left_s)
        except TimeoutError:
            reason = f"no answer within {limits.connect_s:g} s"
        except OSError as error:
            reason = error.strerror or type(error).__name__
        else:
            made.settimeout(limits.connect_s)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return made
    raise Unreachable(f"{host}:{port} cannot be reached: {reason}")
