"""What an examination finds, and how bad it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["OK", "INFO", "WARNING", "SEVERE", "CRITICAL"]
SEVERITIES: tuple[Severity, ...] = ("OK", "INFO", "WARNING", "SEVERE", "CRITICAL")
"""From good to bad; the words are those of DHIS2's checks of integrity."""

_BY_NAME: dict[str, Severity] = {severity: severity for severity in SEVERITIES}


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check."""

    area: str
    """`connection`, `clock`, `analytics`, `jobs`, `integrity`, `duplicates`, `accounts`."""
    check: str
    severity: Severity
    what: str
    """What was found, in one sentence."""
    next_step: str = ""

    @property
    def row(self) -> dict[str, object]:
        """The finding as a row of a table."""
        return {
            "area": self.area,
            "check": self.check,
            "severity": self.severity,
            "what": self.what,
            "next": self.next_step,
        }

    def is_at_least(self, severity: Severity) -> bool:
        """Whether it is as bad as this, or worse."""
        return SEVERITIES.index(self.severity) >= SEVERITIES.index(severity)


def severity_named(name: str) -> Severity:
    """DHIS2's word for how bad something is; a word that is not known is taken for a warning."""
    return _BY_NAME.get(name, "WARNING")
