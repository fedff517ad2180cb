"""The ledger in the staff's admin: to be read, and corrected by a new line with a reason, never by changing one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from accounts.models import User
from billing.models import StoredFile, UsageEntry, UsageThreshold
from billing.services import adjustments
from config.common.staff import Kept

MINUTE = 60
CORRECTION = ("organization", "minutes", "reason")


class CorrectionForm(forms.ModelForm):  # type: ignore[type-arg] # is not subscriptable at run time
    minutes = forms.IntegerField(
        label=_("minutes"),
        help_text=_("Below zero gives time back, above zero takes it."),
        min_value=-(10**6),
        max_value=10**6,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    reason = forms.CharField(
        label=_("reason"),
        max_length=200,
        help_text=_("The organization reads this."),
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = UsageEntry
        fields = ("organization", "reason")

    def clean_minutes(self) -> int:
        minutes = int(self.cleaned_data["minutes"])
        if not minutes:
            raise forms.ValidationError(_("Nothing would change."))
        return minutes


@admin.register(UsageEntry)
class UsageEntryAdmin(Kept, ModelAdmin):
    """Adding is correcting: one more line, which the audit log knows of."""

    form = CorrectionForm
    list_display = (
        "key",
        "organization",
        "kind",
        "status",
        "reserved_seconds",
        "used_seconds",
        "overage_seconds",
        "model",
        "created_at",
    )
    list_select_related = ("organization",)
    list_filter = ("kind", "status", "model", "created_at")
    search_fields = ("key", "organization__name", "organization__slug", "reason")
    autocomplete_fields = ("organization",)
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("billing.add_usageentry"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return CORRECTION if obj is None else tuple(field.name for field in UsageEntry._meta.fields)

    def save_model(self, request: HttpRequest, obj: UsageEntry, form: Any, change: bool) -> None:
        line = adjustments.correct(
            organization=obj.organization,
            seconds=form.cleaned_data["minutes"] * MINUTE,
            reason=form.cleaned_data["reason"],
            staff=request.user if isinstance(request.user, User) else None,
        )
        obj.pk, obj.key = line.pk, line.key  # what the admin tells of, and links to
        obj._state = line._state


@admin.register(StoredFile)
class StoredFileAdmin(Kept, ModelAdmin):
    list_display = ("key", "organization", "status", "bytes", "created_at")
    list_select_related = ("organization",)
    list_filter = ("status", "created_at")
    search_fields = ("key", "organization__name", "organization__slug")


@admin.register(UsageThreshold)
class UsageThresholdAdmin(Kept, ModelAdmin):
    list_display = ("organization", "percent", "period_start", "created_at")
    list_select_related = ("organization",)
    list_filter = ("percent", "period_start")
    search_fields = ("organization__name", "organization__slug")
