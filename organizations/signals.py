"""What this app tells the apps above it. Each is sent inside the transaction of the change."""

from __future__ import annotations

from django.dispatch import Signal

organization_changing = Signal()
"""`organization=`, `action=`: a caller is about to change something. A receiver vetoes by raising."""

member_inviting = Signal()
"""`organization=`, `invitation=` (not saved yet, or sent again): a receiver vetoes by raising an ApplicationError."""

member_joining = Signal()
"""`organization=`, `user=`, `role=`: about to join. A receiver vetoes by raising an ApplicationError."""

member_left = Signal()
"""`organization=`, `user=`: no member any more, having left or been removed."""

organization_closed = Signal()
"""`organization=`: deleted by somebody, but it can still be brought back."""

organization_reopened = Signal()
"""`organization=`: brought back."""

organization_purged = Signal()
"""`organization=`, `counts=` (dict: add what goes with you): about to go for good. Its rows are still there.

What no foreign key takes along (objects in storage, a ledger that stays) is the receivers' to arrange.
"""
