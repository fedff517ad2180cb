from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrganizationsConfig(AppConfig):
    name = "organizations"
    verbose_name = _("Organizations")

    def ready(self) -> None:
        from config.common import encryption
        from config.common.sql import apply_after_migrate
        from organizations import audit_watch, checks, signals  # noqa: F401 - importing checks registers them
        from organizations.services import personal

        apply_after_migrate(self)
        audit_watch.connect()
        personal.connect()
        signals.member_left.connect(_close_connections, dispatch_uid="organizations.close_connections")
        encryption.rotating.connect(_rotate_webhook_secrets, dispatch_uid="organizations.rotate_webhook_secrets")


def _close_connections(organization: Any, **_kwargs: Any) -> None:
    from organizations import bus

    bus.recheck(organization.pk)


def _rotate_webhook_secrets(**_kwargs: Any) -> int:
    from organizations.services import webhooks

    return webhooks.rotate_encryption()
