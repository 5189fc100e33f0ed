"""Which options a value names."""

import pytest

from dhis2w_sandbox.multi_text import options_in


@pytest.mark.parametrize(
    ("value", "options"),
    [("A", ["A"]), ("A,B", ["A", "B"]), ("A,", ["A"]), ("A,,B,,", ["A", "", "B"]), (",A", ["", "A"]), (",", [])],
)
def test_empty_parts_at_the_end_are_left_out_as_java_does(value: str, options: list[str]) -> None:
    assert options_in(value, "MULTI_TEXT") == options
    assert options_in(value, "TEXT") == [value]
