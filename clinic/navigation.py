"""What each role finds at the top of its pages, and where it starts.

Links are URL names, so that the clinic's frame can name pages of apps above it.
A page that does not exist in this installation is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from compliance.access import Role


@dataclass(frozen=True)
class Link:
    label: str | Promise
    name: str  # URL name


LINKS: dict[str, Sequence[Link]] = {
    Role.CLINICIAN: (
        Link(_("Queue"), "clinic:queue"),
        Link(_("Follow-ups"), "clinic:board"),
        Link(_("Patients"), "clinic:patients"),
        Link(_("On call"), "clinic:rota"),
        Link(_("Reviews"), "conversations:reviews"),
        Link(_("Releases"), "conversations:releases"),
        Link(_("Emergency access"), "compliance:emergency"),
    ),
    Role.OFFICER: (
        Link(_("Audit trail"), "compliance:trail"),
        Link(_("Proof"), "compliance:proof"),
        Link(_("Consent"), "compliance:consents"),
        Link(_("Requests"), "compliance:requests"),
        Link(_("Break-glass"), "compliance:break_glass"),
        Link(_("Breach"), "compliance:breach"),
        Link(_("Retention"), "compliance:retention"),
    ),
    Role.ADMIN: (
        Link(_("Patients"), "clinic:patients"),
        Link(_("Follow-ups"), "clinic:board"),
        Link(_("Documents"), "knowledge:documents"),
        Link(_("Protocols"), "conversations:protocols"),
        Link(_("Releases"), "conversations:releases"),
        Link(_("Staff"), "clinic:staff"),
        Link(_("On call"), "clinic:rota"),
        Link(_("Webhooks"), "clinic:webhooks"),
        Link(_("Other systems"), "exchange:clients"),
        Link(_("Requests"), "compliance:requests"),
        Link(_("Dashboards"), "conversations:dashboard"),
    ),
}


def resolve(name: str) -> str | None:
    """The address of a page without arguments, or None if there is no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def first_page(role: str) -> str | None:
    """Where someone of this role starts: their first link that exists."""
    return next((url for link in LINKS.get(role, ()) if (url := resolve(link.name))), None)
