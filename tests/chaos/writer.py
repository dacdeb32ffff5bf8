"""A publisher that repeats each envelope until it is acknowledged.

Arguments: collection URL, token, seed, first object, past-the-last object, ledger file. The ledger
gets one line per acknowledged object: id and version.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

import requests

from tests.bench.objects import Feed, envelope

TYPE = "application/taxii+json;version=2.1"


def publish(session: requests.Session, url: str, body: bytes) -> dict:
    while True:
        try:
            answer = session.post(f"{url}objects/", data=body, timeout=30)
        except requests.RequestException:
            time.sleep(0.02)
            continue
        if answer.status_code == 202:
            return answer.json()
        if answer.status_code != 503:
            raise SystemExit(f"unexpected {answer.status_code}: {answer.text[:300]}")
        time.sleep(0.05)


def main(url: str, token: str, seed: str, first: str, last: str, ledger: str) -> None:
    rnd = random.Random(f"{seed}/{first}")
    session = requests.Session()
    session.headers.update({"Authorization": f"Bearer {token}", "Content-Type": TYPE})
    feed = Feed(int(seed))
    at, stop = int(first), int(last)
    with Path(ledger).open("w", encoding="utf-8") as file:
        while at < stop:
            size = min(rnd.choice([1, 7, 50, 200, 500]), stop - at)
            status = publish(session, url, envelope(feed.raws(at, at + size)))
            assert status["success_count"] == size, json.dumps(status.get("failures"))[:500]
            file.writelines(f"{item['id']} {item['version']}\n" for item in status["successes"])
            file.flush()
            at += size


if __name__ == "__main__":
    main(*sys.argv[1:])
