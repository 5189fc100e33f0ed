"""Models are loaded one by one, on first use, and fast."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dhis2w_client import models
from dhis2w_client.models import DataElement, LegendSet, model_for
from dhis2w_client.models.index import MODULES, PLURALS
from dhis2w_client.models.server_model import ServerModel
from dhis2w_client.models.unknown_type import UnknownTypeError

FIRST_USE = "from dhis2w_client.models import DataElement\nDataElement(id='a', valueType='TEXT').valueType"

NEEDED = {
    "aggregation_type": "an enum that other types have too",
    "data_element": "itself, with the parts and enums of its own",
    "data_set_element": "a part that data sets have too",
    "dimension_item_type": "an enum",
    "identifiable_object": "its base, with access, sharing, translations and attribute values",
    "nameable_object": "its base",
    "object_style": "a part",
    "query_modifiers": "a part",
    "value_type": "an enum",
}
"""The generated modules behind `DataElement`: its bases, its parts, its enums."""

HAND_WRITTEN = ["index", "loose", "open_enum", "reference", "server_model", "timestamp"]


def loaded_by(code: str) -> list[str]:
    show = "import json, sys\nprint(json.dumps([name for name in sys.modules if name.startswith('dhis2w_client.')]))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{show}"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def test_a_model_loads_what_it_needs_and_nothing_else() -> None:
    found = [name.removeprefix("dhis2w_client.models.") for name in loaded_by(FIRST_USE) if ".models." in name]
    assert sorted(found) == sorted(["generated", *HAND_WRITTEN, *(f"generated.{name}" for name in NEEDED)])


def test_the_package_alone_loads_no_model() -> None:
    assert [name for name in loaded_by("import dhis2w_client.models") if ".models." in name] == [
        "dhis2w_client.models.index"
    ]


@pytest.mark.slow
def test_first_use_costs_little_more_than_pydantic(tmp_path: Path) -> None:
    """A guard, not the measurement: the budget is 1.8 times `from pydantic import BaseModel`, on a quiet machine."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ["PYTHONPYCACHEPREFIX"] = str(tmp_path)

    def run(code: str) -> float:
        timed = f"{code}\nimport time\nprint(time.process_time())"
        done = subprocess.run([sys.executable, "-c", timed], check=True, capture_output=True, text=True, env=environ)
        return float(done.stdout)

    floor = "from pydantic import BaseModel\nBaseModel"
    run(FIRST_USE)
    times = [(run(FIRST_USE), run(floor)) for _ in range(10)]
    assert min(use for use, _ in times) / min(bare for _, bare in times) <= 2.5, times


def test_every_name_of_the_index_is_there_and_every_model_can_be_built() -> None:
    for name in MODULES:
        found = getattr(models, name)
        if isinstance(found, type) and issubclass(found, ServerModel) and found is not ServerModel:
            assert found.model_rebuild() is not False
            empty = {name: "x" for name, info in found.model_fields.items() if info.is_required()}
            for make in (found.trust, found.check, found.model_validate):
                assert make({**empty, "notInAnySpec": "a"}).to_dict() == {**empty, "notInAnySpec": "a"}


def test_a_type_is_found_by_plural_and_by_class() -> None:
    assert model_for("dataElements") is model_for("DataElement") is DataElement
    assert model_for("legendSets") is LegendSet
    for plural, name in PLURALS.items():
        assert model_for(plural).__name__ == name


@pytest.mark.parametrize("name", ["dataElement", "", "ValueType", "model_for", "Any"])
def test_an_unknown_type_is_refused_with_a_hint(name: str) -> None:
    with pytest.raises(UnknownTypeError) as refused:
        model_for(name)
    assert isinstance(refused.value, LookupError)
    assert refused.value.name == name
    assert ("dataElements" in str(refused.value)) == (name == "dataElement")


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="Nonsense"):
        getattr(models, "Nonsense")  # noqa: B009 - a type checker would refuse the plain form
    assert "DataElement" in dir(models)
