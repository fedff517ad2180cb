"""What travels between Stripe and us: events that came in, calls that must go out. Both wait in rows, not in memory."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.common.clock import now
from config.common.models import BaseModel

WAITING = "waiting"


class ExchangeQuerySet(models.QuerySet[Any]):
    def due(self) -> Self:
        return self.filter(status=WAITING, due_at__lte=now())


class Exchange(BaseModel):
    """A row that waits for its work, and is tried until that is done or given up."""

    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    due_at = models.DateTimeField(_("next try"), default=now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    objects: ClassVar[Any] = ExchangeQuerySet.as_manager()

    class Meta:
        abstract = True


class StripeEvent(Exchange):
    """One event, once, however often Stripe sends it. Staff see the ones that failed for good, and run them again."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        PROCESSED = "processed", _("Processed")
        IGNORED = "ignored", _("Not for us")
        FAILED = "failed", _("Failed")

    event_id = models.CharField(_("event"), max_length=255, unique=True)
    type = models.CharField(_("kind"), max_length=100)
    customer = models.CharField(_("customer in Stripe"), max_length=255, blank=True)
    organization = models.ForeignKey(
        "organizations.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        related_name="+",
        null=True,
        blank=True,
    )
    payload = models.JSONField(_("content"))
    happened_at = models.DateTimeField(_("happened"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.WAITING)

    class Meta:
        verbose_name = _("event of Stripe")
        verbose_name_plural = _("events of Stripe")
        ordering = ("-created_at",)
        indexes = [
            models.Index(fields=["due_at"], name="stripe_event_due", condition=models.Q(status=WAITING)),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class StripeCall(Exchange):
    """Something that Stripe must be told, exactly once: `key` is what Stripe knows it by.

    It names the organization without a foreign key: the last minutes are billed after the organization is gone.
    """

    class Kind(models.TextChoices):
        METER = "meter", _("Minutes past the included ones")
        CANCEL = "cancel", _("End of a subscription")

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    key = models.CharField(_("key"), max_length=100, unique=True)
    organization_id = models.UUIDField(_("organization"))
    customer = models.CharField(_("customer in Stripe"), max_length=255)
    payload = models.JSONField(_("content"), default=dict)
    happened_at = models.DateTimeField(_("happened"), default=now)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.WAITING)

    class Meta:
        verbose_name = _("call to Stripe")
        verbose_name_plural = _("calls to Stripe")
        ordering = ("-created_at",)
        indexes = [
            models.Index(fields=["due_at"], name="stripe_call_due", condition=models.Q(status=WAITING)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
