"""One attack that several parties saw, each with its own marking: what search brings together.

The same host, address and file stand in objects of all of them. Who may see the mildest marking
alone finds that the values are known, and not that others know them too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from hub.model.tlp import Tlp
from hub.stix.sample import cast
from hub.stix.sample.pen import Obj, Pen, stamp
from hub.stix.sample.plot import Language, Leaf, Setting, Text

HOST = "dang-nhap.ngan-hang-sen.example"
URL = f"https://{HOST}/xac-thuc"
ADDRESS = "198.51.100.77"
FILE = "3f1d5c9a7b2e4860d1f3a5c7e9b0d2f4861a3c5e7092b4d6f81a3c5e7f90b2d4"
_HASH = f"[file:hashes.'SHA-256' = '{FILE}']"
_HOUR = timedelta(hours=1)
_TITLE = Text(
    "Lừa đảo khách hàng ngân hàng qua trang đăng nhập giả",
    "Customers of a bank are led to a false log-in page",
)
_TEXT = Text(
    f"Khách hàng nhận tin nhắn dẫn tới {HOST}; trang này lấy mật khẩu và mã OTP.",
    f"Text messages lead customers to {HOST}, which takes passwords and codes.",
)
# Who saw it: slug, collection, marking, language, days before the end.
_WITNESSES: tuple[tuple[str, str, Tlp, Language, int], ...] = (
    ("vn-centre", "early-warning", Tlp.GREEN, "en", 9),
    ("vn-bank", "national", Tlp.AMBER, "vi", 5),
    ("vn-telecom", "national", Tlp.AMBER_STRICT, "vi", 2),
)


def leaves(setting: Setting) -> Iterator[Leaf]:
    """What the witnesses publish."""
    for slug, alias, colour, language, days in _WITNESSES:
        at = setting.until - timedelta(days=days)
        pen = Pen(f"shared/{slug}", setting.orgs[slug], colour, language, at - _HOUR)
        for obj in _objects(pen):
            yield Leaf(at, alias, slug, (), obj)


def _objects(pen: Pen) -> Iterator[Obj]:
    technique = cast.technique("T1566.002")
    malware = pen.write(
        "malware", "malware", name="SenVàng", malware_types=["spyware"], is_family=True
    )
    yield malware
    yield pen.link(malware, "uses", technique)
    found = [technique, malware]
    for name, pattern in _indicators(pen.language):
        indicator = pen.write(
            "indicator",
            name,
            name=name,
            pattern=pattern,
            pattern_type="stix",
            indicator_types=["malicious-activity"],
            valid_from=stamp(pen.at),
            confidence=80,
        )
        yield indicator
        yield pen.link(indicator, "indicates", malware)
        found.append(indicator)
    yield pen.write(
        "report",
        "report",
        name=_TITLE.said(pen.language),
        description=_TEXT.said(pen.language),
        report_types=["threat-report"],
        published=stamp(pen.at),
        object_refs=[obj["id"] for obj in found],
    )


def _indicators(language: Language) -> Iterator[tuple[str, str]]:
    if language == "vi":
        yield "Trang lừa đảo giả mạo ngân hàng", f"[domain-name:value = '{HOST}']"
        yield "Máy chủ của trang lừa đảo", f"[ipv4-addr:value = '{ADDRESS}']"
        yield "Ứng dụng giả mạo ngân hàng", _HASH
    else:
        yield "Phishing page of a bank", f"[url:value = '{URL}']"
        yield "False banking app", _HASH
