"""Every recorded import report, data value set and payload is read into its type, and says the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dhis2w_client.data_values import CsvValueReader, InvalidDataValuesError, JsonValueReader, read_import_report
from dhis2w_client.data_values.import_report import is_import_report
from dhis2w_client.json_value import as_array, as_object


def recorded(shared: Path, *kinds: str) -> list[tuple[str, bytes]]:
    """The bodies of these kinds, with their names; of a recording the body of its answer."""
    root = shared / "dhis2" / "recordings"
    rows = map(json.loads, (root / "index.jsonl").read_text().splitlines())
    return [(row["file"], (root / row["file"]).read_bytes()) for row in rows if row["kind"] in kinds]


def live_imports(shared: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Request and answer of each recorded import of JSON values that has a summary."""
    found: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for file in sorted((shared / "dhis2" / "live").glob("v*/data/*.jsonl")):
        for line in file.read_text().splitlines():
            step = json.loads(line)
            asked, answer = as_object(step.get("request")), as_object(as_object(step.get("response")).get("json"))
            sent = as_object(asked.get("json"))
            is_import = str(asked.get("path", "")).startswith("/api/dataValueSets") and "dataValues" in sent
            if is_import and is_import_report(answer):
                found.append((sent, answer))
    return found


@pytest.mark.shared
def test_every_recorded_import_of_a_real_server_adds_up(shared: Path) -> None:
    imports = live_imports(shared)
    assert len(imports) > 100
    for sent, answer in imports:
        values = [as_object(value) for value in as_array(sent["dataValues"])]
        report = read_import_report(answer, values)
        assert report.given == len(values)
        body = as_object(answer["response"])
        for conflict in map(as_object, as_array(body.get("conflicts"))):
            assert any(refusal.message == conflict["value"] for refusal in report.refusals) or conflict.get("indexes")
        assert report.status == body["status"]
        if body["status"] == "ERROR":
            assert report.refused == len(values) or not values


@pytest.mark.shared
def test_recorded_reports_of_data_values_are_read(shared: Path) -> None:
    reports = [(name, json.loads(body)) for name, body in recorded(shared, "import-report") if name.endswith(".json")]
    assert len(reports) >= 30
    summaries = [(name, answer) for name, answer in reports if is_import_report(answer)]
    assert summaries
    for _, answer in summaries:
        report = read_import_report(answer)
        assert report.given >= report.accepted
        assert report.status


@pytest.mark.shared
def test_recorded_payloads_are_read_piece_by_piece_as_in_one(shared: Path) -> None:
    seen = 0
    for _, body in [
        (name, body) for name, body in recorded(shared, "data-payload", "data-get") if name.endswith(".json")
    ]:
        whole = as_object(json.loads(body))
        if "dataValues" not in whole or "minMaxValues" in whole or "dataElement" not in json.dumps(whole):
            continue
        reader = JsonValueReader()
        pieces = (body[start : start + 7] for start in range(0, len(body), 7))
        rows = [row for piece in pieces for row in reader.feed(piece)] + reader.end()
        assert len(rows) == len(as_array(whole["dataValues"]))
        for expected, row in zip(as_array(whole["dataValues"]), rows, strict=True):
            assert as_object(expected).items() <= row.items()
        seen += 1
    assert seen >= 3


@pytest.mark.shared
def test_recorded_csv_is_read(shared: Path) -> None:
    files = [body for name, body in recorded(shared, "data-payload") if name.endswith(".csv")]
    assert files
    for body in files:
        reader = CsvValueReader()
        assert len(reader.feed(body) + reader.end()) >= 1


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ROWS = st.lists(st.dictionaries(TEXTS, st.one_of(TEXTS, st.booleans(), st.dictionaries(TEXTS, TEXTS)), max_size=4))


@given(ROWS, st.integers(1, 50))
def test_any_values_survive_any_cut(rows: list[dict[str, Any]], size: int) -> None:
    body = json.dumps({"period": "202401", "dataValues": rows}).encode()
    reader = JsonValueReader()
    found: list[dict[str, Any]] = []
    for start in range(0, len(body), size):
        found += reader.feed(body[start : start + size])
        found += reader._cut() if reader._begin else []  # pyright: ignore[reportPrivateUsage] - a small block
    found += reader.end()
    assert found == [{"period": "202401"} | row for row in rows]


@pytest.mark.parametrize("cut", [5, 30, 60])
def test_values_that_end_too_early_are_an_error(cut: int) -> None:
    body = json.dumps({"dataValues": [{"dataElement": "a", "value": "1"}, {"dataElement": "b", "value": "2"}]}).encode()
    reader = JsonValueReader()
    reader.feed(body[:cut])
    with pytest.raises(InvalidDataValuesError):
        reader.end()
