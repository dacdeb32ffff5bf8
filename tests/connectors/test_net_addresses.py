"""Which addresses are refused: by examples, and by laws over all of them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.net.addresses import refusal

REFUSED = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.1 169.254.0.1
169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.255.255 198.18.0.1
198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
168.63.129.16 100.100.100.200
:: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::7f00:1 64:ff9b::a00:1 64:ff9b::7f00:1
64:ff9b:1::1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 2002:a00:1::
2002:7f00:1::1 3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fdff::1 fe80::1 fe80::1%eth0 fec0::1
ff02::1
"""
ALLOWED = """
1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 172.15.255.255 172.32.0.1
192.167.255.255 192.169.0.1 223.255.255.255 2606:4700:4700::1111 2a00::1 2001:4860:4860::8888
::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1
"""
ANY_4 = st.integers(0, 2**32 - 1).map(IPv4Address)


@pytest.mark.parametrize("text", REFUSED.split())
def test_refused(text):
    assert refusal(text, ()) is not None


@pytest.mark.parametrize("text", ALLOWED.split())
def test_allowed(text):
    assert refusal(text, ()) is None


@given(ANY_4)
def test_forms_that_carry_an_address_are_judged_as_it_is(address):
    bare = refusal(str(address), ())
    number = int(address)
    for carrier in (
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(0x64FF9B << 96 | number),
        IPv6Address(0x2002 << 112 | number << 80 | 1),
    ):
        assert (refusal(str(carrier), ()) is None) == (bare is None), carrier


@given(st.one_of(ANY_4, st.integers(0, 2**128 - 1).map(IPv6Address)))
def test_nothing_that_python_knows_as_special_is_allowed(address):
    found = refusal(str(address), ())
    special = address.is_private or address.is_multicast or address.is_reserved
    carries = isinstance(address, IPv6Address) and (
        address.ipv4_mapped or address.sixtofour or address in ip_network("64:ff9b::/96")
    )
    if special and not carries:
        assert found is not None


@given(st.integers(0, 2**32 - 1).map(IPv4Address), st.integers(8, 32))
def test_a_network_that_is_named_is_allowed(address, length):
    network = ip_network((address, length), strict=False)
    found = refusal(str(address), (network,))
    # The services of clouds stay closed whatever is named.
    assert found is None or "cloud" in found.why


@given(ANY_4)
def test_what_a_refusal_names_helps(address):
    found = refusal(str(address), ())
    if found is not None and found.network:
        assert refusal(str(address), (ip_network(found.network),)) is None


def test_the_service_of_a_cloud_is_never_reached():
    everything = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    for text in ("169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "100.100.100.200"):
        found = refusal(text, everything)
        assert found is not None
        assert found.network == ""
    assert refusal(str(ip_address("10.0.0.1")), everything) is None
