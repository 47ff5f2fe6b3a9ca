"""Links that a template may show: public, complete, and as browsers write them."""

import re
from typing import Final

# As wa.media_problems in SQL: https, a name with a top level (no bare number, no password), and
# only characters that need no escape.
_LINK: Final = re.compile(
    r"https://((?:[a-z0-9-]+\.)+[a-z][a-z0-9-]+)(?::[0-9]+)?(?:[/?#][]!#-;=?-\[_a-z~]*)?",
    re.IGNORECASE | re.ASCII,
)
# Names that no public server answers to (RFC 2606, RFC 6761, RFC 6762, RFC 8375; ".internal" by
# ICANN's decision of 2024).
_PRIVATE: Final = re.compile(
    r"(?:^|\.)(?:local|localhost|localdomain|internal|intranet|lan|home|corp|test|invalid|onion"
    r"|home\.arpa)$"
)
_WHATSAPP: Final = re.compile(r"(?:^|\.)(?:wa\.me|whatsapp\.com|whatsapp\.net|wa\.link)$")
SHORTENERS: Final = frozenset(
    {
        *{"bit.ly", "tinyurl.com", "goo.gl", "t.co", "ow.ly", "is.gd", "cutt.ly", "rebrand.ly"},
        *{"buff.ly", "acortar.link", "t.ly", "shorturl.at", "rb.gy", "tiny.cc"},
    }
)
_HOST: Final = re.compile(
    r"(?<![\w./@-])(?:https?://)?(?:www\.)?((?:[a-z0-9-]+\.)+[a-z]{2,})", re.IGNORECASE | re.ASCII
)


def host_of(link: str) -> str | None:
    """Return the host of a public link in small letters, or None if it is none."""
    found = _LINK.fullmatch(link)
    host = found[1].lower() if found else ""
    return None if not found or _PRIVATE.search(host) else host


def leads_to_whatsapp(host: str) -> bool:
    """Tell whether a host opens WhatsApp, which Meta refuses in a button (error 2388081)."""
    return bool(_WHATSAPP.search(host))


def shortened_links(text: str) -> list[str]:
    """Return the hosts of URL shorteners that a text names."""
    return [host for found in _HOST.finditer(text) if (host := found[1].lower()) in SHORTENERS]
