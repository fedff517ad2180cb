"""What wraps every request: an id in logs and answers, and errors in one shape on API paths."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from http import HTTPStatus

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from config.common import request_meta
from config.common.api import error_response, is_api
from config.common.errors import ApplicationError, HttpError, NotFound
from config.common.logging import without_keys

logger = structlog.get_logger("http")
GetResponse = Callable[[HttpRequest], HttpResponse]
# SECURITY: an id from outside goes into logs; letters, digits and dashes can't forge a line.
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
QUIET_PATHS = ("/health", "/metrics", "/static/")


class RequestIdMiddleware:
    """`X-Request-ID` of the caller if it is sane, else a new one; bound to every log line of the request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.META["tadwin.request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        request_meta.bind(request)
        started = time.perf_counter()
        response = self.get_response(request)
        request_meta.clear()
        response["X-Request-ID"] = request_id
        if not request.path.startswith(QUIET_PATHS):
            elapsed = round((time.perf_counter() - started) * 1000, 1)
            logger.info(
                "request",
                method=request.method,
                path=without_keys(request.path),
                status=response.status_code,
                milliseconds=elapsed,
            )
        return response


class ProblemMiddleware:
    """Turns what never reaches a DRF view (unknown paths, CSRF, bad hosts, crashes) into problem+json on API paths."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (
            is_api(request.path)
            and response.status_code >= HTTPStatus.BAD_REQUEST
            and response["Content-Type"].startswith("text/html")
        ):
            return error_response(request, _error_of(response.status_code))
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, ApplicationError) and is_api(request.path):
            return error_response(request, error)
        return None


def _error_of(status: int) -> ApplicationError:
    if status == HTTPStatus.NOT_FOUND:
        return NotFound(_("There is nothing at this address. API paths never end in a slash."))
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return HttpError(
            status, "Bad request", "malformed_request", "The request was refused before it reached the API."
        )
    detail = _("Something broke on our side. Try again; support can find it by the request id.")
    return HttpError(status, "Server error", "server_error", detail)
