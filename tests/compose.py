"""docker-compose.yml and the Dockerfile as data, for the tests."""

from __future__ import annotations

import json
import re
import shlex
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docker-compose.yml"
STEPS = ROOT / "config" / "compose"


def schema() -> dict[str, Any]:
    """The JSON Schema of compose files (compose-spec), as check-jsonschema carries it."""
    package = resources.files("check_jsonschema.builtin_schemas")
    return json.loads((package / "vendor" / "compose-spec.json").read_text(encoding="utf-8"))


def load(text: str | None = None) -> dict[str, Any]:
    """The file with its anchors and merges resolved; a name that comes twice is an error."""
    return YAML(typ="safe").load(text if text is not None else FILE.read_text(encoding="utf-8"))


class Instruction(NamedTuple):
    """One instruction of a Dockerfile, with continued lines joined."""

    stage: int
    """0: the first"""
    name: str
    text: str

    def words(self) -> list[str]:
        """Its words, in either form: JSON or shell."""
        return json.loads(self.text) if self.text.startswith("[") else shlex.split(self.text)


def instructions(text: str) -> list[Instruction]:
    """A Dockerfile without comments."""
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    found, stage = [], -1
    for line in re.sub(r"\\\n", " ", kept).splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            stage += name == "FROM"
            found.append(Instruction(stage, name, " ".join(rest.split())))
    return found


def dockerfile() -> list[Instruction]:
    """Of the Dockerfile of the checkout."""
    return instructions((ROOT / "Dockerfile").read_text(encoding="utf-8"))


def copied() -> list[str]:
    """What the Dockerfile copies from the checkout."""
    copies = [step.words() for step in dockerfile() if step.name == "COPY"]
    return [path for words in copies if not words[0].startswith("--") for path in words[:-1]]
