"""The doctor: what facts mean, the report for CI servers, and the examination of a sandbox."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dhis2w_cli.exit_codes import ExitCode
from dhis2w_client.integrity import IntegrityCheck, IntegrityResult
from dhis2w_core.features.doctor.examination import (
    analytics_finding,
    clock_finding,
    connection_findings,
    duplicate_findings,
    integrity_findings,
    job_findings,
    unused_finding,
)
from dhis2w_core.features.doctor.finding import Finding, severity_named
from dhis2w_core.features.doctor.junit import junit_xml
from tests.operations.conftest import Desk

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "loopback", "severity"),
    [("https://a", False, "OK"), ("http://a", False, "SEVERE"), ("http://127.0.0.1", True, "OK")],
)
def test_a_password_in_clear_is_severe(url: str, loopback: bool, severity: str) -> None:
    assert connection_findings(url, "2.42.1", known=True, loopback=loopback)[0].severity == severity


def test_an_unknown_version_is_told() -> None:
    assert connection_findings("https://a", "2.99", known=False, loopback=False)[1].severity == "WARNING"


@pytest.mark.parametrize(
    ("time", "hours", "severity"),
    [
        ("2026-11-24T12:00:30.000", 0, "OK"),
        ("2026-11-24T14:00:30.000", 2, "OK"),
        ("2026-11-24T12:01:30.000", 0, "WARNING"),
        ("2026-11-24T11:58:00.000", 0, "WARNING"),
        ("2026-11-24T12:00:00+00:00", 5, "OK"),
    ],
)
def test_clocks(time: str, hours: int, severity: str) -> None:
    assert clock_finding(time, timedelta(hours=hours), NOW).severity == severity


def test_a_clock_without_a_zone_is_not_judged() -> None:
    assert clock_finding("2026-11-24T12:00:00", None, NOW).severity == "INFO"


@pytest.mark.parametrize(
    ("built", "severity"),
    [
        (None, "WARNING"),
        ("1970-01-01T00:00:00.000", "WARNING"),
        ("2026-11-23T12:00:00.000", "OK"),
        ("2026-11-20T12:00:00.000", "WARNING"),
    ],
)
def test_age_of_analytics(built: str | None, severity: str) -> None:
    assert analytics_finding(built, "2026-11-24T12:00:00.000").severity == severity


def test_failed_jobs() -> None:
    assert job_findings([])[0].severity == "OK"
    (finding,) = job_findings([{"name": "Night"}, {"id": "abc"}])
    assert (finding.severity, finding.what) == ("SEVERE", "2 jobs failed: Night, abc.")


def check(severity: str) -> IntegrityCheck:
    return IntegrityCheck("c", "Title", "s", severity, slow=False)


def test_integrity() -> None:
    results = [
        IntegrityResult(check("SEVERE"), 2),
        IntegrityResult(check("SEVERE"), 0),
        IntegrityResult(check("SEVERE"), -1, error="no table"),
        IntegrityResult(check("NEW"), 1),
    ]
    assert [finding.severity for finding in integrity_findings(results)] == ["SEVERE", "OK", "INFO", "WARNING"]
    assert severity_named("CRITICAL") == "CRITICAL"


def test_names_are_the_same_but_for_case_and_spaces_at_one_place() -> None:
    rows = [{"name": "ANC  1st"}, {"name": "anc 1st"}, {"name": "A", "parent": "x"}, {"name": "a", "parent": "y"}]
    (finding,) = duplicate_findings("dataElements", rows)
    assert (finding.severity, finding.what) == (
        "WARNING",
        "1 names in dataElements are there more than once: ANC  1st (2 times).",
    )
    assert duplicate_findings("dataElements", rows[2:])[0].severity == "OK"


def test_unused() -> None:
    assert unused_finding("userRoles", "user", []).severity == "OK"
    assert unused_finding("userRoles", "user", [{"name": str(n)} for n in range(5)]).what.endswith(
        "0, 1, 2 and 2 more."
    )


def test_junit_counts_what_is_as_bad_as_asked() -> None:
    findings = [
        Finding("clock", "skew", "OK", "well"),
        Finding("integrity", "a", "WARNING", "bad\x00 <&>", "do"),
        Finding("integrity", "b", "SEVERE", "worse"),
    ]
    root = ElementTree.fromstring(junit_xml(findings, suite="s", fail_on="SEVERE"))  # noqa: S314 - our own document
    assert (root.get("tests"), root.get("failures")) == ("3", "1")
    assert [case.get("name") for case in root if case.find("failure") is not None] == ["b"]
    assert root[1].findtext("system-out") == "bad\ufffd <&>\ndo"


def test_a_sandbox_is_examined(desk: Desk, tmp_path: Path) -> None:
    desk.json("metadata", "create", "dashboards", '{"name": "Twice"}')
    desk.json("metadata", "create", "dashboards", '{"name": "twice "}')
    code, _, err = desk.ended("doctor", "--junit", str(tmp_path / "report.xml"), "-o", "json")
    assert (code, err) == (ExitCode.FINDINGS, "")
    root = ElementTree.parse(tmp_path / "report.xml").getroot()  # noqa: S314 - our own document
    names = {case.get("name") for case in root if case.find("failure") is not None}
    assert {"tables", "dashboards"} <= names
    assert {case.get("classname") for case in root} == {
        *("connection", "clock", "analytics", "jobs", "duplicates", "unused", "integrity")
    }


def test_the_exit_code_follows_what_is_asked(desk: Desk) -> None:
    words = ("doctor", "--no-integrity")
    assert desk.ended(*words)[0] == ExitCode.FINDINGS  # analytics were never built
    code, out, _ = desk.ended(*words, "--fail-on", "never")
    assert (code, "never built" in out) == (0, True)
    assert desk.ended(*words, "--fail-on", "CRITICAL")[0] == 0
    assert "The clocks are" in desk.ended(*words, "--all")[1]


def test_what_the_user_may_not_look_at_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DHIS2_PAT", desk.sandbox.pat("nurse_kemba"))
    code, out, _ = desk.ended("doctor", "-o", "json")
    assert code == ExitCode.FINDINGS
    (refused,) = (row for row in json.loads(out) if row["area"] == "integrity")
    assert (refused["severity"], refused["what"].startswith("Not looked at: ")) == ("INFO", True)
