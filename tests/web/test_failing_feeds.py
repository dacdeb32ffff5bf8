"""Feeds and a delivery that fail: each in its own way, in the language of the page, without a key."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.app import delivery_folder, desk_of, feed_folder, open_counters
from hub.cli import feed_view
from hub.cli.base import CONSOLE
from hub.model.clock import now_us
from hub.model.party import Role
from hub.service.deliveries.definition import load_all
from hub.service.deliveries.run import Depot
from hub.service.deliveries.runner import Deliverer
from hub.service.directory import Parties
from hub.service.feeds.health import Feeds
from hub.service.feeds.runner import Runner
from tests.connectors import servers
from tests.http.asking import Hub
from tests.web.conftest import Person, opened
from tests.web.surfing import Surfer

KEY = "q7Zr2Lw9Xk4Tn8Vb3Ym6Pc1D"
WRITTEN = "Hj5Sd8Gf2Wp9Ra4Eu7Ko1Zm3"
FEED = """
title = "Nguồn {name}"
connector = "{connector}"
enabled = true
account = "publisher"
collection = "shared"
{top}

[source]
{source}
"""
LIST = """
connector = "csv"
enabled = true
account = "publisher"
collection = "shared"

[source]
path = "list.csv"
"""
HOOK = "whsec_" + base64.b64encode(b"a secret of enough bytes for all").decode()
LOOP = 'networks = ["127.0.0.0/8"]\n'


def failing(url: str) -> dict[str, tuple[str, str, str, str]]:
    """Connector, top, [source] and what the page says in Vietnamese."""

    def keyed(name: str) -> str:
        return f'url = "{url}/{{token}}/{name}"\ntoken = "env:KEY_OF_A_FEED"'

    timeouts = LOOP + "timeouts = { read = 0.5 }\n"
    return {
        "login": ("text", LOOP, keyed("login"), "trả về 401: thông tin xác thực thiếu, sai"),
        "page": ("json", LOOP, keyed("page"), "Nhận được một trang web thay vì JSON"),
        "slow": ("csv", timeouts, keyed("slow"), "không gửi gì trong 0.5 giây"),
        "inside": ("text", LOOP, keyed("inside"), "10.1.2.3 là mạng riêng"),
        "private": ("text", "", keyed("page"), "127.0.0.1 là chính máy này"),
        "tls": ("text", LOOP, 'url = "https:' + url[5:] + '/"', "TLS với 127.0.0.1 thất bại"),
        "away": ("text", LOOP, 'url = "http://127.0.0.1:9/"', "bị từ chối kết nối"),
        "written": ("taxii", LOOP, f'url = "{url}/{WRITTEN}/"', "***"),
        "unset": (
            "text",
            LOOP,
            f'url = "{url}/{{token}}"\ntoken = "env:NEVER_SET"',
            "Biến môi trường NEVER_SET chưa được đặt",
        ),
    }


def routes() -> dict[str, servers.Route]:
    return {
        f"/{KEY}/login": lambda handler: handler.reply(b"", 401),
        f"/{KEY}/page": lambda handler: handler.reply(b"<!doctype html><p>Please log in"),
        f"/{KEY}/slow": servers.stalls,
        f"/{KEY}/inside": lambda handler: handler.reply(
            b"", 302, Location=f"http://10.1.2.3/{KEY}/a"
        ),
        f"/{WRITTEN}/": lambda handler: handler.reply(b"{}", 401),
        f"/hook/{KEY}": lambda handler: handler.reply(b"", 403),
    }


DELIVERY = """
title = "Chuyển cho đối tác"
connector = "webhook"
enabled = true
account = "publisher"
start = "all"
networks = ["127.0.0.0/8"]

[target]
url = "{url}/hook/{token}?sig={token}"
token = "env:KEY_OF_A_FEED"
secret = "env:HOOK"
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """One without the feeds and deliveries of other tests."""
    with opened(tmp_path_factory.mktemp("failing")) as made:
        yield made


@pytest.fixture(scope="module")
def flows(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, str]]:
    """The hub after one run of each, and what its log says of them."""
    folder = Path(hub.config.folder, hub.config.feeds.folder)
    folder.mkdir()
    log = tmp_path_factory.mktemp("log") / "log"
    kept = logging.FileHandler(log)
    logging.getLogger().addHandler(kept)
    with servers.serving(routes()) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEY_OF_A_FEED", KEY)
        patch.setenv("HOOK", HOOK)
        for name, (connector, top, source, _) in failing(server.url).items():
            text = FEED.format(name=name, connector=connector, top=top, source=source)
            (folder / f"{name}.toml").write_text(text)
        desk = desk_of(hub.config, hub.store, open_counters(hub.config))
        known = feed_folder(hub.config).read()
        assert not known.broken
        for feed in known.feeds.values():
            report = Runner(desk).run(feed)
            assert report
            assert report.outcome == "failed", feed.name
        publish(hub, folder)
        deliver(hub, server.url)
        yield hub, server.url
    logging.getLogger().removeHandler(kept)
    kept.close()
    assert KEY not in log.read_text()
    assert WRITTEN not in log.read_text()


def publish(hub: Hub, folder: Path) -> None:
    """Something that can be delivered."""
    (folder / "list.csv").write_text("Type,Indicator\nip,198.51.100.79\n")
    (folder / "list.toml").write_text(LIST)
    desk = desk_of(hub.config, hub.store, open_counters(hub.config))
    report = Runner(desk).run(feed_folder(hub.config).read().feeds["list"])
    assert report
    assert report.outcome == "well"


def deliver(hub: Hub, url: str) -> None:
    """One run of a delivery to a receiver that does not want it."""
    folder = delivery_folder(hub.config)
    folder.mkdir()
    (folder / "partner.toml").write_text(DELIVERY.replace("{url}", url))
    depot = Depot(hub.store, Parties(hub.store), hub.config.url)
    found, faulty = load_all(folder)
    assert not faulty
    ending = Deliverer(depot).run(found["partner"])
    assert ending
    assert ending.outcome == "failed"


def surf(hub: Hub, name: str, lang: str) -> Surfer:
    surfer = Surfer(hub, lang)
    surfer.log_in(name)
    return surfer


@pytest.mark.parametrize("name", sorted(failing("http://x")))
def test_why_a_feed_failed_is_said_in_vietnamese_and_without_a_key(
    flows: tuple[Hub, str], person: Person, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hub, url = flows
    expected = failing(url)[name][-1]
    pages = surf(hub, person(Role.COORDINATOR), "vi")
    listed, one = pages.get("/feeds"), pages.get(f"/feeds/{name}")
    assert expected.lower() in one.text.lower()
    assert expected.lower() in listed.text.lower()
    for page in (listed, one, surf(hub, person(Role.ADMINISTRATOR), "en").get(f"/feeds/{name}")):
        assert KEY not in page.html
        assert WRITTEN not in page.html
    if "{token}" in failing(url)[name][2]:
        assert "{token}" in one.text
    assert "Check its user" not in listed.html
    feeds = Feeds(hub.store, feed_folder(hub.config), clock=now_us)
    health, history = feeds.one(CONSOLE, name), feeds.history(CONSOLE, None, name, 20)
    feed_view.tell(health, history)
    said = capsys.readouterr().out + repr(feed_view.document(health, history))
    kept = repr((hub.store.job(f"feed:{name}"), hub.store.job_runs(f"feed:{name}", 20)))
    for text in (said, kept):
        assert KEY not in text
        assert WRITTEN not in text


def test_why_a_delivery_failed_is_said_in_vietnamese_and_without_its_key(
    flows: tuple[Hub, str], person: Person
) -> None:
    hub, _ = flows
    pages = surf(hub, person(Role.ADMINISTRATOR), "vi")
    for path in ("/deliveries", "/deliveries/partner"):
        page = pages.get(path)
        assert (
            "127.0.0.1 trả về 403: thông tin xác thực thiếu, sai hoặc không đủ quyền" in page.text
        )
        assert "credentials" not in page.text
        assert KEY not in page.html
    kept = repr((hub.store.job("delivery:partner"), hub.store.job_runs("delivery:partner", 20)))
    assert KEY not in kept
