from organizations.models.api_keys import ApiKey
from organizations.models.audit import AuditEvent
from organizations.models.idempotency import IdempotencyKey
from organizations.models.invitations import Invitation
from organizations.models.notices import Notification
from organizations.models.organizations import Membership, Organization, OrganizationTombstone
from organizations.models.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "ApiKey",
    "AuditEvent",
    "IdempotencyKey",
    "Invitation",
    "Membership",
    "Notification",
    "Organization",
    "OrganizationTombstone",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
