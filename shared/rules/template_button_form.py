"""The form of a template's buttons: their kinds, how many, in which order, and each by itself.

Cloud API docs, "Template components" (buttons); errors 2388060 (label) and 2388081 (link).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from shared.rules.emoji import emoji_of
from shared.rules.form_problem import FormProblem
from shared.rules.message_parts import ParameterFormat
from shared.rules.payloads import MAX_ANSWER_LENGTH, has_something_to_show
from shared.rules.template_draft import BUTTON_KINDS, TemplateDraft
from shared.rules.template_links import host_of, leads_to_whatsapp
from shared.rules.template_text_form import MARKUP
from shared.rules.template_variables import variables_of

MAX_BUTTONS: Final = 10
MAX_LABEL: Final = 25
MAX_URL: Final = 2_000
# With the plus, as without it Meta takes the first digits for a country: 55… would ring in Brazil.
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,18}", re.ASCII)
_URL_NAME: Final = re.compile(r"1|[a-z0-9_]*[a-z_][a-z0-9_]*", re.ASCII)
_BEYOND_HOST: Final = re.compile(r"https://[^/?#]+[/?]")
_AT_MOST: Final = MappingProxyType({"URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1})
_MANY: Final = MappingProxyType(
    {
        "URL": "La plantilla admite a lo más dos botones de enlace; quita los demás.",
        "PHONE_NUMBER": "La plantilla admite un solo botón de llamada; quita los demás.",
        "COPY_CODE": "La plantilla admite un solo botón de copiar código; quita los demás.",
    }
)
# Kinds of Meta's that want what no campaign has here, or bring back what nobody reads.
_UNSUPPORTED: Final = MappingProxyType(
    {
        "FLOW": "Los formularios (FLOW) no se pueden usar: aquí nadie leería sus respuestas.",
        "CATALOG": "El catálogo no se puede usar: una campaña no vende productos.",
        "MPM": "La lista de productos no se puede usar: una campaña no vende productos.",
        "SPM": "El botón de producto no se puede usar: una campaña no vende productos.",
        "OTP": "El botón de código de acceso es de plantillas de autenticación y no se puede usar.",
        "VOICE_CALL": "La llamada por WhatsApp no se puede usar: aquí nadie la contestaría.",
        "ORDER_DETAILS": "El botón de pago no se puede usar: una campaña no cobra pedidos.",
        "LIMITED_TIME_OFFER": "La oferta por tiempo limitado no se puede usar en una campaña.",
        "CAROUSEL": "El carrusel no se puede usar; muestra una sola imagen en el encabezado.",
    }
)


def button_problems(draft: TemplateDraft) -> Iterator[FormProblem]:
    """Yield what is wrong with the buttons."""
    buttons = draft.listed_buttons()
    if len(buttons) > MAX_BUTTONS:
        yield FormProblem(
            "buttons_many",
            f"La plantilla tiene {len(buttons)} botones y WhatsApp admite {MAX_BUTTONS}; quita"
            " algunos.",
            "buttons",
        )
    yield from _count_problems(buttons)
    yield from _order_problems(buttons)
    yield from _repeated_labels(buttons)
    for index, button in enumerate(buttons):
        yield from _problems_of_one(button, f"buttons.{index}", draft.parameter_format)


def kind_of(button: Mapping[str, object]) -> str:
    """Return a button's type; Meta's examples write it in capitals and in small letters."""
    return _text_of(button, "type").upper()


def _text_of(button: Mapping[str, object], name: str) -> str:
    value = button.get(name)
    return value if isinstance(value, str) else ""


def _count_problems(buttons: Sequence[Mapping[str, object]]) -> Iterator[FormProblem]:
    for kind, limit in _AT_MOST.items():
        places = [index for index, button in enumerate(buttons) if kind_of(button) == kind]
        if len(places) > limit:
            yield FormProblem("buttons_kind_many", _MANY[kind], f"buttons.{places[limit]}")


def _order_problems(buttons: Sequence[Mapping[str, object]]) -> Iterator[FormProblem]:
    """Quick replies stand together, before all other buttons or behind them."""
    replies = [kind_of(button) == "QUICK_REPLY" for button in buttons]
    turns = [index for index in range(1, len(replies)) if replies[index] != replies[index - 1]]
    if len(turns) > 1:
        yield FormProblem(
            "buttons_order",
            "Las respuestas rápidas van juntas: todas antes de los demás botones o todas después.",
            f"buttons.{turns[1]}",
        )


def _repeated_labels(buttons: Sequence[Mapping[str, object]]) -> Iterator[FormProblem]:
    seen: set[str] = set()
    for index, button in enumerate(buttons):
        label = _text_of(button, "text").casefold()
        if label and label in seen:
            yield FormProblem(
                "button_text_repeated",
                "Otro botón ya tiene ese texto; escribe uno distinto en cada botón.",
                f"buttons.{index}.text",
            )
        seen.add(label)


def _problems_of_one(
    button: Mapping[str, object], field: str, parameter_format: str
) -> Iterator[FormProblem]:
    kind = kind_of(button)
    if kind not in BUTTON_KINDS:
        detail = _UNSUPPORTED.get(kind) or (
            "Ese tipo de botón no se puede usar; elige respuesta rápida, enlace, llamada o copiar"
            " código."
        )
        yield FormProblem("button_unsupported", detail, field)
        return
    if kind != "COPY_CODE":  # WhatsApp labels it by itself
        yield from _label_problems(_text_of(button, "text"), f"{field}.text")
    if kind == "URL":
        yield from _url_problems(_text_of(button, "url"), f"{field}.url", parameter_format)
    elif kind == "PHONE_NUMBER" and not _PHONE.fullmatch(_text_of(button, "phone_number")):
        yield FormProblem(
            "button_phone_invalid",
            "Escribe el teléfono con + y lada de país, solo dígitos y sin espacios, por ejemplo"
            " +525512345678.",
            f"{field}.phone_number",
        )
    elif kind == "QUICK_REPLY" and not _is_payload(button.get("payload")):
        yield FormProblem(
            "button_payload_invalid",
            f"La respuesta del botón es un texto de a lo más {MAX_ANSWER_LENGTH} caracteres.",
            f"{field}.payload",
        )


def _is_payload(payload: object) -> bool:
    """Tell a quick reply's answer; without one its label answers."""
    if payload is None or payload == "":
        return True
    return isinstance(payload, str) and bool(payload.strip()) and len(payload) <= MAX_ANSWER_LENGTH


def _label_problems(label: str, field: str) -> Iterator[FormProblem]:
    if not has_something_to_show(label):
        yield FormProblem("button_text_missing", "Escribe el texto del botón.", field)
    if len(label) > MAX_LABEL:
        yield FormProblem(
            "button_text_too_long",
            f"El texto del botón tiene {len(label)} caracteres y WhatsApp admite {MAX_LABEL};"
            " acórtalo.",
            field,
        )
    if "{" in label or "}" in label:
        yield FormProblem(
            "button_text_variable",
            "El texto de un botón no admite variables ni llaves; escríbelo fijo.",
            field,
        )
    if "\n" in label:
        yield FormProblem(
            "button_text_newline",
            "El texto de un botón va en una sola línea; quita los saltos.",
            field,
        )
    if emoji_of(label):
        yield FormProblem(
            "button_text_emoji", "El texto de un botón no lleva emojis; quítalos.", field
        )
    if MARKUP.search(label):
        yield FormProblem(
            "button_text_markup",
            "El texto de un botón no lleva asteriscos ni otros signos de formato; quítalos.",
            field,
        )


def _url_problems(url: str, field: str, parameter_format: str) -> Iterator[FormProblem]:
    fixed, braces, rest = url.partition("{{")
    host = host_of(fixed)
    if len(url) > MAX_URL:
        yield FormProblem(
            "button_url_too_long",
            f"El enlace tiene {len(url)} caracteres y WhatsApp admite {MAX_URL}; usa uno más"
            " corto.",
            field,
        )
    elif host is None:
        yield FormProblem(
            "button_url_invalid",
            "El enlace debe ser público y completo: empieza con https:// y no lleva espacios ni"
            " acentos.",
            field,
        )
    elif leads_to_whatsapp(host):
        yield FormProblem(
            "button_url_whatsapp",
            "WhatsApp no acepta enlaces a WhatsApp en un botón; usa una respuesta rápida o un"
            " botón de llamada.",
            field,
        )
    elif braces and not _is_suffix(fixed, rest, parameter_format):
        yield FormProblem(
            "button_url_variable",
            "El enlace admite una sola variable, {{1}}, y hasta el final, después de una diagonal"
            " o un signo de igual.",
            field,
        )


def _is_suffix(fixed: str, rest: str, parameter_format: str) -> bool:
    """Tell whether what follows the first braces is one variable that cannot change the host."""
    names = variables_of("{{" + rest)
    return (
        len(names) == 1
        and rest == names[0] + "}}"
        and bool(_URL_NAME.fullmatch(names[0]))
        and (names[0] == "1" or parameter_format == ParameterFormat.NAMED)
        and bool(_BEYOND_HOST.match(fixed))
    )
