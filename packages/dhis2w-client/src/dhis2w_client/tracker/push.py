"""`Push`: sending objects to tracker, at once or as a job, and reading what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dhis2w_client.call import build_call
from dhis2w_client.errors import ConflictError
from dhis2w_client.jobs.errors import SummaryMissingError
from dhis2w_client.jobs.job_run import JobRun
from dhis2w_client.jobs.service import JobService
from dhis2w_client.json_value import as_object, as_text
from dhis2w_client.pages import object_of
from dhis2w_client.refusals import error_of
from dhis2w_client.replies import value_of
from dhis2w_client.tracker.payload import with_uids
from dhis2w_client.tracker.push_options import PushOptions
from dhis2w_client.tracker.report import checked_report, tracker_report

if TYPE_CHECKING:
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.reply import Reply
    from dhis2w_client.tracker.payload import Payload, Row
    from dhis2w_client.tracker.report import TrackerReport

JOB_TYPE = "TRACKER_IMPORT_JOB"


@dataclass(frozen=True, slots=True)
class Push:
    """Sends payloads to tracker."""

    api: MetadataApi

    async def __call__(
        self,
        payload: Payload,
        options: PushOptions | None = None,
        *,
        background: bool = False,
        within: float = 1800.0,
        repeat: bool = True,
    ) -> TrackerReport:
        """See `TrackerService.push`."""
        chosen = options or PushOptions()
        sent = with_uids(payload)
        reply = await self._post(sent, chosen, background=background, repeat=repeat)
        asked = {"method": reply.method, "path": reply.path, "status": reply.status}
        answer = _answer(reply)
        if background:
            answer = await self._report_of_job(_job(answer), within)
        return checked_report(tracker_report(answer, sent, saved=not chosen.dry_run), chosen, asked)

    async def _post(self, sent: Row, options: PushOptions, *, background: bool, repeat: bool) -> Reply:
        """Send it; again after a failure where a second time changes nothing: with UIDs, and not as a second job."""
        call = build_call(
            "POST",
            "tracker",
            base_url=self.api.connection.base_url,
            params=options.params(background=background),
            body=sent,
            repeatable=repeat and options.strategy == "CREATE_AND_UPDATE" and not background,
        )
        return await self.api.connection.ask(call)

    async def _report_of_job(self, id: str, within: float) -> Row:
        """The report of a job; DHIS2 stores it before it says that the job is done."""
        job = JobRun(JOB_TYPE, id)
        outcome = await JobService(self.api).wait(job, within=within, summary=False)
        reply = await self.api.ask("GET", f"tracker/jobs/{id}/report", params={"reportMode": "FULL"})
        if reply.status == 404:
            raise SummaryMissingError(
                f"The job {JOB_TYPE} {id} ended without a report; its last word: {(outcome.messages or ('none',))[-1]}",
                job=id,
                next_step="The server's log says why. Pushing the same payload again does not make anything twice.",
            )
        return object_of(reply)


def _answer(reply: Reply) -> object:
    """The JSON of an answer; a refusal that carries tracker's report is one, not an error."""
    error = error_of(reply)
    if error is None or (error_report := getattr(error, "report", None)) is None:
        return value_of(reply)
    if error_report.kind != "TrackerReport":
        raise error
    from pydantic_core import from_json

    return from_json(reply.body)


def _job(answer: object) -> str:
    """The UID of the job that an answer says was started; its `location` lacks `/api`."""
    id = as_text(as_object(as_object(answer).get("response")).get("id"))
    if id is None:
        raise ConflictError("DHIS2 took the payload, and does not say which job imports it.")
    return id
