"""Changes of templates on their way to Meta, and what becomes of them there, as data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


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


class Change(StrEnum):
    """What Meta is to be told about a template."""

    CREATE = "create"
    EDIT = "edit"
    DELETE = "delete"


@dataclass(frozen=True, kw_only=True)
class ChangeOrder:
    """One change to tell Meta of, as wa_claim_change gives it.

    `again`: an earlier try may have reached Meta. `draft`: the content, as TemplateDraft.as_json
    gives it; `new_category`: what it changes the category to. `sample_handle`: Meta's name for the
    header's file, if it was uploaded before.
    """

    kind: Change
    again: bool
    waba_id: str
    credential: str
    meta_template_id: str | None
    meta_template_name: str
    language: str
    new_category: str | None
    draft: Mapping[str, Any]
    sample_handle: str | None

    @classmethod
    def from_json(cls, claim: Mapping[str, Any]) -> Self:
        """Read the SQL function's answer."""
        fields = {name: claim[name] for name in cls.__dataclass_fields__}
        return cls(**fields | {"kind": Change(claim["kind"])})


@dataclass(frozen=True, kw_only=True)
class ChangeRecord:
    """What Meta said to a change, as wa_record_change takes it.

    `status` in the words of wa_templates; `reason` is what a person reads about a refusal.
    """

    outcome: Outcome
    meta_template_id: str | None = None
    status: str | None = None
    category: str | None = None
    reason: str | None = None

    def details(self) -> dict[str, object]:
        """Return what wa_record_change takes beside the outcome."""
        return {name: value for name, value in asdict(self).items() if name != "outcome"}


@dataclass(frozen=True, kw_only=True)
class UploadOrder:
    """Where a file is to go."""

    phone_number_id: str
    credential: str
