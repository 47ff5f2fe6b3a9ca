"""The tables of docs/templates.md, made of template_form_cases.py.

`python -m tests.template_form_page` writes them anew.
"""

import json
import re
from pathlib import Path
from typing import Any

from tests.template_form_cases import PLAIN, RULES, SOURCES, WARNINGS, Fields

PAGE = Path(__file__).parents[1] / "docs/templates.md"
ABSENT = "(absent)"


def rules_table() -> str:
    rows = [
        (
            rule.meaning,
            f"`{rule.code}`",
            f"`{rule.field}`",
            *(rule.shows or (shown(rule.refused, rule.field), shown(rule.accepted, rule.field))),
            sourced(rule.sources),
        )
        for rule in RULES
    ]
    return table(("rule", "code", "field", "refused", "accepted", "source"), rows)


def warnings_table() -> str:
    rows = [
        (
            f"`{code}`",
            f"`{field}`",
            shown(warned, field),
            shown(quiet, field),
            sourced(sources),
        )
        for code, field, warned, quiet, sources in WARNINGS
    ]
    return table(("code", "field", "warned of", "not", "source"), rows)


def shown(changes: Fields, field: str) -> str:
    """Return the value of a field in an example, as a cell."""
    value: Any = PLAIN | changes
    names = [field] if field in value else field.split(".")
    if names[0] == "sample_values":
        names = ["sample_values", ".".join(names[1:])]
    for name in names:
        if isinstance(value, list):
            value = value[int(name)] if int(name) < len(value) else None
        else:
            value = (value or {}).get(name)
    if value is None:
        return ABSENT
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"`{text}`".replace("\r", r"\r").replace("\n", r"\n").replace("|", r"\|")


def sourced(sources: tuple[str, ...]) -> str:
    named = (SOURCES[source] for source in sources)
    return ", ".join(f"[{name}]" if link else name for name, link in named)


def links() -> str:
    return "\n".join(f"[{name}]: {link}" for name, link in SOURCES.values() if link)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def with_tables(page: str) -> str:
    """Return the page with its tables as the cases have them."""
    for name, made in (
        ("rules", rules_table()),
        ("warnings", warnings_table()),
        ("sources", links()),
    ):
        begin, end = f"<!-- {name}: made of the cases -->", f"<!-- end of {name} -->"
        whole = f"{begin}\n{made}\n{end}"
        page = re.sub(f"{begin}.*?{end}", lambda _, whole=whole: whole, page, flags=re.DOTALL)
    return page


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
