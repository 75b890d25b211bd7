"""Paging: repeated, and ever wider, until a named person has the escalation.

Run by `manage.py relay` every second, and by Celery beat besides. What is due stands in
the rows, so that it does not matter who looks, how often, or what was killed in between.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic import call_backs, escalations, ladder, notices, oncall, outbox
from clinic.discharge_plan import Severity
from clinic.ladder import Whom
from clinic.models import CareTeam, Escalation, PageAttempt, User
from clinic.push import devices
from clinic.push.sending import CHANNEL
from compliance import audit

logger = logging.getLogger(__name__)
PAGED = audit.action("escalation.paged", "{actor} paged those on call about an escalation of {patient}", "E")
OVERDUE = audit.action("escalation.overdue", "An escalation of {patient} was open for too long", "E")

BATCH = 50
PATIENCE = notices.Patience(tries=3, wait=timedelta(seconds=30))
State = Escalation.State
NOBODYS = (State.RAISED, State.PAGED)


@dataclass(frozen=True)
class Ways:
    """How to reach those to be paged: how many people, and each of them with each channel."""

    people: int
    each: list[tuple[User, str]]


@dataclass(frozen=True)
class _Round:
    """Escalations that climb together: when, how to reach whom, and the pages that come of it."""

    now: datetime
    ways: Callable[[Whom, CareTeam], Ways]
    attempts: list[PageAttempt] = field(default_factory=list)

    def page(self, escalation: Escalation, index: int, whom: Whom) -> int:
        """One attempt for each person and channel, written when all have climbed; returns how many people."""
        ways = self.ways(whom, escalation.patient.care_team)
        self.attempts.extend(
            PageAttempt(escalation=escalation, rung=index, user=person, channel=channel, due_at=self.now)
            for person, channel in ways.each
        )
        return ways.people


def climb_due(now: datetime | None = None) -> int:
    """Take the next rung for every escalation whose time has come; returns how many."""
    now = now or timezone.now()
    with transaction.atomic():
        due = Escalation.objects.filter(page_at__lte=now).exclude(state=State.RESOLVED)
        due = due.select_related("patient__care_team").order_by("page_at")
        claimed = list(due.select_for_update(skip_locked=True, of=("self",))[:BATCH])
        # Many that climb together mostly page the same people.
        climbing = _Round(now, cache(partial(_ways, now=now)))
        for escalation in claimed:
            _climb(escalation, climbing)
        PageAttempt.objects.bulk_create(climbing.attempts)
    return len(claimed)


def find_forgotten() -> int:
    """Anything that nobody has and nothing would page about: page about it. There should be none."""
    forgotten = Escalation.objects.filter(state__in=NOBODYS, page_at=None)
    count = forgotten.update(page_at=timezone.now())
    if count:
        logger.error("%d escalations had no page due; they are paged now", count)
    return count


def send_due(now: datetime | None = None) -> int:
    """Send what waits; returns how many were tried. One transaction each: a crash repeats one message."""
    tried = 0
    while tried < BATCH and _send_one(now or timezone.now()):
        tried += 1
    return tried


def _climb(escalation: Escalation, climbing: _Round) -> None:
    severity, now = Severity(escalation.severity), climbing.now
    since = escalation.paging_since or escalation.raised_at
    if escalation.state not in NOBODYS:
        _say_overdue(escalation, climbing)
        escalation.page_at = None
        escalation.save(update_fields=["page_at", "overdue_at"])
        return
    index = ladder.reached(severity, since, now, escalation.rung)
    whom = ladder.rung(severity, index).whom
    kind = "paged_again" if escalation.state == State.PAGED else "paged"
    people = climbing.page(escalation, index, whom)
    escalation.state, escalation.rung = State.PAGED, index + 1
    escalation.page_at = ladder.due_at(severity, since, index + 1)
    if whom in (Whom.EVERYONE, Whom.INCIDENT):
        call_backs.promise_by_clock(escalation, now)
    if whom == Whom.INCIDENT:
        _say_overdue(escalation, climbing)
    escalations.note_step(
        escalation,
        kind,
        detail=whom if people else "nobody",
        saving=("state", "rung", "page_at", "overdue_at"),
        at_once=False,  # each row changes when its paging begins: pages that were just sent it need not hurry for that
    )
    audit.record(
        PAGED,
        patient_id=escalation.patient_id,
        subject=f"escalation:{escalation.pk}",
        outcome="ok" if people else "failed",
        detail={"rung": index, "whom": whom, "people": people},
    )


def _say_overdue(escalation: Escalation, climbing: _Round) -> None:
    """Once: it was open for as long as nothing should be."""
    if escalation.overdue_at:
        return
    escalation.overdue_at = climbing.now
    if escalation.state not in NOBODYS:
        climbing.page(escalation, escalation.rung, Whom.INCIDENT)
    escalations.note_step(escalation, "overdue")
    audit.record(OVERDUE, patient_id=escalation.patient_id, subject=f"escalation:{escalation.pk}")
    outbox.put("escalation.overdue", escalation.pk, {"severity": escalation.severity, "rule": escalation.rule})


def _ways(whom: Whom, team: CareTeam, now: datetime) -> Ways:
    people = oncall.recipients(whom, team, now)
    each = [
        (person, channel.name)
        for person in people
        for channel in notices.channels()
        if channel.address_of(person.email, person.phone)
    ]
    notified = devices.owners_among([person.pk for person in people])
    each += [(person, CHANNEL) for person in people if person.pk in notified]
    return Ways(len(people), each)


def _send_one(now: datetime) -> bool:
    with transaction.atomic():
        waiting = PageAttempt.objects.filter(state=PageAttempt.State.WAITING, due_at__lte=now)
        waiting = waiting.select_related("escalation", "user").order_by("due_at")
        attempt = waiting.select_for_update(skip_locked=True, of=("self",)).first()
        if attempt is None:
            return False
        escalation = attempt.escalation
        if escalation.state in NOBODYS or (escalation.overdue_at and escalation.state != State.RESOLVED):
            notices.attempt(attempt, _notice(escalation), now, PATIENCE)
        else:
            attempt.state, attempt.done_at = PageAttempt.State.NOT_NEEDED, now
        attempt.save(update_fields=["state", "due_at", "done_at", "tries", "problem"])
        if attempt.state == PageAttempt.State.FAILED:
            escalations.note_step(escalation, "page_failed", by=attempt.user, detail=attempt.channel)
    return True


def _notice(escalation: Escalation) -> notices.Notice:
    """A number and a link behind the sign-in: nothing of the patient."""
    kinds = {"emergency": _("Emergency"), "urgent": _("Urgent"), "question": _("Question")}
    subject = _("{kind}: escalation {number} waits").format(kind=kinds[escalation.severity], number=escalation.number)
    link = settings.BASE_URL + reverse("clinic:escalation", args=[escalation.pk])
    text = _("{subject}, and nobody has it yet. Acknowledge it here: {link}").format(subject=subject, link=link)
    return notices.Notice(f"Aftercare · {subject}", text)
