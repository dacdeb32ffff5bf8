"""What must never happen while a page is looked at, whatever the test is about.

- a message in the console, an error of a script;
- anything that the browser itself complains about (its "issues"): above all a breach of the content
  security policy, also where scripts are off;
- a request to another host;
- an answer of 500 or above.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import (
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Page,
    Request,
    Response,
    WebError,
)

# The browser says in the console, too, that the page itself was answered with 400 or above.
_REFUSED = "Failed to load resource: the server responded with a status of 4"
# Its receipt for the header with which a log-out empties the cache.
_CLEARED = "Clear-Site-Data header on "


class Watch:
    """Records the faults of everything that happens in a context.

    Args:
        context: A fresh one.
        origin: The only host that may be asked, as `http://127.0.0.1:8421`.
    """

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self._context = context
        self._origin = origin
        self._faults: list[str] = []
        self._refused: list[tuple[str, str]] = []
        self._pages: set[str] = set()
        self._sessions: list[CDPSession] = []
        context.on("console", self._heard)
        context.on("weberror", self._broke)
        context.on("request", self._asked)
        context.on("response", self._answered)

    def follow(self, page: Page) -> None:
        """Also record what the browser itself has against a page."""
        session = self._context.new_cdp_session(page)
        session.on("Audits.issueAdded", self._issue)
        session.send("Audits.enable")
        self._sessions.append(session)

    def faults(self) -> list[str]:
        """All so far, in no order. A page may be refused (4xx); what it loads may not."""
        for page in self._context.pages:
            page.title()  # whatever was under way has arrived when the page has answered
        more = [text for text, url in self._refused if url not in self._pages]
        return self._faults + more

    def _heard(self, message: ConsoleMessage) -> None:
        url = message.location["url"]
        text = f"console {message.type}: {message.text} ({url})"
        if message.text.startswith(_REFUSED):
            self._refused.append((text, url))
        elif not message.text.startswith(_CLEARED):
            self._faults.append(text)

    def _broke(self, error: WebError) -> None:
        self._faults.append(f"page error: {error.error}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self._origin}/", "data:", "blob:", "about:")):
            self._faults.append(f"request to another host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self._faults.append(f"answer {response.status}: {response.url}")
        if response.request.is_navigation_request():
            self._pages.add(response.url)

    def _issue(self, event: dict[str, Any]) -> None:
        issue = event["issue"]
        self._faults.append(f"browser issue: {issue['code']} {issue['details']}")
