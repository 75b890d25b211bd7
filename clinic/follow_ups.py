"""Follow-up calls: planned at enrolment, reminded of, moved by the patient, done, or missed and escalated.

`manage.py relay` runs `contact_due` every second. A reminder makes a fresh link; who
never comes is passed on to the care team.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from clinic import escalations, invitations, notices, visits
from clinic.discharge_plan import Severity
from clinic.models import FollowUp, Patient, Reminder
from compliance import audit, restriction

logger = logging.getLogger(__name__)
PLANNED = audit.action("follow_up.planned", "{actor} planned the follow-up calls of {patient}", "C")
REMINDED = audit.action("follow_up.reminded", "{actor} reminded {patient} of a follow-up call", "E")
MOVED = audit.action("follow_up.moved", "{actor} moved a follow-up call of {patient}", "U")
CANCELLED = audit.action("follow_up.cancelled", "{actor} cancelled a follow-up call of {patient}", "U")
DONE = audit.action("follow_up.done", "A follow-up call of {patient} took place", "U")
MISSED = audit.action("follow_up.missed", "{patient} could not be reached for a follow-up call", "U")

LEASE = timedelta(minutes=10)
State = FollowUp.State
OPEN = (State.PLANNED, State.INVITED)
REACHED = {"completed", "handed_over", "max_duration"}  # how a call ends that was a follow-up


def zone_of(patient: Patient) -> ZoneInfo:
    return ZoneInfo(patient.time_zone)


def plan_for(patient: Patient, now: datetime | None = None) -> list[FollowUp]:
    """The protocol's calls that are not over yet. Planning twice plans nothing more."""
    now, zone = now or timezone.now(), zone_of(patient)
    due = [window for window in visits.windows(patient.discharged_on, zone) if window.closes_at > now]
    with transaction.atomic():
        made = FollowUp.objects.bulk_create(
            [
                FollowUp(
                    patient=patient,
                    visit=window.name,
                    opens_at=window.opens_at,
                    closes_at=window.closes_at,
                    contact_at=visits.outside_quiet_hours(max(now, window.opens_at), zone),
                )
                for window in due
            ],
            ignore_conflicts=True,
        )
        audit.record(PLANNED, patient_id=patient.pk, detail={"calls": len(made)})
    return made


def move(follow_up: FollowUp, to: datetime) -> FollowUp:
    """The patient chose another time: remind them then. Raises `ValueError` outside the window."""
    if to not in visits.times_to_choose(timezone.now(), follow_up.closes_at, zone_of(follow_up.patient)):
        raise ValueError("not a time that can be chosen")
    with transaction.atomic():
        follow_up.chosen_at = follow_up.contact_at = to
        follow_up.reminders = 0
        follow_up.save(update_fields=["chosen_at", "contact_at", "reminders"])
        audit.record(MOVED, patient_id=follow_up.patient_id, subject=f"follow_up:{follow_up.pk}")
    return follow_up


def cancel(follow_up: FollowUp) -> None:
    with transaction.atomic():
        if FollowUp.objects.filter(pk=follow_up.pk, state__in=OPEN).update(state=State.CANCELLED):
            audit.record(CANCELLED, patient_id=follow_up.patient_id, subject=f"follow_up:{follow_up.pk}")


def current(patient_id: UUID, now: datetime | None = None) -> FollowUp | None:
    """The call that is due now, or else the next one."""
    now = now or timezone.now()
    return (
        FollowUp.objects.filter(patient_id=patient_id, state__in=OPEN, closes_at__gt=now).order_by("opens_at").first()
    )


def contact_due(now: datetime | None = None) -> int:
    """Remind, or close, one follow-up whose time has come; returns 1, or 0 if there is none."""
    now = now or timezone.now()
    with transaction.atomic():
        due = FollowUp.objects.filter(state__in=OPEN, contact_at__lte=now, patient__erased_at=None).exclude(
            patient_id__in=restriction.everybody()
        )
        follow_up = due.select_for_update(skip_locked=True, of=("self",)).order_by("contact_at").first()
        if follow_up is None:
            return 0
        if follow_up.closes_at <= now:
            _miss(follow_up)
            return 1
        follow_up.contact_at = now + LEASE  # if we die while sending, somebody tries again then
        follow_up.save(update_fields=["contact_at"])
    _remind(follow_up, now)
    return 1


def note_call_ended(code: str, patient_id: UUID | None, subject: str, detail: audit.Detail) -> None:
    """A call came to its end: if one was due, that was it. In the transaction of the call's own audit entry."""
    if patient_id is None or detail.get("reason") not in REACHED:
        return
    now = timezone.now()
    due = FollowUp.objects.filter(patient_id=patient_id, state__in=OPEN, opens_at__lte=now, closes_at__gt=now)
    follow_up = due.select_for_update().order_by("opens_at").first()
    if follow_up is None:
        return
    follow_up.state, follow_up.done_at = State.DONE, now
    follow_up.session_id = UUID(subject.partition(":")[2])
    follow_up.save(update_fields=["state", "done_at", "session_id"])
    audit.record(DONE, patient_id=patient_id, subject=f"follow_up:{follow_up.pk}")


def _miss(follow_up: FollowUp) -> None:
    """Nobody came: the care team is told, in the same transaction."""
    follow_up.state = State.MISSED
    follow_up.save(update_fields=["state"])
    audit.record(
        MISSED,
        patient_id=follow_up.patient_id,
        subject=f"follow_up:{follow_up.pk}",
        detail={"reminders": follow_up.reminders},
    )
    escalations.escalate(
        patient_id=follow_up.patient_id,
        session_id=None,
        turn=0,
        rule=f"call.not_joined.{follow_up.visit}",
        severity=Severity.QUESTION,
        quote="",
    )


def _remind(follow_up: FollowUp, now: datetime) -> None:
    """A fresh link by every channel that reaches the patient; the link before it no longer opens."""
    patient = follow_up.patient
    reaching = [
        (channel, address)
        for channel in notices.channels()
        if (address := channel.address_of(patient.email or "", patient.phone or ""))
    ]
    link, reminders = _make_ready(follow_up, [channel.name for channel, _address in reaching], now)
    with override(patient.language):
        notice = _notice(link, follow_up)
    for (channel, address), reminder in zip(reaching, reminders, strict=False):
        _send(channel, address, notice, reminder)
    _settle(follow_up, now)


def _make_ready(follow_up: FollowUp, channels: list[str], now: datetime) -> tuple[str, list[Reminder]]:
    """The link and the reminders, committed before anything is sent: a link that arrives, opens."""
    with transaction.atomic():
        for former in follow_up.reminder_set.exclude(invitation=None).select_related("invitation"):
            if former.invitation and former.invitation.opened_at is None:
                invitations.revoke(former.invitation)
        if not channels:
            Reminder.objects.create(follow_up=follow_up, state=Reminder.State.NO_ADDRESS, at=now)
            return "", []
        invitation, link = invitations.make(follow_up.patient, lifetime=follow_up.closes_at - now)
        made = [
            Reminder.objects.create(follow_up=follow_up, invitation=invitation, channel=name, at=now)
            for name in channels
        ]
        audit.record(
            REMINDED,
            patient_id=follow_up.patient_id,
            subject=f"follow_up:{follow_up.pk}",
            detail={"channels": ",".join(channels)},
        )
    return link, made


def _send(channel: notices.Channel, address: str, notice: notices.Notice, reminder: Reminder) -> None:
    try:
        channel.send(address, notice)
    except notices.NotSent as problem:
        reminder.state, reminder.problem = Reminder.State.FAILED, str(problem)[:80]
    else:
        reminder.state = Reminder.State.SENT
    reminder.save(update_fields=["state", "problem"])


def _settle(follow_up: FollowUp, now: datetime) -> None:
    with transaction.atomic():
        locked = FollowUp.objects.select_for_update().get(pk=follow_up.pk)
        if locked.state not in OPEN:
            return
        locked.state = State.INVITED
        locked.reminders += 1
        locked.contact_at = visits.next_contact(locked.reminders, now, locked.closes_at, zone_of(locked.patient))
        locked.save(update_fields=["state", "reminders", "contact_at"])


def _notice(link: str, follow_up: FollowUp) -> notices.Notice:
    until = timezone.localtime(follow_up.closes_at, zone_of(follow_up.patient))
    text = _("Your clinic asks how you are. Open this link for your call, until {until}: {link}").format(
        until=until.strftime("%d.%m. %H:%M"), link=link
    )
    return notices.Notice(_("Your clinic asks how you are"), text)
