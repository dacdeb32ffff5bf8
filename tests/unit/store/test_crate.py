"""The inside of a backup: its manifest names every part, and whatever does not fit is refused."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Fault, HubError
from hub.store.crate import CONFIG, FORMAT, SECRET, STORE, Manifest, Part, pack, unpack

CONTENT = {CONFIG: b"[server]\n", SECRET: b"00" * 32, STORE: b"SQLite format 3\0" + b"row " * 3000}


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "out"
    made.mkdir()
    return made


def manifest_of(files: dict[str, Path], **changes):
    values = {
        "format": FORMAT,
        "hub": "0.1.0",
        "schema": 1,
        "created": "2026-01-31T08:00:00.000000Z",
        "last_added": "2026-01-31T07:00:00.000000Z",
        "ordinal": 7,
        "counts": {"record": 7},
        "secret": "",
        "parts": [Part.of(name, path) for name, path in files.items()],
    }
    return Manifest(**(values | changes))


@pytest.fixture
def files(tmp_path):
    for name, content in CONTENT.items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in CONTENT}


@pytest.fixture
def packed(files):
    out = io.BytesIO()
    pack(out, manifest_of(files), files)
    return out.getvalue()


def unpacked(content, folder, *more):
    manifest = unpack(io.BytesIO(content), folder, *more)
    return manifest, {path.name: path.read_bytes() for path in folder.iterdir()}


def refused(content, folder):
    with pytest.raises(HubError) as caught:
        unpack(io.BytesIO(content), folder)
    assert caught.value.fault is Fault.BAD_BODY
    assert caught.value.remedy
    return caught.value.reason


def tarred(*entries, kind=tarfile.REGTYPE, target=""):
    """A gzipped tar of name and content."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in entries:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            if name != "manifest.json":
                entry.type, entry.linkname = kind, target
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def manifest_text(files, **changes):
    plain = {name: value for name, value in changes.items() if name != "parts"}
    said = manifest_of(files, **plain)
    found = {name: getattr(said, name) for name in said.__struct_fields__ if name != "parts"}
    parts = [{"name": p.name, "size": p.size, "sha256": p.sha256} for p in said.parts]
    return json.dumps(found | {"parts": changes.get("parts", parts)}).encode()


def test_what_was_packed_comes_out(packed, files, folder):
    manifest, found = unpacked(packed, folder)
    assert manifest == manifest_of(files)
    assert found == CONTENT
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_tar_alone_can_unpack_it(packed):
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as tar:
        assert tar.getnames() == ["manifest.json", CONFIG, SECRET, STORE]
        assert tar.extractfile(STORE).read() == CONTENT[STORE]
        assert {entry.mode for entry in tar} == {0o600}
        assert json.load(tar.extractfile("manifest.json"))["ordinal"] == 7


def test_the_manifest_can_be_refused_before_anything_is_written(packed, folder):
    def check(manifest):
        raise HubError(Fault.DENIED, f"ordinal {manifest.ordinal}")

    with pytest.raises(HubError, match="ordinal 7"):
        unpack(io.BytesIO(packed), folder, check)
    assert list(folder.iterdir()) == []


def test_a_file_that_is_cut_off_anywhere(packed, folder):
    for length in (*range(0, 400, 7), *range(400, len(packed), 31), len(packed) - 1):
        refused(packed[:length], folder)
        for path in folder.iterdir():
            path.unlink()


@given(place=st.integers(0, 1_000_000), mask=st.integers(1, 255))
def test_a_byte_that_is_wrong_is_found_or_makes_no_difference(
    packed, files, tmp_path_factory, place, mask
):
    """A few bits of gzip mean nothing: its head, and from which of many zeros zeros are copied."""
    changed = bytearray(packed)
    changed[place % len(packed)] ^= mask
    folder = tmp_path_factory.mktemp("out")
    try:
        fine = unpacked(bytes(changed), folder) == (manifest_of(files), CONTENT)
    except HubError as error:
        fine = error.fault is Fault.BAD_BODY
    assert fine


@given(content=st.binary(max_size=3000))
def test_files_of_others(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("out")
    refused(content, folder)
    refused(gzip.compress(content), folder)
    assert list(folder.iterdir()) == []


def test_something_behind_it(packed, folder):
    refused(packed + b"x", folder)


def test_something_behind_the_tar(packed, folder):
    refused(gzip.compress(gzip.decompress(packed) + b"x" * 512), folder)


def test_a_newer_format(files, folder):
    text = manifest_text(files, format=FORMAT + 1)
    reason = refused(tarred(("manifest.json", text), *CONTENT.items()), folder)
    assert f"format {FORMAT + 1}, this program knows {FORMAT}" in reason


WRONG = {
    "no manifest": [*CONTENT.items()],
    "nothing": [],
    "a part is missing": [("manifest.json", None), *list(CONTENT.items())[:2]],
    "another order": [("manifest.json", None), *reversed(CONTENT.items())],
    "a part more": [("manifest.json", None), *CONTENT.items(), ("more", b"x")],
    "a part twice": [("manifest.json", None), *CONTENT.items(), (STORE, CONTENT[STORE])],
    "another content": [("manifest.json", None), *({**CONTENT, SECRET: b"11" * 32}).items()],
    "another size": [("manifest.json", None), *({**CONTENT, SECRET: b"00" * 31}).items()],
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_the_manifest(files, folder, name):
    entries = [
        (part, manifest_text(files) if content is None else content)
        for part, content in WRONG[name]
    ]
    refused(tarred(*entries), folder)


def test_a_part_that_is_larger_than_the_manifest_says_is_not_written(files, folder):
    parts = [{"name": STORE, "size": 1, "sha256": ""}]
    text = manifest_text(files, parts=parts)
    refused(tarred(("manifest.json", text), (STORE, b"x" * 3_000_000)), folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE]
)
def test_links_and_devices_are_not_followed(files, folder, tmp_path, kind):
    victim = tmp_path / "victim"
    victim.write_bytes(b"")
    parts = [{"name": STORE, "size": 0, "sha256": Part.of("x", victim).sha256}]
    text = manifest_text(files, parts=parts)
    refused(tarred(("manifest.json", text), (STORE, b""), kind=kind, target=str(victim)), folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "names", [["../hub.sqlite"], ["/etc/passwd", STORE], [STORE, STORE], [SECRET], []], ids=str
)
def test_a_manifest_names_known_parts_once_and_the_store_among_them(files, folder, names):
    parts = [{"name": name, "size": 1, "sha256": ""} for name in names]
    text = manifest_text(files, parts=parts)
    refused(tarred(("manifest.json", text), *((name, b"x") for name in names)), folder)
    assert list(folder.iterdir()) == []
