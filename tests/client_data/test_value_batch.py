"""A batch is looked at column by column; what comes of it is what comes of each value for itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dhis2w_client.data_values.data_value import key_of, problem_of, sent_form
from dhis2w_client.data_values.value_batch import ValueBatch
from dhis2w_client.versions import DIALECTS, Dhis2

ODD: st.SearchStrategy[Any] = st.sampled_from([None, "", "x", 0, 1, True, False, 2.5, "true", "FALSE", [], {"a": 1}])
Rows = list[dict[str, Any]]
NEEDED: dict[str, st.SearchStrategy[Any]] = {
    "dataElement": st.sampled_from(["de1", "de2", "de3"]),
    "period": st.sampled_from(["202401", "2024Q1", "2024"]),
    "orgUnit": st.sampled_from(["ou1", "ou2"]),
    "value": st.sampled_from(["1", "0", "true", "x", ""]) | st.integers(0, 3) | st.booleans() | st.floats(0, 2),
}
MORE: dict[str, st.SearchStrategy[Any]] = {
    "categoryOptionCombo": st.sampled_from(["co1", ""]),
    "attributeOptionCombo": st.just("co1"),
    "comment": st.sampled_from(["", "well"]),
    "followup": st.booleans() | st.sampled_from(["true", "False", ""]),
    "deleted": st.booleans() | st.sampled_from(["true", ""]),
    "storedBy": st.just("admin"),
    "lastUpdated": st.just("2024-01-01"),
}
ROWS: st.SearchStrategy[Rows] = st.lists(st.fixed_dictionaries(NEEDED, optional=MORE), min_size=1, max_size=6)
"""Rows as servers export them and people write them."""


@st.composite
def odd_rows(draw: st.DrawFn) -> Rows:
    """The same with some cells that are something else."""
    rows = draw(ROWS)
    for _ in range(draw(st.integers(1, 2))):
        draw(st.sampled_from(rows))[draw(st.sampled_from([*NEEDED, "followUp", "comment", "deleted"]))] = draw(ODD)
    return rows


@pytest.mark.parametrize("version", Dhis2)
@example(rows=[{"dataElement": "de1", "period": "2024", "orgUnit": "ou1", "value": "1", "deleted": None}])
@given(rows=ROWS | odd_rows())
def test_each_value_is_written_and_refused_as_for_itself(version: Dhis2, rows: Rows) -> None:
    dialect = DIALECTS[version]
    before = [dict(row) for row in rows]
    batch = ValueBatch(rows, dialect)
    seen: set[object] = set()
    refused: list[int] = []
    for index, row in enumerate(rows):
        key = key_of(row)
        if problem_of(row, key, dialect) or key in seen:
            refused.append(index)
        else:
            seen.add(key)
    assert sorted(batch.refused) == refused
    for some in (list(batch.sent), list(batch.sent)[:1]):
        assert list(map(text_of, batch.forms(some))) == [text_of(sent_form(rows[index], dialect)) for index in some]
    assert rows == before


def text_of(form: Any) -> str:
    """To compare by: True is no 1 here."""
    return repr(sorted(form.items()))


@pytest.mark.parametrize("version", Dhis2)
def test_what_a_server_exported_is_written_at_once(version: Dhis2, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the step for each value that odd ones need."""
    dialect = DIALECTS[version]
    monkeypatch.setattr("dhis2w_client.data_values.value_batch.sent_form", None)
    monkeypatch.setattr("dhis2w_client.data_values.value_batch.problem_of", None)
    place = {"period": "202401", "orgUnit": "ou1", "categoryOptionCombo": "co1", "attributeOptionCombo": "co1"}
    more = {"storedBy": "admin", "created": "2024-01-01", "lastUpdated": "2024-01-01", "followup": True}
    rows = [
        {"dataElement": "de1", **place, "value": "1", **more},
        {"dataElement": "de2", **place, "value": 2, "comment": "well", **more},
    ]
    batch = ValueBatch(rows, dialect)
    assert batch.refused == {}
    mark = {"followUp" if dialect.reads_camel_case_follow_up else "followup": True}
    assert batch.forms(batch.sent) == [
        {"dataElement": "de1", **place, "value": "1", **mark},
        {"dataElement": "de2", **place, "value": "2", "comment": "well", **mark},
    ]
