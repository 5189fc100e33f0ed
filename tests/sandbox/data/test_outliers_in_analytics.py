"""Outliers: among the stored values and in the analytics tables, by mean, median and limits, and what is refused.

Evidence: the SQL of `ZscoreSqlStatementProcessor`, `MinMaxSqlStatementProcessor` and
`AnalyticsZScoreSqlStatementProcessor`; the numbers here are worked out by hand.
"""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from entering import AVERAGE, COLOUR, COUNT, DATA_SET, ROOT, UNIT, Clerk, value

Json = dict[str, Any]

DEFAULT = "HllvX50cXC0"
# Of `Count`: mean 12.5, population deviation 7.5, median 10, median deviation 0 (all but one are the same).
MONTHS = [f"2024{month:02}" for month in range(1, 11)]
COUNTS = ["10"] * 9 + ["35"]
# Of `Average`: mean 3.5, median 2.5, distances from it 0.5, 0.5, 1.5, 1.5, 7.5 and so a median deviation of 1.5.
AVERAGES = ["1", "2", "3", "4", "10", "1"]
OLD, NEW = "/api/outlierDetection", "/api/analytics/outlierDetection"
TIME = "startDate=2024-01-01&endDate=2024-12-31"


@pytest.fixture
def far(clerk: Clerk) -> Clerk:
    """Somebody with one value far from the others in each of two elements."""
    rows = [value(COUNT, period, text) for period, text in zip(MONTHS, COUNTS, strict=True)]
    rows += [value(AVERAGE, period, text) for period, text in zip(MONTHS, AVERAGES, strict=False)]
    assert clerk.import_values(*rows)[0] == 200
    assert clerk.send("POST", "/api/resourceTables/analytics").status == 200
    return clerk


def test_values_far_from_the_mean_are_found(far: Clerk) -> None:
    answer = far.send("GET", f"{OLD}?ds={DATA_SET}&ou={ROOT}&{TIME}&threshold=2.5&dx={AVERAGE}").parsed()
    metadata = {"algorithm": "Z_SCORE", "threshold": 2.5, "orderBy": "MEAN_ABS_DEV", "maxResults": 500, "count": 1}
    assert answer["metadata"] == metadata
    assert answer["outlierValues"] == [
        {
            "de": COUNT,
            "deName": "Count",
            "pe": "202410",
            "ou": UNIT,
            "ouName": "Here",
            "coc": DEFAULT,
            "cocName": "default",
            "aoc": DEFAULT,
            "aocName": "default",
            "value": 35.0,
            "mean": 12.5,
            "stdDev": 7.5,
            "absDev": 22.5,
            "zScore": 3.0,
            "lowerBound": -6.25,
            "upperBound": 31.25,
            "followup": False,
        }
    ]


def test_the_middle_may_be_that_of_other_days(far: Clerk) -> None:
    asked = f"{OLD}?dx={COUNT}&ou={ROOT}&startDate=2024-10-01&endDate=2024-10-31&threshold=2"
    assert len(far.send("GET", asked).parsed()["outlierValues"]) == 1
    before = far.send("GET", f"{asked}&dataStartDate=2024-01-01&dataEndDate=2024-09-30").parsed()
    assert before["outlierValues"] == []
    assert before["metadata"]["dataEndDate"] == "2024-09-30T00:00:00.000"


def test_values_far_from_the_median_are_found(far: Clerk) -> None:
    answer = far.send("GET", f"{OLD}?dx={COUNT},{AVERAGE}&ou={ROOT}&{TIME}&algorithm=MOD_Z_SCORE").parsed()
    (row,) = answer["outlierValues"]
    assert (row["de"], row["value"], row["median"], row["stdDev"], row["absDev"]) == (AVERAGE, 10.0, 2.5, 1.5, 7.5)
    assert row["zScore"] == pytest.approx(0.6745 * 5)
    assert row["upperBound"] == pytest.approx(2.5 + 1.5 * 3 / 0.6745)
    assert "mean" not in row


def test_values_outside_their_limits_are_found(far: Clerk) -> None:
    limits = {
        "dataElement": {"id": COUNT},
        "source": {"id": UNIT},
        "optionCombo": {"id": DEFAULT},
        "min": 12,
        "max": 30,
    }
    assert far.send("POST", "/api/minMaxDataElements", limits).status == 201
    answer = far.send("GET", f"{OLD}?dx={COUNT}&ou={ROOT}&{TIME}&algorithm=MIN_MAX&maxResults=3").parsed()
    rows = [(row["pe"], row["absDev"], row["lowerBound"], row["upperBound"]) for row in answer["outlierValues"]]
    assert rows[0] == ("202410", 5.0, 12.0, 30.0)
    assert [row[1] for row in rows[1:]] == [2.0, 2.0]


def test_what_is_no_number_is_found_or_refused(far: Clerk) -> None:
    assert far.import_values(value(COLOUR, "202401", "RED"))[0] == 200
    found = far.send("GET", f"{OLD}?dx={COLOUR},{COUNT}&ou={ROOT}&{TIME}&algorithm=INVALID_NUMERIC").parsed()
    assert [(row["de"], row["rawValue"]) for row in found["outlierValues"]] == [(COLOUR, "RED")]
    refused = far.send("GET", f"{OLD}?dx={COLOUR}&ou={ROOT}&{TIME}")
    assert (refused.status, refused.parsed()["errorCode"]) == (409, "E2208")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (f"ou={ROOT}&{TIME}", "E2200"),
        (f"dx={COUNT}&ou={ROOT}&startDate=2024-01-01", "E2201"),
        (f"dx={COUNT}&ou={ROOT}&startDate=2024-02-01&endDate=2024-01-01", "E2202"),
        (f"dx={COUNT}&{TIME}", "E2203"),
        (f"dx={COUNT}&ou={ROOT}&{TIME}&threshold=0", "E2204"),
        (f"dx={COUNT}&ou={ROOT}&{TIME}&maxResults=0", "E2205"),
        (f"dx={COUNT}&ou={ROOT}&{TIME}&maxResults=501", "E2206"),
        (f"dx={COUNT}&ou={ROOT}&{TIME}&dataStartDate=2024-02-01&dataEndDate=2024-01-01", "E2207"),
    ],
)
def test_requests_among_stored_values_are_checked(clerk: Clerk, asked: str, code: str) -> None:
    refused = clerk.send("GET", f"{OLD}?{asked}")
    assert (refused.status, refused.parsed()["errorCode"]) == (409, code)


def test_an_unknown_algorithm_is_no_request(clerk: Clerk) -> None:
    refused = clerk.send("GET", f"{OLD}?dx={COUNT}&algorithm=MODIFIED_Z_SCORE")
    assert refused.status == 400
    assert refused.parsed()["message"].endswith("[Z_SCORE, MIN_MAX, MOD_Z_SCORE, INVALID_NUMERIC]")


def _rows(answer: Json) -> list[dict[str, str]]:
    names = [row["name"] for row in answer["headers"]]
    return [dict(zip(names, row, strict=True)) for row in answer["rows"]]


def test_the_tables_tell_outliers_by_mean(far: Clerk) -> None:
    answer = far.send("GET", f"{NEW}?dx={COUNT}&ou={ROOT}&pe=2024&threshold=2.5&outputIdScheme=NAME").parsed()
    metadata = {"algorithm": "Z_SCORE", "threshold": 2.5, "orderBy": "ABS_DEV", "maxResults": 500, "count": 1}
    assert answer["metaData"] == metadata
    assert _rows(answer) == [
        {
            "dx": "Count",
            "dxname": "Count",
            "pe": "202410",
            "pename": "October 2024",
            "ou": "Here",
            "ouname": "Here",
            "ounamehierarchy": "Root / Here",
            "coc": "default",
            "cocname": "default",
            "aoc": "default",
            "aocname": "default",
            "value": "35.0",
            "mean": "12.5",
            "stddev": "7.5",
            "absdev": "22.5",
            "zscore": "3.0",
            "lowerbound": "-6.25",
            "upperbound": "31.25",
        }
    ]


def test_the_score_must_be_above_the_threshold(far: Clerk) -> None:
    assert far.send("GET", f"{NEW}?dx={COUNT}&ou={ROOT}&pe=2024&threshold=3").parsed()["rows"] == []
    assert len(far.send("GET", f"{OLD}?dx={COUNT}&ou={ROOT}&{TIME}&threshold=3").parsed()["outlierValues"]) == 1


def test_the_tables_tell_outliers_by_median(far: Clerk) -> None:
    asked = f"{NEW}?dx={AVERAGE}&ou={ROOT}&{TIME}&algorithm=MODIFIED_Z_SCORE"
    (row,) = _rows(far.send("GET", asked).parsed())
    found = [row[name] for name in ("median", "medianabsdeviation", "absdev", "modifiedzscore", "upperbound")]
    assert found == ["2.5", "1.5", "7.5", "3.37", "9.17"]
    (exact,) = _rows(far.send("GET", f"{asked}&skipRounding=true&headers=modifiedzscore,dx").parsed())
    assert exact == {"modifiedzscore": "3.3725", "dx": AVERAGE}


def test_rows_are_sorted_and_cut(far: Clerk) -> None:
    asked = f"{NEW}?dx={COUNT},{AVERAGE}&ou={ROOT}&{TIME}&threshold=0.5&headers=value"
    ascending = far.send("GET", f"{asked}&orderBy=Value&sortOrder=ASC").parsed()["rows"]
    assert ascending == [["1.0"], ["1.0"], ["10.0"], ["35.0"]]
    assert far.send("GET", f"{asked}&orderBy=value&maxResults=1").parsed()["rows"] == [["35.0"]]


def test_deleted_values_count_for_the_middle_in_the_tables(far: Clerk) -> None:
    assert far.import_values(value(COUNT, "202409", "10"), query="importStrategy=DELETE")[0] == 200
    assert far.send("POST", "/api/resourceTables/analytics").status == 200
    (row,) = _rows(far.send("GET", f"{NEW}?dx={COUNT}&ou={ROOT}&pe=2024&threshold=2.5").parsed())
    assert row["mean"] == "12.5"
    (stored,) = far.send("GET", f"{OLD}?dx={COUNT}&ou={ROOT}&{TIME}&threshold=2.5").parsed()["outlierValues"]
    assert stored["mean"] == pytest.approx(115 / 9)


def test_outliers_come_as_csv(far: Clerk) -> None:
    reply = far.send("GET", f"{NEW}.csv?dx={COUNT}&ou={ROOT}&pe=2024&threshold=2.5")
    assert reply.headers["Content-Disposition"] == 'attachment; filename="outlierdata.csv"'
    head, row = csv.reader(io.StringIO(reply.body.decode()))
    assert (head[0], head[-1], row[0]) == ("Data", "Upper boundary", COUNT)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (f"ou={ROOT}&pe=2024", "E2200"),
        (f"dx={COUNT}&ou={ROOT}", "E2201"),
        (f"dx={COUNT}&ou={ROOT}&pe=2024&{TIME}", "E2212"),
        (f"dx={COUNT}&ou={ROOT}&startDate=2024-02-01&endDate=2024-01-01", "E2202"),
        (f"dx={COUNT}&ou={ROOT}&pe=2024&threshold=-1", "E2204"),
        (f"dx={COUNT}&ou={ROOT}&pe=2024&maxResults=0", "E2205"),
        (f"dx={COUNT}&ou={ROOT}&pe=2024&maxResults=100001", "E2206"),
        (f"dx={COUNT}&ou={ROOT}&pe=2024&orderBy=median", "E2213"),
        (f"dx={COUNT}&ou={ROOT}&pe=2024&orderBy=height", "E7181"),
        (f"dx={COUNT}&ou={ROOT}&pe=2024&dataStartDate=2024-01-01", "E2209"),
        (f"dx={COUNT}&ou={ROOT}&pe=2024&dataEndDate=2024-01-01", "E2210"),
        (f"dx={COUNT}&ou={ROOT}&pe=2024&algorithm=MIN_MAX", "E2211"),
        (f"dx={COUNT}&ou=nOtKnown001&pe=2024", "E7143"),
        (f"dx={COUNT}&ou={ROOT}&pe=soon", "E7611"),
        (f"dx={COUNT}&ou={ROOT}&pe=2024&headers=height", "E7230"),
    ],
)
def test_requests_to_the_tables_are_checked(far: Clerk, asked: str, code: str) -> None:
    refused = far.send("GET", f"{NEW}?{asked}")
    assert (refused.status, refused.parsed()["errorCode"]) == (409, code)


def test_an_element_that_nobody_knows_is_an_error_of_the_server(far: Clerk) -> None:
    assert far.send("GET", f"{NEW}?dx=nOtKnown001&ou={ROOT}&pe=2024").status == 500
