"""What the clinic keeps: people, their plans, and escalations."""

from clinic.models.escalations import Escalation, EscalationEvent, OutboxEntry
from clinic.models.people import CareTeam, Invitation, Patient, User
from clinic.models.plans import Plan

__all__ = ["CareTeam", "Escalation", "EscalationEvent", "Invitation", "OutboxEntry", "Patient", "Plan", "User"]
