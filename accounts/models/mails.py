"""Mail on its way out."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.common.clock import now
from config.common.models import BaseModel


class OutgoingMail(BaseModel):
    """One whole mail, until the mail server has it: then the row is deleted, for mails carry links that open things.

    No tenant owns it: it is to one address, about that person.
    """

    to = models.EmailField(_("to"))
    template = models.CharField(_("template"), max_length=100)
    language = models.CharField(_("language"), max_length=8)
    subject = models.CharField(_("subject"), max_length=255)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=now)

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mails")
        ordering = ("created_at", "id")
        indexes = [models.Index(fields=["next_attempt_at"], name="outgoing_mail_next_attempt")]

    def __str__(self) -> str:
        return f"{self.template} to {self.to}"
