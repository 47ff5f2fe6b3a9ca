"""What becomes of a change to a template at Meta, as data: frozen, keyword-only."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a change that Meta was told, as far as the call alone tells."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # because of what it says: told again, it is refused again
    RETURNED = "returned"  # not taken, and not its fault: it may be told again later
    UNKNOWN = "unknown"  # it left, and no answer tells more: ask before it is told again


@dataclass(frozen=True, kw_only=True)
class ChangeResult:
    """Meta's answer to a template created, edited or deleted; None where it says nothing.

    `status` and `category` are in the words of wa_templates. `reason` is Meta's own sentence, for
    people, in the language of the access token's owner; it holds no long numbers.
    """

    outcome: Outcome
    meta_template_id: str | None = None
    status: str | None = None
    category: str | None = None
    error_code: int | None = None
    error_subcode: int | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class FoundTemplate:
    """A template as Meta shows it; `components` and `parameter_format` in Meta's own words.

    `deleted`: it is on its way out, its name still taken.
    """

    meta_template_id: str
    name: str
    language: str
    status: str | None
    category: str | None
    reason: str | None
    components: tuple[Mapping[str, object], ...]
    parameter_format: str | None
    deleted: bool


@dataclass(frozen=True, kw_only=True)
class HealthReason:
    """Why messages of one entity (PHONE_NUMBER, WABA, BUSINESS, APP, MESSAGE_TEMPLATE) do not go.

    `text` is Meta's, in English, without long numbers; `error_code` is None for a mere limit.
    """

    entity: str
    blocks: bool
    error_code: int | None
    text: str


@dataclass(frozen=True, kw_only=True)
class Health:
    """Whether messages can be sent: AVAILABLE, LIMITED, BLOCKED, or None if Meta does not say."""

    status: str | None
    reasons: tuple[HealthReason, ...] = ()
