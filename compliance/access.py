"""Who may do what. Every refusal is audited."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponseBase

from compliance import audit

REFUSED = audit.action("access.refused", "{actor} was refused a page", "E")

View = Callable[..., HttpResponseBase]


class Role(models.TextChoices):
    CLINICIAN = "clinician", "Clinician"
    OFFICER = "officer", "Compliance officer"
    ADMIN = "admin", "Administrator"


def role_required(*roles: Role) -> Callable[[View], View]:
    """A page for these roles only. The view carries `.roles`, so that tests can check the whole URL map."""

    def decorate(view: View) -> View:
        @wraps(view)
        @login_required
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if getattr(request.user, "role", None) not in roles:
                audit.record(REFUSED, outcome="refused", subject=f"view:{view.__module__}.{view.__name__}")
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.roles = roles  # type: ignore[attr-defined]
        return guarded

    return decorate
