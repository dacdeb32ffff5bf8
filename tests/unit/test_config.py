"""Settings: what is wrong is refused with its place, its name and what is allowed."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from hub.config import Config, ServerSettings, checks, load, settings, write_secret
from hub.errors import ConfigError

EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "hub.example.toml"
ROOT = '[[taxii.roots]]\nname = "{}"\ntitle = "{}"\n'


@pytest.fixture
def file(tmp_path):
    return tmp_path / "hub.toml"


def loaded(file, text=""):
    file.write_text(f'secret_file = "secret.key"\n{text}\n', encoding="utf-8")
    return load(file)


def refusal(file, text):
    with pytest.raises(ConfigError) as caught:
        loaded(file, text)
    return str(caught.value)


WRONG = {
    # What is wrong: text after the first line, line, name of the setting, parts of the message.
    "type": ('[server]\nport = "x"', 3, "server.port", "Expected `int`, got `str`"),
    "too large": ("[server]\nport = 65536", 3, "server.port", "<= 65535"),
    "too small": ("[server]\nworkers = 0", 3, "server.workers", ">= 1"),
    "a boolean for a number": ("[server]\nworkers = true", 3, "server.workers", "`int`"),
    "a float for a number": ("[taxii]\nmax_depth = 9.5", 3, "taxii.max_depth", "`int`"),
    "not a number": ("[store]\nbusy_seconds = nan", 3, "store.busy_seconds", ">= 0.1"),
    "endless": ("[store]\nbusy_seconds = inf", 3, "store.busy_seconds", "<= 300"),
    "status too short": ("[store]\nstatus_hours = 23", 3, "store.status_hours", ">= 24"),
    "no file name": ('[store]\npath = ""', 3, "store.path", "length >= 1"),
    "not one of a few": ('[taxii]\nviews = "x"', 3, "taxii.views", '"hub", "medallion"'),
    "level": ('[log]\nlevel = "loud"', 3, "log.level", '"debug", "info", "warning", "error"'),
    "url with a path": ('[server]\npublic_url = "https://x/y"', 3, "server.public_url", "https"),
    "url without a scheme": ('[server]\npublic_url = "x.org"', 3, "server.public_url", "https"),
    "not a list": ("[taxii]\nroots = 3", 3, "taxii.roots", "`array`"),
    "no roots": ("[taxii]\nroots = []", 3, "taxii.roots", "length >= 1"),
    "item of a list": ("[server]\nmetrics_networks = [1]", 3, "server.metrics_networks", "`str`"),
    "not a network": (
        '[server]\nport = 1\nmetrics_networks = ["x"]',
        4,
        "server.metrics_networks",
        "network",
    ),
    "network with host bits": (
        '[server]\nmetrics_networks = ["10.0.0.1/8"]',
        3,
        "server.metrics_networks",
        "host bits",
    ),
    "a proxy that is no network": (
        '[server]\ntrusted_proxies = 1\nproxy_networks = ["proxy"]\nclient_certificate_header = "X"',
        4,
        "server.proxy_networks",
        "network",
    ),
    "CAs of clients without TLS": (
        '[server]\nclient_ca = ["ca.pem"]',
        3,
        "server.client_ca",
        "server.tls_cert",
    ),
    "a header of certificates from anybody": (
        '[server]\ntrusted_proxies = 1\nclient_certificate_header = "X-Client-Cert"',
        4,
        "server.client_certificate_header",
        "server.proxy_networks",
    ),
    "proxies without a header": (
        '[server]\nproxy_networks = ["192.0.2.1/32"]',
        3,
        "server.proxy_networks",
        "server.client_certificate_header",
    ),
    "a header of certificates without proxies": (
        '[server]\nproxy_networks = ["192.0.2.1/32"]\nclient_certificate_header = "X"',
        4,
        "server.client_certificate_header",
        "server.trusted_proxies",
    ),
    "everybody a proxy": (
        '[server]\nproxy_networks = ["0.0.0.0/0"]\nclient_certificate_header = "X"',
        3,
        "server.proxy_networks",
        "everybody",
    ),
    "everybody a proxy, version 6": (
        '[server]\nproxy_networks = ["::/0"]\nclient_certificate_header = "X"',
        3,
        "server.proxy_networks",
        "everybody",
    ),
    "a header with an underscore": (
        '[server]\nclient_certificate_header = "X_Cert"',
        3,
        "server.client_certificate_header",
        "A-Za-z0-9-",
    ),
    "root name": (ROOT.format("A B", "x"), 3, "taxii.roots.name", "a-z0-9"),
    "root title with a dot": (ROOT.format("a", "v1.0"), 4, "taxii.roots.title", "without dots"),
    "second root": (
        ROOT.format("a", "A") + ROOT.format("b", "v2.0"),
        7,
        "taxii.roots.title",
        "without dots",
    ),
    "reserved root": (ROOT.format("taxii2", "x"), 3, "taxii.roots.name", "reserved"),
    "two roots of one name": (
        ROOT.format("a", "A") + ROOT.format("a", "B"),
        6,
        "taxii.roots.name",
        "same",
    ),
    "two roots of one title": (
        ROOT.format("a", "A") + ROOT.format("b", "A"),
        7,
        "taxii.roots.title",
        "same",
    ),
    "default root": ('[taxii]\ndefault_root = "x"', 3, "taxii.default_root", "hub"),
    "page size": (
        "[taxii]\nmax_page_size = 10\npage_size = 11",
        4,
        "taxii.page_size",
        "max_page_size",
    ),
    "certificate without key": ('[server]\ntls_cert = "c"', 3, "server.tls_cert", "tls_key"),
    "key without certificate": ('[server]\ntls_key = "k"', 3, "server.tls_key", "tls_cert"),
    "unknown in a section": ("[server]\nprot = 1", 3, "server.prot", "host, port, public_url"),
    "unknown in a root": (ROOT.format("a", "A") + "x = 1", 5, "taxii.roots.x", "name, title"),
    "unknown at the top": (
        "x = 1",
        2,
        "x",
        "secret_file, store, taxii, server, session, oidc, search, elastic, submit, feeds, log",
    ),
    "unknown section": (
        "[sevrer]",
        2,
        "sevrer",
        "secret_file, store, taxii, server, session, oidc, search, elastic, submit, feeds, log",
    ),
    "unknown section below": ("[store.x]", 2, "store.x", "path, busy_seconds"),
    "set by the program": ('folder = "/"', 2, "folder", "unknown"),
    "missing in a root": ('[[taxii.roots]]\nname = "a"', 2, "taxii.roots.title", "required"),
    "value for a section": ("server = 3", 2, "server", "`object`"),
    "comment after the header": ("[server] # x\nport = -1", 3, "server.port", ">= 0"),
    "commented line of the same name": (
        "[server]\n#port = 1\nport = -1",
        4,
        "server.port",
        ">= 0",
    ),
    "same name in another section": (
        '[taxii]\ntitle = ""\n' + ROOT.format("a", "A"),
        3,
        "taxii.title",
        "length >= 1",
    ),
}


@pytest.mark.parametrize(("text", "line", "setting", "allowed"), WRONG.values(), ids=WRONG)
def test_a_wrong_value_is_refused_with_its_line_and_what_is_allowed(
    file, text, line, setting, allowed
):
    message = refusal(file, text)
    assert message.startswith(f"{file}:{line}: ")
    assert f"`{setting}`" in message
    assert allowed in message


def test_a_missing_secret_file_is_named(file):
    file.write_text("[server]\nport = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(file)
    message = str(caught.value)
    assert message.startswith(f"{file}: `secret_file`: ")
    assert "required" in message
    assert "hub init" in message


BROKEN = {
    "not TOML": (b"[server\n", "line 1"),
    "twice the same": (b'secret_file = "a"\nsecret_file = "b"\n', "line 2"),
    "not UTF-8": (b'secret_file = "\xff"\n', "utf-8"),
}


@pytest.mark.parametrize(("content", "expected"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_read_as_toml(file, content, expected):
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert str(file) in str(caught.value)
    assert expected in str(caught.value)


def test_no_file_at_all_says_how_to_make_one(file):
    with pytest.raises(ConfigError, match="hub init"):
        load(file)


class TestUse:
    def test_defaults(self, file):
        config = loaded(file)
        given = frozenset({"secret_file"})
        assert config == Config("secret.key", folder=str(file.parent), given=given)
        assert config.store_path == file.parent / "hub.sqlite"
        assert config.taxii.roots[0].name == "hub"

    def test_values(self, file):
        config = loaded(file, '[server]\nport = 0\nmetrics_networks = []\n[store]\npath = "/x/y"')
        assert config.server.port == 0
        assert config.server.metrics_networks == ()
        assert str(config.store_path) == "/x/y"

    def test_settings_cannot_be_changed_later(self, file):
        with pytest.raises(AttributeError):
            loaded(file).server.port = 1

    URLS = (
        ({}, "http://127.0.0.1:8421"),
        ({"host": "::1", "port": 9}, "http://[::1]:9"),
        ({"host": "hub.local", "tls_cert": "c", "tls_key": "k"}, "https://hub.local:8421"),
        ({"public_url": "https://hub.example.org/"}, "https://hub.example.org"),
        ({"public_url": "https://hub.example.org:8443"}, "https://hub.example.org:8443"),
    )

    @pytest.mark.parametrize(("changes", "url"), URLS, ids=[url for _, url in URLS])
    def test_url(self, changes, url):
        assert Config("s", server=ServerSettings(**changes)).url == url


class TestTls:
    OPEN = ("0.0.0.0", "::", "192.0.2.1", "hub.example.org", "", "127.0.0.1.example.org", "127.1")
    LOOPBACK = ("127.0.0.1", "127.9.9.9", "::1", "localhost")

    @pytest.mark.parametrize("host", OPEN)
    def test_beyond_loopback_it_is_needed(self, file, host):
        message = refusal(file, f'[server]\nport = 1\nhost = "{host}"')
        assert message.startswith(f"{file}:4: `server.host`: ")
        for way_out in (
            "tls_cert",
            "tls_key",
            "127.0.0.1",
            "dangerously_serve_without_tls = true",
        ):
            assert way_out in message

    @pytest.mark.parametrize("host", OPEN)
    def test_with_a_certificate_any_address_will_do(self, file, host):
        text = f'[server]\nhost = "{host}"\ntls_cert = "c"\ntls_key = "k"'
        assert loaded(file, text).server.host == host

    @pytest.mark.parametrize("host", OPEN)
    def test_or_at_the_operators_own_risk(self, file, host):
        text = f'[server]\nhost = "{host}"\ndangerously_serve_without_tls = true'
        assert loaded(file, text).server.host == host

    @pytest.mark.parametrize("host", LOOPBACK)
    def test_on_loopback_it_is_not_needed(self, file, host):
        assert loaded(file, f'[server]\nhost = "{host}"').server.host == host


ISSUER = 'issuer = "https://id.example.org"\n'
CLIENT = 'client_id = "hub"\nclient_secret_file = "oidc.secret"\n'
PUBLIC = '[server]\npublic_url = "https://hub.example.org"\n'
OIDC = f"{PUBLIC}[oidc]\n{ISSUER}{CLIENT}"

WRONG_OIDC = {
    "no client": (f"{PUBLIC}[oidc]\n{ISSUER}", "oidc.client_id", "beside oidc.issuer"),
    "no secret": (
        f'{PUBLIC}[oidc]\n{ISSUER}client_id = "hub"',
        "oidc.client_secret_file",
        "beside oidc.issuer",
    ),
    "no address of the hub": (
        f"[oidc]\n{ISSUER}{CLIENT}",
        "server.public_url",
        "sends people",
    ),
    "no issuer": (f"[oidc]\n{CLIENT}", "oidc.issuer", "beside the other settings"),
    "only what it must say": ('[oidc]\namr = ["mfa"]', "oidc.issuer", "beside the other"),
    "in the clear": (
        f'{PUBLIC}[oidc]\nissuer = "http://id.example.org"\n{CLIENT}',
        "oidc.issuer",
        "must be https",
    ),
    "no address": (f'{PUBLIC}[oidc]\nissuer = "id.example.org"', "oidc.issuer", "https"),
    "with a query": (
        f'{PUBLIC}[oidc]\nissuer = "https://id.example.org?x"',
        "oidc.issuer",
        "https",
    ),
    "no list": (f'{OIDC}amr = "mfa"', "oidc.amr", "`array`"),
}


class TestOidc:
    @pytest.mark.parametrize(("text", "name", "reason"), WRONG_OIDC.values(), ids=WRONG_OIDC)
    def test_what_is_wrong_is_named(self, file, text, name, reason):
        message = refusal(file, text)
        assert f"`{name}`: " in message
        assert reason in message

    @pytest.mark.parametrize("host", ["127.0.0.1:9400", "localhost"])
    def test_on_this_machine_it_may_be_http(self, file, host):
        text = OIDC.replace("https://id.example.org", f"http://{host}/realm")
        assert loaded(file, text).oidc.issuer == f"http://{host}/realm"

    def test_without_the_extra_it_says_what_to_install(self, file, monkeypatch):
        monkeypatch.setattr(checks, "find_spec", lambda name: None)
        assert "incident-hub[oidc]" in refusal(file, OIDC)
        assert loaded(file).oidc.issuer == "", "without a provider it is not needed"

    def test_its_secret(self, file):
        secret = file.parent / "oidc.secret"
        secret.write_text(" s ecret: %\n")
        secret.chmod(0o600)
        assert loaded(file, OIDC).oidc_secret() == "s ecret: %"
        assert loaded(file).oidc_secret() == ""

    @pytest.mark.parametrize("mode", [0o640, 0o604])
    def test_its_secret_readable_by_others(self, file, mode):
        secret = file.parent / "oidc.secret"
        secret.write_text("hidden")
        secret.chmod(mode)
        with pytest.raises(ConfigError, match=f"chmod 600 {secret}") as caught:
            loaded(file, OIDC).oidc_secret()
        assert "hidden" not in str(caught.value)

    @pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff"])
    def test_its_secret_missing_or_empty(self, file, content):
        if content is not None:
            secret = file.parent / "oidc.secret"
            secret.write_bytes(content)
            secret.chmod(0o600)
        with pytest.raises(ConfigError, match=r"oidc\.client_secret_file"):
            loaded(file, OIDC).oidc_secret()


class TestSecret:
    @pytest.fixture
    def config(self, file):
        return loaded(file)

    @pytest.fixture
    def key(self, file):
        return file.parent / "secret.key"

    def put(self, key, text, mode=0o600):
        key.write_text(text, encoding="utf-8")
        key.chmod(mode)

    def refused(self, config):
        with pytest.raises(ConfigError, match="secret_file") as caught:
            config.secret()
        return str(caught.value)

    @pytest.mark.parametrize("text", ["ab" * 32, "AB" * 32 + "\n", "  " + "0f" * 32 + "\n\n"])
    def test_32_bytes_in_hex(self, config, key, text):
        self.put(key, text)
        assert config.secret() == bytes.fromhex(text)

    def test_missing(self, config):
        assert "hub init" in self.refused(config)

    @pytest.mark.parametrize("text", ["", "ab" * 31, "ab" * 33, "xy" * 32, "a " * 32, "٣" * 64])
    def test_anything_else(self, config, key, text):
        self.put(key, text)
        message = self.refused(config)
        assert "hub init" in message
        assert not text.strip() or text not in message, "no secret in a message"

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o601, 0o777])
    def test_readable_by_others(self, config, key, mode):
        self.put(key, "ab" * 32, mode)
        assert f"chmod 600 {key}" in self.refused(config)

    def test_a_folder(self, config, key):
        key.mkdir()
        self.refused(config)

    def test_an_absolute_path(self, file, tmp_path_factory):
        other = tmp_path_factory.mktemp("keys") / "k"
        write_secret(other)
        file.write_text(f'secret_file = "{other}"\n', encoding="utf-8")
        assert len(load(file).secret()) == 32

    def test_made_for_its_owner_alone_and_never_twice_the_same(self, key, config, tmp_path):
        write_secret(key)
        assert key.stat().st_mode & 0o777 == 0o600
        write_secret(tmp_path / "other")
        assert key.read_text() != (tmp_path / "other").read_text()
        assert len(config.secret()) == 32

    def test_never_overwritten(self, key):
        self.put(key, "mine")
        with pytest.raises(FileExistsError):
            write_secret(key)
        assert key.read_text() == "mine"


NAMED = re.compile(r"#?([a-z_]+) = (.+)")
HEADER = re.compile(r"#?(?:\[\[([a-z.]+)\]\]|\[([a-z.]+)\])")


def example_entries():
    """Dotted name, value as text and comment of each setting of the example file."""
    section, comment = "", []
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if header := HEADER.fullmatch(line):
            section = (header[1] or header[2]) + "."
        elif setting := NAMED.fullmatch(line):
            yield section + setting[1], setting[2], " ".join(comment)
        comment = [*comment, line[2:]] if line.startswith("# ") else []


EXAMPLE_ENTRIES = list(example_entries())


class TestExample:
    def test_names_every_setting_once_in_order(self):
        names = [name for name, _, _ in EXAMPLE_ENTRIES]
        assert sorted(names) == sorted(settings())
        for section in ("", "store.", "taxii.", "taxii.roots.", "server.", "log."):
            declared = [n for n in settings() if n.rpartition(".")[0] == section.rstrip(".")]
            assert [n for n in names if n in declared] == declared

    @pytest.mark.parametrize(
        ("name", "value", "comment"), EXAMPLE_ENTRIES, ids=[entry[0] for entry in EXAMPLE_ENTRIES]
    )
    def test_gives_meaning_and_default(self, file, name, value, comment):
        _, default, meaning = settings()[name]
        assert meaning.lower() in comment.lower()
        if default is msgspec.NODEFAULT:
            assert "required" in comment.lower()
        else:
            given = tomllib.loads(f"x = {value}")["x"]
            assert msgspec.convert(given, type(default)) == default

    def test_loads_as_it_is_and_says_what_the_defaults_are(self, file):
        text = EXAMPLE.read_text(encoding="utf-8")
        file.write_text(text, encoding="utf-8")
        assert load(file) == Config(
            "secret.key", folder=str(file.parent), given=frozenset({"secret_file"})
        )

    def test_loads_with_every_line_in_use(self, file):
        text = EXAMPLE.read_text(encoding="utf-8")
        in_use = re.sub(r"^#(?=[a-z\[])", "", text, flags=re.MULTILINE)
        assert len(re.findall(r"^[a-z_]+ = ", in_use, flags=re.MULTILINE)) == len(settings())
        file.write_text(in_use, encoding="utf-8")
        found = load(file)
        assert msgspec.structs.replace(found, given=frozenset()) == Config(
            "secret.key", folder=str(file.parent)
        )
        inside = {name for name in settings() if not name.startswith("taxii.roots.")}
        assert found.given >= inside - {"taxii.roots"}

    def test_says_what_stands_in_the_file(self, file):
        text = 'secret_file = "secret.key"\n[server]\nport = 8421\n[[taxii.roots]]\n'
        file.write_text(f'{text}name = "a"\ntitle = "A"\n', encoding="utf-8")
        assert load(file).given == {"secret_file", "server.port", "taxii.roots"}

    def test_every_setting_has_a_meaning(self):
        assert all(meaning for _, _, meaning in settings().values())


CLEAR = "dangerously_connect_without_tls = true"
WRONG_ELASTIC = {
    "no address": ('[search]\nengine = "elasticsearch"', "search.engine", "elastic.urls"),
    "in the clear": (
        '[elastic]\nurls = ["http://es1.example.org:9200"]',
        "elastic.urls",
        CLEAR,
    ),
    "in the clear by number": ('[elastic]\nurls = ["http://192.0.2.1"]', "elastic.urls", CLEAR),
    "one of several": (
        '[elastic]\nurls = ["https://es1:9200", "http://es2:9200"]',
        "elastic.urls",
        CLEAR,
    ),
    "no scheme": ('[elastic]\nurls = ["es1:9200"]', "elastic.urls", "https://"),
    "no host": ('[elastic]\nurls = ["https://:9200"]', "elastic.urls", "https://"),
    "no port": ('[elastic]\nurls = ["https://es1:x"]', "elastic.urls", "https://"),
    "a query": ('[elastic]\nurls = ["https://es1/?a=b"]', "elastic.urls", "https://"),
    "a password": (
        '[elastic]\nurls = ["https://elastic:hunter2@es1"]',
        "elastic.urls",
        "elastic.api_key_file",
    ),
    "a CA without TLS": (
        '[elastic]\nurls = ["http://127.0.0.1:9200"]\nca_file = "ca.pem"',
        "elastic.ca_file",
        "https",
    ),
    "a prefix in capitals": ('[elastic]\nprefix = "Hub-"', "elastic.prefix", "a-z0-9"),
    "a prefix that hides": ('[elastic]\nprefix = "-hub"', "elastic.prefix", "a-z0-9"),
    "an engine": ('[search]\nengine = "solr"', "search.engine", '"sqlite", "elasticsearch"'),
}


class TestElastic:
    @pytest.mark.parametrize(("text", "name", "reason"), WRONG_ELASTIC.values(), ids=WRONG_ELASTIC)
    def test_what_is_wrong_is_named(self, file, text, name, reason):
        message = refusal(file, text)
        assert f"`{name}`: " in message
        assert reason in message
        assert "hunter2" not in message

    @pytest.mark.parametrize(
        "text",
        [
            'urls = ["http://127.0.0.1:9200", "http://localhost", "http://[::1]:9200"]',
            'urls = ["https://es1.example.org:9200/path"]\nca_file = "ca.pem"',
            f'urls = ["http://es1.example.org"]\n{CLEAR}',
        ],
    )
    def test_what_is_right(self, file, text):
        assert loaded(file, f'[search]\nengine = "elasticsearch"\n[elastic]\n{text}').elastic.urls

    def test_its_key(self, file):
        text = '[elastic]\nurls = ["https://es1"]\napi_key_file = "es.key"\nca_file = "ca.pem"'
        key, ca = file.parent / "es.key", file.parent / "ca.pem"
        assert loaded(file).elastic_key() == ""
        with pytest.raises(ConfigError, match=r"elastic\.ca_file"):
            loaded(file, text).elastic_key()
        ca.touch()
        with pytest.raises(ConfigError, match=r"elastic\.api_key_file: cannot read"):
            loaded(file, text).elastic_key()
        key.touch(mode=0o600)
        with pytest.raises(ConfigError, match="is empty"):
            loaded(file, text).elastic_key()
        key.write_text('{"encoded": "aWQ6a2V5"}')
        with pytest.raises(ConfigError, match="`encoded`"):
            loaded(file, text).elastic_key()
        key.write_text("aWQ6a2V5==\n")
        assert loaded(file, text).elastic_key() == "aWQ6a2V5=="
        key.chmod(0o640)
        with pytest.raises(ConfigError, match="chmod 600"):
            loaded(file, text).elastic_key()
