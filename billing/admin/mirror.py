"""Copies of Stripe's objects in the staff's admin: dj-stripe's tables, those that explain a customer."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from unfold.admin import ModelAdmin

from config.common.staff import Kept

# Of dj-stripe's tables staff see what explains a customer; keys and secrets have no page.
SHOWN = frozenset({"customer", "subscription", "invoice"})


def _hide_the_rest() -> None:
    """SECURITY: dj-stripe registers every table of its own, those of keys and webhook secrets too."""
    for model in apps.get_app_config("djstripe").get_models():
        if admin.site.is_registered(model):
            admin.site.unregister(model)
        if model._meta.model_name in SHOWN:
            admin.site.register(model, MirrorAdmin)


class MirrorAdmin(Kept, ModelAdmin):
    """A copy of an object of Stripe's, as it was told to us last."""

    list_display = ("id", "livemode", "created", "djstripe_updated")
    search_fields = ("id",)
    list_filter = ("livemode", "created")
    fields = readonly_fields = ("id", "livemode", "created", "djstripe_updated", "metadata", "stripe_data")


_hide_the_rest()
