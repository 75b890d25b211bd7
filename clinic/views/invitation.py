"""The patient's way in: their link, then their date of birth."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clinic import invitations
from clinic.errors import InvitationRefused
from clinic.forms import BirthDateForm
from clinic.models import Invitation
from compliance.access import public

STAY_S = 12 * 3600
# One sentence for every refusal: it tells nobody what was wrong (see clinic.invitations).
REFUSAL = _(
    "This link and this date do not open anything. Please check the date. "
    "If it is right, the link may be too old: call your care team, and they will send you a new one."
)
WAIT = _("There were many wrong tries from your network. Please wait 15 minutes, then try once more.")


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The same page for every link, real or not."""
    if _already_in(request, token):
        return redirect("clinic:choices")
    if request.method != "POST":
        return _page(request, BirthDateForm())
    address = request.META.get("REMOTE_ADDR", "")
    if invitations.too_many_failures(address):
        return _page(request, BirthDateForm(), problem=WAIT, status=429)
    form = BirthDateForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    try:
        opened = invitations.open_link(token, form.born(), address=address)
    except InvitationRefused:
        return _page(request, form, problem=REFUSAL, status=403)
    _let_in(request, opened)
    return redirect("clinic:choices")


def _let_in(request: HttpRequest, opened: Invitation) -> None:
    """A fresh session for this patient; whoever used this browser before is signed out of it."""
    request.session.flush()
    request.session["patient_id"] = str(opened.patient_id)
    request.session["invitation_id"] = str(opened.pk)
    request.session.set_expiry(STAY_S)


def _already_in(request: HttpRequest, token: str) -> bool:
    """The link was opened in this very browser: a patient who taps it again goes on where they were."""
    invitation_id = request.session.get("invitation_id")
    return invitation_id is not None and invitations.belongs_to(token, UUID(invitation_id))


def _page(request: HttpRequest, form: BirthDateForm, *, status: int = 200, **context: Any) -> HttpResponse:
    response = render(request, "clinic/invitation.html", {"form": form, **context}, status=status)
    # The address of this page is half of a key: no other site learns it. (With "no-referrer" a browser
    # sends "Origin: null", and the form would be refused.)
    response["Referrer-Policy"] = "same-origin"
    return response
