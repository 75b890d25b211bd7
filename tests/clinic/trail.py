"""Reading the audit trail in tests."""

from compliance.audit import Action
from compliance.models import AuditEvent


def events(action: Action) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action.code).order_by("id"))


def only(action: Action) -> AuditEvent:
    """The one event of this action; fails if there is none, or more."""
    found = events(action)
    assert len(found) == 1, f"{len(found)} × {action.code}"
    return found[0]
