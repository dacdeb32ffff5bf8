"""The hub from its wheel, made of exactly what the Dockerfile copies: nothing else is at hand."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

from tests import compose
from tests.tools.ports import free_port

ROOT = compose.ROOT


def run(*command: object, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build")
    for name in compose.copied():
        source, target = ROOT / name, folder / "src" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps"),
        *("--no-build-isolation", "--wheel-dir", folder / "wheels", "."),
        cwd=folder / "src",
    )
    (made,) = (folder / "wheels").glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder with the programs of an environment that has the wheel and no pip of its own.

    The hub's packages come from this environment: there is no index to install them from.
    """
    home = tmp_path_factory.mktemp("hub") / "venv"
    venv.create(home, with_pip=False)
    programs = home / "bin"
    run(
        *(sys.executable, "-m", "pip", "--python", programs / "python", "install", "--quiet"),
        *("--no-index", "--no-deps", "--no-compile", wheel),
        cwd=home,
    )
    (packages,) = (home / "lib").glob("python*/site-packages")
    (packages / "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return programs


def test_every_file_of_the_packages_is_in_the_wheel(wheel):
    tracked = run(
        *("git", "ls-files", "--cached", "--others", "--exclude-standard"),
        *("hub", "connectors", "feeds"),
        cwd=ROOT,
    ).split()
    assert "hub/store/migrations/0001_initial.sql" in tracked
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == {name for name in tracked if (ROOT / name).exists()}


def test_the_program_is_the_one_of_the_wheel(installed, tmp_path):
    place = run(installed / "python", "-c", "import hub; print(hub.__file__)", cwd=tmp_path)
    assert Path(place.strip()).is_relative_to(installed.parent)
    assert run(installed / "hub", "--version", cwd=tmp_path).startswith("hub, version ")


def test_it_makes_a_store_serves_and_the_health_check_agrees(installed, tmp_path):
    port = free_port()
    run(installed / "hub", "init", "--port", port, cwd=tmp_path)
    alive = [installed / "python", compose.STEPS / "alive.py"]
    asking = {"HUB_CONFIG": str(tmp_path / "hub.toml"), "PYTHONDONTWRITEBYTECODE": "1"}
    with pytest.raises(AssertionError, match="Connection refused"):
        run(*alive, cwd=tmp_path, **asking)

    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [installed / "hub", "serve"],
            cwd=tmp_path,
            stdout=log,
            stderr=log,
            env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        )
    try:
        assert ready(port, server), (tmp_path / "log").read_text(encoding="utf-8")
        run(*alive, cwd=tmp_path, **asking)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/login", timeout=60) as page:
            text = page.read().decode()
        assert '<html lang="vi"' in text
        assert "Đăng nhập" in text, "the catalogues are in the wheel"
    finally:
        server.terminate()
        server.wait(timeout=60)


def ready(port: int, server: subprocess.Popen) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        asking = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            asking.request("GET", "/health/ready")
            if asking.getresponse().status == 200:
                return True
        except OSError:
            pass
        finally:
            asking.close()
        time.sleep(0.2)
    return False
