"""The one-shot steps of docker-compose.yml, run here as they run there."""

from __future__ import annotations

import base64
import http.server
import importlib.util
import json
import re
import secrets
import ssl
import stat
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from cryptography import x509

from tests import compose, fakes

PASSWORD = "correct horse battery"
ROLES = json.loads((compose.STEPS / "roles.json").read_text(encoding="utf-8"))


def step(name: str):
    spec = importlib.util.spec_from_file_location(name, compose.STEPS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # NamedTuple looks its module up
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[name]
    return module


prepare, keys = step("prepare"), step("keys")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """What `prepare` made: the folder that nodes and clients see."""
    own, shared = (tmp_path_factory.mktemp(name) for name in ("own", "shared"))
    assert prepare.main(good_secrets(tmp_path_factory.mktemp("secrets")), own, shared) == 0
    return own, shared


def good_secrets(folder):
    for name in prepare.SECRETS:
        path = folder / name
        path.write_text(f"{PASSWORD}\n", encoding="utf-8")
        path.chmod(0o400)
    return folder


def test_secrets_in_order_are_taken(tmp_path):
    assert prepare.faults(good_secrets(tmp_path)) == []


@pytest.mark.parametrize("name", prepare.SECRETS)
def test_a_missing_secret_stops_everything(tmp_path, capsys, name):
    (good_secrets(tmp_path) / name).unlink()
    (tmp_path / "own").mkdir()
    (tmp_path / "shared").mkdir()

    assert prepare.main(tmp_path, tmp_path / "own", tmp_path / "shared") == 1

    assert capsys.readouterr().err.startswith(f"{name}: there is no such secret")
    assert list((tmp_path / "shared").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "text", "mode", "said"),
    [
        ("hub_secret", PASSWORD, 0o440, "others can read it"),
        ("hub_tls_key", PASSWORD, 0o404, "others can read it"),
        ("elastic_password", " \n", 0o400, "the file is empty"),
        ("elastic_password", "changeme", 0o400, "shorter than 16"),
    ],
)
def test_a_wrong_secret_is_named(tmp_path, name, text, mode, said):
    path = good_secrets(tmp_path) / name
    path.chmod(0o600)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    (found,) = prepare.faults(tmp_path)
    assert found.startswith(f"{name}: ")
    assert said in found


def test_the_certificate_of_the_hub_is_no_secret(tmp_path):
    (good_secrets(tmp_path) / "hub_tls_cert").chmod(0o444)
    assert prepare.faults(tmp_path) == []


def test_every_node_has_a_certificate_for_its_name_and_the_common_one(certificates):
    _, shared = certificates
    ca = x509.load_pem_x509_certificate((shared / "ca.pem").read_bytes())
    services = compose.load()["services"]
    nodes = [name for name in services if "build" not in services[name]]
    assert sorted(nodes) == sorted(prepare.NODES)
    for node in nodes:
        made = x509.load_pem_x509_certificate((shared / f"{node}.pem").read_bytes())
        made.verify_directly_issued_by(ca)
        names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert {node, "elasticsearch", "localhost"} == set(names.get_values_for_type(x509.DNSName))


def test_keys_are_for_their_owner_alone_and_that_of_the_ca_is_apart(certificates):
    own, shared = certificates
    assert {path.name for path in own.iterdir()} == {"ca.key", "ca.pem"}
    assert not (shared / "ca.key").exists()
    for path in [*own.iterdir(), *shared.iterdir()]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_second_start_makes_nothing_new(certificates, tmp_path, capsys):
    own, shared = certificates
    before = {path.name: path.read_bytes() for path in shared.iterdir()}
    assert prepare.main(good_secrets(tmp_path), own, shared) == 0
    assert {path.name: path.read_bytes() for path in shared.iterdir()} == before
    assert capsys.readouterr().out == "new certificates: none\n"


def test_a_certificate_near_its_end_is_renewed(certificates, tmp_path, monkeypatch):
    own, _ = certificates
    ca, key = prepare.authority(own)
    monkeypatch.setattr(prepare, "_NODE_LIFE", timedelta(days=89))
    assert prepare.issue(ca, key, "es", tmp_path)
    monkeypatch.undo()
    old = (tmp_path / "es.pem").read_bytes()
    assert prepare.issue(ca, key, "es", tmp_path)
    assert (tmp_path / "es.pem").read_bytes() != old
    assert not prepare.issue(ca, key, "es", tmp_path)


class Security:
    """The calls of Elasticsearch's security API that the step makes, as its reference tells them."""

    def __init__(self) -> None:
        self.keys: dict[str, dict] = {}
        self.refused: list[str] = []

    def answer(self, method: str, path: str, authorization: str, body: dict):
        scheme, _, word = authorization.partition(" ")
        user = base64.b64decode(word).decode()
        if scheme == "ApiKey":
            known = self.keys.get(user.partition(":")[0])
            if known is None or not known["active"] or known["key"] != user.partition(":")[2]:
                return 401, {"error": "unable to authenticate"}
            return (200, {}) if path == "/_security/_authenticate" else (403, {})
        if (scheme, user) != ("Basic", f"elastic:{PASSWORD}"):
            return 401, {"error": "unable to authenticate user"}
        return getattr(self, method)(path, body)

    def GET(self, path, _body):  # noqa: N802
        return (200, {"status": "yellow"}) if path == "/_cluster/health" else (404, {})

    def POST(self, path, body):  # noqa: N802
        assert path == "/_security/api_key"
        ident, key = secrets.token_hex(8), secrets.token_hex(8)
        self.keys[ident] = {"key": key, "active": True} | body
        encoded = base64.b64encode(f"{ident}:{key}".encode()).decode()
        return 200, {"id": ident, "name": body["name"], "api_key": key, "encoded": encoded}

    def PUT(self, path, body):  # noqa: N802
        known = self.keys[path.rpartition("/")[2]]
        updated = known["role_descriptors"] != body["role_descriptors"]
        known |= body
        return 200, {"updated": updated}

    def DELETE(self, path, body):  # noqa: N802
        assert path == "/_security/api_key"
        assert body["owner"] is True
        found = [k for k in self.keys.values() if k["name"] == body["name"] and k["active"]]
        for key in found:
            key["active"] = False
        return 200, {"invalidated_api_keys": len(found)}

    def active(self):
        return sorted(key["name"] for key in self.keys.values() if key["active"])


@contextmanager
def serving(security: Security, shared):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = security.answer(
                self.command,
                urlsplit(self.path).path,
                self.headers["Authorization"],
                json.loads(body) if body else {},
            )
            reply = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        do_GET = do_POST = do_PUT = do_DELETE = do  # noqa: N815

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shared / "es1.pem", shared / "es1.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def places(tmp_path):
    for name in ROLES:
        (tmp_path / name).mkdir()
    password = tmp_path / "elastic_password"
    password.write_text(f"{PASSWORD}\n", encoding="utf-8")
    return password, tmp_path


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(keys, "_PATIENCE_S", 0.5)
    monkeypatch.setattr(keys, "_LITTLE_PATIENCE_S", 0.5)
    monkeypatch.setattr(keys, "_PAUSE_S", 0.1)


def test_finder_and_projector_get_keys_with_their_roles_alone(certificates, places):
    shared, security = certificates[1], Security()
    with serving(security, shared) as url:
        assert keys.main(url, shared / "ca.pem", *places) == 0
    assert security.active() == ["hub-finder", "hub-projector"]
    for name, role in ROLES.items():
        file = places[1] / name / "api-key"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        ident = base64.b64decode(file.read_text(encoding="ascii")).decode().partition(":")[0]
        assert security.keys[ident]["role_descriptors"] == {f"hub-{name}": role}
        assert ssl.create_default_context(cafile=places[1] / name / "ca.pem").get_ca_certs()


def test_the_hub_reads_the_key_and_the_ca_as_they_are_written(certificates, places, tmp_path):
    shared, security = certificates[1], Security()
    with serving(security, shared) as url:
        keys.main(url, shared / "ca.pem", *places)
    folder = places[1] / "finder"
    config = fakes.make_config(
        tmp_path,
        '[search]\nengine = "elasticsearch"\n[elastic]\nurls = ["https://elasticsearch:9200"]\n'
        f'ca_file = "{folder}/ca.pem"\napi_key_file = "{folder}/api-key"',
    )
    assert base64.b64decode(config.elastic_key()).decode().partition(":")[0] in security.keys


def test_a_key_that_works_is_kept_and_its_rights_are_set_anew(certificates, places):
    shared, security = certificates[1], Security()
    with serving(security, shared) as url:
        keys.main(url, shared / "ca.pem", *places)
        before = (places[1] / "finder" / "api-key").read_text(encoding="ascii")
        for key in security.keys.values():
            key["role_descriptors"] = {"everything": {"cluster": ["all"]}}
        assert keys.main(url, shared / "ca.pem", *places) == 0
    assert (places[1] / "finder" / "api-key").read_text(encoding="ascii") == before
    assert len(security.keys) == 2
    rights = [key["role_descriptors"] for key in security.keys.values()]
    assert rights == [{f"hub-{name}": role} for name, role in ROLES.items()]


@pytest.mark.parametrize("content", ["", "no base64!", base64.b64encode(b"other:key").decode()])
def test_a_key_that_does_not_work_is_replaced_and_withdrawn(certificates, places, content):
    shared, security = certificates[1], Security()
    with serving(security, shared) as url:
        keys.main(url, shared / "ca.pem", *places)
        file = places[1] / "finder" / "api-key"
        file.write_text(content, encoding="ascii")
        assert keys.main(url, shared / "ca.pem", *places) == 0
    assert len(security.keys) == 3
    assert security.active() == ["hub-finder", "hub-projector"]
    assert base64.b64decode(file.read_text(encoding="ascii")).decode().partition(":")[0] in {
        ident for ident, key in security.keys.items() if key["active"]
    }


def test_another_ca_is_not_believed(certificates, places, tmp_path, hasty, capsys):
    shared, security = certificates[1], Security()
    (tmp_path / "stranger").mkdir()
    prepare.authority(tmp_path / "stranger")
    with serving(security, shared) as url:
        assert keys.main(url, tmp_path / "stranger" / "ca.pem", *places) == 1
    assert "certificate verify failed" in capsys.readouterr().err.lower()
    assert not security.keys


def test_a_wrong_password_is_said(certificates, places, hasty, capsys):
    shared, security = certificates[1], Security()
    places[0].write_text("another password", encoding="utf-8")
    with serving(security, shared) as url:
        assert keys.main(url, shared / "ca.pem", *places) == 1
    assert "401" in capsys.readouterr().err


def test_with_keys_at_hand_a_cluster_that_is_down_keeps_nothing_from_starting(
    certificates, places, hasty, capsys
):
    shared, security = certificates[1], Security()
    with serving(security, shared) as url:
        keys.main(url, shared / "ca.pem", *places)
    assert keys.main(url, shared / "ca.pem", *places) == 0
    assert "the keys stay as they are" in capsys.readouterr().err


def test_the_roles_are_those_of_the_how_to_and_no_wider():
    page = (compose.ROOT / "docs" / "how-to" / "search-with-elasticsearch.md").read_text("utf-8")
    told = [json.loads(body) for body in re.findall(r"\{\"name\".*?\}\]\}\}\}", page, re.DOTALL)]
    roles = [role for body in told for role in body["role_descriptors"].values()]
    assert roles == [ROLES["finder"], ROLES["projector"]]
    for role in roles:
        assert set(role) == {"indices"}  # no right on the cluster
        for part in role["indices"]:
            assert part["names"] == ["hub-obj-*"]
            assert not {"all", "delete", "write"} & set(part["privileges"])
