"""Who may call which view. A view that says nothing is closed."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from organizations import gates
from organizations.models import ApiKey
from organizations.tenancy import Caller


class OrganizationPermission(BasePermission):
    """Asks the view's `actions` table and its `caller`; without both the answer is no."""

    def has_permission(self, request: Request, view: Any) -> bool:
        caller, actions = getattr(view, "caller", None), getattr(view, "actions", {})
        method = "GET" if request.method == "HEAD" else request.method
        if not isinstance(caller, Caller) or method not in actions:
            return False
        action = actions[method]
        if action is not None:
            caller.require(action)
            gates.check_change(caller.organization, action, method)
        return True


class PersonPermission(BasePermission):
    """Any signed-in person, for what belongs to no organization. API keys are not persons."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user.is_authenticated) and not isinstance(request.auth, ApiKey)
