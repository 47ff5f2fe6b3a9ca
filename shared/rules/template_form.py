"""What Meta would refuse a template for, found before it is sent there.

Each rule has a stable code, a sentence and a field; docs/templates.md lists them all with a refused
and an accepted example and its source. Where sources disagree, or where only a reviewer decides, it
is a warning (shared.rules.template_warnings). A draft without problems passes wa.template_problem.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from shared.rules.form_problem import FormProblem
from shared.rules.template_button_form import button_problems
from shared.rules.template_draft import TemplateDraft
from shared.rules.template_header_form import header_problems
from shared.rules.template_sample_form import sample_problems
from shared.rules.template_text_form import body_problems, footer_problems
from shared.rules.template_warnings import warnings_of

__all__ = ["FormProblem", "content_problems_of", "problems_of", "warnings_of"]

# Meta takes 512; the campaign's prefix (wa.template_prefix) takes 13 of them.
MAX_NAME: Final = 512 - 13
_NAME: Final = re.compile(r"[a-z0-9_]+", re.ASCII)
# Cloud API docs, "Supported languages", of May 2026. Templates in other languages: nobody here
# could read what they say.
LANGUAGES: Final = frozenset(
    {
        *{"es", "es_AR", "es_CL", "es_CO", "es_CR", "es_DO", "es_EC", "es_ES", "es_HN", "es_MX"},
        *{"es_PA", "es_PE", "es_UY"},
        *{"en", "en_AE", "en_AU", "en_CA", "en_GB", "en_GH", "en_IE", "en_IN", "en_JM", "en_MY"},
        *{"en_NZ", "en_QA", "en_SG", "en_UG", "en_US", "en_ZA"},
    }
)


def problems_of(draft: TemplateDraft) -> list[FormProblem]:
    """Return all that Meta would refuse a new template for; none: it may be sent there."""
    return [*_name_problems(draft.name), *_language_problems(draft), *content_problems_of(draft)]


def content_problems_of(draft: TemplateDraft) -> list[FormProblem]:
    """Return the problems of what an edit may change: all but the name and the language."""
    problems = [
        *_category_problems(draft.category),
        *header_problems(draft),
        *body_problems(draft),
        *footer_problems(draft),
        *button_problems(draft),
    ]
    # Samples belong to variables, of which those with unclear names have none yet.
    unclear = {"variable_malformed", "variable_mixed"} & {problem.code for problem in problems}
    return problems if unclear else [*problems, *sample_problems(draft)]


def _name_problems(name: str) -> Iterator[FormProblem]:
    if not name:
        yield FormProblem("name_missing", "Escribe un nombre para la plantilla.", "name")
    elif not _NAME.fullmatch(name):
        better = _better_name(name)
        advice = f"; por ejemplo {better}" if better else ""
        yield FormProblem(
            "name_invalid",
            "El nombre lleva solo minúsculas sin acento, números y guion bajo, sin espacios"
            f"{advice}.",
            "name",
        )
    elif len(name) > MAX_NAME:
        yield FormProblem(
            "name_too_long", f"El nombre tiene a lo más {MAX_NAME} caracteres; acórtalo.", "name"
        )


def _better_name(name: str) -> str:
    """Return the nearest name of Meta's form: «Invitación Mitín» is invitacion_mitin."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:MAX_NAME]


def _language_problems(draft: TemplateDraft) -> Iterator[FormProblem]:
    if draft.language not in LANGUAGES:
        yield FormProblem(
            "language_unknown",
            "WhatsApp no conoce ese idioma; usa es_MX (español de México) u otro código de español"
            " o inglés.",
            "language",
        )


def _category_problems(category: str) -> Iterator[FormProblem]:
    if category == "AUTHENTICATION":
        yield FormProblem(
            "category_unsupported",
            "Las plantillas de autenticación envían códigos de acceso y no se pueden usar en una"
            " campaña; elige MARKETING.",
            "category",
        )
    elif category == "UTILITY":
        yield FormProblem(
            "category_unsupported",
            "Los mensajes de una campaña son propaganda y WhatsApp sanciona a quien los registra en"
            " UTILITY; elige MARKETING.",
            "category",
        )
    elif category != "MARKETING":
        yield FormProblem("category_unknown", "La categoría debe ser MARKETING.", "category")
