"""Errors as OpenAI's clients know them: `{"error": {"message", "type", "param", "code"}}`.

https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

from http import HTTPStatus

import orjson
from django.http import HttpResponse

from config.common.errors import ApplicationError

# Where theirs differ from ours: they know no 402, and what we call invalid they call bad.
STATUS = {
    HTTPStatus.PAYMENT_REQUIRED: HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.UNPROCESSABLE_ENTITY: HTTPStatus.BAD_REQUEST,
}
CODES = {"quota_exceeded": "insufficient_quota", "rate_limited": "rate_limit_exceeded"}
TYPES = {"insufficient_quota": "insufficient_quota", "rate_limit_exceeded": "requests"}
# Their clients send a request again after these; ours must not, unless we say when: it would be a second job.
REPEATED = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.GATEWAY_TIMEOUT}
)


def response(error: ApplicationError) -> HttpResponse:
    status = STATUS.get(HTTPStatus(error.status), error.status) if error.status in set(HTTPStatus) else error.status
    answer = HttpResponse(orjson.dumps(body(error)), status=status, content_type="application/json")
    if status in REPEATED:
        answer["X-Should-Retry"] = "false" if error.retry_after is None else "true"
    return answer


def body(error: ApplicationError) -> dict[str, dict[str, str | None]]:
    code = CODES.get(error.error_type, error.error_type)
    named = error.errors[0] if error.errors else None
    return {
        "error": {
            "message": named.message if named else str(error.detail),
            "type": TYPES.get(code)
            or ("server_error" if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"),
            "param": named.field or None if named else None,
            "code": code,
        }
    }
