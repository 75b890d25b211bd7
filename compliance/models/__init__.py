"""What compliance keeps: the audit trail, the consent ledger, patients' rights, and wrapped keys."""

from compliance.models.audit import AuditEvent, AuditLeaf, AuditNode, Cosignature, TreeHead
from compliance.models.cache import CacheEntry
from compliance.models.consent import ConsentEntry, Purpose
from compliance.models.keys import PatientKey
from compliance.models.rights import BrokenGlass, LegalHold, RightsRequest

__all__ = [
    "AuditEvent",
    "AuditLeaf",
    "AuditNode",
    "BrokenGlass",
    "CacheEntry",
    "ConsentEntry",
    "Cosignature",
    "LegalHold",
    "PatientKey",
    "Purpose",
    "RightsRequest",
    "TreeHead",
]
