"""A mapping says what the columns of a file are; what it cannot mean is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from dhis2w_client.data_values.push_options import IdSchemes
from dhis2w_core.errors import OperationError
from dhis2w_core.transfers.column_mapping import pairs_of, read_mapping

WHOLE = """
data_set = "BfMAe6Itzgt"
[columns]
orgUnit = "facility"
[constants]
period = "202401"
[id_schemes]
all = "CODE"
org_unit = "NAME"
"""


def test_what_a_command_says_goes_before_the_mapping(tmp_path: Path) -> None:
    file = tmp_path / "mapping.toml"
    file.write_text(WHOLE)
    meant = read_mapping(file).with_more({"value": "n"}, {"period": "202402"}, {"org_unit": "UID", "all": None}, None)
    assert meant.columns == {"orgUnit": "facility", "value": "n"}
    assert meant.constants == {"period": "202402"}
    assert meant.schemes == IdSchemes(all="CODE", org_unit="UID")
    assert meant.data_set == "BfMAe6Itzgt"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[column]", "column means nothing here"),
        ("columns = 1", "columns is no table"),
        ('[columns]\nunit = "x"', r"columns\.unit means nothing here"),
        ("[constants]\nperiod = 202401", r"constants\.period is no text"),
        ("data_set = 1", "data_set is no text"),
        ("=", "is no TOML"),
    ],
)
def test_a_mapping_that_says_nothing_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "mapping.toml"
    file.write_text(text)
    with pytest.raises(OperationError, match=said):
        read_mapping(file)
    with pytest.raises(OperationError, match="cannot be read"):
        read_mapping(tmp_path / "none.toml")


@pytest.mark.parametrize("text", ["unit=x", "period", "period="])
def test_columns_and_constants_name_keys_of_dhis2(text: str) -> None:
    with pytest.raises(OperationError, match="does not say what a key of DHIS2 is"):
        pairs_of("--column", [text])
