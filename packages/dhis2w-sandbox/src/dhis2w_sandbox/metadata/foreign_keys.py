"""References that forbid a deletion in the database alone: DHIS2 has no deletion handler for them.

PostgreSQL refuses such a deletion, and `CrudControllerAdvice` answers 409 with its text. What a handler forbids, takes
along or cleans up is in `deleting`; what is in neither table (values in JSON columns) just loses its reference.
Source: the Hibernate mappings (`*.hbm.xml`) and the migrations of dhis2-core, which name tables and constraints.
"""

from __future__ import annotations

from typing import NamedTuple

from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.store import Referrer


class ForeignKey(NamedTuple):
    """A column that points to an object, seen from the documents that hold the reference."""

    type: str
    path: str
    constraint: str
    table: str


_FAVORITES = ("eventVisualization", "eventChart", "eventReport", "visualization")
_EVENT_FAVORITES = _FAVORITES[:3]


def _of_favorites(types: tuple[str, ...], path: str, constraint: str, table: str) -> list[ForeignKey]:
    """A reference of favorites; in maps it is in their layers."""
    found = [ForeignKey(type, path, constraint, table) for type in types]
    return [*found, ForeignKey("map", f"mapViews.{path}", constraint, table)]


def _made_by(table: str, maker: str | None, changer: str | None, *types: str) -> list[ForeignKey]:
    """Who made and who changed the objects of some types."""
    keys = (("createdBy", maker), ("lastUpdatedBy", changer))
    return [ForeignKey(type, path, constraint, table) for type in types for path, constraint in keys if constraint]


_CHANGER = "fk_lastupdateby_userid"

TABLES: dict[str, tuple[str, str]] = {
    "category": ("category", "categoryid"),
    "categoryCombo": ("categorycombo", "categorycomboid"),
    "categoryOptionGroup": ("categoryoptiongroup", "categoryoptiongroupid"),
    "categoryOptionGroupSet": ("categoryoptiongroupset", "categoryoptiongroupsetid"),
    "dashboard": ("dashboard", "dashboardid"),
    "dataElement": ("dataelement", "dataelementid"),
    "dataElementGroup": ("dataelementgroup", "dataelementgroupid"),
    "dataElementGroupSet": ("dataelementgroupset", "dataelementgroupsetid"),
    "dataSet": ("dataset", "datasetid"),
    "legendSet": ("maplegendset", "maplegendsetid"),
    "option": ("optionvalue", "optionvalueid"),
    "optionGroup": ("optiongroup", "optiongroupid"),
    "optionSet": ("optionset", "optionsetid"),
    "organisationUnitGroup": ("orgunitgroup", "orgunitgroupid"),
    "organisationUnitLevel": ("orgunitlevel", "orgunitlevelid"),
    "program": ("program", "programid"),
    "programIndicator": ("programindicator", "programindicatorid"),
    "programStage": ("programstage", "programstageid"),
    "trackedEntityAttribute": ("trackedentityattribute", "trackedentityattributeid"),
    "trackedEntityType": ("trackedentitytype", "trackedentitytypeid"),
    "user": ("userinfo", "userinfoid"),
    "userGroup": ("usergroup", "usergroupid"),
    "validationRule": ("validationrule", "validationruleid"),
}
"""Table and key column by type."""

FOREIGN_KEYS: dict[str, list[ForeignKey]] = {
    "category": [
        ForeignKey(
            "user",
            "catDimensionConstraints",
            "fk_fk_users_catconstraints_dataelementcategoryid",
            "users_catdimensionconstraints",
        ),
    ],
    "categoryCombo": [
        ForeignKey(
            "dataApprovalWorkflow",
            "categoryCombo",
            "fk_dataapprovalworkflow_categorycomboid",
            "dataapprovalworkflow",
        ),
        ForeignKey(
            "dataSet",
            "dataSetElements.categoryCombo",
            "fk_datasetelement_categorycomboid",
            "datasetelement",
        ),
        ForeignKey("programIndicator", "categoryCombo", "fk_programindicator_categorycomboid", "programindicator"),
        ForeignKey("programIndicator", "attributeCombo", "fk_programindicator_attributecomboid", "programindicator"),
    ],
    "categoryOptionGroup": _of_favorites(
        _FAVORITES,
        "categoryOptionGroupSetDimensions.categoryOptionGroups",
        "fk_dimension_items_categoryoptiongroupid",
        "categoryoptiongroupsetdimension_items",
    ),
    "categoryOptionGroupSet": [
        ForeignKey(
            "user",
            "cogsDimensionConstraints",
            "fk_fk_users_cogsconstraints_categoryoptiongroupsetid",
            "users_cogsdimensionconstraints",
        ),
        *_of_favorites(
            _FAVORITES,
            "categoryOptionGroupSetDimensions.categoryOptionGroupSet",
            "fk_dimension_categoryoptiongroupsetid",
            "categoryoptiongroupsetdimension",
        ),
    ],
    "dashboard": [ForeignKey("pushAnalysis", "dashboard", "fkibpy72i2p9nfkdtqqe6my34nr", "pushanalysis")],
    "dataElement": [
        *(
            ForeignKey(
                type,
                "dataElementValueDimension",
                "fk_evisualization_dataelementvaluedimensionid",
                "eventvisualization",
            )
            for type in _EVENT_FAVORITES
        ),
        ForeignKey(
            "programNotificationTemplate",
            "recipientDataElement",
            "fk_programstagenotification_dataelementid",
            "programnotificationtemplate",
        ),
        ForeignKey("programRuleAction", "dataElement", "fk_programruleaction_dataelement", "programruleaction"),
        ForeignKey("programRuleVariable", "dataElement", "fk_programrulevariable_dataelement", "programrulevariable"),
        ForeignKey("programStage", "nextScheduleDate", "fk_programstage_nextscheduledateid", "programstage"),
        ForeignKey(
            "programStageSection",
            "dataElements",
            "fk_programstagesection_dataelements_dataelementid",
            "programstagesection_dataelements",
        ),
    ],
    "dataElementGroup": [
        ForeignKey(
            "visualization",
            "dataElementGroupSetDimensions.dataElementGroups",
            "fk_dimension_items_dataelementgroupid",
            "dataelementgroupsetdimension_items",
        ),
    ],
    "dataElementGroupSet": [
        ForeignKey(
            "visualization",
            "dataElementGroupSetDimensions.dataElementGroupSet",
            "fk_dimension_dataelementgroupsetid",
            "dataelementgroupsetdimension",
        ),
    ],
    "dataSet": [
        ForeignKey(
            "dataSetNotificationTemplate",
            "dataSets",
            "fken6g44y648k1fembweltcao3e",
            "datasetnotification_datasets",
        ),
    ],
    "legendSet": [
        ForeignKey("externalMapLayer", "legendSet", "fk_externalmaplayer_legendsetid", "externalmaplayer"),
        ForeignKey("programIndicator", "legendSets", "fk_programindicator_legendsetid", "programindicatorlegendsets"),
        ForeignKey("programRuleAction", "legendSet", "fk_programruleaction_legendsetid", "programruleaction"),
        ForeignKey(
            "trackedEntityAttribute",
            "legendSets",
            "fk_trackedentityattribute_legendsetid",
            "trackedentityattributelegendsets",
        ),
        *_of_favorites(
            _EVENT_FAVORITES,
            "attributeDimensions.legendSet",
            "fk_teattributedimension_legendsetid",
            "trackedentityattributedimension",
        ),
        ForeignKey("eventVisualization", "legend.set", "fk_evisualization_legendsetid", "eventvisualization"),
        *(
            ForeignKey(
                type,
                "programIndicatorDimensions.legendSet",
                "fk_teprogramindicatordimension_legendsetid",
                "trackedentityprogramindicatordimension",
            )
            for type in _EVENT_FAVORITES
        ),
    ],
    "option": [
        ForeignKey("programRuleAction", "option", "fk_programruleaction_option", "programruleaction"),
    ],
    "optionGroup": [
        ForeignKey("optionGroupSet", "optionGroups", "fk_optiongroupsetmembers_optiongroupid", "optiongroupsetmembers"),
        ForeignKey("programRuleAction", "optionGroup", "fk_programruleaction_optiongroup", "programruleaction"),
    ],
    "optionSet": [
        ForeignKey("attribute", "optionSet", "fk_attribute_optionsetid", "attribute"),
        ForeignKey("dataElement", "commentOptionSet", "fk_dataelement_commentoptionsetid", "dataelement"),
        ForeignKey("optionGroup", "optionSet", "fk_optiongroup_optionsetid", "optiongroup"),
        ForeignKey("optionGroupSet", "optionSet", "fk_optiongroupset_optionsetid", "optiongroupset"),
        ForeignKey(
            "trackedEntityAttribute",
            "optionSet",
            "fk_trackedentityattribute_optionsetid",
            "trackedentityattribute",
        ),
    ],
    "organisationUnitGroup": [
        ForeignKey(
            "visualization",
            "itemOrganisationUnitGroups",
            "fk_visualization_itemorgunitgroups_orgunitgroupid",
            "visualization_itemorgunitgroups",
        ),
        *(
            ForeignKey(
                type,
                "itemOrganisationUnitGroups",
                "fk_evisualization_itemorgunitgroups_orgunitgroupid",
                "eventvisualization_itemorgunitgroups",
            )
            for type in _EVENT_FAVORITES
        ),
        ForeignKey(
            "map",
            "mapViews.itemOrganisationUnitGroups",
            "fk_mapview_itemorgunitgroups_orgunitgroupid",
            "mapview_itemorgunitgroups",
        ),
    ],
    "organisationUnitLevel": [
        ForeignKey(
            "predictor",
            "organisationUnitLevels",
            "fk_predictororgunitlevels_orgunitlevelid",
            "predictororgunitlevels",
        ),
    ],
    "program": [
        ForeignKey("program", "relatedProgram", "fk_program_relatedprogram", "program"),
        ForeignKey(
            "programStageWorkingList",
            "program",
            "fk_programstageworkinglist_programid",
            "programstageworkinglist",
        ),
        ForeignKey("smsCommand", "program", "fk_smscommand_program", "smscommands"),
        ForeignKey(
            "trackedEntityInstanceFilter",
            "program",
            "fk_trackedentityinstancefilter_programid",
            "trackedentityfilter",
        ),
        *_of_favorites(
            ("visualization",),
            "dataDimensionItems.programDataElement.program",
            "fk_datadimensionitem_programdataelement_programid",
            "datadimensionitem",
        ),
        *_of_favorites(
            ("visualization",),
            "dataDimensionItems.programAttribute.program",
            "fk_datadimensionitem_programattribute_programid",
            "datadimensionitem",
        ),
    ],
    "programIndicator": [
        ForeignKey(
            "programRuleAction",
            "programIndicator",
            "fk_programruleaction_programindicator",
            "programruleaction",
        ),
        *(
            ForeignKey(
                type,
                "programIndicatorDimensions.programIndicator",
                "fk_teprogramindicatordimension_programindicatorid",
                "trackedentityprogramindicatordimension",
            )
            for type in _EVENT_FAVORITES
        ),
    ],
    "programStage": [
        ForeignKey(
            "programStageWorkingList",
            "programStage",
            "fk_programstageworkinglist_programstageid",
            "programstageworkinglist",
        ),
        ForeignKey("smsCommand", "programStage", "fk_smscommand_programstage", "smscommands"),
        *(
            ForeignKey(
                "relationshipType",
                f"{side}.programStage",
                "fk_relationshipconstraint_programstage_programstageid",
                "relationshipconstraint",
            )
            for side in ("fromConstraint", "toConstraint")
        ),
        *_of_favorites(
            _EVENT_FAVORITES,
            "dataElementDimensions.programStage",
            "fk_tedataelementdimension_programstageid",
            "trackedentitydataelementdimension",
        ),
    ],
    "trackedEntityAttribute": [
        *(
            ForeignKey(
                type,
                "attributeValueDimension",
                "fk_evisualization_attributevaluedimensionid",
                "eventvisualization",
            )
            for type in _EVENT_FAVORITES
        ),
        ForeignKey(
            "programNotificationTemplate",
            "recipientProgramAttribute",
            "fk_programstagenotification_trackedentityattributeid",
            "programnotificationtemplate",
        ),
        ForeignKey(
            "programRuleAction",
            "trackedEntityAttribute",
            "fk_programruleaction_trackedentityattribute",
            "programruleaction",
        ),
        ForeignKey(
            "programRuleVariable",
            "trackedEntityAttribute",
            "fk_programrulevariable_trackedentityattribute",
            "programrulevariable",
        ),
        ForeignKey(
            "programSection",
            "trackedEntityAttributes",
            "fk_programsection_attributes_trackedentityattributeid",
            "programsection_attributes",
        ),
        ForeignKey(
            "trackedEntityType",
            "trackedEntityTypeAttributes.trackedEntityAttribute",
            "fk_trackedentitytypeattribute_trackedentityattributeid",
            "trackedentitytypeattribute",
        ),
        *_of_favorites(
            _EVENT_FAVORITES,
            "attributeDimensions.attribute",
            "fk_teattributedimension_attributeid",
            "trackedentityattributedimension",
        ),
        *_of_favorites(
            ("visualization",),
            "dataDimensionItems.programAttribute.attribute",
            "fk_datadimensionitem_programattribute_attributeid",
            "datadimensionitem",
        ),
    ],
    "trackedEntityType": [
        ForeignKey(
            "eventVisualization",
            "trackedEntityType",
            "fk_evisualization_trackedentitytypeid",
            "eventvisualization",
        ),
        ForeignKey("map", "mapViews.trackedEntityType", "fk_mapview_trackedentitytypeid", "mapview"),
        *(
            ForeignKey(
                "relationshipType",
                f"{side}.trackedEntityType",
                "fk_relationshipconstraint_trackedentitytype_trackedentitytypeid",
                "relationshipconstraint",
            )
            for side in ("fromConstraint", "toConstraint")
        ),
    ],
    "user": [
        *_made_by(
            "aggregatedataexchange",
            "fk_aggregatedataexchange_userid_userinfoid",
            "fk_aggregatedataexchange_lastupdateby_userinfoid",
            "aggregateDataExchange",
        ),
        *_made_by("attribute", "fk_attribute_userid", _CHANGER, "attribute"),
        *_made_by("constant", "fk_constant_userid", _CHANGER, "constant"),
        *_made_by("dashboard", "fk_dashboard_userid", _CHANGER, "dashboard"),
        *_made_by("dataentryform", None, _CHANGER, "dataEntryForm"),
        *_made_by("datasetnotificationtemplate", None, _CHANGER, "dataSetNotificationTemplate"),
        *_made_by("document", None, _CHANGER, "document"),
        *_made_by("eventfilter", "fk_programstageinstancefilter_userid", "fk_lastupdatedby_userid", "eventFilter"),
        *_made_by("eventhook", "fk_eventhook_userid_userinfoid", "fk_eventhook_lastupdateby_userinfoid", "eventHook"),
        *_made_by(
            "expressiondimensionitem",
            "fk_expressiondimensionitem_userid",
            _CHANGER,
            "expressionDimensionItem",
        ),
        *_made_by("externalmaplayer", "fk_externalmaplayer_userid", _CHANGER, "externalMapLayer"),
        *_made_by("indicatorgroupset", "fk_indicatorgroupset_userid", _CHANGER, "indicatorGroupSet"),
        *_made_by("indicatortype", None, _CHANGER, "indicatorType"),
        *_made_by("jobconfiguration", None, _CHANGER, "jobConfiguration"),
        *_made_by("map", "fk_mapview_userid", _CHANGER, "map"),
        *_made_by("optiongroupset", "fk_optiongroupset_userid", _CHANGER, "optionGroupSet"),
        *_made_by("optionset", "fk_optionset_userid", _CHANGER, "optionSet"),
        *_made_by("orgunitgroupset", "fk_orgunitgroupset_userid", _CHANGER, "organisationUnitGroupSet"),
        *_made_by("orgunitlevel", None, _CHANGER, "organisationUnitLevel"),
        *_made_by("predictor", None, _CHANGER, "predictor"),
        *_made_by("programnotificationtemplate", None, _CHANGER, "programNotificationTemplate"),
        *_made_by("programrule", None, _CHANGER, "programRule"),
        *_made_by("programruleaction", None, _CHANGER, "programRuleAction"),
        *_made_by("programrulevariable", None, _CHANGER, "programRuleVariable"),
        *_made_by("programsection", None, _CHANGER, "programSection"),
        *_made_by("pushanalysis", None, _CHANGER, "pushAnalysis"),
        *_made_by("report", "fk_report_userid", _CHANGER, "report"),
        *_made_by("route", "fk_route_userid_userinfoid", "fk_route_lastupdateby_userinfoid", "route"),
        *_made_by("sqlview", "fk_sqlview_userid", _CHANGER, "sqlView"),
        *_made_by("trackedentityattribute", "fk_trackedentityattribute_userid", _CHANGER, "trackedEntityAttribute"),
        *_made_by(
            "trackedentityfilter",
            "fk_trackedentityinstancefilter_userid",
            _CHANGER,
            "trackedEntityInstanceFilter",
        ),
        *_made_by("trackedentitytype", "fk_trackedentitytype_userid", _CHANGER, "trackedEntityType"),
        *_made_by("validationnotificationtemplate", None, _CHANGER, "validationNotificationTemplate"),
        *_made_by("validationrule", "fk_validationrule_userid", _CHANGER, "validationRule"),
        *_made_by("validationrulegroup", "fk_validationrulegroup_userid", _CHANGER, "validationRuleGroup"),
    ],
    "userGroup": [
        ForeignKey("dataSet", "notificationRecipients", "fk_dataset_notificationrecipients", "dataset"),
        ForeignKey(
            "dataSetNotificationTemplate",
            "recipientUserGroup",
            "fk_datasetnotification_usergroup",
            "datasetnotificationtemplate",
        ),
        ForeignKey(
            "programNotificationTemplate",
            "recipientUserGroup",
            "fk_programstagenotification_usergroup",
            "programnotificationtemplate",
        ),
        ForeignKey(
            "pushAnalysis",
            "recipientUserGroups",
            "fk_pushanalysis_recipientusergroups",
            "pushanalysisrecipientusergroups",
        ),
        ForeignKey("smsCommand", "userGroup", "fk_smscommand_usergroup", "smscommands"),
        ForeignKey(
            "validationNotificationTemplate",
            "recipientUserGroups",
            "fk804hp0os62rpdtroxhrrio76v",
            "validationnotificationtemplate_recipientusergroups",
        ),
    ],
    "validationRule": [
        ForeignKey(
            "validationNotificationTemplate",
            "validationRules",
            "fk_validationrule_validationnotificationtemplateid",
            "validationnotificationtemplatevalidationrules",
        ),
    ],
}
"""By the type that is pointed to."""


def refuse_violation(server: Server, type: str, uid: str, referrers: list[Referrer]) -> None:
    """Refuse the deletion of an object that a foreign key of one of the referrers still points to.

    Raises:
        Dhis2Refusal: 409 with PostgreSQL's text; the number in it is the sandbox's own.
    """
    holders = {(row.type, row.path) for row in referrers if row.uid != uid}
    for key in FOREIGN_KEYS.get(type, ()):
        if key[:2] in holders:
            table, column = TABLES[type]
            text = (
                f'ERROR: update or delete on table "{table}" violates foreign key constraint "{key.constraint}"'
                f' on table "{key.table}"\n'
                f"  Detail: Key ({column})=({_number(server, type, uid)}) is still referenced from table"
                f' "{key.table}".'
            )
            raise Dhis2Refusal(409, text)


def _number(server: Server, type: str, uid: str) -> int:
    (number,) = server.store.sql.execute("SELECT number FROM object WHERE type = ? AND uid = ?", (type, uid)).fetchone()
    return number
