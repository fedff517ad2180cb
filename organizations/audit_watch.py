"""What is written to the audit log without a service of ours calling: signing in, and the staff's admin."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import models
from django.dispatch import Signal
from django.http import HttpRequest

from accounts.models import User
from organizations import audit
from organizations.models import Organization

PERSONAL: dict[str, Signal] = {
    "user.signed_in": user_logged_in,
    "user.signed_out": user_logged_out,
    "user.password_set": account_signals.password_set,
    "user.password_changed": account_signals.password_changed,
    "user.password_reset": account_signals.password_reset,
    "user.email_changed": account_signals.email_changed,
    "user.mfa_added": mfa_signals.authenticator_added,
    "user.mfa_removed": mfa_signals.authenticator_removed,
    "user.mfa_reset": mfa_signals.authenticator_reset,
}


def connect() -> None:
    """Once, when all applications and their admin classes are loaded."""
    for action, signal in PERSONAL.items():
        signal.connect(_receiver(action), weak=False, dispatch_uid=f"audit.{action}")
    for model in apps.get_models():
        if admin.site.is_registered(model):
            watch(admin.site.get_model_admin(model))


def _receiver(action: str) -> Any:
    def write(sender: Any, user: Any = None, authenticator: Any = None, **_kwargs: Any) -> None:
        if isinstance(user, User):
            data = {"method": str(authenticator.type)} if authenticator else {}
            audit.record_person(user=user, action=action, data=data)

    return write


def watch(model_admin: admin.ModelAdmin[Any]) -> None:
    """From now on, what staff do through `model_admin` is audited; also where another package registered it."""
    own = type(model_admin)
    if not issubclass(own, Audited):
        model_admin.__class__ = type(own.__name__, (Audited, own), {"__module__": own.__module__})


class Audited:
    """For a ModelAdmin: every line of its history is a line of the audit log as well."""

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        _write(request, "staff.added", [obj], message)
        return super().log_addition(request, obj, message)  # type: ignore[misc] # the ModelAdmin has it

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        _write(request, "staff.changed", [obj], message)
        return super().log_change(request, obj, message)  # type: ignore[misc] # the ModelAdmin has it

    def log_deletions(self, request: HttpRequest, queryset: Iterable[models.Model]) -> Any:
        _write(request, "staff.deleted", queryset, "")
        return super().log_deletions(request, queryset)  # type: ignore[misc] # the ModelAdmin has it


def _write(request: HttpRequest, action: str, objects: Iterable[models.Model], message: Any) -> None:
    actor = request.user if isinstance(request.user, User) else None
    data = {"changed": _told(message)} if message else {}
    for row in objects:
        for organization in _organizations(row):
            audit.record(organization=organization, action=action, actor=actor, target=row, data=data, staff=True)


def _told(message: Any) -> Any:
    """The admin's own account of a change: a list of `{"changed": {"fields": [...]}}`, or words."""
    if not isinstance(message, str) or not message.startswith("["):
        return message
    return json.loads(message)


def _organizations(row: models.Model) -> list[Organization | None]:
    """Whose log it belongs in: the row's organization; for a person or their things, each of theirs; else none."""
    if isinstance(row, Organization):
        return [row]
    owner = getattr(row, "organization", None)
    if isinstance(owner, Organization):
        return [owner]
    person = row if isinstance(row, User) else getattr(row, "user", None)
    return (list(Organization.objects.of_user(person)) if isinstance(person, User) else []) or [None]
