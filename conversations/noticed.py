"""What was noticed in a call, kept for the care team and told in words; removed when the patient takes it back.

Written by the switchboard when a call ends. Shown on the call's page; never a finding, and nothing follows from it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from compliance import audit, consent
from compliance.consent_texts import POSTURE_NAMED_SINCE
from compliance.models import ConsentEntry, Purpose
from conversations.errors import NotYourSession
from conversations.live.noticed import Line, Summary
from conversations.models import Noticed, Session
from conversations.sessions import Claim

KEPT = audit.action("noticed.kept", "What stood out in the call with {patient} was kept for the care team", "C")
REMOVED = audit.action("noticed.removed", "What had been noticed in calls with {patient} was removed", "D")

# Every sign that `looks`, `posture` and `voice_signs` know.
SEEMED: Mapping[str, Any] = {
    "out of the camera's view": gettext_lazy("Was out of the camera's view"),
    "looking away": gettext_lazy("Looked away"),
    "head bowed": gettext_lazy("Bowed their head"),
    "leaning in": gettext_lazy("Leaned in"),
    "face may be uncomfortable": gettext_lazy("Seemed uncomfortable"),
    "brow lowered": gettext_lazy("Lowered their brow"),
    "eyes closed": gettext_lazy("Closed their eyes for a while"),
    "lips pressed": gettext_lazy("Pressed their lips"),
    "smiling": gettext_lazy("Smiled"),
    "mouth open": gettext_lazy("Kept their mouth open"),
    "blinking often": gettext_lazy("Blinked often"),
    "hand resting on chest": gettext_lazy("Rested a hand on their chest"),
    "hand resting on belly": gettext_lazy("Rested a hand on their belly"),
    "slumped": gettext_lazy("Sat slumped"),
    "leaning to one side": gettext_lazy("Leaned to one side"),
    "moving restlessly": gettext_lazy("Moved restlessly"),
    "voice higher and tighter": gettext_lazy("Sounded higher and tighter"),
    "voice quieter": gettext_lazy("Spoke more quietly"),
    "voice louder": gettext_lazy("Spoke more loudly"),
    "speaking slower": gettext_lazy("Spoke more slowly"),
    "speaking faster": gettext_lazy("Spoke faster"),
    "flat voice": gettext_lazy("Sounded flat"),
    "hesitating": gettext_lazy("Hesitated"),
    "voice trembling": gettext_lazy("Seemed to have a trembling voice"),
    "short of breath between words": gettext_lazy("Seemed short of breath"),
}


def keep(held: Claim, summary: Summary | None) -> None:
    """At the end of a call. Nothing is kept unless the patient agrees to it now, in words that name it.

    Raises `NotYourSession`.
    """
    if summary is None or not consent.granted_since(held.patient_id, Purpose.PERCEPTION, POSTURE_NAMED_SINCE):
        return
    with transaction.atomic():
        session = Session.objects.filter(pk=held.session_id, epoch=held.epoch).select_for_update().first()
        if session is None:
            raise NotYourSession(str(held.session_id))
        values = {
            "at": timezone.now(),
            "utterances": summary.utterances,
            "lines": [asdict(line) for line in summary.lines],
        }
        Noticed.objects.update_or_create(session=session, defaults=values)
        audit.record(
            KEPT, patient_id=held.patient_id, subject=f"session:{session.id}", detail={"lines": len(summary.lines)}
        )


def remove_withdrawn(patient_id: UUID, purpose: Purpose) -> None:
    """Taking the choice back takes back what was noticed before."""
    if purpose is not Purpose.PERCEPTION:
        return
    with transaction.atomic():
        removed, _models = Noticed.objects.filter(session__patient_id=patient_id).delete()
        if removed:
            audit.record(REMOVED, patient_id=patient_id, detail={"calls": removed})


@dataclass(frozen=True)
class Told:
    """What the call's page says: a sentence about the whole, and a line for each thing."""

    whole: str
    lines: tuple[str, ...] = ()


def told(session: Session) -> Told:
    """Consent as it stands now decides what may be read."""
    if Purpose.PERCEPTION not in consent.agreed(session.patient_id):
        return Told(_not_agreed(session.patient_id))
    if Purpose.PERCEPTION not in consent.granted(session.patient_id):
        return Told(_("The use of this patient's data is restricted. What was noticed is not shown meanwhile."))
    row = Noticed.objects.filter(session=session).select_related("session").first()
    if row is None:
        if session.state != Session.State.ENDED:
            return Told(_("This is summed up when the call has ended."))
        if not consent.granted_since(session.patient_id, Purpose.PERCEPTION, POSTURE_NAMED_SINCE):
            return Told(_("The patient agreed in earlier words, which did not name a summary. None was kept."))
        return Told(_("Nothing was noticed in this call: the choice was off, or too little was said."))
    lines = tuple(in_words(Line(**line)) for line in row.lines)
    return Told(_whole(row, restored=session.epoch > 1), lines)


def _not_agreed(patient_id: UUID) -> str:
    if ConsentEntry.objects.filter(patient_id=patient_id, purpose=Purpose.PERCEPTION, granted=True).exists():
        return _("The patient no longer agrees to expression and voice being noticed. What was kept has been removed.")
    return _("The patient has not agreed to expression and voice being noticed. Nothing was.")


def _whole(row: Noticed, *, restored: bool) -> str:
    if not row.lines:
        said = ngettext(
            "In %(count)d stretch of speech nothing stood out from how they usually look and sound.",
            "In %(count)d stretches of speech nothing stood out from how they usually look and sound.",
            row.utterances,
        )
    else:
        said = ngettext(
            "In %(count)d stretch of speech, against how they usually look and sound:",
            "In %(count)d stretches of speech, against how they usually look and sound:",
            row.utterances,
        )
    whole = said % {"count": row.utterances}
    return _("Since the call was restored. ") + whole if restored else whole


def in_words(line: Line) -> str:
    """ "Seemed short of breath twice, from the voice; moderate confidence"."""
    source = _("from the voice") if line.source == "voice" else _("from the face and posture")
    if line.agreed:
        other = _("the face agreed") if line.source == "voice" else _("the voice agreed")
        source = _("%(source)s, and %(other)s %(often)s") % {
            "source": source,
            "other": other,
            "often": _often(line.agreed),
        }
    return _("%(what)s %(often)s, %(source)s; %(sure)s") % {
        "what": SEEMED.get(line.sign, line.sign),
        "often": _often(line.times),
        "source": source,
        "sure": _sure(line.confidence),
    }


def _often(times: int) -> str:
    if times == 1:
        return _("once")
    return _("twice") if times == 2 else _("%(times)d times") % {"times": times}


def _sure(confidence: float) -> str:
    if confidence >= 0.75:
        return _("high confidence")
    return _("moderate confidence") if confidence >= 0.5 else _("low confidence")
