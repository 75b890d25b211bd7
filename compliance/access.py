"""Who may do what. Every refusal is audited.

Each view carries `.audience` (and `.roles` where they matter), so that a test can
walk the whole URL map and find the one that was forgotten.
"""

import time
from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any, Protocol, cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare

from compliance import audit, signed_in

REFUSED = audit.action("access.refused", "{actor} was refused a page", "E")

View = Callable[..., HttpResponseBase]
Claim = tuple[UUID, str]  # of a user, by the key of a session


class MarkedView(Protocol):
    """A view that says whom it is for."""

    audience: str
    roles: tuple["Role", ...]

    def __call__(self, *args: Any, **kwargs: Any) -> HttpResponseBase: ...


class Role(models.TextChoices):
    CLINICIAN = "clinician", "Clinician"
    OFFICER = "officer", "Compliance officer"
    ADMIN = "admin", "Administrator"


def public(view: View) -> MarkedView:
    """A page for anybody: it shows nothing about a patient."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    return marked(opened, "public")


def patient_only(view: View) -> MarkedView:
    """A page for the patient whom an invitation let in: `request.session["patient_id"]` says who."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated or not request.session.get("patient_id"):
            _refuse(view)
        return view(request, *args, **kwargs)

    return marked(guarded, "patient")


def staff_only(view: View) -> MarkedView:
    """A page for everybody with an account, whatever their role."""
    return marked(login_required(view), "staff", tuple(Role))


def role_required(*roles: Role) -> Callable[[View], MarkedView]:
    """A page for these roles only."""

    def decorate(view: View) -> MarkedView:
        @wraps(view)
        @login_required
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if getattr(request.user, "role", None) not in roles:
                _refuse(view)
            return view(request, *args, **kwargs)

        return marked(guarded, "staff", roles)

    return decorate


def marked(view: View, audience: str, roles: tuple[Role, ...] = ()) -> MarkedView:
    """For whoever guards views in another way: the walk over the URL map reads these marks."""
    found = cast(MarkedView, view)
    found.audience, found.roles = audience, roles
    return found


def still_allowed(user_id: UUID, session_key: str) -> bool:
    """Whether this session may go on: for open WebSockets, which ask every few seconds.

    False once the person signed out, was disabled, changed their password, or was
    idle for too long. Synchronous: asks the database.
    """
    return bool(allowed_of([(user_id, session_key)]))


def allowed_of(claims: Collection[Claim]) -> dict[Claim, Any]:
    """Those of many open sessions that may go on, each with its user: two questions to the database, however many."""
    from django.contrib.sessions.models import Session

    stored = Session.objects.in_bulk({key for _user_id, key in claims})
    people = get_user_model()._default_manager.filter(pk__in={user_id for user_id, _key in claims}, is_active=True)
    users = {user.pk: user for user in people}
    return {
        (user_id, key): users[user_id]
        for user_id, key in claims
        if user_id in users and key in stored and _goes_on(stored[key].get_decoded(), users[user_id])
    }


def _goes_on(session: Mapping[str, Any], user: Any) -> bool:
    same_person = session.get(SESSION_KEY) == str(user.pk)
    same_password = constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    return (
        same_person
        and same_password
        and signed_in.ended(session, time.time()) is None
        and (not settings.STAFF_MFA_REQUIRED or signed_in.used_second_factor(session))
    )


def note_refusal(view: View, reason: str = "") -> None:
    audit.record(REFUSED, outcome="refused", reason=reason, subject=f"view:{view.__module__}.{view.__name__}"[:120])


def _refuse(view: View) -> None:
    note_refusal(view)
    raise PermissionDenied
