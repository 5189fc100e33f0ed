"""Findings as JUnit XML, which CI servers show as tests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from dhis2w_core.features.doctor.finding import Finding, Severity

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(findings: Sequence[Finding], *, suite: str, fail_on: Severity) -> bytes:
    """The document: one test for each check, failed where the finding is as bad as `fail_on` or worse."""
    failed = [finding for finding in findings if finding.is_at_least(fail_on)]
    counts = {"name": _clean(suite), "tests": str(len(findings)), "failures": str(len(failed)), "errors": "0"}
    root = ElementTree.Element("testsuite", counts)
    for finding in findings:
        case = ElementTree.SubElement(root, "testcase", {"classname": finding.area, "name": _clean(finding.check)})
        text = _clean("\n".join(part for part in (finding.what, finding.next_step) if part))
        if finding.is_at_least(fail_on):
            about = {"type": finding.severity, "message": _clean(finding.what)}
            ElementTree.SubElement(case, "failure", about).text = text
        else:
            ElementTree.SubElement(case, "system-out").text = text
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _clean(text: str) -> str:
    """The text without what XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
