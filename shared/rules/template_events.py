"""What Meta says about templates (Cloud API docs, "Webhooks reference")."""

from dataclasses import replace
from typing import Final

from shared.rules.template_content import content_of_event
from shared.rules.template_states import (
    DELETIONS,
    RESTORED,
    STATUS,
    WARNINGS,
    category_of,
    quality_of,
)
from shared.rules.told import AccountNews, Told
from shared.rules.untrusted import object_of, text_of, word_of

# A message of this category costs almost five times as much as one of UTILITY, and Meta bills it
# from the moment it says so.
_DEAR: Final = "MARKETING"


def template_status(told: Told) -> AccountNews:
    """Read `message_template_status_update`."""
    if "event" not in told.value and "new_quality_score" in told.value:
        # Meta's own sample names the wrong field.
        return template_quality(replace(told, field="message_template_quality_update"))
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


def template_quality(told: Told) -> AccountNews:
    """Read `message_template_quality_update`. RED still sends; Meta pauses it next."""
    score = word_of(told.value.get("new_quality_score"))
    changes = (told.template(quality=quality_of(score)),) if score else ()
    return AccountNews(templates=changes, remarks=(told.remark(score, alerts=score == "RED"),))


def template_category(told: Told) -> AccountNews:
    """Read `template_category_update`.

    `new_category` is what holds now, also while a `correct_category` is only announced.
    """
    word = word_of(told.value.get("new_category"))
    category = category_of(word)
    changes = (told.template(category=category),) if category else ()
    coming = word_of(told.value.get("correct_category")) or word
    alerts = coming == _DEAR and told.value.get("previous_category") != _DEAR
    return AccountNews(templates=changes, remarks=(told.remark(coming, alerts=alerts),))


def template_detection(told: Told) -> AccountNews:
    """Read `template_correct_category_detection`.

    Meta finds another category in what was sent, which may restrict the account next.
    """
    return AccountNews(remarks=(told.remark(told.value.get("correct_category"), alerts=True),))


def template_components(told: Told) -> AccountNews:
    """Read `message_template_components_update`."""
    content = content_of_event(told.value)
    changes = (told.template(content=content),) if content else ()
    return AccountNews(templates=changes, remarks=(told.remark("COMPONENTS_UPDATE"),))
