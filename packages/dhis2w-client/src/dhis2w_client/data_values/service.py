"""`client.data_values`: single values, sets of them read as a stream, imports.

Source: `DataValueController`, `DataValueSetController` of dhis2-core; recordings `data/values-single`,
`data/import-*`, `data/export-*`.
"""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, cast

from dhis2w_client.call import JSON, build_call
from dhis2w_client.data_values.data_value import is_missing, key_of, text_of, type_problem
from dhis2w_client.data_values.dropped_items import warn_of_dropped
from dhis2w_client.data_values.entry_guard import ENTRY_FIELDS, EntryGuard, needs_combo
from dhis2w_client.data_values.given_values import batch_of, cleaned_batch
from dhis2w_client.data_values.grouping import DataSetFacts, by_data_set, facts_of
from dhis2w_client.data_values.import_report import (
    DataValueReport,
    is_import_report,
    merged,
    read_import_report,
)
from dhis2w_client.data_values.push_options import PROPERTIES, DataValueOptions
from dhis2w_client.data_values.value_batch import ValueBatch, columns_of
from dhis2w_client.data_values.value_reader import CsvValueReader, InvalidDataValuesError, JsonValueReader
from dhis2w_client.data_values.xml_value_reader import XmlValueReader, without_default_group
from dhis2w_client.errors import (
    ConflictError,
    DataLossWarning,
    EmptyAnswerError,
    InvalidRequestError,
    NotFoundError,
    UnexpectedShapeError,
)
from dhis2w_client.filters import where
from dhis2w_client.jobs.job_run import job_of
from dhis2w_client.jobs.service import JobService
from dhis2w_client.json_value import as_array, as_object, as_text
from dhis2w_client.periods.day_text import day_text
from dhis2w_client.refusals import error_of
from dhis2w_client.replies import value_of
from dhis2w_client.reports import ImportCounts
from dhis2w_client.write_report import write_report

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from dhis2w_client.call import Body, ParamValue
    from dhis2w_client.data_values.approvals import ApprovalService
    from dhis2w_client.data_values.audits import AuditService
    from dhis2w_client.data_values.completions import CompletionService
    from dhis2w_client.data_values.data_value import DataValue
    from dhis2w_client.data_values.lock_exceptions import LockExceptionService
    from dhis2w_client.data_values.min_max import MinMaxService
    from dhis2w_client.data_values.selection import DataValueSelection
    from dhis2w_client.data_values.value_reader import Row
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.reply import Reply

PATH = "dataValueSets"
MEDIA = {
    "json": "application/json",
    "csv": "application/csv",  # DHIS2 refuses text/csv here
    "adx": "application/adx+xml",
    "xml": "application/xml",
}
Format = Literal["json", "csv", "adx", "xml"]
ABSENT = "does not exist"


class DataValueService:
    """Data values: `client.data_values`.

    ```python
    june = DataValueSelection(data_sets=("BfMAe6Itzgt",), periods=("202406",), org_units=("ImspTQPwCqd",))
    async for value in client.data_values.rows(june):
        print(value["dataElement"], value["value"])
    report = await client.data_values.push([{"dataElement": "…", "period": "202406", "orgUnit": "…", "value": 12}])
    ```
    """

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    @property
    def completions(self) -> CompletionService:
        """Data sets that were registered as complete."""
        from dhis2w_client.data_values.completions import CompletionService

        return CompletionService(self._api)

    @property
    def approvals(self) -> ApprovalService:
        """How far data is approved."""
        from dhis2w_client.data_values.approvals import ApprovalService

        return ApprovalService(self._api)

    @property
    def min_max(self) -> MinMaxService:
        """Limits within which values are expected."""
        from dhis2w_client.data_values.min_max import MinMaxService

        return MinMaxService(self._api)

    @property
    def audits(self) -> AuditService:
        """What became of values."""
        from dhis2w_client.data_values.audits import AuditService

        return AuditService(self._api)

    @property
    def lock_exceptions(self) -> LockExceptionService:
        """Units that may enter data of a closed period after all."""
        from dhis2w_client.data_values.lock_exceptions import LockExceptionService

        return LockExceptionService(self._api)

    # Single values

    async def get(
        self,
        data_element: str,
        period: str,
        org_unit: str,
        *,
        category_option_combo: str | None = None,
        attribute_combo: str | None = None,
        attribute_options: Sequence[str] = (),
    ) -> str | None:
        """Read one value; None where there is none.

        Args:
            data_element: UID of the data element.
            period: The period: `202401`.
            org_unit: UID of the organisation unit.
            category_option_combo: UID of the combo. Default: the default combo.
            attribute_combo: UID of the category combo of the data set, where it has one.
            attribute_options: UIDs of its options.

        Raises:
            ConflictError: Something of it does not exist, or may not be read.
            InvalidPeriodError: The period is none.
            UnexpectedShapeError: The answer is no value; something between here and DHIS2 may have dropped it.
        """
        self._api.period(period)
        params: dict[str, ParamValue] = {
            "de": data_element,
            "pe": period,
            "ou": org_unit,
            "co": category_option_combo,
            "cc": attribute_combo,
            "cp": ";".join(attribute_options) or None,
        }
        try:
            reply = await self._api.ask("GET", "dataValues", params=params)
            answer = value_of(reply)
        except (ConflictError, NotFoundError) as error:
            if ABSENT in (error.dhis2_message or "") or error.code == "E1005":
                return None
            raise
        if not isinstance(answer, list):  # no value is told otherwise, so that this says nothing
            raise UnexpectedShapeError(
                f"{reply.asked} got no list with a value.", method="GET", path=reply.path, status=reply.status
            )
        found = as_array(cast("object", answer))
        return as_text(found[0]) if found else None

    async def set(
        self,
        data_element: str,
        period: str,
        org_unit: str,
        value: str | float | bool | None = None,
        *,
        category_option_combo: str | None = None,
        attribute_combo: str | None = None,
        attribute_options: Sequence[str] = (),
        data_set: str | None = None,
        comment: str | None = None,
        force: bool = False,
    ) -> None:
        """Write one value, its comment, or both; what is not given stays.

        It may be repeated: the follow-up mark, which 2.42 turns over with each repeat, has `follow_up`.

        Args:
            data_element: UID of the data element.
            period: The period: `202401`.
            org_unit: UID of the organisation unit.
            value: The value; numbers, booleans and dates are written as text.
            category_option_combo: UID of the combo. Default: the default combo.
            attribute_combo: UID of the category combo of the data set, where it has one.
            attribute_options: UIDs of its options.
            data_set: UID of the data set, where the element is in several.
            comment: The comment.
            force: Superusers: write into what is locked.

        Raises:
            InvalidRequestError: Neither value nor comment, or an empty value (`delete` removes one).
            InvalidPeriodError: The period is none.
            ConflictError: DHIS2 refused.
        """
        nothing = comment is None if value is None else is_missing(value) or value == ""
        if nothing:
            raise InvalidRequestError("Give a value or a comment.", next_step="`delete` removes a value.")
        if value is not None and (problem := type_problem(value)):
            raise InvalidRequestError(f"The value is wrong: {problem}.")
        self._api.period(period)
        attribute = {"combo": attribute_combo, "options": list(attribute_options)} if attribute_combo else None
        body = {
            "dataElement": data_element,
            "period": period,
            "orgUnit": org_unit,
            "categoryOptionCombo": category_option_combo,
            "attribute": attribute,
            "dataSet": data_set,
            "value": None if value is None else text_of(value),
            "comment": comment,
            "force": force or None,
        }
        write_report(await self._api.ask("POST", "dataValues", body=_without_none(body)))

    async def delete(
        self,
        data_element: str,
        period: str,
        org_unit: str,
        *,
        category_option_combo: str | None = None,
        attribute_combo: str | None = None,
        attribute_options: Sequence[str] = (),
        data_set: str | None = None,
    ) -> None:
        """Delete one value; it is well where there is none.

        Args:
            data_element: UID of the data element.
            period: The period: `202401`.
            org_unit: UID of the organisation unit.
            category_option_combo: UID of the combo. Default: the default combo.
            attribute_combo: UID of the category combo of the data set, where it has one.
            attribute_options: UIDs of its options.
            data_set: UID of the data set, where the element is in several.

        Raises:
            ConflictError: Something of it does not exist, or may not be written.
        """
        self._api.period(period)
        params: dict[str, ParamValue] = {
            "de": data_element,
            "pe": period,
            "ou": org_unit,
            "co": category_option_combo,
            "cc": attribute_combo,
            "cp": ";".join(attribute_options) or None,
            "ds": data_set,
        }
        try:
            write_report(await self._api.ask("DELETE", "dataValues", params=params))
        except ConflictError as error:
            if ABSENT not in (error.dhis2_message or ""):
                raise

    async def follow_up(self, values: Iterable[Mapping[str, Any]], *, marked: bool = True) -> None:
        """Mark values for follow-up, or take the mark off; it may be repeated.

        Args:
            values: The keys of the values: `dataElement`, `period`, `orgUnit`, and combos.
            marked: Whether they are to be followed up.

        Raises:
            ConflictError: A value does not exist.
        """
        names = ("dataElement", "period", "orgUnit", "categoryOptionCombo", "attributeOptionCombo")
        rows = [{name: each[name] for name in names if each.get(name)} | {"followup": marked} for each in values]
        if rows:
            write_report(await self._api.ask("PUT", "dataValues/followups", body={"values": rows}))

    # Reading sets

    async def rows(self, selection: DataValueSelection) -> AsyncGenerator[DataValue]:
        """Read values as a stream, in bounded memory, in no promised order.

        Args:
            selection: Which values.

        Raises:
            InvalidRequestError: The selection does not say what, where and when.
            EmptyAnswerError: Up to 2.42: the user may not read these data.
            ConflictError: DHIS2 refused.
            InvalidDataValuesError: The answer ends too early.

        Warns:
            DroppedItemsWarning: DHIS2 leaves out some of several data sets, elements, groups or units.
        """
        await warn_of_dropped(self._api, selection)
        reader = JsonValueReader()
        wanted = set(selection.attribute_option_combos)
        any_bytes = False
        async with self.stream(selection) as pieces:
            async for piece in pieces:
                any_bytes = True
                for row in _of_combos(reader.feed(piece), wanted):
                    yield row
        if not any_bytes:
            raise EmptyAnswerError(
                f"GET /api/{PATH} got an empty answer: the user may not read these data.",
                method="GET",
                path=f"/api/{PATH}",
                status=200,
                next_step="2.41 and 2.42 refuse so; check data view units, sharing of the data set and its combos.",
            )
        for row in _of_combos(reader.end(), wanted):
            yield row

    @asynccontextmanager
    async def stream(
        self, selection: DataValueSelection, format: Format = "json"
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Read values as bytes, as DHIS2 writes them.

        Args:
            selection: Which values.
            format: `json`, `csv`, `xml` or `adx`. DHIS2 2.43 cannot import what it exports as XML or ADX.

        Yields:
            The pieces of the body.

        Raises:
            ApiError: DHIS2 refused.
        """
        named = {"json": None, "csv": "csv", "xml": "xml", "adx": "adx+xml"}[format]
        params = [*selection.params(self._api.dialect), ("format", named)]
        base_url = self._api.connection.base_url
        call = build_call("GET", PATH, base_url=base_url, params=params, accept=MEDIA[format])
        async with self._api.connection.stream(call) as (reply, pieces):
            error = error_of(reply)
            if error is not None:
                raise error
            yield pieces

    # Importing

    async def push(
        self,
        values: Iterable[Mapping[str, Any]] | ValueBatch,
        options: DataValueOptions | None = None,
        *,
        data_set: str | None = None,
        data_sets: Sequence[DataSetFacts] | None = None,
        complete_date: str | None = None,
        background: bool = False,
        within: float = 600.0,
        compress: bool = True,
        encode: Callable[[object], bytes] | None = None,
    ) -> DataValueReport:
        """Import values, as many as fit into one request each; what the server refuses is in the report.

        What no server would take (a missing key, a wrong period, the same key twice) is not sent, because one such
        value can bring 2.43 to refuse all. From 2.43 on values are sent by data set, each its own request, and what is
        outside of its input periods is not sent: DHIS2 would take it. An update replaces the whole value: comment and
        mark that are left out are cleared (`set` keeps them).

        Args:
            values: Values with DHIS2's keys, or a batch of them. `value` may be a number, a boolean or a date too;
                what is None, NaN, NaT or NA is missing.
            options: How. Default: create and update.
            data_set: The data set that they are of. Default: none up to 2.42; from 2.43 on the client finds it.
            data_sets: Among which it finds it, as `data_set_facts` gives them. Default: they are read for each call.
            complete_date: Register the data set as complete on this day (`2024-02-03`): for values of one period, unit
                and attribute option combo.
            background: Have a job do it; it begins within 20 seconds, and one runs at a time.
            within: Seconds to wait for each job.
            compress: Send it gzipped.
            encode: What makes JSON of a body, for who has a faster one (`orjson.dumps`). Default: pydantic's.

        Returns:
            One report for all.

        Raises:
            InvalidRequestError: A dry run that would really complete the data set; a completion of several periods or
                units; CREATE or UPDATE where DHIS2 takes them for both; what is given are no values (a frame, texts),
                or a value has a key that DHIS2 does not know, and would pass over. Nothing was sent.
            ApiError: The server refused the request as such.
            JobTimeoutError: The job is not done in time; it goes on running.

        Warns:
            DataLossWarning: DHIS2 took values without storing them (zeros that are not significant).
        """
        chosen = options or DataValueOptions()
        self._check(chosen, data_set, complete_date)
        batch = cleaned_batch(values if isinstance(values, ValueBatch) else batch_of(values, self._api.dialect))
        reports = [DataValueReport(len(batch.refused), ImportCounts(), tuple(batch.refused.values()))]
        completion = _completion(complete_date, batch.some(batch.sent))
        known = await self._known_sets(batch, data_set, data_sets, chosen)
        groups = _groups(batch, data_set, known)
        guard = EntryGuard(self._api, {each.id: each.rules for each in known}, chosen)
        closed = await guard.closed(batch, groups)
        reports.append(DataValueReport(len(closed), ImportCounts(), tuple(closed.values())))
        for group, all_positions in groups.items():
            positions = [index for index in all_positions if index not in closed] if closed else all_positions
            if not positions:
                continue
            body: dict[str, Any] = {"dataSet": group, **completion, **guard.combo(group)} if group else {}
            body |= {**chosen.schemes.head(), "dataValues": batch.forms(positions)}
            content = _encoded(body, encode)
            answer = await self._import(content, group, chosen, background=background, within=within, compress=compress)
            report = read_import_report(answer, batch.some(positions))
            reports.append(_at(report, positions))
        whole = merged(reports)
        if whole.vanished and not chosen.dry_run:
            warnings.warn(
                f"DHIS2 took {whole.vanished} of {whole.given} values without storing or counting them: up to 2.42 it "
                "drops zeros of data elements for which zero is not significant.",
                DataLossWarning,
                stacklevel=2,
            )
        return whole

    async def push_content(
        self,
        content: bytes,
        format: Format,
        options: DataValueOptions | None = None,
        *,
        data_set: str | None = None,
        background: bool = False,
        within: float = 600.0,
    ) -> DataValueReport:
        """Import the content of a file; JSON, CSV and XML are read, so that `push` can guard them.

        What stands in the head counts, as in DHIS2: data set, completion, identifier schemes, dry run. ADX is sent as
        it is, in one request: only DHIS2 knows which combo its categories make. It is read for the report alone.

        Args:
            content: The bytes.
            format: `json`, `csv`, `xml` or `adx`.
            options: How. Default: create and update; for ADX identifiers are codes, as in its exports.
            data_set: The data set that they are of.
            background: Have a job do it.
            within: Seconds to wait for the job.

        Raises:
            InvalidDataValuesError: The JSON, CSV, XML or ADX is none.
            InvalidRequestError: JSON, CSV or XML says something of a value that DHIS2 does not know; see `push`.
            ApiError: The server refused the request as such.
        """
        chosen = options or DataValueOptions()
        rows, head = _read(content, format)
        if format != "adx":
            return await self.push(
                rows,
                chosen.with_head(head),
                data_set=data_set or head.get("dataSet"),
                complete_date=head.get("completeDate") or None,
                background=background,
                within=within,
            )
        self._check(chosen, data_set, None)
        params = {"dataSet": data_set, **chosen.params(), "async": background or None}
        if not params.get("idScheme"):
            params["idScheme"] = "CODE"  # 2.43 writes codes, and reads UIDs
        reply = await self._api.ask(
            "POST",
            PATH,
            params=params,
            body=without_default_group(content),
            content_type=MEDIA[format],
            compress=True,
        )
        answer = await self._answer(reply, within)
        return read_import_report(answer, rows if self._are_numbered(rows, read_import_report(answer)) else None)

    def _are_numbered(self, rows: Sequence[Mapping[str, Any]], report: DataValueReport) -> bool:
        """Whether DHIS2 numbers the values of ADX as they stand in the file.

        2.41 leaves out groups that it cannot read, and counts on without them; from 2.43 on it begins anew with each
        data set.
        """
        left_out = report.counts.total and any(refusal.index is None for refusal in report.refusals)
        begins_anew = self._api.dialect.groups_data_values_by_data_set
        return not left_out and not (begins_anew and len({row.get("dataSet") for row in rows}) > 1)

    def _check(self, options: DataValueOptions, data_set: str | None, complete_date: str | None) -> None:
        if options.dry_run and complete_date:
            raise InvalidRequestError("DHIS2 2.42 registers the completion in a dry run, too.")
        if complete_date:
            day_text(complete_date)
        if complete_date and not data_set:
            raise InvalidRequestError("complete_date needs data_set.")
        schemes = options.schemes
        combos = schemes.category_option_combo or schemes.all
        if schemes.attribute_option_combo not in (None, combos) and not self._api.dialect.reads_attribute_combo_scheme:
            raise InvalidRequestError(
                "This version reads attribute option combos by the scheme of category option combos.",
                next_step="Give both the same scheme.",
            )
        if options.strategy in ("CREATE", "UPDATE") and not self._api.dialect.honours_import_strategy:
            raise InvalidRequestError(
                f"This version takes {options.strategy} for CREATE_AND_UPDATE, and would overwrite.",
                next_step="Read what is there (`rows`), and send only what is to be written.",
            )

    async def _known_sets(
        self,
        batch: ValueBatch,
        data_set: str | None,
        data_sets: Sequence[DataSetFacts] | None,
        options: DataValueOptions,
    ) -> Sequence[DataSetFacts]:
        """The data sets among which those of the values are; none where the version does not want to know."""
        if not batch.sent or not self._api.dialect.groups_data_values_by_data_set:
            return ()
        if data_sets is not None:
            return data_sets
        return await self.data_set_facts(options, data_set)

    async def _named_set(self, data_set: str, options: DataValueOptions) -> list[DataSetFacts]:
        """The facts of one data set, under the name that it was given; none where it is not found by that."""
        scheme = options.schemes.data_set or options.schemes.all
        if scheme not in PROPERTIES:
            return []
        rows = await self._api.rows("dataSets", f"id,periodType,{ENTRY_FIELDS}", where(PROPERTIES[scheme]).eq(data_set))
        combo = await self._default_combo(rows, options)
        return [facts_of({**row, "id": data_set}, "id", "id", combo) for row in rows]

    async def _default_combo(self, data_sets: Sequence[Row], options: DataValueOptions) -> str | None:
        """What names the default attribute option combo, where values of one of the data sets need that."""
        scheme = options.schemes.all
        asks = scheme in PROPERTIES and self._api.dialect.turns_input_periods_round
        if not asks or not any(map(needs_combo, data_sets)):
            return None
        (combo,) = await self._api.rows("categoryOptionCombos", "id,code,name", where("name").eq("default"))
        return str(combo[PROPERTIES[scheme]])

    async def data_set_facts(
        self, options: DataValueOptions | None = None, data_set: str | None = None
    ) -> list[DataSetFacts]:
        """What of each data set decides about its values: elements, units, period type, when it takes them.

        Args:
            options: Its identifier schemes are those of the facts.
            data_set: Only when this one takes values, under the name that is given; nothing where an attribute names
                it. Default: all of every data set.

        Raises:
            InvalidRequestError: A scheme by an attribute; name the data set then.
        """
        if data_set:
            return await self._named_set(data_set, options or DataValueOptions())
        chosen = options or DataValueOptions()
        schemes = chosen.schemes
        element, unit = schemes.data_element or schemes.all, schemes.org_unit or schemes.all
        if element not in PROPERTIES or unit not in PROPERTIES:
            raise InvalidRequestError("With identifiers by an attribute, say which data set the values are of.")
        first, second = PROPERTIES[element], PROPERTIES[unit]
        fields = f"id,periodType,dataSetElements[dataElement[{first}]],organisationUnits[{second}],{ENTRY_FIELDS}"
        rows = await self._api.rows("dataSets", fields)
        combo = await self._default_combo(rows, chosen)
        return [facts_of(row, first, second, combo) for row in rows]

    async def _import(
        self,
        content: Body,
        data_set: str | None,
        options: DataValueOptions,
        *,
        background: bool,
        within: float,
        compress: bool,
    ) -> object:
        params = {**options.params(), "async": background or None}
        if data_set:
            params["dataSetIdScheme"] = params.get("dataSetIdScheme") or ("UID" if params.get("idScheme") else None)
        reply = await self._api.ask("POST", PATH, params=params, body=content, content_type=JSON, compress=compress)
        return await self._answer(reply, within)

    async def _answer(self, reply: Reply, within: float) -> object:
        """The summary in an answer, whatever its status; of a job when it is done."""
        if reply.is_json:
            from pydantic_core import from_json

            try:
                answer = as_object(from_json(reply.body))
            except ValueError:
                answer = {}
            if is_import_report(answer):
                return answer
        job = job_of(value_of(reply))
        if job is None:
            raise EmptyAnswerError(f"{reply.asked} got no report.", method="POST", path=reply.path, status=reply.status)
        return (await JobService(self._api).wait(job, within=within)).summary


def _encoded(body: Mapping[str, Any], encode: Callable[[object], bytes] | None) -> Body:
    """The body as JSON; as it is where the encoder cannot, so that the one of every request says what is wrong."""
    from pydantic_core import to_json

    try:
        return (encode or to_json)(body)
    except (TypeError, ValueError):
        return body


def _read(content: bytes, format: Format) -> tuple[list[Row], Mapping[str, str]]:
    """The values of a file, and what stands beside them."""
    readers = {"json": JsonValueReader, "csv": CsvValueReader, "xml": XmlValueReader}
    reader = XmlValueReader("adx") if format == "adx" else readers[format]()
    try:
        rows = reader.feed(content) + reader.end()
    except UnicodeDecodeError as error:
        raise InvalidDataValuesError(f"The content is not in UTF-8: {error}.") from error
    return rows, {} if isinstance(reader, CsvValueReader) else reader.head


def _completion(complete_date: str | None, values: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What the head says of a completion; DHIS2 takes none without its period and unit, and leaves it out or fails."""
    if complete_date is None:
        return {}
    places = {(key.period, key.org_unit, key.attribute_option_combo) for key in map(key_of, values)}
    if len(places) != 1:
        raise InvalidRequestError(
            "complete_date is for values of one period, unit and attribute option combo.",
            next_step="`completions.register` completes the others.",
        )
    (period, unit, combo) = places.pop()
    head = {"completeDate": complete_date, "period": period, "orgUnit": unit}
    return head | ({"attributeOptionCombo": combo} if combo else {})


def _groups(
    batch: ValueBatch, data_set: str | None, known: Sequence[DataSetFacts]
) -> Mapping[str | None, Sequence[int]]:
    """The positions of the values by the data set that they are sent with."""
    if not batch.sent:
        return {}
    if data_set or not batch.dialect.groups_data_values_by_data_set:
        return {data_set: batch.sent}
    if len(batch.sent) == len(batch.values):
        return by_data_set(batch.all_columns, known)
    groups = by_data_set(columns_of(batch.some(batch.sent)), known)
    return {group: [batch.sent[position] for position in positions] for group, positions in groups.items()}


def _at(report: DataValueReport, positions: Sequence[int]) -> DataValueReport:
    """The report with positions in what was given, instead of in what was sent."""
    if not report.refusals:
        return report
    moved = tuple(
        refusal if refusal.index is None else replace(refusal, index=positions[refusal.index])
        for refusal in report.refusals
    )
    return replace(report, refusals=moved)


def _of_combos(rows: list[dict[str, Any]], wanted: set[str]) -> list[DataValue]:
    """The rows of these attribute option combos: 2.42 drops an unknown one from the selection, and sends everything."""
    kept = [row for row in rows if row.get("attributeOptionCombo") in wanted] if wanted else rows
    return cast("list[DataValue]", kept)


def _without_none(body: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in body.items() if value is not None}
