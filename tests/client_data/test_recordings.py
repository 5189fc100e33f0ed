"""Every recorded import report, data value set, form and approval is read into its type, and says the same."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dhis2w_client.analytics.grid import read_grid
from dhis2w_client.data_values import CsvValueReader, InvalidDataValuesError, JsonValueReader, read_import_report
from dhis2w_client.data_values.approvals import MEANINGS, Approvable, status_of
from dhis2w_client.data_values.data_value import key_of
from dhis2w_client.data_values.import_report import is_import_report
from dhis2w_client.data_values.value_reader import ValueReader
from dhis2w_client.data_values.xml_value_reader import XmlValueReader, adx_period
from dhis2w_client.jobs.job_run import job_of
from dhis2w_client.json_value import as_array, as_object
from dhis2w_client.models import model_for
from dhis2w_client.models.index import PLURALS
from dhis2w_client.reports import read_report
from tests.recorded_files import RecordedFile, recorded

Rows = list[dict[str, Any]]


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
def test_every_recorded_report_is_read(shared: Path) -> None:
    told = Counter[str]()
    for file in recorded(shared, "import-report"):
        kind = what_report(file.json)
        told[kind] += 1
        READERS[kind](file.json, file.name)
    assert told == {"job": 6, "values": 8, "objects": 17, "part": 4}


def what_report(body: Any) -> str:
    """Which of the client's types an answer is."""
    if job_of(body):
        return "job"
    if read_report(body) is None:
        return "part"  # of a report: counts, or one conflict
    return "values" if is_import_report(body) else "objects"


def read_job(body: Any, name: str) -> None:
    job = job_of(body)
    assert job, name
    assert job.id == body["response"]["id"], name
    assert job.type in ("DATAVALUE_IMPORT", "METADATA_IMPORT", "EVENT_IMPORT", "TEI_IMPORT", "TRACKER_IMPORT_JOB"), name


def read_values(body: Any, name: str) -> None:
    report, summary = read_import_report(body), body.get("response", body)
    counted = summary["importCount"]
    counts = (counted["imported"], counted["updated"], counted["deleted"], counted["ignored"])
    assert (report.counts.created, report.counts.updated, report.counts.deleted, report.counts.ignored) == counts, name
    assert report.status == summary["status"], name
    messages = {conflict["value"] for conflict in summary.get("conflicts", [])}
    assert {refusal.message for refusal in report.refusals} == messages, name
    assert report.given == sum(counts), name


def read_objects(body: Any, name: str) -> None:
    report, summary = read_report(body), body.get("response", body)
    assert report, name
    assert report.status == (summary.get("status") or body.get("status")), name
    counted = summary.get("stats", summary)
    assert report.counts.ignored == counted.get("ignored", 0), name
    assert report.counts.updated == counted.get("updated", 0), name
    conflicts = [row["value"] for part in parts_of(summary) for row in part.get("conflicts", [])]
    assert set(conflicts) <= {row.message for row in report.rows}, name


def parts_of(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """The summaries within summaries; the manual has a text in place of one."""
    return [part for part in summary.get("importSummaries", []) if isinstance(part, dict)]


def read_part(body: Any, name: str) -> None:
    counts = body.get("stats", body)
    report = read_report({"stats": counts, "conflicts": [body] if "errorCode" in body else []})
    assert report, name
    assert report.counts.ignored == counts.get("ignored", 0), name
    assert [row.code for row in report.rows] == [body.get("errorCode")] * len(body.get("indexes", [])), name


READERS = {"job": read_job, "values": read_values, "objects": read_objects, "part": read_part}

NO_VALUES = {
    "dhis2+dhis2-docs/tracker-old/2.41-sending-events.6f32aa.json",
    "dhis2+dhis2-docs/tracker-old/2.41-sending-events.d282c7.json",
}
"""Files among the sets of data values that are events, of the API that 2.42 took away."""
BY_POSITION = ("B.csv", "BNoHeader.csv", "BooleanTest.csv", "WithDataSetHeader.csv")
"""Files for 2.41, which reads CSV by position: their first line names no `dataelement`, and 2.43 refuses them, too."""


@pytest.mark.shared
def test_every_recorded_set_of_values_is_read(shared: Path) -> None:
    seen = Counter[str]()
    for file in recorded(shared, "data-payload"):
        kind = what_values(file)
        seen[kind] += 1
        CHECKS[kind](file)
    assert seen == {"json": 10, "csv": 5, "xml": 21, "adx": 7, "events": 2, "by position": 4}


def what_values(file: RecordedFile) -> str:
    """How the values of a file are written."""
    if file.name in NO_VALUES:
        return "events"
    if "/2.41/" in file.name and file.name.endswith(BY_POSITION):
        return "by position"
    return "adx" if b"<adx" in file.content else file.name.rpartition(".")[2]


def in_pieces(content: bytes, reader: ValueReader) -> Rows:
    """The rows of a content that arrives seven bytes at a time."""
    pieces = (content[start : start + 7] for start in range(0, len(content), 7))
    return [row for piece in pieces for row in reader.feed(piece)] + reader.end()


def check_json(file: RecordedFile) -> None:
    rows, expected = in_pieces(json.dumps(file.json).encode(), JsonValueReader()), file.json["dataValues"]
    assert len(rows) == len(expected)
    assert all(as_object(value).items() <= row.items() for value, row in zip(expected, rows, strict=True)), file.name


def check_csv(file: RecordedFile) -> None:
    rows = in_pieces(file.content, CsvValueReader())
    assert len(rows) == len([line for line in file.content.decode().splitlines() if line.strip()]) - 1, file.name
    for row in rows:
        key = key_of(row)
        assert all(key[:3]), file.name
        # quotes and blanks belong to the CSV, not to what is in it
        assert not any(text != text.strip(' "') for text in row.values() if isinstance(text, str)), file.name


def check_misplaced_names(file: RecordedFile) -> None:
    with pytest.raises(InvalidDataValuesError, match="no column `dataelement`"):
        in_pieces(file.content, CsvValueReader())


def check_xml(file: RecordedFile) -> None:
    root = ElementTree.fromstring(file.content)  # noqa: S314 - a file of DHIS2's own tests
    reader = XmlValueReader()
    rows = in_pieces(file.content, reader)
    assert reader.head == root.attrib, file.name
    assert len(rows) == len(root), file.name
    for element, row in zip(root, rows, strict=True):
        assert {key: text for key, text in element.attrib.items() if key not in ("followup", "deleted")}.items() <= (
            row.items()
        ), file.name
        assert row.get("followup") in (None, element.get("followup") == "true"), file.name
        assert key_of(row) == key_of(element.attrib, root.attrib), file.name


def check_adx(file: RecordedFile) -> None:
    root = ElementTree.fromstring(file.content)  # noqa: S314 - a file of DHIS2's own tests
    rows = iter(in_pieces(file.content, XmlValueReader("adx")))
    for group in root:
        for element in group:
            row = next(rows)
            annotation = next((child.text for child in element if child.tag.endswith("annotation")), None)
            assert row["value"] == (annotation or element.get("value")), file.name
            told = {row["dataElement"], *row.get("categories", {}).values()}
            assert told <= set(element.attrib.values()), file.name
            assert row["orgUnit"] == group.get("orgUnit"), file.name
            assert row["period"] == adx_period(group.get("period", "")), file.name
            options = {name: group.get(name) for name in group.keys() if re.search("(?i)mechanism", name)}  # noqa: SIM118 - an element, no mapping
            assert row.get("attributeCategories", {}) == options, file.name
    assert next(rows, None) is None, file.name


def check_events(file: RecordedFile) -> None:
    assert "program" in file.json, file.name


CHECKS = {
    "json": check_json,
    "csv": check_csv,
    "xml": check_xml,
    "adx": check_adx,
    "by position": check_misplaced_names,
    "events": check_events,
}


@pytest.mark.shared
def test_every_recorded_answer_about_data_is_read(shared: Path) -> None:
    seen = Counter[str]()
    for file in recorded(shared, "data-get"):
        kind = what_answer(file)
        seen[kind] += 1
        ANSWERS[kind](file)
    assert seen == {"metadata": 7, "dataValues": 16, "dataSetReport": 8, "approvals": 5, "dataApprovals": 10, "head": 1}


def what_answer(file: RecordedFile) -> str:
    """Which endpoint answered; of two files no source says it."""
    unsaid = {"data_approval.json": "dataApprovals", "data_values_only_common_fields.json": "head"}
    return unsaid.get(Path(file.name).name) or file.asked.rpartition("/")[2]


def check_form(file: RecordedFile) -> None:
    """What the form of data entry is made of: every object is one of its type, and goes back as it came."""
    body = file.json
    assert set(body) == {
        "dataSets", "dataElements", "indicators", "categoryCombos", "categories", "categoryOptions", "optionSets"
    }, file.name  # fmt: skip
    for plural, rows in body.items():
        model = model_for(PLURALS[plural])
        for row in rows:
            assert model.trust(dict(row)).to_dict() == row, (file.name, plural)


def check_entry(file: RecordedFile) -> None:
    """The values of a form; they have their attribute option combo in parts."""
    rows = in_pieces(json.dumps(file.json).encode(), JsonValueReader())
    assert rows == file.json["dataValues"], file.name


def check_report(file: RecordedFile) -> None:
    for table in file.json:
        grid = read_grid(table)
        assert list(map(list, grid.cells)) == table["rows"], file.name
        assert len(grid.headers) == len(table["headers"]), file.name


def check_head(file: RecordedFile) -> None:
    reader = JsonValueReader()
    assert in_pieces(file.content, reader) == []
    assert reader.head == file.json


def check_approval(file: RecordedFile) -> None:
    """How far data is approved; one answer of the app's is from a list."""
    row = file.json
    status = status_of(Approvable("202403", "YuQRtpLP10I"), row, row.get("permissions", row))
    assert status.state == row["state"] in MEANINGS, file.name
    told = row.get("permissions", row)
    may = (status.may_approve, status.may_unapprove, status.may_accept, status.may_unaccept, status.may_read_data)
    names = ("mayApprove", "mayUnapprove", "mayAccept", "mayUnaccept", "mayReadData")
    assert may == tuple(told[name] for name in names), file.name
    assert (status.approved_by, status.accepted_by) == (row.get("approvedBy"), row.get("acceptedBy")), file.name


def check_approvals(file: RecordedFile) -> None:
    for row in file.json:
        what = Approvable(row["pe"], row["ou"], row["wf"])
        status = status_of(what, row, row["permissions"])
        assert (status.what, status.state) == (what, row["state"]), file.name
        assert status.may_read_data == row["permissions"]["mayReadData"], file.name


ANSWERS = {
    "metadata": check_form,
    "dataValues": check_entry,
    "dataSetReport": check_report,
    "approvals": check_approvals,
    "dataApprovals": check_approval,
    "head": check_head,
}


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
