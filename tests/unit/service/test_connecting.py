"""Ready lines for programs: for a partner with its secret, and on a page without."""

import base64

import pytest

from hub.service.connecting import PLACEHOLDER, Target, lines
from hub.service.handover import Handover, text
from tests import fakes

URL = "https://hub.example"
SHARED = fakes.collection("shared")


def target(**changes):
    return Target(URL, "grid-feed", SHARED, "Sharing", **({"token": "hub_x"} | changes))


def by_program(found):
    return {item.program: item for item in found}


def test_every_program_is_told_where_and_who():
    found = by_program(lines(target()))
    assert set(found) == {
        "curl",
        "taxii2-client (Python)",
        "hub",
        "OpenCTI",
        "MISP",
        "Elastic",
        "Microsoft Sentinel",
        "Cortex XSOAR",
        "Splunk Enterprise Security",
    }
    for item in found.values():
        said = item.code + repr(item.fields)
        assert URL in said
        assert "hub_x" in said or item.program == "MISP"
        assert SHARED.id in said or SHARED.title in said


def test_misp_gets_name_and_token_in_one_key():
    key = dict(by_program(lines(target()))["MISP"].fields)["api_key"]
    assert base64.b64decode(key) == b"grid-feed:hub_x"
    shown = dict(by_program(lines(target(token=PLACEHOLDER)))["MISP"].fields)["api_key"]
    assert shown == "base64(grid-feed:YOUR_TOKEN)"


def test_who_comes_with_a_certificate_has_no_lines_for_forms_that_ask_for_a_token():
    found = by_program(lines(target(token="", private=True)))
    assert set(found) == {"curl", "taxii2-client (Python)", "hub", "OpenCTI"}
    assert "--cert grid-feed.pem" in found["curl"].code
    assert "--cacert hub-ca.pem" in found["curl"].code
    assert 'cert="grid-feed.pem", verify="hub-ca.pem"' in found["taxii2-client (Python)"].code
    assert "--ca-file hub-ca.pem --cert grid-feed.pem" in found["hub"].code
    assert "TAXII2_CERT_PATH" in found["OpenCTI"].code


@pytest.mark.parametrize("secret", [{"token": "hub_x"}, {"certificate": "PEM"}])
def test_the_file_for_a_partner_has_the_same_lines(secret):
    given = Handover(
        URL, "Hub", "grid-feed", fakes.START_US, [SHARED], {"hub": "Sharing"}, **secret
    )
    made = text(given)
    for item in lines(target(token=secret.get("token", ""))):
        assert f"## {item.program}\n" in made
        assert item.code in made
        assert all(f"| {name} | `{value}` |" in made for name, value in item.fields)
    assert ("ask the hub's administrator for one" in made) == ("certificate" in secret)
