"""Sets of versions as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dhis2w_codegen.shapes import Shape
from dhis2w_codegen.spans import VERSIONS, collate, span_text, span_versions, spread


@pytest.mark.parametrize(
    ("versions", "text"), [({41, 42, 43, 44}, "41-44"), ({42}, "42"), ({41, 43, 44}, "41,43-44"), ({41, 44}, "41,44")]
)
def test_spans(versions: set[int], text: str) -> None:
    assert span_text(versions) == text
    assert span_versions(text) == versions


@given(st.dictionaries(st.sampled_from(sorted(VERSIONS)), st.integers() | st.booleans() | st.text(), min_size=1))
def test_what_is_collated_is_spread_again(by_version: dict[int, object]) -> None:
    assert spread(collate(by_version, VERSIONS), VERSIONS) == by_version


@pytest.mark.parametrize(
    "text", ["text", "list link Category", "map list model A", "items model A", "enum |X Y|Z", "link"]
)
def test_shapes_are_words(text: str) -> None:
    assert str(Shape.parse(text)) == text
