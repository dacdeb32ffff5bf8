"""One-time codes against the published vectors, and what people type."""

from __future__ import annotations

import base64
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.service import totp
from hub.service.seal import Seal

SECRET = b"12345678901234567890"

RFC_6238 = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}
"""Appendix B, SHA-1. Its codes have eight digits; six are their end (RFC 4226 section 5.3)."""

RFC_4226 = (
    *("755224", "287082", "359152", "969429", "338314"),
    *("254676", "287922", "162583", "399871", "520489"),
)
"""Appendix D: the codes of the counters 0 to 9, which are TOTP's time steps."""

NOW = 1_700_000_010
STEP = NOW // 30
TWICE = bytes.fromhex("81d5cfc87b9a98977e59bfadca211237365703ae")
"""Of this secret the time steps 999,999 and 1,000,001 have the same code."""


def code_at(step: int, secret: bytes = SECRET) -> str:
    """The one code that `step_of` finds for a step; looked for, not computed."""
    found = totp._totp(secret).generate(step * 30).decode()
    assert totp.step_of(secret, found, step * 30) >= step
    return found


class TestVectors:
    @pytest.mark.parametrize(("instant", "code"), RFC_6238.items())
    def test_rfc_6238(self, instant, code):
        assert totp.step_of(SECRET, code[-6:], instant) == instant // 30

    @pytest.mark.parametrize(("counter", "code"), list(enumerate(RFC_4226))[1:])
    def test_rfc_4226(self, counter, code):
        assert totp.step_of(SECRET, code, counter * 30) == counter

    def test_rfc_4226_counter_of_nothing(self):
        """The step 0 was in 1970: no code of it is taken."""
        assert totp.step_of(SECRET, RFC_4226[0], 29) == 0


class TestWindow:
    @pytest.mark.parametrize(
        ("beside", "found"), [(-2, 0), (-1, STEP - 1), (0, STEP), (1, STEP + 1), (2, 0)]
    )
    def test_one_step_to_each_side(self, beside, found):
        assert totp.step_of(SECRET, code_at(STEP + beside), NOW) == found

    def test_a_step_lasts_thirty_seconds(self):
        code = code_at(STEP)
        first = STEP * 30 - 30
        taken = [n for n in range(first - 5, first + 100) if totp.step_of(SECRET, code, n)]
        assert (taken[0], taken[-1]) == (first, first + 89)

    def test_a_code_of_two_steps_counts_as_the_later(self):
        """Or it would be taken a second time."""
        step = 1_000_000
        assert code_at(step - 1, TWICE) == code_at(step + 1, TWICE)
        assert totp.step_of(TWICE, code_at(step - 1, TWICE), step * 30) == step + 1


class TestText:
    @pytest.mark.parametrize("form", ["{0}{1}", "{0} {1}", " {0}-{1} ", "{0}\u00a0{1}\n"])
    def test_forms_that_people_type(self, form):
        code = code_at(STEP)
        assert totp.step_of(SECRET, form.format(code[:3], code[3:]), NOW) == STEP
        assert totp.is_code(form.format(code[:3], code[3:]))

    @pytest.mark.parametrize(
        "text", ["", "12345", "1234567", "abcdef", "\ud800", "१२३४५६", "\uff10" * 6]
    )
    def test_what_is_no_code(self, text):
        assert totp.step_of(SECRET, text, NOW) == 0
        assert not totp.is_code(text)

    def test_a_code_in_other_digits_is_none(self):
        """Arabic-Indic digits are digits, too; an app shows those of ASCII."""
        code = code_at(STEP).translate({48 + n: 0x660 + n for n in range(10)})
        assert totp.step_of(SECRET, code, NOW) == 0

    def test_another_secret(self):
        assert totp.step_of(b"x" * 20, code_at(STEP), NOW) == 0


class TestEnrolment:
    def test_secrets_have_160_bits_and_differ(self):
        made = {totp.new_secret() for _ in range(100)}
        assert len(made) == 100
        assert {len(secret) for secret in made} == {20}

    def test_the_address_tells_an_app_everything(self):
        parts = urlsplit(totp.uri(SECRET, "an.nguyễn", "Incident hub: Việt"))
        assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
        query = {name: value for name, (value,) in parse_qs(parts.query).items()}
        assert query == {
            "secret": base64.b32encode(SECRET).decode(),
            "issuer": "Incident hub: Việt",
            "algorithm": "SHA1",
            "digits": "6",
            "period": "30",
        }
        assert totp.as_text(SECRET) == query["secret"]

    def test_recovery_codes(self):
        codes = totp.new_recovery_codes()
        assert len(set(codes)) == 10
        assert all(re.fullmatch(r"([a-z2-7]{4}-){3}[a-z2-7]{4}", code) for code in codes)
        assert not any(totp.is_code(code) for code in codes)
        assert totp.compact(f" {codes[0].upper()} ") == codes[0].replace("-", "")


class TestSeal:
    def test_opens_what_it_closed(self):
        assert Seal(b"k" * 32, "a").open(Seal(b"k" * 32, "a").close(SECRET, "an"), "an") == SECRET

    @pytest.mark.parametrize(
        ("secret", "purpose", "owner"),
        [(b"x" * 32, "a", "an"), (b"k" * 32, "b", "an"), (b"k" * 32, "a", "binh")],
        ids=["another secret", "another purpose", "another owner"],
    )
    def test_opens_nothing_else(self, secret, purpose, owner):
        sealed = Seal(b"k" * 32, "a").close(SECRET, "an")
        assert Seal(secret, purpose).open(sealed, owner) is None

    def test_every_bit_counts(self):
        seal = Seal(b"k" * 32, "a")
        sealed = seal.close(SECRET, "an")
        for bit in range(len(sealed) * 8):
            altered = bytearray(sealed)
            altered[bit // 8] ^= 1 << bit % 8
            assert seal.open(bytes(altered), "an") is None
        assert all(seal.open(sealed[:size], "an") is None for size in range(len(sealed)))

    def test_shows_nothing(self):
        assert SECRET not in Seal(b"k" * 32, "a").close(SECRET, "an")
