"""The attributes of the demo country: what a ministry writes to its metadata beyond DHIS2's own properties."""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.country.objects import Bundle, Json, made, ref

# Code, name, value type, unique, and the types that may have a value.
ATTRIBUTES = (
    ("REGISTRY_ID", "Number in the facility registry", "INTEGER_POSITIVE", True, ("organisationUnitAttribute",)),
    ("ICD11", "ICD-11 code", "TEXT", False, ("dataElementAttribute", "indicatorAttribute")),
    ("OWNER_UNIT", "Responsible department", "TEXT", False, ("dataSetAttribute", "programAttribute")),
    ("REVIEWED", "Last review", "DATE", False, ("dataElementAttribute", "indicatorAttribute", "dataSetAttribute")),
)


def attribute_value(code: str, value: str) -> Json:
    """A value of an attribute, as the objects that have it hold it."""
    return {"attribute": ref("attribute", code), "value": value}


def attribute_metadata() -> Bundle:
    """The attributes."""
    return {
        "attributes": [
            made("attribute", code, name, valueType=value_type, unique=unique, mandatory=False, **_flags(types))
            for code, name, value_type, unique, types in ATTRIBUTES
        ]
    }


def _flags(types: tuple[str, ...]) -> dict[str, Any]:
    return dict.fromkeys(types, True)
