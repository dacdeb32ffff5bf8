"""taxii2-client 2.3, the reference client of OASIS, against a served hub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from requests import HTTPError
from requests.auth import HTTPBasicAuth
from taxii2client import v20, v21
from taxii2client.common import TokenAuth
from taxii2client.exceptions import AccessError

from tests import fakes
from tests.e2e.serving import DEFAULTS, Room, Server, serving
from tests.http import sample
from tests.http.asking import ids

LOGIN = {"user": "publisher", "password": fakes.PASSWORD}


@pytest.fixture(scope="module", params=["hub", "medallion"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A running hub with either protocol layer in front."""
    settings = f'{DEFAULTS}[taxii]\nviews = "{request.param}"\n'
    with serving(tmp_path_factory.mktemp(request.param), settings) as running:
        yield running


@pytest.fixture
def collection(room: Room) -> Iterator[v21.Collection]:
    with v21.Collection(room.url, **LOGIN) as opened:
        yield opened


@pytest.fixture
def root(server: Server) -> Iterator[v21.ApiRoot]:
    with v21.ApiRoot(f"{server.url}/hub/", **LOGIN) as opened:
        yield opened


def refusal(error: pytest.ExceptionInfo[HTTPError]) -> int:
    response = error.value.response
    assert response is not None
    return response.status_code


def test_discovery(server: Server) -> None:
    with v21.Server(f"{server.url}/taxii2/", **LOGIN) as found:
        assert found.title == "Incident hub"
        assert [root.url for root in found.api_roots] == [f"{server.url}/hub/"]
        assert found.default is found.api_roots[0]
        assert found.custom_properties == {}
        assert found.default.title == "Incident hub"
        for root in found.api_roots:
            root.close()


def test_api_root(root: v21.ApiRoot, room: Room) -> None:
    assert root.title == "Incident hub"
    assert root.versions == ["application/taxii+json;version=2.1"]
    assert root.max_content_length == 67_108_864
    assert root.custom_properties == {}
    found = {collection.id: collection for collection in root.collections}
    assert found[room.collection.id].title == room.collection.title
    assert fakes.collection("hidden").id not in found
    root.refresh()


def test_a_collection(collection: v21.Collection, room: Room) -> None:
    assert collection.id == room.collection.id
    assert collection.title == room.collection.title
    assert collection.alias == room.collection.alias
    assert (collection.can_read, collection.can_write) == (True, True)
    assert collection.media_types == list(room.collection.media_types)
    assert collection.custom_properties == {}
    collection.refresh()


@pytest.mark.parametrize("kind", ["dict", "text", "bytes", "bundle"])
def test_adding(collection: v21.Collection, kind: str) -> None:
    objects = [fakes.indicator(1, name="Tấn công mạng"), sample.MALWARE]
    body: object = {"objects": objects}
    if kind == "bundle":
        body = {"type": "bundle", "id": f"bundle--{fakes.uuid_of(1)}", "objects": objects}
    if kind in {"text", "bytes"}:
        body = json.dumps(body)
        body = body.encode() if kind == "bytes" else body
    status = collection.add_objects(body)
    assert status.status == "complete"
    assert (status.total_count, status.success_count, status.failure_count) == (2, 2, 0)
    assert [item["id"] for item in status.successes] == ids(objects)
    assert collection.get_objects()["objects"] == objects


def test_adding_without_waiting(collection: v21.Collection, root: v21.ApiRoot) -> None:
    bad = fakes.indicator(2) | {"pattern": "["}
    status = collection.add_objects(
        {"objects": [fakes.indicator(1), bad]}, wait_for_completion=False
    )
    status.refresh()
    assert status.failures[0]["id"] == bad["id"]
    again = root.get_status(status.id)
    assert again._raw == status._raw
    assert bool(again)
    again.wait_until_final()


@pytest.fixture
def full(collection: v21.Collection) -> v21.Collection:
    """The sample objects, added envelope by envelope."""
    for envelope in sample.ENVELOPES:
        collection.add_objects({"objects": list(envelope)})
    return collection


def test_reading_with_filters(full: v21.Collection) -> None:
    assert full.get_objects()["objects"] == sample.LATEST
    assert full.get_objects(type="malware")["objects"] == [sample.MALWARE]
    assert len(full.get_objects(type=["malware", "indicator"])["objects"]) == 3
    both = full.get_objects(id=[sample.VERSIONED, sample.PRECISE["id"]], version=["first", "last"])
    assert both["objects"] == [fakes.indicator(1, 1), sample.PRECISE, fakes.indicator(1, 4)]
    assert full.get_objects(spec_version="2.0", type="indicator")["objects"] == [sample.OLD_SPEC]
    assert full.get_objects(tlp="amber")["objects"] == [sample.SECRET]
    assert full.get_objects(type="tool") == {}
    assert full.get_object(sample.VERSIONED)["objects"] == [fakes.indicator(1, 4)]
    every = full.get_object(sample.VERSIONED, version="all")["objects"]
    assert every == [fakes.indicator(1, version) for version in (1, 3, 2, 4)]
    assert full.object_versions(sample.VERSIONED)["versions"] == [
        *(sample.V1, sample.V3, sample.V2, sample.V4)
    ]
    assert ids(full.get_manifest()["objects"]) == ids(sample.LATEST)


@pytest.mark.parametrize("micros", [0, 100_000, 120_000, 123_000, 123_400, 123_450, 123_456, 1])
def test_datetimes_with_any_number_of_digits(collection: v21.Collection, micros: int) -> None:
    moment = datetime(2024, 5, 1, 8, 30, 0, micros, tzinfo=UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    collection.add_objects({"objects": [fakes.indicator(1, modified=text), sample.MALWARE]})
    found = collection.get_objects(version=moment)["objects"]
    assert ids(found) == [sample.VERSIONED]
    assert collection.get_object(sample.VERSIONED, version=[moment])["objects"] == found
    assert len(collection.get_objects(added_after=moment)["objects"]) == 2
    collection.delete_object(sample.VERSIONED, version=moment)
    assert ids(collection.get_objects()["objects"]) == [sample.MALWARE["id"]]


def test_added_after_is_exact(full: v21.Collection) -> None:
    records = full.get_manifest()["objects"]
    for place, record in enumerate(records):
        added = datetime.fromisoformat(record["date_added"])
        rest = full.get_objects(added_after=added).get("objects", [])
        assert rest == sample.LATEST[place + 1 :]
        earlier = full.get_objects(added_after=added - timedelta(microseconds=1))
        assert earlier["objects"] == sample.LATEST[place:]


@pytest.mark.parametrize("per_request", [1, 3, 5, 100])
def test_pages(full: v21.Collection, per_request: int) -> None:
    pages = list(v21.as_pages(full.get_objects, per_request=per_request))
    assert [item for page in pages for item in page["objects"]] == sample.LATEST
    pages = list(v21.as_pages(full.get_manifest, per_request=per_request))
    assert ids([item for page in pages for item in page["objects"]]) == ids(sample.LATEST)
    pages = list(v21.as_pages(full.get_objects, per_request=per_request, version="all"))
    every = [item for page in pages for item in page["objects"]]
    assert every == [item for item in sample.EVERY if item is not sample.BOTH_2_0]
    after = datetime(2020, 1, 1, tzinfo=UTC)
    pages = list(v21.as_pages(full.get_objects, per_request=per_request, added_after=after))
    assert [item for page in pages for item in page["objects"]] == sample.LATEST


def test_the_page_size_of_the_hub(full: v21.Collection) -> None:
    pages = list(v21.as_pages(full.get_objects))
    assert [page["objects"] for page in pages] == [sample.LATEST]


def test_next_without_a_limit(full: v21.Collection) -> None:
    first = full.get_objects(limit=4)
    rest = full.get_objects(next=first["next"])
    assert first["objects"] + rest["objects"] == sample.LATEST


def test_deleting(full: v21.Collection) -> None:
    full.delete_object(sample.VERSIONED, version=[sample.V1, sample.V2])
    assert full.object_versions(sample.VERSIONED)["versions"] == [sample.V3, sample.V4]
    full.delete_object(sample.VERSIONED)
    for call in (full.get_object, full.object_versions, full.delete_object):
        with pytest.raises(HTTPError) as error:
            call(sample.VERSIONED)
        assert refusal(error) == 404


def test_tokens(room: Room) -> None:
    for auth in (
        TokenAuth(fakes.token_of("publisher")),
        HTTPBasicAuth("publisher", fakes.token_of("publisher")),
        HTTPBasicAuth(fakes.token_of("publisher"), ""),
    ):
        with v21.Collection(room.url, auth=auth) as collection:
            assert collection.add_objects({"objects": [fakes.indicator(1)]}).success_count == 1
            assert collection.get_objects()["objects"] == [fakes.indicator(1)]


def test_wrong_credentials(room: Room) -> None:
    with v21.Collection(room.url, user="publisher", password="wrong") as collection:
        with pytest.raises(HTTPError) as error:
            collection.get_objects()
        assert refusal(error) == 401


def test_missing_rights(server: Server) -> None:
    url = f"{server.url}/hub/collections/{{}}/"
    login = {"user": "partner", "password": fakes.PASSWORD}
    with v21.Collection(url.format(fakes.collection("bulletins").id), **login) as read_only:
        with pytest.raises(AccessError):
            read_only.add_objects({"objects": [fakes.indicator(1)]})
        with pytest.raises(AccessError):
            read_only.delete_object(sample.VERSIONED)
    with v21.Collection(url.format(fakes.collection("dropbox").id), **login) as write_only:
        for call in (write_only.get_objects, write_only.get_manifest):
            with pytest.raises(AccessError):
                call()
        assert write_only.add_objects({"objects": [fakes.indicator(1)]}).success_count == 1
    with v21.Collection(url.format(fakes.collection("hidden").id), **login) as hidden:
        with pytest.raises(HTTPError) as error:
            hidden.get_objects()
        assert refusal(error) == 404


def test_a_public_collection_without_credentials(server: Server) -> None:
    room = server.room(public=True)
    room.add(fakes.indicator(1))
    with v21.Collection(room.url) as collection:
        assert (collection.can_read, collection.can_write) == (True, False)
        assert collection.get_objects()["objects"] == [fakes.indicator(1)]


def test_a_bad_envelope(collection: v21.Collection) -> None:
    for body in ("{", '{"objects":[]}', "[]"):
        with pytest.raises(HTTPError) as error:
            collection.add_objects(body)
        assert refusal(error) == 400


def test_the_client_of_taxii_2_0_is_told(server: Server) -> None:
    with v20.Server(f"{server.url}/taxii2/", **LOGIN) as old:
        with pytest.raises(HTTPError) as error:
            _ = old.title
        assert refusal(error) == 406
