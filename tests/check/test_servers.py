"""The kit against real servers: the hub has full marks, and medallion the faults it is known for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.check.catalogue import Verdict
from connectors.check.report import Report
from connectors.check.run import Plan, check
from connectors.check.wire import Bounds, Login, Trust
from connectors.errors import LoginNeeded, Unreachable
from tests import fakes
from tests.bench.servers import Medallion
from tests.e2e.certificates import write_certificate
from tests.e2e.serving import Server, serving

BOUNDS = Bounds(requests=900, seconds=120, answer_s=30)
PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "servers-compared.md"
ACCOUNT, PASSWORD = "checker", "a password of its own"
TLS = """
[server]
port = 0
workers = 2
threads = 4
tls_cert = "server.pem"
tls_key = "server-key.pem"
"""


def failed(report: Report) -> set[str]:
    return {line.id for line in report.checks if line.verdict == Verdict.FAIL}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("checked")
    certificate = write_certificate(folder)
    with serving(folder, TLS, verify=str(certificate)) as running:
        yield running


@pytest.fixture(scope="module")
def report(hub: Server) -> Report:
    other = hub.room()
    other.add(*(fakes.indicator(n) for n in range(5)))
    plan = Plan(hub.url, write=hub.room().collection.id, risky=True, bounds=BOUNDS)
    return check(plan, Login(token=fakes.token_of("publisher")), Trust(str(hub.verify)))


class TestHub:
    def test_it_has_full_marks(self, report: Report) -> None:
        assert failed(report) == set()
        assert report.score.level == "full marks"
        assert report.notes == report.left_behind == []
        assert (report.score.must.passed, report.score.must.not_tried) == (119, 0)

    def test_every_check_was_made(self, report: Report) -> None:
        """What does not apply is named here, so that no check falls asleep unseen."""
        passed = [line.id for line in report.checks if line.verdict == Verdict.PASS]
        others = {line.id: line.said for line in report.checks if line.id not in passed}
        assert others == {"AD-31": "it is not refused as a whole"}

    def test_a_password_and_reading_alone(self, hub: Server) -> None:
        room = hub.room()
        room.add(*(fakes.indicator(n) for n in range(30)))
        login, trust = Login("reader", fakes.PASSWORD), Trust(str(hub.verify))
        found = check(Plan(room.server.url + room.path, bounds=BOUNDS), login, trust)
        assert failed(found) == set()
        assert found.collection == room.collection.id
        assert found.score.must.passed > 80

    def test_without_credentials(self, hub: Server) -> None:
        """Who never logged in may be asked to, before anything is said of what is not there."""
        found = check(Plan(f"{hub.url}/hub/", bounds=BOUNDS), Login(), Trust(str(hub.verify)))
        assert failed(found) == set()

    def test_wrong_credentials(self, hub: Server) -> None:
        with pytest.raises(LoginNeeded, match="does not take these credentials"):
            check(Plan(f"{hub.url}/hub/"), Login(token="wrong"), Trust(str(hub.verify)))

    def test_an_unknown_authority_is_not_trusted(self, hub: Server) -> None:
        with pytest.raises(Unreachable, match="certificate does not hold"):
            check(Plan(hub.url), Login(), Trust())


class Reference(Medallion):
    """medallion with the absolute address of its API root, as its documents have it."""

    def prepare(self) -> tuple[str, str]:
        found = super().prepare()
        at = self.data / "data.json"
        data = json.loads(at.read_text(encoding="utf-8"))
        data["/discovery"]["api_roots"] = [f"http://127.0.0.1:{self.port}/bench/"]
        at.write_text(json.dumps(data), encoding="utf-8")
        at = self.data / "medallion.json"
        config = json.loads(at.read_text(encoding="utf-8"))
        config["users"][ACCOUNT] = PASSWORD
        at.write_text(json.dumps(config), encoding="utf-8")
        return found


def medallion(folder: Path) -> Report:
    """A run against medallion 3.0.0, without the race, whose outcome is a matter of luck there."""
    server = Reference(folder)
    server.start()
    try:
        name = server.path.split("/")[-2]
        url = f"http://127.0.0.1:{server.port}/bench/"
        plan = Plan(url, write=name, race_s=0, risky=True, bounds=BOUNDS)
        return check(plan, Login(ACCOUNT, PASSWORD), Trust())
    finally:
        server.stop()


def failures_on_the_page(column: int) -> set[str]:
    """What the page on servers says that one of them fails."""
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Z0-9]{2}-\d\d) \| (.*) \|$", text, re.MULTILINE)
    return {name for name, rest in rows if rest.split(" | ")[column] == "fails"}


class TestMedallion:
    def test_what_it_is_known_for_is_found(self, tmp_path: Path) -> None:
        report = medallion(tmp_path / "medallion")
        assert failed(report) == KNOWN
        assert report.score.losing == ["PG-20", "PG-22", "PG-24", "AD-42"]
        # One legal object made it unreadable: nobody can take back what is there.
        left = {name.partition("--")[0] for name in report.left_behind}
        assert {"extension-definition", "software"} <= left
        assert failures_on_the_page(MEDALLION) - {"RA-01"} == KNOWN

    def test_the_hub_fails_nothing_on_the_page(self) -> None:
        assert failures_on_the_page(HUB) == set()
        assert len(failures_on_the_page(OPENTAXII)) > 10


HUB, MEDALLION, OPENTAXII = 2, 3, 5
KNOWN = {
    *("AD-12", "AD-28", "AD-31", "AD-41", "AD-42", "AU-07", "CN-10", "CN-15", "CN-16", "CN-26"),
    *("DE-03", "DE-04", "ER-04", "ER-13", "FI-22", "FI-23", "FI-24", "FI-25", "FI-26", "HT-01"),
    *("PG-20", "PG-21", "PG-22", "PG-24"),
}
