"""What an import works on: the objects of a payload beside what is stored of them, and how references are looked up.

Source: `ObjectBundle`, `Preheat`, `PreheatIdentifier` and `MetadataImportParams` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dhis2w_sandbox.errors import ErrorReport
from dhis2w_sandbox.metadata.coercion import Place, read_object
from dhis2w_sandbox.metadata.defaults import DEFAULT_OBJECTS, with_defaults
from dhis2w_sandbox.metadata.hooks import HOOKS
from dhis2w_sandbox.metadata.reports import ObjectReport
from dhis2w_sandbox.schemas import Property, Schema
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.user import User

Json = dict[str, Any]

PERIOD_TYPE = "org.hisp.dhis.period.PeriodType"

# The enum parameters of `/api/metadata`: what each may be, the default first.
ENUMS: dict[str, tuple[str, ...]] = {
    "importMode": ("COMMIT", "VALIDATE"),
    "identifier": ("UID", "CODE"),
    "preheatMode": ("REFERENCE", "ALL", "NONE"),
    "importStrategy": (
        "CREATE_AND_UPDATE",
        "CREATE",
        "UPDATE",
        "DELETE",
        "NEW_AND_UPDATES",
        "NEW",
        "UPDATES",
        "DELETES",
        "SYNC",
    ),
    "atomicMode": ("ALL", "NONE"),
    "flushMode": ("AUTO", "OBJECT"),
    "importReportMode": ("ERRORS", "FULL", "ERRORS_NOT_OWNER", "DEBUG"),
}


@dataclass(frozen=True)
class ImportOptions:
    """The parameters of an import; what is unknown counts as the default."""

    import_mode: str = "COMMIT"
    identifier: str = "UID"
    preheat_mode: str = "REFERENCE"
    strategy: str = "CREATE_AND_UPDATE"
    atomic_mode: str = "ALL"
    flush_mode: str = "AUTO"
    report_mode: str = "ERRORS"
    skip_sharing: bool = False
    skip_translation: bool = False
    skip_validation: bool = False
    is_async: bool = False

    @classmethod
    def of(cls, params: Mapping[str, str]) -> ImportOptions:
        """The options that the parameters of a request say."""
        words = {name: _word(params.get(name), names) for name, names in ENUMS.items()}
        return cls(
            import_mode=words["importMode"],
            identifier=words["identifier"],
            preheat_mode=words["preheatMode"],
            strategy=words["importStrategy"],
            atomic_mode=words["atomicMode"],
            flush_mode=words["flushMode"],
            report_mode=words["importReportMode"],
            skip_sharing=_flag(params, "skipSharing"),
            skip_translation=_flag(params, "skipTranslation"),
            skip_validation=_flag(params, "skipValidation"),
            is_async=_flag(params, "async"),
        )

    def as_json(self) -> Json:
        """The options as a job's parameters and its summary show them."""
        return {
            "importMode": self.import_mode,
            "identifier": self.identifier,
            "preheatMode": self.preheat_mode,
            "importStrategy": self.strategy,
            "atomicMode": self.atomic_mode,
            "flushMode": self.flush_mode,
            "importReportMode": self.report_mode,
            "skipSharing": self.skip_sharing,
            "skipTranslation": self.skip_translation,
            "skipValidation": self.skip_validation,
            "metadataSyncImport": False,
            "async": self.is_async,
            "firstRowIsHeader": True,
        }


def _word(value: str | None, names: tuple[str, ...]) -> str:
    return value if value in names else names[0]


def _flag(params: Mapping[str, str], name: str) -> bool:
    return params.get(name, "").lower() == "true"


@dataclass(eq=False)
class Item:
    """One object of a payload."""

    schema: Schema
    index: int
    new: Json
    """As it was sent, read and completed; references still hold what the sender said of them."""
    old: Json | None
    """The stored document; None where the object is new."""

    @property
    def uid(self) -> str:
        """The identifier, sent or made."""
        return self.new["id"]

    @property
    def display_name(self) -> str:
        """What reports call the object."""
        return self.new.get("name") or self.new.get("id") or self.new.get("code") or self.schema.klass

    @property
    def likeness(self) -> tuple[Any, ...]:
        """What makes two objects of a type the same to Java's `equals`."""
        return self.new.get("id"), self.new.get("code"), self.new.get("name")


@dataclass
class Batch:
    """The objects of one type in a payload."""

    schema: Schema
    persisted: list[Item] = field(default_factory=list[Item])
    fresh: list[Item] = field(default_factory=list[Item])
    next_index: int = 0

    def of_strategy(self, strategy: str) -> list[Item]:
        """Those that a strategy writes."""
        if strategy == "CREATE_AND_UPDATE":
            return self.persisted + self.fresh
        return self.persisted if strategy == "UPDATE" else self.fresh

    def remove(self, marked: list[Item]) -> None:
        """Take out the objects that are equal to one of these."""
        gone = {item.likeness for item in marked}
        self.persisted[:] = [item for item in self.persisted if item.likeness not in gone]
        self.fresh[:] = [item for item in self.fresh if item.likeness not in gone]


class Bundle:
    """A payload, taken apart by type in the order in which DHIS2 imports them.

    Args:
        server: where the objects go.
        user: who imports.
        options: how.
        payload: lists of objects by the plural of their type; other keys are left alone.

    Raises:
        MappingError: an object is not of the shape of its type.
    """

    def __init__(self, server: Server, user: User, options: ImportOptions, payload: Json) -> None:
        self.server = server
        self.user = user
        self.options = options
        self.batches: list[Batch] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._unique: dict[tuple[str, str], dict[Any, str]] = {}
        self._attributes: dict[str, dict[str, Json]] = {}
        self._holders: dict[tuple[str, str], dict[str, str]] = {}
        self._coming: dict[tuple[str, str], Json] = {}
        self.refused: list[Item] = []
        """What the checks took out."""
        for schema in _metadata_schemas(server):
            if payload.get(schema.plural):
                self.batches.append(self._batch(schema, payload[schema.plural]))
        for batch in self.batches:
            self._coming |= {(batch.schema.singular, item.uid): item.new for item in batch.persisted + batch.fresh}

    def _batch(self, schema: Schema, bodies: Iterable[Any]) -> Batch:
        batch = Batch(schema)
        for body in bodies:
            read = self._with_known_period_types(schema, read_object(self.server.schemas, schema, body, Place()))
            document = with_defaults(self.server.version, schema, read)
            for hook in HOOKS.get(schema.singular, ()):
                hook.complete(document)
            old = self.stored(schema, document)
            document["id"] = old["id"] if old else document.get("id") or self.server.new_uid()
            item = Item(schema, batch.next_index, document, old)
            batch.next_index += 1
            if DEFAULT_OBJECTS.get(schema.singular) != item.uid:
                (batch.fresh if old is None else batch.persisted).append(item)
        return batch

    def _with_known_period_types(self, schema: Schema, document: Json) -> Json:
        known = self.server.behaviour.period_types
        return {
            key: value
            for key, value in document.items()
            if schema.properties[key].value_klass != PERIOD_TYPE or value in known
        }

    def stored(self, schema: Schema, document: Json) -> Json | None:
        """What is stored of an object, found by the identifier that the options name."""
        if self.options.identifier == "UID":
            uid = document.get("id")
        else:
            uid = self._uids_by_code(schema.singular).get(document.get("code", ""))
        return self.server.store.get(schema.singular, uid) if isinstance(uid, str) else None

    def target(self, prop: Property, reference: Json) -> Json | None:
        """What a reference points to: a stored object, or one of the payload; None where there is none."""
        schema = self.server.schemas.of(prop)
        if schema is None:
            return reference
        uid = self.uid_of(schema.singular, reference)
        if uid is None:
            return None
        return self.server.store.get(schema.singular, uid) or self._coming.get((schema.singular, uid))

    def uid_of(self, type: str, reference: Json) -> str | None:
        """The identifier that a reference means; None where it has none."""
        if self.options.identifier == "UID" or type in ("user", "userGroup"):
            return reference.get("id")
        by_code = self._uids_by_code(type).get(reference.get("code", ""))
        return by_code or reference.get("id")

    def find(self, type: str, uid: str) -> Json | None:
        """An object by type and identifier, stored or of the payload."""
        return self.server.store.get(type, uid) or self._coming.get((type, uid))

    def coming(self, type: str, uid: str) -> Json | None:
        """An object of the payload by type and identifier, also where another is stored."""
        return self._coming.get((type, uid))

    def forget_refused(self) -> None:
        """Let references find refused objects no more, unless they are stored."""
        for item in self.refused:
            self._coming.pop((item.schema.singular, item.uid), None)

    def attributes_of(self, schema: Schema) -> dict[str, Json]:
        """The attributes that objects of a type may have, stored or of the payload, by identifier."""
        if schema.singular not in self._attributes:
            flag = f"{schema.singular}Attribute"
            coming = [doc for (type, _), doc in self._coming.items() if type == "attribute"]
            every = self.server.store.all("attribute") + coming
            self._attributes[schema.singular] = {row["id"]: row for row in every if row.get(flag)}
        return self._attributes[schema.singular]

    def attribute_holders(self, schema: Schema, attribute: str) -> dict[str, str]:
        """Which object of a type holds which value of an attribute, by value."""
        key = (schema.singular, attribute)
        if key not in self._holders:
            self._holders[key] = {
                row["value"]: document["id"]
                for document in self.server.store.all(schema.singular)
                for row in document.get("attributeValues", ())
                if row["attribute"]["id"] == attribute
            }
        return self._holders[key]

    def taken(self, schema: Schema, prop: Property) -> dict[Any, str]:
        """Who holds which value of a unique property, by value."""
        key = (schema.singular, prop.key)
        if key not in self._unique:
            documents = self.server.store.all(schema.singular)
            self._unique[key] = {doc[prop.key]: self.identifier(doc) for doc in documents if doc.get(prop.key)}
        return self._unique[key]

    def identifier(self, document: Json) -> str:
        """The identifier of an object in the scheme of the import."""
        return document.get("code" if self.options.identifier == "CODE" else "id") or ""

    def titled(self, schema: Schema, document: Json) -> str:
        """An object as messages name it: `Name [uid] (DataElement)`."""
        identifier = document.get("code" if self.options.identifier == "CODE" else "id")
        name = f"{document.get('firstName', '')} {document.get('surname', '')}".strip() or document.get("name")
        return f"{f'{name} ' if name else ''}[{identifier or 'null'}] ({schema.short_klass})"

    @property
    def sender(self) -> str:
        """The importing user as messages name them."""
        document = self.user.document
        return f"{document.get('firstName')} {document.get('surname')} [{self.user.uid}] (User)"

    def _uids_by_code(self, type: str) -> dict[str, str]:
        if type not in self._codes:
            documents = self.server.store.all(type)
            self._codes[type] = {document["code"]: document["id"] for document in documents if document.get("code")}
        return self._codes[type]


def report_of(item: Item, errors: list[ErrorReport], *, index: int | None = None) -> ObjectReport:
    """The report of an object of the payload."""
    place = item.index if index is None else index
    return ObjectReport(item.schema.klass, place, item.new.get("id"), item.display_name, errors)


def _metadata_schemas(server: Server) -> list[Schema]:
    schemas = [schema for schema in server.schemas.all if schema.metadata]
    return sorted(schemas, key=lambda schema: schema["order"])
