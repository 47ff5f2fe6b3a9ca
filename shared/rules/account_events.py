"""What Meta says about accounts, numbers and templates (Cloud API docs, "Webhooks reference").

Every event is logged by name; a few change something; what a person should see alerts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from shared.model import AccountChange, Remark, TemplateChange
from shared.rules.messaging_limit import read_limit
from shared.rules.template_content import content_of_event
from shared.rules.template_states import (
    DELETIONS,
    RESTORED,
    STATUS,
    WARNINGS,
    category_of,
    quality_of,
)
from shared.rules.untrusted import (
    id_of,
    moment_of,
    object_of,
    objects_of,
    text_of,
    time_of,
    word_of,
)

_Object = Mapping[str, Any]

# Of the restrictions an account may get, the one that forbids writing first.
NO_MESSAGES: Final = "RESTRICTED_BIZ_INITIATED_MESSAGING"
# The account is gone, or no longer ours to send from.
_ENDINGS: Final = frozenset(
    {"ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED", "PARTNER_REMOVED", "PARTNER_APP_UNINSTALLED"}
)
_BANS: Final = MappingProxyType({"DISABLE": True, "REINSTATE": False})
_NAMELESS: Final = "OTHER"
# A message of this category costs almost five times as much as one of UTILITY, and Meta bills it
# from the moment it says so.
_DEAR: Final = "MARKETING"


@dataclass(frozen=True, kw_only=True)
class AccountNews:
    """What one entry says: what changes, and what the log says about it."""

    templates: tuple[TemplateChange, ...] = ()
    accounts: tuple[AccountChange, ...] = ()
    remarks: tuple[Remark, ...] = ()


def read_account_news(field: str, value: _Object, entry: _Object) -> AccountNews | None:
    """Return what a change of one of these fields says, or None if it is another field."""
    read = _READERS.get(field)
    return read(_Told(field=field, value=value, entry=entry)) if read else None


@dataclass(frozen=True, kw_only=True)
class _Told:
    """One change as Meta sends it."""

    field: str
    value: _Object
    entry: _Object

    @property
    def event(self) -> str:
        return word_of(self.value.get("event")) or _NAMELESS

    @property
    def waba_id(self) -> str:
        """The account; under `entry` stands a partner's business where `waba_info` names one."""
        informed = object_of(self.value.get("waba_info")).get("waba_id")
        return id_of(informed) or id_of(self.entry.get("id")) or ""

    def remark(self, word: object, *, alerts: bool = False, until: object = None) -> Remark:
        return Remark(
            field=self.field,
            meta_event=word_of(word) or _NAMELESS,
            waba_id=self.waba_id,
            template_id=id_of(self.value.get("message_template_id")),
            alerts=alerts,
            until=moment_of(until),
        )

    def blocks(self, word: str, *, blocked: bool = True, until: object = None) -> AccountChange:
        return AccountChange(
            waba_id=self.waba_id,
            blocked=blocked,
            meta_event=word,
            until=moment_of(until),
            at=time_of(self.entry.get("time")),
        )

    def template(self, **said: Any) -> TemplateChange:
        """Meta's samples write the language with a hyphen or an underscore."""
        language = (text_of(self.value.get("message_template_language")) or "").replace("-", "_")
        return TemplateChange(
            waba_id=self.waba_id,
            meta_template_id=id_of(self.value.get("message_template_id")),
            name=text_of(self.value.get("message_template_name")),
            language=language or None,
            at=time_of(self.entry.get("time")),
            **({"status": None, "reason": None} | said),
        )


def _account_update(told: _Told) -> AccountNews:
    event = told.event
    if event == "ACCOUNT_RESTRICTION":
        return _restrictions(told)
    if event == "DISABLED_UPDATE":
        return _ban(told)
    changes = (told.blocks(event),) if event in _ENDINGS else ()
    alerts = bool(changes) or event == "ACCOUNT_VIOLATION"
    return AccountNews(accounts=changes, remarks=(told.remark(event, alerts=alerts),))


def _restrictions(told: _Told) -> AccountNews:
    """Each restriction may end at another time, so that each counts for itself."""
    changes, remarks = [], []
    for restriction in objects_of(told.value.get("restriction_info")) or [{}]:
        kind, until = restriction.get("restriction_type"), restriction.get("expiration")
        remarks.append(told.remark(kind or told.event, alerts=True, until=until))
        if kind == NO_MESSAGES:
            changes.append(told.blocks(NO_MESSAGES, until=until))
    return AccountNews(accounts=tuple(changes), remarks=tuple(remarks))


def _ban(told: _Told) -> AccountNews:
    state = word_of(object_of(told.value.get("ban_info")).get("waba_ban_state"))
    blocked = _BANS.get(state or "")
    changes = () if blocked is None else (told.blocks(told.event, blocked=blocked),)
    remark = told.remark(f"{told.event}_{state or _NAMELESS}", alerts=blocked is not False)
    return AccountNews(accounts=changes, remarks=(remark,))


def _account_alert(told: _Told) -> AccountNews:
    info = object_of(told.value.get("alert_info")) or told.value
    alerts = info.get("alert_severity") != "INFORMATIONAL"
    return AccountNews(remarks=(told.remark(info.get("alert_type"), alerts=alerts),))


def _account_review(told: _Told) -> AccountNews:
    decision = told.value.get("decision")
    return AccountNews(remarks=(told.remark(decision, alerts=decision == "REJECTED"),))


def _security(told: _Told) -> AccountNews:
    return AccountNews(remarks=(told.remark(told.event, alerts=True),))


def _capability(told: _Told) -> AccountNews:
    """The older member has been the portfolio's limit, too, since limits are shared."""
    limits = ("max_daily_conversations_per_business", "max_daily_conversation_per_phone")
    return _limit(told, limits, told.remark("CAPABILITY_UPDATE"))


def _number_quality(told: _Told) -> AccountNews:
    limits = ("max_daily_conversations_per_business", "current_limit")
    return _limit(told, limits, told.remark(told.event, alerts=told.event == "FLAGGED"))


def _limit(told: _Told, members: tuple[str, ...], remark: Remark) -> AccountNews:
    """The first member that tells a limit counts; later ones are the deprecated spellings."""
    for known, limit in (read_limit(told.value.get(member)) for member in members):
        if known:
            change = AccountChange(
                waba_id=told.waba_id,
                blocked=None,
                meta_event=remark.meta_event,
                until=None,
                limit_known=True,
                messaging_limit=limit,
                at=time_of(told.entry.get("time")),
            )
            return AccountNews(accounts=(change,), remarks=(remark,))
    return AccountNews(remarks=(remark,))


def _template_status(told: _Told) -> AccountNews:
    if "event" not in told.value and "new_quality_score" in told.value:
        return _template_quality(told)  # Meta's own sample names the wrong field
    event = told.event
    status = STATUS.get(event)
    if event == "LOCKED" and object_of(told.value.get("other_info")).get("title") == "UNPAUSE":
        status = None  # contradicts itself; the hourly question tells
    remark = told.remark(event, alerts=event in WARNINGS)
    if status is None:
        return AccountNews(remarks=(remark,))
    reason = None if status == RESTORED else text_of(told.value.get("reason"))
    change = told.template(status=status, reason=reason, deleted=event in DELETIONS)
    return AccountNews(templates=(change,), remarks=(remark,))


def _template_quality(told: _Told) -> AccountNews:
    """RED still sends; Meta pauses it next."""
    score = word_of(told.value.get("new_quality_score"))
    changes = (told.template(quality=quality_of(score)),) if score else ()
    return AccountNews(templates=changes, remarks=(told.remark(score, alerts=score == "RED"),))


def _template_category(told: _Told) -> AccountNews:
    """`new_category` is what holds now, also while a `correct_category` is only announced."""
    word = word_of(told.value.get("new_category"))
    category = category_of(word)
    changes = (told.template(category=category),) if category else ()
    coming = word_of(told.value.get("correct_category")) or word
    alerts = coming == _DEAR and told.value.get("previous_category") != _DEAR
    return AccountNews(templates=changes, remarks=(told.remark(coming, alerts=alerts),))


def _template_detection(told: _Told) -> AccountNews:
    """Meta finds another category in what was sent, which may restrict the account next."""
    return AccountNews(remarks=(told.remark(told.value.get("correct_category"), alerts=True),))


def _template_components(told: _Told) -> AccountNews:
    content = content_of_event(told.value)
    changes = (told.template(content=content),) if content else ()
    return AccountNews(templates=changes, remarks=(told.remark("COMPONENTS_UPDATE"),))


def _number_name(told: _Told) -> AccountNews:
    """The name that people see over a number's messages; one that is rejected is to be mended."""
    decision = told.value.get("decision")
    return AccountNews(remarks=(told.remark(decision, alerts=decision == "REJECTED"),))


_READERS: Final[Mapping[str, Callable[[_Told], AccountNews]]] = MappingProxyType(
    {
        "account_update": _account_update,
        "account_alerts": _account_alert,
        "account_review_update": _account_review,
        "security": _security,
        "business_capability_update": _capability,
        "phone_number_quality_update": _number_quality,
        "phone_number_name_update": _number_name,
        "message_template_status_update": _template_status,
        "message_template_quality_update": _template_quality,
        "template_category_update": _template_category,
        "template_correct_category_detection": _template_detection,
        "message_template_components_update": _template_components,
    }
)
ACCOUNT_FIELDS: Final = tuple(_READERS)
