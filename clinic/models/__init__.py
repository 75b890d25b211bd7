"""What the clinic keeps: people, their plans, and escalations."""

from clinic.models.break_glass import GlassNotice
from clinic.models.call_backs import CallBack
from clinic.models.escalations import Escalation, EscalationEvent, OutboxEntry
from clinic.models.follow_ups import FollowUp, Reminder
from clinic.models.paging import Absence, OnCallShift, PageAttempt
from clinic.models.people import CareTeam, Invitation, LinkFailure, Patient, User
from clinic.models.pictures import ShownPicture
from clinic.models.plans import Plan
from clinic.models.push import PushDevice, PushIdentity
from clinic.models.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "Absence",
    "CallBack",
    "CareTeam",
    "Escalation",
    "EscalationEvent",
    "FollowUp",
    "GlassNotice",
    "Invitation",
    "LinkFailure",
    "OnCallShift",
    "OutboxEntry",
    "PageAttempt",
    "Patient",
    "Plan",
    "PushDevice",
    "PushIdentity",
    "Reminder",
    "ShownPicture",
    "User",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
