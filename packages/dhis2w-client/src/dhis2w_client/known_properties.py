"""Whether the connected version has the properties that a caller sets; DHIS2 drops others without a word."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from copy import deepcopy
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from dhis2w_client.errors import UnknownPropertyError, UnknownPropertyWarning

if TYPE_CHECKING:
    from dhis2w_client.models.server_model import ServerModel
    from dhis2w_client.versions import Dhis2


def check_properties(
    model: type[ServerModel], values: Mapping[str, Any], version: Dhis2, *, strict: bool, stacklevel: int = 4
) -> None:
    """Warn of properties that a version does not have, or with `strict` refuse them.

    Raises:
        UnknownPropertyError: With `strict`.

    Warns:
        UnknownPropertyWarning: Without.
    """
    for problem in unknown_properties(model, values, version):
        if strict:
            raise UnknownPropertyError(problem, next_step="Leave it out, or write without strict.")
        warnings.warn(problem, UnknownPropertyWarning, stacklevel)


def unknown_properties(model: type[ServerModel], values: Mapping[str, Any], version: Dhis2) -> Iterator[str]:
    """A sentence for each property of an object that a version does not have."""
    names = json_names(model)
    for key in values:
        if key not in names and values[key] is not None:
            near = get_close_matches(key, names, n=1)
            hint = f"; did you mean {near[0]}?" if near else "."
            yield f"No DHIS2 that this client knows has a property {key!r} of {model.__name__}{hint}"
    yield from _out_of_version(model.trust(deepcopy(dict(values))), version)


def _out_of_version(part: ServerModel, version: Dhis2) -> Iterator[str]:
    """The same for the properties that other versions have, in parts of the object too."""
    from dhis2w_client.models.reference import Reference

    kind = type(part)
    for key, name in json_names(kind).items():
        if name not in part.model_fields_set:
            continue
        versions = kind.versions_of(key)
        if versions is not None and version.number not in versions:
            there = ", ".join(f"2.{number}" for number in sorted(versions))
            yield f"DHIS2 2.{version.number} drops {key!r} of {kind.__name__}, which it does not have; {there} do."
        for inner in _parts(getattr(part, name)):
            if not isinstance(inner, Reference):
                yield from _out_of_version(inner, version)


def _parts(value: object) -> Iterator[ServerModel]:
    from dhis2w_client.models.server_model import ServerModel

    if isinstance(value, ServerModel):
        yield value
    elif isinstance(value, list):
        yield from (item for item in cast("list[object]", value) if isinstance(item, ServerModel))
    elif isinstance(value, dict):
        yield from (item for item in cast("dict[str, object]", value).values() if isinstance(item, ServerModel))


@lru_cache(maxsize=512)
def json_names(model: type[ServerModel]) -> dict[str, str]:
    """The attribute of each JSON key of a model."""
    return {info.alias or name: name for name, info in model.model_fields.items()}
