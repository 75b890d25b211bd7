"""Template tags that all pages share: times, severity, and the frame of the page."""

from datetime import datetime
from typing import Any

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from clinic import escalations, rules, timeline, times
from clinic import navigation as menu

register = template.Library()


@register.simple_tag
def when(then: datetime | None) -> str:
    """`{% when escalation.raised_at %}` → "4 min ago, 23:12", kept true on an open page."""
    if then is None:
        return _("not yet")
    now = timezone.now()
    return format_html(
        '<time datetime="{}" data-ago><span>{}</span>, {}</time>',
        then.isoformat(),
        times.ago(then, now),
        times.clock(then, now),
    )


@register.filter
def clock(then: datetime) -> str:
    """`{{ call_back.due_at|clock }}` → "23:12", with its date unless it is today."""
    return times.clock(then, timezone.now())


WORDS = {"emergency": "Emergency", "urgent": "Urgent", "question": "Question"}


@register.inclusion_tag("clinic/parts/severity.html")
def severity(kind: str, word: str = "") -> dict[str, str]:
    """`{% severity "urgent" %}`: word and shape. `{% severity "well" "Approved" %}` for what is in order."""
    return {"kind": kind, "word": word or _(WORDS.get(kind, kind.capitalize()))}


@register.inclusion_tag("clinic/parts/navigation.html", takes_context=True)
def navigation(context: Context) -> dict[str, Any]:
    request = context.get("request")
    role = getattr(getattr(request, "user", None), "role", "")
    links = [
        {"label": link.label, "url": url, "current": request is not None and request.path.startswith(url)}
        for link in menu.LINKS.get(role, ())
        if (url := menu.resolve(link.name))
    ]
    return {"links": links}


@register.simple_tag
def url_or_nothing(name: str) -> str:
    """The address of a page that may not be installed."""
    return menu.resolve(name) or ""


@register.simple_tag
def sign_out_url() -> str:
    return menu.resolve("account_logout") or menu.resolve("compliance:sign_out") or ""


@register.filter
def rule_in_words(rule: str) -> str:
    """`{{ escalation.rule|rule_in_words }}`"""
    return rules.in_words(rule)


@register.filter
def step_in_words(kind: str) -> str:
    return rules.step_in_words(kind)


@register.filter
def visit_in_words(visit: str) -> str:
    return rules.visit_in_words(visit)


@register.filter
def detail_in_words(detail: str) -> str:
    """What a step adds, as a code: a severity, an outcome, whom the ladder reached, or by which channel."""
    return str({**escalations.OUTCOMES, **rules.DETAILS}.get(detail, detail))


@register.filter
def mid_sentence(words: str) -> str:
    """ "Right hip replacement" → "right hip replacement"; "ACL repair" stays."""
    return words[:1].lower() + words[1:] if words[1:2].islower() else words


@register.filter
def position(milliseconds: int | None) -> str:
    """A place in a call: 61500 → "1:01"."""
    return "" if milliseconds is None else timeline.clock(milliseconds)
