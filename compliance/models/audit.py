"""The audit trail and its proof: events, and the Merkle tree that seals them.

All of it is append-only: the application's role may INSERT and SELECT, and a
trigger refuses UPDATE and DELETE to everybody else (migration 0004).
"""

import uuid

from django.db import models
from django.db.models.functions import Coalesce

PATIENT_OR_NOBODY = Coalesce("patient_id", models.Value(uuid.UUID(int=0)))  # what can be sorted by


class AuditEvent(models.Model):
    """Who did what, when, where, why, to whose record, and how it ended (ASTM E2147-18).

    It holds references and codes, never a patient's words. The table also has a
    column `xid` that only `compliance.sealing` reads: the transaction that wrote the row.
    """

    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    at = models.DateTimeField()
    action = models.CharField(max_length=80)
    actor = models.CharField(max_length=80)  # "user:<uuid>", "patient:<uuid>", "system:callhost"
    where = models.CharField(max_length=120, blank=True)
    patient_id = models.UUIDField(null=True)
    subject = models.CharField(max_length=120, blank=True)  # "escalation:<uuid>"
    outcome = models.CharField(max_length=16, default="ok")  # ok, refused, failed
    reason = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["patient_id", "-id"]),
            models.Index(fields=["action", "-id"]),
            models.Index(fields=["actor", "-id"]),
            models.Index(fields=["outcome", "-id"]),
            models.Index(fields=["where", "-id"]),
            models.Index(fields=["subject", "-id"]),
            models.Index(PATIENT_OR_NOBODY, models.F("id").desc(), name="audit_patient_or_nobody"),
            models.Index(fields=["at"]),
        ]


class AuditLeaf(models.Model):
    """An event's place in the tree, counted from 0, and the hash of it (RFC 6962, 2.1)."""

    index = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="leaf")
    hash = models.BinaryField()


class AuditNode(models.Model):
    """The root of a complete subtree of 2^level leaves, kept for every eighth level only."""

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="one_node_a_place")]


class TreeHead(models.Model):
    """A signed statement of the whole tree: so many entries, and this root."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    at = models.DateTimeField()
    note = models.TextField()  # C2SP tlog-checkpoint, signed
    horizon = models.CharField(max_length=20)  # transactions before this one were all sealed
    base = models.BigIntegerField(default=0)  # events up to this one come from before a restore


class Cosignature(models.Model):
    """What a witness signed: that this head continues every head it saw before."""

    head = models.ForeignKey(TreeHead, on_delete=models.PROTECT, related_name="cosignatures")
    witness = models.CharField(max_length=120)
    line = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["head", "witness"], name="one_cosignature_a_witness")]
