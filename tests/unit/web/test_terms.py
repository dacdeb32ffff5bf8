"""Vietnamese texts call a thing by one word: those chosen here, wherever the hub speaks."""

from __future__ import annotations

import re
import tomllib

import pytest

from connectors.mail.wording import WORDS
from hub.language.messages import LOOKS, MESSAGES
from tests.tools import messages

TERMS = {
    "hệ thống": r"trung tâm",
    "mã truy cập": r"(?<!ID )(?<!`)\btokens?\b(?![`.])",
    "nguồn tin": r"nguồn nhận|nguồn cấp",
    "luồng gửi": r"luồng gửi ra|việc chuyển đi",
    "bản tin": r"bản tổng hợp qua",
    "giá trị băm": r"mã băm|mã hash",
    "mức chia sẻ": r"mức đánh dấu|đánh dấu đến mức|mức bảo mật tin",
    "vô hại": r"lành tính",
    "xác thực hai lớp": r"xác thực lớp hai|yếu tố xác thực|xác thực hai yếu tố",
    "bên nhận": r"danh sách người nhận|giới hạn người nhận|nhóm người nhận",
    "gốc API": r"\bAPI root",
    "máy tìm kiếm": r"bộ máy tìm kiếm|công cụ tìm kiếm",
    "máy chủ DNS công cộng": r"máy phân giải tên miền công cộng",
    "thư điện tử": r"\be-?mail\b",
    "nhắc đến": r"nhắc tới",
    "chứng thư": r"chứng chỉ",
    "giao diện web": r"bảng điều khiển",
    "chỉ dấu": r"chỉ báo|chỉ số xâm nhập",
    "hóa, khóa, xóa (as in the laws)": r"\b(?:h|kh|x)oá\b",
    "thoả, uỷ, tuỳ are thỏa, ủy, tùy": r"\b(?:thoả|uỷ|tuỳ|huỷ)\b",
}
"""The word that is used: what is not used in its place"""
NAMED_BY_OTHERS = {
    "{url} không phải discovery, gốc API hay bộ sưu tập của TAXII",
    "Hãy kiểm tra user, password và token đã khai báo.",
    "Hãy khai báo token, hoặc tài khoản kèm mật khẩu.",
    "`url` có chỗ cho token nhưng chưa khai báo `token`",
    "`urls` có chỗ cho token nhưng chưa khai báo `token`",
}
"""Texts about the settings of a feed or about what another server calls so"""
HUB_TOKEN_ACTIONS = "token.issue"
"""The audit log names its actions in English"""


def _catalogues() -> list[str]:
    paths = [*messages.catalogues(), messages.WEB / "locale" / "errors" / "vi.po"]
    return [str(entry.string) for path in paths for entry in messages.read(path) if entry.id]


def _tables() -> list[str]:
    vocabulary = tomllib.loads((messages.WEB / "locale" / "vocabulary.toml").read_text("utf-8"))
    types = tomllib.loads((messages.ROOT / "hub/language/types.toml").read_text("utf-8"))
    labels = [label for table in vocabulary.values() for label in table.values()]
    halves = [label[len(label) // 2 :] for label in labels if isinstance(label, list)]
    return [text for half in (*halves, *(label[2:] for label in types.values())) for text in half]


def _sentences() -> list[str]:
    queries = [text for message in MESSAGES.values() for text in message.vi]
    mail = [text for text in WORDS["vi"] if isinstance(text, str)]
    return [*queries, *(look.vi for look in LOOKS.values()), *mail]


def texts() -> list[str]:
    """Everything that the hub says in Vietnamese."""
    return [*_catalogues(), *_tables(), *_sentences()]


def test_the_hub_says_enough_to_be_checked():
    assert len(texts()) > 2500
    assert "Tra cứu" in texts()


@pytest.mark.parametrize("term", TERMS)
def test_a_thing_has_one_name(term):
    refused = re.compile(TERMS[term], re.IGNORECASE)
    found = [text for text in texts() if refused.search(text)]
    assert [
        text for text in found if text not in NAMED_BY_OTHERS and HUB_TOKEN_ACTIONS not in text
    ] == []


def test_a_word_that_is_not_used_is_found():
    assert re.search(TERMS["giá trị băm"], "mã băm của tệp")
    assert re.search(TERMS["mã truy cập"], "hãy dùng một token khác")
