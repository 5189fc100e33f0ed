"""A file that is not what its name and the command say is told before anything is sent."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from dhis2w_core.errors import OperationError
from dhis2w_core.transfers.file_content import Content, check_content
from dhis2w_core.transfers.source_rows import SourceRows
from dhis2w_core.transfers.spooled_input import spooled_input

VALUE = {"dataElement": "a", "period": "202401", "orgUnit": "b", "value": "1"}
EVENT = {"program": "p", "programStage": "s", "orgUnit": "b", "dataValues": [{"dataElement": "a", "value": "1"}]}
PERSON = {"trackedEntityType": "t", "orgUnit": "b", "enrollments": [{"program": "p", "events": [EVENT]}]}


def as_text(content: Any) -> bytes:
    return json.dumps(content).encode()


def problem(folder: Path, name: str, content: bytes, wanted: Content) -> str:
    """What is told of a file; empty where it may be sent."""
    file = folder / name
    file.write_bytes(content)
    try:
        check_content(file, wanted)
    except OperationError as error:
        return f"{error.message} {error.next_step}"
    return ""


VALUES: list[tuple[str, Any]] = [
    ("a.json", {"dataValues": [VALUE]}),
    ("a.json", {"dataSet": "s", "dataValues": [VALUE] * 5000}),
    ("a.json", [VALUE, VALUE]),
    ("a.ndjson", VALUE),
]
OBJECTS: list[tuple[str, Any]] = [
    ("a.json", {"events": [EVENT]}),
    ("a.json", {"pager": {}, "trackedEntities": [PERSON] * 2000}),
    ("a.json", [PERSON]),
    ("a.ndjson", EVENT),
    ("a.jsonl", PERSON),
]


@pytest.mark.parametrize(("name", "content"), VALUES)
def test_data_values_are_no_tracker_objects(tmp_path: Path, name: str, content: Any) -> None:
    for text in (as_text(content), b"\xef\xbb\xbf " + as_text(content)):
        assert problem(tmp_path, name, text, "data values") == ""
        told = problem(tmp_path, name, text, "tracker objects")
        assert "has data values, not tracker objects. `d2w data push` sends them." in told


@pytest.mark.parametrize(("name", "content"), OBJECTS)
def test_tracker_objects_are_no_data_values(tmp_path: Path, name: str, content: Any) -> None:
    assert problem(tmp_path, name, as_text(content), "tracker objects") == ""
    told = problem(tmp_path, name, as_text(content), "data values")
    assert "has tracker objects, not data values. `d2w tracker push` sends them." in told


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", gzip.compress(b"a,b", mtime=0), "is compressed"),
        ("a.csv.gz", gzip.compress(b"a,b", mtime=0), "is compressed"),
        ("a.xlsx", b"PK\x03\x04...", "a workbook of Excel"),
        ("a.csv", "a,b".encode("utf-16"), "text in UTF-16"),
        ("a.csv", b'{"dataValues": []}', "is JSON, not CSV"),
        ("a.csv", b"PAR1", "is Parquet, not CSV"),
        ("a.json", b"dataElement,period", "is no JSON"),
        ("a.xml", b"<dataValueSet/>", "is XML"),
        ("a.json", as_text(VALUE), "has no list dataValues; it has dataElement"),
        ("a.json", b'{"dataElements": [{}]}', "has no list dataValues; it has dataElements"),
        ("a.ndjson", as_text({"dataValues": [VALUE]}), "is one JSON document"),
    ],
)
def test_what_nothing_here_reads_is_told_with_what_to_do(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    assert told in problem(tmp_path, name, content, "data values")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"a,b\n"),
        ("a.ndjson", b""),
        ("a.json", b"{}"),
        ("a.json", b'{"dataSet": "s", "period": "202401"}'),  # a set without values, as DHIS2 exports it
        ("a.json", b'{"dataValues": []}'),
        ("a.json", b"[]"),
        ("a.json", b'{"comment": "' + b"x" * 300_000 + b'", "dataValues": []}'),
        ("a.json", b'{"dataValues": [{"comment": broken'),  # whoever reads it tells where
    ],
)
def test_what_may_be_sent_is_left_alone(tmp_path: Path, name: str, content: bytes) -> None:
    assert problem(tmp_path, name, content, "data values") == ""


def test_what_is_piped_in_is_called_so() -> None:
    file = spooled_input(io.BytesIO(b'{"dataValues": []}'), "csv")
    with pytest.raises(OperationError, match="standard input is JSON, not CSV") as refused:
        check_content(file, "data values")
    assert refused.value.next_step == "Say with --format what it is."
    file = spooled_input(io.BytesIO(b"a,b\n1,2\n"))
    with SourceRows(file, needed=["period"]) as rows, pytest.raises(OperationError, match="standard input has no"):
        rows.take(1)


def test_a_file_that_is_not_there_is_told_by_who_reads_it(tmp_path: Path) -> None:
    check_content(tmp_path / "a.csv", "data values")
