"""A signed report says who made it, and every change of it is seen."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from connectors.check import signing
from connectors.check.report import Report
from connectors.check.run import Plan, check
from connectors.check.wire import Login, Trust
from hub.errors import HubError
from tests.check.partner import Partner, serving


@pytest.fixture(scope="module")
def report() -> Report:
    with serving(Partner()) as url:
        return check(Plan(url), Login(), Trust())


def test_a_report_is_verified(report: Report, tmp_path: Path) -> None:
    key = signing.key_of(tmp_path / "deep" / "key.pem")
    body = signing.signed(report, key)
    found = signing.verified(body, signing.public_text(key))
    assert found.report == report
    assert found.signature.key_id == signing.key_id(signing.public_text(key))
    # The file may be laid out anew: what it says is signed, not its white space.
    signing.verified(json.dumps(json.loads(body)).encode())


def change(body: bytes, *path: object) -> bytes:
    plain = json.loads(body)
    place = plain
    for step in path[:-1]:
        place = place[step]
    old = place[path[-1]]
    place[path[-1]] = {str: f"{old}x", int: 1, bool: not old, list: []}[type(old)]
    assert place[path[-1]] != old
    return json.dumps(plain).encode()


@pytest.mark.parametrize(
    "path",
    [
        ("report", "target"),
        ("report", "started"),
        ("report", "kit", "digest"),
        ("report", "score", "must", "failed"),
        ("report", "score", "level"),
        ("report", "checks"),
        ("report", "checks", 3, "verdict"),
        ("report", "checks", 3, "evidence", 0, "answer"),
        ("report", "options", "risky"),
        ("signature", "scheme"),
        ("signature", "key_id"),
    ],
)
def test_every_change_is_seen(report: Report, tmp_path: Path, path: tuple[object, ...]) -> None:
    body = signing.signed(report, signing.make_key(tmp_path / "key.pem"))
    with pytest.raises(HubError, match=r"changed|fit"):
        signing.verified(change(body, *path))


def test_another_key_is_another_checker(report: Report, tmp_path: Path) -> None:
    mine, other = (signing.make_key(tmp_path / name) for name in ("mine", "other"))
    body = signing.signed(report, other)
    signing.verified(body)
    with pytest.raises(HubError, match="signed by another key"):
        signing.verified(body, signing.public_text(mine))
    # A public key that is put in place of the right one does not fit the signature.
    plain = json.loads(body)
    public = signing.public_text(mine)
    plain["signature"] |= {"public_key": public, "key_id": signing.key_id(public)}
    with pytest.raises(HubError, match="changed"):
        signing.verified(json.dumps(plain).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"report": 1.5, "signature": {}}',
        b'{"report": NaN}',
        b"[" * 100_000,
        b'{"report": {}, "report": {}}',
    ],
)
def test_what_is_no_report(body: bytes) -> None:
    with pytest.raises(HubError, match="no signed report"):
        signing.verified(body)


def test_a_name_that_stands_twice_is_refused(report: Report, tmp_path: Path) -> None:
    """Else one reader takes the first and another the second."""
    body = signing.signed(report, signing.make_key(tmp_path / "key.pem"))
    twice = body.replace(b'"target":', b'"target": "https://better.example",\n"target":', 1)
    with pytest.raises(HubError, match="twice"):
        signing.verified(twice)


@pytest.mark.parametrize("value", [b"", b"short", b"0" * 64])
def test_a_broken_signature(report: Report, tmp_path: Path, value: bytes) -> None:
    plain = json.loads(signing.signed(report, signing.make_key(tmp_path / "key.pem")))
    plain["signature"]["value"] = base64.b64encode(value).decode()
    with pytest.raises(HubError, match="changed"):
        signing.verified(json.dumps(plain).encode())


def test_the_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    made = signing.key_of(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert signing.public_text(signing.key_of(path)) == signing.public_text(made)
    with pytest.raises(HubError, match="is there already"):
        signing.make_key(path)
    path.chmod(0o644)
    with pytest.raises(HubError, match="others can read"):
        signing.key_of(path)
    path.chmod(0o600)
    path.write_text("no key", encoding="ascii")
    with pytest.raises(HubError, match="no Ed25519 key"):
        signing.key_of(path)
