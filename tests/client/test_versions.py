"""Versions: reading them, naming them, and the dialect for each."""

import dataclasses

import pytest

from dhis2w_client import Dhis2, UnsupportedVersionError
from dhis2w_client.versions import DIALECTS, NEWEST, OLDEST, choose_dialect, minor_version, version_named


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("2.42.6", 42),
        ("2.43-SNAPSHOT", 43),
        ("2.41.3.1", 41),
        ("2.44-rc1", 44),
        ("2.42.5-EMBARGOED", 42),
        ("42.1", 42),
        ("v43", 43),
        ("2.100.0", 100),
        ("test", None),
        ("", None),
        ("2024.1", None),
        ("2.4", None),
        ("-2.42", None),
    ],
)
def test_reading_a_version(raw: str, number: int | None) -> None:
    assert minor_version(raw) == number


@pytest.mark.parametrize(
    ("raw", "version", "is_fallback"),
    [
        ("2.41.9.1", Dhis2.V41, False),
        ("2.44-SNAPSHOT", Dhis2.V44, False),
        ("2.45", Dhis2.V44, True),
        ("2.40.11", Dhis2.V41, True),
        ("test", Dhis2.V44, True),
    ],
)
def test_choosing(raw: str, version: Dhis2, is_fallback: bool) -> None:
    choice = choose_dialect(raw)
    assert choice.dialect is DIALECTS[version]
    assert (choice.fallback is not None) is is_fallback
    if is_fallback:
        with pytest.raises(UnsupportedVersionError):
            choose_dialect(raw, allow_fallback=False)


def test_an_unreadable_version_is_what_the_program_expects() -> None:
    assert choose_dialect("test", expect=Dhis2.V42).dialect.version is Dhis2.V42
    assert choose_dialect("2.45", expect=Dhis2.V42).dialect.version is Dhis2.V44


def test_names() -> None:
    assert [version.value for version in Dhis2] == ["v41", "v42", "v43", "v44"]
    assert [version_named(name) for name in ("42", "v42", 42, Dhis2.V42)] == [Dhis2.V42] * 4
    assert [version_named(name) for name in ("", "2.42", "vv42", 42.0, None, True)] == [None] * 6
    assert (OLDEST, NEWEST) == (Dhis2.V41, Dhis2.V44)


def test_each_version_has_a_dialect_and_none_is_said_twice() -> None:
    assert list(DIALECTS) == list(Dhis2)
    capabilities = [
        tuple(str(value) for name, value in dataclasses.asdict(dialect).items() if name != "version")
        for dialect in DIALECTS.values()
    ]
    assert len(set(capabilities)) == len(capabilities)
