"""Every collection as an attribute of the client. What a type checker sees of it is generated, in the stub beside."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dhis2w_client.collection import Collection


class TypedCollections:
    """`client.data_elements` and its siblings; each is looked up, and its model loaded, when it is used."""

    @abstractmethod
    def collection(self, name: str) -> Collection[Any]:
        """The collection of a name."""

    def __getattr__(self, name: str) -> Collection[Any]:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self.collection(name)

    def __dir__(self) -> list[str]:
        from dhis2w_client.models.collection_table import COLLECTIONS

        return sorted({*super().__dir__(), *(row.attribute for row in COLLECTIONS)})
