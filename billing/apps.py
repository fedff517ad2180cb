from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = _("Billing")

    def ready(self) -> None:
        from billing import usage
        from organizations.signals import organization_purged

        def on_purged(organization: Any, counts: dict[str, int], **_kwargs: Any) -> None:
            counts["usage_entries"] = usage.detach(organization)

        organization_purged.connect(on_purged, weak=False, dispatch_uid="billing.detach")
