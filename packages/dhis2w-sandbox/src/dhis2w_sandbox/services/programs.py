"""What `/api/programs` has beside its objects: copies of whole programs, and the units of programs in one answer.

Source: `ProgramController`, `CopyService` (`setShallowCopyValues` of each class), `JdbcOrgUnitAssociationsStore` and
`AbstractOrganisationUnitAssociationsQueryBuilder` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, bad_request, forbidden, message, not_found
from dhis2w_sandbox.metadata import access
from dhis2w_sandbox.metadata.bundle import ImportOptions
from dhis2w_sandbox.metadata.importing import import_bundle
from dhis2w_sandbox.metadata.java_order import hash_order, text_hash
from dhis2w_sandbox.metadata.units import UNIT, lineage
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()

_NEVER_COPIED = frozenset(
    {"id", "code", "created", "lastUpdated", "createdBy", "lastUpdatedBy", "favorites", "version"}
)
_UNTRANSLATED = _NEVER_COPIED | {"translations", "attributeValues"}


@endpoints.add("GET", "/api/programs/orgUnits", SOURCE)
def units_of_programs(call: Call) -> Reply:
    """Show the units of each program: of others than superusers only those below their own."""
    call.required("programs", "Set")
    uids = list(dict.fromkeys(uid for text in call.params("programs") for uid in text.split(",") if uid))
    if not uids:
        raise bad_request("At least one program uid must be specified", None)
    store, schema = call.server.store, call.server.schemas.by_singular["program"]
    found = {uid: program for uid in uids if (program := store.get("program", uid))}
    readable = {uid: row for uid, row in found.items() if access.can_read(call.user, schema, row)}
    lost = [uid for uid in uids if uid not in readable]
    if lost:
        raise Dhis2Refusal(409, message(call.server.version, "E1112", "Program", f"[{', '.join(lost)}]"), "E1112")
    units = {uid: _units(call, readable[uid]) for uid in hash_order(uids, text_hash)}
    return Reply.json({uid: rows for uid, rows in units.items() if rows})


def _units(call: Call, program: Json) -> list[str]:
    own = {row["id"] for row in call.user.document.get("organisationUnits") or ()}
    uids = [row["id"] for row in program.get("organisationUnits") or ()]
    if not call.user.is_super:
        store = call.server.store
        uids = [uid for uid in uids if not own.isdisjoint(lineage(store, store.get(UNIT, uid) or {"id": uid}))]
    return hash_order(uids, text_hash)


@endpoints.add("POST", "/api/programs/{uid:uid}/copy", SOURCE)
def copy(call: Call) -> Reply:
    """Copy a program with its stages, sections, attributes, indicators and rule variables; rules stay behind."""
    server, uid = call.server, call.parts["uid"]
    program = server.store.get("program", uid)
    if program is None:
        raise not_found("Program", uid)
    if not access.can_update(call.user, server.schemas.by_singular["program"], program):
        raise forbidden(f"You don't have write permissions for Program {uid}")
    prefix = call.param("prefix")
    copied = _Copy(call, program, "Copy of " if prefix is None else prefix)
    report = import_bundle(server, call.user, copied.payload(), ImportOptions(strategy="CREATE"))
    if report.status == "ERROR":
        first = next(row for type in report.types.values() for item in type.objects.values() for row in item.errors)
        raise Dhis2Refusal(409, first.as_json(server.version)["message"], "E1004")
    headers = {"Location": f"{call.base_url}/api/programs/{copied.uid}"}
    return Reply.message(201, f"Program created: '{copied.uid}'", headers=headers)


class _Copy:
    """A program that is copied: everything gets an identifier of its own, only program and indicators other names."""

    def __init__(self, call: Call, program: Json, prefix: str) -> None:
        self._server = call.server
        self._program = program
        self._prefix = prefix
        self.uid = call.server.new_uid()
        self._stages = {row["id"]: call.server.new_uid() for row in program.get("programStages") or ()}

    def payload(self) -> Json:
        """The copies, as `/api/metadata` takes them."""
        stage_sections = list(self._copied_stage_sections())
        stages = list(self._copied_stages(stage_sections))
        sections = [self._owned(row) for row in self._of_program("programSection")]
        indicators = [
            self._named(self._owned(row), "name", "shortName") for row in self._of_program("programIndicator")
        ]
        variables = [self._variable(row) for row in self._of_program("programRuleVariable")]
        program = {
            **self._named(_shallow(self._program, _UNTRANSLATED), "name"),
            "id": self.uid,
            "programStages": _references(stages),
            "programSections": _references(sections),
            "programTrackedEntityAttributes": [
                {**_shallow(row, _NEVER_COPIED), "program": {"id": self.uid}}
                for row in self._program.get("programTrackedEntityAttributes") or ()
            ],
        }
        return {
            "programs": [program],
            "programStages": stages,
            "programStageSections": stage_sections,
            "programSections": sections,
            "programIndicators": indicators,
            "programRuleVariables": variables,
        }

    def _of_program(self, type: str) -> list[Json]:
        return [row for row in self._server.store.all(type) if linked(row, "program") == self._program["id"]]

    def _owned(self, document: Json) -> Json:
        return {**_shallow(document, _NEVER_COPIED), "id": self._server.new_uid(), "program": {"id": self.uid}}

    def _named(self, document: Json, *keys: str) -> Json:
        return {**document, **{key: f"{self._prefix}{document[key]}" for key in keys if document.get(key)}}

    def _copied_stages(self, sections: list[Json]) -> Iterator[Json]:
        for old, new in self._stages.items():
            stage = self._server.store.get("programStage", old) or {}
            elements = [
                {**_shallow(row, _NEVER_COPIED), "programStage": {"id": new}}
                for row in stage.get("programStageDataElements") or ()
            ]
            yield {
                **_shallow(stage, _UNTRANSLATED),
                "id": new,
                "program": {"id": self.uid},
                "programStageDataElements": elements,
                "programStageSections": _references([row for row in sections if linked(row, "programStage") == new]),
            }

    def _copied_stage_sections(self) -> Iterator[Json]:
        for section in self._server.store.all("programStageSection"):
            stage = self._stages.get(linked(section, "programStage") or "")
            if stage:
                own: Json = {"id": self._server.new_uid(), "programStage": {"id": stage}, "programIndicators": []}
                yield {**_shallow(section, _UNTRANSLATED), **own}

    def _variable(self, variable: Json) -> Json:
        stage = linked(variable, "programStage")
        own = {"programStage": {"id": self._stages.get(stage, stage)}} if stage else {}
        return {**self._owned(variable), **own}


def _shallow(document: Json, but: frozenset[str]) -> Json:
    return {key: value for key, value in document.items() if key not in but and not key.startswith("_")}


def _references(documents: list[Json]) -> list[Json]:
    return [{"id": document["id"]} for document in documents]
