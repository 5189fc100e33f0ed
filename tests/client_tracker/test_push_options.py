"""How tracker is to import is checked before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from dhis2w_client import InvalidRequestError
from dhis2w_client.tracker import PushOptions


@pytest.mark.parametrize("scheme", [None, "UID", "CODE", "NAME", "ATTRIBUTE:AttrAaaaaa1"])
def test_schemes_that_dhis2_has(scheme: str | None) -> None:
    assert PushOptions(id_scheme=scheme, program_id_scheme=scheme).id_scheme == scheme


@pytest.mark.parametrize("scheme", ["CODES", "", "ATTRIBUTE", "ATTRIBUTE:code", "uid:CODE"])
@pytest.mark.parametrize("name", ["id_scheme", "org_unit_id_scheme", "category_option_combo_id_scheme"])
def test_others_would_have_everything_refused(name: str, scheme: str) -> None:
    options: dict[str, Any] = {name: scheme}
    with pytest.raises(InvalidRequestError, match="dScheme is not"):
        PushOptions(**options)
