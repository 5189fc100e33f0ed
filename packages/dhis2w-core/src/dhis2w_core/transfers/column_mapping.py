"""What the columns of a file are, in a small TOML: for a file that comes again and again.

```toml
data_set = "BfMAe6Itzgt"

[columns]            # DHIS2's key, and the column of the file
dataElement = "indicator"
orgUnit = "facility"

[constants]          # what each row has that does not say it itself
period = "202401"

[id_schemes]         # UID, CODE, NAME, or ATTRIBUTE: and a UID
all = "CODE"
org_unit = "NAME"
```
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, cast

from dhis2w_client.data_values.push_options import IdSchemes
from dhis2w_client.data_values.value_reader import CSV_NAMES
from dhis2w_core.errors import OperationError

KEYS = frozenset(CSV_NAMES.values())
"""DHIS2's keys of a value."""
SCHEMES = tuple(each.name for each in fields(IdSchemes))


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What the columns of a file are."""

    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    """Columns of the file by DHIS2's key."""
    constants: Mapping[str, str] = field(default_factory=dict[str, str])
    """What each row has that does not say it itself, by DHIS2's key."""
    schemes: IdSchemes = field(default_factory=IdSchemes)
    data_set: str | None = None

    def with_more(
        self,
        columns: Mapping[str, str],
        constants: Mapping[str, str],
        schemes: Mapping[str, str | None],
        data_set: str | None,
    ) -> ColumnMapping:
        """The mapping with what a command says beside, which goes before."""
        given = {name: scheme for name, scheme in schemes.items() if scheme}
        return ColumnMapping(
            columns={**self.columns, **columns},
            constants={**self.constants, **constants},
            schemes=replace(self.schemes, **given),
            data_set=data_set or self.data_set,
        )


def read_mapping(file: Path) -> ColumnMapping:
    """Read a mapping.

    Raises:
        OperationError: The file cannot be read, is no TOML, or says what no mapping says.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise OperationError(f"{file} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise OperationError(f"{file} is no TOML: {error}.") from None
    _only(file, "", content, ("data_set", "columns", "constants", "id_schemes"))
    return ColumnMapping(
        columns=_texts(file, content, "columns", KEYS),
        constants=_texts(file, content, "constants", KEYS),
        schemes=IdSchemes(**_texts(file, content, "id_schemes", SCHEMES)),
        data_set=_text(file, "data_set", content["data_set"]) if "data_set" in content else None,
    )


def pairs_of(option: str, texts: Sequence[str]) -> dict[str, str]:
    """`KEY=TEXT` as a mapping, with DHIS2's keys.

    Args:
        option: What the texts were given with, for messages.
        texts: The texts.

    Raises:
        OperationError: One has no `=`, or a key that no value has.
    """
    parts = [text.partition("=") for text in texts]
    for key, _, text in parts:
        if key not in KEYS or not text:
            raise OperationError(
                f"{option} {key}={text} does not say what a key of DHIS2 is.",
                next_step=f"Write {option} orgUnit=facility; the keys are {', '.join(sorted(KEYS))}.",
            )
    return {key: text for key, _, text in parts}


def _texts(
    file: Path, content: Mapping[str, Any], table: str, known: tuple[str, ...] | frozenset[str]
) -> dict[str, str]:
    found = content.get(table, {})
    if not isinstance(found, dict):
        raise OperationError(f"{file}: {table} is no table.", next_step=f"Write [{table}] above its lines.")
    texts = cast("dict[str, object]", found)
    _only(file, f"{table}.", texts, known)
    return {key: _text(file, f"{table}.{key}", text) for key, text in texts.items()}


def _only(file: Path, prefix: str, found: Mapping[str, object], known: tuple[str, ...] | frozenset[str]) -> None:
    unknown = next((key for key in found if key not in known), None)
    if unknown is not None:
        raise OperationError(
            f"{file}: {prefix}{unknown} means nothing here.", next_step=f"There are {', '.join(sorted(known))}."
        )


def _text(file: Path, name: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise OperationError(f"{file}: {name} is no text.", next_step=f'Write it in quotes: {name} = "…".')
    return value
