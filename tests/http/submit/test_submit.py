"""Submit: from a paste to a receipt, and what must never happen on the way."""

from __future__ import annotations

import html
import io
import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from hub.service.limits import Quota
from hub.service.publish import Publisher
from tests import fakes
from tests.http.asking import Hub
from tests.http.browser import Browser
from tests.unit.test_documents import archive, mail, pdf

INDICATOR = {"form": "indicator", "value": "hxxp://evil[.]example/Path", "indicator-types": ""}


class Person(Browser):
    """Somebody who fills in forms as the pages give them out."""

    def enter(self, account: str = "publisher") -> Person:
        self.log_in(account)
        self.client.set_cookie("hub-lang", "en")
        return self

    def page(self, path: str) -> str:
        answer = self.get(path, headers={"Accept-Language": "en"})
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(self, path: str, fields: dict[str, Any], **headers: str) -> TestResponse:
        sent = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"} | headers
        return self.client.post(path, data={"token": self.token} | fields, headers=sent)

    def begin(self, **fields: Any) -> str:
        """The address of the draft that a form of the first page makes."""
        fields = fields or INDICATOR
        answer = self.send("/submit", {"draft": self.new()} | fields)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def new(self) -> str:
        return field(self.page("/submit"), "draft")

    def act(self, path: str, action: str, page: str = "", **changes: Any) -> TestResponse:
        """Press a button of the draft's page, with all that the page has filled in."""
        return self.send(path, form_of(page or self.page(path)) | {"action": action} | changes)


def field(page: str, name: str) -> str:
    [found] = set(re.findall(rf'name="{name}" value="([^"]*)"', page))
    return html.unescape(found)


def form_of(page: str) -> dict[str, Any]:
    """What a browser would send of the draft's form."""
    [form] = re.findall(r'<form method="post" class="drafting".*?</form>', page, re.DOTALL)
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        values = dict(re.findall(r'(\w[\w-]*)="([^"]*)"', tag))
        name, kind = values.get("name"), values.get("type")
        if not name or (kind in {"checkbox", "radio"} and " checked" not in tag):
            continue
        if " disabled" not in tag:
            fields.setdefault(name, []).append(html.unescape(values.get("value", "")))
    for name, text in re.findall(
        r'<textarea[^>]* name="(\w+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL
    ):
        fields[name] = [html.unescape(text)]
    for name, options in re.findall(
        r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.findall(r'value="([^"]*)" selected', options)
        fields[name] = chosen or [""]
    return fields


def stored(hub: Hub, account: str = "publisher") -> list[dict[str, Any]]:
    found = []
    for alias in ("shared", "bulletins", "dropbox", "public", "notices"):
        answer = hub.app.test_client().get(
            f"/hub/collections/{alias}/objects/",
            headers=fakes.bearer(account) | {"Accept": "application/taxii+json;version=2.1"},
        )
        found += json.loads(answer.data).get("objects", [])
    return found


def key(alias: str) -> str:
    return str(fakes.KEYS[alias])


class TestOneIndicator:
    def test_two_buttons_publish_it(self, hub, person):
        path = person.begin()
        page = person.page(path)
        assert "Sample Ministry" in page
        answer = person.act(path, "publish", page, collection=key("shared"))
        assert answer.status_code == 409, "the recipients of another collection were not seen yet"
        assert stored(hub) == []
        answer = person.act(path, "publish", answer_page := person.page(path))
        assert answer.status_code == 303, answer.text
        assert answer_page.count("Sample Grid Company") >= 1
        [found] = stored(hub)
        assert found["pattern"] == "[url:value = 'http://evil.example/Path']"
        assert found["created_by_ref"] == fakes.organisations()[0].id
        receipt = person.page(answer.headers["Location"])
        assert "published: 1" in receipt
        assert f"/objects/{found['id']}" in receipt
        assert 'href="/submit"' in receipt

    def test_what_the_page_showed_is_enough(self, hub, person):
        path = person.begin()
        assert person.act(path, "publish").status_code == 303
        assert len(stored(hub)) == 1

    @pytest.mark.parametrize(
        ("fields", "at", "text"),
        [
            ({"value": ""}, "value", "Fill in a value."),
            ({"value": "no value at all"}, "value", "does not understand this value"),
            ({"indicator-confidence": "101"}, "indicator-confidence", "0 to 100"),
            ({"indicator-until": "tomorrow"}, "indicator-until", "2026-11-22"),
            ({"indicator-until": "0001-01-01T00:00+14:00"}, "indicator-until", "2026-11-22"),
        ],
    )
    def test_what_is_wrong_stands_at_its_field(self, person, fields, at, text):
        answer = person.send("/submit", INDICATOR | {"indicator-text": "<b>told"} | fields)
        assert answer.status_code == 400
        [fault] = re.findall(rf'id="{at}-fault">([^<]*)<', answer.text)
        assert text in fault
        assert "&lt;b&gt;told" in answer.text, "what was filled in is lost"


class TestNothingTwice:
    def test_sending_the_first_form_again_makes_one_draft(self, hub, person):
        fields = INDICATOR | {"draft": person.new()}
        places = {person.send("/submit", fields).headers["Location"] for _ in range(2)}
        assert len(places) == 1
        assert len(hub.store.drafts(scope_of(hub))) == 1

    @pytest.mark.parametrize("publishes", [False, True])
    def test_going_back_and_filling_in_another_value_makes_another_draft(
        self, hub, person, publishes
    ):
        """A browser that goes back shows the same form: with the id of the first draft."""
        first = {"form": "indicator", "value": "192.0.2.1", "draft": "5" * 32}
        other = first | {"value": "192.0.2.2"}
        path = person.send("/submit", first).headers["Location"].partition("#")[0]
        if publishes:
            person.act(path, "publish")
        paths = [person.send("/submit", other).headers["Location"] for _ in range(2)]
        assert paths[0] == paths[1]
        assert paths[0] != path
        assert "192.0.2[.]2" in person.page(paths[0])
        again = person.send("/submit", first).headers["Location"]
        assert again.startswith("/receipts/" if publishes else path)

    def test_pressing_publish_twice_publishes_once(self, hub, person):
        path = person.begin()
        page = person.page(path)
        first, second = (person.act(path, "publish", page) for _ in range(2))
        assert first.headers["Location"] == second.headers["Location"]
        assert len(stored(hub)) == 1
        assert sum(act.action == "publish" for _, act in fakes.acts(hub.store, 50)) == 1

    def test_back_after_a_publish_leads_to_the_receipt(self, person):
        path = person.begin()
        receipt = person.act(path, "publish").headers["Location"]
        for answer in (person.get(path), person.send(path, {"action": "save"})):
            assert (answer.status_code, answer.headers["Location"]) == (303, receipt)

    def test_a_publish_whose_end_was_not_noted_changes_nothing_the_second_time(self, hub, person):
        path = person.begin()
        page = person.page(path)
        person.act(path, "publish", page)
        forget_publish(hub)
        answer = person.act(path, "publish")
        assert "was there already, unchanged: 1" in person.page(answer.headers["Location"])
        assert len(stored(hub)) == 1


def scope_of(hub: Hub, account: str = "publisher") -> Any:
    from hub.model.query import Scope

    return Scope(account=account, org="ministry")


def forget_publish(hub: Hub) -> None:
    """The hub stopped between publishing and noting it in the draft."""
    scope = scope_of(hub)
    [head] = hub.store.drafts(scope)
    item = msgspec.structs.replace(hub.store.draft(scope, head.id), status_id="")
    hub.store.put_draft(scope, item, life_us=10**12, most=9)


class TestNothingLost:
    def test_a_session_that_ended(self, hub, person):
        path = person.begin()
        fields = form_of(person.page(path)) | {"title": "Written for an hour", "action": "save"}
        del fields["token"]
        person.delete()
        answer = person.send(path, fields)
        assert answer.status_code == 401
        assert "Written for an hour" in html.unescape(answer.text)
        person.token = ""
        person.log_in("publisher")
        assert person.send(path, fields).status_code == 303
        assert "Written for an hour" in person.page(path)

    def test_a_form_of_the_session_before(self, person):
        path = person.begin()
        fields = form_of(person.page(path)) | {"title": "Kept", "token": "stale"}
        answer = person.send(path, fields | {"action": "publish"})
        assert answer.status_code == 409
        assert 'name="title"' in answer.text
        assert "Kept" in answer.text

    def test_two_windows_do_not_overwrite_each_other(self, hub, person):
        path = person.begin()
        page = person.page(path)
        assert person.act(path, "save", page, title="Of one window").status_code == 303
        answer = person.act(path, "publish", page, title="Of the other")
        assert answer.status_code == 409
        assert "changed in another window" in answer.text
        assert "<bdi>Of one window</bdi>" in answer.text
        assert 'value="Of the other"' in answer.text
        assert stored(hub) == []
        assert "Of one window" in person.page(path)
        again = person.act(path, "save", answer.text)
        assert again.status_code == 303
        assert 'value="Of the other"' in person.page(path)

    def test_what_is_wrong_with_a_draft_stands_at_its_field_and_the_rest_is_kept(self, person):
        path = person.begin()
        answer = person.act(path, "save", confidence="many", title="Kept", labels="a, b")
        assert answer.status_code == 400
        assert re.search(r'id="confidence-fault">[^<]*0 to 100', answer.text)
        assert 'value="Kept"' in answer.text

    @pytest.mark.parametrize(
        ("changes", "text"),
        [
            ({"keep": []}, "Choose at least one value"),
            ({"collection": key("hidden")}, "Choose where it is published"),
            ({"tlp": ""}, "Choose how far"),
            ({"whom": "named", "audience": []}, "Choose at least one recipient"),
            ({"whom": "named", "audience": ["group:none"]}, "no group none"),
            ({"whom": "named", "audience": ["rubbish"]}, "rubbish"),
            ({"tlp": "red"}, "TLP:RED"),
        ],
    )
    def test_nothing_is_published_that_lacks_something(self, hub, person, changes, text):
        path = person.begin()
        answer = person.act(path, "publish", **changes)
        assert answer.status_code in {400, 409}
        assert text in html.unescape(answer.text)
        assert stored(hub) == []

    def test_a_window_that_saves_while_another_publishes_is_led_to_the_receipt(
        self, hub, person, monkeypatch
    ):
        path = person.begin()
        page = person.page(path)
        before = Publisher.publish

        def meanwhile(self, *args):
            monkeypatch.undo()
            [head] = hub.store.drafts(scope_of(hub))
            kept = hub.store.draft(scope_of(hub), head.id)
            hub.store.put_draft(scope_of(hub), kept, life_us=10**12, most=9)
            return before(self, *args)

        monkeypatch.setattr(Publisher, "publish", meanwhile)
        receipt = person.act(path, "publish", page).headers["Location"]
        assert receipt.startswith("/receipts/")
        assert person.get(path).headers["Location"] == receipt


class TestWhoReceivesIt:
    def test_an_audience_is_previewed_and_kept(self, hub, person):
        path = person.begin()
        changes = {"collection": key("shared"), "whom": "named", "audience": ["org:ministry"]}
        assert person.act(path, "preview", **changes).status_code == 303
        page = person.page(path)
        [receivers] = re.findall(r'id="recipients".*', page, re.DOTALL)
        assert "is not among the recipients" in receivers
        assert person.act(path, "publish").status_code == 303
        assert len(stored(hub)) == 1
        assert stored(hub, "partner") == []

    def test_who_may_not_write_is_told_so(self, hub):
        page = Person(hub).enter("reader").page("/submit")
        assert "may not publish" in page
        assert "<textarea" not in page

    def test_a_quota_is_said_and_the_draft_stays(self, hub, person, monkeypatch):
        path = person.begin()
        monkeypatch.setattr(Quota, "metered", _no_room)
        answer = person.act(path, "publish")
        assert answer.status_code == 429
        assert "as much as it may" in answer.text
        assert 'name="version"' in answer.text


def _no_room(*_: Any) -> Any:
    from hub.errors import Throttled

    raise Throttled("the organisation has published as much as it may", 1, remedy="Wait.")


class TestOtherDoors:
    def test_a_text_with_an_incident(self, hub, person):
        path = person.begin(
            **{
                "form": "incident",
                "incident-title": "Lừa đảo",
                "incident-text": "Máy 10.1.2.3 của C:\\Users\\binh\\a.exe gọi evil[.]example",
                "incident-sector": "energy",
                "incident-severity": "high",
                "incident-since": "2026-11-20T08:30",
            }
        )
        page = person.page(path)
        assert "C:\\Users\\binh" in html.unescape(page)
        person.act(path, "save", scrub=["10.1.2.3", "C:\\Users\\binh"])
        assert person.act(path, "publish").status_code == 303
        found = {obj["type"]: obj for obj in stored(hub)}
        assert set(found) == {"incident", "identity", "indicator", "relationship"}
        assert "10.1.2.3" not in json.dumps(list(found.values()))
        assert "binh" not in json.dumps(list(found.values()))
        assert "severity:high" in found["incident"]["labels"]
        assert "2026-11-20 08:30 UTC" in found["incident"]["description"]

    def test_stix_keeps_its_bytes(self, hub, person):
        raw = b'{"objects": [%s]}' % json.dumps(fakes.indicator(7, x_y=1.50)).encode()
        answer = person.send(
            "/submit",
            {"form": "text", "draft": person.new(), "file": (io.BytesIO(raw), "a.json")},
        )
        path = answer.headers["Location"]
        assert person.act(path, "publish").status_code == 303
        assert stored(hub) == [fakes.indicator(7, x_y=1.5)]

    def test_a_table(self, hub, person):
        table = "\ufeffLoại;Giá trị;Ghi chú\r\nIP;198.51.100.7;C2\r\nIP;8.8.8.8;\r\nIP;sai;\r\n"
        path = person.begin(form="text", text=table)
        page = person.page(path)
        assert "public DNS resolver" in page
        assert "not understood (1)" in page
        assert person.act(path, "publish").status_code == 303
        assert [obj["name"] for obj in stored(hub)] == ["198.51.100.7"]

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "nothing in it"),
            ('{"type": "bundle", ', "cannot be read"),
            ("x" * 2_000_001, "are the most"),
        ],
    )
    def test_what_cannot_be_read_is_said_and_kept(self, person, text, reason):
        answer = person.send("/submit", {"form": "text", "draft": person.new(), "text": text})
        assert answer.status_code == 400
        [fault] = re.findall(r'id="text-fault">([^<]*)<', answer.text)
        assert reason in fault

    def test_drafts_of_others_are_not_there(self, hub, person):
        path = person.begin()
        other = Person(hub).enter("coordinator")
        assert other.get(path).status_code == 404
        assert other.send(path, {"action": "drop"}).status_code == 404
        assert path not in other.page("/submit")
        assert path in person.page("/submit")

    def test_beginning_one_under_the_id_of_another_account_takes_it_from_nobody(self, hub, person):
        path = person.begin()
        other = Person(hub).enter("coordinator")
        forged = {"form": "text", "text": "theirs.example", "draft": path.rpartition("/")[2]}
        places = [other.send("/submit", forged).headers["Location"] for _ in range(2)]
        assert places[0] == places[1] != path
        assert "theirs[.]example" in other.page(places[0])
        assert "evil[.]example" in person.page(path)

    def test_a_receipt_is_for_its_account(self, hub, person):
        receipt = person.act(person.begin(), "publish").headers["Location"]
        assert Person(hub).enter("coordinator").get(receipt).status_code == 404
        assert person.get("/receipts/none").status_code == 404

    def test_a_draft_is_deleted(self, hub, person):
        """Its button stands beside others: it asks first, and what was just typed is kept."""
        path = person.begin()
        asked = person.act(path, "drop", title="Written for an hour").headers["Location"]
        assert "Delete this draft?" in person.page(asked)
        assert 'value="Written for an hour"' in person.page(path)
        assert f'href="{asked}"' in person.page("/submit")
        assert Person(person.hub).enter("coordinator").send(asked, {}).status_code == 404
        assert person.send(asked, {}).headers["Location"] == "/submit"
        assert person.get(path).status_code == 404


NASTY = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "0001-01-01T00:00+14:00",
            "9999-12-31T23:59",
            "-1",
            "999999999999999999999",
            "org:",
            "\u202etxt.exe\u0000",
            "\u0661\u0660",
            "[" * 200,
            "a," * 500,
            '{"Event": {"Attribute": [{"type": "url", "value": "http://x.vn/\\u0000"}]}}',
        ]
    ),
)
NAMES = [
    "form",
    "draft",
    "text",
    "value",
    "indicator-types",
    "indicator-text",
    "indicator-confidence",
    "indicator-until",
    "incident-title",
    "incident-text",
    "incident-since",
    "incident-sector",
    "drop",
    "version",
    "seen",
    "keep",
    "title",
    "group",
    "types",
    "confidence",
    "until",
    "labels",
    "sector",
    "severity",
    "since",
    "collection",
    "tlp",
    "whom",
    "audience",
    "scrub",
    "action",
]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(fields=st.dictionaries(st.sampled_from(NAMES), NASTY, max_size=12), publish=st.booleans())
def test_any_form_has_an_answer(hub, person, fields, publish):
    kind = {"form": fields.get("form", "incident"), "incident-title": fields.get("title", "t")}
    first = person.send("/submit", fields | kind)
    assert first.status_code < 500
    assert b"<script>alert" not in first.data
    for head in hub.store.drafts(scope_of(hub)):
        path = f"/submit/{head.id}"
        answer = person.send(path, fields | {"action": "publish" if publish else "save"})
        assert answer.status_code < 500, answer.text
        page = person.get(path)
        assert page.status_code < 500
        assert b"<script>alert" not in page.data
        hub.store.drop_draft(scope_of(hub), head.id)


def test_two_thousand_values_make_a_page(hub, person):
    text = "\n".join(f"a{n}[.]evil[.]example" for n in range(2_000))
    path = person.begin(form="text", text=text)
    page = person.page(path)
    rows = sum(map(len, re.findall(r"<tr data-row>.*?</tr>", page, re.DOTALL)))
    assert len(page.encode()) - rows < 100_000
    assert person.act(path, "publish", page).status_code == 303
    assert "2,000" in person.page(person.get(path).headers["Location"])


def test_a_document_can_be_submitted_as_a_file(hub: Hub) -> None:
    person = Person(hub).enter()
    for name, raw, value in (
        ("a.pdf", pdf("Advisory A", "C2 hxxp://evil[.]com/x"), "evil[.]com/x"),
        ("b.html", b"<html><h1>B</h1><p>xau[.]vn</p><script>no[.]com</script></html>", "xau[.]vn"),
        ("c.eml", mail("C2 thu[.]vn", ("d.zip", archive(e__txt=b"nen[.]com"))), "nen[.]com"),
    ):
        page = person.page(person.begin(form="text", file=(io.BytesIO(raw), name)))
        assert value in page
        assert "no[.]com" not in page


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        ("a.pdf", pdf("x", password="y"), "The PDF has a password"),
        ("a.pdf", b"%PDF-1.4", "The PDF is broken and cannot be read"),
        ("a.zip", b"PK\x03\x04", "The archive is broken and cannot be read"),
    ],
)
def test_a_document_that_cannot_be_read_says_why(
    hub: Hub, name: str, raw: bytes, reason: str
) -> None:
    person = Person(hub).enter()
    answer = person.send(
        "/submit",
        {"draft": person.new(), "form": "text", "file": (io.BytesIO(raw), name)},
    )
    assert answer.status_code == 400
    assert reason in answer.text
