from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = _("Billing")

    def ready(self) -> None:
        from billing import checks, receivers
        from billing.quota import thresholds

        checks.drop_those_of_dj_stripe()
        receivers.connect()
        thresholds.register()
