"""Limits within which values are expected, by data element, unit and combo: `client.data_values.min_max`.

Source: `MinMaxDataElementController`, `MinMaxValueGenerationController`, `DefaultMinMaxDataElementService` of
dhis2-core; recordings `data/entry-extras`.
"""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from operator import index
from typing import TYPE_CHECKING, Any, TypeVar

from dhis2w_client.errors import DataLossWarning, InvalidRequestError, NotFoundError
from dhis2w_client.filters import where
from dhis2w_client.json_value import as_array, as_count, as_object, as_text
from dhis2w_client.reports import ImportCounts
from dhis2w_client.write_report import write_report

if TYPE_CHECKING:
    from dhis2w_client.metadata.metadata_api import MetadataApi

PATH = "minMaxDataElements"
FIELDS = "dataElement[id],source[id],optionCombo[id],min,max,generated"
UNITS_AT_ONCE = 200
"""Units that fit into one URL."""
ROWS_AT_ONCE = 10_000
"""Limits in one request: about 1.2 MB of JSON."""
GONE = "E2047"
"""What a single delete answers, where there are no such limits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one place."""

    data_element: str
    """UID of the data element."""
    org_unit: str
    """UID of the unit."""
    minimum: int
    maximum: int
    """Above the minimum."""
    category_option_combo: str | None = None
    """UID of the combo. Default: the default combo."""
    generated: bool = False
    """Whether they were worked out from values rather than set by somebody."""


@dataclass(frozen=True, slots=True)
class LimitsKey:
    """The place of limits."""

    data_element: str
    """UID of the data element."""
    org_unit: str
    """UID of the unit."""
    category_option_combo: str | None = None
    """UID of the combo. Default: the default combo."""


T = TypeVar("T")
Place = TypeVar("Place", Limits, LimitsKey)


class MinMaxService:
    """Limits of values; `rows`, `get`, `set`, `delete`, `push`, `delete_many`, `generate`, `remove`."""

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def rows(self, *, data_elements: Sequence[str] = (), org_units: Sequence[str] = ()) -> AsyncGenerator[Limits]:
        """Read limits, in no promised order.

        Args:
            data_elements: Only those of data elements: UIDs.
            org_units: Only those of units: UIDs; without those below.
        """
        # one answer for each lot of units: DHIS2 does not sort them, and pages of what is not sorted overlap
        for units in _lots(org_units, UNITS_AT_ONCE) if self._filters and org_units else [list(org_units)]:
            params = {"fields": FIELDS, "paging": False, "filter": self._filter(data_elements, units)}
            for row in as_array((await self._api.read(PATH, params)).get(PATH)):
                limits = limits_of(as_object(row))
                is_element = not data_elements or limits.data_element in data_elements
                if is_element and (not units or limits.org_unit in units):
                    yield limits

    @property
    def _filters(self) -> bool:
        return self._api.dialect.filters_min_max

    def _filter(self, data_elements: Sequence[str], units: Sequence[str]) -> list[str]:
        named = {"dataElement.id": data_elements, "source.id": units}
        return [str(where(name).is_in(uids)) for name, uids in named.items() if uids and self._filters]

    async def get(self, data_element: str, org_unit: str, category_option_combo: str | None = None) -> Limits | None:
        """Read the limits of one place; None where there are none.

        Args:
            data_element: UID of the data element.
            org_unit: UID of the unit.
            category_option_combo: UID of the combo. Default: the default combo.
        """
        combo = category_option_combo or await self._default_combo()
        found = self.rows(data_elements=[data_element], org_units=[org_unit])
        return next((row for row in [each async for each in found] if row.category_option_combo == combo), None)

    async def set(self, limits: Limits) -> None:
        """Set the limits of one place; it may be repeated.

        Args:
            limits: The limits.

        Raises:
            InvalidRequestError: The minimum is not below the maximum, or one is no whole number.
            BadRequestError: DHIS2 does not know the element, the unit or the combo (E2047).
        """
        (checked,) = await self._with_combos([_checked(limits)])
        body = {
            "dataElement": {"id": checked.data_element},
            "source": {"id": checked.org_unit},
            "optionCombo": {"id": checked.category_option_combo},
            "min": checked.minimum,
            "max": checked.maximum,
            "generated": checked.generated,
        }
        write_report(await self._api.ask("POST", PATH, body=body))

    async def delete(self, key: LimitsKey) -> None:
        """Remove the limits of one place; it is well where there are none.

        Args:
            key: The place.
        """
        (checked,) = await self._with_combos([key])
        body = {
            "dataElement": {"id": checked.data_element},
            "source": {"id": checked.org_unit},
            "optionCombo": {"id": checked.category_option_combo},
        }
        try:
            write_report(await self._api.ask("DELETE", PATH, body=body))
        except NotFoundError as error:
            if error.code != GONE:
                raise

    async def push(self, limits: Iterable[Limits], *, data_set: str | None = None) -> ImportCounts:
        """Set many limits, 10,000 in a request, which DHIS2 does all or none of; it may be repeated.

        Args:
            limits: The limits.
            data_set: UID of a data set that all elements must be of.

        Returns:
            How many were set (`updated`), and how many DHIS2 passed over (`ignored`).

        Warns:
            DataLossWarning: DHIS2 passed limits over, since it does not know their element, unit or combo.

        Raises:
            InvalidRequestError: A minimum is not below its maximum; what came before its request was set.
            BadRequestError: An element is not of the data set (E2021).
        """
        counts = ImportCounts()
        for lot in _lots(map(_checked, limits), ROWS_AT_ONCE):
            rows = [
                _flat(each) | {"minValue": each.minimum, "maxValue": each.maximum, "generated": each.generated}
                for each in await self._with_combos(lot)
            ]
            done, ignored = await self._send("upsert", data_set, rows)
            counts = replace(counts, updated=counts.updated + done, ignored=counts.ignored + ignored)
        if counts.ignored:
            warnings.warn(
                f"DHIS2 passed over {counts.ignored} limits: it does not know their data element, unit or combo.",
                DataLossWarning,
                stacklevel=2,
            )
        return counts

    async def delete_many(self, keys: Iterable[LimitsKey], *, data_set: str | None = None) -> ImportCounts:
        """Remove many limits, 10,000 in a request; it may be repeated.

        Args:
            keys: The places.
            data_set: UID of their data set; DHIS2 does not check it.

        Returns:
            How many were removed (`deleted`), and of how many there were none (`ignored`).
        """
        counts = ImportCounts()
        for lot in _lots(keys, ROWS_AT_ONCE):
            done, ignored = await self._send("delete", data_set, [_flat(each) for each in await self._with_combos(lot)])
            counts = replace(counts, deleted=counts.deleted + done, ignored=counts.ignored + ignored)
        return counts

    async def generate(self, data_sets: Sequence[str], org_unit: str) -> None:
        """Have limits of one unit worked out from its values.

        They are so many standard deviations around the mean as the setting `factorDeviation` says, by default 2. All
        limits of these elements go first, those of all units below too; values that are all the same give none.

        Args:
            data_sets: UIDs of the data sets whose elements are meant.
            org_unit: UID of the unit.

        Raises:
            InvalidRequestError: No data set.
            ConflictError: There is no such unit.
        """
        body = {"dataSets": _named(data_sets), "organisationUnit": org_unit}
        write_report(await self._api.ask("POST", "minMaxValues", body=body))

    async def remove(self, data_sets: Sequence[str], org_unit: str) -> None:
        """Remove all limits of the elements of data sets in a unit and in all units below.

        Args:
            data_sets: UIDs of the data sets.
            org_unit: UID of the unit.

        Raises:
            InvalidRequestError: No data set.
            ConflictError: There is no such unit.
        """
        params = {"ds": _named(data_sets)}
        write_report(await self._api.ask("DELETE", f"minMaxValues/{org_unit}", params=params))

    async def _send(self, action: str, data_set: str | None, rows: list[dict[str, Any]]) -> tuple[int, int]:
        body = {"values": rows} | ({"dataSet": data_set} if data_set else {})
        answer = self._api.checked(await self._api.ask("POST", f"{PATH}/{action}", body=body, compress=True))
        return as_count(answer.get("successful")), as_count(answer.get("ignored"))

    async def _with_combos(self, rows: list[Place]) -> list[Place]:
        if all(row.category_option_combo for row in rows):
            return rows
        combo = await self._default_combo()
        return [row if row.category_option_combo else replace(row, category_option_combo=combo) for row in rows]

    async def _default_combo(self) -> str:
        rows = await self._api.rows("categoryOptionCombos", "id", where("name").eq("default"))
        return str(rows[0]["id"])


def _checked(limits: Limits) -> Limits:
    place = f"{limits.data_element} in {limits.org_unit}"
    try:
        minimum, maximum = index(limits.minimum), index(limits.maximum)  # whole numbers of numpy, too
    except TypeError as error:
        raise InvalidRequestError(f"Limits of {place} are no whole numbers.") from error
    if minimum >= maximum:
        raise InvalidRequestError(f"Limits of {place}: {minimum} is not below {maximum}.")
    return replace(limits, minimum=minimum, maximum=maximum)


def _flat(place: Limits | LimitsKey) -> dict[str, Any]:
    return {
        "dataElement": place.data_element,
        "orgUnit": place.org_unit,
        "optionCombo": place.category_option_combo,
    }


def limits_of(row: dict[str, object]) -> Limits:
    """Limits, from what DHIS2 says of them."""
    element, unit, combo = (
        as_text(as_object(row.get(key)).get("id")) or "" for key in ("dataElement", "source", "optionCombo")
    )
    generated = row.get("generated") is True
    return Limits(element, unit, as_count(row.get("min")), as_count(row.get("max")), combo, generated)


def _named(data_sets: Sequence[str]) -> list[str]:
    if not data_sets:
        raise InvalidRequestError("Say which data sets.")
    return list(data_sets)


def _lots(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(rows)
    while lot := list(islice(iterator, size)):
        yield lot
