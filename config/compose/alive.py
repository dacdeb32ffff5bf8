"""The health check of the image: exit status 0 when the configured hub answers that it lives."""

from __future__ import annotations

import http.client
import os
import ssl
import sys
from pathlib import Path

from hub.config import Config, load

_WAIT_S = 8


def lives(config: Config) -> bool:
    """Whether `GET /health/live` is answered with 200 on this machine.

    Raises:
        OSError: Nobody listens, or not in time.
    """
    port = config.server.port
    if config.server.tls_cert:
        # Asked is this container's own hub, by an address that its certificate does not name.
        context = ssl._create_unverified_context()  # noqa: S323, SLF001 - see above
        asking: http.client.HTTPConnection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=_WAIT_S, context=context
        )
    else:
        asking = http.client.HTTPConnection("127.0.0.1", port, timeout=_WAIT_S)
    try:
        asking.request("GET", "/health/live")
        return asking.getresponse().status == http.HTTPStatus.OK
    finally:
        asking.close()


if __name__ == "__main__":
    sys.exit(not lives(load(Path(os.environ["HUB_CONFIG"]))))
