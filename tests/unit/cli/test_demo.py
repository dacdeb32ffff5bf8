"""The demonstration hub: its folder, its parties, its objects, its greeting."""

from __future__ import annotations

import json
import re
import socket
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from hub import policy
from hub.cli import demo as command
from hub.cli.greeting import greeting
from hub.cli.stage import CENTRE, Stage, build
from hub.config import load
from hub.model.party import ANONYMOUS, Caller, Organisation, Role
from hub.model.query import Query
from hub.model.record import Candidate, Status
from hub.model.tlp import Tlp
from hub.stix.check import check
from hub.stix.sample import Audience, Sample, samples
from hub.stix.strict import faults
from hub.store.records import RecordLog
from hub.store.sqlite import SqliteStore
from tests import fakes
from tests.unit.cli.conftest import Run, free_port

UNTIL = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
AUTHORS: dict[Audience, tuple[str, ...]] = {
    "national": ("a", "b", "c", "d"),
    "warning": ("a",),
    "public": ("a",),
}
# RFC 2606, 3849 and 5737.
DOCUMENTATION = re.compile(
    r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}|2001:db8::[0-9a-f]{1,4}"
    r"|(https?://)?([a-z0-9-]+\.)+(example\.(com|net|org)|example|test)(/[a-z.-]+)?|[0-9a-f]{64}"
)


@pytest.fixture(scope="module")
def found() -> list[Sample]:
    orgs = {
        slug: Organisation(slug, f"identity--{fakes.uuid_of(n)}", "Tên", "Name", sector="energy")
        for n, slug in enumerate("abcd")
    }
    return list(samples(orgs, AUTHORS, UNTIL))


class TestSamples:
    def test_every_object_is_accepted_without_a_warning(self, found: list[Sample]) -> None:
        for item in found:
            checked = check(item.raw, "objects[0]")
            assert isinstance(checked, Candidate), checked
            assert checked.warnings == ()
            assert faults(json.loads(item.raw), "2.1") == []

    def test_there_are_enough_of_each_kind(self, found: list[Sample]) -> None:
        kinds = Counter(json.loads(item.raw)["type"] for item in found)
        assert 350 <= len(found) <= 500
        assert kinds.keys() >= {
            *("identity", "indicator", "malware", "campaign", "intrusion-set"),
            *("attack-pattern", "vulnerability", "relationship", "sighting", "incident"),
            *("report", "note", "marking-definition", "language-content"),
        }

    def test_values_are_set_aside_for_documentation(self, found: list[Sample]) -> None:
        patterns = [json.loads(item.raw).get("pattern", "= 'a.test'") for item in found]
        values = [re.search(r"= '(.*)'", pattern)[1] for pattern in patterns]
        assert [value for value in values if not DOCUMENTATION.fullmatch(value)] == []

    def test_dates_lie_in_the_last_ninety_days(self, found: list[Sample]) -> None:
        times = [
            datetime.fromisoformat(item["modified"])
            for item in (json.loads(item.raw) for item in found)
            if item["type"] not in {"identity", "attack-pattern", "marking-definition"}
        ]
        assert min(times) >= UNTIL - timedelta(days=90)
        assert max(times) <= UNTIL
        assert max(times) - min(times) > timedelta(days=80)

    def test_they_are_the_same_every_time(self, found: list[Sample]) -> None:
        orgs = {
            slug: Organisation(
                slug, f"identity--{fakes.uuid_of(n)}", "Tên", "Name", sector="energy"
            )
            for n, slug in enumerate("abcd")
        }
        assert list(samples(orgs, AUTHORS, UNTIL)) == found

    def test_both_languages_are_there(self, found: list[Sample]) -> None:
        languages = Counter(json.loads(item.raw).get("lang") for item in found)
        assert languages["vi"] > 50
        assert languages["en"] > 50

    def test_references_lead_to_objects_for_the_same_audience(self, found: list[Sample]) -> None:
        for audience in AUTHORS:
            objects = [json.loads(item.raw) for item in found if item.audience == audience]
            ids = {item["id"] for item in objects}
            for item in objects:
                assert set(references(item)) <= ids

    def test_what_is_public_is_marked_clear(self, found: list[Sample]) -> None:
        clear = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
        for item in found:
            markings = json.loads(item.raw).get("object_marking_refs", [clear])
            assert item.audience != "public" or markings == [clear]


def references(obj: dict) -> list[str]:
    values = [value for name, value in obj.items() if name.endswith(("_ref", "_refs"))]
    return [ref for value in values for ref in ([value] if isinstance(value, str) else value)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Stage, list[Status]]:
    folder = tmp_path_factory.mktemp("demo")
    statuses: list[Status] = []
    with pytest.MonkeyPatch.context() as patch:
        add = RecordLog.add

        def note(log: RecordLog, batch: object) -> Status:
            statuses.append(add(log, batch))
            return statuses[-1]

        patch.setattr(RecordLog, "add", note)
        return folder, build(folder, 8499), statuses


class TestStage:
    def test_everything_is_published(self, stage: tuple[Path, Stage, list[Status]]) -> None:
        _, made, statuses = stage
        verdicts = [verdict for status in statuses for verdict in status.verdicts]
        assert len(verdicts) == made.objects
        assert {verdict.outcome for verdict in verdicts} == {"new", "version"}
        assert {verdict.message for verdict in verdicts} == {""}

    def test_rights(self, stage: tuple[Path, Stage, list[Status]]) -> None:
        folder, made, _ = stage
        store = SqliteStore(load(folder / "hub.toml").store_path)
        directory = store.directory()
        keys = {item.alias: item.key for item in directory.collections.values()}
        scopes = {
            login.name: policy.scope(
                Caller(login.name, login.org.slug, frozenset({login.role})), directory
            )
            for login in made.logins
        }
        assert scopes["analyst"].readable.keys() == set(keys.values())
        assert scopes["analyst"].writable == set(keys.values())
        seen = {keys["early-warning"], keys["public-advisories"]}
        assert scopes["partner"].readable.keys() == seen
        assert not scopes["partner"].writable
        assert not scopes["admin"].writable
        strict = [item.alias for item in directory.collections.values() if item.strict]
        assert strict == ["early-warning"]
        page = store.objects(scopes["analyst"], Query(keys["national"]), -1, 1000)
        authors = {json.loads(raw).get("created_by_ref") for raw in page.raws} - {None}
        assert len(authors) == 4
        store.close()

    def test_everybody_reads_all_that_is_public(
        self, stage: tuple[Path, Stage, list[Status]]
    ) -> None:
        """And what somebody tries out there without a marking is public as well."""
        folder, _, _ = stage
        store = SqliteStore(load(folder / "hub.toml").store_path)
        directory = store.directory()
        (public,) = [item for item in directory.collections.values() if item.public]
        assert public.default is Tlp.CLEAR
        scope = policy.scope(ANONYMOUS, directory)
        (whole,) = [item for item in store.holdings() if item.collection == public.key]
        assert store.tallies(scope) == [whole]
        store.close()

    def test_parties_say_what_they_are(self, stage: tuple[Path, Stage, list[Status]]) -> None:
        folder, _, _ = stage
        store = SqliteStore(load(folder / "hub.toml").store_path)
        orgs = store.directory().orgs
        store.close()
        assert Counter(org.country for org in orgs.values())["VN"] == 4
        assert len(orgs) == 7
        assert CENTRE in orgs
        for org in orgs.values():
            assert org.name_vi.endswith("(minh hoạ)")
            assert org.name_en.endswith("(demonstration)")

    def test_passwords_are_new_each_time(
        self, stage: tuple[Path, Stage, list[Status]], tmp_path: Path
    ) -> None:
        _, made, _ = stage
        other = build(tmp_path, 8499)
        assert {a.password for a in made.logins}.isdisjoint(b.password for b in other.logins)
        assert [login.role for login in made.logins] == [
            Role.PUBLISHER,
            Role.READER,
            Role.ADMINISTRATOR,
        ]

    def test_the_greeting_holds_what_one_needs(
        self, stage: tuple[Path, Stage, list[Status]]
    ) -> None:
        _, made, _ = stage
        text = greeting(made, "2026-11-01T08:00:00.000000Z")
        for login in made.logins:
            assert f"{login.name:<8} {login.password}" in text
        for url in made.collections.values():
            assert url in text
        pasted = re.search(r"-d '(.*)' http", text)
        (obj,) = json.loads(pasted[1])["objects"]
        assert isinstance(check(msgspec.json.encode(obj), ""), Candidate)
        assert faults(obj, "2.1") == []


class TestFolder:
    @pytest.fixture(autouse=True)
    def _served(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.served: list[tuple[Path, str]] = []
        monkeypatch.setattr(command, "run_server", lambda *given: self.served.append(given))

    def test_it_is_made_and_made_anew(self, run: Run, folder: Path) -> None:
        for _ in range(2):
            found = run("demo", "--port", free_port())
            assert found.exit_code == 0, found.stderr
            (folder / "var/demo/hub.sqlite-extra").mkdir()
            (folder / "var/demo/link").symlink_to(folder)
        assert [path for path, _ in self.served] == [Path("var/demo/hub.toml")] * 2
        assert (folder / "hub.toml").exists()

    def test_a_folder_of_somebody_is_left_alone(self, run: Run, folder: Path) -> None:
        (folder / "mine").mkdir()
        (folder / "mine/letter").write_text("dear", encoding="utf-8")
        found = run("demo", "--folder", "mine", "--port", free_port())
        assert found.exit_code == 1
        assert "choose another with --folder" in found.stderr
        assert [entry.name for entry in (folder / "mine").iterdir()] == ["letter"]
        assert self.served == []

    def test_an_empty_folder_is_taken(self, run: Run, folder: Path) -> None:
        (folder / "mine").mkdir()
        assert run("demo", "--folder", "mine", "--port", free_port()).exit_code == 0

    def test_a_running_one_is_left_alone(self, run: Run, folder: Path) -> None:
        run("demo", "--port", free_port())
        before = (folder / "var/demo/secret.key").read_bytes()
        with command._taken(folder / "var/demo"):
            found = run("demo", "--port", free_port())
        assert found.exit_code == 1
        assert "is running in var/demo" in found.stderr
        assert (folder / "var/demo/secret.key").read_bytes() == before

    def test_a_port_that_is_taken(self, run: Run, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            found = run("demo", "--port", port)
        assert found.exit_code == 1
        assert found.stderr == f"hub: port {port} is taken; choose another with --port\n"
        assert not (folder / "var").exists()
