"""A subscriber that polls until it is told to stop, then walks once more to the end.

Arguments: collection URL, token, page size, stop file, ledger file. The ledger gets one line per
object received, in the order received: id and version.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import requests


def get(session: requests.Session, url: str, params: dict) -> requests.Response:
    while True:
        try:
            answer = session.get(f"{url}objects/", params=params, timeout=30)
        except requests.RequestException:
            time.sleep(0.02)
            continue
        if answer.status_code == 200:
            return answer
        if answer.status_code != 503:
            raise SystemExit(f"unexpected {answer.status_code}: {answer.text[:300]}")
        time.sleep(0.05)


def version(item: dict) -> str:
    return item.get("modified") or item.get("created") or "1970-01-01T00:00:00.000000Z"


def main(url: str, token: str, limit: str, stop: str, ledger: str) -> None:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    after, cursor, ending = "", "", False
    with Path(ledger).open("w", encoding="utf-8") as file:
        while True:
            params = {"limit": limit, "match[version]": "all"}
            if cursor:
                params["next"] = cursor
            elif after:
                params["added_after"] = after
            answer = get(session, url, params)
            body = answer.json()
            file.writelines(f"{item['id']} {version(item)}\n" for item in body.get("objects", []))
            after = answer.headers.get("X-TAXII-Date-Added-Last", after)
            cursor = body.get("next", "")
            if cursor:
                continue
            if ending and "objects" not in body:
                return
            ending = Path(stop).exists()
            time.sleep(0.02)


if __name__ == "__main__":
    main(*sys.argv[1:])
