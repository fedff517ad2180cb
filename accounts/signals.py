"""What this app tells the apps above it. Each is sent inside the transaction of the change."""

from __future__ import annotations

from django.dispatch import Signal

account_closing = Signal()
"""`user=`: about to be deleted. A receiver vetoes by raising an ApplicationError."""

account_exported = Signal()
"""`user=`: all that is theirs is being put into a ZIP. A receiver returns an iterable of `accounts.export.Part`s."""
