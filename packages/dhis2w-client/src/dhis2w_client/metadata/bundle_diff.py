"""`diff_bundles`: what changed between two bundles, object by object, and a change log of it that people can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from dhis2w_client.metadata.differences import SHARING, VOLATILE, Difference, Scope, differences
from dhis2w_client.metadata.schema_facts import facts_of
from dhis2w_client.versions import NEWEST

if TYPE_CHECKING:
    from dhis2w_client.metadata.bundle import Bundle
    from dhis2w_client.versions import Dhis2

Row = Mapping[str, Any]
Kind: TypeAlias = Literal["added", "removed", "changed", "replaced"]

HOLDERS = {
    "categoryOptionCombos": "categoryCombo",
    "options": "optionSet",
    "organisationUnits": "parent",
    "programRules": "program",
    "programRuleVariables": "program",
    "programIndicators": "program",
    "programSections": "program",
    "programStages": "program",
    "programStageSections": "programStage",
    "sections": "dataSet",
}
"""The link to what an object is in: when it changes, the object has moved."""


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One object that is not what it was."""

    kind: Kind
    """`added`, `removed`, `changed`, or `replaced`: the same code or name under another UID."""
    plural: str
    """DHIS2's plural of its type: `dataElements`."""
    id: str
    """Its UID; of a removed one the one that it had."""
    before: Row = field(repr=False)
    """The object as it was; empty for an added one."""
    after: Row = field(repr=False)
    """The object as it is; empty for a removed one."""
    differences: tuple[Difference, ...] = ()
    """The properties that differ; none for what was added or removed."""

    @property
    def name(self) -> str:
        """What it is called now, or was: its name, or else its code or UID."""
        return _name_of(self.after or self.before)

    @property
    def renamed(self) -> bool:
        """Whether it has another name than before."""
        return any(difference.path == "name" for difference in self.differences)

    @property
    def moved(self) -> bool:
        """Whether it is in something else than before: a unit below another parent, an option in another set."""
        holder = HOLDERS.get(self.plural)
        return any(difference.path == holder for difference in self.differences)

    @property
    def id_before(self) -> str | None:
        """The UID that it had, where it was replaced."""
        return str(self.before.get("id")) if self.kind == "replaced" else None


@dataclass(frozen=True)
class BundleDiff:
    """What changed between two bundles: `str(diff)` is a change log."""

    changes: tuple[ObjectChange, ...]
    """The objects that are not what they were, by type, and within it by kind and name."""
    title: str = ""
    """What was compared, where the bundles say it: `HIV_AGG 2.0.0 → 2.0.2`."""
    names: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """What the objects of both bundles are called, by UID."""

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def of(self, *kinds: Kind) -> tuple[ObjectChange, ...]:
        """The changes of some kinds."""
        return tuple(change for change in self.changes if change.kind in kinds)

    @property
    def renamed(self) -> tuple[ObjectChange, ...]:
        """The objects with another name than before."""
        return tuple(change for change in self.changes if change.renamed)

    @property
    def moved(self) -> tuple[ObjectChange, ...]:
        """The objects that are in something else than before."""
        return tuple(change for change in self.changes if change.moved)

    def counts(self) -> dict[str, dict[str, int]]:
        """How many objects of each type were added, removed, changed and replaced."""
        found: dict[str, dict[str, int]] = {}
        for change in self.changes:
            of_type = found.setdefault(change.plural, {})
            of_type[change.kind] = of_type.get(change.kind, 0) + 1
        return found

    def lines(self, *, longest: int | None = None) -> Iterator[str]:
        """The change log, line by line.

        Args:
            longest: Letters after which a value is cut. Default: it is shown whole.
        """
        if self.title:
            yield self.title
        if not self.changes:
            yield "no changes"
        for plural, kinds in self.counts().items():
            yield f"{plural}: " + ", ".join(f"{count} {kind}" for kind, count in kinds.items())
            for change in self.changes:
                if change.plural == plural:
                    yield from self._change(change, longest)

    def _change(self, change: ObjectChange, longest: int | None) -> Iterator[str]:
        mark = {"added": "+", "removed": "-", "changed": "~", "replaced": "="}[change.kind]
        code = (change.after or change.before).get("code")
        words = [
            *(["renamed"] if change.renamed else []),
            *(["moved"] if change.moved else []),
            *([f"was {change.id_before}"] if change.id_before else []),
        ]
        yield f"  {mark} {change.name} [{change.id}]{f' {code}' if code and code != change.name else ''}" + (
            f" ({', '.join(words)})" if words else ""
        )
        for difference in change.differences:
            yield from self._difference(difference, longest)

    def _difference(self, difference: Difference, longest: int | None) -> Iterator[str]:
        def shown(value: object) -> str:
            text = self._shown(value, difference)
            return text if longest is None or len(text) <= longest else f"{text[:longest]}…"

        if difference.gone is None or difference.come is None:
            yield f"      {self._path(difference)}: {shown(difference.before)} → {shown(difference.after)}"
            return
        if difference.reordered:
            yield f"      {self._path(difference)}: in another order"
            yield f"        before: {', '.join(map(shown, difference.before))}"
            yield f"        after:  {', '.join(map(shown, difference.after))}"
            return
        yield f"      {self._path(difference)}: {len(difference.before)} → {len(difference.after)} members"
        yield from (f"        - {shown(member)}" for member in difference.gone)
        yield from (f"        + {shown(member)}" for member in difference.come)

    def _path(self, difference: Difference) -> str:
        """The path, with the names of the members that it leads through."""
        head, bracket, rest = difference.path.partition("[")
        uid, closing, tail = rest.partition("]")
        return f"{head}[{self.names[uid]}{closing}{tail}" if bracket and uid in self.names else difference.path

    def _shown(self, value: object, difference: Difference) -> str:
        if value is None:
            return "nothing"
        if difference.target and isinstance(value, str):
            return f"{self.names[value]} [{value}]" if value in self.names else value
        if isinstance(value, Mapping):
            return ", ".join(f"{key} {self._part(item)}" for key, item in value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON
        return f'"{value}"' if isinstance(value, str) else str(value)

    def _part(self, value: object) -> str:
        return self.names.get(value, value) if isinstance(value, str) else str(value)


def diff_bundles(
    before: Bundle,
    after: Bundle,
    *,
    version: Dhis2 = NEWEST,
    sharing: bool = False,
    ignore: Iterable[str] = (),
) -> BundleDiff:
    """What changed from one bundle to another.

    Args:
        before: The older one.
        after: The newer one.
        version: The version whose schemas say what is computed and which lists have an order.
        sharing: Compare who may see and change the objects too.
        ignore: Names of further properties to leave out, at any depth.

    Returns:
        The changes. Who wrote an object when, what the asking user may do, favorites and computed properties are no
        changes; an object that has the code or the name of one that is gone is the same one, replaced.
    """
    left_out = VOLATILE.union(ignore, () if sharing else SHARING)
    scope = Scope(facts_of(version), left_out)
    found: list[ObjectChange] = []
    for plural in sorted({*before.objects, *after.objects}):
        found += _of_type(scope, plural, before.objects.get(plural, []), after.objects.get(plural, []))
    return BundleDiff(tuple(found), _title(before, after), {**_names(before), **_names(after)})


def _of_type(
    scope: Scope, plural: str, before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> list[ObjectChange]:
    type = scope.facts.of_plural(plural)
    old, new = _by_id(before), _by_id(after)
    removed = {uid: row for uid, row in old.items() if uid not in new}
    added = {uid: row for uid, row in new.items() if uid not in old}
    found: list[ObjectChange] = []
    for uid, former in _counterparts(added, removed).items():
        told = tuple(differences(scope, type, removed.pop(former), added[uid]))
        found.append(ObjectChange("replaced", plural, uid, old[former], added.pop(uid), told))
    found += [ObjectChange("added", plural, uid, {}, row) for uid, row in added.items()]
    found += [ObjectChange("removed", plural, uid, row, {}) for uid, row in removed.items()]
    for uid in old.keys() & new.keys():
        told = tuple(differences(scope, type, old[uid], new[uid]))
        if told:
            found.append(ObjectChange("changed", plural, uid, old[uid], new[uid], told))
    order = ("removed", "added", "replaced", "changed")
    return sorted(found, key=lambda change: (order.index(change.kind), change.name, change.id))


def _counterparts(added: Mapping[str, Row], removed: Mapping[str, Row]) -> dict[str, str]:
    """Which removed object each added one stands for: the one with its code, or else the only one with its name."""
    found: dict[str, str] = {}
    for key in ("code", "name"):
        former = _only_by(key, (row for uid, row in removed.items() if uid not in found.values()))
        for value, uid in _only_by(key, (row for uid, row in added.items() if uid not in found)).items():
            if value in former:
                found[uid] = former[value]
    return found


def _only_by(key: str, rows: Iterable[Row]) -> dict[str, str]:
    """UIDs by a value that no two of them have."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if isinstance(row.get(key), str):
            found.setdefault(row[key], []).append(str(row["id"]))
    return {value: uids[0] for value, uids in found.items() if len(uids) == 1}


def _by_id(rows: Iterable[Row]) -> dict[str, Row]:
    return {str(row["id"]): row for row in rows if "id" in row}


def _name_of(row: Row) -> str:
    return str(row.get("name") or row.get("displayName") or row.get("code") or row.get("id"))


def _names(bundle: Bundle) -> dict[str, str]:
    return {str(row["id"]): _name_of(row) for _, _, row in bundle if "id" in row}


def _title(before: Bundle, after: Bundle) -> str:
    """What the packages call themselves."""
    named = [bundle.head.get("package") for bundle in (before, after)]
    if not all(isinstance(package, Mapping) for package in named):
        return ""
    old, new = (f"{package.get('code') or package.get('name')} {_release(package)}" for package in named if package)
    return f"{old} → {new}"


def _release(package: Row) -> str:
    return str(package.get("version") or package.get("lastUpdated") or "")
