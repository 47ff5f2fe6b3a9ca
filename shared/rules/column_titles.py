"""Titles of a spreadsheet's columns as they are compared."""

import re
import unicodedata


def plain_title(title: str) -> str:
    """Return a title without accents, case, punctuation and digits.

    «Núm. de Celular» is `num de celular`, «TELÉFONO_2» is `telefono`, «Phone 1 - Value» is
    `phone value`.
    """
    letters = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.sub(r"\([a-z]{1,2}\)", "", letters)  # Nombre(s), Ciudadano(a)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words)  # TelefonoCelular
    return " ".join(re.findall(r"[a-z]+", words.lower()))
