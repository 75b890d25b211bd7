"""What an open page of staff asks: how long its session lasts, so that it can clear itself when that is over."""

import time

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from compliance import signed_in
from compliance.access import staff_only


@require_GET
@staff_only
def still_here(request: HttpRequest) -> JsonResponse:
    """With the header `Aftercare-Background`, asking is not activity; without it, it is."""
    return JsonResponse({"left_s": round(signed_in.left_s(request.session, time.time()), 1)})
