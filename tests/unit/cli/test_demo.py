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
from hub.cli import inflow
from hub.cli import stage as stage_module
from hub.cli.greeting import greeting
from hub.cli.stage import CENTRE, Stage, build
from hub.config import load
from hub.model.clock import now_us
from hub.model.party import ANONYMOUS, Caller, Role
from hub.model.query import Query
from hub.model.record import Candidate, Status
from hub.model.tlp import Tlp
from hub.service.partners import State, Supervisor
from hub.service.pulse import Pulse
from hub.stix.check import check
from hub.stix.compose import MARKING_OF
from hub.stix.marking import COLOUR_OF
from hub.stix.sample import DAYS, Sample, references, samples
from hub.stix.sample.plot import Setting
from hub.stix.strict import faults
from hub.store.finder import SqliteFinder
from hub.store.pulse import SqlitePulse, beside
from hub.store.records import RecordLog
from hub.store.sqlite import SqliteStore
from tests.tools.ports import free_port
from tests.unit.cli.conftest import Run

UNTIL = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
# RFC 2606, 3849 and 5737.
_NAME = r"([a-z0-9-]+\.)+(example\.(com|net|org)|example|test)"
_ADDRESS = r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}(/28)?"
DOCUMENTATION = re.compile(
    rf"{_ADDRESS}|2001:db8:[0-9a-f]{{1,4}}::[0-9a-f]{{1,4}}|[0-9a-f]{{64}}|[0-9a-f]{{32}}"
    rf"|(https?://)?{_NAME}(/[a-z0-9./-]+)?|[a-z-]+@{_NAME}|ipv4-addr"
)
REFERENCES = re.compile(
    r"https://(attack\.mitre\.org/techniques/T\d{4}(/\d{3})?|nvd\.nist\.gov/vuln/detail/CVE-\d{4}-\d+)"
)


# Real ones, that their vendors published.
KNOWN = {"CVE-2017-11882", "CVE-2021-44228"}


def setting() -> Setting:
    return Setting({org.slug: org for org in stage_module._orgs()}, stage_module._writers(), UNTIL)


@pytest.fixture(scope="module")
def found() -> list[Sample]:
    return list(samples(setting()))


@pytest.fixture(scope="module")
def objects(found: list[Sample]) -> list[dict]:
    return [json.loads(item.raw) for item in found]


class TestSamples:
    def test_every_object_is_accepted_without_a_warning(self, found: list[Sample]) -> None:
        for item in found:
            checked = check(item.raw, "objects[0]")
            assert isinstance(checked, Candidate), checked
            assert checked.warnings == ()
            assert faults(json.loads(item.raw), "2.1") == []

    def test_there_are_enough_of_each_kind(self, objects: list[dict]) -> None:
        assert 4000 <= len(objects) <= 5000
        kinds = Counter(obj["type"] for obj in objects)
        assert {kind for kind, many in kinds.items() if many >= 30} >= {
            *("identity", "indicator", "malware", "campaign", "intrusion-set", "threat-actor"),
            *("attack-pattern", "relationship", "sighting", "incident", "infrastructure", "tool"),
            *("report", "note", "opinion", "language-content", "observed-data", "url", "file"),
            *("course-of-action", "domain-name", "ipv4-addr"),
        }
        assert kinds["vulnerability"] >= 10

    def test_every_marking_collection_and_organisation_has_some(
        self, found: list[Sample], objects: list[dict]
    ) -> None:
        colours = Counter(
            COLOUR_OF[obj["object_marking_refs"][0]]
            for obj in objects
            if obj["type"] != "marking-definition"
        )
        assert colours.keys() == set(Tlp)
        assert min(colours.values()) >= 50
        places = Counter(item.alias for item in found)
        # That one is filled by feeds.
        assert places.keys() == setting().writers.keys() - {inflow.COLLECTION}
        assert min(places.values()) >= 50
        assert Counter(item.org for item in found).keys() == setting().orgs.keys()

    def test_tlp_red_has_named_recipients(self, found: list[Sample]) -> None:
        red = f'"{MARKING_OF[Tlp.RED]}"'.encode()
        named = {item.audience for item in found if red in item.raw}
        assert named == {("group:case-2026-11",)}

    def test_values_are_set_aside_for_documentation(self, objects: list[dict]) -> None:
        patterns = [obj["pattern"] for obj in objects if obj.get("pattern_type") == "stix"]
        values = [value for text in patterns for value in re.findall(r"= '(.*?)'", text)]
        values += [obj["value"] for obj in objects if "value" in obj]
        values += [text for obj in objects for text in obj.get("hashes", {}).values()]
        assert len(values) > 1000
        assert [value for value in values if not DOCUMENTATION.fullmatch(value)] == []

    def test_references_lead_to_public_sources(self, objects: list[dict]) -> None:
        found = [each for obj in objects for each in obj.get("external_references", [])]
        assert {each["source_name"] for each in found} == {"mitre-attack", "cve"}
        assert all(REFERENCES.fullmatch(each["url"]) for each in found if "url" in each)
        numbers = {each["external_id"] for each in found if each["source_name"] == "cve"}
        assert all(number.startswith("CVE-2099-") or number in KNOWN for number in numbers)

    def test_the_matrix_has_something_under_every_tactic(self, objects: list[dict]) -> None:
        known = {obj["name"] for obj in objects if obj["type"] == "attack-pattern"}
        phases = {
            phase["phase_name"]
            for obj in objects
            if obj["type"] == "attack-pattern"
            for phase in obj["kill_chain_phases"]
            if phase["kill_chain_name"] == "mitre-attack"
        }
        assert len(phases) == 14
        assert len(known) > 50

    def test_it_goes_from_nine_months_ago_until_today(self, found: list[Sample]) -> None:
        ages = [UNTIL - item.at for item in found]
        assert max(ages) <= timedelta(days=DAYS)
        assert min(ages) >= timedelta(0)
        assert ages == sorted(ages, reverse=True)
        months = Counter(min(age.days // 30, 8) for age in ages)
        assert sorted(months) == list(range(9))
        assert min(months.values()) > 100
        assert sum(age < timedelta(days=1) for age in ages) > 30
        assert 100 < sum(age < timedelta(days=7) for age in ages) < 1000

    def test_nothing_is_published_before_it_is_written(self, found: list[Sample]) -> None:
        for item in found:
            told = json.loads(item.raw).get("modified")
            assert told is None or datetime.fromisoformat(told) <= item.at, item.raw

    def test_objects_change(self, objects: list[dict]) -> None:
        versions: dict[str, set[str]] = {}
        for obj in objects:
            versions.setdefault(obj["id"], set()).add(obj.get("modified", ""))
        changed = Counter(
            key.partition("--")[0] for key, found in versions.items() if len(found) > 1
        )
        assert changed.keys() >= {"indicator", "incident", "malware"}
        assert changed["indicator"] > 100
        assert sum(obj.get("revoked", False) for obj in objects) > 10
        assert sum("granular_markings" in obj for obj in objects) > 10

    def test_opinions_differ(self, objects: list[dict]) -> None:
        assert {obj["opinion"] for obj in objects if obj["type"] == "opinion"} == {
            *("strongly-agree", "agree", "neutral", "disagree", "strongly-disagree")
        }

    def test_several_see_the_same(self, objects: list[dict]) -> None:
        seen: dict[str, set[str]] = {}
        for obj in objects:
            if obj["type"] == "sighting":
                assert obj["count"] > 0
                seen.setdefault(obj["sighting_of_ref"], set()).update(obj["where_sighted_refs"])
        assert sum(len(orgs) > 1 for orgs in seen.values()) > 50

    def test_they_are_the_same_every_time(self, found: list[Sample]) -> None:
        assert list(samples(setting())) == found

    def test_both_languages_are_there(self, objects: list[dict]) -> None:
        languages = Counter(obj.get("lang") for obj in objects)
        assert languages["vi"] > 500
        assert languages["en"] > 500

    def test_a_collection_is_read_on_its_own(self, found: list[Sample]) -> None:
        """Whatever an object names is there before it."""
        held: dict[str, set[str]] = {}
        for item in found:
            obj = json.loads(item.raw)
            there = held.setdefault(item.alias, set())
            assert set(references(obj)) <= there, item.raw
            there.add(obj["id"])

    def test_what_is_public_is_marked_clear(self, found: list[Sample]) -> None:
        clear = [MARKING_OF[Tlp.CLEAR]]
        for item in found:
            markings = json.loads(item.raw).get("object_marking_refs", clear)
            assert item.alias != "public-advisories" or markings == clear


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
        own = {keys["banking"], keys["national"]}
        assert scopes["bank"].writable == own
        assert keys["energy"] not in scopes["bank"].readable
        asean = ("early-warning", "public-advisories", "asean-exchange", "case-work")
        assert scopes["partner"].readable.keys() == {keys[alias] for alias in asean}
        assert not scopes["partner"].writable
        assert not scopes["admin"].writable
        strict = [item.alias for item in directory.collections.values() if item.strict]
        assert strict == ["early-warning"]
        page = store.objects(scopes["analyst"], Query(keys["national"]), -1, 1000)
        authors = {json.loads(raw).get("created_by_ref") for raw in page.raws} - {None}
        assert len(authors) >= 5
        store.close()

    def test_months_of_dates_added(self, stage: tuple[Path, Stage, list[Status]]) -> None:
        """The calendar is over before log-ins are made, and no date lies ahead of the clock."""
        folder, made, _ = stage
        store = SqliteStore(load(folder / "hub.toml").store_path)
        changes = store.changes(0, 10_000)
        assert store.faults() == []
        store.close()
        # Views of objects with granular markings are records of their own.
        assert made.objects <= len(changes) < 1.1 * made.objects
        dates = [change.at_us for change in changes]
        assert dates[-1] <= now_us()
        assert dates[-1] - dates[0] > 269 * 86_400_000_000

    def test_partners_poll_as_they_like(self, stage: tuple[Path, Stage, list[Status]]) -> None:
        folder, made, _ = stage
        store = SqliteStore(load(folder / "hub.toml").store_path)
        pulse = Pulse(SqlitePulse(beside(folder / "hub.sqlite")))
        directory = store.directory()
        caller = Caller("coordinator", CENTRE, frozenset({Role.COORDINATOR}))
        scope = policy.scope(caller, directory)
        supervisor = Supervisor(SqliteFinder(store.database), store, pulse, directory)
        states = {}
        for org in directory.orgs:
            for health in supervisor.health(caller, scope, org, now_us()) or ():
                if health.account == f"{org}-robot":
                    states[org] = health.state
        store.close()
        assert states["sg-partner"] is State.UP
        assert states["vn-health"] is State.LATE
        assert states["id-partner"] is State.DOWN
        assert states["ph-partner"] is State.FAILING
        assert made.tokens.keys() == {"analyst", "bank", "partner", "coordinator", "officer"}

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
        assert Counter(org.country for org in orgs.values())["VN"] == 6
        assert len(orgs) == 12
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
            Role.PUBLISHER,
            Role.READER,
            Role.COORDINATOR,
            Role.ADMINISTRATOR,
            Role.OFFICER,
        ]

    def test_the_greeting_holds_what_one_needs(
        self, stage: tuple[Path, Stage, list[Status]]
    ) -> None:
        _, made, _ = stage
        assert greeting(made, "2026-11-01T08:00:00.000000Z").startswith(
            f"\nConsole: {made.url}/\n"
        )
        text = greeting(made, "2026-11-01T08:00:00.000000Z")
        for login in made.logins:
            assert f"{login.name:<11} {login.password}" in text
            assert f"{login.org.name_en}\n              Try: {login.first}" in text
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
