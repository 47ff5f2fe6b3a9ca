"""How a phone number may stand in a text, whoever wrote it there."""

import base64
import re


def spellings(phone: str) -> re.Pattern[str]:
    """Match a Mexican number (E.164): with or without its code, in groups, or in base64.

    Meta's ids of messages hold the number's digits in base64, wherever in a group of three bytes
    they begin.
    """
    digits = phone.removeprefix("+52")
    encoded = {text for n in range(3) for text in _in_base64(digits, n)}
    return re.compile("|".join([r"[ .()-]*".join(digits), *map(re.escape, sorted(encoded))]))


def _in_base64(text: str, offset: int) -> set[str]:
    """Return all ways in which the text is encoded, whatever byte stands behind it."""
    begin, end = -(-offset * 8 // 6), -(-(offset + len(text)) * 8 // 6)
    following = (base64.b64encode(b"x" * offset + text.encode() + bytes([n])) for n in range(256))
    return {encoded.decode()[begin:end] for encoded in following}


def wamid(phone: str, *, lead: bytes = b"\x1d\x08\x01\x12\x0d") -> str:
    """Return an id of a message to that number, built as Meta's are."""
    return "wamid." + base64.b64encode(lead + f"521{phone[3:]}".encode() + b"\x15\x02").decode()
