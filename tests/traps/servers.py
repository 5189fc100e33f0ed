"""The servers of the versions that have a trap; a test gets each of them in turn, and may write into it."""

from __future__ import annotations

import pytest

LEGACY, PIPELINE = (41, 42), (43, 44)
"""The versions that import data values row by row, and those that do it by data set."""
ALL = (*LEGACY, *PIPELINE)


def of(*versions: int) -> pytest.MarkDecorator:
    """The versions that a test is about."""
    return pytest.mark.parametrize("version", versions)
