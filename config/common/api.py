"""How the API reads and answers: orjson in and out, RFC 9457 problems, strict serializers."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NoReturn

import orjson
import structlog
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, serializers
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from config.common import openai_errors
from config.common.errors import (
    ApplicationError,
    FieldError,
    HttpError,
    Invalid,
    MalformedRequest,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    TooManyRequests,
    UnsupportedType,
)

logger = structlog.get_logger(__name__)
OPENAI_PREFIX = "/v1/"
API_PREFIXES = ("/api/", OPENAI_PREFIX, "/media/local/")
PROBLEM = "application/problem+json"


def is_api(path: str) -> bool:
    return path.startswith(API_PREFIXES)


class JsonParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            return orjson.loads(stream.read())
        except orjson.JSONDecodeError as error:
            raise MalformedRequest(_("The body is not valid JSON: %(error)s.") % {"error": error}) from None


class JsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        if data is None:
            return b""
        return orjson.dumps(data, default=_plain, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


def _plain(value: object) -> object:
    """Lazy translations and serializers' own mappings, which orjson does not know."""
    return dict(value) if isinstance(value, Mapping) else str(value)


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields it does not know: a misspelt option must not be ignored in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = set(data) - set(self.fields)
            if unknown:
                fault = serializers.ErrorDetail(_("This field is not known here."), code="unknown")
                raise serializers.ValidationError(dict.fromkeys(unknown, fault))
        return super().to_internal_value(data)


def validated(serializer: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """`data` checked and converted by `serializer`. Raises a 422 that names every field at fault."""
    instance = serializer(data=data)
    instance.is_valid(raise_exception=True)
    result: dict[str, Any] = instance.validated_data
    return result


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | HttpResponse | None:
    """Every error that leaves a view, as one shape."""
    request: Request = context["request"]
    known = as_application_error(error)
    if known is None:
        return None
    challenge = getattr(error, "auth_header", None) or 'Bearer realm="api"'
    return error_response(request._request, known, challenge=challenge)


def as_application_error(error: Exception) -> ApplicationError | None:
    match error:
        case ApplicationError():
            return error
        case Http404():
            return NotFound()
        case exceptions.ValidationError():
            return Invalid(_("Some fields are not right; `errors` names them."), errors=tuple(_flatten(error.detail)))
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return NotAuthenticated(str(error.detail), error_type=str(error.get_codes()))
        case exceptions.PermissionDenied() | DjangoPermissionDenied():
            return PermissionDenied(_("Your role or key does not allow this."))
    return _protocol_error(error)


def _protocol_error(error: Exception) -> ApplicationError | None:
    """What the framework says about the request itself."""
    match error:
        case exceptions.ParseError():
            return MalformedRequest(str(error.detail))
        case exceptions.UnsupportedMediaType():
            return UnsupportedType(_("Send JSON with the header Content-Type: application/json."))
        case exceptions.MethodNotAllowed():
            return HttpError(405, "Method not allowed", "method_not_allowed", str(error.detail))
        case exceptions.NotAcceptable():
            return HttpError(406, "Not acceptable", "not_acceptable", "This route answers application/json.")
        case exceptions.Throttled():
            return TooManyRequests(_("Too many requests."), retry_after=int(getattr(error, "wait", None) or 1))
    return None


def _flatten(detail: Any, path: str = "") -> list[FieldError]:
    if isinstance(detail, Mapping):
        found: list[FieldError] = []
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            found += _flatten(inner, ".".join(part for part in (path, own) if part))
        return found
    if isinstance(detail, list):
        return [one for inner in detail for one in _flatten(inner, path)]
    return [FieldError(path, str(detail), getattr(detail, "code", "invalid"))]


def problem(request: HttpRequest, error: ApplicationError) -> dict[str, Any]:
    """The body of RFC 9457, with our `error_type`, `request_id` and per-field `errors`."""
    return {
        "type": f"/api/docs/errors#{error.error_type}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": request.path,
        "error_type": error.error_type,
        "status_code": error.status,
        "request_id": request.META.get("tadwin.request_id", ""),
        "errors": [{"field": e.field, "message": e.message, "code": e.code} for e in error.errors],
        **error.extra,
    }


def error_response(request: HttpRequest, error: ApplicationError, *, challenge: str | None = None) -> HttpResponse:
    """The error as the callers of this path expect it: OpenAI's shape under /v1/, a problem everywhere else."""
    if request.path.startswith(OPENAI_PREFIX):
        response = openai_errors.response(error)
    else:
        body = orjson.dumps(problem(request, error), default=_plain)
        response = HttpResponse(body, status=error.status, content_type=PROBLEM)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = challenge or 'Bearer realm="api"'
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response


@csrf_exempt
def not_found(_request: HttpRequest, *_args: object, **_kwargs: object) -> NoReturn:
    """The view of every API path that does not exist, so that it answers a problem and not a page.

    It changes nothing; with the check, a POST to a mistyped address would be 403.
    """
    raise NotFound(_("There is nothing at this address. API paths never end in a slash."))
