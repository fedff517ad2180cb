"""What every answer tells browsers about what they may do with it, and who may call the API from a web page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import structlog
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from config.common.api import error_response, is_api
from config.common.errors import PermissionDenied

logger = structlog.get_logger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]
# Files by signed address are played by pages of integrators: there the signature is the guard.
EMBEDDABLE = ("/media/local/",)
LONGEST_ORIGIN = 200


class ContentSecurityMiddleware(CSPMiddleware):
    """One policy for our pages, and a wider one below /admin/, whose templates are not ours."""

    def get_policy_parts(self, request: HttpRequest, response: Any, report_only: bool = False) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path.startswith("/admin/") and not report_only:
            parts.config = settings.ADMIN_CONTENT_SECURITY
        return parts


class SecurityHeadersMiddleware:
    """Permissions-Policy and Cross-Origin-Resource-Policy; Django's own middleware sets the rest."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        whose = "cross-origin" if request.path.startswith(EMBEDDABLE) else "same-origin"
        response.headers.setdefault("Cross-Origin-Resource-Policy", whose)
        return response


class OriginMiddleware:
    """With `API_ORIGIN_CHECK`, pages of unknown origins are refused before anything is done for them.

    Programs send no Origin and pass. CORS alone lets the work be done and only hides the answer.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin = request.headers.get("Origin")
        if not settings.API_ORIGIN_CHECK or origin is None or not is_api(request.path) or origin in known_origins():
            return self.get_response(request)
        logger.warning("origin_refused", origin=origin[:LONGEST_ORIGIN], method=request.method, path=request.path)
        detail = _("Pages of this origin may not call the API. An operator can add it to CORS_ALLOWED_ORIGINS.")
        return error_response(request, PermissionDenied(detail, error_type="origin_not_allowed"))


def known_origins() -> set[str]:
    """Our own and those that an operator has listed."""
    own = urlsplit(settings.PUBLIC_URL)
    return {f"{own.scheme}://{own.netloc}", *settings.CSRF_TRUSTED_ORIGINS, *settings.CORS_ALLOWED_ORIGINS}
