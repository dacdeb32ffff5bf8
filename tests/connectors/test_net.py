"""The way out, against real servers: what is fetched, and how every bad server ends."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network

import pytest
import requests
from requests.auth import HTTPBasicAuth

from connectors.errors import (
    Absent,
    LoginNeeded,
    NotUnderstood,
    Refused,
    TooLarge,
    Unreachable,
    Unsafe,
)
from connectors.net import Known, Limits, Net
from tests.connectors import servers
from tests.connectors.servers import serving, text, to

LIMITS = Limits(
    networks=(ip_network("127.0.0.0/8"),),
    connect_s=30,
    read_s=30,
    whole_s=60,
    most_bytes=1_000_000,
)
SILENCE = LIMITS._replace(read_s=0.6)
IN_ALL = LIMITS._replace(whole_s=1.5)
"""For servers without an end; one limit each, so that on no machine another one comes first."""


@pytest.fixture
def net() -> Net:
    return Net(LIMITS)


class TestGood:
    def test_what_comes(self, net):
        body = b"evil.vn\n" * 1_000
        routes = {"/a": text(body, Content_Type='Text/Plain; charset="UTF-8"', ETag='"1"')}
        with serving(routes) as server:
            answer = net.get(f"{server.url}/a?key=1#part")
        assert answer.body == body
        assert (answer.media_type, answer.charset) == ("text/plain", "utf-8")
        assert (answer.known, answer.unchanged) == (Known('"1"', ""), False)
        assert server.asked[0].path == "/a?key=1"

    @pytest.mark.parametrize("packing", ["gzip", "x-gzip", "deflate", "deflate, bare", "members"])
    def test_packed(self, net, packing):
        body = b"evil.vn\n" * 10_000
        bare = zlib.compressobj(wbits=-15)
        packed = {
            "deflate": zlib.compress(body),
            "deflate, bare": bare.compress(body) + bare.flush(),
            "members": gzip.compress(body[:50]) + gzip.compress(body[50:]) + bytes(20),
        }.get(packing, gzip.compress(body))
        name = "gzip" if packing == "members" else packing.partition(",")[0]
        with serving({"/a": text(packed, Content_Encoding=name)}) as server:
            assert net.get(f"{server.url}/a").body == body
        assert server.asked[0].headers["accept-encoding"] == "gzip, deflate"

    def test_only_what_changed(self, net):
        def route(handler):
            known = handler.headers["If-None-Match"], handler.headers["If-Modified-Since"]
            handler.reply(b"", 304) if known == ('"7"', "yesterday") else handler.reply(b"new")

        with serving({"/a": route}) as server:
            again = net.get(f"{server.url}/a", known=Known('"7"', "yesterday"))
            assert (again.unchanged, again.body) == (True, b"")
            assert net.get(f"{server.url}/a", known=Known('"8"', "")).body == b"new"

    def test_redirects_are_followed(self, net):
        routes = {"/a": to("/b"), "/b": to("c?d", 308), "/c": text(b"here")}
        with serving(routes) as server:
            answer = net.get(f"{server.url}/a")
        assert (answer.body, answer.url) == (b"here", f"{server.url}/c?d")

    def test_the_environment_names_no_proxy(self, net, monkeypatch):
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        with serving({"/a": text(b"here")}) as server:
            assert net.get(f"{server.url}/a").body == b"here"


class TestCredentials:
    def test_they_go_to_the_origin_alone(self, net):
        with serving({"/end": text(b"here")}) as other:
            routes = {"/a": to("/b"), "/b": to(f"{other.url}/end")}
            with serving(routes) as server:
                net.get(
                    f"{server.url}/a",
                    headers={"X-Api-Key": "s3cret", "Accept": "text/csv"},
                    auth=HTTPBasicAuth("a", "b"),
                )
        for asked in server.asked:
            assert asked.headers["x-api-key"] == "s3cret"
            assert asked.headers["authorization"].startswith("Basic ")
        [at_other] = other.asked
        assert at_other.headers["accept"] == "text/csv"
        assert not {"authorization", "x-api-key", "cookie"} & set(at_other.headers)

    def test_back_again_they_stay_away(self, net):
        """Whoever was led away and back is led by a stranger."""
        with serving({}) as other, serving({"/end": text(b"here")}) as server:
            server.routes["/a"] = to(f"{other.url}/b")
            other.routes["/b"] = to(f"{server.url}/end")
            net.get(f"{server.url}/a", auth=HTTPBasicAuth("a", "b"))
        assert "authorization" not in server.asked[-1].headers

    @pytest.mark.parametrize("url", ["http://a:b@127.0.0.1/", "https://token@example.org/x"])
    def test_none_in_an_address(self, net, url):
        with pytest.raises(Unsafe, match="credentials"):
            net.get(url)

    def test_no_secret_in_an_error(self, net):
        with serving({"/s3cret": servers.circles}) as server:
            for path in ("/s3cret", "/s3cret/none?s3cret"):
                with pytest.raises((Refused, Absent)) as caught:
                    net.get(server.url + path, headers={"X-Key": "s3cret"})
                assert "s3cret" not in caught.value.text()


class TestBad:
    @pytest.mark.parametrize(
        ("route", "error", "words"),
        [
            (servers.announces_more, NotUnderstood, "only a part came"),
            (servers.announces_less, NotUnderstood, "more than it announced"),
            (servers.announces_terabytes, TooLarge, "more than 1000000 bytes"),
            (servers.announces_no_number, TooLarge, "more than 1000000 bytes"),
            (servers.cuts_chunks, NotUnderstood, "only a part came"),
            (servers.ends_between_chunks, NotUnderstood, "only a part came"),
            (servers.cuts_gzip, NotUnderstood, "only a part came"),
            (servers.bombs, TooLarge, "more than 1000000 bytes"),
            (servers.never_ends, TooLarge, "more than 1000000 bytes"),
            (servers.circles, Refused, "more than 5 times, or in a circle"),
            (servers.speaks_no_http, NotUnderstood, "is not HTTP"),
            (text(b"x", Content_Encoding="br"), NotUnderstood, "not asked for"),
            (text(b"xyz", Content_Encoding="gzip"), NotUnderstood, "damaged"),
            (to("http://10.1.2.3/"), Unsafe, "a private network"),
            (to("http://169.254.169.254/latest/"), Unsafe, "credentials"),
            (to("http://[::1]/"), Unsafe, "this computer itself"),
            (to("http://[::1"), Unsafe, "no address of the web"),
            (to("http://[::ffff:192.168.0.1]/"), Unsafe, "a private network"),
            (to("http://3232235521/"), Unsafe, "a private network"),
            (to("file:///etc/passwd"), Unsafe, "only http and https"),
            (to("gopher://127.0.0.1/"), Unsafe, "only http and https"),
            (to("//a:b@127.0.0.1/"), Unsafe, "credentials in it"),
        ],
    )
    def test_it_ends_with_a_reason(self, net, route, error, words):
        with serving({"/a": route}) as server, pytest.raises(error, match=words):
            net.get(f"{server.url}/a")

    @pytest.mark.parametrize(
        ("route", "limits", "words"),
        [
            (servers.stalls, SILENCE, "sent nothing for 0.6 s"),
            (servers.stops_in_between, SILENCE, "sent nothing for 0.6 s"),
            (servers.drips, IN_ALL, "did not finish within 1.5 s"),
            (servers.drips_headers, IN_ALL, "did not finish within 1.5 s"),
            (servers.drips_chunks, IN_ALL, "did not finish within 1.5 s"),
        ],
    )
    def test_a_server_without_an_end_is_left(self, route, limits, words):
        began = time.monotonic()
        with serving({"/a": route}) as server, pytest.raises(Unreachable, match=words):
            Net(limits).get(f"{server.url}/a")
        assert time.monotonic() - began < servers.LONGEST_S

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (401, LoginNeeded),
            (403, LoginNeeded),
            (404, Absent),
            (410, Absent),
            (500, Unreachable),
            (418, Refused),
            (304, NotUnderstood),
            (206, Refused),
        ],
    )
    def test_status(self, net, status, error):
        with (
            serving({"/a": lambda h: h.reply(b"", status)}) as server,
            pytest.raises(error, match=r"127\.0\.0\.1"),
        ):
            net.get(f"{server.url}/a")

    @pytest.mark.parametrize("status", [429, 503])
    def test_it_says_how_long_to_wait(self, net, status):
        at = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
        for text_, least, most in (("120", 120, 120), (at, 80, 90), ("soon", 0, 0), ("", 0, 0)):
            routes = {"/a": lambda h, t=text_: h.reply(b"", status, Retry_After=t)}
            with serving(routes) as server, pytest.raises(Unreachable) as caught:
                net.get(f"{server.url}/a")
            assert least <= caught.value.wait_s <= most

    def test_nobody_listens(self, net):
        with serving({}) as server:
            pass
        with pytest.raises(Unreachable, match="refused"):
            net.get(server.url)


class TestNames:
    @pytest.fixture
    def names(self, monkeypatch):
        """Names that lead where a test says, each time to the next list of addresses."""
        asked: list[str] = []
        leads: dict[str, list[list[str]]] = {}
        real = socket.getaddrinfo

        def answer(host, port, *args, **kwargs):
            if host not in leads:
                return real(host, port, *args, **kwargs)
            asked.append(host)
            answers = leads[host]
            found = answers.pop(0) if len(answers) > 1 else answers[0]
            return [entry for a in found for entry in real(a, port, *args, **kwargs)]

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        return leads, asked

    def test_the_connection_goes_to_what_was_checked(self, net, names):
        leads, asked = names
        leads["rebinds.test"] = [["127.0.0.1"], ["10.0.0.1"]]
        with serving({"/a": text(b"here")}) as server:
            url = server.url.replace("127.0.0.1", "rebinds.test")
            assert net.get(f"{url}/a").body == b"here"
        assert asked == ["rebinds.test"]
        assert server.asked[0].headers["host"] == f"rebinds.test:{server.server_port}"

    def test_one_bad_address_is_enough(self, names):
        names[0]["mixed.test"] = [["192.0.32.8", "10.0.0.1"]]
        with pytest.raises(Unsafe, match=r"mixed.test leads to 10.0.0.1, which is a private"):
            Net().get("http://mixed.test/")

    def test_an_unknown_name(self, net):
        with pytest.raises(Unreachable, match="cannot be resolved"):
            net.get("http://nobody.invalid/")

    def test_a_slow_resolver(self, monkeypatch):
        over = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [] if over.wait(60) else None)
        with pytest.raises(Unreachable, match=r"not resolved within 0.2 s"):
            Net(LIMITS._replace(connect_s=0.2)).get("http://slow.test/")
        over.set()


class TestSessions:
    """What libraries with a session of their own do."""

    @pytest.fixture
    def session(self, net):
        return self.made(net)

    def made(self, net):
        session = requests.Session()
        session.trust_env = False
        for scheme in ("http://", "https://"):
            session.mount(scheme, net.adapter())
        return session

    def test_an_answer(self, session):
        with serving({"/a": text(b'{"a": 1}'), "/b": to("/a")}) as server:
            assert session.get(f"{server.url}/b").json() == {"a": 1}
            assert session.post(f"{server.url}/a", json={}).status_code == 200
            assert session.get(f"{server.url}/none").status_code == 404

    @pytest.mark.parametrize(
        ("route", "limits"), [(servers.stalls, SILENCE), (servers.drips, IN_ALL)]
    )
    def test_what_a_session_says_does_not_widen_the_limits(self, route, limits):
        began = time.monotonic()
        with serving({"/a": route}) as server, pytest.raises(Unreachable):
            self.made(Net(limits)).get(f"{server.url}/a", timeout=600, verify=False)
        assert time.monotonic() - began < servers.LONGEST_S

    @pytest.mark.parametrize(
        ("route", "error"),
        [
            (servers.circles, Refused),
            (servers.bombs, TooLarge),
            (servers.announces_more, NotUnderstood),
            (to("http://10.0.0.1/"), Unsafe),
        ],
    )
    def test_bad_servers(self, session, route, error):
        with serving({"/a": route}) as server, pytest.raises(error):
            session.get(f"{server.url}/a")

    def test_what_is_sent_is_not_led_on(self, session):
        with serving({"/a": to("/b", 307)}) as server, pytest.raises(Refused, match="redirects"):
            session.post(f"{server.url}/a", data=b"x")
        assert len(server.asked) == 1


class TestWires:
    def test_a_wire(self, net):
        with (
            serving({"/": text(b"here")}) as server,
            net.connect("127.0.0.1", server.server_port) as wire,
        ):
            assert wire.gettimeout() == LIMITS.read_s
            wire.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert wire.recv(100).startswith(b"HTTP/1.")

    def test_none_to_where_it_may_not_go(self):
        with pytest.raises(Unsafe):
            Net().connect("localhost", 25)
