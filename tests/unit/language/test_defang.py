"""Defanged values cannot be followed, and mean what they meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.language.defang import defang, harmless
from hub.language.values import read, show
from hub.model.search import Term


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("domain", "login.evil.example", "login.evil[.]example"),
        ("ip", "198.51.100.7", "198.51.100[.]7"),
        ("ip", "198.51.100.0/24", "198.51.100[.]0/24"),
        ("ip", "2001:db8::1", "2001:db8::1"),
        ("url", "http://[2001:db8::1]/a", "hxxp://[2001:db8::1]/a"),
        ("url", "https://evil.example/a.b?c=d.e", "hxxps://evil[.]example/a.b?c=d.e"),
        ("url", "http://198.51.100.7:8080/", "hxxp://198.51.100[.]7:8080/"),
        ("url", "ftp://evil.example/a", "fxp://evil[.]example/a"),
        ("email", "a.b@evil.example", "a.b[@]evil[.]example"),
        ("hash", "d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e"),
        ("cve", "CVE-2026-1234", "CVE-2026-1234"),
    ],
)
def test_a_value(field: str, value: str, shown: str) -> None:
    assert defang(field, value) == shown
    assert read(field, shown) == read(field, value)


HOSTS = st.from_regex(r"[a-z][a-z0-9]{0,6}(\.[a-z][a-z0-9]{0,6}){1,3}", fullmatch=True)
ADDRESSES = st.ip_addresses().map(str)


@given(host=HOSTS | ADDRESSES, path=st.from_regex(r"(/[a-z0-9.]{1,5}){0,2}", fullmatch=True))
def test_any_url_and_host_is_read_as_before(host: str, path: str) -> None:
    place = f"[{host}]" if ":" in host else host
    for field, text in (("url", f"http://{place}{path}"), ("ip", host), ("domain", host)):
        key = read(field, text)
        if key:
            assert read(field, defang(field, show(Term(field, key)))) == key


def test_a_text() -> None:
    text = "see http://a.example and HTTPS://b.example, ftp://c; not http or xhttp:"
    assert harmless(text) == (
        "see hxxp://a.example and hxxps://b.example, fxp://c; not http or xhttp:"
    )
