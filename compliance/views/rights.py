"""Requests of patients, legal holds, and copies to hand over."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from compliance import audit, copies, corrections, people, restriction, rights
from compliance.access import Role, role_required
from compliance.errors import NeedsAnother, NoReason, OnHold, Restricted
from compliance.models import LegalHold, Restriction, RightsRequest

READ = audit.action("rights.read", "{actor} looked at the requests of patients", "R")

decides = role_required(Role.OFFICER, Role.ADMIN)
officer_only = role_required(Role.OFFICER)


@require_GET
@decides
def requests(request: HttpRequest) -> HttpResponse:
    audit.record(READ)
    rows = list(RightsRequest.objects.select_related("asked_by", "decided_by").order_by("-asked_at")[:100])
    holds = list(LegalHold.objects.filter(lifted_at=None).select_related("placed_by").order_by("-placed_at"))
    directory = people.Directory([], [*(row.patient_id for row in rows), *(one.patient_id for one in holds)])
    context = {
        "open": [_named(row, directory) for row in rows if not row.decision],
        "decided": [_named(row, directory) for row in rows if row.decision],
        "holds": [{"hold": hold, "patient": directory.patient(hold.patient_id)} for hold in holds],
    }
    return render(request, "compliance/requests.html", context)


@require_GET
@officer_only
def of_patient(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What can be done for one patient: a copy, an erasure, a hold."""
    if people.patient(patient_id) is None:
        raise Http404
    audit.record(READ, patient_id=patient_id)
    context = {
        "patient_id": patient_id,
        "patient": people.Directory([], [patient_id]).patient(patient_id),
        "grounds": RightsRequest.Ground.choices,
        "restriction": Restriction.objects.filter(patient_id=patient_id, lifted_at=None)
        .select_related("placed_by")
        .first(),
        "restriction_grounds": Restriction.Ground.choices,
        "corrections": corrections.told(patient_id),
        "on_hold": rights.on_hold(patient_id),
        "waiting": RightsRequest.objects.filter(
            Q(decision="") | Q(done_at=None, decision="approved"), patient_id=patient_id
        ),
    }
    return render(request, "compliance/rights_of_patient.html", context)


@require_POST
@officer_only
def copy(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    if people.patient(patient_id) is None:
        raise Http404
    try:
        archive = copies.archive(patient_id, for_patient=request.POST.get("for_patient") == "on")
    except Restricted:
        messages.error(
            request,
            _("Use of this data is restricted. Only a copy that the patient asked for may leave: say so below."),
        )
        return redirect("compliance:rights_of_patient", patient_id)
    response = HttpResponse(archive, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="copy-{str(patient_id)[:8]}.zip"'
    return response


@require_POST
@officer_only
def ask_erasure(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    if people.patient(patient_id) is None:
        raise Http404
    ground = request.POST.get("ground", "")
    if ground not in RightsRequest.Ground.values:
        messages.error(request, _("Say why it is to be erased."))
        return redirect("compliance:rights_of_patient", patient_id)
    rights.ask(RightsRequest.Kind.ERASURE, patient_id, request.user, RightsRequest.Ground(ground))
    messages.success(request, _("Noted. A second person, an officer or an administrator, must approve it."))
    return redirect("compliance:requests")


@require_POST
@decides
def decide(request: HttpRequest, request_id: UUID) -> HttpResponse:
    asked = get_object_or_404(RightsRequest, pk=request_id, decision="")
    if request.POST.get("verdict") == "approve" and not request.POST.get("sure"):
        messages.error(request, _("Tick that this patient is meant: an erasure cannot be undone."))
        return redirect("compliance:requests")
    try:
        if request.POST.get("verdict") == "approve":
            rights.approve(asked, request.user)
            rights.carry_out(asked)
            messages.success(request, _("Erased. The key is destroyed: backups cannot bring anything back."))
        else:
            rights.decline(asked, request.user)
            messages.success(request, _("Declined."))
    except NeedsAnother:
        messages.error(request, _("You asked for this yourself: somebody else must approve it."))
    except OnHold:
        messages.error(request, _("A legal hold stands. Lift it first, or decline."))
    return redirect("compliance:requests")


@require_POST
@officer_only
def hold(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    reference = request.POST.get("reference", "").strip()
    if people.patient(patient_id) is None:
        raise Http404
    if not reference:
        messages.error(request, _("Give the case number that the hold is for."))
        return redirect("compliance:rights_of_patient", patient_id)
    rights.place_hold(patient_id, request.user, reference)
    messages.success(request, _("Held. Nothing is erased or aged out until the hold is lifted."))
    return redirect("compliance:requests")


@require_POST
@officer_only
def lift(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    rights.lift_hold(get_object_or_404(LegalHold, pk=hold_id, lifted_at=None), request.user)
    messages.success(request, _("The hold is lifted."))
    return redirect("compliance:requests")


@require_POST
@officer_only
def restrict(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    ground = request.POST.get("ground", "")
    if people.patient(patient_id) is None:
        raise Http404
    if ground not in Restriction.Ground.values:
        messages.error(request, _("Say why its use is to be restricted."))
    else:
        restriction.place(patient_id, request.user, Restriction.Ground(ground))
        messages.success(request, _("Restricted. It is kept, and not used; a running call ends now."))
    return redirect("compliance:rights_of_patient", patient_id)


@require_POST
@officer_only
def unrestrict(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    stands = get_object_or_404(Restriction, patient_id=patient_id, lifted_at=None)
    try:
        restriction.lift(stands, request.user, request.POST.get("reason", ""))
    except NoReason:
        messages.error(request, _("Say why it may be used again, in a few words."))
    else:
        messages.success(request, _("Lifted. What the patient consents to may be done again."))
    return redirect("compliance:rights_of_patient", patient_id)


def _named(row: RightsRequest, directory: people.Directory) -> dict[str, object]:
    return {"request": row, "patient": directory.patient(row.patient_id)}
