"""docker-compose.yml, as far as it can be checked without an engine that runs it."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

import click
import jsonschema
import msgspec
import pytest

from hub import config
from hub.cli.main import main
from hub.config.checks import faults
from hub.config.schema import Settings
from tests import compose
from tests.compose import ROOT

COMPOSE = compose.load()
SERVICES = COMPOSE["services"]
OWN = {name for name, service in SERVICES.items() if "build" in service}
NODES = sorted(set(SERVICES) - OWN)
ONCE = {"prepare", "keys"}

# As the reference of Elasticsearch 8.19 names them; and the one variable of its image that is no
# setting: "Configure Elasticsearch with Docker".
KNOWN_SETTINGS = {
    "bootstrap.memory_lock": "Important system configuration: Disable swapping",
    "cluster.initial_master_nodes": "Discovery and cluster formation settings",
    "cluster.name": "Important Elasticsearch configuration",
    "discovery.seed_hosts": "Discovery and cluster formation settings",
    "discovery.type": "Discovery and cluster formation settings",
    "ingest.geoip.downloader.enabled": "GeoIP processor: Node settings",
    "node.name": "Important Elasticsearch configuration",
    "xpack.license.self_generated.type": "License settings",
    "xpack.ml.enabled": "Machine learning settings",
    "xpack.security.enabled": "Security settings: General",
    "xpack.security.http.ssl.certificate": "Security settings: HTTP TLS/SSL",
    "xpack.security.http.ssl.certificate_authorities": "Security settings: HTTP TLS/SSL",
    "xpack.security.http.ssl.enabled": "Security settings: HTTP TLS/SSL",
    "xpack.security.http.ssl.key": "Security settings: HTTP TLS/SSL",
    "xpack.security.transport.ssl.certificate": "Security settings: Transport TLS/SSL",
    "xpack.security.transport.ssl.certificate_authorities": "Security settings: Transport TLS/SSL",
    "xpack.security.transport.ssl.enabled": "Security settings: Transport TLS/SSL",
    "xpack.security.transport.ssl.key": "Security settings: Transport TLS/SSL",
    "xpack.security.transport.ssl.verification_mode": "Security settings: Transport TLS/SSL",
    "ELASTIC_PASSWORD_FILE": "Configure Elasticsearch with Docker",
}


def each(names):
    return pytest.mark.parametrize("name", sorted(names))


def settings_of_the_hub() -> dict:
    return tomllib.loads((compose.STEPS / "hub.toml").read_text(encoding="utf-8"))


def flat(table: dict, start: str = "") -> list[str]:
    """The names of settings in a table, as `hub.config.settings` names them."""
    found = []
    for key, value in table.items():
        if isinstance(value, dict):
            found += flat(value, f"{start}{key}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            found += chain.from_iterable(flat(item, f"{start}{key}.") for item in value)
        else:
            found.append(start + key)
    return found


def mounts(service: dict) -> list[tuple[str, str, bool]]:
    """Source, target and whether it is read-only."""
    parts = [volume.split(":") for volume in service.get("volumes", [])]
    return [(part[0], part[1], part[2:] == ["ro"]) for part in parts]


def test_it_follows_the_schema():
    jsonschema.Draft202012Validator(compose.schema()).validate(COMPOSE)


@pytest.mark.parametrize(
    ("service", "wrong"),
    [("hub", {"portss": []}), ("hub", {"mem_limit": []}), ("es", {"healthcheck": {"test": 3}})],
)
def test_the_schema_finds_what_is_wrong(service, wrong):
    broken = copy.deepcopy(COMPOSE)
    broken["services"][service] |= wrong
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(compose.schema()).validate(broken)


def test_one_node_or_three():
    profiles = {name: set(SERVICES[name]["profiles"]) for name in SERVICES}
    by_profile = {
        profile: sorted(name for name in NODES if profile in profiles[name])
        for profile in ("one", "three")
    }
    assert by_profile == {"one": ["es"], "three": ["es1", "es2", "es3"]}
    assert {name for name in OWN if profiles[name] == {"one", "three"}} == OWN
    assert ONCE | {"hub", "projector"} == OWN


@each(SERVICES)
def test_a_service_waits_only_for_what_runs_in_all_its_profiles(name):
    for other in SERVICES[name].get("depends_on", {}):
        assert set(SERVICES[name]["profiles"]) <= set(SERVICES[other]["profiles"]), other


@each(SERVICES)
def test_a_service_that_is_waited_for_can_satisfy(name):
    for other, wish in SERVICES[name].get("depends_on", {}).items():
        if wish["condition"] == "service_completed_successfully":
            assert other in ONCE
        else:
            assert wish["condition"] == "service_healthy"
            assert not SERVICES[other].get("healthcheck", {}).get("disable")


@each(SERVICES)
def test_a_service_is_contained(name):
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["pids_limit"] > 0
    assert not {"privileged", "cap_add", "devices", "pid", "ipc"} & set(service)
    assert service["user"].partition(":")[0] == "1000"
    assert not [source for source, _, _ in mounts(service) if "docker.sock" in source]


@each(OWN)
def test_the_hubs_own_containers_have_a_root_file_system_that_nobody_writes(name):
    assert SERVICES[name]["read_only"] is True
    assert SERVICES[name]["pull_policy"] == "build"


@each(SERVICES)
def test_a_service_starts_again_and_a_step_does_not(name):
    assert SERVICES[name]["restart"] == ("no" if name in ONCE else "unless-stopped")


@each(set(SERVICES) - ONCE)
def test_what_goes_on_running_is_watched(name):
    check = SERVICES[name].get("healthcheck")
    if check is None:
        assert name == "hub"  # the one of its image
        assert [step for step in compose.dockerfile() if step.name == "HEALTHCHECK"]
    else:
        assert check["test"][0] in {"CMD", "CMD-SHELL"}


@each(NODES)
def test_a_node_is_healthy_only_when_it_refuses_strangers_over_tls(name):
    test = SERVICES[name]["healthcheck"]["test"][1]
    assert test.startswith("test 401 = ")
    assert "https://" in test
    assert "--insecure" not in test


@each(SERVICES)
def test_an_image_is_pinned(name):
    assert re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+", SERVICES[name]["image"])


def test_the_nodes_are_of_one_version_which_the_client_speaks():
    (image,) = {SERVICES[name]["image"] for name in NODES}
    pins = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    least, below = re.search(r"elasticsearch>=(\d+\.\d+),<(\d+)", pins).groups()
    version = [int(part) for part in image.partition(":")[2].split(".")]
    assert version[:2] == [int(part) for part in least.split(".")]
    assert version[0] < int(below)


def test_the_nodes_are_of_the_version_that_the_tests_run():
    pom = (ROOT / "tests" / "elastic" / "pom.xml").read_text(encoding="utf-8")
    tested = re.search(r"<elasticsearch\.version>(.*)</elasticsearch\.version>", pom)[1]
    assert {SERVICES[name]["image"] for name in NODES} == {f"elasticsearch:{tested}"}


def test_the_hub_searches_what_the_nodes_answer_to_with_its_own_key():
    table = settings_of_the_hub()
    assert table["search"]["engine"] == "elasticsearch"
    (url,) = table["elastic"]["urls"]
    assert url == SERVICES["keys"]["command"][0]
    for name in NODES:
        assert urlsplit(url).hostname in SERVICES[name]["networks"]["search"]["aliases"]
    for path in (table["elastic"]["ca_file"], table["elastic"]["api_key_file"]):
        assert str(Path(path).parent) == "/srv/search"
    for role in json.loads((compose.STEPS / "roles.json").read_text(encoding="utf-8")).values():
        (part,) = role["indices"]
        assert part["names"] == [f"{config.settings()['elastic.prefix'][1]}obj-*"]


@pytest.mark.parametrize("words", [("index", "follow"), ("index", "status")])
def test_every_command_of_the_hub_that_is_run_exists(words):
    command = main
    for word in words:
        command = command.commands[word]
    projector = SERVICES["projector"]
    run = [projector["command"], projector["healthcheck"]["test"][2:]]
    assert list(words) in run
    assert projector["healthcheck"]["test"][:2] == ["CMD", "hub"]


def test_no_secret_stands_in_the_file():
    for secret in COMPOSE["secrets"].values():
        assert set(secret) == {"file"}
        assert Path(secret["file"]).parts[0] == "secrets"
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            assert not re.search(r"password|secret|token|api_?key", key, re.IGNORECASE) or (
                key.endswith("_FILE") and value.startswith("/run/secrets/")
            ), key
    # Nothing is taken from the environment of whoever starts it, and so nothing by default.
    assert not re.search(r"(?<!\$)\$(?![$(])", compose.FILE.read_text(encoding="utf-8"))


def test_secrets_stay_out_of_the_history_and_of_the_image():
    assert "secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if not line.startswith("#")]
    assert rules[0] == "*"
    assert not [rule for rule in rules if rule.startswith("!") and "secret" in rule]


def test_every_secret_is_used_and_given_only_to_who_needs_it():
    given = {name: set(SERVICES[name].get("secrets", [])) for name in SERVICES}
    assert set().union(*given.values()) == set(COMPOSE["secrets"])
    assert given["hub"] == {"hub_secret", "hub_tls_cert", "hub_tls_key"}
    assert given["projector"] == set()
    assert given["keys"] == {"elastic_password"}
    assert given["prepare"] == set(COMPOSE["secrets"])
    assert all(given[name] == {"elastic_password"} for name in NODES)


def test_who_sees_every_secret_sees_nothing_else():
    assert SERVICES["prepare"]["network_mode"] == "none"


def test_every_volume_is_used_and_every_path_exists():
    sources = {source for name in SERVICES for source, _, _ in mounts(SERVICES[name])}
    paths = {source for source in sources if source.startswith(".")}
    assert sources - paths == set(COMPOSE["volumes"])
    assert all((ROOT / path).is_file() for path in paths)
    used = {network for name in SERVICES for network in SERVICES[name].get("networks", [])}
    assert used == set(COMPOSE["networks"])


def test_only_the_maker_of_the_certificates_sees_the_key_of_their_ca():
    assert [n for n in SERVICES if "authority" in {s for s, _, _ in mounts(SERVICES[n])}] == [
        "prepare"
    ]


def test_the_hub_and_the_projector_see_their_own_key_alone():
    assert ("finder", "/srv/search", True) in mounts(SERVICES["hub"])
    assert ("projector", "/srv/search", True) in mounts(SERVICES["projector"])
    seen = {name: {source for source, _, _ in mounts(SERVICES[name])} for name in OWN}
    assert "projector" not in seen["hub"]
    assert "finder" not in seen["projector"]


def test_nothing_but_the_hub_can_be_reached_from_outside():
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["hub"]
    assert COMPOSE["networks"]["search"] == {"internal": True}
    port = settings_of_the_hub()["server"]["port"]
    assert SERVICES["hub"]["ports"] == [f"{port}:{port}"]


def test_folders_of_named_volumes_are_the_hubs_in_the_image():
    (made,) = [step.text for step in compose.dockerfile() if "install --directory" in step.text]
    for name in OWN:
        for source, target, read_only in mounts(SERVICES[name]):
            if not source.startswith(".") and not read_only:
                assert f" {target}" in made, (name, target)


@each(NODES)
def test_every_setting_of_a_node_is_one_that_elasticsearch_knows(name):
    found = SERVICES[name]["environment"]
    assert set(found) <= set(KNOWN_SETTINGS)
    assert found["xpack.security.enabled"] == "true"
    assert found["xpack.security.http.ssl.enabled"] == "true"
    assert found["xpack.security.transport.ssl.enabled"] == "true"


@each(NODES)
def test_a_node_has_its_own_certificate_and_its_own_data(name):
    found = SERVICES[name]["environment"]
    assert found["node.name"] == name
    for layer in ("http", "transport"):
        assert found[f"xpack.security.{layer}.ssl.certificate"] == f"certificates/{name}.pem"
        assert found[f"xpack.security.{layer}.ssl.key"] == f"certificates/{name}.key"
    assert (name, "/usr/share/elasticsearch/data", False) in mounts(SERVICES[name])


def test_three_nodes_find_each_other():
    three = [name for name in NODES if SERVICES[name]["profiles"] == ["three"]]
    for name in three:
        found = SERVICES[name]["environment"]
        assert found["discovery.seed_hosts"].split(",") == three
        assert found["cluster.initial_master_nodes"].split(",") == three
        assert "discovery.type" not in found


def test_every_setting_of_the_hub_exists_and_is_right(tmp_path):
    table = settings_of_the_hub()
    assert set(flat(table)) <= set(config.settings())
    found = msgspec.convert(table, Settings)
    assert list(faults(found)) == []


def test_the_hub_finds_its_secrets_and_its_store_where_they_are_mounted():
    table = settings_of_the_hub()
    named = [table["secret_file"], table["server"]["tls_cert"], table["server"]["tls_key"]]
    assert named == [f"/run/secrets/{name}" for name in SERVICES["hub"]["secrets"]]
    for name in ("hub", "projector"):
        targets = {target: read_only for _, target, read_only in mounts(SERVICES[name])}
        assert targets[str(Path(table["store"]["path"]).parent)] is False
        assert targets["/etc/hub/hub.toml"] is True


def test_definitions_of_feeds_and_deliveries_stay_when_the_hub_is_made_anew():
    table = settings_of_the_hub()
    kept = {target for _, target, read_only in mounts(SERVICES["hub"]) if not read_only}
    for name in ("folder", "deliveries"):
        place = Path(table["feeds"][name])
        assert place.is_absolute()
        assert str(place.parent) in kept
    # No service of their own: the hub does the jobs itself, and reaches what is outside.
    assert table["feeds"].get("run", True)
    assert "outside" in SERVICES["hub"]["networks"]
    assert not [name for name in OWN if "worker" in SERVICES[name].get("command", [])]


def test_every_variable_of_the_image_is_one_that_is_read():
    names = set()
    for step in compose.dockerfile():
        if step.name == "ENV":
            names |= {word.partition("=")[0] for word in step.words()}
    assert "HUB_CONFIG" in names
    read = {param.envvar for param in main.params if isinstance(param, click.Option)}
    assert {name for name in names if name.startswith("HUB_")} <= read
    assert not [key for name in OWN for key in SERVICES[name].get("environment", {})]
