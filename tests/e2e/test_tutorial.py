"""What the documents tell people to paste works.

- The tutorial, pasted block by block into one shell, prints what it says it prints.
- The lines and programs of the pages on clients and on sharing run against a hub with a little data.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import fakes
from tests.tools.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs" / "tutorial" / "first-steps.md"
CLIENTS = ROOT / "docs" / "how-to" / "connect-clients.md"
SHARING = ROOT / "docs" / "how-to" / "share-with-a-few.md"
_FENCE = re.compile(r"^```(sh|text|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_END = "---- end of block ----"
_LIMIT_S = 120


class Step(NamedTuple):
    commands: str
    printed: str
    """What stands in the block below; empty when there is none."""


def steps(text: str) -> list[Step]:
    found: list[Step] = []
    for language, block in _FENCE.findall(text):
        if language == "sh":
            found.append(Step(block, ""))
        else:
            found[-1] = Step(found[-1].commands, block)
    return found


def flat(text: str) -> str:
    """Without the difference between a tab and some blanks."""
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())


def pattern(printed: str) -> str:
    """A line `…` stands for any lines, another `…` for any text of a line."""
    lines = [
        "(?s:.*?)" if line == "…" else ".*?".join(map(re.escape, line.split("…")))
        for line in flat(printed).splitlines()
    ]
    return "\n".join(lines)


def paste(folder: Path, blocks: list[str]) -> list[str]:
    """Run blocks in one shell; gives what each printed on standard output."""
    port = str(free_port())
    script = "".join(f"{block}\necho '{_END}'\n" for block in blocks)
    script = script.replace("hub init ", f"hub init --port {port} ").replace("8421", port)
    program = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    clean = {k: v for k, v in os.environ.items() if not k.startswith("HUB_")}
    # Files and no pipes: the hub in the background would hold a pipe open.
    printed, said = folder / "printed", folder / "said"
    with printed.open("w") as stdout, said.open("w") as stderr:
        shell = subprocess.Popen(
            ["bash", "-e", "-c", script],
            cwd=folder,
            env=clean | {"PATH": program},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    try:
        code = shell.wait(_LIMIT_S)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
    assert code == 0, printed.read_text("utf-8")[-2000:] + said.read_text("utf-8")[-2000:]
    return printed.read_text("utf-8").split(f"{_END}\n")[:-1]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_tutorial_prints_what_it_says(tmp_path):
    found = steps(TUTORIAL.read_text(encoding="utf-8"))
    assert len(found) > 10
    outputs = paste(tmp_path, [step.commands for step in found])
    assert len(outputs) == len(found)
    for step, output in zip(found, outputs, strict=True):
        assert re.fullmatch(pattern(step.printed), flat(output)) or not step.printed, (
            f"{step.commands}\nprinted:\n{output}\nthe tutorial says:\n{step.printed}"
        )


def test_another_output_is_noticed():
    assert re.fullmatch(pattern("ok  …\n…\nend"), flat("ok\tone\ntwo\nthree\nend\n"))
    assert not re.fullmatch(pattern("ok  …\n…\nend"), flat("ok\tone\ntwo\nthree\nfine\n"))
    assert not re.fullmatch(pattern("added  1"), flat("added\t2\n"))


SETTING = """
hub init --root vn --title "Viet Nam"
hub org add cert --name-en CERT
hub account add feeder --org cert --role publisher --no-password
hub collection create indicators --title "Shared indicators" --id 84a39780-9470-462d-ba56-f34cd6adfcb3
hub collection grant indicators --org cert --read --write
TOKEN=$(hub token create feeder)
hub serve 2> serve.log &
until curl --silent --fail --output /dev/null http://127.0.0.1:8421/health/ready; do sleep 0.2; done
"""
TECHNIQUES = """
hub collection grant ics --org cert --write
hub import ics technique.json --account feeder > /dev/null
"""
TECHNIQUE = {
    "type": "attack-pattern",
    "spec_version": "2.1",
    "id": f"attack-pattern--{fakes.uuid_of(7)}",
    "created": "2026-01-31T08:00:00.000Z",
    "modified": "2026-01-31T08:00:00.000Z",
    "name": "Sample technique",
    "x_mitre_domains": ["ics-attack"],
    "external_references": [{"source_name": "mitre-attack", "external_id": "T0001"}],
}


def filled(language: str, block: str) -> str:
    """A block of the page as a command: it fills in address and token, and runs it."""
    program = "python - < filled" if language == "python" else ". ./filled"
    text = block.replace("https://hub.example.org", "http://127.0.0.1:8421")
    tokens = "s/hub_TOKEN/$TOKEN/g; s/hub_OFFICER/$OFFICER/g"
    return f"sed \"{tokens}\" <<'FILLED' > filled\n{text}FILLED\n{program}"


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_page_on_clients_runs_as_it_stands(tmp_path):
    (tmp_path / "mine.json").write_bytes(fakes.body(fakes.indicator(1), fakes.indicator(2)))
    (tmp_path / "technique.json").write_bytes(fakes.body(TECHNIQUE))
    found = _FENCE.findall(CLIENTS.read_text(encoding="utf-8"))
    shell = [filled(*block) for block in found if block[0] == "sh"]
    python = [filled(*block) for block in found if block[0] == "python"]
    outputs = paste(tmp_path, [SETTING, *shell, TECHNIQUES, *python])
    own, curl = outputs[1], outputs[2]
    assert flat(own).startswith("added 2"), own
    assert '"api_roots":["/vn/"]' in curl
    assert fakes.indicator(2)["id"] in curl
    assert '"success_count":2' in curl
    taxii2, stix2, attack = outputs[-3:]
    published = [fakes.indicator(1), fakes.indicator(2), TECHNIQUE]
    assert taxii2.splitlines() == [f"{item['type']} {item['id']}" for item in published]
    assert stix2 == f"2 indicators, the first is {fakes.indicator(1)['id']}\n"
    assert attack == "1 techniques\n"


SHARERS = """
hub init --root vn --title "Viet Nam"
for slug in cert grid bank; do hub org add $slug --name-en $slug; done
hub community create energy --title Energy
hub community join energy cert grid bank --since all
hub account add analyst --org cert --role publisher --no-password
hub account add grid-soc --org grid --no-password
hub account add auditor --org cert --role officer --no-password
TOKEN=$(hub token create analyst)
MEMBER=$(hub token create grid-soc --read-only)
OFFICER=$(hub token create auditor)
hub serve 2> serve.log &
until curl --silent --fail --output /dev/null http://127.0.0.1:8421/health/ready; do sleep 0.2; done
"""
CASES = "http://127.0.0.1:8421/vn/collections/cases/objects/"
SEEN_BY_MEMBER = f'curl --silent --header "Authorization: Bearer $MEMBER" {CASES}'
SEEN_AT_GREEN = f"""
hub account clear grid-soc green
{SEEN_BY_MEMBER}
hub account clear grid-soc red
"""


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_page_on_sharing_runs_as_it_stands(tmp_path):
    text = SHARING.read_text(encoding="utf-8")
    parts = {part.partition("\n")[0]: part for part in text.split("\n## ")}
    probes = {
        "Publish to them": SEEN_BY_MEMBER,
        "Mark a part": SEEN_AT_GREEN,
        "Take back": SEEN_BY_MEMBER,
    }
    blocks = [SHARERS]
    ends = {}
    for title, part in parts.items():
        blocks += [filled(*block) for block in _FENCE.findall(part)]
        blocks += [probes[title]] if title in probes else []
        ends[title] = len(blocks) - 1
    outputs = paste(tmp_path, blocks)
    assert not [output for output in outputs if '"error_code"' in output]
    push, curl, python, seen = outputs[ends["Publish to them"] - 3 : ends["Publish to them"] + 1]
    assert flat(push).startswith("added 1"), push
    assert '"success_count":1' in curl
    assert python == "1 published, 0 refused\n"
    assert "c2.sample.example" in seen
    view = re.search(r"```json\n(.*)\n```", parts["What recipients see"])[1]
    assert f"[{view}]" in outputs[ends["Mark a part"]]
    assert flat(outputs[ends["Take back"]]) == "{}"
    why = outputs[ends["Ask why somebody sees it, or not"]]
    assert why.count('"sees":false') == 2, why
    assert flat(why).count(" no the object has an audience") == 2, why
