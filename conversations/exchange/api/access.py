"""Who may call what: each operation names the scope its token needs, and the roles it is for, as the pages do."""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja.security import HttpBearer
from pydantic import Field

from clinic.models import Patient
from clinic.views.record import patient_for
from compliance import audit
from compliance.access import Role
from conversations.exchange import clients
from conversations.exchange.api.problems import ProblemDetails
from conversations.exchange.door import note_patient, refuse, service_user, token_of

LISTED = audit.action("api.listed", "{actor} saw {patient} in a list, over the API", "R")
ADMIN = (Role.ADMIN,)
CLINICIAN = (Role.CLINICIAN,)
BOTH = (Role.ADMIN, Role.CLINICIAN)

# No NUL, which PostgreSQL's text cannot hold.
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
ShortLine = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
LongText = Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")]

PROBLEMS: dict[int, Any] = dict.fromkeys((400, 401, 403, 404, 409, 410, 422, 429, 503), ProblemDetails)


class Bearer(HttpBearer):
    """An operation's demand: a scope, and one of some roles. The door has checked the token before."""

    def __init__(self, scope: str, roles: tuple[Role, ...]) -> None:
        super().__init__()
        self.scope, self.roles = scope, roles

    def authenticate(self, request: HttpRequest, token: str) -> bool:
        if self.scope and self.scope not in clients.scopes_of(token_of(request)):
            raise refuse("scope_missing", f"This token lacks the scope {self.scope}.")
        if service_user(request).role not in self.roles:
            raise refuse("role_not_meant", f"This is for the role {' or '.join(self.roles)}.")
        return True


def needs(scope: str, roles: tuple[Role, ...]) -> Bearer:
    return Bearer(scope, roles)


def answers(response: Any, status: int = 200) -> dict[int, Any]:
    """What an operation answers, its problems included."""
    return {status: response, **PROBLEMS}


def patient_of(request: HttpRequest, patient_id: UUID) -> Patient:
    """The patient, if this token's teams care for them. A refusal is audited; raises as the pages do."""
    patient = patient_for(request, patient_id)
    note_patient(request, patient.pk)
    return patient


def note_listed(patient_ids: Iterable[UUID], subject: str) -> None:
    """One entry for each patient of whom a list showed something."""
    for patient_id in dict.fromkeys(patient_ids):
        audit.record(LISTED, patient_id=patient_id, subject=subject)
