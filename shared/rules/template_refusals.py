"""What promoters read (es-MX) when Meta refuses a template, at once or after its review.

Subcodes: Cloud API docs, "Error codes" (template creation), and public reports of those that the
docs leave out. Meta uses some for several parts of a template; then its own sentence tells which.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from shared.rules import notices

# By subcode: the sentence, and the field it is about.
REFUSALS: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        2388003: ("Meta no permite editar esta plantilla mientras la revisa; espera.", ""),
        2388019: (
            "La cuenta ya tiene todas las plantillas que Meta le permite; borra las que sobran.",
            "",
        ),
        2388023: (
            "Meta está borrando una plantilla con ese nombre y lo reserva por 30 días; usa otro.",
            "name",
        ),
        2388024: ("Meta ya tiene una plantilla con ese nombre y ese idioma; usa otro.", "name"),
        2388037: ("Las variables se numeran desde {{1}} y sin saltos.", "body_text"),
        2388039: ("Meta ya no permite cambiar esta plantilla; haz otra con otro nombre.", ""),
        2388040: ("Un texto de la plantilla es más largo de lo que WhatsApp admite.", ""),
        2388043: (
            "Falta un ejemplo, o sobra: la plantilla lleva uno por cada variable.",
            "sample_values",
        ),
        2388046: (
            "El nombre lleva solo minúsculas sin acento, números y guion bajo.",
            "name",
        ),
        2388047: ("El encabezado no tiene la forma que WhatsApp pide.", "header_text"),
        2388060: (
            "Un botón no lleva variables, saltos de línea, emojis ni signos de formato.",
            "buttons",
        ),
        2388072: ("El texto no tiene la forma que WhatsApp pide.", "body_text"),
        2388073: ("El pie no tiene la forma que WhatsApp pide.", "footer_text"),
        2388081: (
            "WhatsApp no acepta ese enlace en un botón; no puede llevar a WhatsApp.",
            "buttons",
        ),
        2388124: ("Meta permite editar una plantilla aprobada una vez al día; espera.", ""),
        2388185: (
            "La cuenta de WhatsApp no tiene permiso de crear plantillas; avisa a soporte.",
            "",
        ),
        2388293: (
            "Hay demasiadas variables para tan poco texto; agrega palabras o quita variables.",
            "body_text",
        ),
        2388299: (
            "El mensaje no puede empezar ni terminar con una variable, aunque le siga un punto.",
            "body_text",
        ),
    }
)
# By error code, where no subcode says more.
REFUSALS_BY_CODE: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        3: (notices.PERMISSION, ""),
        10: (notices.PERMISSION, ""),
        190: (notices.PERMISSION, ""),
        192: ("Meta no reconoce el teléfono de un botón; revisa la lada y los dígitos.", "buttons"),
        200: (notices.PERMISSION, ""),
        368: ("Meta restringió la cuenta de WhatsApp; avisa a soporte.", ""),
        80008: ("WhatsApp pidió ir más despacio; intenta de nuevo en unos minutos.", ""),
    }
)
# The parts that one subcode may be about, by Meta's words in the languages it answered in.
_SHARED: Final = frozenset({2388040, 2388047, 2388072, 2388073})
PARTS: Final[tuple[tuple[re.Pattern[str], str, str], ...]] = (
    (
        re.compile(r"header|encabezado|cabeçalho", re.IGNORECASE),
        "El encabezado va en una línea de 60 caracteres o menos, sin emojis ni signos de formato.",
        "header_text",
    ),
    (
        re.compile(r"footer|pie de página|rodapé", re.IGNORECASE),
        "El pie va en una línea de a lo más 60 caracteres, sin emojis ni variables.",
        "footer_text",
    ),
    (
        re.compile(r"button|botón|botão", re.IGNORECASE),
        "El texto de un botón tiene a lo más 25 caracteres, sin emojis ni signos de formato.",
        "buttons",
    ),
    (
        re.compile(r"body|cuerpo|corpo", re.IGNORECASE),
        "El mensaje tiene a lo más 1024 caracteres y 10 emojis y no tres saltos seguidos.",
        "body_text",
    ),
)
# Review reasons: Cloud API docs, "message_template_status_update".
REJECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ABUSIVE_CONTENT": "Meta considera que el texto ofende o amenaza; cámbialo.",
        "CATEGORY_NOT_AVAILABLE": "La cuenta no puede usar esa categoría; elige otra.",
        "INCORRECT_CATEGORY": "El texto no es de esa categoría; la de campañas es MARKETING.",
        "INVALID_FORMAT": (
            "Meta rechazó la forma de la plantilla: revisa variables, ejemplos y signos."
        ),
        "PROMOTIONAL": "Meta considera que el texto es propaganda no permitida; cámbialo.",
        "SCAM": "Meta considera que el texto parece una estafa; cámbialo.",
        "TAG_CONTENT_MISMATCH": (
            "El texto no corresponde a la categoría o al idioma de la plantilla; revísalos."
        ),
    }
)
_NOTHING: Final = frozenset({"", "NONE"})
_UNEXPLAINED: Final = "Meta rechazó la plantilla sin explicar el motivo"


def notice_of_refusal(
    error_code: int | None, error_subcode: int | None, reason: str | None
) -> tuple[str, str]:
    """Return the sentence and the field ("": none in particular) for a refused submission.

    `reason` is Meta's own sentence, without telephone numbers; what is unknown is passed on in it.
    """
    words = (reason or "").strip()
    if error_subcode in _SHARED:
        for pattern, sentence, field in PARTS:
            if pattern.search(words):
                return sentence, field
    known = REFUSALS.get(error_subcode or 0) or REFUSALS_BY_CODE.get(error_code or 0)
    if known:
        return known
    if words:
        return f"Meta rechazó la plantilla y dijo: «{words}».", ""
    code = error_subcode or error_code
    return f"{_UNEXPLAINED}{'' if code is None else f' (código {code})'}.", ""


def notice_of_rejection(rejected_reason: str | None) -> str | None:
    """Return the sentence for a review's reason, or None if there is none.

    What is no word of Meta's that we know is passed on as it is.
    """
    reason = (rejected_reason or "").strip()
    return None if reason in _NOTHING else REJECTIONS.get(reason, reason)
