"""Typed models of DHIS2's objects: `from dhis2w_client.models import DataElement`.

One class for each type of DHIS2, for all versions together, in the API's own spelling; everything the server sent is
kept. Each is loaded when it is first asked for. What they have in common is in `server_model.py`; the classes
themselves are generated, as is the stub of this module.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dhis2w_client.models.index import MODULES, PLURALS

if TYPE_CHECKING:
    from dhis2w_client.models.server_model import ServerModel


def model_for(name: str) -> type[ServerModel]:
    """The class of a type, by the type's plural (`dataElements`) or the name of the class (`DataElement`).

    Raises:
        UnknownTypeError: no type has this plural, and no class this name.
    """
    found = PLURALS.get(name, name)
    model = __getattr__(found) if found in MODULES else None
    if not (isinstance(model, type) and hasattr(model, "trust")):
        from dhis2w_client.models.unknown_type import UnknownTypeError

        raise UnknownTypeError(name)
    return model  # pyright: ignore[reportReturnType] - only models have `trust`


def __getattr__(name: str) -> Any:
    """Load a class on first use."""
    module = MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *MODULES})
