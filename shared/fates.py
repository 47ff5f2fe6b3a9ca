"""What becomes of a message, and what else an answer of Meta's stops (docs/glossary.md)."""

from enum import StrEnum


class Fate(StrEnum):
    """What became of a message in one attempt."""

    ACCEPTED = "accepted"  # Meta gave a message id
    HELD = "held"  # the same, but Meta waits with the delivery; never send again
    FAILED = "failed"  # Meta did not take it, or we cannot write it
    DEFERRED = "deferred"  # back in the queue without a task, due later
    RETURNED = "returned"  # back in the queue, its task comes again
    SKIPPED = "skipped"  # it was claimed, but never given to Meta
    UNKNOWN = "unknown"  # it left, and no answer tells more: only a receipt may settle it


class Stops(StrEnum):
    """What an answer, or a failed receipt, stops beside its own message: no less, and no more."""

    NOTHING = "nothing"
    JOB = "job"
    SENDER = "sender"  # the phone number or its account
    CREDENTIALS = "credentials"  # every number of the access token
    EVERYBODY = "everybody"  # Meta is out of order


class Cause(StrEnum):
    """Why; the words of communications.paused_by and wa_senders.blocked_by, and one more."""

    TEMPLATE = "template"  # it may not be sent now: the job is paused at once
    PARAMETERS = "parameters"  # what it is filled with is wrong: repeated, the job is at fault
    UNEXPLAINED = "unexplained"  # nobody can say whose fault it is: repeated, the job is paused
    THROTTLED = "throttled"  # too fast: the sender's next slots move back
    ANSWER = "answer"  # the number may not send: it is blocked
    CREDENTIALS = "credentials"  # the access token may not send
    OUTAGE = "outage"  # repeated, the sender is blocked
