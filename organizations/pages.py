"""The door of the pages under `/o/<slug>/`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.models import User
from config.common.errors import ApplicationError, NotFound, PermissionDenied
from organizations import gates
from organizations.authenticate import caller_for_user
from organizations.roles import Action
from organizations.tenancy import Caller

PAGE_ROWS = 25
LAST_ORGANIZATION = "organization"
View = Callable[..., HttpResponseBase]


class PageRequest(HttpRequest):
    """A request after `page` has found out who is calling; `htmx` is falsy where the browser loads a whole page."""

    caller: Caller
    htmx: Any


# Where people are sent who stand before a closed gate.
GATES = {"organization_deleted": "organization-deleted", "mfa_required_by_organization": "organization-mfa"}


def organization_page(action: Action | None, *, gated: bool = True) -> Callable[[View], View]:
    """Only for signed-in people of the organization `slug` whose role allows `action` (None: any of its people).

    The view is called as `view(request, slug=..., ...)`, with `request.caller` set. A foreign slug is 404 like one that
    does not exist; a closed gate sends to the page that tells how to open it, unless `gated` is False.
    Classes take it by `@method_decorator(organization_page(action), name="dispatch")`.
    """

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, slug: str, **kwargs: Any) -> HttpResponseBase:
            try:
                caller = _caller(request, slug, gated=gated)
            except PermissionDenied as error:
                return redirect(GATES[error.error_type], slug=slug)
            request.caller = caller  # type: ignore[attr-defined] # what makes it a PageRequest
            _remember(request, slug)
            if action is not None and not caller.can(action):
                raise DjangoPermissionDenied(
                    _("Your role does not allow this. Ask an administrator of the organization.")
                )
            return view(request, *args, slug=slug, **kwargs)

        return guarded

    return decorate


def _caller(request: HttpRequest, slug: str, *, gated: bool) -> Caller:
    if not isinstance(request.user, User):
        raise Http404
    try:
        return caller_for_user(request.user, slug, gated=gated)
    except NotFound:
        raise Http404(_("There is no such organization, or you do not belong to it.")) from None


def _remember(request: HttpRequest, slug: str) -> None:
    """Signing in leads back to the organization that was open last."""
    if request.session.get(LAST_ORGANIZATION) != slug:
        request.session[LAST_ORGANIZATION] = slug


def page(action: Action | None, *methods: str, gated: bool = True) -> Callable[[Callable[..., HttpResponseBase]], View]:
    """A view below `/o/<slug>/`. What its services refuse becomes our own 403 and 404 pages."""

    def decorate(view: Callable[..., HttpResponseBase]) -> View:
        @wraps(view)
        def answer(request: PageRequest, slug: str, **kwargs: Any) -> HttpResponseBase:
            try:
                gates.check_change(request.caller.organization, action, request.method)
                return view(request, **kwargs)
            except NotFound as error:
                raise Http404(error.detail) from error
            except PermissionDenied as error:
                raise DjangoPermissionDenied(error.detail) from error
            except ApplicationError as error:
                messages.error(request, error.detail)
                return redirect("organization-home", slug=slug)

        # One address answers with the page or with a part of it: no cache may take one for the other.
        guarded = vary_on_headers("HX-Request")(organization_page(action, gated=gated)(answer))
        return require_http_methods(methods or ("GET", "HEAD"))(guarded)

    return decorate


def attempt(request: HttpRequest, done: str, act: Callable[[], object]) -> bool:
    """Run a service and tell in a toast how it went: `done`, or why not."""
    try:
        act()
    except (NotFound, PermissionDenied):
        raise
    except ApplicationError as error:
        messages.error(request, error.detail)
        return False
    if done:
        messages.success(request, done)
    return True


def wants_part(request: PageRequest) -> bool:
    """A script asks for the list alone; the whole page is for people, and for the browser's way back."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def page_of(rows: QuerySet[Any], request: HttpRequest) -> Page[Any]:
    """The asked page of a list; the nearest one where the number is out of range."""
    return Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page"))


def came_from(request: HttpRequest, fallback: str) -> str:
    """Where a form wants to return to (`next`), if that is one of our own pages."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else fallback
