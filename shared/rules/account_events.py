"""What Meta says about accounts, numbers and templates (Cloud API docs, "Webhooks reference").

Every event is logged by name; a few change something; what a person should see alerts.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from shared.model import AccountChange, Remark
from shared.rules.messaging_limit import read_limit
from shared.rules.template_events import (
    template_category,
    template_components,
    template_detection,
    template_quality,
    template_status,
)
from shared.rules.told import NAMELESS, AccountNews, Told
from shared.rules.untrusted import object_of, objects_of, time_of, word_of

_Object = Mapping[str, Any]

# Of the restrictions an account may get, the one that forbids writing first.
NO_MESSAGES: Final = "RESTRICTED_BIZ_INITIATED_MESSAGING"
# The account is gone, or no longer ours to send from.
_ENDINGS: Final = frozenset(
    {"ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED", "PARTNER_REMOVED", "PARTNER_APP_UNINSTALLED"}
)
_BANS: Final = MappingProxyType({"DISABLE": True, "REINSTATE": False})


def read_account_news(field: str, value: _Object, entry: _Object) -> AccountNews | None:
    """Return what a change of one of these fields says, or None if it is another field."""
    read = _READERS.get(field)
    return read(Told(field=field, value=value, entry=entry)) if read else None


def _account_update(told: Told) -> AccountNews:
    event = told.event
    if event == "ACCOUNT_RESTRICTION":
        return _restrictions(told)
    if event == "DISABLED_UPDATE":
        return _ban(told)
    changes = (told.blocks(event),) if event in _ENDINGS else ()
    alerts = bool(changes) or event == "ACCOUNT_VIOLATION"
    return AccountNews(accounts=changes, remarks=(told.remark(event, alerts=alerts),))


def _restrictions(told: Told) -> AccountNews:
    """Each restriction may end at another time, so that each counts for itself."""
    changes, remarks = [], []
    for restriction in objects_of(told.value.get("restriction_info")) or [{}]:
        kind, until = restriction.get("restriction_type"), restriction.get("expiration")
        remarks.append(told.remark(kind or told.event, alerts=True, until=until))
        if kind == NO_MESSAGES:
            changes.append(told.blocks(NO_MESSAGES, until=until))
    return AccountNews(accounts=tuple(changes), remarks=tuple(remarks))


def _ban(told: Told) -> AccountNews:
    state = word_of(object_of(told.value.get("ban_info")).get("waba_ban_state"))
    blocked = _BANS.get(state or "")
    changes = () if blocked is None else (told.blocks(told.event, blocked=blocked),)
    remark = told.remark(f"{told.event}_{state or NAMELESS}", alerts=blocked is not False)
    return AccountNews(accounts=changes, remarks=(remark,))


def _account_alert(told: Told) -> AccountNews:
    info = object_of(told.value.get("alert_info")) or told.value
    alerts = info.get("alert_severity") != "INFORMATIONAL"
    return AccountNews(remarks=(told.remark(info.get("alert_type"), alerts=alerts),))


def _account_review(told: Told) -> AccountNews:
    decision = told.value.get("decision")
    return AccountNews(remarks=(told.remark(decision, alerts=decision == "REJECTED"),))


def _security(told: Told) -> AccountNews:
    return AccountNews(remarks=(told.remark(told.event, alerts=True),))


def _capability(told: Told) -> AccountNews:
    """The older member has been the portfolio's limit, too, since limits are shared."""
    limits = ("max_daily_conversations_per_business", "max_daily_conversation_per_phone")
    return _limit(told, limits, told.remark("CAPABILITY_UPDATE"))


def _number_quality(told: Told) -> AccountNews:
    limits = ("max_daily_conversations_per_business", "current_limit")
    return _limit(told, limits, told.remark(told.event, alerts=told.event == "FLAGGED"))


def _limit(told: Told, members: tuple[str, ...], remark: Remark) -> AccountNews:
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


def _number_name(told: Told) -> AccountNews:
    """The name that people see over a number's messages; one that is rejected is to be mended."""
    decision = told.value.get("decision")
    return AccountNews(remarks=(told.remark(decision, alerts=decision == "REJECTED"),))


_READERS: Final[Mapping[str, Callable[[Told], AccountNews]]] = MappingProxyType(
    {
        "account_update": _account_update,
        "account_alerts": _account_alert,
        "account_review_update": _account_review,
        "security": _security,
        "business_capability_update": _capability,
        "phone_number_quality_update": _number_quality,
        "phone_number_name_update": _number_name,
        "message_template_status_update": template_status,
        "message_template_quality_update": template_quality,
        "template_category_update": template_category,
        "template_correct_category_detection": template_detection,
        "message_template_components_update": template_components,
    }
)
ACCOUNT_FIELDS: Final = tuple(_READERS)
