"""`client.metadata.category_combos`: a category combination with all that it is made of, made or reused.

Source: `CategoryComboController` (a combo that is created or updated by itself gets its option combos; one in a bundle
does not), `MaintenanceController`; recording `objects/minimal-categories`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Literal

from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.filters import where
from dhis2w_client.metadata.bundle import Bundle
from dhis2w_client.metadata.metadata_api import MetadataApi, together
from dhis2w_client.metadata.uids import new_uid
from dhis2w_client.write_report import write_report

if TYPE_CHECKING:
    from dhis2w_client.pages import Row

SHORT_NAME_LENGTH = 50
"""Letters that fit into a short name."""


@dataclass(frozen=True, slots=True)
class OptionSpec:
    """A category option to make or reuse."""

    name: str
    """Its name."""
    code: str | None = None
    """Its code; where it has one, an option with this code is the same one."""
    short_name: str | None = None
    """Its short name. Default: the first 50 letters of the name."""


@dataclass(frozen=True, slots=True)
class CategorySpec:
    """A category to make or reuse."""

    name: str
    """Its name."""
    options: Sequence[OptionSpec | str]
    """Its options, in their order; a text is a name."""
    code: str | None = None
    """Its code; where it has one, a category with this code is the same one."""
    short_name: str | None = None
    """Its short name. Default: the first 50 letters of the name."""


@dataclass(frozen=True, slots=True)
class OptionCombo:
    """One choice of an option from each category."""

    id: str
    """Its UID."""
    name: str
    """Its name."""
    options: frozenset[str]
    """UIDs of its options."""


@dataclass(frozen=True, slots=True)
class BuiltCombo:
    """A category combination that is there now."""

    id: str
    """Its UID."""
    categories: tuple[str, ...]
    """UIDs of its categories, in their order."""
    options: Mapping[str, str]
    """UIDs of the options of all its categories, by name."""
    option_combos: tuple[OptionCombo, ...]
    """Its option combos; none after a dry run."""
    created: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """UIDs of what was made, or would be, by plural; what is not here was there before."""

    def option_combo(self, *options: str) -> OptionCombo:
        """The option combo of these options, by name.

        Raises:
            LookupError: There is no such option, or no option combo of exactly these.
        """
        wanted = frozenset(self.options[name] for name in options)
        return next(combo for combo in self.option_combos if combo.options == wanted)


class CategoryComboService:
    """Building category combinations: `client.metadata.category_combos`."""

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def build(
        self,
        name: str,
        categories: Sequence[CategorySpec],
        *,
        code: str | None = None,
        dimension: Literal["DISAGGREGATION", "ATTRIBUTE"] = "DISAGGREGATION",
        skip_total: bool = False,
        dry_run: bool = False,
    ) -> BuiltCombo:
        """Make a category combination with its categories and options, or reuse what is there by code or name.

        ```python
        sex = CategorySpec("Sex", ["Female", "Male"])
        age = CategorySpec("Age", ["Under 5", "5 and over"])
        combo = await client.metadata.category_combos.build("Age and sex", [age, sex])
        print(combo.option_combo("Under 5", "Female").id)
        ```

        Args:
            name: Its name.
            categories: Its categories, in their order.
            code: Its code.
            dimension: What it breaks down: values (`DISAGGREGATION`), or data sets and events (`ATTRIBUTE`).
            skip_total: Whether data entry shows no totals for it.
            dry_run: Write nothing; the answer says what would be made.

        Returns:
            The combination with its option combos. DHIS2 makes these when a combination is created; where some of one
            that was there are missing, it is told to make them.

        Raises:
            InvalidRequestError: A category that is there has other options, or the combination other categories.
            ConflictError: DHIS2 refused something; `rows` name it.
            ForbiddenError: An authority is missing, to make them or (`F_PERFORM_MAINTENANCE`) missing option combos.
        """
        plan = plan_combo(await self._known(), name, categories, code=code, dimension=dimension, skip_total=skip_total)
        combos: tuple[OptionCombo, ...] = ()
        if not dry_run:
            await self._write(plan)
            combos = await self._option_combos(plan)
        return BuiltCombo(plan.id, plan.categories, plan.options, combos, plan.created)

    async def _known(self) -> Known:
        """What is there already."""
        options, categories, combos = await together(
            [
                self._api.rows("categoryOptions", "id,code,name"),
                self._api.rows("categories", "id,code,name,categoryOptions[id,name]"),
                self._api.rows("categoryCombos", "id,code,name,categories[id,name]"),
            ]
        )
        return Known(options, categories, combos)

    async def _write(self, plan: ComboPlan) -> None:
        if plan.parts:
            write_report(await self._api.ask("POST", "metadata", body=plan.parts.to_bytes(), compress=True))
        if plan.combo is not None:
            write_report(await self._api.ask("POST", self._api.path("categoryCombos"), body=plan.combo))

    async def _option_combos(self, plan: ComboPlan) -> tuple[OptionCombo, ...]:
        found = await self._read_option_combos(plan.id)
        if len(found) < plan.size:
            path = f"maintenance/categoryOptionComboUpdate/categoryCombo/{plan.id}"
            write_report(await self._api.ask("POST", path))
            found = await self._read_option_combos(plan.id)
        return found

    async def _read_option_combos(self, id: str) -> tuple[OptionCombo, ...]:
        fields = "id,name,categoryOptions[id]"
        rows = await self._api.rows("categoryOptionCombos", fields, where("categoryCombo.id").eq(id))
        return tuple(
            OptionCombo(row["id"], str(row.get("name")), frozenset(option["id"] for option in row["categoryOptions"]))
            for row in sorted(rows, key=lambda row: str(row.get("name")))
        )


@dataclass(frozen=True)
class Known:
    """The category model that is there."""

    options: list[Row]
    categories: list[Row]
    combos: list[Row]


@dataclass
class ComboPlan:
    """What has to be written for a combination."""

    id: str
    categories: tuple[str, ...]
    options: dict[str, str]
    size: int
    """How many option combos it has."""
    parts: Bundle
    """Options and categories to create."""
    combo: Row | None
    """The combination to create; None where it is there."""

    @property
    def created(self) -> dict[str, tuple[str, ...]]:
        """UIDs of what is made, by plural."""
        parts = {plural: tuple(row["id"] for row in rows) for plural, rows in self.parts.objects.items() if rows}
        return {**parts, **({"categoryCombos": (self.id,)} if self.combo else {})}


def plan_combo(
    known: Known, name: str, categories: Sequence[CategorySpec], *, code: str | None, dimension: str, skip_total: bool
) -> ComboPlan:
    """What has to be written so that a combination is there.

    Raises:
        InvalidRequestError: Something of the same name or code is there, and is another one.
    """
    options: dict[str, str] = {}
    parts = Bundle({"categoryOptions": [], "categories": []})
    ids = [_category(known, category, dimension, options, parts) for category in categories]
    combo = _same(known.combos, name, code)
    if combo is not None and _ids(combo, "categories") != set(ids):
        raise _other(combo, "category combo", "categories")
    fresh: Row = {
        "id": new_uid(),
        "name": name,
        **({"code": code} if code else {}),
        "dataDimensionType": dimension,
        "skipTotal": skip_total,
        "categories": [{"id": uid} for uid in ids],
    }
    return ComboPlan(
        id=str((combo or fresh)["id"]),
        categories=tuple(ids),
        options=options,
        size=prod(len(category.options) for category in categories),
        parts=parts,
        combo=None if combo else fresh,
    )


def _category(known: Known, category: CategorySpec, dimension: str, options: dict[str, str], parts: Bundle) -> str:
    """The UID of a category; it and its options are added to `parts` where they are not there."""
    specs = [option if isinstance(option, OptionSpec) else OptionSpec(option) for option in category.options]
    wanted = [_option(known, spec, options, parts) for spec in specs]
    found = _same(known.categories, category.name, category.code)
    if found is not None:
        if _ids(found, "categoryOptions") != set(wanted):
            raise _other(found, "category", "categoryOptions")
        return str(found["id"])
    row = _object(category.name, category.code, category.short_name)
    members = [{"id": uid} for uid in wanted]
    row |= {"dataDimensionType": dimension, "dataDimension": True, "categoryOptions": members}
    parts.objects["categories"].append(row)
    return str(row["id"])


def _option(known: Known, spec: OptionSpec, options: dict[str, str], parts: Bundle) -> str:
    """The UID of an option; it is added to `parts` where it is not there."""
    if spec.name not in options:
        found = _same(known.options, spec.name, spec.code)
        if found is None:
            found = _object(spec.name, spec.code, spec.short_name)
            parts.objects["categoryOptions"].append(found)
        options[spec.name] = str(found["id"])
    return options[spec.name]


def _same(rows: Sequence[Row], name: str, code: str | None) -> Row | None:
    """The object with this code, or else with this name."""
    by_code = next((row for row in rows if code and row.get("code") == code), None)
    return by_code or next((row for row in rows if row.get("name") == name), None)


def _object(name: str, code: str | None, short_name: str | None) -> Row:
    short = short_name or name[:SHORT_NAME_LENGTH].rstrip()
    return {"id": new_uid(), "name": name, "shortName": short, **({"code": code} if code else {})}


def _ids(row: Row, key: str) -> set[str]:
    return {str(member["id"]) for member in row.get(key) or ()}


def _other(row: Row, what: str, key: str) -> InvalidRequestError:
    names = ", ".join(str(member.get("name")) for member in row.get(key) or ())
    return InvalidRequestError(
        f"The {what} {row.get('name')!r} [{row['id']}] is there with other {key}: {names}.",
        next_step="Choose another name, or change it first: data may depend on it.",
    )
