"""Definitions: every error says where it stands and the way out, and no secret is taken or repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.errors import ConfigError
from hub.model.tlp import Tlp
from hub.service.feeds.definition import load, load_all
from hub.service.feeds.folder import Folder
from hub.service.jobs.declared import limits_of, shown, span_us
from hub.service.jobs.secrets import Secrets

GOOD = """\
connector = "text"
every = "15m"
account = "feed"
collection = "shared"
"""
SOURCE = '[source]\nurl = "https://feeds.example/list.txt"\n'
SECRET = "hunter2-hunter2"

# What is added, the line of the error, and what it must say.
WRONG = {
    "unknown kind": ('connector = "txt"\n', SOURCE, 1, ["`connector`", "text", "csv"]),
    "no source": (GOOD, "", None, ["`source`", "required"]),
    "unknown field": (GOOD + "evry = 1\n", SOURCE, 5, ["`evry`", "unknown", "every"]),
    "unknown in source": (GOOD, SOURCE + "ulr = 1\n", 7, ["`source.ulr`", "unknown", "url"]),
    "type in source": (GOOD, "[source]\nurl = 1\n", 6, ["`source.url`", "str", "int"]),
    "neither url nor path": (GOOD, "[source]\n", 5, ["source", "`url` and `path`"]),
    "span": ('connector = "text"\nevery = "often"\n', SOURCE, 2, ["`every`", "15m"]),
    "too often": ('connector = "text"\nevery = "5s"\n', SOURCE, 2, ["`every`", "1m"]),
    "marking": (GOOD + 'marking = "pink"\n', SOURCE, 5, ["`marking`", "amber+strict"]),
    "confidence": (GOOD + "confidence = 101\n", SOURCE, 5, ["`confidence`", "100"]),
    "reliability": (GOOD + 'reliability = "Z"\n', SOURCE, 5, ["`reliability`"]),
    "lifetime": (GOOD + 'lifetime = "long"\n', SOURCE, 5, ["`lifetime`", "30d", "never"]),
    "lifetime of nothing": (
        GOOD,
        SOURCE + '[lifetime]\nfoo = "1d"\n',
        8,
        ["`lifetime.foo`", "ip"],
    ),
    "audience": (GOOD + 'audience = ["grid"]\n', SOURCE, 5, ["`audience`", "org:NAME"]),
    "network": (GOOD + 'networks = ["home"]\n', SOURCE, 5, ["`networks`", "10.1.2.0/24"]),
    "proxy with a password": (
        GOOD + f'proxy = "http://u:{SECRET}@proxy:3128"\n',
        SOURCE,
        5,
        ["`proxy`", "env:NAME"],
    ),
    "cert alone": (GOOD + 'cert = "c.pem"\n', SOURCE, 5, ["`cert`", "`key`"]),
    "enabled for nobody": ('connector = "text"\nenabled = true\n', SOURCE, None, ["`account`"]),
    "mapping": (GOOD + 'mapping = "own"\n', SOURCE, 5, ["`mapping`", "module:function"]),
    "filter": (GOOD, SOURCE + '[filters]\nmatch = "("\n', 8, ["`filters.match`", "regular"]),
    "fields": (GOOD, SOURCE + '[filters]\nfields = ["ips"]\n', 8, ["`filters.fields`", "ip"]),
    "address of a file": (
        GOOD,
        '[source]\nurl = "file:///etc/passwd"\n',
        None,
        ["http://", "`path`"],
    ),
    "password": (
        GOOD,
        SOURCE + f'password = "{SECRET}"\n',
        7,
        ["`source.password`", "env:NAME", "file:PATH"],
    ),
    "token in a list": (
        GOOD,
        SOURCE + f'token = ["{SECRET}"]\n',
        7,
        ["`source.token`", "env:NAME"],
    ),
    "key of an API": (GOOD, SOURCE + f'key = "{SECRET}"\n', 7, ["`source.key`", "env:NAME"]),
    "header": (
        GOOD,
        SOURCE + f'headers = {{ X-Api-Key = "{SECRET}" }}\n',
        7,
        ["headers.X-Api-Key", "env:NAME"],
    ),
    "header of any name": (
        GOOD,
        SOURCE + f'headers = {{ Accept = "{SECRET}" }}\n',
        7,
        ["headers.Accept", "env:NAME"],
    ),
    "address with a key": (
        GOOD,
        f'[source]\nurl = "https://feeds.example/list?format=csv&auth-key={SECRET}"\n',
        6,
        ["`source.url`", "{token}"],
    ),
    "address with a password": (
        GOOD,
        f'[source]\nurl = "https://u:{SECRET}@feeds.example/"\n',
        6,
        ["`source.url`", "env:NAME"],
    ),
    "no TOML": ("connector = \n", "", None, ["line 1"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_with_its_place(name: str, tmp_path: Path) -> None:
    top, rest, line, words = WRONG[name]
    path = tmp_path / "sample.toml"
    path.write_text(top + rest)
    with pytest.raises(ConfigError) as caught:
        load(path)
    text = str(caught.value)
    assert text.startswith(f"{path}:{line}: " if line else f"{path}:"), text
    assert [word for word in words if word not in text] == [], text
    assert SECRET not in text


def test_what_follows_from_a_definition(tmp_path: Path) -> None:
    (tmp_path / "sample.toml").write_text(
        GOOD
        + 'marking = "TLP:AMBER+STRICT"\nnetworks = ["10.0.0.0/8"]\nca_file = "ca.pem"\n'
        + 'cert = "c.pem"\nkey = "k.pem"\nlabels = ["a"]\nreliability = "C"\nmost_bytes = 5000\n'
        + SOURCE
        + 'password = "file:secret"\nuser = "hub"\n'
        + '[lifetime]\nip = "2d"\nurl = "never"\n[timeouts]\nread = 3\n'
    )
    feed = load(tmp_path / "sample.toml")
    assert (feed.name, feed.job, feed.title) == ("sample", "feed:sample", "sample")
    assert (feed.every_us, feed.tlp) == (900_000_000, Tlp.AMBER_STRICT)
    assert (feed.lifetime_us, feed.lifetimes) == (0, (("ip", 172_800_000_000), ("url", -1)))
    assert feed.labels == ("a", 'admiralty-scale:source-reliability="c"')
    limits = limits_of(feed.said, feed.folder)
    assert [str(network) for network in limits.networks] == ["10.0.0.0/8"]
    assert limits.ca_file == str(tmp_path / "ca.pem")
    assert limits.certificate == (str(tmp_path / "c.pem"), str(tmp_path / "k.pem"))
    assert (limits.read_s, limits.whole_s, limits.most_bytes) == (3, 300, 5000)


@pytest.mark.parametrize("name", ["With Blank", "UPPER", "a:b", ".hidden"])
def test_names_that_cannot_be_jobs_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.toml"
    path.write_text(GOOD + SOURCE)
    with pytest.raises(ConfigError, match="rename"):
        load(path)


def test_one_broken_file_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD + SOURCE)
    (tmp_path / "b.toml").write_text("x")
    feeds, broken = load_all(tmp_path)
    assert list(feeds) == ["a"]
    assert [item.name for item in broken] == ["b"]
    assert load_all(tmp_path / "nowhere") == ({}, [])


def test_a_folder_is_read_again_when_it_changed(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "feeds")
    assert folder.read().feeds == {}
    folder.path.mkdir()
    (folder.path / "a.toml").write_text(GOOD + SOURCE)
    first = folder.read()
    assert first.feeds["a"].said.every == "15m"
    assert folder.read() is first
    (folder.path / "a.toml").write_text(GOOD.replace("15m", "2h") + SOURCE)
    (folder.path / "b.toml").write_text("x")
    found = folder.read()
    assert (found.feeds["a"].said.every, len(found.broken)) == ("2h", 1)
    (folder.path / "c.toml").write_text(GOOD + SOURCE)
    assert list(folder.read().feeds) == ["a", "c"]


@pytest.mark.parametrize(
    ("text", "us"), [("1m", 60_000_000), ("2w", 1_209_600_000_000), ("0d", None), ("1.5h", None)]
)
def test_spans(text: str, us: int | None) -> None:
    assert span_us(text) == us


class TestSecrets:
    def test_they_come_from_environment_and_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FEED_PASSWORD", SECRET)
        (tmp_path / "secret").write_text(f"{SECRET}/2\n")
        (tmp_path / "secret").chmod(0o600)
        secrets = Secrets(tmp_path)
        assert secrets("env:FEED_PASSWORD") == SECRET
        assert secrets("file:secret") == f"{SECRET}/2"

    def test_they_are_taken_out_of_what_is_said(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FEED_PASSWORD", "pass word/1")
        secrets = Secrets(tmp_path)
        assert secrets.scrub("pass word/1") == "pass word/1", "it was not read"
        secrets("env:FEED_PASSWORD")
        told = "pass word/1 pass%20word%2F1 pass%20word/1 cGFzcyB3b3JkLzE= cGFzcyB3b3JkLzE"
        assert secrets.scrub(told) == "*** *** *** *** ***"

    @pytest.mark.parametrize("reference", ["env:NOT_SET_HERE", "file:nowhere", "plain", "http:x"])
    def test_what_is_not_there_is_said(self, reference: str, tmp_path: Path) -> None:
        with pytest.raises(ConfigError):
            Secrets(tmp_path)(reference)

    def test_a_file_that_others_may_read_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text(SECRET)
        (tmp_path / "secret").chmod(0o640)
        with pytest.raises(ConfigError, match="chmod 600") as caught:
            Secrets(tmp_path)("file:secret")
        assert SECRET not in str(caught.value)


def test_what_is_shown_of_a_source_holds_no_secret() -> None:
    """What stands behind the question mark of an address may be one, whatever its name is."""
    source = {
        "url": f"https://feeds.example/list?c={SECRET}",
        "path": "what?.csv",
        "password": "env:NAME",
        "signing_key": "env:NAME",
        "headers": {"Accept": "env:NAME"},
        "items": "a",
    }
    assert shown(source) == {
        "url": "https://feeds.example/list?***",
        "path": "what?.csv",
        "items": "a",
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b'connector = "csv"\n[source]\nurl = "https://a.example"\ncolumns = { a = "x" }', ":4: "),
        (
            b'connector = "csv"\n[source]\n"a]" = { "" = { password = "x" } }',
            "must not stand here",
        ),
        (b'connector = "csv"\ntitle = \n', "no TOML at line 2, column 9"),
        (b'connector = "csv"\nlabels = ["a",\n', "no TOML at line 2, column 15"),
        (b"every = " + b"1" * 5_000, "a number too long"),
        (b"labels = " + b"[" * 50_000, "a list too deep"),
        ('title = "Nguồn"'.encode("utf-16"), "UTF-8"),
    ],
    ids=["value", "names", "syntax", "end", "number", "deep", "utf-16"],
)
def test_a_file_that_is_wrong_hides_no_other(tmp_path, given, said):
    (tmp_path / "good.toml").write_text("\ufeff" + GOOD + SOURCE, encoding="utf-8")
    (tmp_path / "wrong.toml").write_bytes(given)
    feeds, [broken] = load_all(tmp_path)
    assert list(feeds) == ["good"]
    assert said in broken.reason
