"""The on-call rota: who is on now, the next two weeks, and its gaps."""

import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import oncall
from clinic.models import CareTeam, OnCallShift, User
from clinic.views.record import staff
from compliance.access import Role, role_required

SHOWN = datetime.timedelta(days=14)


class Moment(forms.DateTimeField):
    """A date and a time by the clinic's clock."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
        super().__init__(widget=widget, **options)


class Period(forms.Form):
    starts_at = Moment(label=gettext_lazy("From"))
    ends_at = Moment(label=gettext_lazy("Until"))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if {"starts_at", "ends_at"} <= values.keys() and values["ends_at"] <= values["starts_at"]:
            raise forms.ValidationError(_("The end has to come after the beginning."))
        return values


class ShiftForm(Period):
    tier = forms.TypedChoiceField(
        label=gettext_lazy("Tier"), coerce=int, choices=[(1, gettext_lazy("First")), (2, gettext_lazy("Second"))]
    )
    user = forms.ModelChoiceField(label=gettext_lazy("Who"), queryset=User.objects.none())
    weeks = forms.IntegerField(
        label=gettext_lazy("For so many weeks"), min_value=1, max_value=52, initial=1, required=True
    )
    field_order = ["user", "tier", "starts_at", "ends_at", "weeks"]

    def __init__(self, team: CareTeam, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = oncall.team_members(team).order_by("last_name")  # type: ignore[attr-defined]


@role_required(Role.ADMIN, Role.CLINICIAN)
@require_safe
def rota(request: HttpRequest) -> HttpResponse:
    user, now = staff(request), timezone.now()
    teams = CareTeam.objects.order_by("name") if user.role == Role.ADMIN else user.care_teams.order_by("name")
    context = {
        "teams": [_team(team, now) for team in teams],
        "absences": user.absences.filter(ends_at__gt=now).order_by("starts_at"),
        "may_plan": user.role == Role.ADMIN,
    }
    return render(request, "clinic/rota.html", context)


def _team(team: CareTeam, now: datetime.datetime) -> dict[str, Any]:
    shifts = team.shifts.filter(ends_at__gt=now, starts_at__lt=now + SHOWN).select_related("user")
    covered = [(shift.starts_at, shift.ends_at) for shift in shifts if shift.tier == 1]
    return {
        "team": team,
        "now": [oncall.on_call(team, tier, now) for tier in (1, 2)],
        "shifts": shifts.order_by("starts_at", "tier"),
        "gaps": oncall.gaps(covered, now, now + SHOWN)[:5],
        "planned": bool(covered),
    }


@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def plan_shift(request: HttpRequest, team_id: UUID) -> HttpResponse:
    team = get_object_or_404(CareTeam, pk=team_id)
    form = ShiftForm(team, request.POST or None)
    if request.method == "POST" and form.is_valid():
        oncall.plan(team, **form.cleaned_data)
        messages.success(request, _("Planned."))
        return redirect("clinic:rota")
    return render(request, "clinic/shift_form.html", {"form": form, "title": _("Plan shifts"), "about": team})


@role_required(Role.ADMIN, Role.CLINICIAN)
@require_POST
def take_shift(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    """A clinician takes a colleague's shift."""
    shift = get_object_or_404(OnCallShift, pk=shift_id)
    user = staff(request)
    if not oncall.team_members(shift.team).filter(pk=user.pk).exists():
        raise PermissionDenied
    oncall.swap(shift, user)
    messages.success(request, _("The shift is yours."))
    return redirect("clinic:rota")


@role_required(Role.ADMIN)
@require_POST
def remove_shift(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    oncall.remove(get_object_or_404(OnCallShift, pk=shift_id))
    return redirect("clinic:rota")


@role_required(Role.ADMIN, Role.CLINICIAN)
@require_http_methods(["GET", "HEAD", "POST"])
def absence(request: HttpRequest) -> HttpResponse:
    form = Period(request.POST or None)
    if request.method == "POST" and form.is_valid():
        oncall.note_absence(staff(request), **form.cleaned_data)
        messages.success(request, _("Noted. You are not paged then."))
        return redirect("clinic:rota")
    return render(request, "clinic/shift_form.html", {"form": form, "title": _("Away"), "about": staff(request)})
