"""The witness at work: reads the newest head and its proof from the database, and leaves a cosignature there."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from compliance import audit, signing
from compliance.errors import ComplianceError
from compliance.models import AuditEvent, Cosignature, TreeHead
from compliance.stored_tree import growth_between, latest_head
from compliance.witness import Witness

REFUSED = audit.action("audit.witness_refused", "The witness refused to sign the audit trail", "E")


def here() -> Witness:
    """The witness of this machine."""
    return Witness(
        name=settings.AUDIT_WITNESS_NAME,
        key=signing.witness_key(),
        log=signing.log_verifier(),
        state=settings.AUDIT_WITNESS_DIR / "seen.json",
    )


def look(at_s: int) -> Cosignature | None:
    """Cosign the newest head, or None if it was signed before. Raises `TreeRewritten` or `NoteBroken`."""
    witness, head = here(), latest_head()
    if head is None or head.cosignatures.filter(witness=witness.name).exists():
        return None
    try:
        line = witness.cosign(head.note, _proof(witness, head), at_s)
    except ComplianceError as problem:
        _report(head, problem)
        raise
    return Cosignature.objects.create(
        head=head, witness=witness.name, line=line, at=datetime.fromtimestamp(at_s, tz=UTC)
    )


def _proof(witness: Witness, head: TreeHead) -> list[bytes]:
    seen = witness.seen()
    if seen is None or not 0 < seen.size <= head.size:
        return []
    return growth_between(seen.size, head.size)


def _report(head: TreeHead, problem: ComplianceError) -> None:
    """Once a day at most: each report makes the log grow, and so would call for the next."""
    lately = timezone.now() - timedelta(days=1)
    if not AuditEvent.objects.filter(action=REFUSED.code, at__gte=lately).exists():
        audit.record(REFUSED, outcome="failed", subject=f"head:{head.size}", reason=str(problem)[:200])
