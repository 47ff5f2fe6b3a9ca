"""What Meta told the webhook, applied: receipts, opt-outs, replies, what became of accounts."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import TypeVar

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
    Remark,
    SamePerson,
    TemplateChange,
)
from shared.rules.attempts import notice_of_failure
from shared.rules.events import parse_events
from shared.rules.meta_errors import rule_for
from shared.rules.notices import account_stopped
from shared.services.replies import reply
from shared.services.row_by_row import Answer, Row, Taken, take_rows
from shared.services.wishes import wishes

_Event = TypeVar(
    "_Event",
    Receipt,
    InboundMessage,
    MarketingPreference,
    SamePerson,
    TemplateChange,
    AccountChange,
)
_Change = TypeVar("_Change", TemplateChange, AccountChange)
# Meta's clock may be a little ahead of ours; a time further ahead would be now at each repetition.
_CLOCK_TOLERANCE = timedelta(minutes=5)


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
        now = self._clock()
        events = _said_by(parse_events(payload), now)
        # A BAJA first: whatever fails after it, it holds.
        opt_outs = self._apply_wishes(events)
        self._apply_changes(events)
        rows = [_receipt_row(receipt, now) for receipt in events.receipts]
        receipts = self._take(self._queue.apply_receipts, rows).counts()
        if receipts.pop("resolvable", 0):
            opt_outs["changed"] += self._queue.resolve_opt_outs()
        if events.inbound:
            self._publisher.publish_json(
                self._topic, [reply(message, now) for message in events.inbound]
            )
        self._report(events, receipts, opt_outs, now)
        return Reply(
            body={"receipts": receipts, "opt_outs": opt_outs, "ignored": dict(events.ignored)}
        )

    def _apply_wishes(self, events: ParsedEvents) -> Counter[str]:
        """A person's names come with the wishes: who is known by now decides whose they are."""
        rows = [_row(person) for person in events.people] + wishes(events)
        counts = Counter(changed=0, unresolved=0)
        counts.update(self._take(self._queue.apply_opt_outs, rows).counts())
        if counts.pop("resolvable", 0):
            counts["changed"] += self._queue.resolve_opt_outs()
        return counts

    def _apply_changes(self, events: ParsedEvents) -> None:
        templates = self._take(
            lambda rows: self._queue.apply_changes(rows, []),
            [_row(change) for change in events.templates],
        )
        accounts = self._take(
            lambda rows: self._queue.apply_changes([], rows),
            [_account_row(change) for change in events.accounts],
        )
        stopped = sum(answer["jobs_paused"] for _, answer in templates.answers)
        if stopped:
            self._logger.warning("events", extra={"event": "template_stopped", "count": stopped})
        for row in templates.strangers("unknown_templates"):
            template_id = row["meta_template_id"]
            extra = {"event": "template_unknown", "template_id": template_id}
            self._logger.info("events", extra=extra | {"waba_id": row["waba_id"]})
        for row in accounts.strangers("unknown_accounts"):
            extra = {"event": "account_unknown", "waba_id": row["waba_id"]}
            self._logger.warning("events", extra=extra | {"meta_event": row["meta_event"]})

    def _take(self, apply: Callable[[Sequence[Row]], Answer], rows: list[Row]) -> Taken:
        taken = take_rows(apply, rows)
        if taken.refused:
            extra = {"event": "row_refused", "count": taken.refused}
            self._logger.error("events", extra=extra)
        return taken

    def _report(
        self,
        events: ParsedEvents,
        receipts: dict[str, int],
        opt_outs: dict[str, int],
        now: datetime,
    ) -> None:
        extra = {
            **receipts,
            "opt_outs": opt_outs["changed"],
            "inbound": len(events.inbound),
            "ignored": dict(events.ignored),
        }
        self._logger.info("events", extra=extra)
        for remark in dict.fromkeys(events.remarks):
            self._report_remark(remark, now)
        if opt_outs["unresolved"]:
            # Somebody asked to be left alone and we cannot tell yet who.
            extra = {"event": "opt_out_unresolved", "count": opt_outs["unresolved"]}
            self._logger.warning("events", extra=extra)

    def _report_remark(self, remark: Remark, now: datetime) -> None:
        alerts = remark.alerts and not (remark.until and remark.until <= now)
        extra = {
            "event": "account_alert" if alerts else "account_event",
            "field": remark.field,
            "meta_event": remark.meta_event,
            "waba_id": remark.waba_id,
            "template_id": remark.template_id,
        }
        self._logger.log(logging.WARNING if alerts else logging.INFO, "events", extra=extra)


def _said_by(events: ParsedEvents, now: datetime) -> ParsedEvents:
    """Give every event a time, and none a later one than now: another clock may be ahead.

    Changes of templates and accounts count in the order of their own time. One without a usable
    time has no place there and is only counted: the hourly question tells what it would have told.
    """
    templates, accounts = _in_order(events.templates, now), _in_order(events.accounts, now)
    untimed = len(events.templates + events.accounts) - len(templates + accounts)
    return replace(
        events,
        receipts=_timed(events.receipts, now),
        inbound=_timed(events.inbound, now),
        preferences=_timed(events.preferences, now),
        people=_timed(events.people, now),
        templates=_timed(templates, now),
        accounts=_timed(accounts, now),
        ignored={**events.ignored} | ({"change:untimed": untimed} if untimed else {}),
    )


def _in_order(changes: tuple[_Change, ...], now: datetime) -> tuple[_Change, ...]:
    latest = now + _CLOCK_TOLERANCE
    return tuple(change for change in changes if change.at and change.at <= latest)


def _timed(events: tuple[_Event, ...], now: datetime) -> tuple[_Event, ...]:
    return tuple(replace(event, at=min(event.at or now, now)) for event in events)


def _row(event: TemplateChange | AccountChange | SamePerson) -> Row:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(event).items()
    }


def _account_row(change: AccountChange) -> Row:
    """Return a change with the reason that whoever waits for the account's numbers reads."""
    return _row(change) | {"reason": account_stopped(change.meta_event)}


def _receipt_row(receipt: Receipt, now: datetime) -> Row:
    rule = rule_for(receipt.error_code)
    failed = receipt.status == ReceiptStatus.FAILED
    return {
        "phone_number_id": receipt.phone_number_id,
        "message_id": receipt.message_id,
        "meta_message_id": receipt.meta_message_id,
        "status": receipt.status,
        "at": (receipt.at or now).isoformat(),
        "user_id": receipt.user_id,
        "error_code": receipt.error_code,
        "error_message": notice_of_failure(receipt.error_code) if failed else None,
        "frees_contact": rule.frees_contact,
        "stops": rule.stops if failed else None,
        "cause": rule.cause if failed else None,
        "opts_out": rule.opts_out and failed,
    }
