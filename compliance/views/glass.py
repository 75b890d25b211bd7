"""Emergency access: a clinician breaks the glass, the officer reviews it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from compliance import audit, break_glass, people
from compliance.access import Role, role_required
from compliance.errors import KeyDestroyed, NeedsAnother, NoReason
from compliance.models import AuditEvent, BrokenGlass

READ = audit.action("break_glass.read", "{actor} looked at who broke the glass", "R")
NOT_FOUND = audit.action("break_glass.not_found", "{actor} looked for a patient in an emergency and found none", "E")


@dataclass(frozen=True)
class Told:
    """One person who was told, or could not be."""

    who: str
    channel: str
    at: datetime
    reached: bool


@require_http_methods(["GET", "POST"])
@role_required(Role.CLINICIAN)
def emergency(request: HttpRequest) -> HttpResponse:
    """By full name and date of birth, so that nobody browses; with a reason, so that somebody can judge it."""
    context: dict[str, Any] = {"minutes": int(break_glass.LASTS.total_seconds() // 60)}
    if request.method == "POST":
        told = {name: request.POST.get(name, "").strip() for name in ("name", "born", "reason")}
        found = _patient(told["name"], told["born"])
        if found is None:
            audit.record(NOT_FOUND, outcome="refused")
            context |= {"told": told, "problem": _("Nobody on record has exactly this name and date of birth.")}
            return render(request, "compliance/emergency.html", context)
        try:
            break_glass.break_glass(request.user, found.pk, told["reason"])
        except NoReason:
            context |= {"told": told, "problem": _("Say why you need to see this record, in a sentence.")}
            return render(request, "compliance/emergency.html", context)
        messages.warning(request, _("You may see this record for 60 minutes. Your compliance officer has been told."))
        return redirect(_page_of(found.pk))
    return render(request, "compliance/emergency.html", context)


@require_GET
@role_required(Role.OFFICER)
def reviews(request: HttpRequest) -> HttpResponse:
    audit.record(READ)
    rows = list(BrokenGlass.objects.select_related("user", "reviewed_by").order_by("-broken_at")[:100])
    directory = people.Directory([], [row.patient_id for row in rows])
    told = _told(rows)
    named = [
        {
            "glass": row,
            "patient": directory.patient(row.patient_id),
            "reason": _reason(row),
            "told": told.get(f"glass:{row.pk}", ()),
        }
        for row in rows
    ]
    context = {
        "waiting": [row for row, glass in zip(named, rows, strict=True) if not glass.verdict],
        "reviewed": [row for row, glass in zip(named, rows, strict=True) if glass.verdict],
        "now": timezone.now(),
    }
    return render(request, "compliance/break_glass.html", context)


@require_POST
@role_required(Role.OFFICER)
def review(request: HttpRequest, glass_id: UUID) -> HttpResponse:
    glass = get_object_or_404(BrokenGlass, pk=glass_id, verdict="")
    verdict = request.POST.get("verdict", "")
    if verdict not in (BrokenGlass.Verdict.JUSTIFIED, BrokenGlass.Verdict.NOT_JUSTIFIED):
        messages.error(request, _("Say whether it was justified."))
        return redirect("compliance:break_glass")
    try:
        break_glass.review(glass, request.user, BrokenGlass.Verdict(verdict))
    except NeedsAnother:
        messages.error(request, _("Nobody reviews themselves."))
    return redirect("compliance:break_glass")


def _told(rows: Sequence[BrokenGlass]) -> dict[str, list[Told]]:
    """By the subject of the audit entry: "glass:<id>"."""
    subjects = [f"glass:{row.pk}" for row in rows]
    events = list(AuditEvent.objects.filter(action=break_glass.TOLD.code, subject__in=subjects).order_by("id"))
    directory = people.Directory([f"user:{event.detail.get('user')}" for event in events], [])
    told: dict[str, list[Told]] = {}
    for event in events:
        user = event.detail.get("user")
        who = directory.who(f"user:{user}") if user else ""
        line = Told(who, event.detail.get("channel", ""), event.at, event.outcome == "ok")
        told.setdefault(event.subject, []).append(line)
    return told


def _patient(name: str, born: str) -> Any | None:
    if not name or not born:
        return None
    for someone in people.find_patients(name):
        if someone.name.casefold() == name.casefold() and someone.born == born:
            return someone
    return None


def _page_of(patient_id: UUID) -> str:
    try:
        return reverse("clinic:patient", args=[patient_id])
    except NoReverseMatch:
        return "/"


def _reason(glass: BrokenGlass) -> str:
    try:
        return str(glass.reason)
    except KeyDestroyed:
        return _("(erased with the patient)")
