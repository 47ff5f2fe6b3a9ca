"""The form of a template's body, text header and footer.

Cloud API docs, "Template components" (lengths) and Meta's own sentences when it refuses one: errors
2388040, 2388047, 2388072 and 2388073; docs/templates.md names the source of each rule.
"""

import re
from collections.abc import Iterator
from typing import Final

from shared.rules.emoji import emoji_of
from shared.rules.form_problem import FormProblem
from shared.rules.template_draft import TemplateDraft
from shared.rules.template_variables import (
    place_problems,
    spelling_problems,
    variables_of,
    without_variables,
)

MAX_BODY: Final = 1_024
MAX_LINE: Final = 60  # header and footer
MAX_BODY_EMOJI: Final = 10
_BLANK_LINES: Final = re.compile(r"\n[^\S\n]*\n[^\S\n]*\n")
# *negrita*, _cursiva_, ~tachado~, `código`; an underscore within a word is none.
MARKUP: Final = re.compile(r"[*~`]|(?<!\w)_[^_\n]+_(?!\w)")


def body_problems(draft: TemplateDraft) -> Iterator[FormProblem]:
    """Yield what is wrong with the body."""
    text, field = draft.body_text, "body_text"
    if not without_variables(text).strip() and not variables_of(text):
        yield FormProblem("body_missing", "Escribe el texto del mensaje.", field)
        return
    if len(text) > MAX_BODY:
        yield FormProblem(
            "body_too_long",
            f"El mensaje tiene {len(text)} caracteres y WhatsApp admite {MAX_BODY}; acórtalo.",
            field,
        )
    if _BLANK_LINES.search(text):
        yield FormProblem(
            "body_blank_lines",
            "Deja a lo más una línea en blanco entre dos párrafos: WhatsApp no acepta tres saltos"
            " de línea seguidos.",
            field,
        )
    count = len(emoji_of(text))
    if count > MAX_BODY_EMOJI:
        yield FormProblem(
            "body_emoji",
            f"El mensaje tiene {count} emojis y WhatsApp admite {MAX_BODY_EMOJI}; quita algunos.",
            field,
        )
    yield from spelling_problems(text, draft.parameter_format, field)
    yield from place_problems(text, field)


def header_text_problems(draft: TemplateDraft) -> Iterator[FormProblem]:
    """Yield what is wrong with a text header."""
    text, field = draft.header_text or "", "header_text"
    if not text:
        yield FormProblem(
            "header_text_missing",
            "Escribe el texto del encabezado, o elige una plantilla sin encabezado.",
            field,
        )
        return
    if len(text) > MAX_LINE:
        yield FormProblem(
            "header_text_too_long",
            f"El encabezado tiene {len(text)} caracteres y WhatsApp admite {MAX_LINE}; acórtalo.",
            field,
        )
    if "\n" in text:
        yield FormProblem(
            "header_text_newline", "El encabezado va en una sola línea; quita los saltos.", field
        )
    if emoji_of(text):
        yield FormProblem(
            "header_text_emoji",
            "El encabezado no lleva emojis; pásalos al texto del mensaje.",
            field,
        )
    if MARKUP.search(without_variables(text)):
        yield FormProblem(
            "header_text_markup",
            "El encabezado ya sale en negritas y no lleva asteriscos ni otros signos de formato;"
            " quítalos.",
            field,
        )
    yield from spelling_problems(text, draft.parameter_format, field)
    if len(set(variables_of(text))) > 1:
        yield FormProblem("header_variables_many", "El encabezado admite una sola variable.", field)


def footer_problems(draft: TemplateDraft) -> Iterator[FormProblem]:
    """Yield what is wrong with the footer."""
    text, field = draft.footer_text or "", "footer_text"
    if len(text) > MAX_LINE:
        yield FormProblem(
            "footer_too_long",
            f"El pie tiene {len(text)} caracteres y WhatsApp admite {MAX_LINE}; acórtalo.",
            field,
        )
    if "{" in text or "}" in text:
        yield FormProblem(
            "footer_variable",
            "El pie no admite variables ni llaves; pásalas al texto del mensaje.",
            field,
        )
    if "\n" in text:
        yield FormProblem("footer_newline", "El pie va en una sola línea; quita los saltos.", field)
    if emoji_of(text):
        yield FormProblem(
            "footer_emoji", "El pie no lleva emojis; pásalos al texto del mensaje.", field
        )
