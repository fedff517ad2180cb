"""Rate limits for what of the API is no view of ours, and their headers on every answer."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.common.api import error_response
from config.common.errors import TooManyRequests
from organizations import throttling

GetResponse = Callable[[HttpRequest], HttpResponse]
# Signed addresses of files are not the API: a large upload is thousands of them.
LIMITED = ("/api/", "/v1/")


class RateLimitMiddleware:
    """Views count their requests themselves, once they know the caller; what no view has counted, counts by address."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(LIMITED):
            try:
                throttling.limit_guest(request)
            except TooManyRequests as error:
                response = error_response(request, error)
            throttling.tell(request, response)
        return response
