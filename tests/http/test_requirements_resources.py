"""TAXII 2.1: discovery, API root, collections, status. Names carry the ids of the requirements."""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hub.model.party import Grant
from tests import fakes
from tests.http.asking import MEDIA_TYPE, PARTNERS, Hub, Room, data

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
TAXII_TYPE = re.compile(r"application/taxii\+json;version=\d+\.\d+")


@pytest.fixture
def discovery(hub: Hub) -> dict:
    return data(hub.get("/taxii2/"))


@pytest.fixture
def root(hub: Hub) -> dict:
    return data(hub.get("/hub/"))


@pytest.fixture
def listed(hub: Hub) -> dict[str, dict]:
    """Collections as `publisher` sees them, by id."""
    found = data(hub.get("/hub/collections/"))["collections"]
    return {item["id"]: item for item in found}


def test_di_01_di_02_di_03_discovery(discovery: dict) -> None:
    assert isinstance(discovery["title"], str)
    assert discovery["title"]
    assert discovery["api_roots"]
    assert all(isinstance(url, str) for url in discovery["api_roots"])
    for name in ("description", "contact", "default"):
        assert isinstance(discovery[name], str)


def test_di_04_di_05_di_06_api_root_addresses(discovery: dict) -> None:
    assert discovery["default"] in discovery["api_roots"]
    for url in discovery["api_roots"]:
        assert re.fullmatch(r"(https://[^/?#]+)?/[^/?#]+/", url), url


def test_di_05_the_public_address_is_advertised(front: str, tmp_path: Path) -> None:
    text = f"""
        [server]
        public_url = "https://hub.example.org/"
        [taxii]
        views = "{front}"
        default_root = "second"
        roots = [{{name = "first", title = "First"}}, {{name = "second", title = "Second"}}]
    """
    config = fakes.make_config(tmp_path, text)
    store = fakes.open_store(config.store_path)
    fakes.populate(store)
    found = data(Hub(config, store).get("/taxii2/"))
    assert found["api_roots"] == [
        "https://hub.example.org/first/",
        "https://hub.example.org/second/",
    ]
    assert found["default"] == "https://hub.example.org/second/"
    store.close()


def test_di_07_every_advertised_root_answers(hub: Hub, discovery: dict) -> None:
    for url in discovery["api_roots"]:
        assert hub.get(urlsplit(url).path).status_code == 200


def test_di_08_other_members_are_named_x(discovery: dict, root: dict) -> None:
    specified = {"title", "description", "contact", "default", "api_roots"}
    assert all(name in specified or name.startswith("x_") for name in discovery)
    specified = {"title", "description", "versions", "max_content_length"}
    assert all(name in specified or name.startswith("x_") for name in root)


def test_ar_01_ar_02_ar_03_ar_04_api_root(root: dict) -> None:
    assert isinstance(root["title"], str)
    assert MEDIA_TYPE in root["versions"]
    assert all(TAXII_TYPE.fullmatch(entry) for entry in root["versions"])
    assert type(root["max_content_length"]) is int
    assert root["max_content_length"] > 0


def test_ar_05_an_unknown_api_root_is_404(hub: Hub) -> None:
    for tail in ("", "collections/", "status/x/", "collections/x/objects/"):
        assert hub.get(f"/nowhere/{tail}").status_code == 404


@pytest.mark.parametrize("name", ["%00", "%ff", "..", "a%2fb", "'", "%E2%80%AE", "x" * 4000])
def test_ar_06_a_malformed_api_root_is_404(hub: Hub, name: str) -> None:
    assert hub.get(f"/{name}/").status_code == 404


def test_co_01_co_02_co_03_collections(listed: dict[str, dict]) -> None:
    assert listed
    for item in listed.values():
        assert isinstance(item["id"], str)
        assert isinstance(item["title"], str)
        assert type(item["can_read"]) is type(item["can_write"]) is bool
    names = [name for item in listed.values() for name in {item["id"], item["alias"]}]
    assert len(names) == len(set(names))


def test_co_01_no_collections_are_an_empty_resource(closed: Hub) -> None:
    assert data(closed.get("/hub/collections/", account="administrator"))["collections"]
    grants = [*fakes.grants(), Grant(fakes.KEYS["shared"], ("org", "grid"))]
    dropped = [grant for grant in grants if grant.subject in {PARTNERS, ("org", "grid")}]
    closed.put(drop=dropped)
    answer = closed.get("/hub/collections/", account="partner")
    assert (answer.status_code, answer.data) == (200, b"{}")
    closed.put(*fakes.grants())


def test_co_04_co_05_ids_and_media_types(listed: dict[str, dict]) -> None:
    for item in listed.values():
        assert str(uuid.UUID(item["id"])) == item["id"]
        assert item["media_types"]
        assert all(kind.startswith("application/stix+json") for kind in item["media_types"])


def test_co_06_one_collection_is_the_same_as_in_the_list(
    hub: Hub, listed: dict[str, dict]
) -> None:
    for name, item in list(listed.items())[:8]:
        assert data(hub.get(f"/hub/collections/{name}/")) == item
        assert data(hub.get(f"/hub/collections/{item['alias']}/")) == item


def test_co_07_an_unknown_collection_is_404(hub: Hub) -> None:
    for name in (str(fakes.uuid_of(77)), "none", "%00", "%ff"):
        assert hub.get(f"/hub/collections/{name}/").status_code == 404


def test_co_09_the_order_of_collections_never_changes(hub: Hub) -> None:
    first = hub.get("/hub/collections/").data
    hub.put(fakes.collection("shared"))
    assert hub.get("/hub/collections/").data == first


@pytest.mark.parametrize(
    ("alias", "account", "rights"),
    [
        pytest.param("shared", "partner", (True, True), id="CO-11"),
        pytest.param("bulletins", "partner", (True, False), id="CO-12"),
        pytest.param("dropbox", "partner", (False, True), id="write-only"),
        pytest.param("public", "partner", (True, False), id="public"),
        pytest.param("shared", "reader", (True, False), id="reader"),
        pytest.param("shared", "administrator", (True, False), id="administrator"),
    ],
)
def test_rights_are_shown(hub: Hub, alias: str, account: str, rights: tuple[bool, bool]) -> None:
    item = data(hub.get(f"/hub/collections/{alias}/", account=account))
    assert (item["can_read"], item["can_write"]) == rights


def test_rights_of_a_read_only_token_are_shown(hub: Hub) -> None:
    headers = fakes.bearer("publisher", read_only=True)
    item = data(hub.get("/hub/collections/shared/", headers=headers))
    assert (item["can_read"], item["can_write"]) == (True, False)


@pytest.mark.parametrize("account", [*(name for name in fakes.ROLES if name != "disabled"), ""])
def test_co_13_co_14_what_cannot_be_used_is_not_listed(hub: Hub, account: str) -> None:
    found = data(hub.get("/hub/collections/", account=account))["collections"]
    assert all(item["can_read"] or item["can_write"] for item in found)
    assert fakes.collection("hidden").id not in {item["id"] for item in found}


def test_co_14_without_credentials_only_the_public_ones_are_listed(hub: Hub) -> None:
    public = {item["id"] for item in data(hub.get("/hub/collections/"))["collections"]}
    found = data(hub.get("/hub/collections/", account=""))["collections"]
    assert fakes.collection("public").id in {item["id"] for item in found}
    assert {item["id"] for item in found} < public
    assert not any(item["can_write"] for item in found)


def test_st_01_st_02_the_status_is_the_answer_of_the_post(hub: Hub, room: Room) -> None:
    posted = room.add(fakes.indicator(1), {"type": "nothing"})
    answer = hub.get(f"/hub/status/{posted['id']}/")
    assert answer.status_code == 200
    assert data(answer) == posted
    assert {"total_count", "success_count", "failure_count", "pending_count"} <= set(posted)
    assert STAMP.fullmatch(posted["request_timestamp"])


def test_st_03_an_unknown_status_is_404(hub: Hub) -> None:
    for name in (str(fakes.uuid_of(77)), "none", "%00", "%ff"):
        assert hub.get(f"/hub/status/{name}/").status_code == 404


def test_st_01_the_status_belongs_to_its_account(hub: Hub, room: Room) -> None:
    path = f"/hub/status/{room.add(fakes.indicator(1))['id']}/"
    assert hub.get(path, account="publisher").status_code == 200
    # It names objects, which colleagues of a lower clearance may not see.
    for account in ("reader", "coordinator", "administrator"):
        assert hub.get(path, account=account).status_code == 404
    assert hub.get(path, account="partner").status_code == 404
    assert hub.get(path, account="").status_code == 401
