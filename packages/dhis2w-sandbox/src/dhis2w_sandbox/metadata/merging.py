"""`POST /api/{plural}/merge`: several objects become one, and whoever refers to them refers to that one.

Source: `MergeService`, `DefaultMergeValidator`, `MergeReport`, `MergeWebResponse` of dhis2-core; recordings
`meta/merge-categories`. What becomes of data is the business of the rooms that keep data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import argument_text, message
from dhis2w_sandbox.metadata import merge_body, unit_merging
from dhis2w_sandbox.metadata.merge_rules import RULES, MergeRule, Problem
from dhis2w_sandbox.metadata.repointing import DATA_MERGES, delete_merged, rename, repoint
from dhis2w_sandbox.routing import Endpoints, Handler
from dhis2w_sandbox.schemas import load_schemas

Json = dict[str, Any]

endpoints = Endpoints()
endpoints.rows += unit_merging.endpoints.rows

_DUPLICATES = (
    ". There will be duplicate CategoryOptionCombos as a result of the merge. These should be merged immediately to"
    " help keep system integrity. Duplicates can be found using the data integrity check"
    " `category_option_combos_have_duplicates`"
)


@dataclass(frozen=True)
class Words:
    """How a version speaks of the merge of a type."""

    type_name: str
    no_source: Problem
    no_target: Problem
    target_is_source: Problem
    unknown: str
    """The code for an object that is not there."""
    named: tuple[str, ...]
    """What names the type in that message."""


def _words(call: Call, type: str) -> Words:
    klass = call.server.schemas.by_singular[type].short_klass
    if not call.server.behaviour.old_merge_errors:
        named = (klass,)
        return Words(klass, ("E1530", named), ("E1531", named), ("E1532", named * 2), "E1533", named)
    name, tens = ("INDICATOR_TYPE", "E153") if type == "indicatorType" else ("INDICATOR", "E154")
    return Words(name, (f"{tens}0", ()), (f"{tens}1", ("TARGET", None)), (f"{tens}2", ()), f"{tens}3", ())


@dataclass(frozen=True)
class MergeParams:
    """What a request asks for."""

    sources: list[str]
    target: str | None
    delete_sources: bool
    strategy: str | None


def _handler(rule: MergeRule) -> Handler:
    def merge(call: Call) -> Reply:
        """Merge objects of the type into one of them."""
        params = _params(call)
        problems = _problems(call, rule, params)
        if problems:
            return _refused(call, rule, problems)
        return _merged(call, rule, params)

    return merge


for _rule in RULES:
    _plural = load_schemas("v43").by_singular[_rule.type].plural
    _recorded = RECORDED if _rule.type.startswith("category") else SOURCE
    endpoints.add("POST", f"/api/{_plural}/merge", _recorded, versions=_rule.versions, requires=[_rule.authority])(
        _handler(_rule)
    )


def _params(call: Call) -> MergeParams:
    body = json_object(call)
    uids = [merge_body.uid(call, source) for source in cast("list[Any]", body.get("sources") or [])]
    return MergeParams(
        sources=list(dict.fromkeys(uid for uid in uids if uid)),
        target=merge_body.uid(call, body.get("target")),
        delete_sources=body.get("deleteSources") is True,
        strategy=merge_body.strategy(call, body.get("dataMergeStrategy")),
    )


def _problems(call: Call, rule: MergeRule, params: MergeParams) -> list[Problem]:
    """What speaks against the merge; what the type itself asks for is looked at when the rest is right."""
    server, words = call.server, _words(call, rule.type)
    present = [uid for uid in params.sources if server.store.get(rule.type, uid)]
    found: list[Problem] = [] if params.sources else [words.no_source]
    found += [(words.unknown, ("SOURCE", *words.named, uid)) for uid in params.sources if uid not in present]
    if params.target in present:
        found.append(words.target_is_source)
    if params.target is None:
        found.append(words.no_target)
    elif server.store.get(rule.type, params.target) is None:
        found.append((words.unknown, ("TARGET", *words.named, params.target)))
    # Of option combinations DHIS2 asks this at once, of data elements when the rest is right.
    if rule.merges_data and params.strategy is None and (rule.always_deletes or not found):
        found.append(("E1534", ()))
    if found or params.target is None:
        return found
    return rule.problems(server, _documents(call, rule, params.sources), _documents(call, rule, [params.target])[0])


def _documents(call: Call, rule: MergeRule, uids: list[str]) -> list[Json]:
    return [document for uid in uids if (document := call.server.store.get(rule.type, uid))]


def _merged(call: Call, rule: MergeRule, params: MergeParams) -> Reply:
    server, target = call.server, str(params.target)
    rule.before(server, _documents(call, rule, params.sources), _documents(call, rule, [target])[0])
    for merge in DATA_MERGES:
        merge(server, rule.type, params.sources, target, params.strategy)
    repoint(server, rule.type, params.sources, [target], rule.links)
    rename(server, params.sources, target, rule.texts)
    gone = params.sources if params.delete_sources or rule.always_deletes else []
    for uid in gone:
        delete_merged(server, rule.type, uid)
    more = _DUPLICATES if rule.type == "categoryCombo" else ""
    name = _words(call, rule.type).type_name
    return Reply.message(200, response=_response(name, [], gone, f"{name} merge complete{more}"))


def _refused(call: Call, rule: MergeRule, problems: list[Problem]) -> Reply:
    version, name = call.server.version, _words(call, rule.type).type_name
    errors = [
        {
            "message": message(version, code, *args),
            "errorCode": code,
            "args": [None if arg is None else argument_text(arg) for arg in args],
        }
        for code, args in problems
    ]
    response = _response(name, errors, [], f"{name} merge has errors")
    text = "One or more errors occurred, please see full details in merge report."
    return Reply.message(409, text, word="WARNING", response=response)


def _response(name: str, errors: list[Json], deleted: list[str], text: str) -> Json:
    report = {"mergeErrors": errors, "mergeType": name, "sourcesDeleted": deleted, "message": text}
    return {"mergeReport": report, "responseType": "MergeWebResponse"}
