"""Which column of a file of consents is what, told by its title.

Each name is what `plain_title` makes of a title; of several that a file has, the first holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from shared.errors import InvalidInput
from shared.rules.column_titles import plain_title
from shared.rules.consent_answers import AnswerColumns, answers_of

NAMES: Final = MappingProxyType(
    {
        "phone": (
            *(
                "whatsapp",
                "whats app",
                "numero de whatsapp",
                "numero de whats app",
                "celular",
                "numero de celular",
                "num de celular",
            ),
            *("no de celular", "telefono celular", "tel celular", "cel", "movil", "telefono movil"),
            *("mobile", "telefono", "numero de telefono", "numero telefonico", "tel", "phone"),
            *("phone number",),
        ),
        "obtained_at": (
            *("fecha de consentimiento", "fecha del consentimiento", "fecha consentimiento"),
            *("fecha de obtencion", "fecha de aceptacion", "fecha de autorizacion", "obtained at"),
            *("consent date", "marca temporal", "timestamp", "fecha y hora", "fecha", "date"),
        ),
        "source": (
            *("fuente", "fuente del consentimiento", "medio", "medio de obtencion"),
            *("medio de consentimiento", "canal", "origen", "source"),
        ),
        "notice_version": (
            *("version del aviso", "version de aviso", "version aviso"),
            *("version del aviso de privacidad", "version de aviso de privacidad"),
            *("aviso de privacidad", "aviso", "notice version"),
        ),
        "evidence": (
            *("evidencia", "referencia de evidencia", "referencia de la evidencia"),
            *("folio de evidencia", "liga de evidencia", "prueba", "referencia", "folio"),
            *("evidence", "evidence reference"),
        ),
    }
)
_SHOWN: Final = MappingProxyType(
    {
        "phone": "Teléfono",
        "obtained_at": "Fecha",
        "source": "Fuente",
        "notice_version": "Versión del aviso",
        "evidence": "Evidencia",
    }
)


@dataclass(frozen=True, kw_only=True)
class ConsentColumns:
    """Places of the columns, from 0, by what they hold; `said` is what the person said besides."""

    places: Mapping[str, int]
    said: AnswerColumns


def known_titles(titles: Sequence[str]) -> int:
    """Count what a header has of what is needed."""
    plain = {plain_title(title) for title in titles}
    return sum(not plain.isdisjoint(names) for names in NAMES.values())


def columns_of(titles: Sequence[str]) -> ConsentColumns:
    """Return where everything is.

    Raises:
        InvalidInput: `column_missing`, `column_repeated` (422), with the column's name.
    """
    plain = [plain_title(title) for title in titles]
    places = {field: _place(plain, field, names) for field, names in NAMES.items()}
    said = answers_of(plain, [*places.values()])
    return ConsentColumns(places=places, said=said)


def _place(plain: Sequence[str], field: str, names: Sequence[str]) -> int:
    found = next((name for name in names if name in plain), None)
    if found is None:
        raise InvalidInput(
            "column_missing",
            f"Falta la columna «{_SHOWN[field]}» en la primera fila del archivo.",
            field,
        )
    if plain.count(found) > 1:
        raise InvalidInput(
            "column_repeated", f"Hay dos columnas «{_SHOWN[field]}»; deja una sola.", field
        )
    return plain.index(found)
