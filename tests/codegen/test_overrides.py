"""Corrections carry their reasons, and hit what they name."""

from __future__ import annotations

import pytest

from dhis2w_codegen.distilled import Table, merged
from dhis2w_codegen.overrides import correct, read_overrides
from dhis2w_codegen.version_facts import TypeFacts, VersionFacts

REASON = 'why = "because"\nevidence = "seen"\n'


def table() -> Table:
    return merged([VersionFacts(v, {"T": TypeFacts({"plural": "ts"}, {"p": {"is": "text"}})}) for v in (41, 42)])


def test_the_package_s_own_are_read() -> None:
    overrides = read_overrides()
    assert overrides.names
    assert overrides.properties


@pytest.mark.parametrize("reason", ['why = "because"\n', 'evidence = "seen"\n', 'why = ""\nevidence = "seen"\n'])
@pytest.mark.parametrize("kind", ["class", "root", "type", "property"])
def test_a_correction_without_reason_or_evidence_is_refused(kind: str, reason: str) -> None:
    with pytest.raises(ValueError, match="needs `why` and `evidence`"):
        read_overrides(f"[[{kind}]]\n{reason}")


def test_a_property_is_corrected_in_its_versions() -> None:
    corrected = table()
    correct(corrected, read_overrides(f'[[property]]\ntypes = ["T"]\nkey = "p"\nis = "integer"\nin = "42"\n{REASON}'))
    assert [str(shape) for shape in corrected.types["T"].properties["p"].shapes] == ["integer", "text"]


def test_a_property_is_added() -> None:
    corrected = table()
    correct(corrected, read_overrides(f'[[property]]\ntypes = ["T"]\nkey = "q"\nis = "integer"\n{REASON}'))
    assert corrected.types["T"].properties["q"].versions == {41, 42}


def test_a_correction_of_nothing_is_an_error() -> None:
    with pytest.raises(KeyError, match="Nothing"):
        correct(table(), read_overrides(f'[[property]]\ntypes = ["Nothing"]\nkey = "q"\nis = "text"\n{REASON}'))


def test_facts_of_a_type_are_set_and_left_out() -> None:
    corrected = table()
    text = f'[[type]]\ntype = "T"\nin = "42"\nwithout = ["plural"]\nfacts = {{ endpoint = "ts" }}\n{REASON}'
    correct(corrected, read_overrides(text))
    assert corrected.types["T"].by_version == {41: {"plural": "ts"}, 42: {"endpoint": "ts"}}
