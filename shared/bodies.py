"""Bodies of requests: read by whoever asks for them, up to a size and for a time, or not at all."""

import errno
import io
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from shared.errors import InvalidInput
from shared.waits import Waits

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

KIB, MIB = 1024, 1024 * 1024
SMALL_BODY: Final = 16 * KIB  # tasks, shards, resolutions
# The entry points that take more, in bytes. Terraform's memory and concurrency are held to it.
LARGEST_BODY: Final = MappingProxyType(
    {
        "send": 5 * MIB,  # 100,000 voter ids are 4.6 MB, however they are indented
        "templates": 16 * MIB,  # Meta's largest video; sent as it is, its other bodies are small
        "webhook": 3 * MIB,  # Meta's own limit for a webhook payload
        "apply_events": 6 * MIB,  # the same in base64, and as escaped as JSON may be
    }
)
# A file of consents, which `send` reads row by row: 100,000 of them are some 8 MB.
LARGEST_CSV: Final = 10 * MIB
PIECE: Final = 64 * KIB

Environment = dict[str, Any]  # of a request, as PEP 3333 has it


class Body:
    """One request's `wsgi.input`: `take` alone reads it, and for anybody else it is empty.

    functions-framework reads each body to its end once there is an answer, however large it is.
    """

    def __init__(self, environment: Environment, waits: Waits) -> None:
        """`waits`: the other bodies that this process waits for."""
        self._source = environment["wsgi.input"]
        self._connection: socket.socket | None = environment.get("gunicorn.socket")
        self._waits = waits
        chunked = "HTTP_TRANSFER_ENCODING" in environment
        # Bytes still to come; None: as many as the chunks hold.
        self._left = None if chunked else int(environment.get("CONTENT_LENGTH") or 0)
        self._coming = self._left != 0
        self._lost = False
        self._is_last = (
            environment.get("SERVER_PROTOCOL") == "HTTP/1.0"
            or environment.get("HTTP_CONNECTION", "").lower() == "close"
        )

    def read(self, _size: int = -1) -> bytes:
        """Return nothing, as at the end of any body."""
        return b""

    def take(self, largest: int) -> bytes:
        """Return the body; no more than `largest` bytes and one piece are ever held.

        Raises:
            InvalidInput: `body_too_large` (413), before anything is read if its length is told;
                `body_too_slow` (408); `body_broken` (400).
        """
        if (self._left or 0) > largest:
            raise _too_large()
        kept = io.BytesIO()

        def keep(piece: bytes) -> None:
            if kept.tell() + len(piece) > largest:
                raise _too_large()
            kept.write(piece)

        self._receive(keep)
        return kept.getvalue()

    def finish(self) -> None:
        """Throw away what was not taken, so that the connection serves the next request.

        A caller that is still sending would otherwise not see its answer.

        Raises:
            BrokenPipeError: it did not all come. What is left must not be taken for the next
                request, and to have lost the caller is how an application says so to gunicorn.
        """
        if self._coming and not self._lost:
            with suppress(InvalidInput):
                self._receive(lambda _: None)
        if self._coming or self._lost or self._is_last:
            self._hang_up()
        if self._coming or self._lost:
            raise BrokenPipeError(errno.EPIPE, "the body did not come to its end")

    def _hang_up(self) -> None:
        """Hear no more; gunicorn would give the caller two seconds to leave, accepting nobody."""
        if self._connection is not None:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RD)

    def _receive(self, keep: Callable[[bytes], None]) -> None:
        with self._waits.waiting(self._connection) as wait:
            while self._coming and not (self._lost or wait.over):
                keep(self._piece())
        self._lost = self._lost or wait.over
        if wait.over and self._coming:
            raise InvalidInput(
                "body_too_slow", "La solicitud tardó demasiado en llegar.", status=408
            )
        if self._coming and self._lost:
            raise InvalidInput("body_broken", "La solicitud llegó incompleta o dañada.", status=400)

    def _piece(self) -> bytes:
        try:
            piece: bytes = self._source.read(PIECE)
        except Exception:  # noqa: BLE001 - gunicorn has many for what callers send, and no base of them
            self._lost = True
            return b""
        if self._left is None:
            self._coming = bool(piece)
        else:
            self._left -= len(piece)
            self._coming = self._left > 0
            self._lost = self._coming and not piece
        return piece


def _too_large() -> InvalidInput:
    return InvalidInput("body_too_large", "La solicitud es demasiado grande.", status=413)


class Door:
    """What every request passes before Flask sees it, also those that no route of ours answers."""

    def __init__(self, application: "WSGIApplication", waits: Waits) -> None:
        self._application = application
        self._waits = waits

    def __call__(
        self, environment: Environment, start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        body = Body(environment, self._waits)
        environment["wsgi.input"] = body
        return _Answer(self._application(environment, start_response), body)


class _Answer:
    """An answer whose `close`, called once it has been sent, finishes the request's body."""

    def __init__(self, content: Iterable[bytes], body: Body) -> None:
        self._content = content
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._content)

    def close(self) -> None:
        try:
            if hasattr(self._content, "close"):
                self._content.close()
        finally:
            self._body.finish()
