"""What every request passes: who acts, whether they are still signed in, and what is shown if the audit fails."""

import time
from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import resolve
from django.utils.cache import patch_cache_control

from compliance import access, audit, signed_in
from compliance.errors import AuditUnavailable, KeyServiceUnavailable

Handler = Callable[[HttpRequest], HttpResponse]
BACKGROUND = "Aftercare-Background"  # a page's own polling says so with this header: it is not activity
_TO_ENROL = ("mfa_", "account_reauthenticate", "account_logout", "still_here")
_TO_PROVE = ("mfa_reauthenticate", "account_logout", "still_here")


class SignedInMiddleware:
    """Ends idle and overlong sessions, and asks staff for their second factor."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            over = signed_in.ended(request.session, time.time())
            if over:
                return _sign_out(request, over)
            self._note_activity(request)
            detour = _to_second_factor(request)
            if detour:
                return redirect(detour)
        return self.get_response(request)

    def _note_activity(self, request: HttpRequest) -> None:
        now = time.time()
        if BACKGROUND not in request.headers and signed_in.worth_noting(request.session, now):
            request.session[signed_in.ACTIVE_AT] = now


def _sign_out(request: HttpRequest, why: signed_in.Ended) -> HttpResponse:
    request.signed_out_because = why.value  # type: ignore[attr-defined]
    logout(request)
    if BACKGROUND in request.headers or request.headers.get("HX-Request"):
        response = HttpResponse(status=401)
        response["HX-Redirect"] = settings.LOGIN_URL
        return response
    if request.method == "GET":
        return redirect(f"{settings.LOGIN_URL}?next={request.path}")
    return redirect(settings.LOGIN_URL)


def _to_second_factor(request: HttpRequest) -> str | None:
    """Where to prove or add a second factor first, or None.

    Whoever has a factor must use it: adding another with the password alone would go around it.
    """
    if not settings.STAFF_MFA_REQUIRED or signed_in.used_second_factor(request.session):
        return None
    allowed, detour = (_TO_PROVE, "mfa_reauthenticate") if is_mfa_enabled(request.user) else (_TO_ENROL, "mfa_index")
    return None if (resolve(request.path_info).url_name or "").startswith(allowed) else detour


class AuditContextMiddleware:
    """Names the actor of every request. A page that cannot be audited, or whose keys are away, shows nothing."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with audit.acting_as(_actor_of(request)):
            response = self.get_response(request)
        patch_cache_control(response, no_store=True)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, AuditUnavailable | KeyServiceUnavailable):
            return _unavailable(exception)
        if isinstance(exception, Http404):
            return _note_not_theirs(request)
        return None


def _unavailable(why: AuditUnavailable | KeyServiceUnavailable) -> HttpResponse:
    """Nothing of the page. Made without the request: whose page it is may be what cannot be opened."""
    said = {"keys": isinstance(why, KeyServiceUnavailable)}
    response = HttpResponse(render_to_string("compliance/unavailable.html", said), status=503)
    response["Retry-After"] = "60"
    return response


def _note_not_theirs(request: HttpRequest) -> HttpResponse | None:
    """Whoever tries addresses of what is not theirs is noted: they are told only that there is no such thing."""
    view = request.resolver_match.func if request.resolver_match else None
    if view is None or getattr(view, "audience", "public") == "public":
        return None
    try:
        access.note_refusal(view, reason="not_found")
    except AuditUnavailable as why:
        return _unavailable(why)
    return None


def _actor_of(request: HttpRequest) -> audit.Actor:
    where = request.META.get("REMOTE_ADDR", "")
    if request.user.is_authenticated:
        return audit.Actor(f"user:{request.user.pk}", where)
    patient_id = request.session.get("patient_id")
    return audit.Actor(f"patient:{patient_id}" if patient_id else "anonymous", where)
