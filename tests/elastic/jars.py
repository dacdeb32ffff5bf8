"""The class path of the test node: jars from Maven Central, and the few classes that start it.

The jars are resolved once for each state of this folder, compared with `es-jars.sha256` and kept
below `build/`; any number of processes may ask at once. After a change of the version in pom.xml:

    python -m tests.elastic.jars pin
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / "build" / "elastic"
SUMS = HERE / "es-jars.sha256"

_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
_MAVEN_S = 180
_COMPILE_S = 120
_OLDEST_JAVA = 17


class NotHere(Exception):
    """This machine has not what the node needs; the text says what."""


class Wrong(Exception):
    """The jars are not those that were pinned, or the classes do not compile."""


def prepare(folder: Path = CACHE) -> str:
    """The class path; whatever is missing is fetched and compiled.

    Raises:
        NotHere: There is no JDK or no Maven, or Maven could not fetch the jars.
        Wrong: See there.
    """
    ready = folder / _state()
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "lock"):
        if not ready.is_dir():
            _build(folder, ready)
    verify(ready / "lib")
    return f"{ready / 'classes'}:{ready / 'lib'}/*"


def tool(name: str) -> str:
    """A program of the JDK: from JAVA_HOME where that is set, else from the path.

    Raises:
        NotHere: There is none.
    """
    home = os.environ.get("JAVA_HOME")
    found = shutil.which(name, path=f"{home}/bin" if home else None)
    if found is None:
        raise NotHere(f"no {name}; a JDK of version {_OLDEST_JAVA} or newer is needed")
    return found


def verify(lib: Path, sums: Path = SUMS) -> None:
    """Compare a folder of jars with their pinned sums.

    Raises:
        Wrong: A jar is missing, is not listed or differs.
    """
    lines = sums.read_text(encoding="ascii").splitlines()
    pinned = {name: digest for digest, name in (line.split() for line in lines)}
    found = _sums(lib)
    differ = sorted(name for name in pinned | found if pinned.get(name) != found.get(name))
    if differ:
        raise Wrong(f"not as pinned in {sums.name}: {', '.join(differ)}; they are in {lib}")


def _sums(lib: Path) -> dict[str, str]:
    return {
        jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in sorted(lib.glob("*.jar"))
    }


def _state() -> str:
    """A name for the contents of pom.xml, the sums and the Java sources."""
    digest = hashlib.sha256()
    for file in [HERE / "pom.xml", SUMS, *_sources()]:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _sources() -> list[Path]:
    return sorted((HERE / "java").rglob("*.java"))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time; the lock ends with its process."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(folder: Path, ready: Path) -> None:
    """Make `ready` in one step, so that a build that was cut off leaves nothing that looks whole."""
    work = folder / "unfinished"
    shutil.rmtree(work, ignore_errors=True)
    _check_java()
    _resolve(work / "lib", folder / "maven")
    verify(work / "lib")
    _compile(work)
    work.rename(ready)
    shutil.rmtree(folder / "maven")


def _check_java() -> None:
    said = _run([tool("javac"), "-version"], _COMPILE_S)
    version = re.search(r"^javac (\d+)", said, re.MULTILINE)
    if version is None or int(version[1]) < _OLDEST_JAVA:
        raise NotHere(f"{said.strip()}; a JDK of version {_OLDEST_JAVA} or newer is needed")


def _resolve(lib: Path, repository: Path) -> None:
    """Copy the jars; Maven's own repository stays in the checkout, as everything else does."""
    maven = shutil.which("mvn")
    if maven is None:
        raise NotHere("no Maven")
    command = [maven, "--batch-mode", "--quiet", "--file", str(HERE / "pom.xml")]
    command += [f"-Dmaven.repo.local={repository}", f"-DoutputDirectory={lib}"]
    command += ["-DincludeScope=runtime", _COPY]
    try:
        _run(command, _MAVEN_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = str(error.output or b"", "utf-8", "replace").strip()[:300]
        raise NotHere(f"Maven could not fetch the jars: {said or error}") from error


def _compile(work: Path) -> None:
    command = [tool("javac"), "-proc:none", "-cp", f"{work / 'lib'}/*", "-d"]
    command += [str(work / "classes"), *map(str, _sources())]
    try:
        _run(command, _COMPILE_S)
    except subprocess.CalledProcessError as error:
        raise Wrong(f"javac: {str(error.output, 'utf-8', 'replace')[:2000]}") from error


def _run(command: list[str], timeout_s: float) -> str:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=True,
        timeout=timeout_s,
    )
    return str(done.stdout, "utf-8", "replace")


def pin() -> None:
    """Write the sums of what Maven resolves now, after a deliberate change of pom.xml."""
    work, repository = CACHE / "pin", CACHE / "pin-maven"
    _resolve(work, repository)
    SUMS.write_text("".join(f"{digest}  {name}\n" for name, digest in _sums(work).items()))
    shutil.rmtree(work)
    shutil.rmtree(repository)


if __name__ == "__main__":
    if sys.argv[1:] != ["pin"]:
        raise SystemExit("usage: python -m tests.elastic.jars pin")
    pin()
