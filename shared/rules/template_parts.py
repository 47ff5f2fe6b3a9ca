"""From a template and a recipient's values to the components of the message."""

from shared.queue import Template
from shared.rules.payloads import (
    Json,
    MediaHeader,
    MediaKind,
    ParameterFormat,
    PayloadError,
    QuickReply,
    TextHeader,
    UrlSuffix,
    components_for,
)


class HeaderFormatError(PayloadError):
    """The template has media for a header that can show none."""

    code = "header_format"


def components_of(template: Template, params: dict[str, str]) -> list[Json]:
    """Return the components; `params` as wa.template_parameters names them.

    Raises:
        PayloadError: a value is missing or empty.
    """
    header_name = _variable_of(template.header_text)
    body = {
        name: value
        for name, value in params.items()
        if name not in {"header", header_name} and not name.startswith("button.")
    }
    return components_for(
        body,
        parameter_format=ParameterFormat(template.parameter_format),
        header=_header(template, params, header_name),
        buttons=_buttons(template, params),
    )


def _variable_of(text: str | None) -> str | None:
    """Return the name of a text's one variable; of a positional header that is no body variable."""
    _, opening, rest = (text or "").partition("{{")
    name = rest.partition("}}")[0].strip()
    return name if opening and not name.isdigit() else None


def _header(
    template: Template, params: dict[str, str], name: str | None
) -> TextHeader | MediaHeader | None:
    if template.header_media and template.header_format:
        media = template.header_media
        if template.header_format.lower() not in set(MediaKind):
            raise HeaderFormatError(f"a {template.header_format} header shows no media")
        return MediaHeader(
            kind=MediaKind(template.header_format.lower()),
            media_id=media.get("id"),
            link=media.get("link"),
            filename=media.get("filename"),
        )
    if "header" in params:
        return TextHeader(text=params["header"])
    if name:
        return TextHeader(text=params.get(name, ""), name=name)
    return None


def _buttons(template: Template, params: dict[str, str]) -> list[QuickReply | UrlSuffix]:
    buttons: list[QuickReply | UrlSuffix] = []
    for index, button in enumerate(template.buttons):
        if button.get("type") == "QUICK_REPLY":
            # Without a payload of its own the button's label comes back, as Meta does by default.
            payload = button.get("payload") or button.get("text", "")
            buttons.append(QuickReply(index=index, payload=payload))
        elif f"button.{index}" in params:
            buttons.append(UrlSuffix(index=index, suffix=params[f"button.{index}"]))
    return buttons
