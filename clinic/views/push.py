"""Notifications on this device, on or off: asked for by the queue's page."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.push import devices
from clinic.views.record import staff
from clinic.webhooks.addresses import Forbidden
from compliance.access import Role, role_required


@role_required(Role.CLINICIAN)
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """A browser's subscription: `endpoint`, `p256dh`, `auth`."""
    told = (request.POST.get(name, "")[:600] for name in ("endpoint", "p256dh", "auth"))
    try:
        devices.add(staff(request), *told)
    except (Forbidden, ValueError):
        return JsonResponse({"said": _("This device gave no address that we may send to.")}, status=422)
    return JsonResponse({})


@role_required(Role.CLINICIAN)
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    devices.remove(staff(request), request.POST.get("endpoint", ""))
    return JsonResponse({})
