"""hub ca: the authority's files, issuing, binding, revoking; nothing secret where it must not be."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    load_pem_private_key,
    pkcs12,
)

from hub.cli import base
from hub.service import authority as ca
from hub.service.keys import new_key, pem_of_key
from tests import fakes, pki
from tests.unit.cli.conftest import Run

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def made(run: Run, folder: Path) -> Path:
    """The folder of a hub that has a CA."""
    found = run("ca", "init")
    assert found.exit_code == 0, found.stderr
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def files_in(folder: Path) -> list[Path]:
    """All but those of the store, which come and go."""
    return sorted(path for path in folder.rglob("*") if not path.name.startswith("hub.sqlite"))


def listed(run: Run) -> list[dict]:
    return json.loads(run("ca", "list", "-o", "json").stdout)


def issued(run: Run, *arguments: object, **how: object) -> dict:
    found = run("ca", "issue", "publisher", "-o", "json", *arguments, **how)
    assert found.exit_code == 0, found.stderr
    (row,) = json.loads(found.stdout)
    return row


def certificate_in(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def request_file(folder: Path, key: object = None) -> Path:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    path = folder / "client.csr"
    made = builder.sign(key or new_key(), hashes.SHA256())  # type: ignore[arg-type]
    path.write_bytes(made.public_bytes(Encoding.PEM))
    return path


class TestInit:
    def test_key_and_certificate(self, run: Run, folder: Path) -> None:
        found = run("ca", "init", "--name", "Sample CA", "--days", "100")
        assert (found.exit_code, found.stdout) == (0, "")
        assert mode(folder / "ca") == 0o700
        assert mode(folder / "ca" / "ca-key.pem") == 0o600
        assert certificate_in(folder / "ca/ca.pem").subject.rfc4514_string() == "CN=Sample CA"
        assert 'client_ca = ["ca/ca.pem"]' in found.stderr
        assert "PRIVATE" not in found.stderr

    def test_never_overwrites(self, run: Run, made: Path) -> None:
        before = [(made / "ca" / name).read_bytes() for name in ("ca.pem", "ca-key.pem")]
        found = run("ca", "init")
        assert found.exit_code == 1
        assert "is there already; nothing was changed" in found.stderr
        (made / "ca" / "ca-key.pem").rename(made / "kept.pem")
        assert run("ca", "init").exit_code == 1
        assert not (made / "ca" / "ca-key.pem").exists(), "no key without its certificate"
        (made / "kept.pem").rename(made / "ca" / "ca-key.pem")
        assert [(made / "ca" / name).read_bytes() for name in ("ca.pem", "ca-key.pem")] == before

    def test_another_folder(self, run: Run, folder: Path) -> None:
        assert run("ca", "init", "--folder", "other").exit_code == 0
        found = run("ca", "issue", "publisher")
        assert found.exit_code == 5
        assert "hub ca init" in found.stderr
        assert run("ca", "issue", "publisher", "--folder", "other").exit_code == 0

    def test_a_name_that_cannot_be(self, run: Run, folder: Path) -> None:
        assert run("ca", "init", "--name", "x" * 65).exit_code == 2
        assert not (folder / "ca").exists()

    def test_a_passphrase(self, run: Run, folder: Path) -> None:
        found = run("ca", "init", "--passphrase-stdin", stdin=f"{PASSPHRASE}\n")
        assert found.exit_code == 0
        pem = (folder / "ca" / "ca-key.pem").read_bytes()
        assert load_pem_private_key(pem, PASSPHRASE.encode())
        with pytest.raises(TypeError):
            load_pem_private_key(pem, None)
        issue = ("ca", "issue", "publisher")
        found = run(*issue)
        assert found.exit_code == 2
        assert "--passphrase-stdin" in found.stderr
        found = run(*issue, "--passphrase-stdin", stdin="wrong passphrase\n")
        assert found.exit_code == 2
        assert "wrong passphrase" not in found.stderr
        assert run(*issue, "--passphrase-stdin", stdin=f"{PASSPHRASE}\n").exit_code == 0
        assert run("ca", "crl").exit_code == 2
        assert run("ca", "crl", "--passphrase-stdin", stdin=f"{PASSPHRASE}\n").exit_code == 0

    def test_no_short_passphrase_and_none_without_a_terminal(self, run: Run, folder: Path) -> None:
        assert run("ca", "init", "--passphrase-stdin", stdin="short\n").exit_code == 2
        assert run("ca", "init", "--encrypt").exit_code == 2
        assert not (folder / "ca").exists()

    def test_a_passphrase_on_a_terminal(
        self, run: Run, folder: Path, terminal: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[bool] = []

        def prompt(*_: object, hide_input: bool, confirmation_prompt: bool, err: bool) -> str:
            assert hide_input
            assert err
            asked.append(confirmation_prompt)
            return PASSPHRASE

        monkeypatch.setattr(base.click, "prompt", prompt)
        assert run("ca", "init", "--encrypt").exit_code == 0
        assert run("ca", "issue", "publisher").exit_code == 0
        assert asked == [True, False]


class TestIssue:
    def test_with_a_new_key(self, run: Run, made: Path) -> None:
        row = issued(run, "--label", "MISP", "--out", "new/folder", "--days", "30")
        (name,) = row["files"]
        path = made / name
        assert path.parent == made / "new/folder"
        assert mode(path) == 0o600
        certificate = certificate_in(path)
        key = load_pem_private_key(path.read_bytes(), None)
        assert certificate.public_key() == key.public_key()
        certificate.verify_directly_issued_by(certificate_in(made / "ca/ca.pem"))
        (found,) = listed(run)
        assert (found["id"], found["account"], found["state"]) == (row["id"], "publisher", "valid")
        assert (found["label"], found["expires"]) == ("MISP", row["expires"])
        assert found["sha256"] == certificate.fingerprint(hashes.SHA256()).hex()
        assert int(found["serial"], 16) == certificate.serial_number

    def test_the_key_is_nowhere_else(self, run: Run, made: Path) -> None:
        row = issued(run)
        secret = (made / row["files"][0]).read_text().splitlines()[1]
        everywhere = [p for p in made.rglob("*") if p.is_file() and p.name not in row["files"]]
        assert [p for p in everywhere if secret.encode() in p.read_bytes()] == []
        assert secret not in run("ca", "issue", "publisher").output

    def test_pkcs12(self, run: Run, made: Path) -> None:
        row = issued(run, "--p12")
        pem, p12 = (made / name for name in row["files"])
        assert mode(p12) == 0o600
        assert len(row["password"]) >= 20
        key, certificate, _ = pkcs12.load_key_and_certificates(
            p12.read_bytes(), row["password"].encode()
        )
        assert certificate == certificate_in(pem)
        assert key is not None

    def test_from_a_request(self, run: Run, made: Path) -> None:
        key = new_key()
        row = issued(run, "--csr", request_file(made, key))
        text = (made / row["files"][0]).read_text()
        assert "PRIVATE" not in text
        assert certificate_in(made / row["files"][0]).public_key() == key.public_key()
        raw = request_file(made, key).read_bytes()
        assert issued(run, "--csr", "-", stdin=raw)["id"] != row["id"]

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("nobody",), 5),
            (("publisher", "--csr", "hub.toml"), 2),
            (("publisher", "--csr", "none"), 2),
            (("publisher", "--csr", "client.csr", "--p12"), 2),
            (("publisher", "--csr", "-", "--passphrase-stdin"), 2),
            (("publisher", "--days", "0"), 2),
            (("publisher", "--days", "1827"), 2),
            (("publisher", "--out", "hub.toml"), 2),
            (("publisher", "--out", "hub.toml/below"), 1),
        ],
    )
    def test_refused_and_nothing_is_left(
        self, run: Run, made: Path, arguments: tuple[str, ...], code: int
    ) -> None:
        request_file(made)
        before = files_in(made)
        found = run("ca", "issue", *arguments)
        assert found.exit_code == code, found.output
        assert isinstance(found.exception, SystemExit)
        assert files_in(made) == before
        assert listed(run) == []

    def test_a_weak_key(self, run: Run, made: Path) -> None:
        weak = request_file(made, ec.generate_private_key(ec.SECP192R1()))
        found = run("ca", "issue", "publisher", "--csr", weak)
        assert found.exit_code == 2
        assert "P-256" in found.stderr

    def test_a_file_that_is_no_request_but_large(self, run: Run, made: Path) -> None:
        (made / "large").write_bytes(bytes(2 << 20))
        found = run("ca", "issue", "publisher", "--csr", "large")
        assert (found.exit_code, "too large" in found.stderr) == (2, True)

    def test_files_go_when_the_store_refuses(
        self, run: Run, made: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from hub.errors import StoreDown
        from hub.service.certificates import Certificates

        def down(*_: object) -> None:
            raise StoreDown("the store cannot write")

        before = files_in(made)
        monkeypatch.setattr(Certificates, "add", down)
        assert run("ca", "issue", "publisher", "--p12").exit_code == 7
        assert files_in(made) == before

    def test_the_key_of_the_authority_is_not_for_others(self, run: Run, made: Path) -> None:
        (made / "ca/ca-key.pem").chmod(0o640)
        found = run("ca", "issue", "publisher")
        assert found.exit_code == 2
        assert "chmod 600" in found.stderr

    def test_an_authority_that_is_damaged(self, run: Run, made: Path) -> None:
        pem = pem_of_key(pki.AUTHORITY.key)
        (made / "ca/ca-key.pem").write_bytes(pem)
        found = run("ca", "issue", "publisher")
        assert found.exit_code == 2
        assert "not that of its certificate" in found.stderr
        (made / "ca/ca.pem").unlink()
        found = run("ca", "issue", "publisher")
        assert (found.exit_code, "ca.pem" in found.stderr) == (1, True)


class TestLater:
    def test_renew_leaves_the_old_one(self, run: Run, made: Path) -> None:
        old = issued(run, "--label", "MISP")
        found = run("ca", "renew", old["id"], "-o", "json")
        assert found.exit_code == 0, found.stderr
        assert f"hub ca revoke {old['id']}" in found.stderr
        (new,) = json.loads(found.stdout)
        assert {row["id"]: (row["state"], row["label"]) for row in listed(run)} == {
            old["id"]: ("valid", "MISP"),
            new["id"]: ("valid", "MISP"),
        }
        assert run("ca", "renew", "nothing").exit_code == 5

    def test_revoke_and_list(self, run: Run, made: Path) -> None:
        row = issued(run)
        assert run("ca", "revoke", row["id"]).exit_code == 0
        assert [item["state"] for item in listed(run)] == ["revoked"]
        assert run("ca", "revoke", row["id"]).exit_code == 5
        assert run("ca", "renew", row["id"]).exit_code == 5

    def test_states(self, run: Run, made: Path, bind: Callable[..., None]) -> None:
        bind(pki.expired(), pki.early(), pki.Client())
        assert sorted(item["state"] for item in listed(run)) == [
            "expired",
            "not yet valid",
            "valid",
        ]

    def test_crl(self, run: Run, made: Path) -> None:
        row = issued(run)
        certificate = certificate_in(made / row["files"][0])
        run("ca", "revoke", row["id"])
        first = x509.load_pem_x509_crl(run("ca", "crl").stdout_bytes)
        assert first.get_revoked_certificate_by_serial_number(certificate.serial_number)
        assert first.is_signature_valid(certificate_in(made / "ca/ca.pem").public_key())
        (made / "crl.pem").write_text("old")
        assert run("ca", "crl", "--out", "crl.pem").exit_code == 0
        assert len(list(x509.load_pem_x509_crl((made / "crl.pem").read_bytes()))) == 1
        assert mode(made / "crl.pem") == 0o644
        assert [p.name for p in made.glob("crl*")] == ["crl.pem"]
        assert run("ca", "crl", "--out", "hub.toml/crl.pem").exit_code == 1

    def test_bind(self, run: Run, made: Path) -> None:
        client = pki.Client("partner", by=pki.STRANGER)
        (made / "partner.pem").write_text(client.pem)
        bind = ("ca", "bind", "partner", "partner.pem", "--label", "own CA")
        found = run(*bind)
        assert found.exit_code == 0, found.stderr
        (row,) = listed(run)
        assert (row["account"], row["label"], row["issuer"]) == (
            "partner",
            "own CA",
            "CN=Sample CA",
        )
        assert run(*bind).exit_code == 2
        assert run("ca", "bind", "nobody", "partner.pem").exit_code == 5
        assert run("ca", "bind", "partner", "ca/ca.pem").exit_code == 2
        assert run("ca", "bind", "partner", "hub.toml").exit_code == 2
        found = run("ca", "renew", row["id"])
        assert (found.exit_code, "hub ca bind" in found.stderr) == (2, True)

    @pytest.mark.parametrize(("by", "warned"), [(pki.AUTHORITY, False), (pki.STRANGER, True)])
    def test_bind_warns_of_what_tls_will_refuse(
        self, run: Run, folder: Path, by: ca.Authority, warned: bool
    ) -> None:
        (folder / "ca.pem").write_text(pki.pem_of(pki.AUTHORITY.certificate))
        fakes.make_config(folder, '[server]\ntls_cert="c"\ntls_key="k"\nclient_ca=["ca.pem"]')
        client = pki.Client(by=by)
        between = ca.Authority(client.certificate, client.key)
        far = pki.Client(by=between)
        for pem in (client.pem, far.pem + client.pem):
            found = run("ca", "bind", "publisher", "-", stdin=pem)
            assert found.exit_code == 0, found.stderr
            assert ("warning" in found.stderr) is warned
        found = run("ca", "bind", "publisher", "-", stdin=pki.Client(by=between).pem)
        assert "warning" in found.stderr, "what lies between is missing"

    def test_require(self, run: Run, made: Path) -> None:
        found = run("ca", "require", "publisher")
        assert found.exit_code == 0
        assert "hub ca issue publisher" in found.stderr
        issued(run)
        assert "warning" not in run("ca", "require", "publisher").stderr
        rows = json.loads(run("account", "list", "-o", "json").stdout)
        assert [row["name"] for row in rows if row["certificate_only"]] == ["publisher"]
        assert run("ca", "require", "publisher", "--off").exit_code == 0
        assert run("ca", "require", "nobody").exit_code == 5


@pytest.fixture
def bind(folder: Path) -> Callable[..., None]:
    """Binds clients behind the back of the commands."""

    def call(*clients: pki.Client) -> None:
        from hub.store.base import Act

        store = fakes.open_store(folder / "hub.sqlite")
        records = [client.record() for client in clients]
        store.write(records, [], Act("", "", "test", ""), epoch=store.epoch())
        store.close()

    return call


class TestDoctor:
    def lines(self, run: Run, what: str) -> list[list[str]]:
        lines = [line.split("\t") for line in run("doctor").stdout.splitlines()]
        return [line for line in lines if line[1] == what]

    def test_certificates_that_end(self, run: Run, bind: Callable[..., None]) -> None:
        assert self.lines(run, "certificate") == []
        bind(pki.Client(lasts=15), pki.Client("partner"))
        assert self.lines(run, "certificate") == []
        short = pki.Client(lasts=13)
        bind(pki.expired(), short)
        found = self.lines(run, "certificate")
        assert {line[0] for line in found} == {"warn"}
        assert sorted(line[2].split()[3] for line in found) == ["expired", "expires"]
        assert all(line[3].startswith("hub ca renew") for line in found)

    def test_an_account_that_is_locked_out(self, run: Run, bind: Callable[..., None]) -> None:
        run("ca", "require", "publisher")
        (line,) = self.lines(run, "certificate")
        assert "publisher needs a client certificate" in line[2]
        bind(pki.Client())
        assert self.lines(run, "certificate") == []

    @pytest.mark.parametrize(("days", "result"), [(100, "ok"), (20, "warn"), (0, "fail")])
    def test_authorities(self, run: Run, folder: Path, days: int, result: str) -> None:
        both = (pki.AUTHORITY, ca.new_authority("Partner", days))
        (folder / "ca.pem").write_text(pki.pem_of(*(item.certificate for item in both)))
        fakes.make_config(folder, '[server]\ntls_cert="c"\ntls_key="k"\nclient_ca=["ca.pem"]')
        (line,) = self.lines(run, "client_ca")
        assert line[0] == result
        assert "2 CAs" in line[2]

    def test_authorities_that_are_not_there(self, run: Run, folder: Path) -> None:
        fakes.make_config(folder, '[server]\ntls_cert="c"\ntls_key="k"\nclient_ca=["ca.pem"]')
        (line,) = self.lines(run, "client_ca")
        assert line[0] == "fail"
