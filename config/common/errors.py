"""One family of errors for the whole house. Services raise them; `config.common.api` and the pages render them.

Each has a stable `error_type` that integrators may rely on (listed in docs/api.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of the input; `field` is a dotted path, empty for the whole."""

    field: str
    message: str
    code: str = "invalid"


class ApplicationError(Exception):
    """Something the caller can understand and mend. Never a bug of ours."""

    status: int = 400
    title: str = "Bad request"
    error_type: str = "bad_request"

    def __init__(
        self,
        detail: str,
        *,
        error_type: str | None = None,
        errors: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
        extra: dict[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.error_type = error_type or self.error_type
        self.errors = errors
        self.retry_after = retry_after
        self.extra = extra or {}


class MalformedRequest(ApplicationError):
    error_type = "malformed_request"


class NotAuthenticated(ApplicationError):
    status, title, error_type = 401, "Authentication required", "not_authenticated"


class QuotaExceeded(ApplicationError):
    status, title, error_type = 402, "Quota exceeded", "quota_exceeded"


class PermissionDenied(ApplicationError):
    status, title, error_type = 403, "Not allowed", "permission_denied"


class NotFound(ApplicationError):
    """Also for what exists but belongs to somebody else: the answer must not tell the difference."""

    status, title, error_type = 404, "Not found", "not_found"

    def __init__(self, detail: str = "", **kwargs: Any) -> None:
        super().__init__(detail or _("There is no such object."), **kwargs)


class Conflict(ApplicationError):
    status, title, error_type = 409, "Conflict", "conflict"


class VersionConflict(ApplicationError):
    status, title, error_type = 412, "Changed in the meantime", "stale_version"


class TooLarge(ApplicationError):
    status, title, error_type = 413, "Too large", "too_large"


class UnsupportedType(ApplicationError):
    status, title, error_type = 415, "Unsupported media type", "unsupported_media_type"


class Invalid(ApplicationError):
    """The request is well-formed, but what it says can't be done."""

    status, title, error_type = 422, "Invalid input", "validation_error"

    @classmethod
    def field(cls, field: str, message: str, code: str = "invalid") -> Invalid:
        return cls(message, errors=(FieldError(field, message, code),))


class TooManyRequests(ApplicationError):
    status, title, error_type = 429, "Too many requests", "rate_limited"


class Unavailable(ApplicationError):
    status, title, error_type = 503, "Temporarily unavailable", "unavailable"


class HttpError(ApplicationError):
    """A refusal of the framework's own (405, 406, a bad host) in the shape of ours."""

    def __init__(self, status: int, title: str, error_type: str, detail: str) -> None:
        super().__init__(detail, error_type=error_type)
        self.status = status
        self.title = title
