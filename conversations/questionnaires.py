"""A call's answers as a FHIR R4B QuestionnaireResponse. Pure: whoever serves or exports it reads the rows.

The protocol is the questionnaire; each answer keeps the question as it was asked.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from conversations.agreed import Answered
from conversations.objectives import Value
from conversations.protocols import CallProtocol

Resource = dict[str, Any]
CANONICAL = "https://aftercare.example/fhir/Questionnaire"


def response(
    answered: Iterable[Answered],
    *,
    session_id: UUID,
    patient_id: UUID,
    protocol: CallProtocol,
    authored: datetime,
    finished: bool,
) -> Resource:
    """The QuestionnaireResponse of one call; its id is the call's. `authored` is aware."""
    return {
        "resourceType": "QuestionnaireResponse",
        "id": str(session_id),
        "questionnaire": f"{CANONICAL}/{protocol.name}|{protocol.version}",
        "status": "completed" if finished else "in-progress",
        "subject": {"reference": f"Patient/{patient_id}"},
        "source": {"reference": f"Patient/{patient_id}"},
        "authored": authored.astimezone(UTC).isoformat(),
        "item": list(_groups(answered, protocol)),
    }


def _groups(answered: Iterable[Answered], protocol: CallProtocol) -> Iterator[Resource]:
    """One group an objective, in the order they were talked about."""
    aims = {objective.objective_name: objective.objective_prompt for objective in protocol.objectives}
    for name, answers in groupby(answered, key=lambda one: one.key.partition(".")[0]):
        items = [{"linkId": one.key, "text": one.question, "answer": [_value(one.value)]} for one in answers]
        yield {"linkId": name, "text": aims.get(name, name.replace("_", " ")), "item": items}


def _value(value: Value) -> Resource:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    return {"valueDecimal": value} if isinstance(value, int | float) else {"valueString": value}
