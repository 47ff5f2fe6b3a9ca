"""The templates of all simulated accounts."""

from dataclasses import replace
from typing import Any

from devstack.meta.templates import Template

_Key = tuple[str, str, str]


class Shelf:
    """Templates by account, name and language; those of account "" belong to every account."""

    def __init__(self) -> None:
        self._templates: dict[_Key, Template] = {}

    def put(self, template: Template) -> None:
        """Add a template, or replace the account's one of this name and language."""
        self._templates[template.waba_id, template.name, template.language] = template

    def change(self, template: Template, **changes: Any) -> Template:
        """Replace members of a template that is here; returns what it became."""
        changed = replace(template, **changes)
        self.put(changed)
        return changed

    def remove(self, template: Template) -> None:
        """Forget a template."""
        del self._templates[template.waba_id, template.name, template.language]

    def find(self, name: str, language: str, waba_id: str = "") -> Template | None:
        """The account's template of this name and language; without an account anybody's."""
        for account in (waba_id, ""):
            if found := self._templates.get((account, name, language)):
                return found
        same = (t for t in self._templates.values() if (t.name, t.language) == (name, language))
        return None if waba_id else next(same, None)

    def of_account(self, waba_id: str) -> list[Template]:
        """What an account lists."""
        return [t for t in self._templates.values() if t.waba_id in (waba_id, "")]

    def by_id(self, template_id: str) -> Template | None:
        """The template with Meta's id."""
        return next((t for t in self._templates.values() if t.id == template_id), None)

    def accounts(self) -> set[str]:
        """Every account that has a template of its own."""
        return {t.waba_id for t in self._templates.values()} - {""}
