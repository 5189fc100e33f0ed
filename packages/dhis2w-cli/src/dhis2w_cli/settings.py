"""The options that every command has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from dhis2w_core.operation_index import Parameter

FORMATS = ("table", "json", "ndjson", "csv", "yaml")

GLOBAL_OPTIONS = (
    Parameter("profile", "text", "The profile to use.", required=False, completion="profile"),
    Parameter("output", "text", "How to print the result.", required=False, choices=FORMATS),
    Parameter("fields", "text", "Which properties to show: id,name.", required=False),
    Parameter("query", "text", "A JMESPath expression on the result: [].name", required=False),
    Parameter("csv_safe", "boolean", "In CSV, keep spreadsheets from taking text for formulas.", required=False),
    Parameter("dry_run", "boolean", "Show what would be written, and stop.", required=False),
    Parameter("yes", "boolean", "Write without asking.", required=False),
    Parameter("quiet", "boolean", "Print nothing but errors.", required=False),
    Parameter("verbose", "boolean", "Show requests on standard error, without secrets.", required=False),
    Parameter("no_color", "boolean", "No colors; NO_COLOR says the same.", required=False),
)
SHORT = {"profile": "-p", "output": "-o", "quiet": "-q", "verbose": "-v", "yes": "-y"}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the options that every command has say."""

    profile: str | None = None
    output: str = "table"
    fields: str | None = None
    query: str | None = None
    csv_safe: bool = False
    dry_run: bool = False
    yes: bool = False
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False


def settings_of(*layers: Mapping[str, Any]) -> Settings:
    """The settings that the options before the command and those behind it say; the later layer wins."""
    names = [each.name for each in fields(Settings)]
    said = {name: layer[name] for layer in layers for name in names if layer.get(name) is not None}
    return Settings(**said)
