"""The variables of a template's texts: `{{1}}` or `{{nombre}}`.

Cloud API docs, "Templates" (parameter formats) and "Template review" (parameter formatting); what
Meta's creation endpoint really refuses is public experience, rule by rule in docs/templates.md.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from shared.rules.form_problem import FormProblem
from shared.rules.message_parts import ParameterFormat

_BRACES: Final = re.compile(r"\{\{([^{}]*)\}\}")
_PROPER: Final = re.compile(r"\{\{([a-z0-9_]+)\}\}")
_MALFORMED: Final = re.compile(r"\{+[^{}]*\}*|\}+")
_ADJACENT: Final = re.compile(r"\}\}\s*\{\{")
# What Meta does not take for a text around a variable, by several reports of error 2388299: «… el
# {{2}}.» is refused, and so is «{{1}}, hola». About other signs (parentheses, quotation marks,
# emoji) reports differ.
_NO_TEXT: Final = re.compile(r"[\s.,;:!?…¡¿]*")
_ANY_WORD: Final = re.compile(r"\w")
_SHOWN: Final = 40


def variables_of(text: str) -> list[str]:
    """Return what stands between double braces, in its order, without blanks around."""
    return [name.strip() for name in _BRACES.findall(text)]


def without_variables(text: str) -> str:
    """Return what is not a variable, each of which leaves a blank."""
    return _BRACES.sub(" ", text)


def around_variables(text: str) -> tuple[str, str]:
    """Return what stands before the first variable and behind the last, of which there is one."""
    found = list(_BRACES.finditer(text))
    return text[: found[0].start()], text[found[-1].end() :]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return the text with each variable's value; a variable without one stays."""
    return _BRACES.sub(lambda found: values.get(found[1].strip()) or found[0], text)


def spelling_problems(text: str, parameter_format: str, field: str) -> Iterator[FormProblem]:
    """Yield what is wrong with the braces, names and numbers of a body or header."""
    stray = _MALFORMED.search(_PROPER.sub("", text))
    if stray:
        yield FormProblem(
            "variable_malformed",
            f"WhatsApp no entiende «{stray[0][:_SHOWN]}»: escribe cada variable como {{{{1}}}} o"
            " {{nombre}}, con dos llaves de cada lado y solo minúsculas sin acento, números y"
            " guion bajo, sin espacios.",
            field,
        )
        return
    names = variables_of(text)
    numbers = [name for name in names if name.isdecimal()]
    if parameter_format == ParameterFormat.NAMED and numbers:
        yield FormProblem(
            "variable_mixed",
            f"El texto mezcla variables con nombre y con número ({{{{{numbers[0][:_SHOWN]}}}}});"
            " usa solo nombres o solo números en toda la plantilla.",
            field,
        )
    elif parameter_format != ParameterFormat.NAMED:
        yield from _number_problems(names, field)


def _number_problems(names: list[str], field: str) -> Iterator[FormProblem]:
    expected = {str(number) for number in range(1, len(set(names)) + 1)}
    missing = sorted(expected - set(names), key=int)
    if missing:
        yield FormProblem(
            "variable_gap",
            f"Las variables se numeran desde {{{{1}}}} y sin saltos: en el texto falta"
            f" {{{{{missing[0]}}}}}.",
            field,
        )


def place_problems(text: str, field: str) -> Iterator[FormProblem]:
    """Yield what is wrong with where a body's variables stand."""
    if not variables_of(text):
        return
    if not _ANY_WORD.search(without_variables(text)):
        yield FormProblem(
            "body_only_variables",
            "El mensaje no puede ser solo variables; escribe el texto que va alrededor.",
            field,
        )
        return
    before, behind = around_variables(text)
    if _NO_TEXT.fullmatch(before):
        yield FormProblem(
            "variable_first",
            "El mensaje no puede empezar con una variable; escribe antes una palabra, por ejemplo"
            " «Hola {{1}}».",
            field,
        )
    if _NO_TEXT.fullmatch(behind):
        yield FormProblem(
            "variable_last",
            "El mensaje no puede terminar con una variable, aunque le siga un punto; agrega"
            " palabras después de la última.",
            field,
        )
    if _ADJACENT.search(text):
        yield FormProblem(
            "variable_adjacent",
            "Hay dos variables pegadas; escribe al menos una palabra entre ellas.",
            field,
        )
