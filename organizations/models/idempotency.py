"""Answers kept for a day, so that a repeated request does its work once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from organizations.tenancy import OrganizationOwned


class IdempotencyKey(OrganizationOwned):
    """One `Idempotency-Key` of one caller on one route. `status` is null while the first request still runs."""

    # A person's own requests, like making an organization, belong to none.
    organization = models.ForeignKey(  # type: ignore[assignment] # may be null here
        "organizations.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
    )
    caller = models.CharField(_("caller"), max_length=64, help_text=_("user:<id> or key:<id>"))
    route = models.CharField(_("route"), max_length=200)
    key = models.CharField(_("key"), max_length=255)
    fingerprint = models.CharField(_("body's hash"), max_length=64)
    status = models.PositiveSmallIntegerField(_("answer's status"), null=True)
    body = models.JSONField(_("answer"), null=True)
    location = models.CharField(_("answer's location"), max_length=500, blank=True)
    created_object = models.CharField(_("made object"), max_length=64, blank=True)
    expires_at = models.DateTimeField(_("expires"))

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "caller", "route", "key"], name="idempotency_key_once", nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["expires_at"], name="idempotency_expiry")]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
