"""The first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from clinic import navigation
from compliance.access import public


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Staff go to where their role starts; anyone else is told where patients go."""
    role = getattr(request.user, "role", "")
    start = navigation.first_page(role)
    return redirect(start) if start else render(request, "clinic/home.html", {"known": request.user.is_authenticated})
