"""`client.metadata.org_units`: the tree of organisation units, and where they are on the map.

Source: "Organisation units" in DHIS2's developer guide, `OrganisationUnitController`, `GeoJsonImportController`;
recording `services/org-unit-geo`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from dhis2w_client.errors import InvalidRequestError, ObjectNotFoundError
from dhis2w_client.filters import where
from dhis2w_client.json_value import as_object, as_text
from dhis2w_client.metadata.bundle import Bundle
from dhis2w_client.metadata.plan import MetadataPlan, plan_of
from dhis2w_client.write_report import write_report

if TYPE_CHECKING:
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.models import OrganisationUnit
    from dhis2w_client.pages import Row
    from dhis2w_client.write_report import WriteReport


GEO_JSON = "application/geo+json"


@dataclass(frozen=True)
class UnitNode:
    """One organisation unit in its tree."""

    id: str
    """Its UID."""
    name: str
    """Its name."""
    level: int
    """Its level, from 1."""
    children: list[UnitNode] = field(default_factory=list["UnitNode"])
    """The units below it, by name."""

    def __iter__(self) -> Iterator[UnitNode]:
        """The unit and all below it, parents before their children."""
        yield self
        for child in self.children:
            yield from child

    def __str__(self) -> str:
        return "\n".join(f"{'  ' * (node.level - self.level)}{node.name} [{node.id}]" for node in self)


class OrgUnitService:
    """The tree of organisation units: `client.metadata.org_units`."""

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def roots(self, *, fields: str = "id,name,code") -> list[OrganisationUnit]:
        """The units without a parent.

        Args:
            fields: Which properties.
        """
        return list(await self._units.list(fields=fields, filters=where("level").eq(1), order="name"))

    async def children(self, id: str, *, fields: str = "id,name,code") -> list[OrganisationUnit]:
        """The units right below one, without itself (which DHIS2's own `/children` puts among them).

        Args:
            id: UID of the parent.
            fields: Which properties.
        """
        return list(await self._units.list(fields=fields, filters=where("parent.id").eq(id), order="name"))

    async def ancestors(self, id: str, *, fields: str = "id,name,code") -> list[OrganisationUnit]:
        """The units above one, from the root down, without itself.

        Args:
            id: UID of the unit.
            fields: Which properties; `level` is always among them.

        Raises:
            ObjectNotFoundError: There is no such unit.
        """
        above = (await self._path(id))[:-1]
        if not above:
            return []
        units = await self._units.list(fields=f"{fields},level", filters=where("id").is_in(above))
        return sorted(units, key=lambda unit: unit.level or 0)

    async def tree(self, id: str, *, levels: int | None = None) -> UnitNode:
        """A unit and those below it, with one list.

        Args:
            id: UID of the unit on top.
            levels: How many levels below it. Default: all.

        Raises:
            ObjectNotFoundError: There is no such unit.
        """
        top = len(await self._path(id))
        filters = [where("path").like(id), *([where("level").le(top + levels)] if levels is not None else [])]
        rows = await self._api.rows("organisationUnits", "id,name,level,parent[id]", filters)
        return tree_of(rows, id)

    async def plan_move(self, ids: Iterable[str], parent: str) -> MetadataPlan:
        """Plan to put units below another parent; `client.metadata.apply(plan)` does it.

        Args:
            ids: UIDs of the units.
            parent: UID of their new parent.

        Raises:
            ObjectNotFoundError: There is no such parent.
            InvalidRequestError: The parent is one of the units or below one: 2.42 fails on that, and 2.43 does it.
        """
        moved = list(ids)
        above = set(await self._path(parent))
        circular = [uid for uid in moved if uid in above]
        if circular:
            raise InvalidRequestError(
                f"{parent} is {', '.join(circular)} itself or below it, so it cannot be its parent."
            )
        read = await self._api.rows_by_id("organisationUnits", moved, ":owner")
        wanted = [{**row, "parent": {"id": parent}} for row in read]
        before, after = (Bundle({"organisationUnits": rows}) for rows in (read, wanted))
        return plan_of(before, after, self._api.dialect.version)

    async def geojson(self, *, parent: str | None = None, levels: Sequence[int] = ()) -> Row:
        """Units with a geometry, as a GeoJSON `FeatureCollection`; `properties` have code, name, level and parent.

        Only units below the user's data view units are there, at most.

        Args:
            parent: UID of the unit they are below. Default: the user's.
            levels: Their levels. Default: the level below the parent's.
        """
        params = [("parent", parent), *(("level", level) for level in levels)]
        return await self._api.read(f"{self._api.path('organisationUnits')}.geojson", params)

    async def set_geometry(self, id: str, geometry: Mapping[str, object] | None) -> WriteReport:
        """Set or take away the geometry of one unit.

        Args:
            id: UID of the unit.
            geometry: A GeoJSON geometry: `{"type": "Point", "coordinates": [longitude, latitude]}`; None takes it away.

        Raises:
            ConflictError: There is no such unit (E7708), or the geometry is none.
        """
        path = self._api.path("organisationUnits", id, "geometry")
        if geometry is None:
            return write_report(await self._api.ask("DELETE", path), id)
        return write_report(await self._api.ask("POST", path, body=geometry), id)

    async def import_geojson(
        self,
        features: Mapping[str, object],
        *,
        match: Literal["id", "code", "name"] = "id",
        property: str | None = None,
        attribute: str | None = None,
        dry_run: bool = False,
    ) -> WriteReport:
        """Set the geometries of many units from a GeoJSON `FeatureCollection`; a null geometry takes one away.

        Args:
            features: The `FeatureCollection`.
            match: By what of the unit a feature finds it.
            property: The property of the feature that says it. Default: the feature's own `id`.
            attribute: UID of an attribute of type GEOJSON to store the geometry in. Default: the unit's geometry.
            dry_run: Only say what would be done.

        Returns:
            The report: `rows` name the features (`index`) that match no unit, `counts.ignored` how many they are.

        Raises:
            ConflictError: No feature could be taken.
            BadRequestError: The features are no GeoJSON.
        """
        params = {
            "geoJsonId": None if property is None else False,
            "geoJsonProperty": property,
            "orgUnitProperty": None if match == "id" else match,
            "attributeId": attribute,
            "dryRun": dry_run or None,
        }
        path = self._api.path("organisationUnits", "geometry")
        return write_report(await self._api.ask("POST", path, params=params, body=features, content_type=GEO_JSON))

    @property
    def _units(self) -> Any:
        return self._api.collection("organisationUnits")

    async def _path(self, id: str) -> list[str]:
        """UIDs from the root down to a unit."""
        row = await self._api.read(self._api.path("organisationUnits", id), {"fields": "path"})
        return [uid for uid in (as_text(row.get("path")) or "").split("/") if uid]


def tree_of(rows: Iterable[Mapping[str, Any]], id: str) -> UnitNode:
    """The tree below a unit, from a list of units in any order.

    Raises:
        ObjectNotFoundError: The unit is not in the list.
    """
    nodes: dict[str, UnitNode] = {}
    parents: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: str(row.get("name"))):
        nodes[row["id"]] = UnitNode(row["id"], str(row.get("name")), row["level"])
        parents[row["id"]] = as_text(as_object(row.get("parent")).get("id")) or ""
    for uid, parent in parents.items():
        if parent in nodes:
            nodes[parent].children.append(nodes[uid])
    if id not in nodes:
        raise ObjectNotFoundError(f"There is no organisation unit {id} among those that the user may see.")
    return nodes[id]
