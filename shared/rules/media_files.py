"""Which files WhatsApp shows, told by their own first bytes and not by what somebody calls them.

Types and sizes: Cloud API docs, "Media" (Supported media types); those of a template's sample:
Graph API docs, "Resumable Upload API". Signatures: the formats' own specifications.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

MB: Final = 1024 * 1024
# Meta takes documents of up to 100 MB; what goes through us has to fit a function's memory.
LARGEST: Final = MappingProxyType({"IMAGE": 5 * MB, "VIDEO": 16 * MB, "DOCUMENT": 16 * MB})
# So much of a file tells what it is; less than that must be all of it.
TELLING_BYTES: Final = 64 * 1024

_OOXML = "application/vnd.openxmlformats-officedocument."
_WORD, _SHEET, _SLIDES = (
    f"{_OOXML}wordprocessingml.document",
    f"{_OOXML}spreadsheetml.sheet",
    f"{_OOXML}presentationml.presentation",
)
_OLD_OFFICE = ("application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint")
TYPES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "IMAGE": ("image/jpeg", "image/png"),
        "VIDEO": ("video/mp4", "video/3gpp"),
        "DOCUMENT": ("application/pdf", *_OLD_OFFICE, _WORD, _SHEET, _SLIDES, "text/plain"),
    }
)
SAMPLE_TYPES: Final = frozenset({"application/pdf", "image/jpeg", "image/png", "video/mp4"})
_ALIASES: Final = MappingProxyType(
    {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "video/3gp": "video/3gpp"}
)
_ALLOWED: Final = MappingProxyType(
    {
        "IMAGE": "una imagen JPG o PNG",
        "VIDEO": "un video MP4 o 3GP",
        "DOCUMENT": "un documento PDF, Word, Excel, PowerPoint o de texto",
    }
)
_SAMPLES: Final = MappingProxyType(
    {"IMAGE": "una imagen JPG o PNG", "VIDEO": "un video MP4", "DOCUMENT": "un documento PDF"}
)
_PHOTO_HINT: Final = "Es una foto HEIC de iPhone, que WhatsApp no muestra; guárdala como JPG."

_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", *_OLD_OFFICE),
)
_ZIP_ENTRY = b"PK\x03\x04"
_PARTS: Final = ((b"word/", _WORD), (b"xl/", _SHEET), (b"ppt/", _SLIDES))
_OFFICE_START = re.compile(rb"\[Content_Types\]\.xml|_rels/|docProps/|word/|xl/|ppt/|mimetype")
_PHOTOS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif"})
_MOVIES = re.compile(rb"mp4[0-9v ]|isom|iso[2-9]|avc1|M4V[ HP]|MSNV|dash|f4v ")
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|script|svg|\?xml|!--)", re.IGNORECASE
)
HEIC, WEB_PAGE = "image/heic", "text/html"


@dataclass(frozen=True, kw_only=True)
class FileProblem:
    """Why a file cannot be used: a stable code and a sentence (es-MX)."""

    code: str
    detail: str


def check_file(
    kind: str, content_start: bytes, mime_type: str, size: int, *, sample: bool = False
) -> tuple[FileProblem, ...]:
    """Return what is wrong with a file for a header of this kind; nothing if it can be used.

    `content_start` holds its first TELLING_BYTES, or all of it. With `sample` it must also be of a
    type that Meta takes to review a template.
    """
    if size <= 0 or not content_start:
        return (FileProblem(code="media_empty", detail="El archivo está vacío."),)
    named = plain_type(mime_type)
    problems = (
        _wrong_type(kind, named, sample=sample) or _wrong_content(content_start, named),
        _too_large(kind, size),
    )
    return tuple(problem for problem in problems if problem)


def plain_type(mime_type: str) -> str:
    """Return a media type as Meta writes it: no parameters, lower case, one name for each."""
    plain = mime_type.partition(";")[0].strip().lower()
    return _ALIASES.get(plain, plain)


def types_of(content_start: bytes) -> frozenset[str]:
    """Return the media types that a file of these first bytes may have; none if it is unknown."""
    for signature, *mime_types in _SIGNATURES:
        if content_start.startswith(signature):
            return frozenset(mime_types)
    if content_start[4:8] == b"ftyp":
        return _types_of_boxes(content_start)
    if content_start[:4] == b"RIFF" and content_start[8:12] == b"WEBP":
        return frozenset({"image/webp"})
    if content_start.startswith(_ZIP_ENTRY):
        return _types_of_archive(content_start)
    return _types_of_text(content_start)


def _types_of_boxes(content: bytes) -> frozenset[str]:
    """Tell videos from the photos of telephones by the brands that the first box lists."""
    length = min(int.from_bytes(content[:4], "big"), 256)
    major, others = content[8:12], [content[at : at + 4] for at in range(16, length, 4)]
    if major in _PHOTOS:
        return frozenset({HEIC})
    if major.startswith((b"3gp", b"3g2")):
        return frozenset({"video/3gpp"})
    if major == b"qt  ":
        return frozenset({"video/quicktime"})
    is_movie = any(_MOVIES.fullmatch(brand) for brand in (major, *others))
    return frozenset({"video/mp4"} if is_movie else ())


def _types_of_archive(content: bytes) -> frozenset[str]:
    """Tell Office files from other archives by the names of their entries."""
    names = []
    at = content.find(_ZIP_ENTRY)
    while at >= 0:
        length = int.from_bytes(content[at + 26 : at + 28], "little")
        names.append(content[at + 30 : at + 30 + length])
        at = content.find(_ZIP_ENTRY, at + 4)
    if not _OFFICE_START.match(names[0]):
        return frozenset({"application/zip"})
    found = {t for part, t in _PARTS if any(name.startswith(part) for name in names)}
    return frozenset(found or {"application/zip"})


def _types_of_text(content: bytes) -> frozenset[str]:
    if _MARKUP.match(content):
        return frozenset({WEB_PAGE})
    return frozenset() if _BINARY.search(content) else frozenset({"text/plain"})


def _wrong_type(kind: str, named: str, *, sample: bool) -> FileProblem | None:
    if named in {HEIC, "image/heif"}:
        detail = _PHOTO_HINT
    elif named not in TYPES[kind]:
        detail = f"El archivo debe ser {_ALLOWED[kind]}."
    elif sample and named not in SAMPLE_TYPES:
        detail = f"Como ejemplo de una plantilla, el archivo debe ser {_SAMPLES[kind]}."
    else:
        return None
    return FileProblem(code="media_type_unsupported", detail=detail)


def _too_large(kind: str, size: int) -> FileProblem | None:
    if size <= LARGEST[kind]:
        return None
    detail = f"El archivo pesa demasiado; el máximo es de {LARGEST[kind] // MB} MB."
    return FileProblem(code="media_too_large", detail=detail)


def _wrong_content(content_start: bytes, named: str) -> FileProblem | None:
    types = types_of(content_start)
    if named in types:
        return None
    if HEIC in types:
        detail = _PHOTO_HINT
    elif WEB_PAGE in types:
        detail = "El archivo es una página web y no lo que dice ser."
    else:
        detail = "El contenido del archivo no corresponde a su tipo; guárdalo de nuevo."
    return FileProblem(code="media_content_mismatch", detail=detail)
