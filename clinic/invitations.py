"""The link that lets a patient in, with their date of birth as second factor.

A link holds 256 random bits; only their SHA-256 is kept. It opens once, in one
browser, until it expires, is revoked, or was tried wrongly five times. Whatever is
wrong, the answer is the same, so that a guess learns nothing.
"""

import hashlib
import hmac
import secrets
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from clinic.errors import InvitationRefused
from clinic.models import Invitation, LinkFailure, Patient
from compliance import audit

LIFETIME = timedelta(days=7)
MAX_FAILURES = 5
# An address may fail this often in this time, over all links together.
ADDRESS_FAILURES = 20
ADDRESS_WINDOW = timedelta(minutes=15)

MADE = audit.action("invitation.made", "{actor} made an invitation for {patient}", "C")
REVOKED = audit.action("invitation.revoked", "{actor} revoked an invitation of {patient}", "U")
OPENED = audit.action("invitation.opened", "{patient} opened their invitation", "E")
REFUSED = audit.action("invitation.refused", "Somebody was refused at an invitation link", "E")


def make(patient: Patient, *, lifetime: timedelta = LIFETIME) -> tuple[Invitation, str]:
    """A new invitation and its link. The link is shown once: it cannot be read back."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        invitation = Invitation.objects.create(
            patient=patient, token_sha256=_digest(token), expires_at=timezone.now() + lifetime
        )
        audit.record(MADE, patient_id=patient.pk, subject=f"invitation:{invitation.pk}")
    return invitation, settings.BASE_URL + reverse("clinic:invitation", args=[token])


def revoke(invitation: Invitation) -> None:
    """Make the link useless. Revoking twice changes nothing."""
    with transaction.atomic():
        changed = Invitation.objects.filter(pk=invitation.pk, revoked_at=None).update(revoked_at=timezone.now())
        if changed:
            audit.record(REVOKED, patient_id=invitation.patient_id, subject=f"invitation:{invitation.pk}")


def too_many_failures(address: str) -> bool:
    """Whether this network address has been wrong too often lately to be heard now."""
    since = timezone.now() - ADDRESS_WINDOW
    return LinkFailure.objects.filter(address=address, at__gte=since).count() >= ADDRESS_FAILURES


def open_link(token: str, born: date, *, address: str) -> Invitation:
    """Let in whoever has both the link and the date of birth. Raises `InvitationRefused`."""
    if too_many_failures(address):
        audit.record(REFUSED, subject="invitation:unknown", outcome="refused", reason="throttled")
        raise InvitationRefused
    with transaction.atomic():
        # The lock makes parallel guesses wait their turn, so that five means five.
        invitation = Invitation.objects.select_for_update().filter(token_sha256=_digest(token)).first()
        reason = _why_not(invitation, born)
        if invitation is not None and not reason:
            return _opened(invitation)
        _count_failure(invitation, reason, address)
    raise InvitationRefused


def still_open(invitation_id: UUID) -> bool:
    """Whether whoever came by this invitation may still stay."""
    return Invitation.objects.filter(pk=invitation_id, revoked_at=None).exists()


def belongs_to(token: str, invitation_id: UUID) -> bool:
    return Invitation.objects.filter(pk=invitation_id, token_sha256=_digest(token), revoked_at=None).exists()


def _why_not(invitation: Invitation | None, born: date) -> str:
    """Why this link is refused, as a code for the audit trail; empty if it is not."""
    if invitation is None:
        return "unknown"
    if invitation.revoked_at:
        return "revoked"
    if invitation.expires_at <= timezone.now():
        return "expired"
    if invitation.opened_at:
        return "used"
    if invitation.failed_attempts >= MAX_FAILURES:
        return "locked"
    if not hmac.compare_digest(invitation.patient.born, born.isoformat()):
        return "birth_date"
    return ""


def _opened(invitation: Invitation) -> Invitation:
    invitation.opened_at = timezone.now()
    invitation.save(update_fields=["opened_at"])
    with audit.acting_as(audit.Actor(f"patient:{invitation.patient_id}", audit.current_actor().where)):
        audit.record(OPENED, patient_id=invitation.patient_id, subject=f"invitation:{invitation.pk}")
    return invitation


def _count_failure(invitation: Invitation | None, reason: str, address: str) -> None:
    LinkFailure.objects.create(address=address, at=timezone.now())
    if invitation is not None and reason == "birth_date":
        invitation.failed_attempts += 1
        invitation.save(update_fields=["failed_attempts"])
    audit.record(
        REFUSED,
        patient_id=invitation.patient_id if invitation else None,
        subject=f"invitation:{invitation.pk}" if invitation else "invitation:unknown",
        outcome="refused",
        reason=reason,
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
