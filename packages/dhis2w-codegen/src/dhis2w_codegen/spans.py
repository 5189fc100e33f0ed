"""Sets of DHIS2 versions as text: `41-44`, `42`, `41,43-44`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, cast

VERSIONS = frozenset({41, 42, 43, 44})


def span_text(versions: Iterable[int]) -> str:
    """`{41, 43, 44}` as `41,43-44`."""
    runs: list[list[int]] = []
    for version in sorted(versions):
        if runs and runs[-1][-1] == version - 1:
            runs[-1].append(version)
        else:
            runs.append([version])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def span_versions(text: str) -> frozenset[int]:
    """`41,43-44` as `{41, 43, 44}`."""
    return frozenset(version for part in text.split(",") for version in _run(part))


def _run(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def collate(by_version: dict[int, Any], everywhere: Collection[int]) -> Any:
    """The one value of all the versions in `everywhere`, or a dict of span and value."""
    groups: list[tuple[Any, list[int]]] = []
    for version, value in sorted(by_version.items()):
        same = next((versions for known, versions in groups if known == value), None)
        if same is None:
            groups.append((value, [version]))
        else:
            same.append(version)
    if len(groups) == 1 and set(groups[0][1]) == set(everywhere):
        return groups[0][0]
    return {span_text(versions): value for value, versions in groups}


def spread(collated: Any, everywhere: Iterable[int]) -> dict[int, Any]:
    """The opposite of `collate`."""
    if not isinstance(collated, dict):
        return dict.fromkeys(everywhere, collated)
    spans = cast("dict[str, Any]", collated)
    return {version: value for span, value in spans.items() for version in span_versions(span)}
