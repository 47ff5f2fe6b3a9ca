"""Files are what their first bytes say, whatever they are called."""

import io
import zipfile

import pytest

from shared.rules.media_files import LARGEST, SAMPLE_TYPES, TYPES, check_file, plain_type, types_of
from tests.test_spanish import is_spanish

OOXML = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX, PPTX = (
    f"{OOXML}wordprocessingml.document",
    f"{OOXML}spreadsheetml.sheet",
    f"{OOXML}presentationml.presentation",
)
UNSUPPORTED, MISMATCH = "media_type_unsupported", "media_content_mismatch"


def archive(*names):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name in names:
            file.writestr(name, "x" * 40)
    return packed.getvalue()


def boxes(major, *others):
    """The first box of an ISO media file."""
    brands = major + b"\x00\x00\x02\x00" + b"".join(others)
    return (8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands + b"\x00\x00\x00\x08free"


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)
HEIC = boxes(b"heic", b"mif1", b"heic")
HTML = b"\n<!DOCTYPE html>\n<html><head><title>Google Drive</title>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
XML_SVG = b'<?xml version="1.0"?><svg/>'
OFFICE_DOCX = archive("[Content_Types].xml", "_rels/.rels", "word/document.xml")
LIBRE_DOCX = archive("_rels/.rels", "docProps/core.xml", "word/document.xml", "[Content_Types].xml")
APK = archive("AndroidManifest.xml", "classes.dex", "word/document.xml")
JAR = archive("META-INF/MANIFEST.MF", "x.class")


@pytest.mark.parametrize(
    ("kind", "content", "mime_type"),
    [
        ("IMAGE", JPEG, "image/jpeg"),
        ("IMAGE", JPEG, "image/jpg"),
        ("IMAGE", JPEG, "IMAGE/JPEG; charset=binary"),
        ("IMAGE", PNG, "image/png"),
        ("VIDEO", boxes(b"isom", b"isom", b"avc1", b"mp41"), "video/mp4"),
        ("VIDEO", boxes(b"mp42"), "video/mp4"),
        ("VIDEO", boxes(b"M4V ", b"mp42"), "video/mp4"),
        ("VIDEO", boxes(b"XAVC", b"mp42", b"iso2"), "video/mp4"),
        ("VIDEO", boxes(b"3gp4", b"isom"), "video/3gpp"),
        ("DOCUMENT", PDF, "application/pdf"),
        ("DOCUMENT", OLE, "application/msword"),
        ("DOCUMENT", OLE, "application/vnd.ms-excel"),
        ("DOCUMENT", OLE, "application/vnd.ms-powerpoint"),
        ("DOCUMENT", OFFICE_DOCX, DOCX),
        ("DOCUMENT", LIBRE_DOCX, DOCX),
        ("DOCUMENT", archive("[Content_Types].xml", "xl/workbook.xml"), XLSX),
        ("DOCUMENT", archive("[Content_Types].xml", "ppt/presentation.xml"), PPTX),
        ("DOCUMENT", "Propuestas: más árboles\n".encode(), "text/plain"),
        ("DOCUMENT", "Propuestas: más árboles".encode("cp1252"), "text/plain"),
    ],
)
def test_file_that_is_what_it_says_can_be_used(kind, content, mime_type):
    assert check_file(kind, content, mime_type, len(content)) == ()


@pytest.mark.parametrize(
    ("kind", "content", "mime_type", "codes"),
    [
        ("IMAGE", PNG, "image/jpeg", [MISMATCH]),
        ("IMAGE", JPEG, "image/png", [MISMATCH]),
        ("IMAGE", HEIC, "image/jpeg", [MISMATCH]),
        ("IMAGE", boxes(b"mif1", b"heic"), "image/jpeg", [MISMATCH]),
        ("IMAGE", boxes(b"avif"), "image/png", [MISMATCH]),
        ("IMAGE", HTML, "image/jpeg", [MISMATCH]),
        ("IMAGE", SVG, "image/png", [MISMATCH]),
        ("IMAGE", XML_SVG, "image/png", [MISMATCH]),
        ("IMAGE", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/jpeg", [MISMATCH]),
        ("IMAGE", b"GIF89a", "image/jpeg", [MISMATCH]),
        ("IMAGE", b"\xff\xd8", "image/jpeg", [MISMATCH]),
        ("IMAGE", JPEG, "application/octet-stream", [UNSUPPORTED]),
        ("IMAGE", b"GIF89a", "image/gif", [UNSUPPORTED]),
        ("IMAGE", HEIC, "image/heic", [UNSUPPORTED]),
        ("IMAGE", SVG, "image/svg+xml", [UNSUPPORTED]),
        ("IMAGE", PDF, "application/pdf", [UNSUPPORTED]),
        ("IMAGE", HTML, "text/html", [UNSUPPORTED]),
        ("IMAGE", JPEG, "", [UNSUPPORTED]),
        ("VIDEO", boxes(b"qt  "), "video/mp4", [MISMATCH]),
        ("VIDEO", boxes(b"xxxx"), "video/mp4", [MISMATCH]),
        ("VIDEO", HEIC, "video/mp4", [MISMATCH]),
        ("VIDEO", boxes(b"3gp5"), "video/mp4", [MISMATCH]),
        ("VIDEO", b"\x1a\x45\xdf\xa3", "video/webm", [UNSUPPORTED]),
        ("DOCUMENT", JAR, DOCX, [MISMATCH]),
        ("DOCUMENT", APK, DOCX, [MISMATCH]),
        ("DOCUMENT", archive("[Content_Types].xml", "x/a"), DOCX, [MISMATCH]),
        ("DOCUMENT", OFFICE_DOCX, XLSX, [MISMATCH]),
        ("DOCUMENT", OFFICE_DOCX, "application/msword", [MISMATCH]),
        ("DOCUMENT", b"PK\x03\x04", DOCX, [MISMATCH]),
        ("DOCUMENT", b"MZ\x90\x00\x03\x00", "application/pdf", [MISMATCH]),
        ("DOCUMENT", b"\n" * 9 + PDF, "application/pdf", [MISMATCH]),
        ("DOCUMENT", HTML, "text/plain", [MISMATCH]),
        ("DOCUMENT", b"Hola\x00mundo", "text/plain", [MISMATCH]),
        ("DOCUMENT", PDF, "text/plain", [MISMATCH]),
        ("DOCUMENT", JPEG, "image/jpeg", [UNSUPPORTED]),
    ],
)
def test_file_that_is_something_else_is_refused(kind, content, mime_type, codes):
    problems = check_file(kind, content, mime_type, len(content))
    assert [problem.code for problem in problems] == codes
    assert all(is_spanish(problem.detail) for problem in problems)


@pytest.mark.parametrize("kind", TYPES)
def test_largest_file_is_taken_and_a_larger_one_is_not(kind):
    content, mime_type = {
        "IMAGE": (JPEG, "image/jpeg"),
        "VIDEO": (boxes(b"mp42"), "video/mp4"),
        "DOCUMENT": (PDF, "application/pdf"),
    }[kind]
    assert check_file(kind, content, mime_type, LARGEST[kind]) == ()
    [problem] = check_file(kind, content, mime_type, LARGEST[kind] + 1)
    assert problem.code == "media_too_large"
    assert is_spanish(problem.detail)


@pytest.mark.parametrize(("content", "size"), [(b"", 0), (JPEG, 0), (JPEG, -1), (b"", 5)])
def test_empty_file_is_only_empty(content, size):
    [problem] = check_file("IMAGE", content, "image/jpeg", size)
    assert problem.code == "media_empty"
    assert is_spanish(problem.detail)


@pytest.mark.parametrize(
    ("kind", "content", "mime_type", "codes"),
    [
        ("IMAGE", JPEG, "image/jpeg", []),
        ("VIDEO", boxes(b"mp42"), "video/mp4", []),
        ("DOCUMENT", PDF, "application/pdf", []),
        ("VIDEO", boxes(b"3gp4"), "video/3gpp", [UNSUPPORTED]),
        ("DOCUMENT", OFFICE_DOCX, DOCX, [UNSUPPORTED]),
        ("DOCUMENT", b"Hola", "text/plain", [UNSUPPORTED]),
    ],
)
def test_sample_is_of_the_few_types_that_are_reviewed(kind, content, mime_type, codes):
    problems = check_file(kind, content, mime_type, len(content), sample=True)
    assert [problem.code for problem in problems] == codes
    assert all(is_spanish(problem.detail) for problem in problems)


def test_sentence_helps_with_what_happens_most():
    [photo] = check_file("IMAGE", HEIC, "image/jpeg", 9)
    [named_photo] = check_file("IMAGE", HEIC, "image/heic", 9)
    assert "HEIC" in photo.detail
    assert named_photo.detail == photo.detail
    [page] = check_file("IMAGE", HTML, "image/jpeg", 9)
    assert "página web" in page.detail


def test_every_sample_type_can_be_sent():
    assert {*SAMPLE_TYPES} <= {mime_type for types in TYPES.values() for mime_type in types}


@pytest.mark.parametrize(
    "content", [b"\x00\x00\x00\x08ftyp", b"\xff\xff\xff\xffftypxxxx", b"PK\x03\x04" * 9, b"\x00"]
)
def test_broken_files_are_of_no_type_that_can_be_sent(content):
    sendable = {mime_type for types in TYPES.values() for mime_type in types}
    assert not types_of(content) & sendable


def test_type_is_named_as_meta_names_it():
    assert plain_type(" Image/JPG ;q=1") == "image/jpeg"
