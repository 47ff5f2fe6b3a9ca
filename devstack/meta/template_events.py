"""What Meta reports about templates (WhatsApp webhook reference)."""

from typing import Any

from devstack.meta.components import buttons, component, kind_of
from devstack.meta.receipts import Event
from devstack.meta.templates import Template

# Meta's own example of an explained rejection.
_REJECTION = {
    "reason": "Your template has parameters placed next to each other (like {{1}}{{2}}) without "
    "text or punctuation between them.",
    "recommendation": "Separate parameters with descriptive text and ensure each parameter is "
    "clearly contextualized.",
}


def status_event(template: Template, at: float) -> Event:
    """`message_template_status_update`: what the template's status is now, and why."""
    value = _about(template) | {
        "event": template.status,
        "reason": template.rejected_reason,
        "message_template_category": template.category,
    }
    if template.status == "REJECTED":
        value["rejection_info"] = _REJECTION
    return _event("message_template_status_update", template, value, at)


def deletion_event(template: Template, at: float) -> Event:
    """`message_template_status_update` of a template that is being deleted."""
    value = _about(template) | {
        "event": "PENDING_DELETION",
        "reason": "NONE",
        "message_template_category": template.category,
    }
    return _event("message_template_status_update", template, value, at)


def category_event(template: Template, previous: str, at: float) -> Event:
    """`template_category_update`: Meta changed the category."""
    value = _about(template) | {"previous_category": previous, "new_category": template.category}
    return _event("template_category_update", template, value, at)


def components_event(template: Template, at: float) -> Event:
    """`message_template_components_update`: the texts and buttons that the template has now."""
    parts = {
        "message_template_element": component(template.components, "BODY").get("text"),
        "message_template_title": component(template.components, "HEADER").get("text"),
        "message_template_footer": component(template.components, "FOOTER").get("text"),
    }
    value = _about(template) | {name: text for name, text in parts.items() if text}
    made = buttons(template.components)
    if any(kind_of(button) in ("URL", "PHONE_NUMBER") for button in made):
        value["message_template_buttons"] = [_button(button) for button in made]
    return _event("message_template_components_update", template, value, at)


def _button(button: Any) -> dict[str, Any]:
    shown = {
        "message_template_button_type": kind_of(button),
        "message_template_button_text": button.get("text", ""),
    }
    for name in ("url", "phone_number"):
        if name in button:
            shown[f"message_template_button_{name}"] = button[name]
    return shown


def _about(template: Template) -> dict[str, Any]:
    return {
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
    }


def _event(field: str, template: Template, value: dict[str, Any], at: float) -> Event:
    return Event(field=field, value=value, at=at, waba_id=template.waba_id)
