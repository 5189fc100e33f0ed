"""Every kind of report, in one row shape."""

from typing import Any

import pytest

from dhis2w_client import ImportCounts, ReportRow, read_report

ERROR = {
    "message": "Missing required property `name`",
    "errorCode": "E4000",
    "mainKlass": "org.hisp.dhis.dataelement.DataElement",
    "errorProperty": "name",
    "value": 5,
}
ROW = ReportRow(
    message="Missing required property `name`",
    code="E4000",
    klass="org.hisp.dhis.dataelement.DataElement",
    property="name",
    value="5",
)
CONFLICT = {"value": "Period not valid: `null`", "errorCode": "E7611", "property": "period", "indexes": [1, 4]}
CONFLICT_ROWS = [
    ReportRow("Period not valid: `null`", code="E7611", property="period", index=1),
    ReportRow("Period not valid: `null`", code="E7611", property="period", index=4),
]


@pytest.mark.parametrize(
    ("answer", "kind", "rows"),
    [
        ({"response": {"responseType": "ErrorReports", "errorReports": [ERROR]}}, "ErrorReports", [ROW]),
        (
            {"response": {"responseType": "ObjectReport", "uid": "abcdefghijk", "klass": "K", "errorReports": [ERROR]}},
            "ObjectReport",
            [ReportRow(ROW.message, "E4000", "abcdefghijk", ROW.klass, "name", "5")],
        ),
        (
            {"response": {"responseType": "TypeReport", "objectReports": [{"index": 3, "errorReports": [ERROR]}]}},
            "TypeReport",
            [ReportRow(ROW.message, "E4000", None, ROW.klass, "name", "5", 3)],
        ),
        (
            {
                "responseType": "ImportReport",
                "typeReports": [{"klass": "K", "objectReports": [{"uid": "u", "errorReports": [{"message": "m"}]}]}],
            },
            "ImportReport",
            [ReportRow("m", uid="u", klass="K")],
        ),
        ({"responseType": "ImportSummary", "importCount": {}, "conflicts": [CONFLICT]}, "ImportSummary", CONFLICT_ROWS),
        (
            {
                "response": {
                    "importSummaries": [{"conflicts": [CONFLICT]}, {"status": "ERROR", "description": "no access"}]
                }
            },
            "ImportSummaries",
            [*CONFLICT_ROWS, ReportRow("no access")],
        ),
        (
            {"response": {"responseType": "MergeWebResponse", "mergeReport": {"mergeErrors": [{"message": "m"}]}}},
            "MergeReport",
            [ReportRow("m")],
        ),
        (
            {
                "validationReport": {
                    "errorReports": [{"message": "e", "errorCode": "E1000", "trackerType": "EVENT", "uid": "u"}],
                    "warningReports": [{"message": "w", "warningCode": "E1119", "trackerType": "EVENT", "uid": "u"}],
                }
            },
            "TrackerReport",
            [ReportRow("e", "E1000", "u", "EVENT"), ReportRow("w", "E1119", "u", "EVENT", severity="WARNING")],
        ),
        (
            {"conflicts": [{"object": "ADX Error", "value": "No data set"}], "importCount": {}},
            "ImportSummary",
            [ReportRow("No data set")],
        ),
    ],
)
def test_rows(answer: dict[str, Any], kind: str, rows: list[ReportRow]) -> None:
    report = read_report(answer)
    assert report is not None
    assert report.kind == kind
    assert list(report.rows) == rows


@pytest.mark.parametrize(
    ("answer", "counts"),
    [
        (
            {"typeReports": [], "stats": {"created": 1, "updated": 2, "deleted": 3, "ignored": 4, "total": 10}},
            (1, 2, 3, 4),
        ),
        ({"conflicts": [], "importCount": {"imported": 1, "updated": 2, "deleted": 3, "ignored": 4}}, (1, 2, 3, 4)),
        ({"importSummaries": [], "imported": 1, "updated": 2, "deleted": 3, "ignored": 4, "total": 10}, (1, 2, 3, 4)),
    ],
)
def test_counts(answer: dict[str, Any], counts: tuple[int, int, int, int]) -> None:
    report = read_report(answer)
    assert report is not None
    assert report.counts == ImportCounts(*counts)
    assert report.counts.total == sum(counts)


@pytest.mark.parametrize(
    "answer", [None, 5, "text", [], {}, {"response": None}, {"dataElements": []}, {"status": "OK"}]
)
def test_no_report(answer: object) -> None:
    assert read_report(answer) is None


def test_a_row_as_text() -> None:
    assert str(ROW) == "E4000: Missing required property `name` [DataElement name]"
    assert str(ReportRow("m")) == "m"
