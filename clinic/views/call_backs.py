"""Promising a patient a call, and saying what came of it: from the escalation's page."""

import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from clinic import call_backs
from clinic.errors import CallBackSettled, CallBackTime, EscalationClosed
from clinic.models import CallBack
from clinic.times import clock
from clinic.views.oncall import Moment
from clinic.views.record import escalation_for, staff
from compliance.access import Role, role_required

SOON = {
    "15": gettext_lazy("in 15 minutes"),
    "30": gettext_lazy("in half an hour"),
    "60": gettext_lazy("in an hour"),
    "120": gettext_lazy("in two hours"),
}

LATER = "later"


class PromiseForm(forms.Form):
    minutes = forms.ChoiceField(
        label=gettext_lazy("I call the patient"),
        choices=[*SOON.items(), (LATER, gettext_lazy("at another time:"))],
        initial="30",
    )
    due_at = Moment(label=gettext_lazy("Another time, within three days"), required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("minutes") == LATER and not values.get("due_at"):
            raise forms.ValidationError(_("Choose when you call."))
        return values

    def time(self) -> datetime.datetime:
        minutes = self.cleaned_data["minutes"]
        if minutes != LATER:
            return timezone.now() + datetime.timedelta(minutes=int(minutes))
        chosen: datetime.datetime = self.cleaned_data["due_at"]
        return chosen


@role_required(Role.CLINICIAN)
@require_POST
def promise(request: HttpRequest, escalation_id: UUID) -> HttpResponse:
    escalation = escalation_for(request, escalation_id)
    form = PromiseForm(request.POST)
    try:
        if not form.is_valid():
            raise CallBackTime
        call_back = call_backs.promise(escalation, form.time(), staff(request))
    except CallBackTime:
        messages.warning(request, _("Nothing was promised: choose a time within the next three days."))
    except EscalationClosed:
        messages.warning(request, _("Someone resolved this before you."))
    else:
        at = clock(call_back.due_at, timezone.now())
        messages.success(request, _("Promised for {at}. The patient is told, by your name.").format(at=at))
    return redirect("clinic:escalation", escalation.pk)


@role_required(Role.CLINICIAN)
@require_POST
def settle(request: HttpRequest, escalation_id: UUID, call_back_id: UUID) -> HttpResponse:
    """`answered` is "yes" or "no"."""
    escalation = escalation_for(request, escalation_id)
    call_back = get_object_or_404(CallBack, pk=call_back_id, escalation=escalation)
    try:
        if request.POST.get("answered") == "yes":
            call_backs.reached(call_back, staff(request))
            messages.success(request, _("Noted. What came of it belongs below, when you resolve."))
        else:
            call_backs.unanswered(call_back, staff(request))
            messages.success(request, _("Noted, and put into the queue: somebody has to try again."))
    except CallBackSettled:
        messages.warning(request, _("This call-back was settled or moved before you."))
    return redirect("clinic:escalation", escalation.pk)
