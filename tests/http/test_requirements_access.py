"""TAXII 2.1: credentials, media types, rights. Names carry the ids of the requirements."""

from __future__ import annotations

import pytest

from tests import fakes
from tests.http import sample
from tests.http.asking import MEDIA_TYPE, Hub, Room, data

NINE = [f"CN-0{number}" for number in range(1, 10)]
ERROR_MEMBERS = {"title", "description", "error_id", "error_code", "http_status", "details"}


def is_taxii_error(response, status: int) -> bool:
    body = data(response)
    return (
        response.status_code == status
        and response.headers["Content-Type"] == MEDIA_TYPE
        and isinstance(body["title"], str)
        and body["http_status"] == str(status)
        and set(body) <= ERROR_MEMBERS
    )


@pytest.fixture
def collection_addresses(addresses: dict[str, str]) -> dict[str, str]:
    return {name: addresses[name] for name in NINE[3:]}


def test_au_01_valid_credentials_are_served(hub: Hub, addresses: dict[str, str]) -> None:
    for path in addresses.values():
        answer = hub.get(path, account="", headers=fakes.basic("publisher"))
        assert answer.status_code == 200, path


@pytest.mark.parametrize("requirement", NINE)
def test_au_02_au_03_no_credentials_are_challenged(
    closed: Hub, addresses: dict[str, str], requirement: str
) -> None:
    answer = closed.get(addresses[requirement], account="")
    assert answer.status_code == 401
    assert answer.headers.getlist("WWW-Authenticate")


def test_au_02_public_data_of_others_does_not_open_the_rest(
    hub: Hub, collection_addresses: dict[str, str]
) -> None:
    for path in collection_addresses.values():
        assert hub.get(path, account="").status_code == 401, path


def test_au_04_the_challenge_offers_basic(closed: Hub) -> None:
    challenges = closed.get("/taxii2/", account="").headers.getlist("WWW-Authenticate")
    assert any(challenge.startswith("Basic realm=") for challenge in challenges)
    assert any(challenge.startswith("Bearer") for challenge in challenges)


@pytest.mark.parametrize(
    "value",
    [
        fakes.basic("publisher", "wrong")["Authorization"],
        fakes.basic("nobody")["Authorization"],
        fakes.basic("disabled")["Authorization"],
        f"Bearer {fakes.token_of('nobody')}",
        f"Bearer {fakes.token_of('disabled')}",
        "Digest username=publisher",
        "Basic",
        "Basic !!!!",
        "Bearer",
    ],
)
def test_au_05_wrong_credentials_are_challenged(hub: Hub, value: str) -> None:
    answer = hub.get("/taxii2/", account="", headers={"Authorization": value})
    assert answer.status_code == 401
    assert answer.headers.getlist("WWW-Authenticate")


def test_au_07_a_401_is_a_taxii_error(closed: Hub) -> None:
    assert is_taxii_error(closed.get("/taxii2/", account=""), 401)


@pytest.mark.parametrize("public", [False, True])
def test_au_08_an_unauthenticated_post_is_401_and_stores_nothing(hub: Hub, public: bool) -> None:
    room = hub.room(public=public)
    answer = room.post(fakes.body(fakes.indicator(1)), account="")
    assert answer.status_code == 401
    assert answer.headers.getlist("WWW-Authenticate")
    assert room.objects() == []


@pytest.mark.parametrize("public", [False, True])
def test_au_09_an_unauthenticated_delete_is_401_and_deletes_nothing(
    hub: Hub, public: bool
) -> None:
    room = hub.room(public=public)
    room.add(fakes.indicator(1))
    assert room.delete(fakes.indicator(1)["id"], account="").status_code == 401
    assert room.objects() == [fakes.indicator(1)]


@pytest.mark.parametrize("requirement", NINE)
def test_cn_01_to_09_taxii_2_1_is_answered(
    hub: Hub, addresses: dict[str, str], requirement: str
) -> None:
    answer = hub.get(addresses[requirement])
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == MEDIA_TYPE


@pytest.mark.parametrize("accept", ["application/taxii+json", "application/taxii+json, */*;q=0.1"])
def test_cn_10_cn_11_accept_without_version(
    hub: Hub, addresses: dict[str, str], accept: str
) -> None:
    for path in addresses.values():
        answer = hub.get(path, headers={"Accept": accept})
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == MEDIA_TYPE


def test_cn_12_an_unsupported_version_is_406(hub: Hub, addresses: dict[str, str]) -> None:
    for path in addresses.values():
        answer = hub.get(path, headers={"Accept": "application/taxii+json;version=9.9"})
        assert answer.status_code == 406


@pytest.mark.parametrize("accept", ["text/html", "application/json", "application/stix+json"])
def test_cn_13_other_media_types_are_406(hub: Hub, seed: Room, accept: str) -> None:
    assert seed.get(headers={"Accept": accept}).status_code == 406


@pytest.mark.parametrize(
    "accept",
    [
        "application/taxii+json ; version=2.1",
        "application/taxii+json;  version=2.1",
        'application/taxii+json; version="2.1"',
        "APPLICATION/TAXII+JSON; VERSION=2.1",
        "text/html, application/taxii+json; version=2.1; q=0.2",
        "application/json, text/plain, */*",
        "application/*",
        "*/*",
    ],
)
def test_cn_14_any_spelling_of_the_media_range(hub: Hub, seed: Room, accept: str) -> None:
    answer = seed.get(headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == MEDIA_TYPE


@pytest.mark.parametrize(
    "accept", [f"{MEDIA_TYPE};q=0", "*/*;q=0", ",,", f"{MEDIA_TYPE};q=0, */*"]
)
def test_cn_14_what_is_excluded_is_not_served(hub: Hub, seed: Room, accept: str) -> None:
    assert seed.get(headers={"Accept": accept}).status_code == 406


def test_cn_21_no_accept_header_is_served(hub: Hub, addresses: dict[str, str]) -> None:
    for path in addresses.values():
        assert hub.get(path, headers={"Accept": None}).status_code == 200


def test_cn_22_a_406_is_a_taxii_error(hub: Hub, addresses: dict[str, str]) -> None:
    for path in addresses.values():
        assert is_taxii_error(hub.get(path, headers={"Accept": "text/html"}), 406)


@pytest.mark.parametrize(
    "media_type",
    [
        pytest.param("application/json", id="CN-23"),
        pytest.param("application/taxii+json;version=9.9", id="CN-24"),
        pytest.param("application/vnd.oasis.stix+json; version=2.0", id="CN-27"),
        pytest.param(None, id="CN-28"),
    ],
)
def test_other_content_types_are_415_and_store_nothing(room: Room, media_type: str | None) -> None:
    answer = room.post(fakes.body(fakes.indicator(1)), headers={"Content-Type": media_type})
    assert answer.status_code == 415
    assert room.objects() == []


@pytest.mark.parametrize(
    "media_type",
    [
        pytest.param("application/taxii+json; version=2.1", id="CN-25"),
        pytest.param("application/taxii+json", id="CN-26"),
        "application/taxii+json;version=2.1;charset=utf-8",
        'Application/TAXII+JSON; Version="2.1"',
    ],
)
def test_content_types_of_taxii_are_accepted(room: Room, media_type: str) -> None:
    answer = room.post(fakes.body(fakes.indicator(1)), headers={"Content-Type": media_type})
    assert answer.status_code == 202
    assert room.objects() == [fakes.indicator(1)]


def test_cn_29_post_honours_accept(room: Room) -> None:
    answer = room.post(fakes.body(fakes.indicator(1)), headers={"Accept": "text/html"})
    assert is_taxii_error(answer, 406)
    assert room.objects() == []


def test_cn_30_delete_honours_accept(hub: Hub, room: Room) -> None:
    room.add(fakes.indicator(1))
    path = f"{room.url}objects/{fakes.indicator(1)['id']}/"
    assert hub.ask("DELETE", path, headers={"Accept": "text/html"}).status_code == 406
    assert room.objects() == [fakes.indicator(1)]


@pytest.mark.parametrize(
    ("method", "tail"),
    [
        pytest.param("GET", "objects/", id="RI-01"),
        pytest.param("GET", "manifest/", id="RI-02"),
        pytest.param("GET", f"objects/{sample.VERSIONED}/", id="RI-03"),
        pytest.param("GET", f"objects/{sample.VERSIONED}/versions/", id="RI-04"),
        pytest.param("POST", "objects/", id="RI-05"),
        pytest.param("DELETE", f"objects/{sample.VERSIONED}/", id="RI-06"),
        pytest.param("GET", "", id="CO-13"),
    ],
)
def test_without_any_right_a_collection_does_not_exist(hub: Hub, method: str, tail: str) -> None:
    hidden = fakes.collection("hidden")
    body = fakes.body(fakes.indicator(1)) if method == "POST" else None
    for name in (hidden.id, hidden.alias):
        answer = hub.ask(method, f"/hub/collections/{name}/{tail}", body=body)
        missing = hub.ask(method, f"/hub/collections/{fakes.uuid_of(77)}/{tail}", body=body)
        assert answer.status_code == 404
        # Nothing tells a hidden collection from one that is not there.
        assert data(answer) | {"error_id": ""} == data(missing) | {"error_id": ""}


def test_ri_07_ri_08_ri_09_a_read_only_collection(hub: Hub) -> None:
    path = f"/hub/collections/{fakes.collection('bulletins').id}/objects/"
    body = fakes.body(fakes.indicator(1))
    assert hub.ask("POST", path, body=body, account="partner").status_code == 403
    assert hub.ask("POST", path, body=body).status_code == 202
    one = f"{path}{fakes.indicator(1)['id']}/"
    assert hub.ask("DELETE", one, account="partner").status_code == 403
    answer = hub.get(path, account="partner")
    assert answer.status_code == 200
    assert data(answer)["objects"] == [fakes.indicator(1)]


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param("objects/", id="RI-10"),
        pytest.param("manifest/", id="RI-11"),
        f"objects/{fakes.indicator(1)['id']}/",
        f"objects/{fakes.indicator(1)['id']}/versions/",
    ],
)
def test_ri_12_a_write_only_collection(hub: Hub, tail: str) -> None:
    room = hub.room(read=False)
    assert room.add(fakes.indicator(1))["success_count"] == 1
    assert is_taxii_error(room.get(tail), 403)


def test_ri_12_what_cannot_be_read_cannot_be_deleted(hub: Hub) -> None:
    room = hub.room(read=False)
    room.add(fakes.indicator(1))
    assert room.delete(fakes.indicator(1)["id"]).status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/nowhere/", 404, id="ER-01"),
        pytest.param("/hub/collections/none/", 404, id="ER-01-collection"),
        pytest.param("{seed}objects/?limit=0", 400, id="ER-04"),
    ],
)
def test_errors_are_taxii_errors(hub: Hub, seed: Room, path: str, status: int) -> None:
    assert is_taxii_error(hub.get(path.format(seed=seed.url)), status)


def test_er_02_er_03_er_13_failures_have_one_form(hub: Hub, closed: Hub, seed: Room) -> None:
    failures = {
        400: seed.get(added_after="yesterday"),
        401: closed.get("/taxii2/", account=""),
        403: hub.room(write=False).post(fakes.body(fakes.indicator(1))),
        404: seed.get("objects/indicator--none/"),
        406: seed.get(headers={"Accept": "text/html"}),
        415: hub.room().post(b"{}", headers={"Content-Type": "text/plain"}),
    }
    for status, answer in failures.items():
        assert is_taxii_error(answer, status), status


def test_er_10_addresses_answer_without_redirect(hub: Hub, addresses: dict[str, str]) -> None:
    for path in addresses.values():
        assert path.endswith("/")
        assert hub.get(path).status_code == 200


def test_er_11_bodies_are_utf_8_json_objects(hub: Hub, addresses: dict[str, str]) -> None:
    for path in addresses.values():
        assert isinstance(data(hub.get(path)), dict)


def test_v0_01_taxii_2_0_is_406(hub: Hub, addresses: dict[str, str]) -> None:
    accept = "application/vnd.oasis.taxii+json; version=2.0"
    for path in addresses.values():
        assert hub.get(path, headers={"Accept": accept}).status_code == 406


def test_v0_02_the_discovery_of_taxii_2_0_is_not_there(hub: Hub) -> None:
    assert is_taxii_error(hub.get("/taxii/"), 404)


def test_v0_03_a_range_of_items_is_ignored(seed: Room) -> None:
    answer = seed.get(headers={"Range": "items 0-1"})
    assert answer.status_code == 200
    assert len(data(answer)["objects"]) == len(sample.LATEST)
