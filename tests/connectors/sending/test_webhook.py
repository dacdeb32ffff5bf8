"""Webhooks: what is sent can be verified, is the same each time, and goes nowhere else."""

from __future__ import annotations

import base64
import json

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connectors.errors import (
    Absent,
    LoginNeeded,
    Refused,
    RemoteError,
    TooLarge,
    Unreachable,
    Unsafe,
)
from connectors.webhook.send import SENDER, Webhook
from hub.errors import ConfigError
from tests.connectors.sending.parcels import SECRETS, freight, parcel, trip
from tests.connectors.sending.receivers import Said, hook
from tests.e2e.certificates import write_certificate

PARCEL = parcel(freight(1, name="Máy chủ “điều khiển”"), freight(2), gone=("indicator--x",))


def to(url, **changes):
    return Webhook(url=url, **({"secret": "env:HOOK"} | changes))


def test_objects_arrive_as_they_are_and_the_signature_holds(tmp_path):
    with hook() as receiver:
        receipt = SENDER.send(to(receiver.url), PARCEL, trip(tmp_path))
    assert (receipt.accepted, receipt.refused) == (2, ())
    [body] = receiver.bodies
    assert all(item.raw in receiver.raws[0] for item in PARCEL.freight)
    assert body["objects"] == [json.loads(item.raw) for item in PARCEL.freight]
    assert body["gone"] == ["indicator--x"]
    assert body["about"][0] == {
        "id": PARCEL.freight[0].object_id,
        "version": PARCEL.freight[0].version,
        "tlp": "TLP:GREEN",
        "collection": "shared",
        "publisher": "ministry",
        "added": "2023-11-14T22:13:20.000001Z",
    }
    assert receiver.headers[0]["Idempotency-Key"] == PARCEL.key == body["id"]


def test_a_repetition_is_the_same_bytes_under_the_same_key(tmp_path):
    with hook() as receiver:
        for _ in range(2):
            SENDER.send(to(receiver.url), PARCEL, trip(tmp_path))
    assert receiver.raws[0] == receiver.raws[1]
    assert receiver.headers[0]["webhook-id"] == receiver.headers[1]["webhook-id"]


def test_another_secret_does_not_verify_and_two_at_once_do(tmp_path, monkeypatch):
    other = "whsec_" + base64.b64encode(b"another secret of enough bytes").decode()
    monkeypatch.setitem(SECRETS, "env:NEW", other)
    with hook() as receiver:
        with pytest.raises(LoginNeeded):
            SENDER.send(to(receiver.url, secret="env:NEW"), PARCEL, trip(tmp_path))
        SENDER.send(
            to(receiver.url, secret="env:NEW", old_secret="env:HOOK"), PARCEL, trip(tmp_path)
        )
    assert len(receiver.bodies) == 1


def test_an_ed25519_signature_holds_for_whoever_has_the_public_key(tmp_path, monkeypatch):
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    monkeypatch.setitem(SECRETS, "env:KEY", pem.decode())
    with hook() as receiver:
        SENDER.send(to(receiver.url, signing_key="env:KEY"), PARCEL, trip(tmp_path))
    headers = receiver.headers[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + receiver.raws[0]
    [given] = [s for s in headers["webhook-signature"].split(" ") if s.startswith("v1a,")]
    key.public_key().verify(base64.b64decode(given.removeprefix("v1a,")), signed)


@pytest.mark.parametrize("text", ["plain", "whsec_c2hvcnQ=", "whsec_!!", ""])
def test_a_weak_secret_is_not_used(text, tmp_path, monkeypatch):
    monkeypatch.setitem(SECRETS, "env:WEAK", text)
    with hook() as receiver, pytest.raises(ConfigError, match="whsec_") as caught:
        SENDER.send(to(receiver.url, secret="env:WEAK"), PARCEL, trip(tmp_path))
    assert not receiver.raws
    assert not text or text not in str(caught.value)


def test_nothing_leaves_unsigned():
    with pytest.raises(msgspec.ValidationError, match="unsigned"):
        msgspec.convert({"url": "https://x.example/"}, Webhook)


@pytest.mark.parametrize(
    ("said", "kind", "wait_s"),
    [
        (Said(500), Unreachable, 0),
        (Said(503, {"Retry-After": "17"}), Unreachable, 17),
        (Said(429, {"Retry-After": "90"}), Unreachable, 90),
        (Said(429, {"Retry-After": f"Thu, 01 Jan 2099 00:00:00 +{'9' * 17}"}), Unreachable, 0),
        (Said(408), Unreachable, 0),
        (Said(401), LoginNeeded, 0),
        (Said(403), LoginNeeded, 0),
        (Said(404), Absent, 0),
        (Said(410), Absent, 0),
        (Said(413), TooLarge, 0),
        (Said(400), Refused, 0),
        (Said(422), Refused, 0),
        (Said(200, body=b"half", announced=400), Unreachable, 0),
        (Said(stall_s=60), Unreachable, 0),
    ],
    ids=lambda value: getattr(value, "__name__", None) or str(getattr(value, "status", value)),
)
def test_each_answer_says_what_to_do_with_the_parcel(said, kind, wait_s, tmp_path):
    with hook() as receiver:
        receiver.answers.append(said)
        going = trip(tmp_path, read_s=0.5 if said.stall_s else 30.0)
        with pytest.raises(RemoteError) as caught:
            SENDER.send(to(receiver.url), PARCEL, going)
    assert type(caught.value) is kind
    assert getattr(caught.value, "wait_s", 0) == wait_s
    assert "s3cret" not in caught.value.text()


@pytest.mark.parametrize("announced", [None, 10_000_000])
def test_what_was_taken_is_taken_however_much_is_answered(announced, tmp_path):
    with hook() as receiver:
        receiver.answers.append(Said(200, body=b"x" * 5000, announced=announced))
        receipt = SENDER.send(to(receiver.url), PARCEL, trip(tmp_path, most_bytes=1000))
    assert (receipt.accepted, receipt.refused) == (2, ())


@pytest.mark.parametrize(
    ("status", "kind"), [(413, TooLarge), (500, Unreachable), (401, LoginNeeded), (422, Refused)]
)
def test_the_status_counts_however_much_is_answered(status, kind, tmp_path):
    with hook() as receiver:
        receiver.answers.append(Said(status, body=b"x" * 5000))
        with pytest.raises(RemoteError) as caught:
            SENDER.send(to(receiver.url), PARCEL, trip(tmp_path, most_bytes=1000))
    assert type(caught.value) is kind


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_leads_nowhere(status, tmp_path):
    with hook() as elsewhere, hook() as receiver:
        receiver.answers.append(Said(status, {"Location": elsewhere.url}))
        with pytest.raises(Unreachable, match="redirect") as caught:
            SENDER.send(to(receiver.url), PARCEL, trip(tmp_path))
    assert not caught.value.passing
    assert not elsewhere.raws


def test_an_address_of_a_private_network_is_refused_unless_it_is_named(tmp_path):
    with hook() as receiver, pytest.raises(Unsafe):
        SENDER.send(to(receiver.url), PARCEL, trip(tmp_path, networks=()))
    assert not receiver.raws


def test_a_certificate_has_to_hold(tmp_path):
    certificate = write_certificate(tmp_path)
    with hook(certificate) as receiver:
        with pytest.raises(Unreachable, match="certificate") as caught:
            SENDER.send(to(receiver.url), PARCEL, trip(tmp_path))
        SENDER.send(to(receiver.url), PARCEL, trip(tmp_path, ca_file=str(certificate)))
    assert not caught.value.passing
    assert len(receiver.bodies) == 1


def test_what_the_receiver_names_as_refused_is_told_by_object(tmp_path):
    named = PARCEL.freight[1].object_id
    answer = {"refused": [{"id": named, "reason": "too\nold"}, {"id": "indicator--other"}]}
    with hook() as receiver:
        receiver.answers.append(Said(body=json.dumps(answer).encode()))
        receipt = SENDER.send(to(receiver.url), PARCEL, trip(tmp_path))
    assert receipt.accepted == 1
    assert [(item.object_id, item.reason) for item in receipt.refused] == [(named, "too old")]


@pytest.mark.parametrize(
    "body", [b"ok", b"[]", b'{"refused": 3}', b"\xff\x00", b'{"refused":[{}]}']
)
def test_an_answer_in_other_words_counts_by_its_status(body, tmp_path):
    with hook() as receiver:
        receiver.answers.append(Said(body=body))
        assert SENDER.send(to(receiver.url), PARCEL, trip(tmp_path)).accepted == 2
