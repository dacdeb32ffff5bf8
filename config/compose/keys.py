"""The step of docker-compose.yml that gives the hub its two API keys at Elasticsearch.

The finder may read, the projector may write, and neither may do more: roles.json. A key that works
is kept and its rights are set anew; one that does not is withdrawn and another one is made.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import ssl
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

_ROLES = Path(__file__).with_name("roles.json")
_WAIT_S = 30
_PATIENCE_S = 600
_LITTLE_PATIENCE_S = 60
_PAUSE_S = 2


class Refused(Exception):
    """The cluster answered, and not with what was asked for."""


class Cluster(NamedTuple):
    """Where the cluster is, and as whom to speak to it."""

    url: str
    context: ssl.SSLContext
    authorization: str

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One request; the answer as JSON.

        Raises:
            Refused: The status is not of the 200s; the text begins with it.
            OSError: It cannot be reached, or its certificate is not of the CA.
        """
        where = urlsplit(self.url)
        link = http.client.HTTPSConnection(
            where.hostname or "", where.port, timeout=_WAIT_S, context=self.context
        )
        headers = {"Authorization": self.authorization, "Content-Type": "application/json"}
        try:
            link.request(method, path, json.dumps(body) if body is not None else None, headers)
            reply = link.getresponse()
            text = reply.read()
        finally:
            link.close()
        if reply.status // 100 != 2:  # noqa: PLR2004 - the 200s
            raise Refused(f"{reply.status} {method} {path}: {text[:300]!r}")
        return json.loads(text)


def await_cluster(cluster: Cluster, patience_s: float = _PATIENCE_S) -> None:
    """Return when the cluster can keep a key.

    Raises:
        TimeoutError: It could not in that time; the text says why.
    """
    deadline, reason = time.monotonic() + patience_s, ""
    while time.monotonic() < deadline:
        try:
            cluster.ask("GET", "/_cluster/health?wait_for_status=yellow&timeout=5s")
        except (OSError, http.client.HTTPException, Refused) as error:
            reason = str(error)
            time.sleep(_PAUSE_S)
        else:
            return
    raise TimeoutError(f"the cluster was not ready within {patience_s:.0f} s: {reason}")


def grant(cluster: Cluster, name: str, role: Mapping[str, Any], path: Path) -> bool:
    """See that a file holds a key with exactly this role; whether it is a new one.

    Args:
        cluster: With the authorization of a superuser.
        name: Of the key.
        role: A role descriptor of Elasticsearch.
        path: Of the file. The key stands in it as Elasticsearch encodes it: base64 of `id:key`.
    """
    roles = {name: role}
    if known := _working(cluster, path):
        cluster.ask("PUT", f"/_security/api_key/{known}", {"role_descriptors": roles})
        return False
    try:
        cluster.ask("DELETE", "/_security/api_key", {"name": name, "owner": True})
    except Refused as error:
        if not str(error).startswith("404"):
            raise
    made = cluster.ask("POST", "/_security/api_key", {"name": name, "role_descriptors": roles})
    _write(path, made["encoded"])
    return True


def _working(cluster: Cluster, path: Path) -> str:
    """The id of the key in a file, if the cluster takes it; else nothing."""
    try:
        encoded = path.read_text(encoding="ascii").strip()
        known = base64.b64decode(encoded, validate=True).decode("ascii").partition(":")[0]
    except (FileNotFoundError, ValueError):
        return ""  # none yet, or whatever the file holds: it is no key
    try:
        asking = cluster._replace(authorization=f"ApiKey {encoded}")
        asking.ask("GET", "/_security/_authenticate")
    except Refused as error:
        if not str(error).startswith("401"):
            raise
        return ""
    return known


def _write(path: Path, text: str) -> None:
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{text}\n")
        os.fsync(file.fileno())
    new.replace(path)


def main(url: str, authority: Path, password: Path, folder: Path) -> int:
    """Wait for the cluster, then see to all keys; the exit status.

    Args:
        url: Of the cluster, https.
        authority: Certificate of the CA that is believed, and no other.
        password: File with the password of the user `elastic`.
        folder: Holds a folder of the name of each role; the key and the CA are put there.
    """
    word = password.read_text(encoding="utf-8").strip()
    basic = base64.b64encode(f"elastic:{word}".encode()).decode()
    context = ssl.create_default_context(cafile=str(authority))
    cluster = Cluster(url, context, f"Basic {basic}")
    roles = json.loads(_ROLES.read_text(encoding="utf-8"))
    there = all((folder / name / "api-key").exists() for name in roles)
    try:
        await_cluster(cluster, _LITTLE_PATIENCE_S if there else _PATIENCE_S)
    except TimeoutError as error:
        # The hub serves without Elasticsearch, so with keys at hand it is not kept from starting.
        print(error, "- the keys stay as they are" if there else "", file=sys.stderr)
        return int(not there)
    for name, role in roles.items():
        new = grant(cluster, f"hub-{name}", role, folder / name / "api-key")
        _write(folder / name / "ca.pem", authority.read_text(encoding="ascii").strip())
        print(f"{name}:", "new key; restart the hub and the projector" if new else "kept")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *(Path(argument) for argument in sys.argv[2:5])))
