"""Pictures that a patient took in a call for their care team, and for nobody and nothing else.

`conversations.views` brings them, with consent; `clinic.views.pictures` shows them. A picture goes beside the newest
open escalation of its call, or becomes a question of its own. No model sees it.
"""

import io
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from PIL import Image, UnidentifiedImageError

from clinic import escalations
from clinic.discharge_plan import Severity
from clinic.errors import NotAPicture
from clinic.models import Escalation, ShownPicture
from compliance import audit, consent, files
from compliance.models import Purpose

SHOWN = audit.action("picture.shown", "{patient} showed the care team a picture", "C")
SEEN = audit.action("picture.seen", "{actor} looked at a picture of {patient}", "R")

RULE = "picture.shown"
MAX_BYTES = 6_000_000
MAX_PIXELS = 24_000_000
LONGEST_SIDE = 1600
MAX_ABOUT_CHARS = 200


def show(patient_id: UUID, session_id: UUID, content: bytes, about: str = "") -> ShownPicture:
    """Keep the picture, sealed, where the care team will see it. Raises `ConsentMissing` and `NotAPicture`."""
    consent.require(patient_id, Purpose.PICTURES)
    picture = cleaned(content)
    about = about.strip()[:MAX_ABOUT_CHARS]
    file_id = files.seal_file(patient_id, "picture.jpg", picture)
    try:
        with transaction.atomic():
            escalation = _place(patient_id, session_id, about)
            shown = ShownPicture.objects.create(
                escalation=escalation, patient_id=patient_id, file_id=file_id, about=about, shown_at=timezone.now()
            )
            escalations.note_step(escalation, "picture")
            audit.record(SHOWN, patient_id=patient_id, subject=f"escalation:{escalation.pk}")
    except BaseException:
        files.erase_file(patient_id, file_id)
        raise
    return shown


def look(shown: ShownPicture) -> bytes:
    """The picture, as JPEG. Audited. Raises `FileNotFoundError`, `KeyDestroyed` or `SealBroken`."""
    content = files.open_file(shown.patient_id, shown.file_id)
    audit.record(SEEN, patient_id=shown.patient_id, subject=f"escalation:{shown.escalation_id}")
    return content


def cleaned(content: bytes) -> bytes:
    """The picture drawn anew: JPEG, no larger than needed, without place, time or device. Raises `NotAPicture`."""
    if len(content) > MAX_BYTES:
        raise NotAPicture("too large")
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise NotAPicture("too many pixels")
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            picture = image.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        raise NotAPicture(type(problem).__name__) from None
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    drawn = io.BytesIO()
    picture.save(drawn, "JPEG", quality=88)
    return drawn.getvalue()


def _place(patient_id: UUID, session_id: UUID, about: str) -> Escalation:
    """The newest open escalation of this call, or a new question."""
    waiting = Escalation.objects.filter(session_id=session_id).exclude(state=Escalation.State.RESOLVED)
    newest = waiting.order_by("-raised_at").first()
    if newest:
        return newest
    answered = Escalation.objects.filter(session_id=session_id, rule=RULE).count()
    return escalations.escalate(
        patient_id=patient_id,
        session_id=session_id,
        turn=answered,  # one that was resolved is not opened again: this is a new cause
        rule=RULE,
        severity=Severity.QUESTION,
        quote=about,
    )
