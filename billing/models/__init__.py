from billing.models.accounts import Account
from billing.models.exchange import StripeCall, StripeEvent
from billing.models.storage import StoredFile
from billing.models.usage import UsageEntry, UsageThreshold

__all__ = ["Account", "StoredFile", "StripeCall", "StripeEvent", "UsageEntry", "UsageThreshold"]
