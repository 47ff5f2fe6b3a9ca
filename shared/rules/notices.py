"""What promoters read (es-MX) when a message did not leave, or did not arrive.

Each says what happened and, where they can, what to do. None names a person.
"""

from typing import Final

ACCOUNT: Final = (
    "La cuenta de WhatsApp está restringida por Meta; los envíos de este número se detuvieron."
)
CAP: Final = "Meta no entregó el mensaje: esta persona ya recibió demasiada publicidad estos días."
CONTENT: Final = (
    "Los datos del mensaje no coinciden con la plantilla; revísalos antes de reintentar."
)
COUNTRY: Final = "Meta no permite que esta cuenta escriba a ese país; el envío se pausó."
EXPERIMENT: Final = "Meta no entregó el mensaje: esta persona participa en una prueba de WhatsApp."
HEALTH_TEMPLATE: Final = "Meta aún no aprueba la plantilla, o dejó de aprobarla."
HEALTH_UNVERIFIED: Final = "Falta que Meta verifique el negocio de la cuenta."
IDENTITY: Final = "La persona cambió de teléfono o reinstaló WhatsApp; confirma su número."
INBOUND_MEDIA: Final = "WhatsApp no pudo descargar el archivo que envió la persona."
INTEGRITY: Final = (
    "Meta bloqueó la plantilla o su flujo por sus reglas de integridad; el envío se pausó."
)
MEDIA: Final = (
    "WhatsApp no pudo cargar la imagen o el archivo de la plantilla; revisa que la liga abra,"
    " el formato y el tamaño."
)
MISCLASSIFIED: Final = (
    "Meta limitó las plantillas de esta cuenta por estar en una categoría equivocada;"
    " el envío se pausó."
)
NOT_ALLOWED: Final = "Este número no está en la lista de pruebas de la cuenta de WhatsApp."
PAYMENT: Final = "Hay un problema con el pago de la cuenta de WhatsApp; los envíos se detuvieron."
PERMISSION: Final = "La conexión con WhatsApp perdió sus permisos; avisa a soporte."
POLICY: Final = "Meta rechazó el contenido de la plantilla; el envío se pausó."
RATE_LIMITED: Final = "WhatsApp pidió ir más despacio; el mensaje se reintenta solo."
REGISTRATION: Final = (
    "El número de la campaña no está bien registrado en WhatsApp; avisa a soporte."
)
SELF: Final = "El destinatario es el mismo número que envía."
SPAM: Final = (
    "Meta limitó este número porque muchas personas lo reportaron; los envíos se detuvieron."
)
STOPPED: Final = "La persona pidió no recibir más mensajes; ya no se le escribirá."
TEMPLATE: Final = "La plantilla no está disponible en WhatsApp; el envío se pausó."
TEMPORARY: Final = "WhatsApp tuvo una falla temporal; el mensaje se reintenta solo."
UNREACHABLE: Final = "El número no tiene WhatsApp o no puede recibir este mensaje."
WE_BLOCKED: Final = "La cuenta de la campaña tiene bloqueada a esta persona."
WINDOW: Final = "Pasaron más de 24 horas desde su último mensaje; usa una plantilla."
UNEXPLAINED: Final = "WhatsApp rechazó el mensaje sin explicar el motivo."
UNEXPECTED: Final = "WhatsApp rechazó el mensaje por un motivo que no conocemos."
# A notice that promises another try is not for a message that gets none.
GAVE_UP: Final = "No se pudo entregar el mensaje después de varios intentos de WhatsApp."
ANSWER_LOST: Final = "Se perdió la respuesta de WhatsApp; no se sabe si el mensaje salió."
NO_CONNECTION: Final = "No hay conexión con WhatsApp; el mensaje se reintenta solo."
CREDENTIAL_MISSING: Final = "Falta el token de acceso de este número; avisa a soporte."


def account_stopped(meta_event: str) -> str:
    """Return why the numbers of an account wait, with Meta's word for whoever must look it up."""
    return f"Meta detuvo esta cuenta de WhatsApp ({meta_event}); avisa a soporte."


def in_metas_words(text: str) -> str:
    """Return a sentence around what Meta says, which is in English."""
    return f"Meta dice: «{text}»."


def with_code(notice: str, code: int | None) -> str:
    """Return a notice that shows Meta's code, for whoever must look it up."""
    return f"{notice.removesuffix('.')} (código {code if code is not None else 'ausente'})."
