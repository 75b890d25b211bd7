"""How staff sign in: what we ask of django-allauth, and what of it is audited.

Named in settings (ACCOUNT_ADAPTER, MFA_ADAPTER); the signal receivers are
connected by `compliance.apps`.
"""

import base64
import time
from typing import Any
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import record_authentication
from allauth.core.internal.ratelimit import get_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from compliance import audit, encryption, keyring
from compliance.signed_in import ACTIVE_AT, SIGNED_IN_AT

SIGNED_IN = audit.action("staff.signed_in", "{actor} signed in", "E")
SIGNED_OUT = audit.action("staff.signed_out", "{actor} signed out", "E")
SIGN_IN_FAILED = audit.action("staff.sign_in_failed", "Somebody failed to sign in", "E")
LOCKED_OUT = audit.action("staff.locked_out", "An account was locked for one address after too many attempts", "E")
FACTOR_ADDED = audit.action("staff.second_factor_added", "{actor} added a second factor", "C")
FACTOR_REMOVED = audit.action("staff.second_factor_removed", "{actor} removed a second factor", "D")
FACTOR_FAILED = audit.action("staff.second_factor_failed", "{actor} gave a wrong code", "E")

_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class StaffAccounts(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Accounts are made by an administrator, never by signing up."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("That user name and password do not belong together. Please try again."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # With the address in the key, guessing from elsewhere cannot lock the owner out.
        key: str = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}:{get_ip(request)}"


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """One-time-code secrets lie sealed, and the last factor stays where one is required."""

    def encrypt(self, text: str) -> str:
        sealed = encryption.seal(text.encode(), keyring.key_for(keyring.HOUSE), _SECRETS)
        return base64.b64encode(sealed).decode()

    def decrypt(self, encrypted_text: str) -> str:
        sealed = base64.b64decode(encrypted_text)
        return encryption.open_sealed(sealed, keyring.key_for(keyring.HOUSE), _SECRETS).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=_FACTORS)
        return not settings.STAFF_MFA_REQUIRED or others.exclude(pk=authenticator.pk).exists()


_SECRETS = encryption.Place("mfa_authenticator", "data", "secret")


def connect() -> None:
    """Listen to allauth, axes and Django."""
    from allauth.mfa import signals as mfa
    from axes.signals import user_locked_out
    from django.contrib.auth import signals

    signals.user_logged_in.connect(_signed_in, dispatch_uid="compliance")
    signals.user_logged_out.connect(_signed_out, dispatch_uid="compliance")
    signals.user_login_failed.connect(_failed, dispatch_uid="compliance")
    user_locked_out.connect(_locked_out, dispatch_uid="compliance")
    post_save.connect(_factor_saved, sender=Authenticator, dispatch_uid="compliance")
    post_delete.connect(_factor_removed, sender=Authenticator, dispatch_uid="compliance")
    mfa.authenticator_added.connect(_factor_proved, dispatch_uid="compliance")
    mfa.authentication_failed.connect(_factor_failed, dispatch_uid="compliance")


def acting(request: HttpRequest | None, user_id: UUID | None) -> audit.Actor:
    where = request.META.get("REMOTE_ADDR", "") if request else ""
    return audit.Actor(f"user:{user_id}" if user_id else "anonymous", where)


def _signed_in(request: HttpRequest, user: Any, **_kwargs: Any) -> None:
    request.session[SIGNED_IN_AT] = request.session[ACTIVE_AT] = time.time()
    request.session.pop("patient_id", None)
    with audit.acting_as(acting(request, user.pk)):
        audit.record(SIGNED_IN)


def _signed_out(request: HttpRequest, user: Any, **_kwargs: Any) -> None:
    if user is not None:
        with audit.acting_as(acting(request, user.pk)):
            audit.record(SIGNED_OUT, reason=getattr(request, "signed_out_because", ""))


def _failed(request: HttpRequest | None = None, **_kwargs: Any) -> None:
    with audit.acting_as(acting(request, None)):
        audit.record(SIGN_IN_FAILED, outcome="refused")


def _locked_out(request: HttpRequest | None = None, **_kwargs: Any) -> None:
    with audit.acting_as(acting(request, None)):
        audit.record(LOCKED_OUT, outcome="refused")


def _factor_proved(request: HttpRequest, user: Any, authenticator: Authenticator, **_kwargs: Any) -> None:
    """Adding a factor proves it: the person need not sign in again to use it."""
    if authenticator.type in _FACTORS:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)


def _factor_saved(instance: Authenticator, created: bool, **_kwargs: Any) -> None:
    if created:
        audit.record(FACTOR_ADDED, subject=f"user:{instance.user_id}", detail={"kind": str(instance.type)})


def _factor_removed(instance: Authenticator, **_kwargs: Any) -> None:
    audit.record(FACTOR_REMOVED, subject=f"user:{instance.user_id}", detail={"kind": str(instance.type)})


def _factor_failed(request: HttpRequest, user: Any, authenticator: Authenticator, **_kwargs: Any) -> None:
    with audit.acting_as(acting(request, user.pk)):
        audit.record(FACTOR_FAILED, outcome="refused", detail={"kind": str(authenticator.type)})
