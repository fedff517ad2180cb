"""What happened in an organization: written once, never changed. The table itself refuses (sql/schema_audit.sql)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from organizations.tenancy import OrganizationOwned


class AuditEvent(OrganizationOwned):
    """Who did what to which object, from where, when.

    Actor and target are names and ids as they were then, not relations: they outlive what they name.
    """

    class Actor(models.TextChoices):
        USER = "user", _("Person")
        KEY = "key", _("API key")
        STAFF = "staff", _("Staff")
        SYSTEM = "system", _("System")

    # What staff do to things that belong to no organization is written down as well.
    organization = models.ForeignKey(  # type: ignore[assignment] # may be null here
        "organizations.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
    )
    actor_type = models.CharField(_("kind of actor"), max_length=8, choices=Actor.choices)
    actor_id = models.UUIDField(_("actor's id"), null=True, blank=True)
    actor_name = models.CharField(_("actor"), max_length=300, blank=True)
    action = models.CharField(_("action"), max_length=64, help_text=_("<noun>.<what happened>"))
    target_type = models.CharField(_("kind of target"), max_length=64, blank=True)
    target_id = models.CharField(_("target's id"), max_length=64, blank=True)
    target_label = models.CharField(_("target"), max_length=200, blank=True)
    data = models.JSONField(_("details"), default=dict, blank=True)
    ip = models.GenericIPAddressField(_("address"), null=True, blank=True)
    user_agent = models.CharField(_("program"), max_length=300, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit log")
        ordering = ("-created_at", "-id")
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="audit_by_organization"),
            models.Index(fields=["organization", "target_id"], name="audit_by_target"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(actor_type__in=["user", "key", "staff", "system"]), name="audit_actor_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.action} {self.target_label}".strip()
