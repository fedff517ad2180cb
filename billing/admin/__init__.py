"""The staff's admin of billing; importing its modules registers them."""

from billing.admin import accounts, exchange, ledger, mirror  # noqa: F401 - importing registers
