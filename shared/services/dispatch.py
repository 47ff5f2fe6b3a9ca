"""One task, one message, at most one call to Meta."""

import logging
import threading
from collections.abc import Mapping
from uuid import UUID, uuid4

from shared.adapters.store import QueueStore
from shared.adapters.whatsapp import WhatsAppClient
from shared.fates import Cause, Fate, Stops
from shared.http import Reply
from shared.messages import AttemptRecord, Claim, Decision, SendingOrder
from shared.rules import notices
from shared.rules.attempts import record_of
from shared.rules.payloads import PayloadError
from shared.rules.template_parts import components_of
from shared.services.gate import SendGate

# A message must be at Meta, not only on its way, when the campaign or the veda's eve ends.
CALL_MARGIN_SECONDS = 15.0
THROTTLED_RETRY_SECONDS = 2
# What an operator should hear of: it stops more than one message, or may do so if it goes on.
SEVERITY: Mapping[Cause | None, int] = {
    Cause.TEMPLATE: logging.ERROR,
    Cause.ANSWER: logging.ERROR,
    Cause.CREDENTIALS: logging.ERROR,
    Cause.OUTAGE: logging.WARNING,
    Cause.UNEXPLAINED: logging.WARNING,
}
# A queue that wakes up delivers hundreds of tasks at once. If all claimed together, messages whose
# slot has come would wait for the processor and then leave in a bunch, faster than Meta allows.
CLAIMS_AT_ONCE = 16
# A message that is claimed and waits for its slot can no longer be cancelled, and becomes unknown
# if this process dies. So few are claimed ahead: at 70 a second half a second's worth, longer than
# a claim takes, so that the next one is always ready. The rest of a burst waits unclaimed.
WAITING_AT_ONCE = 32


class Dispatcher:
    """Claims a message, waits for its slot, calls Meta once and records what happened."""

    def __init__(
        self,
        queue: QueueStore,
        clients: Mapping[str, WhatsAppClient],
        gate: SendGate,
        logger: logging.Logger,
    ) -> None:
        self._queue = queue
        self._clients = clients
        self._gate = gate
        self._logger = logger
        self._claims = threading.Semaphore(CLAIMS_AT_ONCE)
        # By queue, so that a number that is throttled keeps no other one waiting.
        self._waiting: dict[str, threading.Semaphore] = {}

    def deliver(self, own_message_id: UUID, queue_name: str) -> Reply:
        """Handle the task of one message, of the named queue.

        It is a turn of its number: what is sent may be another message of that number.

        The reply is for Cloud Tasks: 2xx ends the task; 429 and 503 bring it back and slow the
        whole queue down, so they mean "everybody wait" and never "this recipient failed"
        (https://cloud.google.com/tasks/docs/common-pitfalls).

        Raises:
            Unavailable: the claim could not be made; nothing was sent.
        """
        with self._waiting.setdefault(queue_name, threading.Semaphore(WAITING_AT_ONCE)):
            with self._claims:
                asked_at = self._gate.now()
                claim = self._queue.claim_message(own_message_id, uuid4())
            if claim.order is None:
                return self._decline(claim)
            self._gate.wait(claim.order)
        message_id = claim.message_id
        record = self._attempt(message_id, claim.order, asked_at)
        status = self._queue.record_attempt(message_id, claim.order.attempt, record)
        self._log(
            "message",
            message_id,
            SEVERITY.get(record.cause, logging.INFO),
            fate=record.fate,
            stops=record.stops,
            cause=record.cause,
            error_code=record.error_code,
            attempt=claim.order.attempt,
        )
        body = {"fate": record.fate, "status": status}
        return (
            _slow_down(body, THROTTLED_RETRY_SECONDS)
            if record.fate == Fate.RETURNED
            else Reply(body=body)
        )

    def _attempt(self, message_id: UUID, order: SendingOrder, asked_at: float) -> AttemptRecord:
        whatsapp = self._clients.get(order.credential)
        if whatsapp is None:
            return AttemptRecord(
                fate=Fate.DEFERRED,
                stops=Stops.CREDENTIALS,
                cause=Cause.CREDENTIALS,
                error_message=notices.CREDENTIAL_MISSING,
            )
        try:
            components = components_of(order.template, order.params)
        except PayloadError as error:
            # Like Meta's own refusals of this kind: one message after another pauses the job.
            return AttemptRecord(
                fate=Fate.FAILED,
                stops=Stops.JOB,
                cause=Cause.PARAMETERS,
                error_message=error.notice,
            )
        # Counted from before the claim: its answer, the slot and the gate may all have been late.
        if self._gate.now() - asked_at > order.seconds_left - CALL_MARGIN_SECONDS:
            return AttemptRecord(fate=Fate.SKIPPED, skip_reason="expired")
        result = whatsapp.send_template(
            phone_number_id=order.phone_number_id,
            to=order.to,
            template_name=order.template.name,
            language=order.template.language,
            components=components,
            message_id=str(message_id),
        )
        return record_of(result, order.retries)

    def _decline(self, claim: Claim) -> Reply:
        self._log("claim", claim.message_id, decision=claim.decision, reason=claim.reason)
        body = {"decision": claim.decision, "reason": claim.reason}
        if claim.decision == Decision.RETURNED:
            return _slow_down(body, claim.retry_after_seconds)
        if claim.decision == Decision.MESSAGE_UNKNOWN:
            # 2xx all the same: the task would come back for days and find nothing.
            body |= {"code": "message_unknown", "field": "message_id"}
        return Reply(body=body)

    def _log(
        self, event: str, message_id: UUID, severity: int = logging.INFO, **fields: object
    ) -> None:
        self._logger.log(severity, event, extra={"message_id": str(message_id), **fields})


def _slow_down(body: dict[str, str], seconds: int) -> Reply:
    return Reply(status=429, body=body, headers={"Retry-After": str(seconds)})
