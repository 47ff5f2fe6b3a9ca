"""What is wrong with a template, or may be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FormProblem:
    """One thing to mend: a stable code, a sentence for promoters (es-MX), and where it is.

    `field` is a path in the request: `body_text`, `buttons.1.url`, `sample_values.nombre`.
    """

    code: str
    detail: str
    field: str
