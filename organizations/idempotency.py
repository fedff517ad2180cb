"""`Idempotency-Key`: a repeated POST does its work once and gets the same answer, for 24 hours.

The first request claims the key by inserting a row, works, and leaves its answer in it. Only answers that say "done"
(2xx) are kept: one that was refused has done nothing, so asking again is safe and may succeed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.common.api import JsonRenderer
from config.common.clock import from_now, now
from config.common.errors import Conflict, Invalid, MalformedRequest
from organizations.models import IdempotencyKey
from organizations.tenancy import Caller

Handler = Callable[..., Any]
HEADER, REPLAYED = "Idempotency-Key", "Idempotent-Replayed"
KEY = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
KEPT = timedelta(hours=24)
# The process of a request that has not answered for so long is taken for dead, and its key may be claimed again.
ABANDONED = timedelta(seconds=60)
RETRY_AFTER_SECONDS = 2


def idempotent(*, secret: bool = False, created: str = "id", form: bool = False) -> Callable[[Handler], Handler]:
    """For the `post` of an API view. Only requests with the header and a JSON (or no) body are remembered.

    `secret`: the answer carries a key or a signed address and is never stored; its replay is 409 `already_created` with
    the id that stands at the dotted path `created` of the first answer. `form`: multipart forms are remembered too;
    the same form is one with the same fields and the same bytes in its files.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def post(view: APIView, request: Request, *args: Any, **kwargs: Any) -> Any:
            key = request.headers.get(HEADER)
            if key is None or not (form or "json" in (request.content_type or "json")):
                return handler(view, request, *args, **kwargs)
            row, is_ours = _claim(view, request, key)
            if not is_ours:
                return _replay(row, secret=secret)
            return _run(row, lambda: handler(view, request, *args, **kwargs), secret=secret, created=created)

        return post

    return decorate


def forget_expired() -> int:
    """Delete what is older than a day; how many rows that were."""
    return IdempotencyKey.objects.filter(expires_at__lte=now()).delete()[0]


def _claim(view: APIView, request: Request, key: str) -> tuple[IdempotencyKey, bool]:
    """The row of this key, and whether this request is the one that does the work."""
    if not KEY.fullmatch(key):
        detail = _("Idempotency-Key is 1 to 255 visible ASCII letters; a UUID is a good one.")
        raise MalformedRequest(detail, error_type="invalid_idempotency_key")
    fingerprint = _fingerprint(request)
    moment = now()
    row, is_new = IdempotencyKey.objects.get_or_create(
        **_scope(view, request),
        key=key,
        defaults={"fingerprint": fingerprint, "expires_at": from_now(hours=KEPT.total_seconds() / 3600)},
    )
    if is_new or _take_over(row, fingerprint, moment):
        return row, True
    if row.fingerprint != fingerprint:
        detail = _("This Idempotency-Key was used with another body. Use a new key for a new request.")
        raise Invalid(detail, error_type="idempotency_key_reused")
    if row.status is None:
        detail = _("The first request with this key is still running. Ask again in a moment.")
        raise Conflict(detail, error_type="still_running", retry_after=RETRY_AFTER_SECONDS)
    return row, False


def _take_over(row: IdempotencyKey, fingerprint: str, moment: Any) -> bool:
    """Claim a row that has expired or whose request has died. Of several who try, one changes it."""
    free = Q(expires_at__lte=moment) | Q(status=None, fingerprint=fingerprint, updated_at__lte=moment - ABANDONED)
    line = {"fingerprint": fingerprint, "status": None, "body": None, "location": "", "created_object": ""}
    claimed = IdempotencyKey.objects.filter(free, pk=row.pk).update(**line, updated_at=moment, expires_at=moment + KEPT)
    row.updated_at = moment if claimed else row.updated_at
    return bool(claimed)


def _run(row: IdempotencyKey, work: Callable[[], Any], *, secret: bool, created: str) -> Any:
    try:
        response = work()
    except BaseException:
        _give_up(row)
        raise
    if not isinstance(response, Response) or not HTTPStatus.OK <= response.status_code < HTTPStatus.MULTIPLE_CHOICES:
        _give_up(row)
        return response
    _keep(row, response, secret=secret, created=created)
    return response


def _ours(row: IdempotencyKey) -> Any:
    """The row, unless another request has taken it over: `updated_at` is the mark of the claim."""
    return IdempotencyKey.objects.filter(pk=row.pk, status=None, updated_at=row.updated_at)


def _give_up(row: IdempotencyKey) -> None:
    # Inside a broken transaction nothing can be deleted; then the rollback takes the row away, or time does.
    if not transaction.get_connection().needs_rollback:
        _ours(row).delete()


def _keep(row: IdempotencyKey, response: Response, *, secret: bool, created: str) -> None:
    data = orjson.loads(JsonRenderer().render(response.data) or b"null")
    _ours(row).update(
        status=response.status_code,
        # SECURITY: a secret is shown once; here only the id of what it opens stays.
        body=None if secret else data,
        location=response.get("Location", ""),
        created_object=str(_at(data, created) or "") if secret else "",
        updated_at=now(),
    )


def _replay(row: IdempotencyKey, *, secret: bool) -> Response:
    if secret:
        detail = _("This was made by the first request with this key. Its answer held a secret and is not shown again.")
        raise Conflict(detail, error_type="already_created", extra={"id": row.created_object})
    headers = {REPLAYED: "true", **({"Location": row.location} if row.location else {})}
    return Response(row.body, status=row.status, headers=headers)


def _at(data: Any, path: str) -> Any:
    for name in path.split("."):
        data = data.get(name) if isinstance(data, dict) else None
    return data


def _scope(view: APIView, request: Request) -> dict[str, Any]:
    """Whose key it is: two callers, two organizations or two routes never meet."""
    caller: Caller | None = getattr(view, "caller", None)
    who = f"key:{caller.api_key.pk}" if caller and caller.api_key else f"user:{request.user.pk}"
    organization = caller.organization if caller else None
    return {"organization": organization, "caller": who, "route": f"POST {request.path}"[:200]}


def _fingerprint(request: Request) -> str:
    """The same for two bodies that mean the same, however they are spaced and ordered."""
    body = _form(request.data) if isinstance(request.data, QueryDict) else request.data or {}
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _form(form: QueryDict) -> dict[str, list[str]]:
    """Fields as they are, files by name and SHA-256, read as streams."""
    return {
        name: [_file(one) if isinstance(one, UploadedFile) else str(one) for one in form.getlist(name)] for name in form
    }


def _file(file: UploadedFile) -> str:
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)
    return f"{file.name}:{digest.hexdigest()}"
