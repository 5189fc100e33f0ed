"""Identifiers."""

from __future__ import annotations

import random

import pytest

from dhis2w_client.metadata.uids import is_uid, new_uid, new_uids


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("fbfJHSPpUQD", True),
        ("abcdefghij1", True),
        ("1bfJHSPpUQD", False),
        ("fbfJHSPpUQ", False),
        ("fbfJHSPpUQDx", False),
        ("fbfJHSPpUQ_", False),
        ("fbfJHSPpUQD\n", False),
        ("éfbfJHSPpUQ", False),
    ],
)
def test_what_can_be_a_uid(text: str, valid: bool) -> None:
    assert is_uid(text) is valid


def test_new_ones_are_valid_and_different() -> None:
    made = new_uids(500)
    assert all(map(is_uid, made))
    assert len(set(made)) == 500
    assert is_uid(new_uid())


def test_they_can_be_repeatable_and_avoid_what_is_taken() -> None:
    first = new_uids(3, choose=random.Random(7).choice)  # noqa: S311 - repeatable on purpose
    again = new_uids(2, taken=first[:1], choose=random.Random(7).choice)  # noqa: S311 - repeatable on purpose
    assert again == first[1:]
