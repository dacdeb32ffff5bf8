"""What digests say, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from hub.language.types import type_label


class Words(NamedTuple):
    """The texts of one language."""

    one: str
    many: str
    more: str
    """How many are not listed"""
    footer: str
    switch: str
    """Before the address of the page that switches it off"""
    switch_link: str
    group: str
    """Between the thousands of a number"""
    vietnamese: bool
    """Or English"""

    def headline(self, total: int) -> str:
        """How many objects are new."""
        return (self.one if total == 1 else self.many).format(total=self._number(total))

    def beyond(self, total: int) -> str:
        """How many are not listed."""
        return self.more.format(total=self._number(total))

    def kind(self, name: str) -> str:
        """What people call a STIX type, with a capital letter."""
        found = type_label(name, vietnamese=self.vietnamese)
        return found[:1].upper() + found[1:] if found else name

    def _number(self, total: int) -> str:
        return f"{total:,}".replace(",", self.group)


_ENGLISH = Words(
    one="{total} object is new or changed",
    many="{total} objects are new or changed",
    more="Not listed here: {total}. The console has them all.",
    footer='The account {account} has switched on the digest "{title}".',
    switch="Switch it off on the page of your account:",
    switch_link="Switch it off",
    group=",",
    vietnamese=False,
)
_VIETNAMESE = Words(
    one="{total} đối tượng mới hoặc vừa thay đổi",
    many="{total} đối tượng mới hoặc vừa thay đổi",
    more="Chưa liệt kê ở đây: {total}. Xem đầy đủ trên giao diện web.",
    footer="Tài khoản {account} đã bật bản tin tổng hợp “{title}”.",
    switch="Tắt bản tin tại trang tài khoản của bạn:",
    switch_link="Tắt bản tin này",
    group=".",
    vietnamese=True,
)
WORDS: Mapping[str, Words] = MappingProxyType({"vi": _VIETNAMESE, "en": _ENGLISH})
"""By language"""
