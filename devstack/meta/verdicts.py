"""What comes of a template's review."""

import re
from dataclasses import dataclass
from random import Random

from devstack.meta.components import component
from devstack.meta.config import ReviewPlan
from devstack.meta.faults import pick
from devstack.meta.templates import Template

_ADJACENT = re.compile(r"\}\}\s*\{\{")


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The category a template has from now on, and why it is rejected, if it is."""

    category: str
    reason: str = ""


def verdict_on(template: Template, plan: ReviewPlan, random: Random) -> Verdict:
    """What the plan and the template's text make of it."""
    reason = _reason(template, plan) or pick(plan.rejected, random) or ""
    made_marketing = template.category == "UTILITY" and template.name.endswith(plan.made_marketing)
    return Verdict(
        category="MARKETING" if made_marketing and not reason else template.category,
        reason=reason,
    )


def _reason(template: Template, plan: ReviewPlan) -> str:
    for suffix, reason in plan.rejected_by_suffix.items():
        if template.name.endswith(suffix):
            return reason
    body = str(component(template.components, "BODY").get("text", ""))
    return "INVALID_FORMAT" if _ADJACENT.search(body) else ""
