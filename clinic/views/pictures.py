"""A picture that a patient showed, for those who care for them."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clinic import pictures
from clinic.models import ShownPicture
from clinic.views.record import patient_for
from compliance.access import Role, role_required


@role_required(Role.CLINICIAN)
@never_cache
@require_safe
def picture(request: HttpRequest, picture_id: UUID) -> HttpResponse:
    shown = get_object_or_404(ShownPicture, pk=picture_id)
    patient_for(request, shown.patient_id)
    return HttpResponse(pictures.look(shown), content_type="image/jpeg")
