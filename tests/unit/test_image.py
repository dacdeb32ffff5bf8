"""The Dockerfile, as far as it can be checked without an engine that builds it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import compose
from tests.compose import ROOT, Instruction, instructions

STEPS = compose.dockerfile()
FINAL = [step for step in STEPS if step.stage == max(step.stage for step in STEPS)]
HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or ""


def final(name: str) -> list[Instruction]:
    return [step for step in FINAL if step.name == name]


def test_it_is_made_in_two_stages_from_one_pinned_slim_base():
    bases = [step.words() for step in STEPS if step.name == "FROM"]
    assert [words[1:] for words in bases] == [["AS", "build"], []]
    assert len({words[0] for words in bases}) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", bases[0][0])


def test_its_python_is_one_that_the_hub_supports():
    version = re.search(r"python:(\d+\.\d+)", STEPS[0].text)[1]
    pins = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    assert f"Programming Language :: Python :: {version}" in pins


def test_it_does_not_run_as_root():
    (user,) = final("USER")
    assert user.text == "1000:1000"
    # Nothing is changed in the image after that.
    assert not [step for step in FINAL[FINAL.index(user) :] if step.name in {"RUN", "COPY", "ADD"}]


def test_the_final_stage_installs_nothing_and_takes_its_packages_from_the_first():
    run = " ".join(step.text for step in final("RUN"))
    assert "pip uninstall --yes" in run
    assert not re.search(r"pip install|apt|curl|wget", run)
    assert final("COPY")[0].words() == ["--from=build", "/opt/hub", "/opt/hub"]


def test_all_that_only_some_feeds_need_is_in_it():
    (build,) = [step.text for step in STEPS if step.name == "RUN" and step.stage == 0]
    given = [set(found.split(",")) for found in re.findall(r"\[([a-z,]+)\]'", build)]
    assert given == [{"oidc", "feeds"}] * 2
    pins = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    extras = pins.partition("[options.extras_require]")[2].partition("\n[")[0]
    assert given[0] <= set(re.findall(r"^(\w+) =$", extras, re.MULTILINE))


def test_what_it_copies_exists_and_is_let_through():
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = [line[1:] for line in lines if line.startswith("!")]
    assert compose.copied()
    for path in compose.copied():
        assert (ROOT / path).exists(), path
        assert any(path == start or path.startswith(f"{start}/") for start in let_through), path


def test_every_package_of_the_hub_is_copied():
    pins = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    packages = re.search(r"\[options\.packages\.find\]\ninclude =\n((?: .*\n)+)", pins)[1]
    assert {name.strip(" *") for name in packages.splitlines()} <= set(compose.copied())


def test_it_runs_the_hub_and_looks_whether_it_lives():
    assert final("ENTRYPOINT")[0].words() == ["hub"]
    assert final("CMD")[0].words() == ["serve"]
    (check,) = final("HEALTHCHECK")
    command = instructions(f"CMD {check.text.partition(' CMD ')[2]}")[0].words()
    assert command == ["python", "/opt/hub/steps/alive.py"]
    assert "config/compose/alive.py" in compose.copied()


def test_every_step_that_compose_runs_is_in_the_image():
    services = compose.load()["services"].values()
    run = [service["entrypoint"][1] for service in services if "entrypoint" in service]
    assert len(run) == 2
    for path in run:
        assert Path(path).parent == Path("/opt/hub/steps")
        assert f"config/compose/{Path(path).name}" in compose.copied()


def test_nothing_secret_is_handed_to_the_build():
    assert not [step for step in STEPS if step.name in {"ARG", "ADD", "ONBUILD"}]


@pytest.mark.skipif(not HADOLINT, reason="hadolint is not there for this platform")
def test_hadolint_finds_nothing():
    done = subprocess.run(
        [HADOLINT, "--no-color", str(ROOT / "Dockerfile")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)
