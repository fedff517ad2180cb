"""A recording that we fetch from an address on the web."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.common import encryption
from config.common.clock import now
from organizations.tenancy import OrganizationOwned


class MediaImport(OrganizationOwned):
    """Addresses of files often open them to whoever knows them, so ours is encrypted, and forgotten when it is done."""

    recording = models.OneToOneField(
        "media.Recording", verbose_name=_("recording"), on_delete=models.CASCADE, related_name="url_import"
    )
    url = models.TextField(_("address"), blank=True, editable=False, help_text=_("Encrypted; empty when done."))
    host = models.CharField(_("host"), max_length=255)
    received = models.PositiveBigIntegerField(_("bytes received"), default=0)
    expected = models.PositiveBigIntegerField(_("bytes announced"), null=True, blank=True)
    errors = models.PositiveSmallIntegerField(_("errors"), default=0)
    attempt = models.PositiveIntegerField(
        _("attempt"), default=0, help_text=_("Grows with every claim: the fence against a worker that lost its lease.")
    )
    lease_until = models.DateTimeField(_("lease"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True, default=now, help_text=_("Empty when done."))

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=["due_at"], name="import_due", condition=models.Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return self.host

    @property
    def share(self) -> float | None:
        """How much has arrived, 0 to 1; None where the server does not say how much there is."""
        return min(1.0, self.received / self.expected) if self.expected else None

    def address(self) -> str:
        """Raises encryption.Undecryptable."""
        return encryption.decrypt(self.url)

    @staticmethod
    def host_of(url: str) -> str:
        return (urlsplit(url).hostname or "")[:255]
