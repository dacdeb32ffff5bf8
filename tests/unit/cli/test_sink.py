"""Files of objects as they are written: NDJSON and bundles."""

from __future__ import annotations

import errno
import io
import json

import pytest

from hub.cli.sink import Form, Sink, disk_faults

URL = "http://127.0.0.1/root/collections/one/"
FORMS: tuple[Form, ...] = ("ndjson", "bundle")
A, B, C, D = (
    json.dumps({"id": name, "text": "ệ"}, ensure_ascii=False).encode() for name in "abcd"
)
FIRST, SECOND = "2026-01-01T00:00:00.000001Z", "2026-01-01T00:00:00.000002Z"


def objects_in(content: bytes, form: Form) -> list[dict]:
    if form == "ndjson":
        return [json.loads(line) for line in content.split(b"\n")[:-1]]
    return json.loads(content)["objects"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("raws", [[], [A], [A, B, C]], ids=len)
def test_what_was_added_can_be_read(form: Form, raws: list[bytes]) -> None:
    file = io.BytesIO()
    sink = Sink(file, form)
    for raw in raws:
        sink.add([raw])
    sink.finish()
    assert objects_in(file.getvalue(), form) == [json.loads(raw) for raw in raws]
    assert all(raw in file.getvalue() for raw in raws)
    assert sink.count == len(raws)


def test_an_object_over_lines_stays_on_one_line() -> None:
    file = io.BytesIO()
    Sink(file, "ndjson").add([b'{\r\n "a": "x\\ny"\n}', A])
    assert file.getvalue() == b'{   "a": "x\\ny" }\n' + A + b"\n"


def test_a_bundle_is_one_of_stix() -> None:
    file = io.BytesIO()
    sink = Sink(file, "bundle")
    sink.finish()
    found = json.loads(file.getvalue())
    assert found["type"] == "bundle"
    assert found["id"].startswith("bundle--")


def test_disk_faults_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), disk_faults():
        raise OSError(errno.ENOSPC, "No space left on device", "out")
    assert capsys.readouterr().err == "hub: [Errno 28] No space left on device: 'out'\n"
    with pytest.raises(BrokenPipeError), disk_faults():
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")
