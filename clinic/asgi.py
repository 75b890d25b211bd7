"""The door for HTTP and WebSockets, served by Daphne."""

import os
import threading

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import reverse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
django_application = get_asgi_application()

from clinic import sockets as clinic_sockets  # noqa: E402  (apps must be ready first)
from clinic.forwarded import TrustedProxies  # noqa: E402
from conversations import sockets as conversation_sockets  # noqa: E402

_doors = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(URLRouter([*clinic_sockets.urlpatterns, *conversation_sockets.urlpatterns]))
        ),
    }
)
application = TrustedProxies(_doors, settings.TRUSTED_PROXIES)

# The modules of all pages take a second or more to load. Not while the rest starts, and not while the first
# visitor, or the first row of an open queue, waits for it.
LOAD_PAGES_AFTER_S = 2.0
_loading = threading.Timer(LOAD_PAGES_AFTER_S, reverse, ["clinic:home"])
_loading.daemon = True
_loading.start()
