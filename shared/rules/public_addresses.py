"""Which links may be followed on somebody's word: https, and hosts of the public internet alone.

A link that a user gives is called from inside our network. What it must not reach: the metadata
server, other tenants, machines behind a VPN (OWASP, "Server Side Request Forgery Prevention").
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from shared.errors import InvalidInput

Address = IPv4Address | IPv6Address

HTTPS_PORT: Final = 443
LONGEST_LINK: Final = 2000
_UNICAST: Final = IPv6Network("2000::/3")  # of all others none is routed on the internet
_NAT64: Final = IPv6Network("64:ff9b::/96")
_TEREDO: Final = IPv6Network("2001::/32")
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# A host whose last label is a number is an IPv4 address to somebody (WHATWG URL, "ends in a
# number"): 2130706433, 0x7f.1 and 0177.0.0.1 are 127.0.0.1.
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, kw_only=True)
class Link:
    """Where a file is; `target` is the path with its query as a request line carries it."""

    host: str
    port: int
    target: str
    filename: str | None


def read_link(url: str, field: str, port: int = HTTPS_PORT) -> Link:
    """Take a link apart.

    Raises:
        InvalidInput: `link_not_https`, or `link_not_public` for a host or port that no public file
            has, or a password in it.
    """
    if not re.fullmatch(r"[^\x00-\x20\x7f\\]+", url) or len(url) > LONGEST_LINK:
        raise InvalidInput("link_not_https", "El enlace no es válido; revísalo y cópialo.", field)
    try:
        parts = urlsplit(url)
        named_port = parts.port or HTTPS_PORT
        host = (parts.hostname or "").encode("idna").decode().lower()
    except ValueError:
        raise InvalidInput("link_not_https", "El enlace no es válido.", field) from None
    if parts.scheme != "https":
        raise InvalidInput("link_not_https", "El enlace debe empezar con https://.", field)
    if "@" in parts.netloc:
        detail = "El enlace no debe llevar usuario ni contraseña."
        raise InvalidInput("link_not_public", detail, field)
    if named_port != port or not _is_name(host):
        raise InvalidInput("link_not_public", NOT_PUBLIC, field)
    return Link(
        host=host.removesuffix("."),
        port=port,
        target=_target(parts.path or "/", parts.query),
        filename=_filename(parts.path),
    )


NOT_PUBLIC: Final = "El enlace no lleva a un sitio público de internet."


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the public internet, whatever it is wrapped in."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and not address.is_reserved
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in _NAT64:
        inner = IPv4Address(address.packed[-4:])
    if inner is not None:
        return is_public(inner)
    return address in _UNICAST and address not in _TEREDO and address.is_global


def _is_name(host: str) -> bool:
    """Tell whether a host is a full name: no address in any spelling, no name of a local one."""
    labels = host.removesuffix(".").split(".")
    well_formed = all(_LABEL.fullmatch(label) for label in labels)
    return well_formed and len(labels) > 1 and not _NUMBER.fullmatch(labels[-1])


def _target(path: str, query: str) -> str:
    quoted = quote(path, safe="/%:@!$&'()*+,;=~-._")
    return f"{quoted}?{quote(query, safe='/?%:@!$&()*+,;=~-._')}" if query else quoted


def _filename(path: str) -> str | None:
    """Return the last part of a path as people read it, without what names of files cannot have."""
    name = re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|]', "", unquote(path.rpartition("/")[2])).strip(". ")
    return name[-100:] or None
