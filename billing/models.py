"""What an organization may use and what it has used. Money comes later; the ledger is here from the first job on."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from organizations.tenancy import OrganizationOwned


class Account(OrganizationOwned):
    """Limits of one organization; null means unlimited, which is what a self-hoster gets."""

    organization = models.OneToOneField(
        "organizations.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        related_name="billing_account",
    )
    included_seconds = models.PositiveBigIntegerField(_("audio seconds a month"), null=True, blank=True)
    max_concurrent_jobs = models.PositiveIntegerField(_("jobs at the same time"), null=True, blank=True)
    max_storage_bytes = models.PositiveBigIntegerField(_("storage in bytes"), null=True, blank=True)

    class Meta:
        verbose_name = _("billing account")
        verbose_name_plural = _("billing accounts")

    def __str__(self) -> str:
        return str(self.organization)


class UsageEntry(OrganizationOwned):
    """One line of the ledger: what a job (its `key`) holds or has used. Exactly one line per key."""

    class Status(models.TextChoices):
        RESERVED = "reserved", _("Reserved")
        SETTLED = "settled", _("Settled")
        RELEASED = "released", _("Released")

    # The ledger outlives the organization: by then this names its tombstone.
    organization = models.ForeignKey(
        "organizations.Organization",
        verbose_name=_("organization"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    key = models.CharField(_("key"), max_length=64, unique=True)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    reserved_seconds = models.PositiveBigIntegerField(_("reserved seconds"))
    used_seconds = models.PositiveBigIntegerField(_("used seconds"), default=0)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    member = models.UUIDField(_("member"), null=True, blank=True)
    api_key = models.UUIDField(_("API key"), null=True, blank=True)
    project = models.UUIDField(_("project"), null=True, blank=True)
    model = models.CharField(_("model"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("usage entry")
        verbose_name_plural = _("usage entries")
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=["organization", "created_at"], name="usage_by_organization")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["reserved", "settled", "released"]), name="usage_status_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(status="released") | models.Q(used_seconds=0), name="usage_released_is_free"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.status}"
