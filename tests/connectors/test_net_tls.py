"""TLS and proxies on the way out."""

from __future__ import annotations

import socket
from ipaddress import ip_network

import pytest

from connectors.errors import Unreachable, Unsafe
from connectors.net import Limits, Net
from hub.errors import ConfigError
from tests.connectors.servers import ca_file, context_for, serving, text, to
from tests.pki import STRANGER, Client

LOOPBACK = (ip_network("127.0.0.0/8"),)


def net_of(**limits):
    return Net(Limits(networks=LOOPBACK, connect_s=2, read_s=2, whole_s=5)._replace(**limits))


@pytest.fixture
def known(monkeypatch):
    """A name of this machine."""
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *a, **k: real("127.0.0.1" if host.endswith(".test") else host, *a, **k),
    )


class TestTls:
    def test_the_certificate_is_that_of_the_name(self, tmp_path, known):
        with serving({"/a": text(b"here")}, context_for(tmp_path, "source.test")) as server:
            net = net_of(ca_file=ca_file(tmp_path))
            at = f":{server.server_port}/a"
            assert net.get(f"https://source.test{at}").body == b"here"
            for name in ("other.test", "127.0.0.1"):
                with pytest.raises(Unreachable, match="is not valid") as caught:
                    net.get(f"https://{name}{at}")
                assert not caught.value.passing

    def test_a_ca_that_nobody_trusts(self, tmp_path):
        for context, ca in (
            (context_for(tmp_path, "127.0.0.1"), ""),
            (context_for(tmp_path, "127.0.0.1", by=STRANGER), ca_file(tmp_path)),
            (context_for(tmp_path, "127.0.0.1", days=-1), ca_file(tmp_path)),
        ):
            with (
                serving({}, context) as server,
                pytest.raises(Unreachable, match="certificate") as caught,
            ):
                net_of(ca_file=ca).get(server.url)
            assert "ca_file" in caught.value.remedy

    def test_a_server_without_tls(self):
        with serving({}) as server, pytest.raises(Unreachable, match="TLS with"):
            net_of().get(server.url.replace("http:", "https:"))

    def test_https_does_not_become_http(self, tmp_path):
        with serving({"/b": text(b"x")}) as plain:
            routes = {"/a": to(f"{plain.url}/b")}
            with (
                serving(routes, context_for(tmp_path, "127.0.0.1")) as server,
                pytest.raises(Unsafe, match="from https to http"),
            ):
                net_of(ca_file=ca_file(tmp_path)).get(f"{server.url}/a")
        assert plain.asked == []

    def test_files_that_cannot_be_read(self, tmp_path):
        with pytest.raises(ConfigError, match="ca_file"):
            net_of(ca_file=str(tmp_path / "none.pem")).get("http://127.0.0.1/")
        with pytest.raises(ConfigError, match="cert"):
            net_of(certificate=(str(tmp_path / "a"), str(tmp_path / "b"))).get("http://127.0.0.1/")


class TestClientCertificate:
    def test_it_is_shown_to_the_origin_alone(self, tmp_path):
        def shown(handler):
            found = handler.connection.getpeercert()
            handler.reply(b"known" if found else b"unknown")

        ca = ca_file(tmp_path)
        context = context_for(tmp_path, "127.0.0.1", clients=ca)
        net = net_of(ca_file=ca, certificate=Client().write(tmp_path))
        with serving({"/who": shown}, context) as other:
            routes = {"/who": shown, "/away": to(f"{other.url}/who")}
            with serving(routes, context) as server:
                assert net.get(f"{server.url}/who").body == b"known"
                assert net.get(f"{server.url}/away").body == b"unknown"


class TestProxy:
    def proxied(self, proxy, **limits):
        return net_of(proxy=proxy.url, **limits)

    def test_http(self):
        target = "http://source.example.org/a"
        with serving({target: text(b"by proxy")}) as proxy:
            assert self.proxied(proxy).get(target).body == b"by proxy"
        assert proxy.asked[0].path == target

    def test_https_is_checked_from_end_to_end(self, tmp_path, known):
        with (
            serving({"/a": text(b"here")}, context_for(tmp_path, "source.test")) as server,
            serving({}) as proxy,
        ):
            proxy.leads = {"source.test": "127.0.0.1", "other.test": "127.0.0.1"}
            net = self.proxied(proxy, ca_file=ca_file(tmp_path))
            at = f":{server.server_port}/a"
            assert net.get(f"https://source.test{at}").body == b"here"
            with pytest.raises(Unreachable, match="certificate"):
                net.get(f"https://other.test{at}")
        assert {asked.method for asked in proxy.asked} == {"CONNECT"}

    @pytest.mark.parametrize(
        "url",
        ["http://10.0.0.1/", "http://169.254.169.254/", "http://localhost/", "https://[::1]/"],
    )
    def test_what_can_be_seen_from_here_is_refused(self, url):
        with serving({}) as proxy, pytest.raises(Unsafe):
            Net(Limits(proxy=proxy.url)).get(url)
        assert proxy.asked == []

    def test_redirects_are_looked_at_too(self):
        target = "http://source.example.org/a"
        routes = {target: to("http://169.254.169.254/")}
        with serving(routes) as proxy, pytest.raises(Unsafe):
            self.proxied(proxy).get(target)
        assert len(proxy.asked) == 1

    def test_a_proxy_that_is_away(self):
        with serving({}) as proxy:
            pass
        with pytest.raises(Unreachable, match="proxy"):
            self.proxied(proxy).get("http://source.example.org/a")
