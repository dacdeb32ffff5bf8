"""Types that other packages add to those of stix2 change nothing of what the hub knows."""

import subprocess
import sys

PROGRAM = """
from hub.stix.tables import observable_properties, type_table
import misp_stix_converter
import stix2.v21
assert "x-misp-object" in stix2.v21.OBJ_MAP
assert type_table("2.1", "x-misp-object") is None
assert type_table("2.1", "indicator") is not None
assert observable_properties("2.1", "file")
"""


def test_a_converter_that_registers_types_adds_none_here():
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
