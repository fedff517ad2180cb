"""Who is told of what happens in an organization, what they were told, and how they answered."""

from __future__ import annotations

from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.common import encryption
from config.common.clock import now
from organizations.tenancy import Made, OrganizationOwned, OrganizationQuerySet

EVERYTHING = "*"


class WebhookEndpointQuerySet(OrganizationQuerySet):
    def active(self) -> Self:
        return self.filter(status=WebhookEndpoint.Status.ACTIVE)

    def awake(self) -> Self:
        """Active, and not resting after it kept us waiting."""
        return self.active().filter(Q(resting_until=None) | Q(resting_until__lte=now()))


class WebhookEndpoint(Made):
    """An address that gets messages. Secrets must be read back to sign, so they are encrypted and not hashed."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        DISABLED = "disabled", _("Switched off")
        PAUSED = "paused", _("Paused")
        GONE = "gone", _("Gone")

    url = models.CharField(_("address"), max_length=2000)
    description = models.CharField(_("description"), max_length=200, blank=True)
    events = ArrayField(
        models.CharField(max_length=64),
        verbose_name=_("events"),
        default=list,
        blank=True,
        help_text=_("* is every event; none: only those of jobs that name this endpoint."),
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.ACTIVE)
    secret = models.TextField(_("secret"), editable=False, help_text=_("Encrypted."))
    old_secret = models.TextField(_("former secret"), blank=True, editable=False, help_text=_("Encrypted."))
    old_secret_until = models.DateTimeField(_("former secret signs until"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    resting_until = models.DateTimeField(
        _("rests until"), null=True, blank=True, help_text=_("It kept us waiting: others come first.")
    )
    last_success_at = models.DateTimeField(_("last success"), null=True, blank=True)

    objects: ClassVar[Any] = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=["organization", "-created_at", "-id"], name="webhook_endpoint_list")]

    def __str__(self) -> str:
        return self.place

    @property
    def place(self) -> str:
        """The address without its query, which often holds a secret of the receiver."""
        return urlsplit(self.url)._replace(query="", fragment="").geturl()

    def secrets(self) -> list[str]:
        """Those that sign now, the newest first. Raises encryption.Undecryptable."""
        old = [self.old_secret] if self.old_secret and (self.old_secret_until or now()) > now() else []
        return [encryption.decrypt(token) for token in (self.secret, *old)]


class WebhookDeliveryQuerySet(OrganizationQuerySet):
    def due(self) -> Self:
        """Waiting, their time has come, and no worker is at them."""
        moment = now()
        free = Q(lease_until=None) | Q(lease_until__lte=moment)
        return self.filter(free, status=WebhookDelivery.Status.PENDING, due_at__lte=moment)


class WebhookDelivery(OrganizationOwned):
    """One message for one endpoint. The row is the queue: whatever is lost, a sweep finds it here."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")

    endpoint = models.ForeignKey(
        WebhookEndpoint, verbose_name=_("endpoint"), on_delete=models.CASCADE, related_name="deliveries"
    )
    message_id = models.CharField(
        _("message"), max_length=64, help_text=_("webhook-id: the same for every try, and for every endpoint.")
    )
    event = models.CharField(_("event"), max_length=64)
    body = models.TextField(_("body"), help_text=_("As it is sent, byte for byte."))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.PENDING)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0, help_text=_("Since it was made or replayed."))
    attempt = models.PositiveIntegerField(
        _("attempt"), default=0, help_text=_("Grows with every claim: the fence against a worker that lost its lease.")
    )
    due_at = models.DateTimeField(_("due"), default=now)
    lease_until = models.DateTimeField(_("lease"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects: ClassVar[Any] = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ("-created_at", "-id")
        indexes = [
            models.Index(fields=["endpoint", "-created_at", "-id"], name="webhook_delivery_list"),
            models.Index(fields=["due_at"], name="webhook_delivery_due", condition=models.Q(status="pending")),
            models.Index(fields=["created_at"], name="webhook_delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.message_id}"


class WebhookAttempt(OrganizationOwned):
    """One try: when, how long, and what came back. `created_at` is its end."""

    delivery = models.ForeignKey(
        WebhookDelivery, verbose_name=_("delivery"), on_delete=models.CASCADE, related_name="attempts"
    )
    number = models.PositiveIntegerField(_("number"))
    started_at = models.DateTimeField(_("started"))
    duration_ms = models.PositiveIntegerField(_("took ms"))
    status_code = models.PositiveSmallIntegerField(_("answer's status"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=40, blank=True)
    response = models.TextField(_("answer's beginning"), blank=True)

    class Meta:
        verbose_name = _("webhook attempt")
        verbose_name_plural = _("webhook attempts")
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="webhook_attempt_once")]

    def __str__(self) -> str:
        return f"{self.number}: {self.status_code or self.error}"
