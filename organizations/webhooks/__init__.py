"""Messages to programs of the organization, by the Standard Webhooks convention (https://www.standardwebhooks.com)."""

from organizations.webhooks.emitting import emit

__all__ = ["emit"]
