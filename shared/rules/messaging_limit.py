"""How many different people a portfolio may write to in 24 hours, in all of Meta's spellings.

Cloud API docs: "Messaging limits", "business_capability_update", "phone_number_quality_update".
"""

import re

from shared.rules.untrusted import whole_number_of

_UNLIMITED = ("TIER_UNLIMITED", "-1", -1)
_TIER = re.compile(r"TIER_([0-9]{1,6})(K?)")
_THOUSAND = 1000
_LARGEST_LIMIT = 2**31 - 1


def read_limit(raw: object) -> tuple[bool, int | None]:
    """Return whether Meta tells the limit, and how many people; None is unlimited.

    2000, "2000", "TIER_2K" and "TIER_2000" are the same; so are -1 and "TIER_UNLIMITED".
    """
    if isinstance(raw, int | str) and raw in _UNLIMITED:
        return True, None
    tier = _TIER.fullmatch(raw) if isinstance(raw, str) else None
    people = int(tier[1]) * (_THOUSAND if tier[2] else 1) if tier else whole_number_of(raw)
    known = people is not None and 0 < people <= _LARGEST_LIMIT
    return known, people if known else None
