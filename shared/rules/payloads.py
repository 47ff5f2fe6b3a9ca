"""The JSON bodies of `POST /{phone-number-id}/messages` (Cloud API docs, "Messages").

PayloadError                nothing was sent; trying again cannot help
├── RecipientFormatError    not an international number
├── EmptyParameterError     Meta refuses empty parameters and texts
├── ParameterNamesError     the values are not those that the template names
├── TextTooLongError        more than 4,096 characters
├── HeaderError             not the file or place that the template's header shows
├── ButtonError             a button that nothing here can fill in
└── CodeError               a code to copy that is not 1 to 15 letters and digits
"""

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from shared.rules.message_parts import (
    Button,
    CopyCode,
    Header,
    MediaHeader,
    ParameterFormat,
    PlaceHeader,
    QuickReply,
    TextHeader,
    UrlSuffix,
)

Json: TypeAlias = dict[str, object]

MAX_TEXT_LENGTH = 4096
MAX_ANSWER_LENGTH = 256
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{6,14}")
# "Coupon code templates": at most 15 characters, alphanumeric only.
_CODE = re.compile(r"[A-Za-z0-9]{1,15}")
_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]+)?")
# Spaces, control and format characters, what Unicode calls default ignorable, private use, lone
# surrogates and the blank of braille; wa.invisible() in SQL has the same list. Spelled out because
# `unicodedata` grows with each Python, and what was promised in SQL must be sendable here.
_VISIBLE = re.compile(
    r"[^\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    r"\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800"
    r"\u3000\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd"
    r"\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)


class PayloadError(ValueError):
    """The message cannot be written as Meta wants it; neither text names a person.

    `notice` is the sentence for promoters (es-MX): what to mend, and where.
    """

    code = "invalid_payload"
    notice = "El mensaje no se puede escribir como WhatsApp lo pide; avisa a soporte."


class RecipientFormatError(PayloadError):
    """The recipient is not `+`, country code and number."""

    code = "invalid_recipient"
    notice = "El número no tiene lada internacional y diez dígitos; corrígelo en tu lista."


class EmptyParameterError(PayloadError):
    """A parameter or text has nothing to show."""

    code = "empty_parameter"
    notice = (
        "Un dato del mensaje quedó vacío; revisa los valores del envío y los datos del votante."
    )


class ParameterNamesError(PayloadError):
    """The values are not the ones that the template names: all of them, and no other."""

    code = "parameter_names"
    notice = "La plantilla cambió y sus variables ya no son las de este envío; crea otro envío."


class TextTooLongError(PayloadError):
    """A text message is longer than Meta allows."""

    code = "text_too_long"
    notice = "El texto tiene más de 4096 caracteres; acórtalo."


class HeaderError(PayloadError):
    """The header is registered without the file or place that it shows, or with something else."""

    code = "header"
    notice = "Falta lo que muestra el encabezado, o está mal capturado; corrígelo en la plantilla."


class ButtonError(PayloadError):
    """A button cannot be filled in."""

    code = "button"
    notice = "Un botón de la plantilla no se puede enviar así; corrige sus botones o usa otra."


class CodeError(PayloadError):
    """A code to copy is empty, too long or has something else than letters and digits."""

    code = "copy_code"
    notice = (
        "El código para copiar lleva de 1 a 15 letras o números, sin espacios ni acentos;"
        " corrige los valores del envío."
    )


def components_for(
    params: Mapping[str, str],
    *,
    parameter_format: ParameterFormat = ParameterFormat.POSITIONAL,
    header: Header | None = None,
    buttons: Sequence[Button] = (),
) -> list[Json]:
    """Return a template's `components`: header, body, buttons, each only where it has a value.

    `params` are the body's, by position ("1": "Ana") or by name. Whitespace is collapsed, as Meta
    refuses line breaks, tabs and runs of spaces (error 132018). Raises PayloadError.
    """
    components = [] if header is None else [_header(header)]
    if params:
        components.append({"type": "body", "parameters": _body(params, parameter_format)})
    return components + [_button(button) for button in buttons]


def template_message(
    *, to: str, template_name: str, language: str, components: Sequence[Json], message_id: str
) -> Json:
    """Return the body of a template message; Meta echoes `message_id` in each receipt."""
    template: Json = {"name": template_name, "language": {"code": language}}
    if components:
        template["components"] = list(components)
    return {**_envelope(to, message_id), "type": "template", "template": template}


def text_message(*, to: str, body: str, message_id: str) -> Json:
    """Return the body of a text message, which Meta takes within 24 hours of the last reply."""
    if len(body) > MAX_TEXT_LENGTH:
        raise TextTooLongError(f"a text has at most {MAX_TEXT_LENGTH} characters")
    if not has_something_to_show(body):
        raise EmptyParameterError("the text is empty")
    text: Json = {"preview_url": False, "body": body}
    return {**_envelope(to, message_id), "type": "text", "text": text}


def _envelope(to: str, message_id: str) -> Json:
    # Without the plus, Meta puts the sender's country code in front.
    if not _INTERNATIONAL.fullmatch(to):
        raise RecipientFormatError("a recipient is written as +, country code and number")
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "biz_opaque_callback_data": message_id,
    }


def _body(params: Mapping[str, str], parameter_format: ParameterFormat) -> list[Json]:
    if parameter_format == ParameterFormat.NAMED:
        return [_text(value, where=name, name=name) for name, value in params.items()]
    names = [str(number) for number in range(1, len(params) + 1)]
    if set(names) != set(params):
        raise ParameterNamesError("positional parameters are named 1, 2, 3 without gaps")
    return [_text(params[name], where=name) for name in names]


def _text(value: str, *, where: str, name: str | None = None) -> Json:
    named: Json = {} if name is None else {"parameter_name": name}
    return {"type": "text", **named, "text": _one_line(value, where)}


def _header(header: Header) -> Json:
    match header:
        case TextHeader():
            parameter = _text(header.text, where="header", name=header.name)
        case MediaHeader():
            parameter = {"type": header.kind.value, header.kind.value: _media(header)}
        case PlaceHeader():
            parameter = {"type": "location", "location": _place(header)}
    return {"type": "header", "parameters": [parameter]}


def _media(header: MediaHeader) -> Json:
    if bool(header.media_id) == bool(header.link):
        raise HeaderError("a media header takes either an id or a link")
    fields = {"id": header.media_id, "link": header.link, "filename": header.filename}
    return {name: value for name, value in fields.items() if value}


def _place(header: PlaceHeader) -> Json:
    for degrees, limit in ((header.latitude, 90), (header.longitude, 180)):
        if not _DEGREES.fullmatch(degrees) or abs(float(degrees)) > limit:
            raise HeaderError("a place has decimal degrees within the globe")
    return {
        "latitude": header.latitude,
        "longitude": header.longitude,
        "name": _one_line(header.name, "name of the place"),
        "address": _one_line(header.address, "address of the place"),
    }


def _button(button: Button) -> Json:
    match button:
        case QuickReply():
            sub_type, parameter = "quick_reply", _answer(button)
        case UrlSuffix():
            where = f"button {button.index}"
            sub_type, parameter = "url", _text(button.suffix, where=where, name=button.name)
        case CopyCode():
            sub_type, parameter = "copy_code", _code(button)
    index = str(button.index)
    return {"type": "button", "sub_type": sub_type, "index": index, "parameters": [parameter]}


def _answer(button: QuickReply) -> Json:
    if not 0 < len(button.payload) <= MAX_ANSWER_LENGTH:
        raise ButtonError(f"a quick reply answers 1 to {MAX_ANSWER_LENGTH} characters")
    return {"type": "payload", "payload": button.payload}


def _code(button: CopyCode) -> Json:
    code = button.code.strip()
    if not _CODE.fullmatch(code):
        raise CodeError(f"the code of button {button.index} is not 1 to 15 letters and digits")
    return {"type": "coupon_code", "coupon_code": code}


def _one_line(value: str, where: str) -> str:
    collapsed = " ".join(value.split())
    if not has_something_to_show(collapsed):
        raise EmptyParameterError(f"parameter {where} is empty")
    return collapsed


def has_something_to_show(text: str) -> bool:
    """Tell whether the text has a character that a reader would see."""
    return bool(_VISIBLE.search(text))
