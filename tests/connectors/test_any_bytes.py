"""Whatever stands in a file, a connector of files gives objects or one of its errors, and never breaks."""

from __future__ import annotations

import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import RemoteError
from hub.model.record import Candidate
from hub.stix.check import check
from tests.connectors.running import collected, run_of

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["1.2.3.4", "evil[.]vn", "CVE-2026-1234", "https://x.vn/a", "2026-01-02"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["objects", "type", "id", "a", "ip", "url", "date"]), inner
        )
    ),
    max_leaves=12,
)
CELL = st.sampled_from(
    [
        "1.2.3.4",
        "evil[.]vn",
        "a" * 32,
        "N/A",
        "2026-01-02",
        "13/02/2026",
        "x",
        '"',
        "",
        "a\rb",
        "80",
    ]
)
ROWS = st.lists(st.lists(CELL, min_size=1, max_size=4).map(",".join), max_size=8).map("\n".join)
BYTES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")),
    ROWS.map(str.encode),
    ROWS.map(lambda text: f"ioc,seen,note\n{text}".encode("utf-16")),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.lists(JSON, max_size=3).map(lambda rows: "\n".join(map(json.dumps, rows)).encode()),
    st.text(alphabet='{}[]",:\\ue\x00\n', max_size=30).map(str.encode),
)
SAID = {
    "csv": [{}, {"heading": True}, {"separator": ";"}, {"columns": {"1": "value"}}],
    "text": [{}, {"file_names": True}],
    "stix": [{}],
    "json": [{}, {"items": "*"}, {"items": "objects"}, {"fields": {"a": "value", "date": "seen"}}],
}


@pytest.mark.parametrize("connector", SAID)
@given(data=st.data(), raw=BYTES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_file(tmp_path, connector, data, raw):
    (tmp_path / "a.x").write_bytes(raw)
    said = data.draw(st.sampled_from(SAID[connector]))
    with suppress(RemoteError):
        for batch in collected(connector, {"path": "a.x"} | said, run_of(tmp_path)):
            msgspec.json.encode(batch.state)
            for found in batch.found:
                if found.item is not None:
                    assert isinstance(check(found.raw, ""), Candidate), found.raw
            for left in batch.left:
                (left.given + left.reason + left.origin).encode("utf-8", "surrogatepass")
