"""Which column of a list is what, told by its title."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from shared.rules.column_titles import plain_title

_PEOPLE = ("votante", "elector", "ciudadano", "simpatizante", "afiliado", "beneficiario")
_WHOLE_NAME = {
    *("nombre completo", "full name", "display name", "public display name", "saved name"),
    *("nombre y apellido", "nombre y apellidos", "apellidos y nombre", "apellido y nombre"),
    *("nombre apellido", "nombre apellidos", "apellidos nombre"),
    *("nombre de contacto", "nombre del contacto"),
    *(f"nombre del {one}" for one in _PEOPLE),
    *("contact name", "nombre de la persona"),
}
_GIVEN = {"nombre", "nombres", "first name", "given name", "primer nombre"}
_NAME_PARTS: tuple[set[str], ...] = (
    _GIVEN,
    {"segundo nombre", "middle name", "additional name"},
    {
        *("apellido", "apellidos", "apellido paterno", "primer apellido", "paterno"),
        *("last name", "surname", "family name", "ap paterno", "a paterno", "ap pat"),
    },
    {"apellido materno", "segundo apellido", "materno", "ap materno", "a materno", "ap mat"},
)
_OTHERS = {
    "section": {
        *("section", "seccion", "seccion electoral", "secc", "sec", "num seccion", "no seccion"),
        *("numero de seccion", "num de seccion", "no de seccion"),
    },
    "sentiment": {"sentiment", "sentimiento"},
    "tags": {"tags", "etiqueta", "etiquetas", "labels"},
}
_WHATSAPP = {"whatsapp", "whats", "whatsap", "watsapp", "wsp", "wpp", "wapp", "wa"}
_MOBILE = {"celular", "celulares", "cel", "movil", "mobile", "cell", "cellphone"}
_PHONE = {
    *("telefono", "telefonos", "telefonico", "tel", "tels", "telef", "telf", "tfno", "phone"),
    *("phones", "telephone"),
}
_LANDLINE = {
    *("fijo", "casa", "domicilio", "particular", "local", "oficina", "trabajo", "empresa"),
    *("home", "work", "business", "company", "landline"),
}
_SECOND = {"alterno", "alternativo", "secundario", "otro", "adicional", "other", "alternate"}
# About a phone, but not its number; or not this person's.
_NOT_THE_NUMBER = {
    *("tipo", "type", "label", "etiqueta", "lada", "extension", "ext", "compania", "operador"),
    *("marca", "modelo", "fecha", "hora", "tiene", "usa", "valido", "verificado", "codigo", "area"),
    *("promotor", "promotora", "coordinador", "coordinadora", "lider", "enlace", "responsable"),
    *("emergencia", "emergencias", "referencia", "recados", "tutor", "familiar", "estatus"),
    *("status", "grupo", "group", "nombre", "name", "mensaje", "notas", "observaciones"),
    *("asistente", "assistant", "fax", "country", "pais"),
}
# Of a house, of a row, of a phone: only what is in the column tells.
_ONLY_A_NUMBER = {"numero", "num", "no", "number", "contacto", "numero de contacto"}


class _Kind(IntEnum):
    """What a column of numbers promises, best first."""

    WHATSAPP = 0
    MOBILE = 1
    PHONE = 2
    LANDLINE = 3


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Places of the columns in a row, by what they hold; of several, the best first.

    `is_guess`: the title of the phones says no more than «número». `kind_of`: the column that says
    of which kind the number in another one is (Google Contacts).
    """

    titles: Sequence[str]
    phone: Sequence[int]
    is_guess: bool
    kind_of: Mapping[int, int]
    whole_name: Sequence[int]
    name_parts: Sequence[Sequence[int]]
    others: Mapping[str, Sequence[int]]

    @property
    def name(self) -> list[int]:
        """All columns that hold a name or a part of one."""
        return [*self.whole_name, *(place for part in self.name_parts for place in part)]

    @property
    def count(self) -> int:
        """How many columns were recognised."""
        return sum(len(places) for places in (self.phone, self.name, *self.others.values()))


def columns_of(titles: Sequence[str]) -> Columns:
    """Return the columns that these titles name, none of which need be there."""
    plain = [plain_title(title) for title in titles]
    phones = _phones(plain)
    parts = [_places(plain, names) for names in _NAME_PARTS]
    whole = _places(plain, _WHOLE_NAME)
    # «Name» is a given name if the family name stands apart and no given name does; «Votante» may
    # as well be a yes or no.
    if parts[2] and not parts[0]:
        parts[0] = _places(plain, {"name"})
    else:
        whole += _places(plain, {"name"})
    return Columns(
        titles=titles,
        phone=phones or _places(plain, _ONLY_A_NUMBER),
        is_guess=not phones,
        kind_of=_kinds(titles),
        whole_name=whole if whole or any(parts) else _places(plain, _PEOPLE),
        name_parts=parts,
        others={column: _places(plain, names) for column, names in _OTHERS.items()},
    )


def is_mobile(kind: str) -> bool:
    """Tell whether a cell such as «Mobile», «* Móvil» or «Celular» says so."""
    return bool(set(plain_title(kind).split()) & (_MOBILE | _WHATSAPP))


def _places(titles: Sequence[str], names: Iterable[str]) -> list[int]:
    return [place for place, title in enumerate(titles) if title in names]


def _phones(titles: Sequence[str]) -> list[int]:
    words = [set(title.split()) for title in titles]
    kinds = {place: kind for place, one in enumerate(words) if (kind := _kind(one)) is not None}
    return sorted(kinds, key=lambda place: (kinds[place], bool(words[place] & _SECOND), place))


def _kind(words: set[str]) -> _Kind | None:
    if words & _NOT_THE_NUMBER or not words & (_WHATSAPP | _MOBILE | _PHONE):
        return None
    if words & _WHATSAPP:
        return _Kind.WHATSAPP
    if words & _MOBILE:
        return _Kind.MOBILE
    return _Kind.LANDLINE if words & _LANDLINE else _Kind.PHONE


def _kinds(titles: Sequence[str]) -> dict[int, int]:
    """Pair «Phone 1 - Value» with «Phone 1 - Type» or «Phone 1 - Label»."""
    split = {place: title.lower().rpartition(" - ") for place, title in enumerate(titles)}
    kinds = {
        of: place for place, (of, _, what) in split.items() if of and what in {"type", "label"}
    }
    return {
        place: kinds[of]
        for place, (of, _, what) in split.items()
        if what == "value" and of in kinds
    }
