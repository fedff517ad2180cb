"""API keys: shown once, kept as a hash."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from organizations.tenancy import Made


class ApiKey(Made):
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("prefix"), max_length=16, unique=True, help_text=_("The part that may be shown."))
    key_hash = models.CharField(_("hash"), max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=32), verbose_name=_("scopes"), default=list, blank=True)
    # Null: only the limits of the organization hold.
    requests_per_minute = models.PositiveIntegerField(
        _("requests a minute"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    max_billable_seconds = models.PositiveIntegerField(
        _("most billable seconds of a job"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ("-created_at", "-id")

    @property
    def billable_minutes(self) -> int | None:
        return self.max_billable_seconds and self.max_billable_seconds // 60

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
