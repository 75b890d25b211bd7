"""What is kept and for how long, what a breach touched, and parts of the trail to take away."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_GET

from compliance import audit, breach, data_map, exports, people, sweeping, trail_check
from compliance.access import Role, role_required
from compliance.models import AuditEvent
from compliance.trail import Filters

KEPT_READ = audit.action("retention.read", "{actor} looked at what is kept and for how long", "R")
SCOPED = audit.action("breach.scoped", "{actor} asked which patients a breach touched", "R")

officer_only = role_required(Role.OFFICER)


@require_GET
@officer_only
def kept(request: HttpRequest) -> HttpResponse:
    audit.record(KEPT_READ)
    context = {
        "tables": sorted(data_map.descriptions().values(), key=lambda one: (str(one.about), one.label)),
        "swept": AuditEvent.objects.filter(action=sweeping.SWEPT.code).order_by("-id").first(),
    }
    return render(request, "compliance/retention.html", context)


@require_GET
@officer_only
def breach_scope(request: HttpRequest) -> HttpResponse:
    """Ids and times only go into the address; names only into the answer."""
    scope = _scope(request)
    context: dict[str, Any] = {
        "scope": scope,
        "staff": [{"key": str(one.pk), "name": str(one)} for one in people.everybody()],
    }
    if scope.given:
        audit.record(SCOPED, subject=scope.subject, detail={"by": scope.actor})
        found = breach.report(scope)
        directory = people.Directory([], [one.patient_id for one in found.exposures])
        context |= {
            "report": found,
            "rows": [{"exposure": one, "patient": directory.patient(one.patient_id)} for one in found.exposures],
        }
    else:
        audit.record(SCOPED, reason="the empty form")
    return render(request, "compliance/breach.html", context)


@require_GET
@officer_only
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """The filtered trail as CSV or as FHIR, streamed. Recorded before the first byte."""
    if form not in ("csv", "fhir"):
        raise Http404
    filters = Filters.read(request.GET)
    audit.record(trail_check.EXPORTED, patient_id=filters.patient, detail={"form": form})
    lines = exports.as_csv(filters) if form == "csv" else exports.as_fhir(filters)
    kind = "text/csv" if form == "csv" else "application/fhir+ndjson"
    response = StreamingHttpResponse(lines, content_type=f"{kind}; charset=utf-8")
    name = f"audit-trail-{date_format(timezone.localdate(), 'Y-m-d')}.{'csv' if form == 'csv' else 'ndjson'}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _scope(request: HttpRequest) -> breach.Scope:
    asked = request.GET
    return breach.Scope(
        actor=asked.get("actor", "")[:80],
        where=asked.get("where", "")[:120],
        subject=asked.get("subject", "")[:120],
        since=_moment(asked.get("since", "")),
        until=_moment(asked.get("until", "")),
    )


def _moment(text: str) -> datetime | None:
    """A day or a moment by the clinic's clock. What makes no sense is left out."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return timezone.make_aware(found) if timezone.is_naive(found) else found
