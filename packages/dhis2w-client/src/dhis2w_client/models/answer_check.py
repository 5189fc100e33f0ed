"""Checks decoded JSON of the server against a model without making one: what pydantic does in a third of the time.

It differs from the constructor's rules in one point. A transformer in `fields` (`children::isNotEmpty`, `users::size`)
puts a boolean or a number where a list is due; an answer may have that, a new object may not.
"""

from __future__ import annotations

import types
from datetime import datetime
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import CoreConfig, CoreSchema, SchemaValidator, core_schema

from dhis2w_client.models.loose import MapToo, NumberToo
from dhis2w_client.models.open_enum import OpenEnum

Choices: TypeAlias = list[CoreSchema | tuple[CoreSchema, str]]

INTEGER, NUMBER, FLAG, TEXT = (
    core_schema.int_schema(strict=True),
    core_schema.float_schema(strict=True),
    core_schema.bool_schema(strict=True),
    core_schema.str_schema(strict=True),
)
NOTHING = core_schema.none_schema()
PLAIN: dict[Any, CoreSchema] = {int: INTEGER, float: NUMBER, bool: FLAG, str: TEXT, type(None): NOTHING}


def answer_validator(model: type[BaseModel]) -> SchemaValidator:
    """A validator of JSON objects of the model's type; its result is of no use."""
    definitions: dict[str, CoreSchema] = {}
    reference = _object(model, definitions)
    schema = core_schema.definitions_schema(reference, list(definitions.values()))
    return SchemaValidator(schema, CoreConfig(title=model.__name__, hide_input_in_errors=True))


def _object(model: type[BaseModel], definitions: dict[str, CoreSchema]) -> CoreSchema:
    name = f"{model.__module__}.{model.__name__}"
    if name not in definitions:
        definitions[name] = core_schema.any_schema()
        fields = {
            info.alias or field: core_schema.typed_dict_field(
                _value(_annotation(info.annotation, info.metadata), definitions), required=info.is_required()
            )
            for field, info in model.model_fields.items()
        }
        definitions[name] = core_schema.typed_dict_schema(fields, extra_behavior="allow", ref=name)
    return core_schema.definition_reference_schema(name)


def _annotation(annotation: Any, metadata: list[Any]) -> Any:
    for marker in metadata:
        annotation = Annotated[annotation, marker]
    return annotation


def _value(annotation: Any, definitions: dict[str, CoreSchema]) -> CoreSchema:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in PLAIN:
        return PLAIN[annotation]
    if origin in (Union, types.UnionType):
        return _union(arguments, definitions)
    if origin is Annotated:
        return _marked(arguments[0], arguments[1:], definitions)
    if origin is list:
        items = core_schema.list_schema(_value(arguments[0], definitions))
        return core_schema.union_schema([(items, "list"), (FLAG, "bool"), (INTEGER, "int")], mode="left_to_right")
    if origin is dict:
        return core_schema.dict_schema(TEXT, _value(arguments[1], definitions))
    return _class(annotation, definitions)


def _union(arguments: tuple[Any, ...], definitions: dict[str, CoreSchema]) -> CoreSchema:
    choices: Choices = [_value(argument, definitions) for argument in arguments if argument is not type(None)]
    if len(choices) == 1:
        return core_schema.nullable_schema(_value(arguments[0], definitions))
    return core_schema.nullable_schema(core_schema.union_schema(choices, mode="left_to_right"))


def _marked(annotation: Any, markers: tuple[Any, ...], definitions: dict[str, CoreSchema]) -> CoreSchema:
    if annotation is datetime:
        return core_schema.datetime_schema()
    choices: Choices = [_value(annotation, definitions)]
    if any(isinstance(marker, NumberToo) for marker in markers):
        choices.append(NUMBER)
    if any(isinstance(marker, MapToo) for marker in markers):
        choices.append(core_schema.dict_schema(TEXT, _value(get_args(annotation)[0], definitions)))
    return core_schema.union_schema(choices, mode="left_to_right")


def _class(annotation: Any, definitions: dict[str, CoreSchema]) -> CoreSchema:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _object(annotation, definitions)
    return TEXT if isinstance(annotation, type) and issubclass(annotation, OpenEnum) else core_schema.any_schema()
