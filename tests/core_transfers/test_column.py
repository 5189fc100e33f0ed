"""The pairs of two columns are those of their rows, however they are found."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from dhis2w_core.transfers.column import Column

ROWS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")), min_size=1, max_size=6)


@given(ROWS)
@example([("a", "x"), ("a", "y")])
@example([("a", "x"), ("b", "x")])
@example([("a", "x"), ("b", "y")])
def test_pairs_are_those_of_the_rows(rows: list[tuple[str, str]]) -> None:
    first, second = Column.of([one for one, _ in rows]), Column.of([other for _, other in rows])
    assert first.pairs(second) == set(rows)
