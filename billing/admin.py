"""Limits and the ledger in the staff's admin. The ledger is written by `billing.usage` alone."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from billing.models import Account, UsageEntry


@admin.register(Account)
class AccountAdmin(ModelAdmin):
    list_display = ("organization", "included_seconds", "max_concurrent_jobs", "max_storage_bytes", "updated_at")
    list_select_related = ("organization",)
    list_filter = ("updated_at",)
    search_fields = ("organization__name", "organization__slug")
    autocomplete_fields = ("organization",)
    readonly_fields = ("id", "created_at", "updated_at")


@admin.register(UsageEntry)
class UsageEntryAdmin(ModelAdmin):
    list_display = ("key", "organization", "status", "reserved_seconds", "used_seconds", "model", "created_at")
    list_select_related = ("organization",)
    list_filter = ("status", "model", "created_at")
    search_fields = ("key", "organization__name", "organization__slug")
    readonly_fields = tuple(field.name for field in UsageEntry._meta.fields)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: UsageEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: UsageEntry | None = None) -> bool:
        return False
