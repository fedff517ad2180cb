"""402: what was refused, how much is left, and where more can be had; that last only where there are plans."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from billing import plans
from config.common.errors import QuotaExceeded
from organizations.models import Organization


def refusal(organization: Organization, detail: str, *, error_type: str, **figures: object) -> QuotaExceeded:
    """To be raised. `figures` are what is needed and what is left, as numbers."""
    url = upgrade_url(organization)
    return QuotaExceeded(detail, error_type=error_type, extra={**figures, **({"upgrade_url": url} if url else {})})


def what_to_do() -> str:
    """The last sentence of a refusal."""
    if plans.money():
        return _("Ask an owner of the organization to choose a larger plan.")
    return _("Ask an owner of the organization.")


def upgrade_url(organization: Organization) -> str:
    """The page where an owner can have more; empty where nothing is sold."""
    return settings.PUBLIC_URL + plan_path(organization) if plans.money() else ""


def plan_path(organization: Organization) -> str:
    return reverse("plan", kwargs={"slug": organization.slug})
