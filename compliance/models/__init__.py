"""What compliance keeps: the audit trail, the consent ledger, patients' rights, and wrapped keys."""

from compliance.models.audit import AuditEvent, AuditLeaf, AuditNode, Cosignature, TreeHead
from compliance.models.cache import CacheEntry
from compliance.models.consent import ConsentEntry, Purpose
from compliance.models.keys import PatientKey
from compliance.models.rights import BrokenGlass, Correction, LegalHold, Restriction, RightsRequest

__all__ = [
    "AuditEvent",
    "AuditLeaf",
    "AuditNode",
    "BrokenGlass",
    "CacheEntry",
    "ConsentEntry",
    "Correction",
    "Cosignature",
    "LegalHold",
    "PatientKey",
    "Purpose",
    "Restriction",
    "RightsRequest",
    "TreeHead",
]
