"""The base of every model of what DHIS2 sends: it keeps what it does not know, and can trust instead of validate.

A model is made in one of two ways. The constructor and `model_validate` check everything, as pydantic does. `trust`
takes a decoded JSON object from the server as it is: the object becomes the model's attributes, and an attribute that
is more than plain JSON (a part of its own, an enum, a date) is made when it is first looked at. Both write back what
they read.
"""

import re
import types
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self, Union, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, model_serializer
from pydantic_core import CoreSchema, SchemaValidator

from dhis2w_client.models.loose import MapToo
from dhis2w_client.models.open_enum import OpenEnum
from dhis2w_client.models.timestamp import read_timestamp, written

Reader = Callable[[Any], Any]
Readers = dict[type, Reader]

# Slots of BaseModel that are not public API; tests/models/test_server_model.py fails first when pydantic moves them.
_set_extra = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_values = BaseModel.__dict__["__dict__"].__set__
_new = object.__new__

SECRET = re.compile("password|secret|token", re.IGNORECASE)
"""Names of properties whose text no `repr` shows."""

MOST_SHAPES = 256
"""How many different sets of keys a class remembers; answers of one request all have the same few."""


class LateSlot:
    """A slot of pydantic's that `trust` leaves empty, and that is filled when it is first looked at: few ever are."""

    __slots__ = ("_fill", "_slot")

    def __init__(self, name: str, fill: Callable[[BaseModel], Any]) -> None:
        self._slot = BaseModel.__dict__[name]
        self._fill = fill

    def __get__(self, model: BaseModel | None, owner: type | None = None) -> Any:
        """What is in the slot of a model."""
        if model is None:
            return self._slot
        try:
            return self._slot.__get__(model, owner)
        except AttributeError:
            value = self._fill(model)
            self._slot.__set__(model, value)
            return value

    def __set__(self, model: BaseModel, value: Any) -> None:
        """Fill the slot of a model."""
        self._slot.__set__(model, value)


class Part:
    """An attribute whose JSON becomes more than JSON the first time it is looked at."""

    __slots__ = ("name", "readers")

    def __init__(self, name: str, readers: Readers) -> None:
        self.name = name
        self.readers = readers

    def __get__(self, model: BaseModel | None, owner: type | None = None) -> Any:
        """The attribute of a model; None where it was not sent."""
        if model is None:
            return None
        values = vars(model)
        value: object = values.get(self.name)
        read = self.readers.get(type(value))
        if read is not None:
            value = values[self.name] = read(value)
        return value

    def __set__(self, model: BaseModel, value: Any) -> None:
        """Store a value as it is."""
        vars(model)[self.name] = value

    def __delete__(self, model: BaseModel) -> None:
        """Forget the value."""
        del vars(model)[self.name]


def readers_of(annotation: Any) -> Readers:
    """How raw JSON of the annotated type is read, by the raw type; empty where it stays what it is."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _marked_readers(arguments[0], arguments[1:])
    if origin in (Union, types.UnionType):
        found: Readers = {}
        for argument in arguments:
            found = readers_of(argument) | found
        return found
    if origin in (list, dict):
        items = readers_of(arguments[-1])
        read = _read_list if origin is list else _read_values
        return {origin: lambda values: read(values, items)} if items else {}
    return _class_readers(annotation)


def _marked_readers(annotation: Any, markers: tuple[Any, ...]) -> Readers:
    if annotation is datetime:
        return {str: read_timestamp}
    readers = readers_of(annotation)
    if any(isinstance(marker, MapToo) for marker in markers):
        return readers | readers_of(dict[str, get_args(annotation)[0]])
    return readers


def _class_readers(annotation: Any) -> Readers:
    if not isinstance(annotation, type):
        return {}
    if issubclass(annotation, ServerModel):
        return {dict: annotation.trust}
    return {str: annotation} if issubclass(annotation, OpenEnum) else {}


def _read_list(values: list[object], readers: Readers) -> list[object]:
    if values and type(values[0]) in readers:
        values[:] = [_read(value, readers) for value in values]
    return values


def _read_values(values: dict[str, object], readers: Readers) -> dict[str, object]:
    for key, value in values.items():
        values[key] = _read(value, readers)
    return values


def _read(value: object, readers: Readers) -> object:
    read = readers.get(type(value))
    return value if read is None else read(value)


class _Keys:
    """What one set of keys means for a class: keys to rename, and keys it does not know."""

    __slots__ = ("extra", "renamed")

    def __init__(self, names: Mapping[str, str], keys: tuple[str, ...]) -> None:
        self.renamed = [(key, names[key]) for key in keys if key in names and names[key] != key]
        self.extra = [key for key in keys if key not in names]


class _Layout:
    """What a class remembers of its keys: `names` by JSON key, `aliases` (JSON keys by name), and sets of keys seen."""

    __slots__ = ("aliases", "names", "seen", "validator")

    def __init__(self, aliases: dict[str, str], fields: Iterable[str]) -> None:
        self.aliases = aliases
        self.names = {aliases.get(name, name): name for name in fields}
        self.seen: dict[tuple[str, ...], _Keys] = {}
        self.validator: SchemaValidator | None = None

    def keys_of(self, shape: tuple[str, ...]) -> _Keys:
        """The meaning of a set of keys."""
        keys = self.seen.get(shape)
        if keys is None:
            keys = _Keys(self.names, shape)
            if len(self.seen) < MOST_SHAPES:
                self.seen[shape] = keys
        return keys


class ServerModel(BaseModel):
    """A JSON object of DHIS2. Attributes have the API's names; what the server sent beyond them is in `model_extra`.

    An attribute that was not sent is None. `to_dict` and `model_dump` give the JSON object: what was read or set,
    nothing else, untouched values as they came.
    """

    model_config = ConfigDict(
        extra="allow",
        defer_build=True,
        validate_by_alias=True,
        validate_by_name=True,
        validate_assignment=True,
        protected_namespaces=(),
        hide_input_in_errors=True,
    )

    SPANS: ClassVar[Mapping[str, str]] = {}
    """Versions of each property that not every version of the type has: `{"favorites": "41-43"}`."""

    _layout: ClassVar[_Layout]

    @classmethod
    def versions_of(cls, key: str) -> frozenset[int] | None:
        """The versions that have a property of the type, such as `{41, 42}`; None: all that have the type."""
        span = cls.SPANS.get(key)
        if span is None:
            return None
        runs = [part.partition("-") for part in span.split(",")]
        return frozenset(version for first, _, last in runs for version in range(int(first), int(last or first) + 1))

    @classmethod
    def trust(cls, values: dict[str, Any]) -> Self:
        """Make a model of a decoded JSON object from the server without checking it.

        Args:
            values: the object; it becomes part of the model and must not be used any more.
        """
        return cls.trust_all([values])[0]

    @classmethod
    def trust_all(cls, rows: Iterable[dict[str, Any]]) -> list[Self]:
        """`trust` for many objects; lists of thousands are read by it, so nothing is looked up twice."""
        layout = cls._layout
        seen = layout.seen
        models: list[Self] = []
        for values in rows:
            shape = tuple(values)
            keys = seen.get(shape) or layout.keys_of(shape)
            if keys.renamed:
                for key, name in keys.renamed:
                    values[name] = values.pop(key)
            model = _new(cls)
            if keys.extra:
                _set_extra(model, {key: values.pop(key) for key in keys.extra})
            _set_values(model, values)
            models.append(model)
        return models

    @classmethod
    def check(cls, values: dict[str, Any]) -> Self:
        """As `trust`, after checking the object; raises pydantic's ValidationError."""
        return cls.check_all([values])[0]

    @classmethod
    def check_all(cls, rows: list[dict[str, Any]]) -> list[Self]:
        """As `trust_all`, after checking each object; raises pydantic's ValidationError."""
        validator = cls._layout.validator
        if validator is None:
            from dhis2w_client.models.answer_check import answer_validator

            validator = cls._layout.validator = answer_validator(cls)
        for values in rows:
            validator.validate_python(values)
        return cls.trust_all(rows)

    def validated(self) -> Self:
        """The same object, checked in full; raises pydantic's ValidationError."""
        return type(self).model_validate(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """The JSON object that DHIS2 sent, or should be sent: nothing but what was read or set."""
        sent, aliases = self.model_fields_set, self._layout.aliases
        known = {aliases.get(name, name): _as_json(value) for name, value in self.__dict__.items() if name in sent}
        return known | {key: _as_json(value) for key, value in (self.model_extra or {}).items()}

    @model_serializer(mode="plain")
    def _dump(self) -> dict[str, Any]:
        return self.to_dict()

    def __eq__(self, other: object) -> bool:
        """Whether both are of one type and would be written alike."""
        if isinstance(other, ServerModel):
            return type(self) is type(other) and self.to_dict() == other.to_dict()
        return NotImplemented

    __hash__ = None  # pyright: ignore[reportAssignmentType] - mutable, so not hashable

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """Only what was read or set, and no secrets."""
        return list(_masked(self.to_dict()).items())

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Put a `Part` where an attribute is more than JSON, and None where one may be missing."""
        super().__pydantic_init_subclass__(**kwargs)
        fields = cls.__pydantic_fields__
        cls._layout = _Layout({name: info.alias for name, info in fields.items() if info.alias}, fields)
        for name, info in fields.items():
            readers = readers_of(info.annotation)
            type.__setattr__(cls, name, Part(name, readers) if readers else None)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Plain values are checked strictly, so that validating never changes one."""
        reference = handler(source)
        schema: dict[str, Any] = dict(handler.resolve_ref_schema(reference))
        while schema["type"] != "model-fields":
            schema = schema["schema"]
        for field in schema["fields"].values():
            _make_strict(field)
        return reference


def _names_set(model: BaseModel) -> set[str]:
    return {*vars(model), *(model.model_extra or ())}


def _nothing_more(_: BaseModel) -> dict[str, Any]:
    return {}


def _nothing_private(_: BaseModel) -> None:
    return None


# After the class is made, because pydantic reads these names of a class body itself.
type.__setattr__(ServerModel, "__pydantic_fields_set__", LateSlot("__pydantic_fields_set__", _names_set))
type.__setattr__(ServerModel, "__pydantic_extra__", LateSlot("__pydantic_extra__", _nothing_more))
type.__setattr__(ServerModel, "__pydantic_private__", LateSlot("__pydantic_private__", _nothing_private))


def _make_strict(schema: dict[str, Any]) -> None:
    kind = schema["type"]
    if kind == "float":
        numbers = [{"type": "int", "strict": True}, {"type": "float", "strict": True}]
        schema.clear()
        schema.update(type="union", choices=numbers, mode="left_to_right")
    elif kind in ("int", "bool", "str"):
        schema["strict"] = True
    elif kind == "union":
        choices: list[Any] = schema["choices"]
        for choice in choices:
            _make_strict(cast("dict[str, Any]", choice[0] if isinstance(choice, tuple) else choice))
    elif kind != "model":
        for inner in ("schema", "items_schema", "values_schema"):
            if inner in schema:
                _make_strict(schema[inner])


def _masked(values: dict[str, Any]) -> dict[str, Any]:
    """The same object with stars for the text of whatever is called a password, secret or token, at any depth."""
    return {
        key: "***" if SECRET.search(key) and isinstance(value, str) else _mask(value) for key, value in values.items()
    }


def _mask(value: Any) -> Any:
    if isinstance(value, dict):
        return _masked(cast("dict[str, Any]", value))
    return [_mask(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def _as_json(value: Any) -> Any:
    """A value of a model as JSON; what was never looked at is JSON already."""
    if isinstance(value, ServerModel):
        return value.to_dict()
    if isinstance(value, list):
        return [_as_json(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, datetime):
        return written(value)
    return value.value if isinstance(value, OpenEnum) else value
