"""Every text of an error that the source can raise has its Vietnamese sentence."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import pairwise
from typing import get_args

import pytest
from babel.messages.pofile import read_po

from connectors.errors import Unreachable
from connectors.net import addresses
from connectors.net.addresses import refusal
from hub.errors import Fault, HubError, StoreDown, Throttled
from hub.http.errors import _FROM_STATUS, TABLE
from hub.language.problem import QueryError
from hub.model.intake import Concern
from hub.stix.check import check
from hub.stix.strict import faults
from hub.web import problems
from hub.web.problems import say, say_text, title, translated, warning
from hub.web.vocabulary import tables
from tests.tools.growth import assert_grows
from tests.tools.problem_texts import texts

VALUE = re.compile(r"\{(\w+)\}")
# Values that are texts themselves, or words of a table.
GIVEN = {
    "kind": "account",
    "circle": "group",
    "why": "a private network",
    "reason": "what came is empty",
    "unknown": "there is no 'txt'; there are csv, text",
    "found": "modified: it is missing; send it",
    "reason_before": "its effective marking is TLP:RED, and TLP:RED has named recipients",
    "remedy_before": "name organisations or sharing groups as audience",
}
with files("hub.web").joinpath("locale/errors/vi.po").open("rb") as source:
    CATALOGUE = [message for message in read_po(source, locale="vi") if message.id]


def filled(template: str) -> tuple[str, list[str]]:
    """A template with values in it that no text has."""
    values: list[str] = []

    def value(match: re.Match[str]) -> str:
        if match[1] in GIVEN:
            return GIVEN[match[1]]
        values.append(f"V{len(values)}-x.y")
        return values[-1]

    return VALUE.sub(value, template), values


GIVEN |= dict.fromkeys(("way", "get", "value", "_place"), "name it in `key`")
# What msgspec says of a definition.
OF_TYPES = {
    "Expected `{wanted}`, got `{given}`",
    "Expected `{wanted}` matching regex {pattern}",
    "Expected `{wanted}` of length <= {most}",
    "Expected `{wanted}` of length >= {least}",
    "Expected `{wanted}` > {least}",
    "Expected `{wanted}` >= {least}",
    "Expected `{wanted}` <= {most}",
    "Invalid enum value {given}",
}
# What stands in a table of tuples, and where that has nothing.
OF_STATUS = {text for _, text in _FROM_STATUS.values()} | {"the request cannot be understood"}
TEXTS = sorted({item.template for item in texts()} | OF_STATUS | OF_TYPES)


def test_the_tool_finds_texts_wherever_they_are_written():
    assert len(TEXTS) > 250
    for wanted in (
        "the store is busy with other writers",  # a subclass
        "Nothing was stored; send the request again later.",  # inside of one
        "there is no {kind} {name}",  # a helper with values
        "there is no API root {root}",  # a helper that makes the error
        "its effective marking is {tlp}, and TLP:RED has named recipients",  # made of two
        "this credential sends too many requests",  # a rule
        "{value} is outside of 0 to 100; choose a value in that range",  # given, not raised
        "search is not available: its index is not built yet",  # out of a table
        "the same value again",  # why a feed left something out
        "its type {given} is not among filters.types",  # by its definition
        "event without a UUID",  # by what reads the source
        "a popular site",  # out of a table there
        "tag that has no place",  # given behind what it was
    ):
        assert any(text.endswith(wanted) for text in TEXTS), wanted


@pytest.mark.parametrize("template", TEXTS)
def test_a_text_of_the_source_is_said_in_vietnamese(template):
    text, values = filled(template)
    found = translated(text)
    assert found, "add it to hub/web/locale/errors/vi.po"
    assert found != text
    assert [value for value in values if value not in found] == []


def test_every_sentence_of_the_catalogue_is_used(monkeypatch):
    used = set()
    known = problems._catalogue()

    class NotedTexts(dict):
        def get(self, key, default=None):
            used.add(key)
            return super().get(key, default)

    real = problems._filled
    noted = known._replace(plain=NotedTexts(known.plain))
    monkeypatch.setattr(problems, "_catalogue", lambda: noted)
    monkeypatch.setattr(problems, "_filled", lambda vi, v: used.add(vi) or real(vi, v))
    for template in TEXTS:
        translated(filled(template)[0])
    assert [m.id for m in CATALOGUE if m.id not in used and m.string not in used] == []


def test_every_sentence_has_the_same_values_and_is_another_one():
    for message in CATALOGUE:
        assert sorted(VALUE.findall(message.id)) == sorted(VALUE.findall(message.string))
        assert message.string
        assert message.string != message.id
        assert message.id[:1].isupper() <= message.string[:1].isupper()


def test_an_error_is_said_with_its_way_out():
    error = HubError(Fault.ABSENT, "there is no account an", remedy="Try again.")
    assert say(error, "vi") == "Không có tài khoản an. Hãy thử lại."
    assert say(error, "en") == "There is no account an. Try again."
    assert say(StoreDown("the store cannot read or write now"), "vi") == (
        "Kho dữ liệu hiện không đọc hoặc ghi được. Chưa có gì được lưu; hãy gửi lại yêu cầu sau."
    )


def test_who_has_to_wait_is_told_how_long():
    error = Throttled("too many log-ins failed", 90_000_000, remedy="Wait as Retry-After says.")
    assert say(error, "vi") == "Có quá nhiều lần đăng nhập sai. Hãy thử lại sau 90 giây."
    assert say(error, "en") == "Too many log-ins failed. Try again in 90 seconds."


def test_an_unknown_text_is_shown_behind_the_name_of_its_fault():
    error = HubError(Fault.BAD_BODY, "that is new")
    assert say(error, "vi") == "Nội dung không hợp lệ: that is new."
    assert say_text("that is new", "vi") == "That is new"
    assert say(error, "en") == "That is new."


def test_an_error_of_a_query_has_words_of_its_own():
    error = QueryError("unclosed-quote", 0, 1)
    assert say(error, "vi") == error.say("vi")
    assert say(error, "en") == error.say("en")


def test_values_are_what_they_were():
    hostile = "{name} %(x)s <b>; : là nó"
    found = translated(f"there is no collection {hostile}")
    assert found == f"không có bộ sưu tập {hostile}"
    # An organisation may be called like a kind of thing.
    assert translated("there is no group account") == "không có nhóm chia sẻ account"
    assert translated("there is no brand new thing") is None


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (
            b'{"type": "bundle", "id": "bundle--63f0e3a5-1d07-4e4f-9b4f-6ad9f6c8dd01"}',
            "objects[3].type: gói STIX (bundle) không phải là một đối tượng; hãy gửi các đối",
        ),
        (b"[]", "objects[3]: [] không phải là đối tượng JSON; hãy gửi một đối tượng STIX ở đây"),
        (b'{"type": 7}', "objects[3].type: 7 không phải là tên loại; hãy dùng từ 3 đến 250 "),
    ],
)
def test_a_refused_object_is_explained(raw, says):
    refusal = check(raw, "objects[3]")
    assert say_text(refusal.reason, "vi").startswith(says)
    assert say_text(refusal.reason, "en") == refusal.reason


def test_all_that_a_strict_collection_finds_is_explained():
    found = faults(
        {"type": "indicator", "confidence": 101, "x": 1, "granular_markings": []}, "2.1"
    )
    assert len(found) > 3
    text = f"objects[0]: this collection is strict: {'; '.join(found)}"
    vietnamese = translated(text)
    assert vietnamese
    assert vietnamese.startswith("objects[0]: bộ sưu tập này kiểm tra nghiêm ngặt: ")
    assert "hãy chọn giá trị trong khoảng đó" in vietnamese
    assert "hãy nêu đúng một mức của TLP 2.0" in vietnamese


@pytest.mark.parametrize(
    ("unit", "times"), [("a: ", 600), ("; ", 900), ("there is no ", 150), ("x", 2000)]
)
def test_a_hostile_text_takes_no_time(unit, times):
    def translating(number):
        text = unit * number
        return lambda: translated(text)

    assert_grows(translating, times // 8)
    # Beyond a length nothing is tried at all.
    assert_grows(translating, times)


def test_no_part_of_a_text_is_looked_up_twice(monkeypatch):
    looked: list[tuple[str, int]] = []
    real = problems._Reader._looked_up

    def look(self, text, depth):
        looked.append((text, depth))
        return real(self, text, depth)

    monkeypatch.setattr(problems._Reader, "_looked_up", look)
    counts = []
    for many in (5, 10, 20, 40):
        looked.clear()
        each = "the feed: the feed: what came is empty"
        assert translated("; ".join([each] * many))
        assert len(set(looked)) == len(looked)
        counts.append(len(looked))
    # Twice the parts are at most twice the work, and what there is more of is all alike.
    assert all(larger <= 2 * smaller for smaller, larger in pairwise(counts))


def test_templates_are_chosen_by_a_word_of_theirs():
    known = problems._catalogue()
    total = sum(map(len, known.by_word.values()))
    many = len(list(known.forms("the certificate of a.example is not valid: x")))
    assert 0 < many < total / 10


def test_a_reason_with_its_remedy_as_a_run_keeps_it_is_two_sentences():
    made = Unreachable(
        "the certificate of partner.example is not valid: self-signed certificate",
        remedy="If a CA of its own issued it, name it in `ca_file`.",
    )
    assert say_text(made.text(), "vi") == (
        "Chứng thư của partner.example không hợp lệ: chứng thư tự ký. Nếu chứng thư do CA nội bộ của "
        "họ cấp, hãy khai báo CA đó trong `ca_file`."
    )
    assert say_text(made.text(), "en").startswith("The certificate of partner.example")


@pytest.mark.parametrize(
    ("said", "vietnamese"),
    [
        (
            "`every`: it is unknown; known are a, b.",
            "không có trường này; các trường hợp lệ: a, b",
        ),
        (
            (
                "`source.url`: a key must not stand in an address: write {token} in its place, and name "
                "it in `token`; and change it if anybody else could read this file."
            ),
            (
                "không được để khóa trong địa chỉ: hãy thay bằng {token} và khai báo khóa trong `token`; "
                "và hãy đổi khóa nếu người khác có thể đã đọc tệp này"
            ),
        ),
        ("`source.url`: Expected `str`, got `int`.", "Cần `str`, nhưng nhận được `int`"),
    ],
)
def test_what_is_wrong_with_a_definition_stands_behind_its_place(said, vietnamese):
    for file in ("/srv/hub/feeds/a b.toml:12: ", "a.toml: "):
        field = said.partition(": ")[0]
        assert translated(file + said) == f"{file}{field}: {vietnamese}"


def test_what_the_other_side_wrote_is_neither_translated_nor_left_out():
    hostile = "<script>{host} %(x)s ; : https://evil.example/?sig=1 {wire}"
    found = translated(f"{hostile} broke off: {hostile}")
    assert found == f"{hostile} ngắt kết nối: {hostile}"
    assert translated("a.example broke off: Connection refused") == (
        "a.example ngắt kết nối: bị từ chối kết nối"
    )


def test_why_a_value_is_no_indicator_is_said_in_vietnamese():
    assert set(tables()["doubt"]) == set(get_args(Concern))
    assert say_text("it is on a warning list: resolver, popular", "vi") == (
        "Có trong danh sách cảnh báo: máy chủ DNS công cộng, trang phổ biến"
    )
    assert translated("it is on a warning list: other") == "có trong danh sách cảnh báo: other"


def test_every_kind_of_special_address_has_a_name():
    whys = {*addresses._SPECIAL_4.values(), *addresses._SPECIAL_6.values()} | {
        refusal(text, ()).why
        for text in ("169.254.169.254", "4000::1", "10.0.0.1", "::ffff:10.0.0.1")
    }
    assert whys == set(tables()["why"])
    for why in whys:
        assert translated(f"source.example leads to 10.0.0.1, which is {why}")
    assert translated("source.example leads to 10.0.0.1, which is bad") is None


def test_faults_have_names_and_meanings_in_both_languages():
    assert {fault.value for fault in Fault} == set(tables()["fault"])
    assert {fault.value for fault in Fault} == set(tables()["fault-meaning"])
    assert {title(fault, "en") for fault in Fault} == {TABLE[fault].title for fault in Fault}
    assert title(Fault.DENIED, "vi") == "Không được phép"


def test_every_warning_is_a_sentence():
    folder = files("hub.stix")
    source = (folder / "advice.py").read_text() + (folder / "plan.py").read_text()
    found = re.findall(r'(?:yield|append\(|\(|else) f?"([a-z]+(?:-[a-z]+)*)(?:: [^"]*)?"', source)
    found += re.findall(r'(?:append\(|\(|, )f?"([a-z]+(?:-[a-z]+)*): [^"]*"', source)
    codes = {code for code in found if "-" in code} | {"missing", "vocabulary"}
    codes -= {"toplevel-property-extension", "marking-definition", "new-sdo"}
    assert codes == set(tables()["warning"])
    assert warning("custom-property: x_foo", "vi") == "x_foo: thuộc tính không có trong đặc tả"
    assert warning("missing-name", "en") == "it has no name"
    assert warning("vocabulary: a={}", "en").startswith("a={}: a word")
    assert warning("brand-new: x", "vi") == "brand-new: x"
