"""One change that a webhook tells about an account, a number or a template."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.model import AccountChange, Remark, TemplateChange
from shared.rules.untrusted import id_of, moment_of, object_of, text_of, time_of, word_of

_Object = Mapping[str, Any]

NAMELESS: Final = "OTHER"


@dataclass(frozen=True, kw_only=True)
class AccountNews:
    """What one change says, and what the log says about it."""

    templates: tuple[TemplateChange, ...] = ()
    accounts: tuple[AccountChange, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Told:
    """One change as Meta sends it; `entry` is what it came in."""

    field: str
    value: _Object
    entry: _Object

    @property
    def event(self) -> str:
        """Return what happened, in Meta's word."""
        return word_of(self.value.get("event")) or NAMELESS

    @property
    def waba_id(self) -> str:
        """The account; under `entry` stands a partner's business where `waba_info` names one."""
        informed = object_of(self.value.get("waba_info")).get("waba_id")
        return id_of(informed) or id_of(self.entry.get("id")) or ""

    def remark(self, word: object, *, alerts: bool = False, until: object = None) -> Remark:
        """Return what the log says."""
        return Remark(
            field=self.field,
            meta_event=word_of(word) or NAMELESS,
            waba_id=self.waba_id,
            template_id=id_of(self.value.get("message_template_id")),
            alerts=alerts,
            until=moment_of(until),
        )

    def blocks(self, word: str, *, blocked: bool = True, until: object = None) -> AccountChange:
        """Return that the account stops, or goes on."""
        return AccountChange(
            waba_id=self.waba_id,
            blocked=blocked,
            meta_event=word,
            until=moment_of(until),
            at=time_of(self.entry.get("time")),
        )

    def template(self, **said: Any) -> TemplateChange:
        """Return what is said of the template; the samples write es_MX and es-MX."""
        language = (text_of(self.value.get("message_template_language")) or "").replace("-", "_")
        return TemplateChange(
            waba_id=self.waba_id,
            meta_template_id=id_of(self.value.get("message_template_id")),
            name=text_of(self.value.get("message_template_name")),
            language=language or None,
            at=time_of(self.entry.get("time")),
            **({"status": None, "reason": None} | said),
        )
