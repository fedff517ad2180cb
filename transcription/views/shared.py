"""For strangers with a link: one transcript to read, and nothing around it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from config.common import downloads, request_meta
from config.common.errors import ApplicationError
from transcription.forms import UnlockForm
from transcription.models import TranscriptShare
from transcription.services import shared_pages
from transcription.services import shares as service

COOKIE = "tadwin_share"
Shown = Callable[..., HttpResponseBase]


def shared_page(*methods: str, locked: bool = False) -> Callable[[Shown], Shown]:
    """A view of an open share, called with the share in place of its token.

    SECURITY: unknown, revoked, expired and deleted give one and the same answer. What is behind a password is, but for
    the form (`locked`), the same as nothing. No answer is kept by a cache or an index.
    """

    def decorate(view: Shown) -> Shown:
        @wraps(view)
        def answer(request: HttpRequest, token: str, **parts: str) -> HttpResponseBase:
            share = service.find(token)
            if share is None or not (locked or unlocked(request, share)):
                return _private(render(request, "transcription/shared_gone.html", status=404))
            try:
                return _private(view(request, share, token=token, **parts))
            except (ApplicationError, Http404):
                return _private(render(request, "transcription/shared_gone.html", status=404))

        return require_http_methods(methods or ("GET", "HEAD"))(answer)

    return decorate


def unlocked(request: HttpRequest, share: TranscriptShare) -> bool:
    return service.is_unlocked(share, request.COOKIES.get(COOKIE, ""))


@csrf_protect
@shared_page("GET", "HEAD", "POST", locked=True)
def shared(request: HttpRequest, share: TranscriptShare, *, token: str) -> HttpResponseBase:
    if request.method == "POST":
        return _unlock(request, share, token)
    if not unlocked(request, share):
        return _ask(request, UnlockForm(), 200)
    if request.method == "GET" and not request.GET.get("page"):
        service.count_view(share)
    context = shared_pages.shown(share, request.GET.get("page", ""))
    return render(request, "transcription/shared.html", {"token": token, **context})


def _unlock(request: HttpRequest, share: TranscriptShare, token: str) -> HttpResponseBase:
    form = UnlockForm(request.POST)
    if not form.is_valid():
        return _ask(request, form, 422)
    ip = request_meta.client_ip(request) or "unknown"
    try:
        proof = service.unlock(share=share, password=form.cleaned_data["password"], ip=ip)
    except ApplicationError as error:
        form.add_error("password", error.detail)
        answer = _ask(request, form, error.status)
        if error.retry_after:
            answer["Retry-After"] = str(error.retry_after)
        return answer
    response = redirect("shared", token=token)
    # Sent back to this link and those below it alone.
    options: dict[str, Any] = {
        "path": f"/s/{token}",
        "httponly": True,
        "samesite": "Lax",
        "secure": request.is_secure(),
    }
    response.set_cookie(COOKIE, proof, max_age=service.UNLOCKED_SECONDS, **options)
    return response


def _ask(request: HttpRequest, form: UnlockForm, status: int) -> HttpResponse:
    return render(request, "transcription/shared_locked.html", {"form": form}, status=status)


@shared_page()
def shared_audio(request: HttpRequest, share: TranscriptShare, *, token: str) -> HttpResponseBase:
    """A player's address that leads to a fresh signed one each time."""
    return HttpResponse(status=302, headers={"Location": shared_pages.audio(share)})


@shared_page()
def shared_download(request: HttpRequest, share: TranscriptShare, *, token: str, format: str) -> HttpResponseBase:
    file = shared_pages.download(share, format)
    return downloads.download(file.filename, file.pieces, file.format.content_type)


def _private(response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
