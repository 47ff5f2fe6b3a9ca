"""The only module that fetches what a user's link leads to, and from the public internet alone.

The host is looked up once. Each of its addresses must be public, and the call goes to one that was
checked, so that no second answer of its name server counts; TLS still proves the name. Redirects
are not followed, nothing is unpacked, no proxy, password or cookie of ours is used. The whole takes
its time and no longer: the clock runs from the look-up to the last byte, however slowly they come.
"""

import dataclasses
import io
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from typing import Any, Final

import certifi

from shared.errors import InvalidInput
from shared.rules.public_addresses import (
    HTTPS_PORT,
    NOT_PUBLIC,
    Address,
    is_public,
    read_link,
)

_PIECE: Final = 64 * 1024
_LONGEST_CONNECT_S: Final = 5.0
_REDIRECTS: Final = range(300, 400)
# Looking a name up cannot be interrupted; a name server that never answers holds one of these.
_LOOKUPS: Final = ThreadPoolExecutor(max_workers=8, thread_name_prefix="lookup")
_HEADERS: Final = {"User-Agent": "CampaignPro", "Accept": "*/*", "Accept-Encoding": "identity"}

_UNREACHABLE = "El enlace no responde; revisa que el archivo siga ahí."
_REDIRECTED = (
    "El enlace redirige a otro; da el enlace final del archivo. Los de Google Drive o Dropbox para "
    "compartir no sirven: sube el archivo."
)
_WEB_PAGE = (
    "El enlace abre una página web y no un archivo. Los de Google Drive o Dropbox para compartir "
    "no sirven: sube el archivo."
)
_PACKED = "El sitio del enlace no entrega el archivo tal cual; sube el archivo."
_TOO_SLOW = "El enlace tarda demasiado en entregar el archivo."


@dataclass(frozen=True, kw_only=True)
class PublicFile:
    """What a link led to; `mime_type` is what its server says, "" if it says nothing."""

    content: bytes = dataclasses.field(repr=False)
    mime_type: str
    filename: str | None


def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host; raises OSError."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, kw_only=True)
class FetchSettings:
    """How files are fetched; what is not the default is for tests on one machine.

    `seconds` are those of the whole, `may_call` says which addresses are public.
    """

    seconds: float = 15.0
    port: int = HTTPS_PORT
    look_up: Callable[[str, int], Sequence[str]] = look_up
    may_call: Callable[[Address], bool] = is_public
    tls: ssl.SSLContext | None = None
    clock: Callable[[], float] = time.monotonic


_USUAL: Final = FetchSettings()


def fetch_public_file(
    url: str, largest: int, field: str, settings: FetchSettings = _USUAL
) -> PublicFile:
    """Return the file that a link leads to, of at most `largest` bytes.

    Raises:
        InvalidInput: `link_not_https`, `link_not_public`, `link_unreachable`, `link_redirects`,
            `link_too_large`, `link_too_slow`, about this field.
    """
    fetch = _Fetch(url, largest, field, settings)
    try:
        return fetch.run()
    except TimeoutError:
        raise InvalidInput("link_too_slow", _TOO_SLOW, field) from None
    except (OSError, HTTPException, UnicodeError):
        # Their texts name the host, and say what is listening there.
        raise InvalidInput("link_unreachable", _UNREACHABLE, field) from None


class _Fetch:
    """One file on its way. What goes wrong is an InvalidInput, or an error of the network."""

    def __init__(self, url: str, largest: int, field: str, settings: FetchSettings) -> None:
        self._link = read_link(url, field, settings.port)
        self._largest = largest
        self._field = field
        self._settings = settings
        self._end = settings.clock() + settings.seconds

    def run(self) -> PublicFile:
        context = self._settings.tls or _usual_tls()
        with (
            closing(self._connected(self._addresses())) as plain,
            context.wrap_socket(
                plain, server_hostname=self._link.host, suppress_ragged_eofs=False
            ) as sock,
        ):
            return self._ask(sock, context)

    def _seconds_left(self) -> float:
        left = self._end - self._settings.clock()
        if left <= 0:
            raise TimeoutError
        return left

    def _addresses(self) -> list[str]:
        """Look the host up, once; one address that is not public refuses all of them."""
        link, settings = self._link, self._settings
        looking = _LOOKUPS.submit(settings.look_up, link.host, link.port)
        addresses = looking.result(timeout=self._seconds_left())
        if not all(settings.may_call(ip_address(address)) for address in addresses):
            raise InvalidInput("link_not_public", NOT_PUBLIC, self._field)
        return list(dict.fromkeys(addresses))

    def _connected(self, addresses: Sequence[str]) -> socket.socket:
        """Connect to the first address that answers; none of them is looked up again."""
        failure: OSError = ConnectionError()
        for address in addresses:
            seconds = min(self._seconds_left(), _LONGEST_CONNECT_S)
            try:
                plain = socket.create_connection((address, self._link.port), timeout=seconds)
            except OSError as error:
                failure = error
            else:
                # The handshake, too, has to be over in time.
                plain.settimeout(self._seconds_left())
                return plain
        raise failure

    def _ask(self, sock: ssl.SSLSocket, context: ssl.SSLContext) -> PublicFile:
        connection = HTTPSConnection(self._link.host, self._link.port, context=context)
        connection.sock = _TimedSocket(sock, self._seconds_left)
        connection.request("GET", self._link.target, headers=_HEADERS)
        with connection.getresponse() as response:
            mime_type = self._check(response)
            content = self._read(response)
        return PublicFile(content=content, mime_type=mime_type, filename=self._link.filename)

    def _check(self, response: HTTPResponse) -> str:
        """Return the media type of an answer that may be the file."""
        if response.status in _REDIRECTS:
            raise InvalidInput("link_redirects", _REDIRECTED, self._field)
        if response.status != HTTPStatus.OK:
            raise InvalidInput("link_unreachable", _UNREACHABLE, self._field)
        if response.getheader("Content-Encoding", "identity").strip().lower() != "identity":
            raise InvalidInput("link_unreachable", _PACKED, self._field)
        mime_type = response.getheader("Content-Type", "").partition(";")[0].strip().lower()
        if mime_type == "text/html":
            raise InvalidInput("link_unreachable", _WEB_PAGE, self._field)
        return mime_type

    def _read(self, response: HTTPResponse) -> bytes:
        announced, content = response.length, bytearray()
        while len(content) <= self._largest and (announced or 0) <= self._largest:
            piece = response.read(_PIECE)
            content += piece
            if not piece:
                if announced not in (None, len(content)):
                    raise ConnectionError  # cut short
                return bytes(content)
        most = self._largest // (1024 * 1024)
        detail = f"El archivo del enlace pesa demasiado; el máximo es de {most} MB."
        raise InvalidInput("link_too_large", detail, self._field)


class _TimedSocket:
    """As much of a socket as http.client uses; it is closed by who opened it."""

    def __init__(self, sock: ssl.SSLSocket, seconds_left: Callable[[], float]) -> None:
        self._sock = sock
        self._seconds_left = seconds_left

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._seconds_left())
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock, self._seconds_left))

    def close(self) -> None:
        """Leave the connection to who opened it."""


class _TimedReader(io.RawIOBase):
    """Reads a socket, each time for as long as there is time left."""

    def __init__(self, sock: ssl.SSLSocket, seconds_left: Callable[[], float]) -> None:
        self._sock = sock
        self._seconds_left = seconds_left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._seconds_left())
        return self._sock.recv_into(buffer)


@cache
def _usual_tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())
