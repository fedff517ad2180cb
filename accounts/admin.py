"""People in the staff's admin."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm

from accounts.models import OutgoingMail, User
from config.common.staff import ReadOnly


class NewUserForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class UserAdmin(BaseUserAdmin, ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    form = UserChangeForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "first_name", "last_name", "language", "is_active", "is_staff", "last_login", "created_at")
    list_filter = ("is_active", "is_staff", "is_superuser", "language", "created_at")
    search_fields = ("email", "first_name", "last_name", "id")
    ordering = ("email",)
    readonly_fields = ("id", "last_login", "created_at", "updated_at")
    filter_horizontal = ("groups", "user_permissions")
    fieldsets = (
        (None, {"fields": ("id", "email", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "language", "time_zone", "theme", "notices")}),
        (_("Arabic text"), {"fields": ("diacritics", "digits")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Times"), {"fields": ("last_login", "created_at", "updated_at")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "usable_password", "password1", "password2")}),)


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnly, ModelAdmin):
    """What waits for the mail server. SECURITY: never the words, which carry links that open accounts."""

    list_display = ("template", "to", "language", "attempts", "next_attempt_at", "created_at")
    list_filter = ("template", "attempts")
    search_fields = ("to",)
    fields = readonly_fields = ("template", "to", "language", "attempts", "next_attempt_at", "created_at")
