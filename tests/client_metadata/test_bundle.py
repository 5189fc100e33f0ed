"""Bundles without a server."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from dhis2w_client.metadata import Bundle, NotABundleError
from dhis2w_client.models import DataElement

CONTENT = {
    "system": {"version": "2.42.5"},
    "dataElements": [{"id": "abcdefghij2", "name": "B"}, {"id": "abcdefghij1", "name": "A"}],
    "constants": [],
}


def test_objects_and_what_comes_beside_them() -> None:
    bundle = Bundle(CONTENT)
    assert bundle.head == {"system": {"version": "2.42.5"}}
    assert [(entry.plural, entry.position, entry.object["name"]) for entry in bundle] == [
        ("dataElements", 0, "B"),
        ("dataElements", 1, "A"),
    ]
    assert len(bundle) == 2
    assert bundle.counts() == {"dataElements": 2}
    assert bundle.to_dict() == CONTENT


def test_models_become_json() -> None:
    bundle = Bundle({"dataElements": [DataElement(id="abcdefghij1", name="A")]})
    assert bundle.objects["dataElements"] == [{"id": "abcdefghij1", "name": "A"}]


def test_objects_by_id() -> None:
    bundle = Bundle({"options": [{"id": "abcdefghij1"}], **CONTENT})
    assert bundle.by_id["options", "abcdefghij1"] == {"id": "abcdefghij1"}
    assert bundle.by_id["dataElements", "abcdefghij1"]["name"] == "A"
    found = bundle.find("abcdefghij2")
    assert found is not None
    assert found.plural == "dataElements"
    assert bundle.find("zzzzzzzzzzz") is None


def test_sorted_is_the_same_for_any_order() -> None:
    other = Bundle({"constants": [], "dataElements": CONTENT["dataElements"][::-1], "system": CONTENT["system"]})  # pyright: ignore[reportArgumentType] - a list
    assert other.to_bytes() != Bundle(CONTENT).to_bytes()
    assert other.sorted().to_bytes() == Bundle(CONTENT).sorted().to_bytes()


@pytest.mark.parametrize("name", ["bundle.json", "bundle.json.gz"])
def test_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("what was there before")
    Bundle(CONTENT).save(path)
    assert path.read_bytes().startswith(b"\x1f\x8b") is name.endswith(".gz")
    assert Bundle.load(path).to_dict() == CONTENT
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "bundle.json"
    path.write_text("what was there before")
    with pytest.raises(TypeError):
        Bundle({"dataElements": [{"id": object()}]}).save(path)
    assert path.read_text() == "what was there before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\x1f\x8bnonsense", gzip.compress(b"{}", mtime=0)[:-9]])
def test_what_is_no_bundle(content: bytes) -> None:
    with pytest.raises(NotABundleError):
        Bundle.load(content)


def test_bytes_are_repeatable() -> None:
    assert Bundle(CONTENT).to_bytes(compress=True) == Bundle(CONTENT).to_bytes(compress=True)
    assert json.loads(gzip.decompress(Bundle(CONTENT).to_bytes(compress=True))) == CONTENT
