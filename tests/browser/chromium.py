"""The real Chromium of the machine, as the tests start it: no sandbox (CI runs as root), no network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    # A request to another host is a fault (tests/browser/watch.py), and never leaves the machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


class NotHere(Exception):
    """This machine has no browser; the text says how to get one."""


def find() -> str:
    """The program: what CHROMIUM names, else `chromium` of the path.

    Raises:
        NotHere: There is none.
    """
    named = os.environ.get("CHROMIUM", "")
    found = shutil.which(named or "chromium")
    if found is None:
        what = f"CHROMIUM={named} is no program" if named else "no chromium"
        raise NotHere(f"{what}; on Debian: apt install chromium fonts-noto-core")
    return found


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser, closed at the end.

    Raises:
        NotHere: As `find`.
    """
    program = find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=list(FLAGS), chromium_sandbox=False
        )
        try:
            yield browser
        finally:
            browser.close()
