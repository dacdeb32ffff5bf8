"""Credentials in every place where clients put them, and what ends their power."""

from __future__ import annotations

import base64

import msgspec
import pytest

from hub.model.clock import now_us
from hub.model.party import Role, Token
from hub.service.credentials import digest, hash_password
from tests import fakes
from tests.http import sample
from tests.http.asking import Hub, Room, data

KEY = fakes.token_of("publisher")
SHARED = f"/hub/collections/{fakes.uuid_of(1)}/objects/"


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def status(hub: Hub, authorization: str, path: str = SHARED, **more) -> int:
    headers = {"Authorization": authorization}
    return hub.get(path, account="", headers=headers, **more).status_code


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(f"Bearer {KEY}", id="bearer"),
        pytest.param(f"bearer   {KEY}", id="bearer in small letters"),
        pytest.param(f"Token {KEY}", id="taxii2-client TokenAuth"),
        pytest.param(KEY, id="bare key"),
        pytest.param(f"Basic {KEY}", id="MISP: key behind Basic"),
        pytest.param(f"Basic {coded(f'{KEY}:')}", id="key as the name"),
        pytest.param(f"Basic {coded(KEY)}", id="key alone, coded"),
        pytest.param(f"Basic {coded(f':{KEY}')}", id="key as the password"),
        pytest.param(f"Basic {coded(f'anything:{KEY}')}", id="key as the password of anybody"),
        pytest.param(f"Basic {coded(f'publisher:{fakes.PASSWORD}')}", id="password"),
        pytest.param(f"BASIC {coded(f'publisher:{fakes.PASSWORD}')}", id="BASIC"),
    ],
)
def test_places_of_a_credential(hub: Hub, authorization: str) -> None:
    assert status(hub, authorization) == 200


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        " ",
        "Bearer",
        f"Bearer {KEY}x",
        f"Bearer {KEY[:-1]}",
        f"Bearer {KEY.upper()}",
        f"Bearer {KEY} {KEY}",
        f"Bearer {digest(KEY).hex()}",
        "hub_",
        f"Basic {coded('publisher')}",
        f"Basic {coded('publisher:')}",
        f"Basic {coded(f'publisher:{fakes.PASSWORD} ')}",
        f"Basic {coded(f'Publisher:{fakes.PASSWORD}')}",
        f"Basic {coded(f':{fakes.PASSWORD}')}",
        f"Basic publisher:{fakes.PASSWORD}",
        f"Basic {coded(f'disabled:{fakes.PASSWORD}')}",
        f"Basic {coded('publisher:' + fakes.password_hash())}",
        f"Negotiate {coded(f'publisher:{fakes.PASSWORD}')}",
        "Basic \xff\xfe",
        f"Basic {base64.b64encode(bytes(range(128, 200))).decode()}",
    ],
)
def test_what_is_no_credential(hub: Hub, authorization: str) -> None:
    assert status(hub, authorization) == 401


def test_a_wrong_credential_does_not_fall_back_to_the_public(hub: Hub) -> None:
    path = f"/hub/collections/{fakes.collection('public').id}/objects/"
    assert hub.get(path, account="").status_code == 200
    assert status(hub, "Bearer wrong", path) == 401


def test_anybody_reads_public_collections_and_nothing_else(hub: Hub) -> None:
    room = hub.room(public=True)
    room.add(fakes.indicator(1))
    for tail in ("", "objects/", "manifest/", f"objects/{sample.VERSIONED}/versions/"):
        assert room.get(tail, account="").status_code == 200
    assert data(room.get(account=""))["objects"] == [fakes.indicator(1)]
    for alias in ("shared", "bulletins", "dropbox", "hidden", "strict", "notices"):
        answer = hub.get(f"/hub/collections/{alias}/", account="")
        # Nothing tells which collections there are.
        missing = hub.get("/hub/collections/missing/", account="")
        assert (answer.status_code, missing.status_code) == (401, 401)
        assert data(answer) | {"error_id": ""} == data(missing) | {"error_id": ""}


def extra_token(**changes) -> tuple[Token, str]:
    """A token of `publisher` that no other test uses."""
    secret = f"hub_extra-{now_us()}".ljust(47, "y")
    token = Token(f"extra-{now_us()}", "publisher", digest(secret), now_us() + 60_000_000)
    return msgspec.structs.replace(token, **changes), secret


def test_a_token_expires(hub: Hub) -> None:
    token, secret = extra_token(expires_us=now_us() - 1)
    hub.put(token)
    assert status(hub, f"Bearer {secret}") == 401
    hub.put(msgspec.structs.replace(token, expires_us=now_us() + 60_000_000))
    assert status(hub, f"Bearer {secret}") == 200


def test_a_revoked_token_works_no_more(hub: Hub) -> None:
    token, secret = extra_token()
    hub.put(token)
    assert status(hub, f"Bearer {secret}") == 200
    hub.put(drop=[token])
    assert status(hub, f"Bearer {secret}") == 401


@pytest.mark.parametrize(
    ("address", "expected"),
    [("192.0.2.7", 200), ("192.0.3.7", 401), ("2001:db8::7", 200), ("nonsense", 401), ("", 401)],
)
def test_a_token_is_bound_to_networks(hub: Hub, address: str, expected: int) -> None:
    token, secret = extra_token(addresses=("192.0.2.0/24", "2001:db8::/32"))
    hub.put(token)
    found = status(hub, f"Bearer {secret}", environ_overrides={"REMOTE_ADDR": address})
    assert found == expected


def test_a_read_only_token_never_writes(hub: Hub, room: Room) -> None:
    room.add(fakes.indicator(1))
    headers = fakes.bearer("publisher", read_only=True)
    path = f"{room.url}objects/"
    assert hub.get(path, headers=headers).status_code == 200
    body = fakes.body(fakes.indicator(2))
    assert hub.ask("POST", path, body=body, headers=headers).status_code == 403
    one = f"{path}{fakes.indicator(1)['id']}/"
    assert hub.ask("DELETE", one, headers=headers).status_code == 403
    assert room.objects() == [fakes.indicator(1)]


@pytest.mark.parametrize("account", ["reader", "administrator"])
def test_readers_and_administrators_do_not_publish(hub: Hub, room: Room, account: str) -> None:
    room.add(fakes.indicator(1))
    body = fakes.body(fakes.indicator(2))
    assert room.post(body, account=account).status_code == 403
    assert room.delete(fakes.indicator(1)["id"], account=account).status_code == 403
    assert room.get(account=account).status_code == 200


@pytest.fixture
def account(hub: Hub) -> fakes.Account:
    """An account of the ministry that no other test uses."""
    made = fakes.Account(f"extra-{now_us()}", "ministry", frozenset({Role.READER}))
    made = msgspec.structs.replace(made, password=fakes.password_hash())
    hub.put(made)
    return made


def test_a_changed_password_counts_at_once(hub: Hub, account: fakes.Account) -> None:
    before = fakes.basic(account.name)["Authorization"]
    assert status(hub, before) == 200
    hub.put(msgspec.structs.replace(account, password=hash_password("another long password")))
    assert status(hub, before) == 401
    assert status(hub, fakes.basic(account.name, "another long password")["Authorization"]) == 200


def test_a_disabled_account_is_out_at_once(hub: Hub, account: fakes.Account) -> None:
    token, secret = extra_token(account=account.name)
    hub.put(token)
    both = (fakes.basic(account.name)["Authorization"], f"Bearer {secret}")
    assert [status(hub, way) for way in both] == [200, 200]
    hub.put(msgspec.structs.replace(account, disabled=True))
    assert [status(hub, way) for way in both] == [401, 401]
    hub.put(msgspec.structs.replace(account, disabled=False))
    assert [status(hub, way) for way in both] == [200, 200]


def test_an_account_without_password_has_none_that_works(hub: Hub, account: fakes.Account) -> None:
    hub.put(msgspec.structs.replace(account, password=""))
    assert status(hub, fakes.basic(account.name)["Authorization"]) == 401
    assert status(hub, fakes.basic(account.name, "")["Authorization"]) == 401


def test_an_account_of_a_missing_organisation_sees_the_public_only(
    hub: Hub, account: fakes.Account
) -> None:
    hub.put(msgspec.structs.replace(account, org="nobody"))
    way = fakes.basic(account.name)["Authorization"]
    found = data(hub.get("/hub/collections/", account="", headers={"Authorization": way}))
    shown = {item["id"] for item in found["collections"]}
    public = {c.id for c in hub.store.directory().collections.values() if c.public}
    assert shown == public


def test_rights_end_with_the_grant(hub: Hub, room: Room) -> None:
    room.add(fakes.indicator(1))
    assert room.get(account="partner").status_code == 200
    grant = fakes.Grant(room.collection.key, ("community", "partners"), read=True, write=True)
    hub.put(fakes.Grant(room.collection.key, ("org", "ministry"), read=True), drop=[grant])
    assert room.get(account="partner").status_code == 404
    assert room.get().status_code == 200
    assert room.post(fakes.body(fakes.indicator(2))).status_code == 403


def test_rights_end_with_the_membership(hub: Hub, room: Room) -> None:
    hub.put(fakes.Community("partners", "Partners", fakes.members("ministry")))
    assert room.get(account="partner").status_code == 404
    hub.put(fakes.Community("partners", "Partners", fakes.members("ministry", "grid")))
    assert room.get(account="partner").status_code == 200


def test_the_address_behind_a_proxy_counts(hub: Hub) -> None:
    server = msgspec.structs.replace(hub.config.server, trusted_proxies=1)
    behind = Hub(msgspec.structs.replace(hub.config, server=server), hub.store)
    token, secret = extra_token(addresses=("192.0.2.0/24",))
    hub.put(token)
    for sent, expected in (
        ("192.0.2.7", 200),
        ("198.51.100.1, 192.0.2.7", 200),
        # Only the last one was written by the proxy.
        ("192.0.2.7, 198.51.100.1", 401),
        ("nonsense", 401),
        (None, 401),
    ):
        headers = {"Authorization": f"Bearer {secret}", "X-Forwarded-For": sent}
        assert behind.get(SHARED, account="", headers=headers).status_code == expected, sent
    # Without a trusted proxy the header is somebody's word.
    assert status(hub, f"Bearer {secret}") == 401
    headers = {"Authorization": f"Bearer {secret}", "X-Forwarded-For": "192.0.2.7"}
    assert hub.get(SHARED, account="", headers=headers).status_code == 401
