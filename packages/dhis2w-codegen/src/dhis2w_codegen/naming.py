"""Python names for DHIS2's names.

Properties and types keep DHIS2's spelling. A name that Python or pydantic needs for itself has an underscore behind it,
and the property an alias.
"""

from __future__ import annotations

import builtins
import keyword
import re

ANNOTATED_WITH = {"bool", "dict", "float", "int", "list", "str"}
"""Builtins of the generated annotations; an attribute of that name would hide them from the lines below it."""

MODEL_ATTRIBUTES = {
    "SPANS", "check", "check_all", "construct", "copy", "dict", "from_orm", "json", "model_computed_fields",
    "model_config", "model_construct", "model_copy", "model_dump", "model_dump_json", "model_extra", "model_fields",
    "model_fields_set", "model_json_schema", "model_parametrized_name", "model_post_init", "model_rebuild",
    "model_validate", "model_validate_json", "model_validate_strings", "parse_file", "parse_obj", "parse_raw",
    "schema", "schema_json", "to_dict", "trust", "trust_all", "update_forward_refs", "validate", "validated",
    "versions_of",
}  # fmt: skip
"""Public attributes of `ServerModel` and pydantic's `BaseModel` (a test compares)."""

IMPORTED = {"Any", "DateTime", "Field", "Items", "OpenEnum", "Reference", "ServerModel", "Text", "Timestamp"}
"""Names that the generated modules import."""


def attribute_name(key: str) -> str:
    """The attribute of a property, by its JSON key."""
    name = re.sub(r"\W", "_", key).lstrip("_")
    taken = keyword.iskeyword(name) or name in MODEL_ATTRIBUTES or name in ANNOTATED_WITH
    return f"{name}_" if taken else name


def class_name(name: str) -> str:
    """The class of a type or enum."""
    return f"{name}_" if name in IMPORTED or hasattr(builtins, name) else name


def constant_name(constant: str) -> str:
    """The member of an enum for a constant."""
    name = re.sub(r"\W", "_", constant)
    if not name or name[0].isdigit():
        name = f"V{name}"
    return f"{name}_" if keyword.iskeyword(name) or hasattr(str, name) or name in ("name", "value", "known") else name


def snake_case(name: str) -> str:
    """`dataElements` as `data_elements`, `SMSCommand` as `sms_command`, `OAuth2Client` as `oauth2_client`."""
    name = re.sub(r"[oO]Auth2", "Oauth2", name)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
