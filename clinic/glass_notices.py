"""Who is told that the glass was broken: every officer, and those who answer for the patient's team now.

The rows are written in the transaction that broke the glass (`clinic.apps` connects
`note`), and sent by `manage.py relay` within seconds. Each message that left, or could
not, is in the audit trail, and so on the officer's page.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic import notices, oncall
from clinic.ladder import Whom
from clinic.models import GlassNotice, Patient, User
from compliance import audit
from compliance.access import Role
from compliance.break_glass import TOLD
from compliance.models import BrokenGlass

PATIENCE = notices.Patience(tries=5, wait=timedelta(seconds=15))
BATCH = 50
State = GlassNotice.State


def note(code: str, patient_id: UUID | None, subject: str, detail: audit.Detail) -> None:
    """Promise the messages. An observer of the audit trail: in the transaction that broke the glass."""
    glass = BrokenGlass.objects.get(pk=subject.partition(":")[2])
    waiting = [
        GlassNotice(glass=glass, user=person, channel=channel.name, due_at=glass.broken_at)
        for person in _who_is_told(glass)
        for channel in notices.channels()
        if channel.address_of(person.email, person.phone)
    ]
    GlassNotice.objects.bulk_create(waiting)
    if not waiting:
        audit.record(
            TOLD, patient_id=patient_id, subject=subject, outcome="failed", detail={"problem": "nobody_reachable"}
        )


def send_due(now: datetime | None = None) -> int:
    """Send what waits; returns how many were tried. One transaction each: a crash repeats one message."""
    tried = 0
    while tried < BATCH and _send_one(now or timezone.now()):
        tried += 1
    return tried


def _who_is_told(glass: BrokenGlass) -> list[User]:
    """Never the one who broke it alone: nobody watches over themselves."""
    officers = User.objects.filter(is_active=True, role=Role.OFFICER)
    patient = Patient.objects.select_related("care_team").get(pk=glass.patient_id)
    answering = oncall.recipients(Whom.FIRST, patient.care_team, glass.broken_at)
    return [person for person in dict.fromkeys([*officers, *answering]) if person.pk != glass.user_id]


def _send_one(now: datetime) -> bool:
    with transaction.atomic():
        waiting = GlassNotice.objects.filter(state=State.WAITING, due_at__lte=now).select_related("glass", "user")
        notice = waiting.select_for_update(skip_locked=True, of=("self",)).order_by("due_at", "id").first()
        if notice is None:
            return False
        notices.attempt(notice, _words(notice.user), now, PATIENCE)
        if notice.state != State.WAITING:
            _record(notice)
        notice.save()
    return True


def _record(notice: GlassNotice) -> None:
    audit.record(
        TOLD,
        patient_id=notice.glass.patient_id,
        subject=f"glass:{notice.glass_id}",
        outcome="ok" if notice.state == State.SENT else "failed",
        detail={"user": str(notice.user_id), "channel": notice.channel, "problem": notice.problem},
    )


def _words(to: User) -> notices.Notice:
    """A link behind the sign-in: nothing of the patient, and no name."""
    if to.role == Role.OFFICER:
        link = settings.BASE_URL + reverse("compliance:break_glass")
        text = _("A clinician opened the record of a patient of another team in an emergency. Review it here: {link}")
        return notices.Notice(_("Aftercare · The glass was broken"), text.format(link=link))
    text = _(
        "A clinician of another team opened the record of one of your team\u2019s patients in an emergency. "
        "Your compliance officer will review it. If you cannot think why, tell them."
    )
    return notices.Notice(_("Aftercare · The glass was broken"), text)
