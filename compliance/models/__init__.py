"""What compliance keeps: the audit trail, the consent ledger, and wrapped keys."""

from compliance.models.audit import AuditEvent
from compliance.models.cache import CacheEntry
from compliance.models.consent import ConsentEntry, Purpose
from compliance.models.keys import PatientKey

__all__ = ["AuditEvent", "CacheEntry", "ConsentEntry", "PatientKey", "Purpose"]
