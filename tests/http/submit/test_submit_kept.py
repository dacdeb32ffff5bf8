"""What somebody typed is there again, whatever is wrong with it: nothing is cut without a word."""

from __future__ import annotations

import html
import re
from typing import Any

import msgspec
import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from hub.intake.reading import LONGEST_TEXT
from hub.model.party import Role
from tests.http.asking import Hub
from tests.http.submit.test_submit import Person, form_of, stored

LONG = "ế" * (LONGEST_TEXT + 5)
LABELS = ", ".join(f"label-{number}" for number in range(21))
WRONG = {
    "title": ("T" * 251, "At most 250 characters."),
    "text": (LONG, "At most 20,000 characters."),
    "labels": (LABELS, "At most 20 labels, each of at most 60 characters."),
    "confidence": ("85 %", "A confidence is a whole number from 0 to 100."),
    "until": ("31/12/2026", "A date is written like 2026-11-22, or 2026-11-22 08:30."),
}


def shown(page: str, name: str) -> tuple[str, str]:
    """What stands in a field, and what is wrong with it."""
    area = re.search(rf'<textarea id="{name}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    line = re.search(rf'<input id="{name}"[^>]* value="([^"]*)"', page)
    found = area or line
    assert found, name
    [wrong] = re.findall(rf'id="{name}-fault">([^<]*)<', page)
    return html.unescape(found[1]), html.unescape(wrong)


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("action", ["save", "publish"])
def test_in_a_draft(hub: Hub, person: Person, name: str, action: str) -> None:
    path = person.begin()
    typed, wrong = WRONG[name]
    answer = person.act(path, action, **{name: typed})
    assert answer.status_code == 400
    assert shown(answer.text, name) == (typed, wrong)
    assert stored(hub) == []


def test_what_cannot_be_understood_does_not_replace_what_was_saved(person: Person) -> None:
    path = person.begin()
    assert person.act(path, "save", confidence="70", until="2027-01-31").status_code == 303
    assert person.act(path, "save", confidence="85 %", until="soon").status_code == 400
    kept = form_of(person.page(path))
    assert (kept["confidence"], kept["until"]) == (["70"], ["2027-01-31"])


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("indicator-text", {"form": "indicator", "value": "evil.example"}),
        ("incident-text", {"form": "incident", "incident-title": "T"}),
    ],
)
def test_in_the_short_forms(person: Person, name: str, fields: dict[str, str]) -> None:
    answer = person.send("/submit", fields | {name: LONG, "draft": person.new()})
    assert answer.status_code == 400
    assert shown(answer.text, name) == (LONG, WRONG["text"][1])


@pytest.mark.parametrize("surplus", [-1, 1])
def test_a_report_that_goes_along_in_part_says_so(person: Person, surplus: int) -> None:
    start = "Báo cáo về evil[.]example và những gì liên quan. "
    text = (start * LONGEST_TEXT)[: LONGEST_TEXT + surplus - 1] + "x"
    page = person.page(person.begin(form="text", text=text))
    said = "The text was longer: its first 20,000 characters go along." in page
    assert said is (surplus > 0)


def test_a_large_draft_outlasts_its_session(person: Person) -> None:
    """It is sent once more in parts, of which it has one for each chosen value."""
    many = "\n".join(f"a{number}[.]evil[.]example" for number in range(2_000))
    path = person.begin(form="text", text=many)
    fields = form_of(person.page(path)) | {"title": "Kept", "action": "save", "token": "stale"}
    late = person.send(path, fields)
    assert late.status_code == 409
    answer = _sent_on(person, path, late)
    assert answer.status_code == 303, answer.text
    page = person.page(path)
    assert 'value="Kept"' in page
    assert len(form_of(page)["keep"]) == 2_000


def _sent_on(person: Person, path: str, late: TestResponse) -> TestResponse:
    pairs = re.findall(
        r'<textarea class="hidden" name="([^"]+)"[^>]*>\n(.*?)</textarea>', late.text
    )
    data: MultiDict[str, Any] = MultiDict([(name, html.unescape(text)) for name, text in pairs])
    data["token"] = person.token
    headers = {"Sec-Fetch-Site": "same-origin"}
    return person.client.post(path, data=data, headers=headers, content_type="multipart/form-data")


def test_a_form_that_is_sent_on_shows_what_was_written_and_no_names_of_fields(
    person: Person,
) -> None:
    path = person.begin()
    fields = form_of(person.page(path)) | {"title": "Viết lâu", "action": "save", "token": "stale"}
    page = person.send(path, fields).text
    shown = re.findall(r"<bdi>(.*?)</bdi>", page.partition("What is in it")[2])
    assert shown == ["Viết lâu"]
    assert "<dt>version" not in page


def test_who_loses_the_right_to_publish_keeps_the_draft_and_is_told(
    hub: Hub, person: Person
) -> None:
    path = person.begin()
    page = person.page(path)
    account = hub.store.directory().accounts["publisher"]
    hub.put(msgspec.structs.replace(account, roles=frozenset({Role.READER})))
    answer = person.act(path, "publish", page, title="Written for an hour")
    assert answer.status_code == 400
    assert 'value="Written for an hour"' in answer.text
    assert "This account may not publish" in answer.text
    assert stored(hub) == []


def test_what_is_too_large_is_told_how_much_there_may_be(person: Person) -> None:
    answer = person.send("/submit", {"form": "text", "text": "x" * 5_000_000})
    assert answer.status_code == 413
    assert "The request is too large. Send at most 4500000 bytes." in answer.text
