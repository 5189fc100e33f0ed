"""What a list is asked for: the parameters that every read of a collection shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.filters import Filters, filter_texts

if TYPE_CHECKING:
    from dhis2w_client.call import ParamValue
    from dhis2w_client.versions import Dialect

Fields: TypeAlias = "str | Sequence[str] | None"
"""Which properties to read, in DHIS2's own language, as one text or in parts: `id,name,categoryCombo[id,name]`."""
Order: TypeAlias = "str | Sequence[str] | None"
"""What to sort by: `name:asc`; also `desc`, and without regard to case `iasc`, `idesc`."""
Junction: TypeAlias = Literal["AND", "OR"]


class Selection(TypedDict, total=False):
    """Which objects of a collection, as keyword arguments."""

    filters: Filters
    """Conditions, as DHIS2 writes them (`name:like:malaria`) or made by `dhis2w_client.filters.where`."""
    root_junction: Junction | None
    """Whether all of them must hold (`AND`, the default) or one (`OR`)."""
    query: str | None
    """Text to find in names, or an id or code."""
    params: Mapping[str, ParamValue] | None
    """Parameters that only this collection has, such as `{"userOnly": True}`."""


class ListOptions(Selection, total=False):
    """Which objects, what of them and in which order, as keyword arguments."""

    fields: Fields
    """Which properties. Default: `id,displayName`."""
    order: Order
    """What to sort by: `name:asc`, or several."""
    translate: bool | None
    """Whether `display…` properties are in the user's language; DHIS2 does so by default."""
    locale: str | None
    """Another language for them, such as `fr`."""


PAGE_SIZE = 1000
"""Objects that are asked for at once where all are read page by page."""
WHOLE_PRESETS = frozenset({"*", ":all", ":owner", ":persisted", ":simple", ":identifiable", ":nameable"})
"""Presets of fields that have `id` in them."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list is asked for, checked and as text."""

    fields: str | None = None
    filters: tuple[str, ...] = ()
    root_junction: Junction | None = None
    order: tuple[str, ...] = ()
    query: str | None = None
    translate: bool | None = None
    locale: str | None = None
    more: tuple[tuple[str, ParamValue], ...] = ()
    """Parameters that only some collections have."""

    def params(self) -> list[tuple[str, ParamValue]]:
        """The query parameters; `None` leaves one out."""
        return [
            ("fields", self.fields),
            *(("filter", text) for text in self.filters),
            ("rootJunction", self.root_junction),
            *(("order", text) for text in self.order),
            ("query", self.query),
            ("translate", self.translate),
            ("locale", self.locale),
            *self.more,
        ]


def list_query(
    dialect: Dialect,
    *,
    fields: Fields = None,
    filters: Filters = None,
    root_junction: Junction | None = None,
    order: Order = None,
    query: str | None = None,
    translate: bool | None = None,
    locale: str | None = None,
    params: Mapping[str, ParamValue] | None = None,
) -> ListQuery:
    """Bring what a caller asks for into its form on the wire.

    Takes the keyword arguments of `ListOptions`.

    Raises:
        InvalidRequestError: something that this version would misread or forget.
    """
    if root_junction not in (None, "AND", "OR"):
        raise InvalidRequestError(f"root_junction is AND or OR, not {root_junction!r}.")
    if query and (filters or order) and dialect.hears_query_alone:
        raise InvalidRequestError(
            f"DHIS2 2.{dialect.version.number} forgets filters and order where a query is given.",
            next_step="Leave out the query, and filter by name:ilike instead.",
        )
    text = fields_text(fields)
    return ListQuery(
        fields=text,
        filters=filter_texts(filters, dialect),
        root_junction=root_junction,
        order=_order_texts(order),
        query=query,
        translate=told_to_translate(dialect, translate, locale),
        locale=locale,
        more=tuple((_own_shape(dialect, text) | dict(params or {})).items()),
    )


def _own_shape(dialect: Dialect, fields: str | None) -> dict[str, ParamValue]:
    """What keeps parts of objects in their own shape: gists make one object of lists from a list of objects.

    Source: `GistPlanner.withCollectionItemPropertyAsTransformation`, master.
    """
    return {"gist": False} if dialect.answers_lists_by_gist and fields and "[" in fields else {}


def told_to_translate(dialect: Dialect, translate: bool | None, locale: str | None) -> bool | None:
    """Whether to send `translate`: a `locale` without it is not heard by every version."""
    return True if locale and translate is None and dialect.translates_only_when_told else translate


def fields_text(fields: Fields) -> str | None:
    """The fields as one text."""
    return fields if fields is None or isinstance(fields, str) else ",".join(fields)


def _order_texts(order: Order) -> tuple[str, ...]:
    return () if order is None else (order,) if isinstance(order, str) else tuple(order)


def top_fields(fields: str) -> list[str]:
    """The names in `fields` that are not inside of brackets, with their transformers."""
    names: list[str] = [""]
    depth = 0
    for letter in fields:
        depth += (letter in "[(") - (letter in "])")
        if letter == "," and depth == 0:
            names.append("")
        else:
            names[-1] += letter
    return [name.strip() for name in names]


def with_id(fields: str | None) -> str | None:
    """The fields with `id` among them; None where that cannot be had, because the caller renames or excludes it."""
    if fields is None:
        return "id,displayName"
    names = top_fields(fields)
    if any(name.lstrip("!-") == "id" and name != "id" for name in names):
        return None
    if any(name.startswith(("id:", "id~", "id|")) for name in names):
        return None
    return fields if "id" in names or WHOLE_PRESETS & set(names) else f"{fields},id"
