"""axe-core on a page, in a world of its own: the page's security policy stays as it is."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")
_OPTIONS = {
    "runOnly": {"type": "tag", "values": TAGS},
    "rules": {"target-size": {"enabled": True}},  # the one of WCAG 2.2, off unless asked for
    "resultTypes": ["violations"],
}
_RUN = f"axe.run(document, {json.dumps(_OPTIONS)}).then(found => found.violations)"


@cache
def _script() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


def violations(page: Page) -> list[str]:
    """What axe finds: the rule, what it wants, and the elements."""
    session = page.context.new_cdp_session(page)
    frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    world = session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})
    _evaluate(session, world, f"{_script()};0")
    found = _evaluate(session, world, _RUN)
    session.detach()
    return [_text(item) for item in found]


def check_accessible(page: Page) -> None:
    """Zero violations of WCAG 2.0, 2.1 and 2.2, A and AA, and of axe's best practices."""
    found = violations(page)
    assert not found, f"{page.url}\n" + "\n".join(found)


def _evaluate(session: Any, world: dict[str, Any], expression: str) -> Any:
    answer = session.send(
        "Runtime.evaluate",
        {
            "expression": expression,
            "contextId": world["executionContextId"],
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    return answer["result"]["value"]


def _text(violation: dict[str, Any]) -> str:
    places = [
        f"    {' '.join(map(str, n['target']))}: {n['html'][:200]}" for n in violation["nodes"]
    ]
    return "\n".join([f"{violation['id']}: {violation['help']}", *places[:10]])
