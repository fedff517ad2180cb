"""What the staff's admin lets people do with rows that only the system writes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """Staff look and, where they may, delete; what is changed is changed by actions (`permissions=["manage"]`)."""

    opts: Any

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """For the actions: to look is not to change."""
        return bool(request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}"))


class Kept(ReadOnly):
    """Nor is it deleted here: something else still needs the row, or takes more away with it."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
