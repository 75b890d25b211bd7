"""The door for machines: who knocks, how often, and under whose name the rest happens.

Wraps every view of the API and of FHIR. A session cookie opens nothing here, so no
page of another site can use one.
"""

import logging
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from pydantic import ValidationError

from clinic.errors import EscalationClosed
from clinic.models import User
from compliance import audit
from compliance.access import REFUSED, Role, marked
from compliance.errors import (
    AuditUnavailable,
    ConsentMissing,
    KeyDestroyed,
    KeyServiceUnavailable,
    NeedsAnother,
    OnHold,
)
from conversations.exchange import clients, limits
from conversations.exchange.errors import Problem, TokenRefused
from conversations.exchange.models import ApiToken

logger = logging.getLogger(__name__)
View = Callable[..., HttpResponseBase]
Tell = Callable[[Problem], HttpResponseBase]
REFUSALS_NOTED = 60  # a minute and address; more of them tell the officer nothing new


class MachineRequest(HttpRequest):
    """A request that passed the door. Nothing is ever made as one: it says what the door adds to Django's."""

    token: ApiToken
    about_patient: UUID


def machines_only(tell: Tell) -> Callable[[View], View]:
    """A view for bearers of a token. `tell` makes an answer of a `Problem`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                token = clients.token_of(request.headers.get("Authorization", ""))
            except TokenRefused:
                return _turned_away(request, tell)
            with audit.acting_as(audit.Actor(f"user:{token.client.user_id}", _address(request))):
                return _served(request, token, tell, lambda: view(request, *args, **kwargs))

        return marked(csrf_exempt(guarded), "machine", tuple(Role))

    return decorate


def token_of(request: HttpRequest) -> ApiToken:
    """The token that opened the door for this request."""
    return cast(MachineRequest, request).token


def note_patient(request: HttpRequest, patient_id: UUID) -> None:
    """Whom this request is about: an answer that is kept for its repetition is theirs."""
    cast(MachineRequest, request).about_patient = patient_id


def service_user(request: HttpRequest) -> User:
    return token_of(request).client.user


def refuse(code: str, detail: str) -> Problem:
    """403, noted in the trail."""
    audit.record(REFUSED, outcome="refused", reason=code)
    return Problem(403, code, detail)


def problem_of(error: Exception) -> Problem:
    """What another machine is told of an exception: never its text, which might hold what was sent."""
    error = _hidden_in(error) if isinstance(error, ValidationError) else error
    if isinstance(error, Problem):
        return error
    if isinstance(error, Http404):
        return Problem(404, "not_found", "There is no such thing, or it is not yours to see.")
    if isinstance(error, PermissionDenied):
        return Problem(403, "not_yours", "This patient is not in the care of this token's teams.")
    if isinstance(error, SuspiciousOperation | BadRequest | MultiPartParserError):
        return Problem(400, "not_understood", "The request is malformed, or larger than is allowed.")
    if isinstance(error, EscalationClosed):
        return Problem(409, "escalation_closed", "This escalation was resolved before.")
    if isinstance(error, KeyDestroyed):
        return Problem(410, "erased", "This patient was erased.")
    if isinstance(error, AuditUnavailable):
        return Problem(
            503, "audit_unavailable", "Nothing can be shown or changed until the audit trail can be written."
        )
    if isinstance(error, KeyServiceUnavailable):
        return Problem(503, "keys_unavailable", "Nothing can be read or written until the patients' keys answer again.")
    if isinstance(error, ConsentMissing | OnHold | NeedsAnother):
        return Problem(409, "not_allowed_now", "The patient's consent, or a hold, forbids this now.")
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.error("a request of another system broke: %s\n%s", type(error).__name__, frames)
    return Problem(500, "broken", "Something broke on our side. It has been noted.")


def _hidden_in(error: ValidationError) -> Exception:
    """Pydantic reads sealed fields for an answer itself, and of what they raise it keeps the name alone."""
    for one in error.errors(include_url=False, include_input=False):
        name = str(one.get("ctx", {}).get("error", "")).partition(":")[0]
        for kind in (KeyServiceUnavailable, KeyDestroyed):
            if one["type"] == "get_attribute_error" and name == kind.__name__:
                return kind()
    return error


def _served(
    request: HttpRequest, token: ApiToken, tell: Tell, view: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    allowance = limits.take(str(token.pk), settings.API_REQUESTS_PER_MINUTE)
    if allowance.used_up:
        response = tell(Problem(429, "too_many_requests", "Wait until RateLimit-Reset seconds have passed."))
        response["Retry-After"] = str(allowance.resets_in_s)
    else:
        request.user = token.client.user
        cast(MachineRequest, request).token = token
        try:
            response = view()
        except Exception as error:
            response = tell(problem_of(error))
    for name, value in allowance.headers().items():
        response[name] = value
    return response


def _turned_away(request: HttpRequest, tell: Tell) -> HttpResponseBase:
    """401, noted if a token was given at all, and not more often than is useful."""
    if "Authorization" in request.headers:
        noted = limits.take(f"refused:{_address(request)}", REFUSALS_NOTED)
        if not noted.used_up:
            with audit.acting_as(audit.Actor("anonymous", _address(request))):
                audit.record(clients.TOKEN_REFUSED, outcome="refused")
    response = tell(Problem(401, "token_refused", "Send a valid token: Authorization: Bearer …"))
    response["WWW-Authenticate"] = "Bearer"
    return response


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))
