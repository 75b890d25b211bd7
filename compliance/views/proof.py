"""Whether the audit trail holds: its signed head, its witness, the last verification, and how busy it was."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from kombu.exceptions import OperationalError

from compliance import audit, signing, tasks, trail_check
from compliance.access import Role, role_required
from compliance.models import AuditEvent, Cosignature, TreeHead
from compliance.notes import Verifier
from compliance.stored_tree import latest_head

READ = audit.action("audit.proof_read", "{actor} looked at the proof of the audit trail", "R")
ASKED = audit.action("audit.verification_asked", "{actor} asked for the audit trail to be verified", "E")
DAYS = 28
OVERDUE = timedelta(hours=26)  # a daily run that is two hours late

officer_only = role_required(Role.OFFICER)


@require_GET
@officer_only
def status(request: HttpRequest) -> HttpResponse:
    audit.record(READ)
    head = latest_head()
    verified = AuditEvent.objects.filter(action=trail_check.VERIFIED.code).order_by("-id").first()
    context = {
        "head": head,
        "cosignature": Cosignature.objects.select_related("head").order_by("-head_id").first(),
        "waiting": _waiting(),
        "verified": verified,
        "young": not AuditEvent.objects.filter(at__lt=timezone.now() - OVERDUE).exists(),
        "overdue": verified is None or timezone.now() - verified.at > OVERDUE,
        "key": _public_key(),
        "heads": TreeHead.objects.order_by("-size").prefetch_related("cosignatures")[:10],
        "days": _activity(),
    }
    return render(request, "compliance/proof.html", context)


@require_POST
@officer_only
def verify_now(request: HttpRequest) -> HttpResponse:
    audit.record(ASKED)
    try:
        tasks.verify.delay()
    except OperationalError:
        messages.warning(request, _("The workers cannot be reached. Ask your administrator to start them."))
    else:
        messages.success(request, _("Verifying. Reload this page in a moment to see the result."))
    return redirect("compliance:proof")


def _waiting() -> int:
    """How many events are not sealed yet; more than a few means that the sealer is not running."""
    newest = AuditEvent.objects.order_by("-id")[:2000]
    return sum(1 for event in newest.select_related("leaf") if not hasattr(event, "leaf"))


def _public_key() -> Verifier | None:
    try:
        return signing.log_verifier()
    except FileNotFoundError:
        return None


def _activity() -> list[dict[str, Any]]:
    """Entries a day over the last four weeks, as bars of at most 100."""
    today = timezone.localdate()
    since = timezone.now() - timedelta(days=DAYS)
    counted = dict(
        AuditEvent.objects.filter(at__gte=since)
        .annotate(day=TruncDate("at"))
        .values_list("day")
        .annotate(n=Count("id"))
        .values_list("day", "n")
    )
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    most = max([counted.get(day, 0) for day in days] + [1])
    return [
        {"day": day, "n": counted.get(day, 0), "x": at * 10, "height": -(-100 * counted.get(day, 0) // most)}
        for at, day in enumerate(days)
    ]
