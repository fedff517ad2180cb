"""What the pages about oneself have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_http_methods

from accounts.models import User
from config.common.errors import ApplicationError

View = Callable[..., HttpResponseBase]


def person_page(*methods: str) -> Callable[[View], View]:
    """Only for people who are signed in; the view is called as `view(request, user, ...)`."""

    def decorate(view: View) -> View:
        @login_required
        @require_http_methods(list(methods))
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user = request.user
            assert isinstance(user, User)  # noqa: S101 - narrows the type: signed in
            return view(request, user, *args, **kwargs)

        return guarded

    return decorate


def show(form: forms.Form, error: ApplicationError) -> None:
    """What a service refused, where the person reads it: beside the field, or above the form."""
    if not error.errors:
        form.add_error(None, error.detail)
    for one in error.errors:
        form.add_error(one.field if one.field in form.fields else None, one.message)
