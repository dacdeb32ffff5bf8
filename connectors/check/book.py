"""Verdicts with their evidence. A failure stays, whatever comes after it.

Evidence holds no secret and no content that was shared: credentials are never part of it, a
successful answer is described, and only the beginning of an error is quoted.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import msgspec

from connectors.check.catalogue import Verdict, checks
from connectors.check.wire import Answer

_MOST_EVIDENCE = 3
_QUOTED = 300
_LONGEST = 600
_SHOWN = (
    "content-type",
    "location",
    "www-authenticate",
    "retry-after",
    "x-taxii-date-added-first",
    "x-taxii-date-added-last",
)
_TOLD = ("accept", "content-type", "range")
_ERROR = 400


class Evidence(msgspec.Struct, frozen=True):
    """One request and what came."""

    request: str
    answer: str


class Finding(msgspec.Struct, frozen=True):
    """What became of one check."""

    id: str
    verdict: Verdict
    said: str
    evidence: list[Evidence]


class Book:
    """What was found so far.

    Args:
        secrets: Texts that are blotted out wherever a server repeats them.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = tuple(secrets)
        self._found: dict[str, Finding] = {}
        self._lock = threading.Lock()

    def judge(self, name: str, good: bool, said: str, *answers: Answer) -> bool:
        """A verdict; gives `good` back. The first failure of a check is the one that is kept."""
        verdict = Verdict.PASS if good else Verdict.FAIL
        evidence = [] if good else [self._evidence(one) for one in answers[:_MOST_EVIDENCE]]
        if good and answers:
            evidence = [self._evidence(answers[0])]
        with self._lock:
            old = self._found.get(name)
            if old is None or old.verdict is not Verdict.FAIL:
                self._put(name, verdict, said, evidence)
        return good

    def skip(self, said: str, *names: str) -> None:
        """These could not be tried, unless they were."""
        for name in names:
            if name not in self._found:
                self._put(name, Verdict.NOT_TRIED, said, [])

    def pass_over(self, said: str, *names: str) -> None:
        """These do not apply, unless they were tried."""
        for name in names:
            if name not in self._found:
                self._put(name, Verdict.NOT_APPLICABLE, said, [])

    def failed(self, name: str) -> bool:
        """Whether there is a failure."""
        return name in self._found and self._found[name].verdict is Verdict.FAIL

    def findings(self, rest: str) -> list[Finding]:
        """One for each check of the kit; what nothing was said of could not be tried for `rest`."""
        self.skip(rest, *checks())
        return [self._found[name] for name in checks()]

    def _put(self, name: str, verdict: Verdict, said: str, evidence: list[Evidence]) -> None:
        if name not in checks():
            raise KeyError(name)
        self._found[name] = Finding(name, verdict, self.clean(said), evidence)

    def _evidence(self, answer: Answer) -> Evidence:
        asked = answer.asked
        told = [f"{k}: {v or '(none)'}" for k, v in asked.headers.items() if k.lower() in _TOLD]
        as_whom = [] if asked.known else ["other or no credentials"]
        size = [] if asked.body is None else [f"a body of {len(asked.body):,} bytes"]
        request = "; ".join([f"{asked.method} {asked.url}", *told, *as_whom, *size])
        return Evidence(self.clean(request), self.clean(_described(answer)))

    def clean(self, text: str) -> str:
        """The text without secrets, unprintable characters and what is beyond its measure."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        shown = "".join(c if c.isprintable() else " " for c in text)
        return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _described(answer: Answer) -> str:
    if not answer.status:
        return answer.trouble
    shown = [f"{name}: {answer.headers[name]}" for name in _SHOWN if name in answer.headers]
    parts = [str(answer.status), *shown, *([answer.trouble] if answer.trouble else [])]
    if answer.status >= _ERROR or not answer.resource:
        return "; ".join([*parts, answer.body[:_QUOTED].decode("utf-8", "replace") or "no body"])
    return "; ".join([*parts, *(f"{k}: {_shape(v)}" for k, v in answer.resource.items())])


def _shape(value: Any) -> str:
    if isinstance(value, bool) or value is None or isinstance(value, int):
        return str(value).lower()
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "an object" if isinstance(value, dict) else f"a text of {len(str(value))}"
