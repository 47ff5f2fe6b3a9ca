"""Data that no list of consents may carry: of the electoral roll, and of what people believe.

The roll may not be used for anything but elections' own business (LGIPE arts. 126.3 and 148.2;
unlawful use is a crime, LGMDE art. 13-II). Its marks are the clave de elector (18 signs), the OCR
(section and nine digits), the CIC (nine digits) and the CURP, all on the voter's card. Sections,
districts and the like are geography and pass. Sensitive data need a consent of their own, express
and written (LFPDPPP arts. 2-VI and 8).
"""

import re
from collections.abc import Sequence
from typing import Final

from shared.rules.column_titles import plain_title

_ROLL_TITLE: Final = re.compile(
    r"\b(ocr|cic|curp|idmex|padron|lista nominal)\b"
    r"|^(o c r|c i c|c u r p|ine|ife)$"
    r"|\b(clave|cve|folio|numero|num|no|id|credencial|emision)"
    r"( de| del)?( la)?( credencial)?( de)? (ine|ife)\b"
    r"|\b(clave|cve|id)( de| del)? (elec|elector|electoral)\b|\b(clave|cve)(de)?elector"
    r"|\bcredencial\b.*\b(votar|elector)\b"
)
_SENSITIVE_TITLE: Final = re.compile(
    r"\b(votos?|votari?an?|votara|simpati\w+|afinidad\w*|militan\w+|afilia\w+|ideologia"
    r"|sentimientos?|sentiment|religion|creencias?|etni\w+|indigena|discapacidad|sindicato)\b"
    r"|\bpartidos?\b(?! judicial)"
    r"|\bpreferencias? (politic|electoral|partidi|partidari|sexual)"
    r"|\borientacion sexual\b|\bestado de salud\b|^salud$"
)
_IDENTIFICATION_TITLE: Final = re.compile(r"\b(identificacion|credencial|ine|ife)\b")
# Not \b: names of files join their parts by _.
_BEGINS: Final = r"(?<![^\W_])"
_ENDS: Final = r"(?![^\W_])"
_MARK: Final = re.compile(
    # Letters of the names, date of birth, state of birth (87, 88: abroad), sex, three digits.
    rf"{_BEGINS}[A-ZÑ&]{{6}}[ -]?[0-9]{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[ -]?"
    rf"(?:0[1-9]|[12][0-9]|3[0-2]|8[78])[ -]?[HMX][ -]?[0-9]{{3}}{_ENDS}"
    # A CURP.
    rf"|{_BEGINS}[A-Z][AEIOUX][A-Z]{{2}}[0-9]{{6}}[HMX][A-Z]{{5}}[A-Z0-9][0-9]{_ENDS}"
    # The line for machines on the card's back, and numbers that say what they are.
    r"|\bIDMEX[0-9]{9,10}"
    r"|\b(?:OCR|CIC)\b\W{0,3}(?:N[OÚU]M?(?:ERO)?\b\W{0,3})?[0-9]{9,13}\b"
)
_BARE_NUMBER: Final = re.compile(r"[0-9]{9,10}|[0-9]{12,13}")
# No phone behind its country's code, which sections of that number begin with, too.
_OCR: Final = re.compile(r"(?!521?[0-9]{10}$)[0-9]{12,13}")
_SECTION_DIGITS: Final = 4
_SECTION_TITLES: Final = frozenset({"seccion", "seccion electoral", "secc", "section"})


def has_roll_mark(text: str) -> bool:
    """Tell whether a clave de elector, CURP, or a number called OCR or CIC is in a text."""
    return bool(_MARK.search(text.upper()))


class ForbiddenColumns:
    """What the titles of a file forbid, and which of its columns are looked at more closely.

    `roll` and `sensitive` are places of columns, from 0.
    """

    def __init__(self, titles: Sequence[str]) -> None:
        plain = [plain_title(title) for title in titles]
        self.roll = _places(_ROLL_TITLE, plain)
        self.sensitive = _places(_SENSITIVE_TITLE, plain)
        self._identifications = _places(_IDENTIFICATION_TITLE, plain)
        self._sections = [place for place, title in enumerate(plain) if title in _SECTION_TITLES]

    def roll_data_in(self, cells: Sequence[str]) -> int | None:
        """Return the place of the first cell with data of the roll, or None."""
        if has_roll_mark(" | ".join(cells)):
            return next((p for p, cell in enumerate(cells) if has_roll_mark(cell)), 0)
        for place in self._identifications:
            if place < len(cells) and _BARE_NUMBER.fullmatch(cells[place].strip()):
                return place
        return self._ocr_in(cells)

    def _ocr_in(self, cells: Sequence[str]) -> int | None:
        """Return the place of a number that begins with its row's section, as each OCR does."""
        for section in (cells[p].strip() for p in self._sections if p < len(cells)):
            if not section.isdigit() or len(section) > _SECTION_DIGITS:
                continue
            beginning = section.zfill(_SECTION_DIGITS)
            for place, number in enumerate(cell.strip() for cell in cells):
                if number.startswith(beginning) and _OCR.fullmatch(number):
                    return place
        return None


def _places(pattern: re.Pattern[str], titles: Sequence[str]) -> list[int]:
    return [place for place, title in enumerate(titles) if pattern.search(title)]
