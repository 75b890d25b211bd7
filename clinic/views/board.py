"""Follow-ups: the staff's board of who is due, done and not reached; and the patient's other time."""

import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import call_backs, care, follow_ups, visits
from clinic.calendar_file import appointment
from clinic.models import CallBack, FollowUp, User
from clinic.views.choices import patient_of
from clinic.views.record import patient_for, staff
from compliance import audit
from compliance.access import Role, patient_only, role_required

READ = audit.action("follow_up.board_read", "{actor} looked at the board of follow-up calls", "R")
BACK, AHEAD = datetime.timedelta(days=7), datetime.timedelta(days=7)
State = FollowUp.State


@role_required(Role.CLINICIAN, Role.ADMIN)
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    mine = FollowUp.objects.filter(patient__in=care.patients_of(staff(request))).select_related("patient__care_team")
    columns = _columns(mine, now)
    promised = _call_backs(staff(request), now)
    named = [call.patient_id for column in columns for call in column["calls"]]
    audit.record(READ, detail=audit.naming([*named, *(one.escalation.patient_id for one in promised)]))
    return render(request, "clinic/board.html", {"columns": columns, "call_backs": promised, "now": now})


def _call_backs(user: User, now: datetime.datetime) -> list[CallBack]:
    """What was promised and is still to be kept, then what was not kept lately."""
    mine = call_backs.visible_to(user).select_related("caller", "escalation__patient__care_team")
    planned = mine.filter(state=CallBack.State.PLANNED).order_by("due_at")
    broken = mine.filter(state__in=(CallBack.State.MISSED, CallBack.State.UNANSWERED), due_at__gt=now - BACK)
    return [*planned, *broken.order_by("-due_at")]


def _columns(mine: Any, now: datetime.datetime) -> list[dict[str, Any]]:
    still = mine.filter(state__in=follow_ups.OPEN)
    recent = mine.filter(closes_at__gt=now - BACK)
    return [
        {
            "name": "due",
            "title": _("Due now"),
            "calls": still.filter(opens_at__lte=now, closes_at__gt=now).order_by("closes_at"),
            "empty": _("Nobody is due right now."),
        },
        {
            "name": "missed",
            "title": _("Not reached"),
            "calls": recent.filter(state=State.MISSED).order_by("-closes_at"),
            "empty": _("Everybody was reached in the last seven days."),
        },
        {
            "name": "next",
            "title": _("In the next seven days"),
            "calls": still.filter(opens_at__gt=now, opens_at__lt=now + AHEAD).order_by("opens_at"),
            "empty": _("Nothing is planned for the next seven days."),
        },
        {
            "name": "done",
            "title": _("Done"),
            "calls": mine.filter(state=State.DONE, done_at__gt=now - BACK).order_by("-done_at"),
            "empty": _("No calls in the last seven days."),
        },
    ]


@role_required(Role.CLINICIAN, Role.ADMIN)
@require_POST
def cancel(request: HttpRequest, patient_id: UUID, follow_up_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id)
    follow_ups.cancel(get_object_or_404(FollowUp, pk=follow_up_id, patient=patient))
    messages.success(request, _("Cancelled. The patient is not reminded of it any more."))
    return redirect("clinic:patient", patient.pk)


@patient_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def another_time(request: HttpRequest) -> HttpResponse:
    """The patient cannot talk now, and says when."""
    patient = patient_of(request)
    follow_up = follow_ups.current(patient.pk)
    zone = follow_ups.zone_of(patient)
    choices = visits.times_to_choose(timezone.now(), follow_up.closes_at, zone) if follow_up else []
    if request.method == "POST" and follow_up:
        try:
            follow_ups.move(follow_up, datetime.datetime.fromisoformat(request.POST.get("time", "")))
        except (ValueError, TypeError):
            messages.warning(request, _("That time has passed. Please choose another one."))
        return redirect("clinic:another_time")
    days: dict[datetime.date, list[datetime.datetime]] = {}
    for choice in choices:
        days.setdefault(choice.date(), []).append(choice)
    context = {"patient": patient, "follow_up": follow_up, "days": list(days.items()), "zone": patient.time_zone}
    return render(request, "clinic/another_time.html", context)


@patient_only
@never_cache
@require_safe
def calendar_file(request: HttpRequest) -> HttpResponse:
    """The chosen time for the patient's own calendar. It names no illness."""
    patient = patient_of(request)
    follow_up = follow_ups.current(patient.pk)
    if follow_up is None:
        return redirect("clinic:another_time")
    response = HttpResponse(appointment(follow_up), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="call.ics"'
    return response
