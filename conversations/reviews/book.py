"""Reviews of calls: which ones wait for a clinician, and what they found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from clinic import care, escalations
from clinic.discharge_plan import Severity
from clinic.models import User
from compliance import audit
from conversations.models import CallReview, Session
from conversations.reviews.agreement import kappa
from conversations.reviews.sampling import reviewers_wanted

REVIEWED = audit.action("call.reviewed", "{actor} reviewed the call with {patient}", "C")
RECENT = timedelta(days=30)
MISSED = "review.missed"


@dataclass(frozen=True)
class Findings:
    """`missed`: something that should have been passed on was not. `untrue`: something was said that is not so."""

    missed: bool
    untrue: bool
    manner: int  # 1 to 5
    note: str = ""


def waiting_for(user: User) -> list[Session]:
    """Calls of this clinician's patients that still want a reviewer, the oldest first."""
    ended = Session.objects.filter(
        state=Session.State.ENDED,
        joined_at__isnull=False,
        ended_at__gte=timezone.now() - RECENT,
        patient__in=care.patients_of(user),
    )
    recent = ended.exclude(reviews__reviewer=user).annotate(rating=F("measure__rating"))
    return [session for session in recent.order_by("ended_at").select_related("patient") if _wants_one(session)]


def _wants_one(session: Session) -> bool:
    wanted = reviewers_wanted(session.pk, getattr(session, "rating", None))
    return wanted > 0 and CallReview.objects.filter(session=session).count() < wanted


def review(session: Session, by: User, findings: Findings) -> CallReview:
    """Once a clinician; looking again replaces nothing. What was missed is passed on now."""
    with transaction.atomic():
        found, made = CallReview.objects.get_or_create(
            session=session, reviewer=by, defaults={**vars(findings), "at": timezone.now()}
        )
        if made:
            detail = {"missed": findings.missed, "untrue": findings.untrue}
            audit.record(REVIEWED, patient_id=session.patient_id, subject=f"session:{session.pk}", detail=detail)
            if findings.missed:
                _pass_on(session, findings.note)
    return found


def _pass_on(session: Session, note: str) -> None:
    escalations.escalate(
        patient_id=session.patient_id,
        session_id=session.pk,
        turn=0,
        rule=MISSED,
        severity=Severity.URGENT,
        quote=note,
    )


def agreed_on(question: str) -> tuple[float | None, int]:
    """Kappa over calls that two looked at, for `missed` or `untrue`; and how many pairs those are."""
    answers: dict[object, list[bool]] = {}
    for session_id, answer in CallReview.objects.order_by("at").values_list("session_id", question):
        answers.setdefault(session_id, []).append(answer)
    pairs: Sequence[tuple[bool, bool]] = [pair for each in answers.values() for pair in combinations(each, 2)]
    return kappa(pairs), len(pairs)
