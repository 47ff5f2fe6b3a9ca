"""Meta's phone numbers in one spelling; the messy numbers of voter lists are normalised in SQL."""

import re

# No point: dropped from a float such as 521555000123.0, it would make another number.
_SEPARATORS = re.compile(r"[\s()-]")
_INTERNATIONAL = re.compile(r"\+?([1-9][0-9]{6,14})")  # E.164: at most fifteen digits
_MEXICAN_MOBILE_PREFIX = re.compile(r"^521([0-9]{10})$")


def normalize_meta_phone(raw: object) -> str | None:
    """Return a `wa_id`, `from` or display number as E.164 with `+`, or None if it is no number.

    Meta writes Mexican numbers as 521 and ten digits where the dialled number is 52 and ten
    (Cloud API docs, "Phone number formats"). A business-scoped user id such as `MX.1349` is None.
    """
    if not isinstance(raw, str):
        return None
    match = _INTERNATIONAL.fullmatch(_SEPARATORS.sub("", raw))
    return "+" + _MEXICAN_MOBILE_PREFIX.sub(r"52\1", match[1]) if match else None
