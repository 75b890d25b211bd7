"""What a visitor is told when a page breaks. Named as `handler500` in `clinic.urls`."""

import sys

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

RETRY_S = 60


def broken(request: HttpRequest) -> HttpResponse:
    """A database that is away, full or restarting undid what was begun: 503, and worth another try. All else is 500."""
    if not isinstance(sys.exc_info()[1], OperationalError):
        return server_error(request)
    # Made without the request: whose page it is may be what cannot be read.
    response = HttpResponse(render_to_string("503.html"), status=503)
    response["Retry-After"] = str(RETRY_S)
    return response
