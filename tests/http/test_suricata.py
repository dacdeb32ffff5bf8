"""A sensor that loads the exported rules raises the alarm at what they mean, and at nothing else."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests import fakes
from tests.checkers import SURICATA
from tests.http.asking import Hub
from tests.http.searching import indicator, opened
from tests.tools import pcap

pytestmark = pytest.mark.skipif(
    SURICATA is None, reason="suricata tests: NOT RUN (there is no suricata)"
)

PATTERNS = (
    "[domain-name:value = 'evil.example']",
    "[url:value = 'http://pages.example/a;b/login.php?u=\"x|y\"&z=%20']",
    "[url:value = 'http://first-page.example/']",
    "[ipv4-addr:value = '198.51.100.7']",
    "[url:value = 'http://[2001:db8::7]/x']",
    "[file:name = 'update.exe']",
)
SEEN = {
    "domain evil.example": [
        pcap.query("evil.example"),
        pcap.query("www.EVIL.example"),
        pcap.hello("login.evil.example"),
        pcap.request("evil.example/"),
    ],
    "url http_//pages.example/a_b/login.php": [
        pcap.request('pages.example/a;b/login.php?u="x|y"&z=%20')
    ],
    "url http_//first-page.example/": [pcap.request("first-page.example/")],
    "url http_//_2001_db8_7_/x": [pcap.request("[2001:db8::7]/x")],
    "file update.exe": [pcap.request("any.example/dl/Update.exe")],
    "ip 198.51.100.7": [pcap.ping("198.51.100.7")],
}
HARMLESS = [
    pcap.query("notevil.example"),
    pcap.query("evil.example.org"),
    pcap.hello("notevil.example"),
    pcap.request("pages.example/a;b/login.php"),
    pcap.request('other.example/a;b/login.php?u="x|y"&z=%20'),
    pcap.request("www.first-page.example/"),
    pcap.request("first-page.example/other"),
    pcap.request("any.example/dl/myupdate.exe"),
    pcap.ping("198.51.100.70"),
]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file as a sensor pulls it."""
    folder = tmp_path_factory.mktemp("suricata")
    with opened(folder, fakes.Clock(fakes.START_US + 60_000_000)) as hub:
        return _rules(hub, folder / "hub.rules")


def _rules(hub: Hub, file: Path) -> Path:
    room = hub.room()
    room.add(*(indicator(number, text) for number, text in enumerate(PATTERNS, start=1)))
    path = f"/export/collections/{room.collection.alias}/suricata.rules?types=ip,domain,url,file"
    answer = hub.get(path, account="publisher", headers={"Accept": None})
    assert answer.status_code == 200, answer.data
    file.write_bytes(answer.data)
    return file


def alarms(rules: Path, folder: Path, traffic: list[bytes]) -> list[str]:
    """The messages of the sensor, in no order."""
    pcap.write(folder / "traffic.pcap", traffic)
    assert SURICATA is not None
    # These rules alone, and no checks of checksums.
    command = [*SURICATA, "-S", rules, "-k", "none", "-r", folder / "traffic.pcap", "-l", folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr.lower(), done.stderr
    found = (folder / "fast.log").read_text(encoding="utf-8")
    return re.findall(r"\] HUB (.*?) \[\*\*\]", found)


@pytest.mark.parametrize("message", SEEN)
def test_each_is_noticed(rules: Path, tmp_path: Path, message: str) -> None:
    for number, traffic in enumerate(SEEN[message]):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        found = alarms(rules, folder, traffic)
        assert found, number
        assert all(text.startswith(message) for text in found), found


def test_nothing_else_is(rules: Path, tmp_path: Path) -> None:
    assert alarms(rules, tmp_path, [packet for traffic in HARMLESS for packet in traffic]) == []
