"""What Meta may still refuse in a template of proper form, and what people may not see of it.

None of these holds a template back. docs/templates.md names the source of each.
"""

import re
from collections.abc import Iterator
from typing import Final

from shared.rules.form_problem import FormProblem
from shared.rules.template_button_form import kind_of
from shared.rules.template_draft import TemplateDraft
from shared.rules.template_links import shortened_links
from shared.rules.template_text_form import MARKUP
from shared.rules.template_variables import (
    around_variables,
    variables_of,
    without_variables,
)

MANY_BUTTONS: Final = 4
# So many words, variables among them, for n variables: 3n + 1, found by trial by two providers
# (Syniverse, Mercuri) and borne out by public reports of error 2388293. Meta publishes no figure.
_WORDS_PER_VARIABLE: Final = 3
_WORD: Final = re.compile(r"[^\W_]")
_LETTERS: Final = re.compile(r"[^\W\d_]")
_FEW_LETTERS: Final = 20
_MOSTLY: Final = 0.7
_IDENTITY: Final = re.compile(
    r"\b(curp|clave de elector|número de (?:tu )?(?:tarjeta|cuenta)|contraseña|nip"
    r"|(?:foto|copia|número|folio) de (?:tu|su|la) (?:ine|credencial))\b",
    re.IGNORECASE,
)


def warnings_of(draft: TemplateDraft) -> list[FormProblem]:
    """Return what a promoter should know before the template goes to Meta."""
    return [
        *_variable_warnings(draft),
        *_header_warnings(draft),
        *_text_warnings(draft),
        *_button_warnings(draft),
    ]


def _variable_warnings(draft: TemplateDraft) -> Iterator[FormProblem]:
    text, field = draft.body_text, "body_text"
    names = variables_of(text)
    if not names:
        return
    fixed_words = sum(bool(_WORD.search(word)) for word in without_variables(text).split())
    if fixed_words + len(names) < _WORDS_PER_VARIABLE * len(names) + 1:
        yield FormProblem(
            "variables_dense",
            "Hay muchas variables para tan poco texto y WhatsApp puede rechazarla; agrega palabras"
            " o quita variables.",
            field,
        )
    if len(set(names)) < len(names):
        yield FormProblem(
            "variable_repeated",
            "Una variable se repite en el texto; WhatsApp puede pedir que cada una aparezca una"
            " sola vez.",
            field,
        )
    numbers = [int(name) for name in dict.fromkeys(names) if name.isdecimal()]
    if numbers != sorted(numbers):
        yield FormProblem(
            "variables_unordered",
            "Las variables no aparecen en el orden de sus números y WhatsApp puede rechazarla;"
            " numéralas como se leen.",
            field,
        )
    if not all(map(_WORD.search, around_variables(text))):
        yield FormProblem(
            "variable_near_edge",
            "Antes de la primera variable o después de la última solo hay signos; WhatsApp puede"
            " pedir palabras.",
            field,
        )


def _header_warnings(draft: TemplateDraft) -> Iterator[FormProblem]:
    text = draft.header_text or ""
    if text.startswith("{{") or text.endswith("}}"):
        yield FormProblem(
            "header_variable_edge",
            "El encabezado empieza o termina con una variable y WhatsApp puede rechazarlo; agrega"
            " palabras alrededor.",
            "header_text",
        )


def _text_warnings(draft: TemplateDraft) -> Iterator[FormProblem]:
    text, field = draft.body_text, "body_text"
    letters = _LETTERS.findall(without_variables(text))
    capitals = sum(letter.isupper() for letter in letters)
    if len(letters) >= _FEW_LETTERS and capitals > _MOSTLY * len(letters):
        yield FormProblem(
            "text_in_capitals",
            "El mensaje está casi todo en mayúsculas: parece un grito y la gente lo reporta más.",
            field,
        )
    if shortened_links(text):
        yield FormProblem(
            "link_shortened",
            "El texto lleva un enlace acortado, que WhatsApp suele rechazar; usa el enlace"
            " completo de la campaña.",
            field,
        )
    if _IDENTITY.search(text):
        yield FormProblem(
            "asks_for_identity",
            "El texto parece pedir datos de identidad o de banco, y WhatsApp rechaza las plantillas"
            " que los piden.",
            field,
        )
    if MARKUP.search(draft.footer_text or ""):
        yield FormProblem(
            "footer_markup",
            "El pie lleva signos de formato, que WhatsApp puede rechazar; quítalos.",
            "footer_text",
        )


def _button_warnings(draft: TemplateDraft) -> Iterator[FormProblem]:
    buttons = draft.listed_buttons()
    kinds = [kind_of(button) for button in buttons]
    replies = kinds.count("QUICK_REPLY")
    if len(kinds) >= MANY_BUTTONS or 0 < replies < len(kinds) or "COPY_CODE" in kinds:
        yield FormProblem(
            "buttons_hidden_on_desktop",
            "Con esta combinación de botones el mensaje solo se puede leer en el teléfono, no en"
            " WhatsApp de computadora.",
            "buttons",
        )
    for index, button in enumerate(buttons):
        if shortened_links(str(button.get("url") or "")):
            yield FormProblem(
                "link_shortened",
                "El botón lleva un enlace acortado, que WhatsApp suele rechazar; usa el enlace"
                " completo de la campaña.",
                f"buttons.{index}.url",
            )
        if draft.sample(f"button.{index}").startswith(("http://", "https://")):
            yield FormProblem(
                "sample_is_link",
                "El ejemplo del enlace es solo lo que va en lugar de la variable, no el enlace"
                " completo.",
                f"sample_values.button.{index}",
            )
