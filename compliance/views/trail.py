"""The audit trail: the ledger, who looked at one patient, and the proof of one entry."""

import base64
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from compliance import audit, breach, entries, merkle, people, stored_tree, trail
from compliance.access import Role, role_required
from compliance.models import AuditEvent, TreeHead
from compliance.trail import Filters

READ = audit.action("audit.read", "{actor} looked at the audit trail", "R")
WHO_LOOKED = audit.action("audit.who_looked", "{actor} looked up who had seen the record of {patient}", "R")
SEARCHED = audit.action("audit.searched", "{actor} searched for a name in the audit trail", "R")

officer_only = role_required(Role.OFFICER)


@require_GET
@officer_only
def ledger(request: HttpRequest) -> HttpResponse:
    filters = Filters.read(request.GET)
    audit.record(READ, patient_id=filters.patient)
    page = trail.page(filters)
    context = {
        "filters": filters,
        "page": page,
        "columns": _columns(filters),
        "chosen": _chosen(filters),
        "actions": sorted(audit.declared()),
        "outcomes": ("ok", "refused", "failed"),
        "head": stored_tree.latest_head(),
        "next_address": filters.address(after=page.next),
    }
    return render(request, "compliance/trail.html", context)


@require_POST
@officer_only
def find(request: HttpRequest) -> HttpResponse:
    """Names go in by POST, so that no address, history or log holds one."""
    words = request.POST.get("words", "").strip()[:80]
    audit.record(SEARCHED)
    matches = _matches(words)
    if len(matches) == 1:
        return redirect(matches[0]["url"])
    return render(request, "compliance/found.html", {"words": words, "matches": matches})


@require_GET
@officer_only
def who_looked(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Everybody who saw or touched this patient's record, or was shown them in a list."""
    audit.record(WHO_LOOKED, patient_id=patient_id)
    events = AuditEvent.objects.filter(patient_id=patient_id)
    if not events.exists():
        raise Http404
    summary = by_whom(events)
    shown = {row["actor"]: row for row in by_whom(breach.listings_of(patient_id))}
    directory = people.Directory([*(row["actor"] for row in summary), *shown], [patient_id])
    for row in summary:
        row["who"] = directory.who(row["actor"])
        row["lists"] = shown.pop(row["actor"], None)
        row["process"] = row["actor"].partition("system:")[2].removeprefix("aftercare")
        row["address"] = Filters(patient=patient_id, actor=row["actor"]).address()
    filters = Filters(patient=patient_id)
    context = {
        "patient": directory.patient(patient_id),
        "patient_id": patient_id,
        "summary": summary,
        "only_in_lists": [{**row, "who": directory.who(row["actor"])} for row in shown.values()],
        "page": trail.page(filters),
        "everything": filters.address(),
    }
    return render(request, "compliance/who_looked.html", context)


def by_whom(events: QuerySet[AuditEvent]) -> list[dict[str, Any]]:
    """Who, how often, first and last; the latest first."""
    rows = events.values("actor").annotate(times=Count("id"), first=Min("at"), last=Max("at"))
    return [dict(row) for row in rows.order_by("-last")[:200]]


@require_GET
@officer_only
def proof(request: HttpRequest, event_id: int) -> HttpResponse:
    """Why this entry cannot have been changed: its bytes, its path to the root, and who signed the root."""
    event = get_object_or_404(AuditEvent.objects.select_related("leaf"), pk=event_id)
    audit.record(READ, subject=f"audit:{event.pk}")
    line = next(trail.describe([event]))
    context: dict[str, Any] = {"line": line, "entry": _entry(event).decode()}
    head = TreeHead.objects.filter(size__gt=event.leaf.index).order_by("size").first() if line.sealed else None
    if head:
        context |= _path(event, head)
    return render(request, "compliance/proof_of_entry.html", context)


def _path(event: AuditEvent, head: TreeHead) -> dict[str, Any]:
    path = stored_tree.proof_of(event.leaf, head)
    found = merkle.leaf_hash(_entry(event))
    holds = merkle.includes(found, event.leaf.index, head.size, path, bytes(head.root))
    return {
        "head": head,
        "cosignatures": head.cosignatures.all(),
        "holds": holds and found == bytes(event.leaf.hash),
        "leaf_hash": base64.b64encode(found).decode(),
        "path": [base64.b64encode(step).decode() for step in path],
        "root": base64.b64encode(bytes(head.root)).decode(),
    }


def _entry(event: AuditEvent) -> bytes:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {entries.COLUMNS} FROM compliance_auditevent e WHERE e.id = %s",  # noqa: S608  # a constant
            [event.pk],
        )
        return entries.encode(cursor.fetchone())


def _columns(filters: Filters) -> list[dict[str, Any]]:
    """Each column's heading, and the address that sorts by it."""
    return [
        {
            "name": name,
            "current": filters.sort == name,
            "up": filters.sort == name and filters.up,
            "address": filters.address(sort=name, up=not filters.up if filters.sort == name else name != "when"),
        }
        for name in ("when", "what", "who", "patient", "outcome")
    ]


def _chosen(filters: Filters) -> list[dict[str, str]]:
    """The filters in force, each with the address that lifts it."""
    directory = people.Directory([filters.actor], [filters.patient])
    told = {
        "actor": directory.who(filters.actor) if filters.actor else "",
        "patient": directory.patient(filters.patient) if filters.patient else "",
        "subject": filters.subject,
    }
    return [
        {"name": name, "value": value, "without": filters.address(**{name: None if name == "patient" else ""})}
        for name, value in told.items()
        if value
    ]


def _matches(words: str) -> list[dict[str, str]]:
    """Patients, staff and actions that `words` may mean."""
    if not words:
        return []
    ledger_url = reverse("compliance:trail")
    wanted = words.casefold()
    found = [
        {"kind": "patient", "label": people.short_name(one), "url": reverse("compliance:who_looked", args=[one.pk])}
        for one in people.find_patients(words)
    ]
    found += [
        {"kind": "staff", "label": str(one), "url": f"{ledger_url}?{Filters(actor=f'user:{one.pk}').address()}"}
        for one in people.find_staff(words)
    ]
    found += [
        {"kind": "action", "label": _without_names(action), "url": f"{ledger_url}?{Filters(action=code).address()}"}
        for code, action in audit.declared().items()
        if wanted in code or wanted in action.sentence.casefold()
    ]
    return found


def _without_names(action: audit.Action) -> str:
    return action.sentence.format(actor="…", patient="…")
