"""A sealed file opens with its key alone, and only as it was written."""

import base64
import io
import json
import struct
from unicodedata import normalize

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Fault, HubError
from hub.store import vault
from hub.store.vault import MAGIC, Sealer, Secret, Stretch, Unsealer

KEY = Secret(bytes(range(32)))
OTHER = Secret(bytes(32))
CHUNK = 32
TAG = 16
PHRASE = Secret.of_passphrase("correct horse battery staple")
QUICK = Stretch(memory_kib=64, passes=1, lanes=1)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """A few bytes are several chunks."""
    monkeypatch.setattr(vault, "CHUNK", CHUNK)


def seal(plain, secret=KEY, stretch=None, sizes=()):
    out = io.BytesIO()
    sealer = Sealer(out, secret, stretch)
    rest = plain
    for size in sizes:
        sealer.write(rest[:size])
        rest = rest[size:]
    sealer.write(rest)
    sealer.finish()
    return out.getvalue()


def unseal(sealed, secret=KEY):
    return io.BufferedReader(Unsealer(io.BytesIO(sealed), secret)).read()


def fault_of(sealed, secret=KEY):
    with pytest.raises(HubError) as caught:
        unseal(sealed, secret)
    assert caught.value.remedy
    return caught.value.fault


def split(sealed):
    """Head and sealed chunks."""
    (length,) = struct.unpack_from(">I", sealed, len(MAGIC))
    end = len(MAGIC) + 4 + length
    body = sealed[end:]
    step = CHUNK + TAG
    return sealed[:end], [body[n : n + step] for n in range(0, len(body), step)]


PLAIN = bytes(n % 251 for n in range(4 * CHUNK + 5))


class TestRoundTrip:
    @given(plain=st.binary(max_size=5 * CHUNK), sizes=st.lists(st.integers(0, 3 * CHUNK)))
    def test_gives_back_what_was_written_in_whatever_pieces(self, plain, sizes):
        assert unseal(seal(plain, sizes=sizes)) == plain

    @pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
    def test_sizes_around_a_chunk(self, size):
        sealed = seal(PLAIN[:size])
        assert len(split(sealed)[1]) == max(1, -(-size // CHUNK))
        assert unseal(sealed) == PLAIN[:size]

    def test_a_passphrase(self):
        assert unseal(seal(PLAIN, PHRASE, QUICK), PHRASE) == PLAIN

    def test_a_passphrase_is_the_same_in_every_spelling_of_its_accents(self):
        spelled = [
            Secret.of_passphrase(normalize(form, "Mật khẩu của tôi")) for form in ("NFC", "NFD")
        ]
        assert unseal(seal(PLAIN, spelled[0], QUICK), spelled[1]) == PLAIN
        other = Secret.of_passphrase("Mat khau cua toi")
        assert fault_of(seal(PLAIN, spelled[0], QUICK), other) is Fault.UNAUTHENTICATED

    def test_no_two_files_are_sealed_alike(self):
        first, second = (split(seal(PLAIN)) for _ in range(2))
        assert not set(first[1]) & set(second[1])
        assert first[0] != second[0]


class TestForm:
    """The form that the module describes, read without it: files must open for many years."""

    def test_is_what_the_module_says(self):
        sealed = seal(PLAIN, PHRASE)
        head, chunks = split(sealed)
        said = json.loads(head[len(MAGIC) + 4 :])
        # RFC 9106 section 4, the second recommended option.
        assert said["stretch"] == {"memory_kib": 2**16, "passes": 3, "lanes": 4}
        salt = base64.b64decode(said["salt"])
        kdf = Argon2id(salt=salt, length=32, iterations=3, lanes=4, memory_cost=2**16)
        made = HKDF(SHA256(), 71, salt=salt, info=b"hub vault 1").derive(kdf.derive(PHRASE.key))
        assert base64.b64decode(said["check"]) == made[32:64]
        plain = b""
        for number, chunk in enumerate(chunks):
            last = number == len(chunks) - 1
            nonce = made[64:] + number.to_bytes(4, "big") + bytes([last])
            plain += AESGCM(made[:32]).decrypt(nonce, chunk, head)
        assert plain == PLAIN

    def test_a_file_of_the_first_release_opens(self, monkeypatch):
        monkeypatch.setattr(vault, "CHUNK", 65536)
        assert unseal(base64.b64decode(FIRST)) == b"A hub sealed this in its first release. " * 2

    def test_needs_no_passphrase_work_with_a_key(self):
        assert b'stretch":null' in split(seal(PLAIN))[0]


class TestTampering:
    def test_every_byte_counts(self):
        sealed = seal(PLAIN[: CHUNK + 7])
        for place in range(len(sealed)):
            for bit in (0x01, 0x80):
                changed = bytearray(sealed)
                changed[place] ^= bit
                assert fault_of(bytes(changed)) in {Fault.BAD_BODY, Fault.UNAUTHENTICATED}, place

    def test_every_byte_of_a_chunk_says_that_it_is_damaged(self):
        sealed = seal(PLAIN[: CHUNK + 7])
        for place in range(len(split(sealed)[0]), len(sealed)):
            changed = bytearray(sealed)
            changed[place] ^= 0x10
            assert fault_of(bytes(changed)) is Fault.BAD_BODY

    def test_a_file_that_was_cut_off_anywhere(self):
        sealed = seal(PLAIN)
        for length in range(len(sealed)):
            assert fault_of(sealed[:length]) is Fault.BAD_BODY, length

    @given(tail=st.binary(min_size=1, max_size=3 * CHUNK))
    def test_a_tail(self, tail):
        assert fault_of(seal(PLAIN) + tail) is Fault.BAD_BODY

    @given(order=st.permutations(range(5)))
    def test_another_order(self, order):
        head, chunks = split(seal(PLAIN))
        moved = head + b"".join(chunks[n] for n in order)
        if list(order) != sorted(order):
            assert fault_of(moved) is Fault.BAD_BODY

    @pytest.mark.parametrize("number", range(5))
    def test_a_chunk_that_is_missing_or_comes_twice(self, number):
        head, chunks = split(seal(PLAIN))
        without = head + b"".join(chunks[:number] + chunks[number + 1 :])
        twice = head + b"".join([*chunks[: number + 1], *chunks[number:]])
        assert fault_of(without) is fault_of(twice) is Fault.BAD_BODY

    def test_whole_chunks_cut_off_at_the_end(self):
        head, chunks = split(seal(PLAIN[: 4 * CHUNK]))
        for count in range(4):
            assert fault_of(head + b"".join(chunks[:count])) is Fault.BAD_BODY

    def test_chunks_of_another_file_under_the_same_key(self):
        head, chunks = split(seal(PLAIN))
        _, others = split(seal(PLAIN))
        assert fault_of(head + b"".join([chunks[0], others[1], *chunks[2:]])) is Fault.BAD_BODY

    @given(data=st.data())
    def test_any_change_at_all(self, data):
        sealed = seal(PLAIN)
        start = data.draw(st.integers(0, len(sealed)))
        end = data.draw(st.integers(start, min(len(sealed), start + 60)))
        changed = sealed[:start] + data.draw(st.binary(max_size=60)) + sealed[end:]
        if changed != sealed:
            assert fault_of(changed) in {Fault.BAD_BODY, Fault.UNAUTHENTICATED}


class TestKeys:
    def test_a_wrong_key_is_told_from_damage(self):
        assert fault_of(seal(PLAIN), OTHER) is Fault.UNAUTHENTICATED

    def test_a_wrong_passphrase(self):
        wrong = Secret.of_passphrase("correct horse battery stapler")
        assert fault_of(seal(PLAIN, PHRASE, QUICK), wrong) is Fault.UNAUTHENTICATED

    @pytest.mark.parametrize(
        ("sealed_with", "tried", "remedy"),
        [
            (KEY, PHRASE, "--key-file"),
            (PHRASE, KEY, "--passphrase-file"),
            (KEY, None, "--key-file"),
        ],
    )
    def test_the_other_kind_or_none(self, sealed_with, tried, remedy):
        stretch = QUICK if sealed_with.is_passphrase else None
        with pytest.raises(HubError) as caught:
            unseal(seal(PLAIN, sealed_with, stretch), tried)
        assert caught.value.fault is Fault.UNAUTHENTICATED
        assert remedy in caught.value.remedy

    def test_a_passphrase_is_not_a_key(self):
        """Its bytes alone do not open what it seals, whoever takes the stretching out of the head."""
        same = Secret(PHRASE.key)
        head, chunks = split(seal(PLAIN, PHRASE, QUICK))
        said = json.loads(head[len(MAGIC) + 4 :]) | {"stretch": None}
        text = json.dumps(said).encode()
        forged = MAGIC + struct.pack(">I", len(text)) + text + b"".join(chunks)
        assert fault_of(forged, same) is Fault.UNAUTHENTICATED


class TestForeign:
    @given(content=st.binary(max_size=200))
    def test_files_of_others(self, content):
        assert fault_of(content) is Fault.BAD_BODY

    @given(content=st.binary(max_size=200))
    def test_files_that_begin_alike(self, content):
        assert fault_of(MAGIC + content) is Fault.BAD_BODY

    @pytest.mark.parametrize(
        "stretch",
        [
            {"memory_kib": 2**32, "passes": 1, "lanes": 1},
            {"memory_kib": 65536, "passes": 10**9, "lanes": 1},
            {"memory_kib": 65536, "passes": 1, "lanes": 10**6},
            {"memory_kib": 4, "passes": 1, "lanes": 1},
            {"memory_kib": 65536, "passes": 0, "lanes": 1},
            {"memory_kib": 65536, "passes": 1, "lanes": 0},
        ],
        ids=str,
    )
    def test_heads_that_ask_for_the_whole_machine(self, stretch):
        text = json.dumps(
            {
                "salt": base64.b64encode(bytes(32)).decode(),
                "check": base64.b64encode(bytes(32)).decode(),
                "stretch": stretch,
            }
        ).encode()
        assert fault_of(MAGIC + struct.pack(">I", len(text)) + text, PHRASE) is Fault.BAD_BODY

    def test_a_head_that_says_it_is_huge(self):
        assert fault_of(MAGIC + b"\xff\xff\xff\xff" + b"{}" * 9000) is Fault.BAD_BODY


FIRST = (
    "SFVCVkFVTFQAAAB9eyJzYWx0IjoiWjBJWFk1cWJwYXJZeWkxdU00QWhTclBxenNYQi8vQVR0K0dCZmVNTldHUT0i"
    "LCJjaGVjayI6Imppak51TTBGV00xOHU2SEFyZUN4VmVtcHUvRkhSUmlUTzBhYWM1YmgzKzA9Iiwic3RyZXRjaCI6"
    "bnVsbH3Te5uW0GCSGEzXElZDDKA0wSKacJJvvT0Tl+U0xTkXLboAh5mN/VlBWXKhKKp829xGguzmLbH11GsD1wvn"
    "bBOz9aFO/AJESTMpN2r93q+mahDsYGNlTOH6KqSe2Am79/s="
)
