"""What digests say, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


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
    kinds: Mapping[str, str]
    group: str
    """Between the thousands of a number"""

    def headline(self, total: int) -> str:
        """How many objects are new."""
        return (self.one if total == 1 else self.many).format(total=self._number(total))

    def beyond(self, total: int) -> str:
        """How many are not listed."""
        return self.more.format(total=self._number(total))

    def kind(self, name: str) -> str:
        """What people call a STIX type."""
        return self.kinds.get(name, name)

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
    kinds=MappingProxyType(
        {
            "attack-pattern": "Technique",
            "campaign": "Campaign",
            "course-of-action": "Course of action",
            "grouping": "Grouping",
            "identity": "Identity",
            "incident": "Incident",
            "indicator": "Indicator",
            "infrastructure": "Infrastructure",
            "intrusion-set": "Intrusion set",
            "location": "Location",
            "malware": "Malware",
            "malware-analysis": "Malware analysis",
            "marking-definition": "Marking",
            "note": "Note",
            "observed-data": "Observed data",
            "opinion": "Opinion",
            "relationship": "Relationship",
            "report": "Report",
            "sighting": "Sighting",
            "threat-actor": "Threat actor",
            "tool": "Tool",
            "vulnerability": "Vulnerability",
        }
    ),
)
_VIETNAMESE = Words(
    one="{total} đối tượng mới hoặc vừa thay đổi",
    many="{total} đối tượng mới hoặc vừa thay đổi",
    more="Chưa liệt kê ở đây: {total}. Bảng điều khiển có đầy đủ.",
    footer="Tài khoản {account} đã bật bản tin tổng hợp “{title}”.",
    switch="Tắt bản tin tại trang tài khoản của bạn:",
    switch_link="Tắt bản tin này",
    group=".",
    kinds=MappingProxyType(
        {
            "attack-pattern": "Kỹ thuật tấn công",
            "campaign": "Chiến dịch",
            "course-of-action": "Biện pháp ứng phó",
            "grouping": "Nhóm đối tượng",
            "identity": "Danh tính",
            "incident": "Sự cố",
            "indicator": "Chỉ dấu",
            "infrastructure": "Hạ tầng",
            "intrusion-set": "Nhóm tấn công",
            "location": "Địa điểm",
            "malware": "Mã độc",
            "malware-analysis": "Phân tích mã độc",
            "marking-definition": "Mức chia sẻ",
            "note": "Ghi chú",
            "observed-data": "Dữ liệu ghi nhận được",
            "opinion": "Ý kiến",
            "relationship": "Quan hệ",
            "report": "Báo cáo",
            "sighting": "Ghi nhận",
            "threat-actor": "Tác nhân đe dọa",
            "tool": "Công cụ",
            "vulnerability": "Lỗ hổng",
        }
    ),
)
WORDS: Mapping[str, Words] = MappingProxyType({"vi": _VIETNAMESE, "en": _ENGLISH})
"""By language"""
