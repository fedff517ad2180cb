"""What identity, permission and limits cost a request: `pytest -m benchmark -s tests/benchmarks/bench_requests.py`.

CPU of this process over a bare view of Django REST framework behind the same middleware; Redis and PostgreSQL apart.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from organizations.api.base import TenantAPIView
from organizations.models import Organization
from organizations.roles import Action
from tests.benchmarks.measure import percentile, show
from tests.factories import make_api_key

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]
ROUNDS, REQUESTS = 15, 100
ANSWER = {"status": "ok"}


class BareView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        return Response(ANSWER)


class GuardedView(TenantAPIView):
    actions = {"GET": Action.MEDIA_READ}

    def get(self, request: Request) -> Response:
        return Response(ANSWER)


urlpatterns = [path("bare", BareView.as_view()), path("api/guarded", GuardedView.as_view())]


def environ(address: str, headers: dict[str, str]) -> dict[str, Any]:
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return {
        "REQUEST_METHOD": "GET", "PATH_INFO": address, "SERVER_NAME": "testserver", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr, **named,
    }  # fmt: skip


def cpu_ms(application: Any, address: str, headers: dict[str, str]) -> float:
    """CPU time of one request, the mean of `REQUESTS`."""
    started = time.process_time()
    for _ in range(REQUESTS):
        response = application(environ(address, headers), lambda *_: None)
        response.close()
    return (time.process_time() - started) * 1000 / REQUESTS


def queries(application: Any, address: str, headers: dict[str, str]) -> int:
    with CaptureQueriesContext(connection) as captured:
        application(environ(address, headers), lambda *_: None)
    return len(captured)


def test_overhead_of_the_doors(settings: Any, api: Callable[..., Any], organization: Organization, alice: User) -> None:
    person, (_, key) = api(alice), make_api_key(organization)
    settings.ROOT_URLCONF = __name__
    settings.LOGGING_CONFIG = None
    application = WSGIHandler()
    ways = {
        "API key": {"Authorization": f"Bearer {key}"},
        "access token, organization named": person.headers,
        "access token, the only organization": {"Authorization": person.headers["Authorization"]},
    }
    rows = [("bare view", f"{middle(lambda: cpu_ms(application, '/bare', {})):.2f} ms")]
    for limit in (0, 10**9):
        settings.RATE_LIMIT_PER_MINUTE = settings.RATE_LIMIT_PER_HOUR = limit
        for name, headers in ways.items():
            rows.append((f"{name}, limits {'on' if limit else 'off'}", measured(application, headers)))
    show("CPU of one request over the bare view's", rows)


def measured(application: WSGIHandler, headers: dict[str, str]) -> str:
    """In turns with the bare view, so that whatever else the machine does hits both."""
    cpu_ms(application, "/api/guarded", headers)
    over = [cpu_ms(application, "/api/guarded", headers) - cpu_ms(application, "/bare", {}) for _ in range(ROUNDS)]
    asked = queries(application, "/api/guarded", headers)
    return f"+{percentile(over, 0.5):.2f} ms (best {min(over):.2f}), {asked} queries"


def middle(measure: Callable[[], float]) -> float:
    return percentile([measure() for _ in range(ROUNDS)], 0.5)
