"""Every usual spelling of a value is read as one key."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.language.fields import FIELDS, Kind
from hub.language.fold import fold
from hub.language.values import (
    BOTH_ENDINGS,
    FILE_ENDINGS,
    MAX_KEY,
    derived,
    detect,
    key_of,
    read,
    refang,
    show,
    span,
)
from hub.model.search import Term
from tests.tools.growth import assert_grows
from tests.unit.language.spellings import spellings

MD5 = "d41d8cd98f00b204e9800998ecf8427e"
READINGS = {
    "ip": {
        "198.51.100.7": [
            "198.51.100.7:8080",
            "198.51.100.7/32",
            "198.51.100.7/",
            "198.51.100[.]7",
        ],
        "198.51.100.0/24": ["198.51.100.9/24", "198.51.100.0/255.255.255.0", "198.51.100[.]0/24"],
        "192.0.2.1": [
            "::ffff:192.0.2.1",
            "::FFFF:C000:0201",
            "http://192.0.2.1/a?b",
            "192.0.2.1:",
        ],
        "192.0.2.0/24": ["::ffff:192.0.2.0/120"],
        "2001:db8::1": [
            "2001:0DB8:0000:0000:0000:0000:0000:0001",
            "[2001:db8::1]:443",
            "[2001:db8::1]",
            "2001:db8::1%eth0",
            "2001[:]db8[:][:]1",
            "https://[2001:db8::1]:8443/a",
            "2001:db8::1/128",
        ],
        "2001:db8::": ["2001:db8::", "2001:DB8:0::"],
        "2001:db8::/32": ["2001:db8::/32", "2001:db8:1::/32"],
    },
    "domain": {
        "com.evil.www.": ["www.evil.com", "WWW.Evil[.]com.", "www.evil.com:8080", "www.evil.com/"],
        "com.evil.": [
            "*.evil.com",
            ".evil.com",
            "http://evil.com/a",
            "hxxps://evil[.]com:80",
            "evil[.com",
        ],
        "de.xn--mnchen-3ya.": [
            "münchen.de",
            "MÜNCHEN.de",
            "xn--mnchen-3ya.de",
            "mu\u0308nchen[.]de",
        ],
        "vn.com._dmarc-1.": ["_dmarc-1.com.vn"],
        "xn--p1ai.xn--e1afmkfd.": ["пример.рф"],
    },
    "url": {
        "http://evil.com": [
            "http://evil.com",
            "HXXP://EVIL.com/",
            "meow://evil.com:80/",
            "http:\\\\evil.com",
        ],
        "https://evil.com/a?b=c": ["hxxps[:]//evil[.]com/A?b=c", "(https://evil.com:443/a?b=c)"],
        "http://[2001:db8::1]:8080/x": ["http://[2001:DB8:0::1]:8080/x"],
        "http://xn--mnchen-3ya.de/%c3%bc%20x": ["http://münchen.de/ü x"],
        "ftp://user:p@evil.com/x": ["fxp://user:p@evil[.]com:21/x/"],
        "http://evil.com/a_(b)": ["http://evil.com/a_(b)", "(http://evil.com/a_(b))"],
        "evil.com/x": ["evil[.]com/x"],
    },
    "hash": {
        MD5: [
            MD5.upper(),
            f"MD5: {MD5}",
            f"md5={MD5}",
            f" {MD5}\n",
            "d4:1d:" + MD5[4:],
            f"0x{MD5}",
        ],
        "3:axgbicflgvnhbgcl6wcrfqev:axghsnhxlsr2c": ["3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C"],
    },
    "email": {
        "bad@evil.com": [
            "Bad@Evil.com",
            "bad[at]evil[dot]com",
            "Bad Guy <bad@evil.com>",
            "mailto:bad@evil.com?subject=x",
        ],
        "bad@xn--mnchen-3ya.de": ["bad@münchen.de"],
        "x@192.0.2.1": ["x@[192.0.2.1]"],
    },
    "file": {
        "evil.exe": [
            "C:\\Windows\\EVIL.exe",
            "/tmp/evil.exe",
            '"evil.exe"',
            "evil[.]exe",
            "evil.exe/",
        ],
        "a b.txt": ["'A  b.txt'"],
    },
    "cve": {
        "cve-2026-1234": [
            "CVE-2026-1234",
            "cve_2026_1234",
            "CVE 2026 1234",
            "2026-1234",
            "CVE\u20132026\u20131234",
        ],
        "cve-2026-0001": ["CVE_2026_1", "cve-2026-0001"],
        "cve-2026-1234567": ["CVE-2026-1234567"],
    },
    "attack": {"t1566.001": ["T1566.001", "t1566/001"], "g0007": ["G0007"], "ta0001": ["TA0001"]},
    "asn": {
        "64500": ["64500", "AS64500", "AS 64500", "asn:64500", "AS064500"],
        "65546": ["AS1.10"],
    },
    "mac": {
        "00:00:5e:00:53:01": [
            "00-00-5E-00-53-01",
            "0000.5e00.5301",
            "00005E005301",
            "00 00 5e 00 53 01",
        ],
        "02:00:5e:10:00:00:00:01": ["02-00-5E-10-00-00-00-01"],
    },
    "value": {
        "global\\foo": ["Global\\Foo", " global\\FOO "],
        "hklm\\soft ware": ["HKLM\\Soft\u00a0 ware"],
    },
    "label": {"apt x": [" APT  X"]},
}
CASES = [(f, key, text) for f, keys in READINGS.items() for key, ts in keys.items() for text in ts]


@pytest.mark.parametrize(("field", "key", "text"), CASES)
def test_is_read_as(field, key, text):
    assert read(field, text) == key


@pytest.mark.parametrize(("field", "key"), [(f, k) for f, ks in READINGS.items() for k in ks])
def test_what_is_shown_is_read_again(field, key):
    assert read(field, show(Term(field, key))) == key


NOT_READ = {
    "ip": [
        "",
        "1.2.3",
        "256.1.1.1",
        "010.0.0.1",
        "1.2.3.4/33",
        "1.2.3.4-9",
        "evil.com",
        "::g",
        "/",
        "1.2.3.4/x",
    ],
    "domain": [
        "",
        "localhost",
        "1.2.3.4",
        "evil",
        "-.com",
        "a..b",
        "evil.c",
        "evil.123",
        "a b.com",
        f"{'a' * 64}.com",
    ],
    "url": ["", "evil", "http://", "://x", "mailto:a@b.com"],
    "email": ["", "@evil.com", "bad@", "bad", "a@b", "a b c"],
    "file": ["", "/", " ", "\\"],
    "cve": ["", "cve", "CVE-26-1", "CVE-2026", "1-2"],
    "attack": ["", "T15", "X1234", "T1566.1"],
    "asn": ["", "AS", "AS4294967296", "99999999999", "-1", "AS1.70000"],
    "mac": ["", "00:00:5e:00:53", "00:00:5e-00:53:01", "zz:00:5e:00:53:01"],
    "hash": [""],
    "value": ["", " \u200b"],
}


@pytest.mark.parametrize(("field", "text"), [(f, t) for f, ts in NOT_READ.items() for t in ts])
def test_is_not_read(field, text):
    assert read(field, text) is None


DETECTED = {
    "evil.com": ["domain"],
    "hxxp://evil[.]com/a": ["url"],
    "evil[.]com/a": ["url", "url", "url"],
    "evil.com/": ["domain"],
    "evil.com:8080": ["domain"],
    "setup.exe": ["file"],
    "report.zip": ["domain", "file"],
    "C:\\x\\y.exe": ["file", "value"],
    "HKLM\\Software\\Run": ["value"],
    "/etc/passwd": ["value"],
    "198.51.100.0/24": ["ip"],
    "198.51.100.7:80": ["ip"],
    "2001:db8::1": ["ip"],
    MD5: ["hash"],
    "a" * 40: ["hash"],
    "B" * 64: ["hash"],
    "c" * 128: ["hash"],
    "indicator--8E2e2d2b-17d4-4cbf-938f-98ee46b3cd3f": ["id"],
    "T1566.001": ["attack"],
    "CVE-2026-1": ["cve"],
    "AS64500": ["asn"],
    "00-00-5E-00-53-01": ["mac"],
    "bad[@]evil[.]com": ["email"],
    "lừa": [],
    "loader": [],
    "64500": [],
    "2026-01": [],
    "1.2.3": [],
    "": [],
    "and/or": [],
    "a" * 33: [],
}


@pytest.mark.parametrize(("text", "fields"), DETECTED.items())
def test_a_pasted_value_is_recognised(text, fields):
    found = detect(text)
    assert [term.field for term in found] == fields
    for term in found:
        assert read(term.field, show(term)) == term.key


def test_without_a_scheme_a_url_may_have_either():
    keys = [term.key for term in detect("Evil[.]com/A")]
    assert keys == ["http://evil.com/a", "https://evil.com/a", "evil.com/a"]


def test_endings_of_files():
    assert not FILE_ENDINGS & BOTH_ENDINGS
    assert not FILE_ENDINGS & {"com", "net", "org", "vn", "info", "zip", "sh", "pub", "bz"}


@pytest.mark.parametrize(
    ("term", "parents"),
    [
        (Term("url", "http://www.evil.com:80/a"), [("domain", "com.evil.www.")]),
        (Term("url", "https://u:p@198.51.100.7/a@b.com"), [("ip", "198.51.100.7")]),
        (Term("url", "http://[2001:db8::1]:8080/x"), [("ip", "2001:db8::1")]),
        (Term("url", "http://localhost/x"), []),
        (Term("url", "evil.com/x"), [("domain", "com.evil.")]),
        (Term("email", "bad@evil.com"), [("domain", "com.evil.")]),
        (Term("domain", "com.evil."), []),
    ],
)
def test_what_follows_from_a_value(term, parents):
    assert list(derived(term)) == parents


def test_the_range_of_a_network():
    assert span("198.51.100.0/30") == (4, 0xC6336400, 0xC6336403)
    assert span("198.51.100.7") == (4, 0xC6336407, 0xC6336407)
    assert span("2001:db8::/127") == (6, 0x20010DB8 << 96, (0x20010DB8 << 96) + 1)


def test_a_key_is_bounded():
    assert key_of("a" * MAX_KEY) == "a" * MAX_KEY
    long, other = key_of("a" * 5000), key_of("a" * 5001)
    assert long != other
    assert long[: MAX_KEY + 1] == "a" * MAX_KEY + "~"
    assert key_of(long) == long
    url = read("url", "http://evil.com/" + "a" * 5000)
    assert url
    assert len(url) == MAX_KEY + 33
    assert read("url", show(Term("url", url))) == url
    assert list(derived(Term("url", url))) == [("domain", "com.evil.")]


@pytest.mark.parametrize("field", ["ip", "cve", "attack", "asn", "mac"])
def test_what_looks_like_a_cut_key_is_no_address_or_number(field):
    assert read(field, key_of("a" * 5000)) is None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("hxxps[:]//evil[.]com", "https://evil.com"),
        ("evil.com", "evil.com"),
        ("[2001:db8::1]:443", "[2001:db8::1]:443"),
        ("2001:db8::", "2001:db8::"),
        ("(evil[.]com).", "evil.com"),
    ],
)
def test_refangs(text, plain):
    assert refang(text) == plain


LABELS = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8)
DOMAINS = st.builds(
    lambda labels, tld: ".".join([*labels, tld]),
    st.lists(LABELS, min_size=1, max_size=3),
    st.sampled_from(["com", "vn", "info", "xn--p1ai"]),
)
PATHS = st.text("abcxyz019/_-=?&%~+", max_size=12).map(lambda t: f"/{t}a" if t else "")
HOSTS = DOMAINS | st.ip_addresses(v=4).map(str)
VALUES = st.one_of(
    st.tuples(st.just("domain"), DOMAINS),
    st.tuples(st.just("ip"), st.ip_addresses().map(str)),
    st.tuples(
        st.just("url"), st.builds("http{}://{}{}".format, st.sampled_from(["", "s"]), HOSTS, PATHS)
    ),
    st.tuples(st.just("email"), st.builds("{}@{}".format, LABELS, DOMAINS)),
    st.tuples(
        st.just("hash"),
        st.sampled_from([32, 40, 64, 128]).flatmap(
            lambda n: st.text("0123456789abcdef", min_size=n, max_size=n)
        ),
    ),
)


@given(VALUES)
def test_every_spelling_gives_the_same_key(value):
    field, text = value
    key = read(field, text)
    assert key
    for spelling in spellings(Term(field, key)):
        assert read(field, spelling) == key, spelling


def test_a_wrong_spelling_is_told_apart():
    assert read("domain", "evil[x]com") is None
    assert read("ip", "1.2[,]3.4") is None


FIELD_NAMES = sorted(n for n, f in FIELDS.items() if f.kind in {Kind.VALUE, Kind.KEYWORD})
SIGNS = st.text(
    "aZ09.:/\\@[](){}<>\"' ,;-_%?#=~*|\u0130\u1ea5\uff0e\u3002\u200b\u0301ßς攻", max_size=30
)
JUNK = (
    st.text()
    | SIGNS
    | st.builds("http://{}".format, SIGNS)
    | st.builds("a.com/{}".format, SIGNS)
    | st.builds("{}{}".format, SIGNS, st.sampled_from(["@evil.com", ".com", "/24", ".exe"]))
    | st.text("ab/ \u1ea5", min_size=190, max_size=260)
)


@given(st.sampled_from(FIELD_NAMES), JUNK)
def test_anything_is_read_once_and_for_all(field, text):
    key = read(field, text)
    if key is not None:
        assert key
        assert len(key) <= MAX_KEY + 33
        assert read(field, show(Term(field, key))) == key
        derived(Term(field, key))
    if field == "ip" and key:
        assert span(key).version == ipaddress.ip_network(key).version


@given(JUNK)
def test_anything_may_be_pasted(text):
    for term in detect(text):
        assert read(term.field, show(term)) == term.key


@pytest.mark.parametrize(
    "sign",
    [
        "[",
        "(",
        "hxxp",
        "[.",
        ".",
        "\\",
        "@",
        ":",
        "a.",
        "[.]",
        "İ",
        "<",
        "a@",
        "/",
        "a<",
        "ก",
        "%",
        "?",
        "'",
        "-",
        "1",
        "ab:",
        ".[",
        "<@",
        " ",
        "\t[",
        " dot ",
        "a ",
    ],
)
def test_long_junk_costs_little(sign):
    def reading(size):
        several = (sign * size, f"x{sign * size}y")

        def work():
            for text in several:
                for field in FIELD_NAMES:
                    read(field, text)
                fold(text)
            detect(sign * (size // 10))

        return work

    assert_grows(reading, 3_750)
