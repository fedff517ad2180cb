"""The live process: WebSocket and server-sent events under /live/, nothing else.

Pages and API are `config.wsgi`: a sync view here would load a streamed file whole (see docs/decisions.md).
"""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402 - after the applications are loaded
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 - as above

from config.live import Lifespan, everything_else  # noqa: E402 - as above
from transcription.routing import http_urlpatterns, websocket_urlpatterns  # noqa: E402 - as above

application = ProtocolTypeRouter(
    {
        "http": AuthMiddlewareStack(URLRouter([*http_urlpatterns, everything_else])),
        "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns)),
        "lifespan": Lifespan(),
    }
)
