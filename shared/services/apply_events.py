"""What Meta told the webhook, applied: receipts, opt-outs, replies."""

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from shared.adapters.pubsub import Publisher
from shared.adapters.store import QueueStore
from shared.http import Reply
from shared.model import (
    AccountChange,
    InboundMessage,
    MarketingPreference,
    ParsedEvents,
    Receipt,
    ReceiptStatus,
    TemplateChange,
)
from shared.rules.events import parse_events
from shared.rules.meta_errors import Action, rule_for
from shared.rules.opt_out import Intent, intent_of
from shared.rules.outcomes import notice_of_failure, scope_of

Row = dict[str, object]


class EventApplier:
    """Applies one webhook call's events; every step may be repeated without effect."""

    def __init__(
        self,
        queue: QueueStore,
        publisher: Publisher,
        inbound_topic: str,
        clock: Callable[[], datetime],
        logger: logging.Logger,
    ) -> None:
        self._queue = queue
        self._publisher = publisher
        self._topic = inbound_topic
        self._clock = clock
        self._logger = logger

    def apply(self, payload: object) -> Reply:
        """Apply what is known, count what is not.

        Raises:
            Unavailable: the database or Pub/Sub; Pub/Sub delivers the call again.
        """
        events = parse_events(payload)
        now = self._clock()
        wishes = _wishes(events, now)
        # A BAJA first: whatever fails after it, it holds.
        opt_outs = self._queue.apply_opt_outs(wishes) if wishes else {"changed": 0, "unresolved": 0}
        if events.templates or events.accounts:
            templates = [_row(change, now) for change in events.templates]
            self._queue.apply_changes(templates, [_row(change, None) for change in events.accounts])
        rows = [_receipt_row(receipt, now) for receipt in events.receipts]
        receipts = self._queue.apply_receipts(rows) if rows else {}
        if receipts.pop("resolvable", 0):
            opt_outs["changed"] += self._queue.resolve_opt_outs()
        if events.inbound:
            self._publisher.publish_json(
                self._topic, [_inbound_row(message, now) for message in events.inbound]
            )
        self._report(events, receipts, opt_outs)
        return Reply(
            body={"receipts": receipts, "opt_outs": opt_outs, "ignored": dict(events.ignored)}
        )

    def _report(
        self, events: ParsedEvents, receipts: dict[str, int], opt_outs: dict[str, int]
    ) -> None:
        extra = {
            **receipts,
            "opt_outs": opt_outs["changed"],
            "inbound": len(events.inbound),
            "ignored": dict(events.ignored),
        }
        self._logger.info("events", extra=extra)
        if opt_outs["unresolved"]:
            # Somebody asked to be left alone and we cannot tell yet who.
            extra = {"event": "opt_out_unresolved", "count": opt_outs["unresolved"]}
            self._logger.warning("events", extra=extra)


def _row(change: TemplateChange | AccountChange, now: datetime | None) -> Row:
    row = asdict(change)
    if now:
        row["at"] = row["at"] or now
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _receipt_row(receipt: Receipt, now: datetime) -> Row:
    rule = rule_for(receipt.error_code)
    failed = receipt.status == ReceiptStatus.FAILED
    return {
        "message_id": receipt.message_id,
        "meta_message_id": receipt.meta_message_id,
        "status": receipt.status,
        "at": (receipt.at or now).isoformat(),
        "user_id": receipt.user_id,
        "error_code": receipt.error_code,
        "error_message": notice_of_failure(receipt.error_code) if failed else None,
        "frees_contact": rule.frees_contact,
        "scope": scope_of(receipt.error_code) if failed else None,
        "opts_out": rule.action == Action.OPT_OUT and failed,
    }


def _wishes(events: ParsedEvents, now: datetime) -> list[Row]:
    replies = [(message, _intent(message)) for message in events.inbound]
    return [_wish(message, intent, now) for message, intent in replies if intent != Intent.NONE] + [
        _preference(preference, now) for preference in events.preferences
    ]


def _intent(message: InboundMessage) -> Intent:
    """Return what the text or the pressed button asks; asking for silence wins."""
    intents = {intent_of(words) for words in (message.text, message.payload) if words}
    return next((wish for wish in (Intent.OPT_OUT, Intent.OPT_IN) if wish in intents), Intent.NONE)


def _wish(message: InboundMessage, intent: Intent, now: datetime) -> Row:
    return {
        "phone_number_id": message.phone_number_id,
        "phone": message.sender_phone,
        "user_id": message.user_id,
        "context_message_id": message.context_message_id,
        "opted_out": intent == Intent.OPT_OUT,
        "source": "reply",
        "at": (message.at or now).isoformat(),
    }


def _preference(preference: MarketingPreference, now: datetime) -> Row:
    return {
        "phone_number_id": preference.phone_number_id,
        "phone": preference.phone,
        "user_id": preference.user_id,
        "context_message_id": None,
        "opted_out": preference.stopped,
        "source": "user_preferences",
        "at": (preference.at or now).isoformat(),
    }


def _inbound_row(message: InboundMessage, now: datetime) -> Row:
    """Return a reply as wa-inbound carries it; `meta_message_id` makes repeats visible."""
    return {
        "meta_message_id": message.meta_message_id,
        "phone_number_id": message.phone_number_id,
        "phone": message.sender_phone,
        "user_id": message.user_id,
        "context_message_id": message.context_message_id,
        "kind": message.kind,
        "text": message.text,
        "payload": message.payload,
        "at": (message.at or now).isoformat(),
    }
