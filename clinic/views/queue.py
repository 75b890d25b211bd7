"""The queue, and one escalation: read, acknowledge, begin, resolve."""

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from clinic import call_backs, escalations, ladder, live_calls, plans, queue, timeline
from clinic.discharge_plan import Severity
from clinic.errors import EscalationClosed
from clinic.ladder import Rung
from clinic.models import Escalation, ShownPicture, User
from clinic.push import vapid
from clinic.views.call_backs import PromiseForm
from clinic.views.record import escalation_for, staff
from compliance import audit
from compliance.access import Role, role_required


class ResolutionForm(forms.Form):
    outcome = forms.ChoiceField(
        label=gettext_lazy("What came of it"), choices=[("", "—"), *escalations.OUTCOMES.items()]
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What you said, what was agreed, who does what next."),
    )


@role_required(Role.CLINICIAN)
@require_safe
def queue_page(request: HttpRequest) -> HttpResponse:
    rows = _rows_of(staff(request))
    escalations.record_listing([row.id for row in rows])
    context = {"rows": rows, "severities": Escalation.Severity.choices, "push_key": vapid.public_key()}
    context["teams"] = staff(request).care_teams.order_by("name")
    return render(request, "clinic/queue.html", context)


@role_required(Role.CLINICIAN)
@require_safe
def queue_rows(request: HttpRequest) -> HttpResponse:
    """The whole queue as JSON: what the page asks for while its WebSocket is away."""
    rows = _rows_of(staff(request))
    escalations.record_listing([row.id for row in rows])
    return JsonResponse({"rows": [row.as_json() for row in rows], "whole": True, "open": len(rows)})


def _rows_of(user: User) -> list[queue.Row]:
    waiting = escalations.visible_to(user).exclude(state=Escalation.State.RESOLVED)
    return queue.rows(waiting.values_list("pk", flat=True))


@role_required(Role.CLINICIAN)
@require_safe
def escalation(request: HttpRequest, escalation_id: UUID) -> HttpResponse:
    return _page(request, escalation_for(request, escalation_id), ResolutionForm())


def _page(request: HttpRequest, escalation: Escalation, form: ResolutionForm) -> HttpResponse:
    audit.record(escalations.READ, patient_id=escalation.patient_id, subject=f"escalation:{escalation.pk}")
    sessions = {escalation.session_id} if escalation.session_id else set()
    context = {
        "escalation": escalation,
        "patient": escalation.patient,
        "plan": plans.current_plan(escalation.patient_id),
        "steps": escalation.events.select_related("by").order_by("id"),
        "timeline": timeline.of(escalation),
        "attempts": escalation.attempts.select_related("user").order_by("-id")[:20],
        "pictures": ShownPicture.objects.filter(escalation=escalation).order_by("shown_at"),
        "next_page": _next_page(escalation),
        "outcome": escalations.OUTCOMES.get(escalation.outcome, ""),
        "live": bool(live_calls.live(sessions)),
        "form": form,
        "call_back": call_backs.planned_for({escalation.pk}).get(escalation.pk),
        "promise_form": PromiseForm(),
    }
    return render(request, "clinic/escalation.html", context)


def _next_page(escalation: Escalation) -> Rung | None:
    """Whom the ladder reaches next, while nobody has it."""
    if escalation.acknowledged_by_id or escalation.page_at is None:
        return None
    return ladder.rung(Severity(escalation.severity), escalation.rung)


@role_required(Role.CLINICIAN)
@require_POST
def acknowledge(request: HttpRequest, escalation_id: UUID) -> HttpResponse:
    return _act(request, escalation_id, escalations.acknowledge)


@role_required(Role.CLINICIAN)
@require_POST
def start(request: HttpRequest, escalation_id: UUID) -> HttpResponse:
    return _act(request, escalation_id, escalations.start)


def _act(request: HttpRequest, escalation_id: UUID, verb: Callable[[Escalation, User], Escalation]) -> HttpResponse:
    try:
        after = verb(escalation_for(request, escalation_id), staff(request))
    except EscalationClosed:
        messages.warning(request, _("Someone resolved this before you."))
        return redirect("clinic:escalation", escalation_id)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"state": after.state, "by": str(after.acknowledged_by)})
    return redirect("clinic:escalation", escalation_id)


@role_required(Role.CLINICIAN)
@require_POST
def resolve(request: HttpRequest, escalation_id: UUID) -> HttpResponse:
    escalation = escalation_for(request, escalation_id)
    form = ResolutionForm(request.POST)
    if not form.is_valid():
        return _page(request, escalation, form)
    try:
        escalations.resolve(escalation, staff(request), **form.cleaned_data)
    except EscalationClosed:
        messages.warning(request, _("Someone resolved this before you. Their outcome stands."))
        return redirect("clinic:escalation", escalation.pk)
    messages.success(request, _("Resolved."))
    return redirect("clinic:queue")
