"""Takes signed uploads to local disk and serves signed downloads from it, as an S3 endpoint does for a bucket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import BinaryIO

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config.common.errors import HttpError, MalformedRequest, NotFound, PermissionDenied, TooLarge, Unavailable
from media.storage import (
    InvalidKeyError,
    ObjectMissingError,
    StorageUnavailableError,
    UploadMissingError,
    get_media_storage,
)
from media.storage.local import Grant, LengthMismatchError, LocalStorage, SignatureRefusedError, verify

BLOCK = 1 << 18
# No file is longer than 18 digits can say; Python refuses to read numbers of thousands of them.
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class RangeOutsideError(Exception):
    """The range asked for has no byte inside the object."""


# SECURITY: no login and no CSRF token here, because the signature in the address is the credential: it allows one
# method on one key for a short time, and a foreign page cannot make one.
@csrf_exempt
@transaction.non_atomic_requests
@require_http_methods(["GET", "HEAD", "PUT"])
def local_object(request: HttpRequest, key: str) -> HttpResponseBase:
    storage = get_media_storage()
    if not isinstance(storage, LocalStorage):
        raise NotFound
    method = "PUT" if request.method == "PUT" else "GET"
    try:
        grant = verify(method, key, request.GET.dict(), now=datetime.now(UTC))
        return _receive(request, storage, grant) if method == "PUT" else _serve(request, storage, grant)
    except (SignatureRefusedError, InvalidKeyError) as error:
        raise PermissionDenied(str(error), error_type="signature_refused") from error
    except (ObjectMissingError, UploadMissingError) as error:
        raise NotFound(str(error)) from error
    except StorageUnavailableError as error:
        raise Unavailable(str(error), retry_after=60) from error


def _receive(request: HttpRequest, storage: LocalStorage, grant: Grant) -> HttpResponse:
    _check_length(request.headers.get("Content-Length", ""), grant.size)
    if request.content_type != grant.fields.get("type", request.content_type):
        raise PermissionDenied(
            _("Send exactly the headers that came with this address."), error_type="signature_refused"
        )
    try:
        if "part" in grant.fields:
            etag = storage.receive_part(grant, request.read)
        else:
            etag = storage.receive_object(grant.key, grant.size, request.read)
    except (LengthMismatchError, UnreadablePostError) as error:
        detail = _("The connection ended before all bytes arrived. Send them again.")
        raise MalformedRequest(detail, error_type="wrong_length") from error
    return HttpResponse(headers={"ETag": f'"{etag}"'})


def _check_length(declared: str, expected: int) -> None:
    """Judged before a byte is read: Django gives a body without Content-Length as an empty one."""
    if not declared.isascii() or not declared.isdigit():
        detail = _("Send the number of bytes in Content-Length.")
        raise HttpError(HTTPStatus.LENGTH_REQUIRED, "Length required", "length_required", detail)
    if int(declared) > expected:
        raise TooLarge(_("This address takes %(size)d bytes and no more.") % {"size": expected})
    if int(declared) < expected:
        detail = _("This address takes exactly %(size)d bytes.") % {"size": expected}
        raise MalformedRequest(detail, error_type="wrong_length")


def _serve(request: HttpRequest, storage: LocalStorage, grant: Grant) -> HttpResponseBase:
    etag, size = f'"{storage.etag(grant.key)}"', storage.size(grant.key)
    current = request.headers.get("If-Range", etag) == etag
    try:
        span = parse_range(request.headers.get("Range", ""), size) if current else None
    except RangeOutsideError:
        outside = {"Content-Range": f"bytes */{size}"}
        return _protected(HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=outside), grant)
    start, end = span or (0, size)
    response = _body(request, storage, grant.key, start, end)
    if span:
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    response["Content-Length"] = str(end - start)
    response["ETag"] = etag
    return _protected(response, grant)


def _body(request: HttpRequest, storage: LocalStorage, key: str, start: int, end: int) -> HttpResponseBase:
    if request.method == "HEAD":
        return HttpResponse()
    return StreamingHttpResponse(_blocks(storage.open_read(key), start, end - start))


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """The bytes to send as (start, end), `end` exclusive; None means the whole object (RFC 9110, section 14).

    An absent, malformed or multiple range gives the whole, as the standard allows. Raises RangeOutsideError.
    """
    match = _RANGE.fullmatch(header.strip())
    if not match or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first and last and int(last) < int(first):
        return None
    start, end = (int(first), int(last or size) + 1) if first else (max(0, size - int(last)), size)
    if start >= size:
        raise RangeOutsideError
    return start, min(end, size)


def _blocks(stream: BinaryIO, start: int, left: int) -> Iterator[bytes]:
    with stream:
        stream.seek(start)
        while left and (block := stream.read(min(left, BLOCK))):
            yield block
            left -= len(block)


def _protected(response: HttpResponseBase, grant: Grant) -> HttpResponseBase:
    # SECURITY: a recording is whatever a stranger uploaded. It must never run as a page of ours: signed harmless type,
    # no guessing, and a sandbox without an origin should a browser show it after all.
    response["Content-Type"] = grant.fields["type"]
    response["Content-Disposition"] = grant.fields["disposition"]
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private"
    return response
