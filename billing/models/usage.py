"""What an organization has used: the ledger, from the first job on."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from organizations.tenancy import OrganizationOwned


class UsageEntry(OrganizationOwned):
    """One line of the ledger: what a job (its `key`) holds or has used, or what staff corrected. One line per key."""

    class Status(models.TextChoices):
        RESERVED = "reserved", _("Reserved")
        SETTLED = "settled", _("Settled")
        RELEASED = "released", _("Released")

    class Kind(models.TextChoices):
        JOB = "job", _("Transcription")
        ADJUSTMENT = "adjustment", _("Correction")

    # The ledger outlives the organization: by then this names its tombstone.
    organization = models.ForeignKey(
        "organizations.Organization",
        verbose_name=_("organization"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    key = models.CharField(_("key"), max_length=64, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.JOB)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    reserved_seconds = models.PositiveBigIntegerField(_("reserved seconds"))
    # Below zero only where the staff give time back.
    used_seconds = models.BigIntegerField(_("used seconds"), default=0)
    overage_seconds = models.PositiveBigIntegerField(
        _("seconds past what is included"), default=0, help_text=_("The part of the used seconds that is billed.")
    )
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    member = models.UUIDField(_("member"), null=True, blank=True)
    api_key = models.UUIDField(_("API key"), null=True, blank=True)
    project = models.UUIDField(_("project"), null=True, blank=True)
    model = models.CharField(_("model"), max_length=100, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True, help_text=_("Of a correction."))

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
            models.CheckConstraint(
                condition=models.Q(kind="job", used_seconds__gte=0, reason="")
                | (models.Q(kind="adjustment", status="settled") & ~models.Q(reason="")),
                name="usage_corrections_have_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.status}"


class UsageThreshold(OrganizationOwned):
    """That people were told, once a period, that a share of the included time is used."""

    period_start = models.DateTimeField(_("period from"))
    percent = models.PositiveSmallIntegerField(_("percent"))

    class Meta:
        verbose_name = _("usage threshold")
        verbose_name_plural = _("usage thresholds")
        ordering = ("-created_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "period_start", "percent"], name="usage_threshold_once_a_period"
            )
        ]

    def __str__(self) -> str:
        return f"{self.percent} %"
