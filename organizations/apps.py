from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrganizationsConfig(AppConfig):
    name = "organizations"
    verbose_name = _("Organizations")

    def ready(self) -> None:
        from config.common import encryption
        from config.common.sql import apply_after_migrate
        from organizations import audit_watch, checks, live_door  # noqa: F401 - importing checks registers them
        from organizations.services import personal

        apply_after_migrate(self)
        audit_watch.connect()
        personal.connect()
        live_door.connect()
        encryption.rotating.connect(_rotate_webhook_secrets, dispatch_uid="organizations.rotate_webhook_secrets")


def _rotate_webhook_secrets(**_kwargs: Any) -> int:
    from organizations.services import webhooks

    return webhooks.rotate_encryption()
