"""What the client knows of a collection without asking: where it is, what its objects are, which versions have it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """One row of `collection_table.py`. Versions are text such as `41-44` or `41,43`; empty where no version has it."""

    plural: str
    """DHIS2's plural of the type, the name of the collection: `dataElements`."""
    attribute: str
    """The same as an attribute of the client: `data_elements`."""
    endpoint: str
    """The path below `/api/`."""
    key: str
    """The key of the list in an answer, and of the type in a metadata bundle."""
    model: str
    """The name of the class."""
    versions: str
    """Versions that have the collection."""
    metadata: str = ""
    """Versions in which it is part of `/api/metadata`."""
    shareable: str = ""
    """Versions in which its objects have sharing settings."""
    data_shareable: str = ""
    """Versions in which those settings also say who may see and enter data."""
    translatable: str = ""
    """Versions in which its objects can be translated."""
    identifiable: str = ""
    """Versions in which its objects have `id`, `code` and `name`."""
    nameable: str = ""
    """Versions in which they also have `shortName` and `description`."""
