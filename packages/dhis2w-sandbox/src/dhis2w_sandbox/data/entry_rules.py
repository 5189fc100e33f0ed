"""What the metadata says about entering data: which sets, units, combos and options go together, and until when.

Every question is answered from the stored documents; what is asked again and again is remembered for the time of one
request. Sources: `DataSet`, `DataElement`, `CategoryOptionCombo` of dhis2-api and `HibernateDataEntryStore` of 43.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from dhis2w_sandbox.data.periods import TYPES, Period, containing, parse
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.metadata import access
from dhis2w_sandbox.metadata.units import descendants, lineage
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.user import User

Json = dict[str, Any]

NO_EXPIRY = 0.0


class EntryRules:
    """The rules for one user during one request."""

    def __init__(self, server: Server, user: User) -> None:
        self.server = server
        self.user = user
        self.store = server.store
        self.period = cache(self._period)
        self.default_combo = self._default_combo()
        self.in_hierarchy = cache(self._in_hierarchy)
        self.data_sets_of = cache(self._data_sets_of)
        self.combos_of = cache(self._combos_of)
        self.options_of = cache(self._options_of)
        self.attribute_span = cache(self._attribute_span)
        self.attribute_units = cache(self._attribute_units)
        self.path = cache(self._path)
        self.can_write_combo = cache(self._can_write_combo)
        self.last_open = cache(self._last_open)

    @property
    def now(self) -> datetime:
        """The time, without a zone, as everything is compared."""
        return self.server.clock().replace(tzinfo=None)

    def document(self, type: str, uid: str | None) -> Json | None:
        """The object, or None."""
        return self.store.get(type, uid) if uid else None

    def can_data_write(self, type: str, document: Json) -> bool:
        """Whether the user may enter data for the object."""
        return access.can_data_write(self.user, self.server.schemas.by_singular[type], document)

    def can_data_read(self, type: str, document: Json) -> bool:
        """Whether the user may read data of the object."""
        return access.can_data_read(self.user, self.server.schemas.by_singular[type], document)

    def can_read(self, type: str, document: Json) -> bool:
        """Whether the user may see the object."""
        return access.can_read(self.user, self.server.schemas.by_singular[type], document)

    def elements_of(self, data_set: Json) -> list[str]:
        """The data elements of a set, in its order."""
        return [row["dataElement"]["id"] for row in data_set.get("dataSetElements") or ()]

    def units_of(self, data_set: Json) -> set[str]:
        """The units that a set is assigned to."""
        return {row["id"] for row in data_set.get("organisationUnits") or ()}

    def combo_category(self, data_set: Json, element: str) -> str | None:
        """The category combo by which a set disaggregates an element: its own, or the element's."""
        row = next((row for row in data_set.get("dataSetElements") or () if row["dataElement"]["id"] == element), None)
        own = linked(row, "categoryCombo") if row else None
        return own or linked(self.store.get("dataElement", element) or {}, "categoryCombo")

    def category_combos(self, element: Json) -> set[str]:
        """The category combos that an element may be disaggregated by: its own, and those of its sets."""
        found = {linked(element, "categoryCombo")}
        for data_set in self.data_sets_of(element["id"]):
            found |= {
                linked(row, "categoryCombo")
                for row in data_set["dataSetElements"]
                if row["dataElement"]["id"] == element["id"]
            }
        return {combo for combo in found if combo}

    def is_below(self, unit: str, tops: set[str]) -> bool:
        """Whether a unit is one of some units, or below one."""
        return not tops.isdisjoint(self.path(unit))

    def view_units(self) -> set[str]:
        """The units whose data the user may look at: those for viewing data, otherwise those for entering it."""
        viewed = self.user.document.get("dataViewOrganisationUnits") or self.user.document.get("organisationUnits")
        return {row["id"] for row in viewed or ()}

    def may_view(self, unit: str) -> bool:
        """Whether a unit is within what the user may look at."""
        return self.is_below(unit, self.view_units())

    def below(self, unit: str) -> set[str]:
        """A unit and everything below it."""
        return set(descendants(self.store, unit))

    def expired(self, data_set: Json, period: Period) -> bool:
        """Whether a set is closed for a period because too many days have passed since it ended."""
        days = float(data_set.get("expiryDays") or 0)
        if days == NO_EXPIRY or self.user.has_any(["F_EDIT_EXPIRED"]):
            return False
        return self.now > datetime.combine(period.end, datetime.min.time()) + timedelta(days=days + 1)

    def has_exception(self, data_set: Json, period: Period, unit: str) -> bool:
        """Whether somebody let a unit enter data for an expired period."""
        wanted = (data_set["id"], period.iso, unit)
        return any(
            (linked(row, "dataSet"), linked(row, "period"), linked(row, "organisationUnit")) == wanted
            for row in self.store.all("lockException")
        )

    def has_exceptions(self, data_set: Json) -> bool:
        """Whether a set has lock exceptions at all."""
        return any(linked(row, "dataSet") == data_set["id"] for row in self.store.all("lockException"))

    def input_period_open(self, data_set: Json, period: Period) -> bool:
        """Whether a set takes data of a period today; a set without input periods always does."""
        windows: list[Json] = data_set.get("dataInputPeriods") or []
        return not windows or any(linked(row, "period") == period.iso and self._within(row) for row in windows)

    def _within(self, window: Json) -> bool:
        opens, closes = window.get("openingDate"), window.get("closingDate")
        return (not opens or datetime.fromisoformat(opens) <= self.now) and (
            not closes or self.now <= datetime.fromisoformat(closes)
        )

    def windows(self, data_set: Json, period: Period) -> list[bool] | None:
        """Whether each input period of a set that is this period is open now; None where none is this period."""
        rows = [row for row in data_set.get("dataInputPeriods") or () if linked(row, "period") == period.iso]
        return [self._within(row) for row in rows] or None

    def _last_open(self, type: str, future_periods: int) -> Period:
        """The latest period that may be entered: the running one counts as future."""
        return containing(TYPES[type], self.now.date()).shifted(future_periods - 1)

    def open_span(self, unit: Json) -> tuple[date | None, date | None]:
        """From when to when a unit is open."""
        return _day(unit.get("openingDate")), _day(unit.get("closedDate"))

    def _period(self, text: str | None) -> Period | None:
        return parse(text, self.server.behaviour.period_types) if text else None

    def _default_combo(self) -> str:
        return next(row["id"] for row in self.store.all("categoryOptionCombo") if row.get("name") == "default")

    def _path(self, unit: str) -> frozenset[str]:
        document = self.store.get("organisationUnit", unit)
        return frozenset(lineage(self.store, document)) if document else frozenset()

    def _in_hierarchy(self, unit: str) -> bool:
        own: list[Json] = self.user.document.get("organisationUnits") or []
        return self.is_below(unit, {row["id"] for row in own})

    def _data_sets_of(self, element: str) -> list[Json]:
        rows = self.store.referrers("dataElement", element)
        uids = dict.fromkeys(
            row.uid for row in rows if (row.type, row.path) == ("dataSet", "dataSetElements.dataElement")
        )
        return [data_set for uid in uids if (data_set := self.store.get("dataSet", uid))]

    def _combos_of(self, category_combo: str) -> tuple[str, ...]:
        """The option combos of a category combo, oldest first."""
        rows = self.store.referrers("categoryCombo", category_combo)
        return tuple(row.uid for row in rows if row.type == "categoryOptionCombo")

    def _options_of(self, option_set: str) -> frozenset[str]:
        options = (
            self.store.get("option", row["id"])
            for row in (self.store.get("optionSet", option_set) or {}).get("options") or ()
        )
        return frozenset(option["code"] for option in options if option and "code" in option)

    def category_options(self, combo: str) -> list[Json]:
        """The category options of a combo."""
        rows: list[Json] = (self.store.get("categoryOptionCombo", combo) or {}).get("categoryOptions") or []
        return [option for row in rows if (option := self.store.get("categoryOption", row["id"]))]

    def _can_write_combo(self, combo: str) -> bool:
        document = self.store.get("categoryOptionCombo", combo)
        return document is not None and self.can_data_write("categoryOptionCombo", document)

    def _attribute_span(self, combo: str) -> tuple[date | None, date | None]:
        """The days that all options of a combo have in common."""
        options = self.category_options(combo)
        starts = [day for option in options if (day := _day(option.get("startDate")))]
        ends = [day for option in options if (day := _day(option.get("endDate")))]
        return max(starts, default=None), min(ends, default=None)

    def _attribute_units(self, combo: str) -> list[set[str]]:
        """For each option of a combo that has units, these."""
        found = (
            {row["id"] for row in option.get("organisationUnits") or ()} for option in self.category_options(combo)
        )
        return [units for units in found if units]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None
