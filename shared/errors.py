"""Everything that can go wrong, as one tree.

::

    BridgeError
    ├── Refused            the caller asked for something that is not possible (4xx)
    │   ├── InvalidInput   a field of the request is missing or wrong (400, 413, 422)
    │   │   └── InvalidTemplate  several fields, each with its own code and sentence
    │   └── Busy           too much of the same at once; the same call may be repeated soon (429)
    ├── Unavailable        a system we need does not answer; the caller may try again (503)
    ├── MetaReadError      Meta did not answer a question, or refused it; the next round asks again
    ├── MetaUploadError    Meta did not take a file (422), or gave no answer to it (503)
    ├── Malfunction        our own mistake (500)
    └── ConfigError        the settings are wrong; raised while the process starts
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType


class BridgeError(Exception):
    """Base of all errors; `code` is stable, `detail` is Spanish and free of personal data.

    `members`: what the answer says besides, as JSON: the `bounds` of a window that is shut.
    """

    status = 500
    retry_after_seconds: int | None = None
    members: Mapping[str, object] = MappingProxyType({})
    problems: Sequence[Mapping[str, str]] = ()  # {code, detail, field}, where there are several

    def __init__(self, code: str, detail: str = "", field: str = "", status: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.field = field
        self.status = status or self.status


class Refused(BridgeError):
    """The request is understood and cannot be fulfilled; repeating it changes nothing."""

    status = 409


class InvalidInput(Refused):
    """A field of the request is missing, malformed or out of range."""

    status = 422


class InvalidTemplate(InvalidInput):
    """What a template is to be has problems; the first stands for all, `problems` lists them."""

    def __init__(self, problems: Sequence[Mapping[str, str]]) -> None:
        first = problems[0]
        super().__init__(first["code"], first["detail"], first["field"])
        self.problems = problems


class Busy(Refused):
    """The campaign has as many large calls under way, or the user asked as often, as they may."""

    status = 429
    retry_after_seconds = 3


class Unavailable(BridgeError):
    """Postgres, Pub/Sub or Cloud Tasks did not answer; the same call may be repeated."""

    status = 503
    retry_after_seconds = 5

    def __init__(self, code: str) -> None:
        super().__init__(code, "El servicio no está disponible; intenta de nuevo en unos segundos.")


class MetaReadError(BridgeError):
    """A GET to Meta that brought nothing; `meta_code` is Meta's error code, if it gave one."""

    status = 503

    def __init__(self, meta_code: int | None = None) -> None:
        super().__init__("meta_read_failed")
        self.meta_code = meta_code


class MetaUploadError(BridgeError):
    """A file that Meta did not take; the same file may be given again unless Meta `refused` it.

    `meta_code` and `reason`, Meta's own sentence without long numbers, are None where it gave none.
    """

    def __init__(
        self, *, refused: bool, meta_code: int | None = None, reason: str | None = None
    ) -> None:
        if refused:
            super().__init__("media_refused", "WhatsApp no aceptó el archivo.", status=422)
        else:
            detail = "WhatsApp no recibió el archivo; intenta de nuevo en unos minutos."
            super().__init__("media_not_uploaded", detail, status=503)
            self.retry_after_seconds = 30
        self.refused = refused
        self.meta_code = meta_code
        self.reason = reason


class Malfunction(BridgeError):
    """An answer we never expected: a bug or a broken deployment, to be found in the logs."""

    def __init__(self, code: str) -> None:
        super().__init__(code, "Ocurrió un error interno; ya quedó registrado.")


class ConfigError(Exception):
    """The environment lacks settings or holds wrong ones; the message names each."""
