"""Dates that keep the text they came as."""

from __future__ import annotations

import copy
import pickle
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dhis2w_client.models import DataElement, Timestamp
from dhis2w_client.models.timestamp import read_timestamp, written


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-31T12:00:00.000",
        "2018-02-11T14:39:02.390+0000",
        "2024-01-31",
        "2024-01-31T12:00:00Z",
        "2024-01-31T12:00",
    ],
)
def test_an_untouched_date_is_written_as_it_came(text: str) -> None:
    stamp = Timestamp.parse(text)
    assert stamp.text == written(stamp) == text
    assert copy.deepcopy(stamp).text == pickle.loads(pickle.dumps(stamp)).text == text  # noqa: S301 - our own bytes


def test_a_computed_date_has_the_text_dhis2_writes() -> None:
    later = Timestamp.parse("2024-01-31") + timedelta(days=1)
    assert written(later) == "2024-02-01T00:00:00.000"
    assert written(Timestamp.parse("2024-01-31").replace(day=1)) == "2024-01-01T00:00:00.000"
    assert written(datetime(2024, 1, 31, 12, 30, 15, 999_999)) == "2024-01-31T12:30:15.999"


def test_text_that_is_no_date_stays_text() -> None:
    assert read_timestamp("THIS_YEAR") == "THIS_YEAR"
    with pytest.raises(ValueError, match="THIS_YEAR"):
        Timestamp.parse("THIS_YEAR")


@given(st.datetimes(min_value=datetime(1900, 1, 1)))
def test_a_date_that_was_set_is_read_back_to_the_millisecond(moment: datetime) -> None:
    text = DataElement(created=moment).to_dict()["created"]
    back = DataElement.trust({"created": text}).created
    assert back is not None
    assert abs(back - moment) < timedelta(milliseconds=1)


@given(st.text())
def test_any_text_is_read_and_written_unchanged(text: str) -> None:
    element = DataElement.trust({"created": text})
    assert element.created is not None
    assert element.to_dict() == {"created": text}
