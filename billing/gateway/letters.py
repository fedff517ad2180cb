"""Mail to an organization's owners about their plan."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from billing.models import Account
from billing.plans import plan_of
from organizations.notifications import mail
from organizations.roles import Role

Status = Account.Status


def tell_of_change(account: Account, changed: dict[str, Any]) -> None:
    """`changed`: names of what is not as it was, each with `from` and `to`."""
    if account.status == Status.PAST_DUE and "status" in changed:
        _write("payment_failed", account)
        return
    _write("subscription_changed", account, was=changed.get("status", {}).get("from", ""))


def tell_of_trial_end(account: Account) -> None:
    _write("trial_ending", account)


def _write(template: str, account: Account, **more: Any) -> None:
    owners = User.objects.filter(
        memberships__organization=account.organization, memberships__role=Role.OWNER, is_active=True
    ).distinct()
    known = {
        "organization": account.organization,
        "account": account,
        "plan": plan_of(account),
        "read_only_from": account.read_only_from,
        **more,
    }
    for owner in owners:
        mail.send(template, owner, known)
