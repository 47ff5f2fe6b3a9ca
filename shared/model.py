"""The words of the project as data: frozen, keyword-only, without behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.fates import Fate


@dataclass(frozen=True, kw_only=True)
class SendResult:
    """The message's fate as far as the call alone tells; `error_message` holds no personal data.

    "failed": Meta answered that it did not take the message; its code may yet defer or return it.
    "returned": the message never left this process, so that it is safe to try again.
    """

    fate: Fate
    meta_message_id: str | None = None
    error_code: int | None = None
    error_message: str | None = None
    retry_after_s: float | None = None


class ReceiptStatus(StrEnum):
    """What Meta reports about a message; their order in time is not guaranteed."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Meta's report about one message.

    `phone_number_id` is the number that sent the message. `message_id` is our own id, echoed by
    Meta; None when the message was not sent by us.
    `user_id` is Meta's id of the recipient, under which they reply if they hide their number.
    `at` is UTC; None when Meta gave no usable time, so that the time of arrival stands in.
    """

    phone_number_id: str
    message_id: str | None
    meta_message_id: str
    status: ReceiptStatus
    at: datetime | None
    user_id: str | None = None
    error_code: int | None = None
    error_message: str | None = None


@dataclass(frozen=True, kw_only=True)
class InboundMessage:
    """What a person wrote or pressed.

    `sender_phone` (E.164) is missing when the person hides the number behind a username;
    `user_id` then names them. `kind` is Meta's word, or "unknown" for one we have never seen.
    `text` is what they wrote or saw on the button, `payload` what a machine adds to it: a
    button's payload, a flow's answers (JSON as text), a location's "latitude,longitude".
    """

    phone_number_id: str
    sender_phone: str | None
    user_id: str | None
    meta_message_id: str | None
    context_message_id: str | None
    at: datetime | None
    kind: str
    text: str | None
    payload: str | None


@dataclass(frozen=True, kw_only=True)
class MarketingPreference:
    """A person stopped or resumed our marketing in WhatsApp's own settings."""

    phone_number_id: str
    phone: str | None
    user_id: str | None
    stopped: bool
    at: datetime | None


@dataclass(frozen=True, kw_only=True)
class SamePerson:
    """A person got another name, a phone (E.164) or one of Meta's user ids, or has both at once."""

    phone_number_id: str
    former: str
    present: str
    at: datetime | None


@dataclass(frozen=True, kw_only=True)
class TemplateChange:
    """Meta reviewed, paused, released, judged or changed a template; None where it says nothing.

    `status` is in the words of wa_templates, or "restored": out of the archive, to what it was.
    `deleted`: Meta means this id alone, and never another template of the same name.
    `content`: what the template shows now, as shared.rules.template_content has it.
    """

    waba_id: str
    meta_template_id: str | None
    name: str | None
    language: str | None
    status: str | None
    reason: str | None
    at: datetime | None
    category: str | None = None
    quality: str | None = None
    deleted: bool = False
    content: Mapping[str, object] | None = None


@dataclass(frozen=True, kw_only=True)
class AccountChange:
    """Meta stopped an account's messages, until a time or for good, or lets them go again.

    `blocked` is None where only the limit changes: `messaging_limit` people in 24 hours, None
    for unlimited, if `limit_known`. `meta_event` is the subject: what one word stops, only the
    same word lets go. `at` is UTC; None when Meta gave no usable time, so that the change has no
    place among the others.
    """

    waba_id: str
    blocked: bool | None
    meta_event: str
    until: datetime | None
    at: datetime | None
    limit_known: bool = False
    messaging_limit: int | None = None


@dataclass(frozen=True, kw_only=True)
class Remark:
    """What the log says about one event that is neither a message nor a receipt.

    `meta_event` is one of Meta's words, never free text. `alerts`: a person should look, at the
    latest before `until`, when what Meta forbids is over.
    """

    field: str
    meta_event: str
    waba_id: str
    template_id: str | None = None
    alerts: bool = False
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ParsedEvents:
    """One webhook body as typed events; `ignored` counts by reason what gave none."""

    receipts: tuple[Receipt, ...]
    inbound: tuple[InboundMessage, ...]
    preferences: tuple[MarketingPreference, ...]
    templates: tuple[TemplateChange, ...] = ()
    accounts: tuple[AccountChange, ...] = ()
    people: tuple[SamePerson, ...] = ()
    remarks: tuple[Remark, ...] = ()
    ignored: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Account:
    """A WhatsApp Business Account as one access token (`credential` is its name) sees it."""

    waba_id: str
    credential: str
    phone_number_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ListedTemplate:
    """A template as Meta lists it, in the words of wa_templates; None where Meta says nothing.

    `content`: what the template shows, as shared.rules.template_content has it.
    """

    meta_template_id: str
    name: str
    language: str
    status: str | None
    category: str | None
    quality: str | None
    reason: str | None
    content: Mapping[str, object] | None = None


@dataclass(frozen=True, kw_only=True)
class SenderStanding:
    """What Meta says about a number, None where it says nothing.

    `blocks`: with this status the number may not, or had better not, write to anybody.
    `messaging_limit` counts different people in 24 hours; None is unlimited, if `limit_known`.
    """

    phone_number_id: str
    meta_status: str | None
    blocks: bool
    quality: str | None
    throughput: str | None
    limit_known: bool
    messaging_limit: int | None
