"""What templates make of texts of the console."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from hub.web.render import coded, environment


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("run `hub doctor` now", "run <code>hub doctor</code> now"),
        ("`a` and `b`", "<code>a</code> and <code>b</code>"),
        ("one ` alone & <b>", "one ` alone &amp; &lt;b&gt;"),
        ("`<script>`", "<code>&lt;script&gt;</code>"),
        (Markup("&amp; `x`"), "&amp; <code>x</code>"),
    ],
)
def test_commands_in_a_text_are_code(text: str, html: str) -> None:
    assert coded(text) == Markup(html)


@pytest.mark.parametrize(
    ("lang", "text", "said"),
    [
        ("vi", "bị từ chối kết nối", "bị từ chối kết nối. 2 lần chạy liên tiếp bị lỗi."),
        ("en", "Connection refused.", "Connection refused. 2 runs in a row failed."),
    ],
)
def test_why_it_fails_and_how_often_are_two_sentences(lang: str, text: str, said: str) -> None:
    parts = environment(lang).get_template("flows/parts.html").module
    assert Markup(parts.failure(text, 2)).striptags() == said
    assert Markup(parts.failure(text, 1)).striptags() == text
