"""Tags of the ledger pages."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

register = template.Library()
OUTCOMES = {"ok": "Done", "refused": "Refused", "failed": "Failed"}
HEADINGS = {"when": "When", "what": "What happened", "who": "Who", "patient": "Patient", "outcome": "Outcome"}


@register.simple_tag
def stamp(then: datetime | None) -> str:
    """A moment as a ledger writes it: date and time to the second, by the clinic's clock."""
    if then is None:
        return ""
    local = timezone.localtime(then)
    return format_html(
        '<time datetime="{}">{} <b>{}</b></time>', then.isoformat(), f"{local:%Y-%m-%d}", f"{local:%H:%M:%S}"
    )


@register.filter
def outcome_word(outcome: str) -> str:
    return _(OUTCOMES.get(outcome, outcome))


@register.filter
def heading(name: str) -> str:
    return _(HEADINGS.get(name, name))
