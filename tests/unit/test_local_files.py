"""Files of a folder: what is read is what was looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.errors import Absent
from connectors.local import content, entries


def test_a_folder_that_became_a_link_leads_nowhere(tmp_path: Path) -> None:
    """Whoever may put files into a source cannot have others of this machine read."""
    outside, root = tmp_path / "outside", tmp_path / "incoming"
    inner = root / "today"
    outside.mkdir()
    inner.mkdir(parents=True)
    (outside / "list.csv").write_text("secret")
    (inner / "list.csv").write_text("public")
    [entry] = entries(root, "", (".csv",))
    assert content(entry, 100) == b"public"
    inner.rename(tmp_path / "away")
    inner.symlink_to(outside)
    with pytest.raises(Absent, match=r"today/list\.csv"):
        content(entry, 100)
    assert entries(root, "", (".csv",)) == []
