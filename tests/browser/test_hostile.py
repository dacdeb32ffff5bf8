"""What others publish never acts: it is shown, legible, inside the page and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests import fakes
from tests.browser import layout
from tests.browser.axe import violations
from tests.browser.hostile import TEXTS
from tests.browser.hubs import Served

Console = Callable[..., Page]
KINDS = ("indicator", "malware", "relationship", "note")
PATHS = [
    f"/objects/{kind}--{fakes.uuid_of(9_000 + number)}"
    for number in range(1, len(TEXTS) + 1)
    for kind in KINDS
]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_objects_are_inert_and_legible(console: Console, hostile: Served, lang: str) -> None:
    """`watch` fails it for whatever a script, a style or an image of theirs would have done."""
    page = console("reader", hub=hostile, lang=lang, width="phone")
    faults = []
    for path in PATHS if lang == "vi" else PATHS[::7]:
        answer = page.goto(path)
        assert answer.status == 200, path
        wrong = [fault for fault in layout.faults(page, lang) if "squeezed" not in fault]
        if not page.locator("h1").inner_text().strip():
            wrong.append("its heading is empty")
        if page.locator("h1", has_text="owned").count() > 1 or page.title() == "owned":
            wrong.append("it was changed by what it shows")
        faults += [f"{path}: {fault}" for fault in wrong]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "path",
    [
        "/search?q=type:indicator",
        "/search?q=type:malware&cols=name&cols=label&cols=matched",
        f"/objects/report--{fakes.uuid_of(9_001)}",
        f"/objects/report--{fakes.uuid_of(9_001)}/graph",
        f"/objects/indicator--{fakes.uuid_of(9_007)}/versions",
        f"/objects/malware--{fakes.uuid_of(9_001)}/raw",
        "/",
    ],
)
def test_pages_with_many_of_them(console: Console, hostile: Served, path: str) -> None:
    page = console("reader", hub=hostile, lang="en", width="phone")
    assert page.goto(path).status == 200
    wrong = [fault for fault in layout.faults(page, "en") if "squeezed" not in fault]
    assert wrong + violations(page) == []
