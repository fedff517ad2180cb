"""What a person is told in the pages."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from organizations.tenancy import Caller, OrganizationOwned, OrganizationQuerySet


class NotificationQuerySet(OrganizationQuerySet):
    def visible_to(self, caller: Caller) -> Self:
        """A person's own, in this organization. A key has none."""
        return super().visible_to(caller).filter(user=caller.user) if caller.user else self.none()

    def unread(self) -> Self:
        return self.filter(read_at=None)


class Notification(OrganizationOwned):
    """One piece of news for one person. Its words are made when it is read, in the reader's language, from `kind`."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=40, help_text=_("<noun>.<what happened>"))
    data = models.JSONField(_("what its words need"), default=dict, blank=True)
    subject = models.UUIDField(_("about"), null=True, blank=True, help_text=_("Goes with the object of this id."))
    path = models.CharField(_("address in our pages"), max_length=300, blank=True)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    objects: ClassVar[Any] = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ("-created_at", "-id")
        indexes = [
            models.Index(fields=["user", "organization", "-created_at", "-id"], name="notification_list"),
            models.Index(fields=["user", "organization"], name="notification_unread", condition=models.Q(read_at=None)),
            models.Index(fields=["subject"], name="notification_subject"),
        ]

    def __str__(self) -> str:
        return self.kind
