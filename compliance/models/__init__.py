"""What compliance keeps: the audit trail, the consent ledger, and wrapped keys."""

from compliance.models.audit import AuditEvent, AuditLeaf, AuditNode, Cosignature, TreeHead
from compliance.models.cache import CacheEntry
from compliance.models.consent import ConsentEntry, Purpose
from compliance.models.keys import PatientKey

__all__ = [
    "AuditEvent",
    "AuditLeaf",
    "AuditNode",
    "CacheEntry",
    "ConsentEntry",
    "Cosignature",
    "PatientKey",
    "Purpose",
    "TreeHead",
]
