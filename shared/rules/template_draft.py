"""A template as a campaign writes it, before and after Meta has it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from shared.rules.message_parts import ParameterFormat
from shared.rules.template_variables import variables_of
from shared.rules.untrusted import object_of, objects_of

CONTENT_FIELDS: Final = frozenset(
    {
        *{"category", "header_format", "header_text", "header_media", "body_text", "footer_text"},
        *{"buttons", "sample_values"},
    }
)
BUTTON_KINDS: Final = frozenset({"QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE"})


@dataclass(frozen=True, kw_only=True)
class TemplateDraft:
    """A template's content, as wa_create_template takes it.

    `header_format`: None, TEXT, IMAGE, VIDEO, DOCUMENT or LOCATION. `header_media`: {"id"} or
    {"link"} (a document's with "filename"), or a place. `buttons`: a list of {"type", "text",
    "url" | "phone_number" | "payload"}. `sample_values`: an example for each value that a job's
    personalization brings, under the same keys. What was registered in other ways may hold
    anything inside these three.
    """

    name: str
    category: str
    language: str
    parameter_format: str
    header_format: str | None
    header_text: str | None
    header_media: object
    body_text: str
    footer_text: str | None
    buttons: list[object]
    sample_values: Mapping[str, object]

    def as_json(self) -> dict[str, Any]:
        """Return the draft as SQL takes it."""
        return asdict(self)

    def listed_buttons(self) -> list[Mapping[str, object]]:
        """Return the buttons as objects; what is no object is an empty one."""
        return [object_of(raw) for raw in self.buttons]

    def sample(self, name: str) -> str:
        """Return the example of a value, or nothing."""
        value = self.sample_values.get(name)
        return value if isinstance(value, str) else ""


def with_changes(draft: TemplateDraft, changes: Mapping[str, object]) -> TemplateDraft:
    """Return the draft with the fields of parse_template_edit; its other fields stay."""
    content: dict[str, Any] = {name: changes[name] for name in CONTENT_FIELDS & changes.keys()}
    changed = replace(draft, **content)
    return replace(changed, parameter_format=_format_of(changed))


def draft_of(row: Mapping[str, object]) -> TemplateDraft:
    """Return the draft of a template's row, as wa_get_template gives it; never raises.

    A template that an operator registered has no name of the campaign's own: Meta's stands for it.
    """
    buttons = row.get("buttons")
    return TemplateDraft(
        name=_text_of(row.get("name")) or _text_of(row.get("meta_template_name")),
        category=_text_of(row.get("category")),
        language=_text_of(row.get("language")),
        parameter_format=_text_of(row.get("parameter_format")),
        header_format=_text_of(row.get("header_format")) or None,
        header_text=_text_of(row.get("header_text")) or None,
        header_media=row.get("header_media"),
        body_text=_text_of(row.get("body_text")),
        footer_text=_text_of(row.get("footer_text")) or None,
        buttons=buttons if isinstance(buttons, list) else [],
        sample_values=object_of(row.get("sample_values")),
    )


def trimmed(text: str) -> str:
    """Return a text without blanks around it, its lines ended by a line feed alone."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _text_of(raw: object) -> str:
    return trimmed(raw) if isinstance(raw, str) else ""


def _format_of(draft: TemplateDraft) -> str:
    """Return how the texts name their variables; a link alone may be numbered in either."""
    links = [
        url for button in objects_of(draft.buttons) if isinstance(url := button.get("url"), str)
    ]
    names = [*variables_of(draft.body_text), *variables_of(draft.header_text or "")]
    names = names or [name for url in links for name in variables_of(url)]
    if not names:
        return draft.parameter_format
    is_named = any(name and not name.isdecimal() for name in names)
    return (ParameterFormat.NAMED if is_named else ParameterFormat.POSITIONAL).value
