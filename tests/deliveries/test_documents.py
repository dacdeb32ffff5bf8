"""What the documentation tells receivers holds for what is really sent."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from hub.service.deliveries.definition import load
from tests import fakes
from tests.connectors.sending.receivers import SECRET
from tests.e2e.serving import REPOSITORY

TEXT = (REPOSITORY / "docs/how-to/send-out.md").read_text(encoding="utf-8")
FILES = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def verify():
    """The function of the documentation."""
    [code] = re.findall(r"<!-- a test runs this -->\n\n```python\n(.*?)```", TEXT, re.DOTALL)
    names: dict = {}
    exec(code, names)
    return names["verify"]


def test_the_example_verifies_a_real_request(verify, site, receiver):
    site.publish(fakes.indicator(1, name="Ví dụ"))
    site.run(site.webhook(receiver.url))
    headers = {name.lower(): value for name, value in receiver.headers[0].items()}
    body = receiver.raws[0]
    assert verify(headers, body, SECRET)
    assert not verify(headers, body + b" ", SECRET)
    assert not verify(headers | {"webhook-id": "other"}, body, SECRET)
    assert not verify(headers, body, "whsec_" + "A" * 44)
    assert not verify(headers, body, SECRET, now=time.time() + 301)


@pytest.mark.parametrize("text", FILES, ids=lambda text: text.split('"')[1])
def test_the_files_of_the_documentation_are_deliveries(text, tmp_path: Path):
    path = tmp_path / "example.toml"
    path.write_text(text, encoding="utf-8")
    assert load(path).said.enabled
