"""The form of a template's header: its kind, and the file or place that each message shows.

Meta approves a media header by a sample and a map without one; what the messages show is ours to
keep, and wa.media_problems and wa.place_problems in SQL ask the same of it before a job.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from shared.rules.form_problem import FormProblem
from shared.rules.payloads import has_something_to_show
from shared.rules.template_draft import TemplateDraft
from shared.rules.template_links import host_of
from shared.rules.template_text_form import header_text_problems

_FORMATS: Final = frozenset({"TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"})
_MEDIA: Final = {
    "IMAGE": ("la imagen", frozenset({"jpg", "jpeg", "png"})),
    "VIDEO": ("el video", frozenset({"mp4", "3gp"})),
    "DOCUMENT": (
        "el documento",
        frozenset({"pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt"}),
    ),
}
_ENDINGS: Final = frozenset({"webp", "gif", "heic", "svg", "mov", "avi", "webm", "mp3"}).union(
    *(endings for _, endings in _MEDIA.values())
)
_ENDING: Final = re.compile(r"://[^/?#]+/[^?#]*\.([A-Za-z0-9]+)(?:[?#]|$)")
_MEDIA_ID: Final = re.compile(r"[0-9]+")
_DEGREES: Final = re.compile(r"-?[0-9]{1,3}(\.[0-9]+)?")
_LIMITS: Final = {"latitude": 90, "longitude": 180}
_ALPHANUMERIC: Final = re.compile(r"[^\W_]")


def header_problems(draft: TemplateDraft) -> Iterator[FormProblem]:
    """Yield what is wrong with the header."""
    kind = draft.header_format
    if kind is not None and kind not in _FORMATS:
        yield FormProblem(
            "header_format_unknown",
            "El encabezado debe ser TEXT, IMAGE, VIDEO, DOCUMENT, LOCATION o NONE.",
            "header_format",
        )
        return
    if kind == "TEXT":
        yield from header_text_problems(draft)
    elif draft.header_text:
        yield FormProblem(
            "header_text_unexpected",
            "Este encabezado no muestra texto; quítalo o elige un encabezado TEXT.",
            "header_text",
        )
    yield from _content_problems(kind, draft.header_media)


def _content_problems(kind: str | None, content: object) -> Iterator[FormProblem]:
    if kind in {None, "TEXT"}:
        if content is not None:
            yield FormProblem(
                "header_media_unexpected",
                "Este encabezado no muestra archivos ni lugares; quita el que está capturado.",
                "header_media",
            )
    elif not isinstance(content, Mapping) or not content:
        yield FormProblem(
            "header_media_missing",
            "Falta el archivo o el lugar que muestra el encabezado.",
            "header_media",
        )
    elif kind == "LOCATION":
        yield from _place_problems(content)
    else:
        yield from _media_problems(str(kind), content)


def _media_problems(kind: str, media: Mapping[str, object]) -> Iterator[FormProblem]:
    thing = _MEDIA[kind][0]
    media_id, link = media.get("id"), media.get("link")
    if media_id is None and link is None:
        yield FormProblem(
            "header_media_missing",
            f"Falta {thing} del encabezado: captura su id o su enlace.",
            "header_media",
        )
    elif media_id is not None and link is not None:
        yield FormProblem(
            "header_media_ambiguous",
            f"Captura el id o el enlace de {thing} del encabezado, no los dos.",
            "header_media",
        )
    elif link is not None:
        yield from _link_problems(kind, link)
    elif not isinstance(media_id, str) or not _MEDIA_ID.fullmatch(media_id):
        yield FormProblem(
            "header_media_id_invalid",
            "El id del archivo son solo dígitos, como lo da el sistema al subirlo.",
            "header_media.id",
        )
    if media.get("filename") is not None and not _is_filename(kind, media["filename"]):
        yield FormProblem(
            "header_filename_unexpected",
            "El nombre de archivo es un texto y solo lo lleva un documento; quítalo.",
            "header_media.filename",
        )


def _link_problems(kind: str, link: object) -> Iterator[FormProblem]:
    if not isinstance(link, str) or host_of(link) is None:
        yield FormProblem(
            "header_link_invalid",
            "El enlace del archivo debe ser público y completo: empieza con https:// y no lleva"
            " espacios ni acentos.",
            "header_media.link",
        )
        return
    thing, endings = _MEDIA[kind]
    found = _ENDING.search(link)
    ending = found[1].lower() if found else ""
    if ending in _ENDINGS and ending not in endings:
        yield FormProblem(
            "header_link_kind",
            f"El encabezado muestra {thing} y el enlace lleva a un archivo .{ending}, que WhatsApp"
            " no acepta ahí.",
            "header_media.link",
        )


def _is_filename(kind: str, name: object) -> bool:
    return kind == "DOCUMENT" and isinstance(name, str) and bool(name.strip())


def _place_problems(place: Mapping[str, object]) -> Iterator[FormProblem]:
    for name, what in (
        ("latitude", "la latitud en grados, de -90 a 90"),
        ("longitude", "la longitud en grados, de -180 a 180"),
        ("name", "el nombre"),
        ("address", "la dirección"),
    ):
        value = place.get(name)
        if not (_is_degrees(value, _LIMITS[name]) if name in _LIMITS else _is_shown(value)):
            yield FormProblem(
                "header_place_invalid",
                f"Captura {what} del lugar que muestra el encabezado.",
                f"header_media.{name}",
            )


def _is_degrees(value: object, limit: int) -> bool:
    """Tell degrees, as text or number; a number is written out with six decimals when sent."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return abs(value) <= limit
    return (
        isinstance(value, str)
        and bool(_DEGREES.fullmatch(value))
        and value.isascii()
        and abs(float(value)) <= limit
    )


def _is_shown(value: object) -> bool:
    return (
        isinstance(value, str)
        and has_something_to_show(value)
        and bool(_ALPHANUMERIC.search(value))
    )
