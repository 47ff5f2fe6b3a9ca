"""What a person said in a row of consents: yes, no, or that they take it back.

Told by the titles of columns, and by cells that say nothing else; both as `plain_title` makes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.rules.column_titles import plain_title

# In which the person says yes or no: «¿Acepta recibir mensajes?».
_ANSWERS: Final = frozenset(
    {"acepta", "aceptas", "acepto", "aceptacion", "aceptado", "aceptada", "autoriza", "autorizas"}
    | {"autorizo", "autorizacion", "autorizado", "autorizada", "consiente", "consientes"}
    | {"consiento", "consintio", "consentimiento", "consent", "optin", "acuerdo", "conforme"}
    | {"permite", "permites", "permito", "permiso", "suscrito", "suscrita"}
)
# The same only beside what it is that they want: «¿Qué desea para su colonia?» is something else.
_WISHES: Final = frozenset(
    {"desea", "deseas", "deseo", "quiere", "quieres", "quiero", "gustaria", "recibir", "recibe"}
)
_WISHED: Final = frozenset(
    {"recibir", "recibe", "mensaje", "mensajes", "whatsapp", "informacion", "noticias", "contacto"}
    | {"contactado", "contactada", "contactar", "contactemos", "escribamos", "avisos"}
)
_OPEN_QUESTIONS: Final = frozenset(
    {"como", "cual", "cuales", "cuando", "cuanto", "donde", "por", "que", "quien"}
)
# Rather about a consent than one.
_NO_ANSWERS: Final = frozenset(
    {"fecha", "hora", "medio", "fuente", "origen", "canal", "lugar", "version", "evidencia"}
    | {"folio", "referencia", "liga", "prueba", "tipo"}
)
# In which anything but a no is a person's silence: «Fecha de baja», «No contactar».
_REVOCATIONS: Final = frozenset(
    {"baja", "revocacion", "revocado", "revocada", "revoco", "cancelo", "optout", "unsubscribed"}
)
_REVOCATION_PHRASES: Final = (
    *("opt out", "no contactar", "no molestar", "no llamar", "no escribir", "no enviar"),
    *("no acepta", "no autoriza", "do not contact"),
)
_PLACES: Final = frozenset({"california", "planta", "calle", "colonia"})
_YES: Final = frozenset(
    {"si", "s", "x", "acepto", "acepta", "autorizo", "autoriza", "consiento", "true", "yes"}
    | {"verdadero", "ok"}
)
_NO: Final = frozenset({"no", "n", "na", "n a", "false", "falso", "ninguna", "ninguno", "nunca"})
# Whatever the column, if nothing else stands in the cell.
_SILENCE: Final = frozenset(
    {"baja", "de baja", "dado de baja", "dada de baja", "pidio baja", "solicito baja"}
    | {"revocado", "revocada", "revoco", "opt out", "optout", "unsubscribed", "no contactar"}
    | {"no acepta", "no acepto", "no autoriza", "no autorizo", "no quiere mensajes"}
    | {"no desea recibir mensajes", "no quiere recibir mensajes"}
)
_LONGEST_SILENCE: Final = 40


@dataclass(frozen=True, kw_only=True)
class AnswerColumns:
    """Places of columns, from 0: those that must say yes, may not say yes, and all others."""

    answers: Sequence[int]
    revocations: Sequence[int]
    others: Sequence[int]

    def is_yes_in(self, cells: Sequence[str]) -> bool:
        """Tell whether every answer of a row is a yes."""
        return all(is_yes(_cell(cells, place)) for place in self.answers)

    def is_revoked_in(self, cells: Sequence[str]) -> bool:
        """Tell whether a row says that the person wants no messages any more."""
        return any(_is_something(_cell(cells, place)) for place in self.revocations) or any(
            _is_silence(_cell(cells, place)) for place in self.others
        )


def answers_of(titles: Sequence[str], known: Sequence[int]) -> AnswerColumns:
    """Return what the columns of these plain titles say, beside those that are `known`."""
    others = [place for place in range(len(titles)) if place not in known]
    revocations = [place for place in others if _is_revocation(titles[place])]
    return AnswerColumns(
        answers=[p for p in others if p not in revocations and _is_answer(titles[p])],
        revocations=revocations,
        others=others,
    )


def is_yes(cell: str) -> bool:
    """Tell whether an answer begins with yes: «Sí, acepto», «X», «1»."""
    words = plain_title(cell.upper()).split()
    return cell.strip() == "1" or (bool(words) and words[0] in _YES)


def _is_answer(title: str) -> bool:
    words = title.split()
    if not words or not _NO_ANSWERS.isdisjoint(words):
        return False
    wishes = not _WISHES.isdisjoint(words) and not _WISHED.isdisjoint(words)
    return (
        not _ANSWERS.isdisjoint(words)
        or "opt in" in title
        or (wishes and words[0] not in _OPEN_QUESTIONS)
    )


def _is_revocation(title: str) -> bool:
    words = title.split()
    return _PLACES.isdisjoint(words) and (
        not _REVOCATIONS.isdisjoint(words) or any(said in title for said in _REVOCATION_PHRASES)
    )


def _is_something(cell: str) -> bool:
    """Tell whether a cell says more than no, nothing or a dash."""
    words = plain_title(cell.upper())
    said = words or cell.strip().strip("-./0\u2013\u2014")
    return bool(said) and words not in _NO


def _is_silence(cell: str) -> bool:
    return 0 < len(cell) <= _LONGEST_SILENCE and plain_title(cell.upper()) in _SILENCE


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""
