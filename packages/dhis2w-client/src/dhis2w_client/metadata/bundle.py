"""`Bundle`: objects of many types, as `/api/metadata` takes and gives them, and as metadata packages are published."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from dhis2w_client.metadata.errors import NotABundleError
from dhis2w_client.whole_file import written_whole
from dhis2w_client.written_object import json_of

if TYPE_CHECKING:
    import os

    from dhis2w_client.pages import Row
    from dhis2w_client.written_object import AnObject


GZIP_MAGIC = b"\x1f\x8b"


class Entry(NamedTuple):
    """One object of a bundle."""

    plural: str
    """DHIS2's plural of its type: `dataElements`."""
    position: int
    """Where it is within its type, from 0: the `index` of import reports."""
    object: Row
    """The object."""


class Bundle:
    """Objects by the plural of their type; it keeps the order it was given, and the objects as they are.

    ```python
    bundle = Bundle.load("metadata.json.gz")
    for plural, _, object in bundle:
        print(plural, object["id"])
    ```

    Args:
        objects: Lists of objects by plural; models or JSON objects. What is no list of objects (`system`, `package`)
            is kept in `head`.

    Source: "Metadata import" and "Metadata export" in DHIS2's developer guide.
    """

    def __init__(self, objects: Mapping[str, Any] | None = None) -> None:
        self.head: Row = {}
        """What came beside the objects, such as `system` (the server an export is from) and `package`."""
        self.objects: dict[str, list[Row]] = {}
        """The objects by plural. Change them freely before `by_id` is first used."""
        for key, value in (objects or {}).items():
            if _is_objects(value):
                self.objects[key] = [json_of(object) for object in cast("Iterable[AnObject]", value)]
            else:
                self.head[key] = value

    @classmethod
    def load(cls, source: str | os.PathLike[str] | bytes) -> Bundle:
        """Read a bundle from a file or from bytes, gzipped or not.

        Args:
            source: The path of a file, or its content.

        Raises:
            NotABundleError: The content is no JSON object.
            OSError: The file cannot be read.
        """
        return cls(_parsed(source if isinstance(source, bytes) else Path(source).read_bytes()))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the bundle to a file, as a whole or not at all; gzipped where the name ends with `.gz`.

        Args:
            path: Where; a file that is there is replaced.

        Raises:
            OSError: The file cannot be written.
        """
        with written_whole(path) as file:
            file.write(self.to_bytes(compress=Path(path).suffix == ".gz", indent=1))

    def to_dict(self) -> Row:
        """The JSON object that it is."""
        return {**self.head, **self.objects}

    def to_bytes(self, *, compress: bool = False, indent: int | None = None) -> bytes:
        """Its JSON, gzipped where asked for; the same bytes for the same content."""
        separators = (",", ":") if indent is None else (",", ": ")
        text = json.dumps(self.to_dict(), ensure_ascii=False, indent=indent, separators=separators)
        return gzip.compress(text.encode(), mtime=0) if compress else text.encode()

    def __iter__(self) -> Iterator[Entry]:
        for plural, rows in self.objects.items():
            for index, row in enumerate(rows):
                yield Entry(plural, index, row)

    def __len__(self) -> int:
        return sum(map(len, self.objects.values()))

    def __bool__(self) -> bool:
        return len(self) > 0

    def __repr__(self) -> str:
        counts = ", ".join(f"{plural}: {len(rows)}" for plural, rows in self.objects.items() if rows)
        return f"Bundle({counts})"

    def counts(self) -> dict[str, int]:
        """How many objects of each type there are; types without any are left out."""
        return {plural: len(rows) for plural, rows in self.objects.items() if rows}

    @cached_property
    def by_id(self) -> Mapping[tuple[str, str], Row]:
        """The objects by plural and UID; of two with the same the first."""
        found: dict[tuple[str, str], Row] = {}
        for plural, _, row in self:
            if isinstance(row.get("id"), str):
                found.setdefault((plural, row["id"]), row)
        return found

    def find(self, id: str) -> Entry | None:
        """The object with this UID, whatever its type; None where there is none."""
        return next((entry for entry in self if entry.object.get("id") == id), None)

    def sorted(self) -> Bundle:
        """The same objects, types by name and objects by UID: what two exports of the same objects have in common."""
        ordered = {
            plural: sorted(rows, key=lambda row: str(row.get("id", "")))
            for plural, rows in sorted(self.objects.items())
        }
        return Bundle({**self.head, **ordered})

    def only(self, *plurals: str) -> Bundle:
        """The objects of these types alone."""
        return Bundle({plural: self.objects[plural] for plural in plurals if plural in self.objects})


def _is_objects(value: object) -> bool:
    """Whether a value is a list of models and JSON objects; an empty list is one."""
    if not isinstance(value, (list, tuple)):
        return False
    return all(isinstance(item, Mapping) or hasattr(item, "to_dict") for item in cast("Sequence[object]", value))


def _parsed(content: bytes) -> Row:
    try:
        value: object = json.loads(gzip.decompress(content) if content.startswith(GZIP_MAGIC) else content)
    except (ValueError, OSError, EOFError) as error:
        raise NotABundleError(f"The content is no JSON: {error}.") from None
    if not isinstance(value, dict):
        raise NotABundleError("The content is no JSON object; a bundle has lists of objects by type.")
    return cast("Row", value)
