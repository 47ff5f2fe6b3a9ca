"""The form of a template's samples: one for each value that a job brings, under the same key.

Cloud API docs, "Template review" (samples); what a value may not hold is error 132018's sentence.
"""

import re
from collections.abc import Iterator
from typing import Final

from shared.rules.form_problem import FormProblem
from shared.rules.message_parts import ParameterFormat
from shared.rules.payloads import has_something_to_show
from shared.rules.template_button_form import kind_of
from shared.rules.template_draft import TemplateDraft
from shared.rules.template_text_form import MAX_BODY, MAX_LINE
from shared.rules.template_variables import filled, variables_of

HEADER_KEY: Final = "header"
_SPACES: Final = re.compile(r"[\n\r\t]| {5}")
_CODE: Final = re.compile(r"[A-Za-z0-9]{1,15}", re.ASCII)
_KEY: Final = re.compile(r"[a-z0-9_]{1,40}|button\.[0-9]{1,2}", re.ASCII)


def sample_keys(draft: TemplateDraft) -> list[str]:
    """Return the keys of the values that each job brings, as wa.template_parameters names them."""
    body = variables_of(draft.body_text)
    header = variables_of(draft.header_text or "") if draft.header_format == "TEXT" else []
    if header and draft.parameter_format != ParameterFormat.NAMED:
        header = [HEADER_KEY]
    buttons = [
        f"button.{index}"
        for index, button in enumerate(draft.listed_buttons())
        if kind_of(button) == "COPY_CODE"
        or (kind_of(button) == "URL" and variables_of(str(button.get("url") or "")))
    ]
    return list(dict.fromkeys([*body, *header, *buttons]))


def header_sample(draft: TemplateDraft) -> dict[str, str]:
    """Return the value of a text header's variable, by the name that stands in its text."""
    is_named = draft.parameter_format == ParameterFormat.NAMED
    names = variables_of(draft.header_text or "")
    return {name: draft.sample(name if is_named else HEADER_KEY) for name in names}


def body_samples(draft: TemplateDraft) -> dict[str, str]:
    """Return the values of the body's variables, in the order of their numbers or of the text."""
    names = list(dict.fromkeys(variables_of(draft.body_text)))
    if draft.parameter_format != ParameterFormat.NAMED:
        names.sort(key=lambda name: (len(name), name))
    return {name: draft.sample(name) for name in names}


def sample_problems(draft: TemplateDraft) -> Iterator[FormProblem]:
    """Yield what is wrong with the samples."""
    keys = sample_keys(draft)
    codes = {
        f"button.{index}"
        for index, button in enumerate(draft.listed_buttons())
        if kind_of(button) == "COPY_CODE"
    }
    for key in keys:
        yield from _problems_of_one(draft.sample_values.get(key), key, is_code=key in codes)
    for key in draft.sample_values:
        if key not in keys:
            yield FormProblem(
                "sample_unexpected",
                "Sobra este ejemplo: la plantilla no tiene esa variable.",
                _field(key),
            )
    yield from _length_problems(draft)


def _problems_of_one(sample: object, key: str, *, is_code: bool) -> Iterator[FormProblem]:
    if not isinstance(sample, str) or not has_something_to_show(sample):
        yield FormProblem(
            "sample_missing",
            "Falta un ejemplo de este dato; WhatsApp lo pide para revisar la plantilla.",
            _field(key),
        )
    elif is_code and not _CODE.fullmatch(sample):
        yield FormProblem(
            "sample_code_invalid",
            "El código lleva de 1 a 15 letras y números, sin espacios ni acentos.",
            _field(key),
        )
    elif _SPACES.search(sample):
        yield FormProblem(
            "sample_whitespace",
            "El ejemplo va en una sola línea, sin tabuladores ni más de cuatro espacios seguidos.",
            _field(key),
        )


def _length_problems(draft: TemplateDraft) -> Iterator[FormProblem]:
    for text, values, limit, field in (
        (draft.body_text, body_samples(draft), MAX_BODY, "body_text"),
        (draft.header_text or "", header_sample(draft), MAX_LINE, "header_text"),
    ):
        length = len(filled(text, values))
        if len(text) <= limit < length:
            yield FormProblem(
                "text_too_long_filled",
                f"Con los ejemplos puestos el texto tiene {length} caracteres y WhatsApp admite"
                f" {limit}; acorta el texto o los ejemplos.",
                field,
            )


def _field(key: str) -> str:
    """Return where a sample is; a key of another form is not repeated: it may be a number."""
    return f"sample_values.{key}" if _KEY.fullmatch(key) else "sample_values"
