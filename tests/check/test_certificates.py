"""Over TLS: a client certificate opens what asks for one, and TLS itself is judged."""

from __future__ import annotations

import ssl
import warnings
from pathlib import Path

import pytest

from connectors.check.catalogue import Verdict
from connectors.check.report import Report
from connectors.check.run import Plan, check
from connectors.check.wire import Bounds, Login, Trust
from connectors.errors import Unreachable
from tests.check.partner import Partner, serving
from tests.e2e.certificates import write_certificate

BOUNDS = Bounds(requests=400, seconds=60, answer_s=20)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    """One certificate for both sides, and its key."""
    certificate = write_certificate(tmp_path)
    return str(certificate), str(tmp_path / "server-key.pem")


def context(pair: tuple[str, str], *, asks: bool) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*pair)
    if asks:
        made.load_verify_locations(pair[0])
        made.verify_mode = ssl.CERT_REQUIRED
    return made


def verdicts(report: Report) -> dict[str, str]:
    return {line.id: line.verdict for line in report.checks}


def test_a_client_certificate_is_shown(pair: tuple[str, str]) -> None:
    with serving(Partner(), context(pair, asks=True)) as url:
        report = check(Plan(url, bounds=BOUNDS), Login(), Trust(pair[0], pair))
        assert verdicts(report)["PG-02"] == Verdict.PASS
        with pytest.raises(Unreachable):
            check(Plan(url, bounds=BOUNDS), Login(), Trust(pair[0]))


def test_whoever_answers(pair: tuple[str, str]) -> None:
    with serving(Partner(), context(pair, asks=False)) as url:
        with pytest.raises(Unreachable, match="certificate does not hold"):
            check(Plan(url, bounds=BOUNDS), Login(), Trust())
        report = check(Plan(url, bounds=BOUNDS), Login(), Trust(unchecked=True))
    found = verdicts(report)
    assert [found[name] for name in ("TL-01", "TL-02", "TL-03")] == [Verdict.PASS] * 3
    # Nothing here sends it.
    assert found["HT-06"] == Verdict.FAIL


def test_old_versions_of_tls_are_found(pair: tuple[str, str]) -> None:
    old = context(pair, asks=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1_1
        old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.set_ciphers("ALL:@SECLEVEL=0")
    with serving(Partner(), old) as url:
        found = verdicts(check(Plan(url, bounds=BOUNDS), Login(), Trust(pair[0])))
    assert found["TL-01"] == Verdict.PASS
    assert found["TL-02"] == found["TL-03"] == Verdict.FAIL
